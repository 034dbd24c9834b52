#include "adapters/odbc.h"
#include "adapters/rowset.h"

#include <strings.h>

enum {
	NAME_BYTES = 256,
	CELL_LEAST_BYTES = 64,
	CELL_MOST_BYTES = 4096,
	LARGE_CELL_STEP_BYTES = 64 * 1024,
};

/* One answer being read. */
struct reading {
	struct odbc_conn *c;
	struct odbc_stmt *s;
	struct fetch *f;
	struct rowset rows;
	struct odbc_diag *d;
	struct err *err;
};

/* Drivers describe sizes that are often wrong (0, 255, a gigabyte): a guess for the buffer, no more. */
static size_t cell_bytes(SQLULEN described)
{
	if (described >= CELL_MOST_BYTES / 4)
		return CELL_MOST_BYTES;
	return described < CELL_LEAST_BYTES / 4 ? CELL_LEAST_BYTES : 4 * described + 1;
}

static bool driver_failed(struct reading *r)
{
	odbc_diag_read(SQL_HANDLE_STMT, r->s->h, r->d);
	return false;
}

/* The result's columns. */
struct described {
	size_t n;
	const char **names;
	SQLULEN *sizes;
};

static bool columns_describe(struct reading *r, struct described *out)
{
	SQLSMALLINT n = 0, name_n, type, digits, nullable;

	if (!SQL_SUCCEEDED(SQLNumResultCols(r->s->h, &n)))
		return driver_failed(r);
	if (n < 1)
		return err_set(r->err, ERR_SCHEMA, r->c->source, "part %s: the query has no result",
			       r->f->part);
	out->n = (size_t)n;
	out->names = arena_array_of(r->f->mem, const char *, out->n);
	out->sizes = arena_array_of(r->f->mem, SQLULEN, out->n);
	for (size_t i = 0; i < out->n; i++) {
		SQLCHAR name[NAME_BYTES] = "";

		if (!SQL_SUCCEEDED(SQLDescribeCol(r->s->h, (SQLUSMALLINT)(i + 1), name, sizeof(name), &name_n,
						  &type, &out->sizes[i], &digits, &nullable)))
			return driver_failed(r);
		out->names[i] = arena_cstr(r->f->mem, str_of((char *)name));
	}
	return true;
}

static bool is_raw(const struct fetch *f, uint32_t column)
{
	return f->bytes != NULL && f->bytes[column];
}

/* Does MariaDB turn the column into the session's zone? A DATETIME is never turned. */
static bool is_instant(const struct reading *r, SQLUSMALLINT at)
{
	char type[16] = "";

	return r->c->offset[0] != '\0' &&
	       SQL_SUCCEEDED(SQLColAttribute(r->s->h, at, SQL_DESC_TYPE_NAME, type, sizeof(type), NULL, NULL)) &&
	       strcasecmp(type, "timestamp") == 0;
}

static SQLSMALLINT cell_type(const struct odbc_column *col)
{
	return col->raw ? SQL_C_BINARY : SQL_C_CHAR;
}

/* Of `bytes`, how many may be of the cell: texts end with NUL. */
static size_t cell_room(const struct odbc_column *col, size_t bytes)
{
	return col->raw ? bytes : bytes - 1;
}

static bool column_bind(struct reading *r, struct odbc_column *col, size_t at, SQLULEN described)
{
	col->at = (SQLUSMALLINT)(at + 1);
	col->instant = is_instant(r, col->at);
	col->bytes = cell_bytes(described);
	col->text = arena_alloc(r->s->mem, col->bytes);
	return SQL_SUCCEEDED(SQLBindCol(r->s->h, col->at, cell_type(col), col->text, (SQLLEN)col->bytes,
					&col->ind)) ||
	       driver_failed(r);
}

static bool columns_are_bound(const struct odbc_stmt *s, const struct fetch *f)
{
	bool same = s->columns != NULL && s->n_columns == f->n_columns;

	for (uint32_t i = 0; same && i < f->n_columns; i++)
		same = strcmp(s->columns[i].name, f->columns[i]) == 0 && s->columns[i].raw == is_raw(f, i);
	return same;
}

/* Bind the wanted columns, found by name; nothing to do when the same ones are bound already. */
static bool columns_bind(struct reading *r)
{
	struct odbc_stmt *s = r->s;
	struct described d = { 0 };
	size_t *at;

	if (columns_are_bound(s, r->f))
		return true;
	at = arena_array_of(r->f->mem, size_t, r->f->n_columns);
	if (!columns_describe(r, &d) || !rowset_match(r->f, d.names, d.n, r->c->source, at, r->err))
		return false;
	SQLFreeStmt(s->h, SQL_UNBIND);
	s->n_columns = r->f->n_columns;
	s->columns = arena_array_of(s->mem, struct odbc_column, s->n_columns);
	for (uint32_t i = 0; i < s->n_columns; i++) {
		s->columns[i].name = arena_cstr(s->mem, str_of(r->f->columns[i]));
		s->columns[i].raw = is_raw(r->f, i);
		if (!column_bind(r, &s->columns[i], at[i], d.sizes[at[i]]))
			return false;
	}
	return true;
}

