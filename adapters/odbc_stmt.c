#include "adapters/odbc.h"
#include "adapters/odbc_star.h"

enum { PARAM_BYTES = 128 };

void odbc_stmt_drop(struct odbc_stmt *s)
{
	if (s->h != SQL_NULL_HSTMT)
		SQLFreeHandle(SQL_HANDLE_STMT, s->h);
	arena_wipe_free(&s->mem);
	*s = (struct odbc_stmt){ 0 };
}

void odbc_stmt_close(struct odbc_stmt *s)
{
	SQLFreeStmt(s->h, SQL_CLOSE);
}

/* The statement of that text, else a free place, else the longest unused one. */
static struct odbc_stmt *stmt_place(struct odbc_conn *c, struct str sql)
{
	struct odbc_stmt *best = &c->stmts[0];

	for (size_t i = 0; i < ARRAY_LEN(c->stmts); i++) {
		struct odbc_stmt *s = &c->stmts[i];

		if (s->h != SQL_NULL_HSTMT && str_eq(s->sql, sql))
			return s;
		if (s->used < best->used)
			best = s;
	}
	return best;
}

static bool stmt_prepare(struct odbc_conn *c, struct odbc_stmt *s, struct str sql, struct odbc_diag *d)
{
	SQLCHAR *text;

	if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &s->h))) {
		s->h = SQL_NULL_HSTMT;
		odbc_diag_read(SQL_HANDLE_DBC, c->dbc, d);
		return false;
	}
	s->mem = arena_new();
	text = arena_alloc(s->mem, sql.n + 1);
	memcpy(text, sql.p, sql.n);
	s->sql = (struct str){ (char *)text, sql.n };
	s->once = odbc_star_selected(sql);
	if (SQL_SUCCEEDED(SQLPrepare(s->h, text, (SQLINTEGER)sql.n)))
		return true;
	odbc_diag_read(SQL_HANDLE_STMT, s->h, d);
	odbc_stmt_drop(s);
	return false;
}

struct odbc_stmt *odbc_stmt_get(struct odbc_conn *c, struct str sql, struct odbc_diag *d)
{
	struct odbc_stmt *s = stmt_place(c, sql);

	if (s->h == SQL_NULL_HSTMT || !str_eq(s->sql, sql)) {
		odbc_stmt_drop(s);
		if (!stmt_prepare(c, s, sql, d))
			return NULL;
	}
	s->used = ++c->clock;
	return s;
}

static bool param_bind(struct odbc_stmt *s, uint32_t i, size_t bytes)
{
	struct odbc_param *p = &s->params[i];

	p->text = arena_alloc(s->mem, bytes);
	p->bytes = bytes;
	return SQL_SUCCEEDED(SQLBindParameter(s->h, (SQLUSMALLINT)(i + 1), SQL_PARAM_INPUT, SQL_C_CHAR,
					      SQL_VARCHAR, bytes - 1, 0, p->text, (SQLLEN)bytes, &p->ind));
}

static bool params_bind(struct odbc_stmt *s, uint32_t n)
{
	s->params = arena_array_of(s->mem, struct odbc_param, n);
	s->n_params = n;
	for (uint32_t i = 0; i < n; i++)
		if (!param_bind(s, i, PARAM_BYTES))
			return false;
	return true;
}

static bool param_put(struct odbc_stmt *s, uint32_t i, struct str value)
{
	struct odbc_param *p = &s->params[i];

	if (value.n >= p->bytes && !param_bind(s, i, 2 * value.n + 1))
		return false;
	p->ind = value.p ? (SQLLEN)value.n : SQL_NULL_DATA;
	if (value.n > 0)
		memcpy(p->text, value.p, value.n);
	p->text[value.n] = '\0';
	return true;
}

bool odbc_stmt_execute(struct odbc_stmt *s, const struct str *params, uint32_t n_params, struct odbc_diag *d)
{
	bool ok = s->n_params == n_params || params_bind(s, n_params);
	SQLRETURN rc;

	for (uint32_t i = 0; ok && i < n_params; i++)
		ok = param_put(s, i, params[i]);
	if (ok) {
		rc = SQLExecute(s->h);
		ok = SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA;
	}
	if (!ok)
		odbc_diag_read(SQL_HANDLE_STMT, s->h, d);
	return ok;
}
