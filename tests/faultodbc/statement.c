#include "tests/faultodbc/driver.h"

#include <stdio.h>

static const uint32_t LAYOUTS = 1U << FAULT_COLUMN_DROP | 1U << FAULT_COLUMN_RENAME | 1U << FAULT_COLUMN_REORDER;

static void layout_apply(struct query *q, uint32_t layout)
{
	char *last = q->columns[q->n_columns - 1];
	char swap[QUERY_NAME];

	if (layout & 1U << FAULT_COLUMN_RENAME)
		snprintf(last, QUERY_NAME, "renamed");
	if (layout & 1U << FAULT_COLUMN_DROP && q->n_columns > 1)
		q->n_columns--;
	for (uint32_t i = 0; layout & 1U << FAULT_COLUMN_REORDER && i < q->n_columns / 2; i++) {
		char *a = q->columns[i], *b = q->columns[q->n_columns - 1 - i];

		memcpy(swap, a, QUERY_NAME);
		memcpy(a, b, QUERY_NAME);
		memcpy(b, swap, QUERY_NAME);
	}
}

/* Which columns a statement has now. */
static SQLRETURN layout_roll(struct stmt *s, uint32_t *layout_out)
{
	struct plan plan;
	char why[256];

	if (!control_roll(s->dbc->control, s->dbc->source, FAULT_AT_PREPARE, &plan, why))
		return driver_fail(&s->diag, "HY000", "%s", why);
	*layout_out = plan.struck & LAYOUTS;
	return SQL_SUCCESS;
}

SQLRETURN stmt_prepare(struct stmt *s, struct str sql)
{
	SQLRETURN rc;

	s->prepared = false;
	if (!query_read(sql, &s->query))
		return driver_fail(&s->diag, "42000", "not a SELECT of named columns");
	if (s->query.n_params > PARAMS_MOST)
		return driver_fail(&s->diag, "07002", "more than %d parameters", PARAMS_MOST);
	s->generation = control_generation(s->dbc->control);
	rc = layout_roll(s, &s->layout);
	if (rc != SQL_SUCCESS)
		return rc;
	for (int kind = FAULT_COLUMN_DROP; kind <= FAULT_COLUMN_REORDER; kind++)
		if (s->layout & 1U << kind)
			driver_strike(s->dbc, (enum fault_kind)kind);
	layout_apply(&s->query, s->layout);
	s->prepared = true;
	return SQL_SUCCESS;
}

