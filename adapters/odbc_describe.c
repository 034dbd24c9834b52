#include "adapters/odbc.h"

#include <stdio.h>
#include <strings.h>

enum { NAME_BYTES = 256, TRIAL_BYTES = 4096 };

/* How a product tells of its session. */
struct trial {
	const char *product; /* SQL_DBMS_NAME */
	const char *access; /* may the session write? */
	const char *read_only; /* the answer for no */
	const char *text; /* gives its parameter back when it has two characters: bytes alone would come back unread */
};

static const struct trial trials[] = {
	{ "PostgreSQL", "SELECT current_setting('transaction_read_only') AS a", "on",
	  "SELECT a FROM (SELECT CAST(? AS text) AS a) x WHERE length(a) = 2" },
	{ "MariaDB", "SELECT @@session.tx_read_only AS a", "1",
	  "SELECT a FROM (SELECT CAST(? AS CHAR) AS a) x WHERE CHAR_LENGTH(a) = 2" },
	{ "MySQL", "SELECT @@session.transaction_read_only AS a", "1",
	  "SELECT a FROM (SELECT CAST(? AS CHAR) AS a) x WHERE CHAR_LENGTH(a) = 2" },
	{ "SQLite", "SELECT query_only AS a FROM pragma_query_only", "1",
	  "SELECT a FROM (SELECT ? AS a) x WHERE length(a) = 2" },
};

static const struct trial *trial_of(const char *product)
{
	for (size_t i = 0; i < ARRAY_LEN(trials); i++)
		if (strcmp(trials[i].product, product) == 0)
			return &trials[i];
	return NULL;
}

/* What a statement of a trial answers, one cell. */
static bool trial_ask(struct odbc_conn *c, const struct fetch *f, const char *sql, struct str param, struct str *out)
{
	struct fetch one = { .mem = f->mem,
			     .part = f->part,
			     .sql = str_of(sql),
			     .params = &param,
			     .n_params = param.p != NULL,
			     .n_runs = 1,
			     .columns = (const char *[]){ "a" },
			     .n_columns = 1,
			     .max_rows = 1,
			     .max_bytes = TRIAL_BYTES,
			     .cap = f->cap };
	struct odbc_diag d = { 0 };
	struct err err = { 0 };

	if (!odbc_rows_fetch(c, &one, &d, &err) || one.rows->n_rows != 1)
		return false;
	*out = rows_cell(one.rows, 0, 0);
	return true;
}

static const char *product_of(const struct odbc_conn *c, struct arena *mem)
{
	char product[64] = "";
	SQLSMALLINT n;

	(void)SQLGetInfo(c->dbc, SQL_DBMS_NAME, product, sizeof(product), &n);
	return arena_cstr(mem, str_of(product));
}

static void describe_session(struct odbc_conn *c, struct fetch *f, struct description *to)
{
	static const struct str hangul = STR("\xed\x95\x9c\xea\xb8\x80");
	const struct trial *t;
	struct str cell = { 0 };

	to->product = product_of(c, f->mem);
	to->loose = strcmp(to->product, "SQLite") == 0;
	to->line = c->line;
	to->zone_is_offset = c->offset[0] != '\0';
	t = trial_of(to->product);
	if (t == NULL)
		return;
	if (trial_ask(c, f, t->access, (struct str){ 0 }, &cell))
		to->access = str_eq(cell, str_of(t->read_only)) ? ACCESS_READ_ONLY : ACCESS_WRITES;
	to->text_is_lost = !trial_ask(c, f, t->text, hangul, &cell) || !str_eq(cell, hangul);
}

/* By the driver's type, and by its name where the driver has no type of its own for it: psqlODBC calls a boolean a
 * text, MariaDB's driver a word of bits a number of bytes. */
static enum described_type type_of(SQLSMALLINT type, const char *name)
{
	if (strcasecmp(name, "bool") == 0)
		return DESCRIBED_BOOLEAN;
	if (strcasecmp(name, "null") == 0)
		return DESCRIBED_UNKNOWN;
	switch (type) {
	case SQL_BIT:
		return DESCRIBED_BOOLEAN;
	case SQL_TINYINT:
	case SQL_SMALLINT:
	case SQL_INTEGER:
	case SQL_BIGINT:
	case SQL_NUMERIC:
	case SQL_DECIMAL:
	case SQL_REAL:
	case SQL_FLOAT:
	case SQL_DOUBLE:
		return DESCRIBED_NUMBER;
	case SQL_CHAR:
	case SQL_VARCHAR:
	case SQL_LONGVARCHAR:
	case SQL_WCHAR:
	case SQL_WVARCHAR:
	case SQL_WLONGVARCHAR:
		return DESCRIBED_TEXT;
	case SQL_BINARY:
	case SQL_VARBINARY:
	case SQL_LONGVARBINARY:
		return DESCRIBED_BYTES;
	case SQL_DATE:
	case SQL_TYPE_DATE:
		return DESCRIBED_DATE;
	case SQL_TIME:
	case SQL_TYPE_TIME:
		return DESCRIBED_TIME;
	case SQL_TIMESTAMP:
	case SQL_TYPE_TIMESTAMP:
		return DESCRIBED_TIMESTAMP;
	case SQL_GUID:
		return DESCRIBED_UUID;
	}
	return DESCRIBED_UNKNOWN;
}