/* A cell that is longer than its buffer: the whole of it by SQLGetData(). `ind` is its length, if the driver
 * knows. */
static bool large_cell(struct reading *r, const struct odbc_column *col, struct str *out)
{
	struct buf *cell = &r->c->scratch;
	size_t step = col->ind > 0 ? (size_t)col->ind + 1 : LARGE_CELL_STEP_BYTES;
	size_t room = cell_room(col, step);
	SQLLEN ind = 0;
	SQLRETURN rc;

	cell->len = 0;
	do {
		if (!rowset_fits(&r->rows, cell->len + room, r->c->source, r->err))
			return false;
		rc = SQLGetData(r->s->h, col->at, cell_type(col), buf_reserve(cell, step), (SQLLEN)step, &ind);
		if (rc == SQL_NO_DATA)
			break;
		if (!SQL_SUCCEEDED(rc))
			return driver_failed(r);
		if (ind == SQL_NULL_DATA)
			return true;
		cell->len += ind == SQL_NO_TOTAL || (size_t)ind > room ? room : (size_t)ind;
	} while (rc == SQL_SUCCESS_WITH_INFO);
	*out = (struct str){ cell->len ? cell->data : "", cell->len };
	return true;
}

/* With the session's offset behind it the text says the instant in every season: what the source's zone has in
 * winter is not what it has in summer. */
static struct str with_offset(struct reading *r, struct str cell)
{
	struct buf *scratch = &r->c->scratch;

	scratch->len = 0;
	buf_put_str(scratch, cell);
	buf_puts(scratch, r->c->offset);
	return buf_str(scratch);
}

static bool row_copy(struct reading *r)
{
	for (uint32_t i = 0; i < r->s->n_columns; i++) {
		const struct odbc_column *col = &r->s->columns[i];
		struct str cell = { NULL, 0 };

		if (col->ind == SQL_NO_TOTAL || (col->ind >= 0 && (size_t)col->ind > cell_room(col, col->bytes))) {
			if (!large_cell(r, col, &cell))
				return false;
		} else if (col->ind != SQL_NULL_DATA) {
			cell = (struct str){ col->text, (size_t)col->ind };
			if (col->instant)
				cell = with_offset(r, cell);
		}
		if (!rowset_put(&r->rows, cell, r->c->source, r->err))
			return false;
	}
	return true;
}

static bool rows_copy(struct reading *r)
{
	for (;;) {
		SQLRETURN rc = SQLFetch(r->s->h);

		if (rc == SQL_NO_DATA)
			return true;
		if (!SQL_SUCCEEDED(rc))
			return driver_failed(r);
		if (!rowset_take_row(&r->rows))
			return true;
		if (!row_copy(r))
			return false;
	}
}

/* SQLite took a changed table in its stride; its driver's idea of the columns is old. */
static bool plan_is_fresh(struct reading *r)
{
	if (!sqlite_guard_reprepared(&r->c->guard))
		return true;
	*r->d = (struct odbc_diag){ .state = "HY000",
				    .cls = ERR_SOURCE,
				    .stale_plan = true,
				    .text = "the table is being changed again and again" };
	return false;
}

static bool run(struct reading *r, uint32_t i)
{
	const struct str *params = r->f->n_params ? r->f->params + (size_t)i * r->f->n_params : NULL;
	bool ok;

	rowset_next_run(&r->rows);
	ok = odbc_stmt_execute(r->s, params, r->f->n_params, r->d) && plan_is_fresh(r) && columns_bind(r) &&
	     rows_copy(r);
	odbc_stmt_close(r->s);
	return ok;
}

bool odbc_rows_fetch(struct odbc_conn *c, struct fetch *f, struct odbc_diag *d, struct err *err)
{
	struct reading r = { .c = c, .f = f, .d = d, .err = err };
	bool ok = true;

	r.s = odbc_stmt_get(c, f->sql, d);
	if (r.s == NULL)
		return false;
	rowset_begin(&r.rows, f);
	for (uint32_t i = 0; ok && i < f->n_runs && !(r.rows.flags & ROWS_TRUNCATED); i++)
		ok = run(&r, i);
	if (ok)
		f->rows = rowset_end(&r.rows);
	if (!ok || r.s->once)
		odbc_stmt_drop(r.s);
	rowset_drop(&r.rows);
	return ok;
}