SQLRETURN stmt_check_layout(struct stmt *s)
{
	uint64_t generation = control_generation(s->dbc->control);
	uint32_t layout;
	SQLRETURN rc;

	if (generation == s->generation)
		return SQL_SUCCESS;
	rc = layout_roll(s, &layout);
	if (rc != SQL_SUCCESS)
		return rc;
	if (layout != s->layout)
		return driver_fail(&s->diag, "0A000", "cached plan must not change result type");
	s->generation = generation;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLPrepare(SQLHSTMT h, SQLCHAR *sql, SQLINTEGER n)
{
	struct stmt *s = h;
	struct str text = { (char *)sql, n == SQL_NTS ? strlen((char *)sql) : (size_t)n };

	s->diag.state[0] = '\0';
	return stmt_prepare(s, text);
}

SQLRETURN SQL_API SQLNumParams(SQLHSTMT h, SQLSMALLINT *n_out)
{
	const struct stmt *s = h;

	*n_out = (SQLSMALLINT)s->query.n_params;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLNumResultCols(SQLHSTMT h, SQLSMALLINT *n_out)
{
	const struct stmt *s = h;

	*n_out = (SQLSMALLINT)s->query.n_columns;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLRowCount(SQLHSTMT h, SQLLEN *n_out)
{
	(void)h;
	*n_out = -1;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLMoreResults(SQLHSTMT h)
{
	fetch_close(h);
	return SQL_NO_DATA;
}

SQLRETURN SQL_API SQLBindParameter(SQLHSTMT h, SQLUSMALLINT number, SQLSMALLINT how, SQLSMALLINT c_type,
				   SQLSMALLINT type, SQLULEN size, SQLSMALLINT digits, SQLPOINTER value,
				   SQLLEN bytes, SQLLEN *ind)
{
	struct stmt *s = h;

	(void)type;
	(void)size;
	(void)digits;
	(void)bytes;
	if (number < 1 || number > PARAMS_MOST || how != SQL_PARAM_INPUT || c_type != SQL_C_CHAR)
		return driver_fail(&s->diag, "HYC00", "parameters are texts, %d at most", PARAMS_MOST);
	s->params[number - 1] = (struct param){ value, ind };
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLBindCol(SQLHSTMT h, SQLUSMALLINT number, SQLSMALLINT type, SQLPOINTER to, SQLLEN bytes,
			     SQLLEN *ind)
{
	struct stmt *s = h;

	if (number < 1 || number > QUERY_COLUMNS || (type != SQL_C_CHAR && type != SQL_C_BINARY))
		return driver_fail(&s->diag, "HYC00", "columns are bound as texts or bytes");
	s->bound[number - 1] = (struct bound){ to ? type : (SQLSMALLINT)0, to, bytes, ind };
	return SQL_SUCCESS;
}

/* A column as it is described; NULL: there is none of that number. */
static const struct described {
	const char *name; /* of the type */
	SQLSMALLINT type;
	SQLULEN size;
} *described(struct stmt *s, SQLUSMALLINT number)
{
	static const struct described types[] = { [CELL_TEXT] = { "varchar", SQL_VARCHAR, 255 },
						  [CELL_INTEGER] = { "bigint", SQL_BIGINT, 19 },
						  [CELL_DECIMAL] = { "decimal", SQL_DECIMAL, 18 },
						  [CELL_TIMESTAMP] = { "datetime", SQL_TYPE_TIMESTAMP, 26 } };

	if (number >= 1 && number <= s->query.n_columns)
		return &types[cells_type(s->query.columns[number - 1])];
	driver_fail(&s->diag, "07009", "no column %u", number);
	return NULL;
}

SQLRETURN SQL_API SQLDescribeCol(SQLHSTMT h, SQLUSMALLINT number, SQLCHAR *name, SQLSMALLINT room, SQLSMALLINT *n_out,
				 SQLSMALLINT *type, SQLULEN *size, SQLSMALLINT *digits, SQLSMALLINT *nullable)
{
	struct stmt *s = h;
	const struct described *d = described(s, number);

	if (d == NULL)
		return SQL_ERROR;
	if (type)
		*type = d->type;
	if (size)
		*size = d->size;
	if (digits)
		*digits = 0;
	if (nullable)
		*nullable = SQL_NULLABLE;
	return driver_text(s->query.columns[number - 1], name, room, n_out);
}

SQLRETURN SQL_API SQLColAttribute(SQLHSTMT h, SQLUSMALLINT number, SQLUSMALLINT what, SQLPOINTER text,
				  SQLSMALLINT room, SQLSMALLINT *n_out, SQLLEN *value)
{
	struct stmt *s = h;
	const struct described *d = described(s, number);

	if (d == NULL)
		return SQL_ERROR;
	switch (what) {
	case SQL_DESC_TYPE_NAME:
		return driver_text(d->name, text, room, n_out);
	case SQL_DESC_NAME:
	case SQL_DESC_LABEL:
		return driver_text(s->query.columns[number - 1], text, room, n_out);
	case SQL_DESC_TYPE:
	case SQL_DESC_CONCISE_TYPE:
		*value = d->type;
		return SQL_SUCCESS;
	case SQL_DESC_LENGTH:
	case SQL_DESC_PRECISION:
		*value = (SQLLEN)d->size;
		return SQL_SUCCESS;
	case SQL_DESC_NULLABLE:
		*value = SQL_NULLABLE;
		return SQL_SUCCESS;
	default:
		return driver_fail(&s->diag, "HYC00", "no attribute %u", what);
	}
}