static bool describe_column(SQLHSTMT h, SQLUSMALLINT at, struct arena *mem, struct described_column *out)
{
	SQLCHAR name[NAME_BYTES] = "";
	char type_name[NAME_BYTES] = "";
	SQLSMALLINT type = 0, n, digits, nullable;
	SQLULEN size;

	if (!SQL_SUCCEEDED(SQLDescribeCol(h, at, name, sizeof(name), &n, &type, &size, &digits, &nullable)))
		return false;
	(void)SQLColAttribute(h, at, SQL_DESC_TYPE_NAME, type_name, sizeof(type_name), &n, NULL);
	*out = (struct described_column){ .name = arena_cstr(mem, str_of((char *)name)),
					  .type = type_of(type, type_name),
					  .type_name = arena_cstr(mem, str_of(type_name)) };
	return true;
}

static bool failed(const struct odbc_stmt *s, struct odbc_diag *d)
{
	odbc_diag_read(SQL_HANDLE_STMT, s->h, d);
	return false;
}

/* While the cursor is open: behind it drivers forget the columns. */
static bool describe_columns(const struct odbc_stmt *s, struct fetch *f, struct description *to, struct odbc_diag *d)
{
	struct described_column *columns;
	SQLSMALLINT n = 0;

	if (!SQL_SUCCEEDED(SQLNumResultCols(s->h, &n)))
		return failed(s, d);
	to->no_result = n < 1;
	columns = arena_array_of(f->mem, struct described_column, (size_t)n + 1);
	for (SQLSMALLINT i = 0; i < n; i++)
		if (!describe_column(s->h, (SQLUSMALLINT)(i + 1), f->mem, &columns[i]))
			return failed(s, d);
	to->columns = columns;
	to->n_columns = (size_t)n;
	return true;
}

/* Rows are passed by, so that the database does all of its work. */
static bool rows_pass(const struct odbc_stmt *s, uint32_t most, struct odbc_diag *d)
{
	SQLRETURN rc = SQL_SUCCESS;

	for (uint32_t i = 0; i < most && SQL_SUCCEEDED(rc); i++)
		rc = SQLFetch(s->h);
	return SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA || failed(s, d);
}

static bool describe_query(struct odbc_conn *c, struct fetch *f, struct description *to, struct odbc_diag *d)
{
	struct odbc_stmt *s = odbc_stmt_get(c, f->sql, d);
	bool ok;

	if (s == NULL)
		return false;
	ok = odbc_stmt_execute(s, f->params, f->n_params, d) && describe_columns(s, f, to, d) &&
	     (to->no_result || rows_pass(s, f->max_rows, d));
	odbc_stmt_close(s);
	odbc_stmt_drop(s);
	return ok;
}

/* 25006 is the standard's word for a write in a read-only session, 8 SQLite's. */
static bool is_write(const struct odbc_diag *d, bool sqlite)
{
	return strcmp(d->state, "25006") == 0 || (sqlite && d->native == 8);
}

/* Out of range, and no text of an integer, an enum, a UUID, a time: PostgreSQL reads parameters as their columns. */
static bool is_bad_value(const struct odbc_diag *d)
{
	static const char *const states[] = { "22003", "22P02", "22007", "22008" };
	bool found = false;

	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		found |= strcmp(d->state, states[i]) == 0;
	return found;
}

static void describe_refusal(const struct odbc_conn *c, struct fetch *f, const struct odbc_diag *d,
			     struct description *to)
{
	char text[sizeof(d->text)];
	size_t at;

	odbc_diag_clean(d->message, d->cls == ERR_SCHEMA, f->sql.p, text, sizeof(text));
	to->refusal = arena_printf(f->mem, "%s (%s, %d)", text, d->state, (int)d->native).p;
	to->writes = is_write(d, to->loose);
	to->bad_value = is_bad_value(d);
	if (to->loose && sqlite_guard_place(&c->guard, f->sql, &at))
		to->place = odbc_place_at(f->sql, at);
	else
		to->place = odbc_place_find(d->message, f->sql);
}

bool odbc_describe(struct odbc_conn *c, struct fetch *f, struct odbc_diag *d, struct err *err)
{
	struct description *to = arena_new_of(f->mem, struct description);

	f->description = to;
	if (f->sql.n == 0) {
		describe_session(c, f, to);
		return true;
	}
	to->product = product_of(c, f->mem);
	to->loose = strcmp(to->product, "SQLite") == 0;
	if (!describe_query(c, f, to, d)) {
		describe_refusal(c, f, d, to);
		return false;
	}
	if (to->no_result)
		return err_set(err, ERR_SCHEMA, c->source, "part %s: the query has no result", f->part);
	odbc_plan(c, f, to);
	return true;
}
