#include "tests/faultodbc/driver.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

SQLRETURN driver_fail(struct diag *diag, const char *state, const char *fmt, ...)
{
	va_list args;
	int n = snprintf(diag->text, sizeof(diag->text), "[federator][Fault] ");

	va_start(args, fmt);
	vsnprintf(diag->text + n, sizeof(diag->text) - (size_t)n, fmt, args);
	va_end(args);
	memcpy(diag->state, state, sizeof(diag->state));
	diag->native = 1;
	return SQL_ERROR;
}

SQLRETURN driver_text(const char *text, void *to, SQLLEN room, SQLSMALLINT *n_out)
{
	size_t n = strlen(text);

	if (n_out)
		*n_out = (SQLSMALLINT)n;
	if (to && room > 0)
		snprintf(to, (size_t)room, "%s", text);
	return to && (SQLLEN)n >= room ? SQL_SUCCESS_WITH_INFO : SQL_SUCCESS;
}

void driver_strike(const struct dbc *c, enum fault_kind kind)
{
	control_count(c->control, kind);
}

static void *handle_new(size_t bytes)
{
	void *handle = calloc(1, bytes);

	if (handle == NULL)
		abort();
	return handle;
}

static SQLHANDLE dbc_new(void)
{
	struct dbc *c = handle_new(sizeof(*c));

	c->link = (struct link){ -1, -1 };
	return c;
}

static SQLHANDLE stmt_new(struct dbc *c)
{
	struct stmt *s = handle_new(sizeof(*s));

	s->dbc = c;
	return s;
}

SQLRETURN SQL_API SQLAllocHandle(SQLSMALLINT type, SQLHANDLE parent, SQLHANDLE *out)
{
	switch (type) {
	case SQL_HANDLE_ENV:
		*out = handle_new(sizeof(struct env));
		return SQL_SUCCESS;
	case SQL_HANDLE_DBC:
		*out = dbc_new();
		return SQL_SUCCESS;
	case SQL_HANDLE_STMT:
		*out = stmt_new(parent);
		return SQL_SUCCESS;
	default:
		return driver_fail(parent, "HYC00", "no handles of type %d", type);
	}
}

SQLRETURN SQL_API SQLFreeHandle(SQLSMALLINT type, SQLHANDLE handle)
{
	if (type == SQL_HANDLE_DBC) {
		struct dbc *c = handle;

		link_close(&c->link);
	}
	if (type == SQL_HANDLE_STMT) {
		struct stmt *s = handle;

		buf_free(&s->row_key);
		buf_free(&s->cell);
	}
	free(handle);
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLFreeStmt(SQLHSTMT h, SQLUSMALLINT option)
{
	struct stmt *s = h;

	switch (option) {
	case SQL_CLOSE:
		fetch_close(s);
		return SQL_SUCCESS;
	case SQL_UNBIND:
		memset(s->bound, 0, sizeof(s->bound));
		return SQL_SUCCESS;
	case SQL_RESET_PARAMS:
		memset(s->params, 0, sizeof(s->params));
		return SQL_SUCCESS;
	case SQL_DROP:
		return SQLFreeHandle(SQL_HANDLE_STMT, h);
	default:
		return driver_fail(&s->diag, "HY092", "no option %u", option);
	}
}

SQLRETURN SQL_API SQLCloseCursor(SQLHSTMT h)
{
	fetch_close(h);
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetDiagRec(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, SQLCHAR *state,
				SQLINTEGER *native, SQLCHAR *text, SQLSMALLINT room, SQLSMALLINT *n_out)
{
	const struct diag *d = handle;

	(void)type;
	if (number != 1 || d->state[0] == '\0')
		return SQL_NO_DATA;
	if (state)
		memcpy(state, d->state, sizeof(d->state));
	if (native)
		*native = d->native;
	return driver_text(d->text, text, room, n_out);
}

/* unixODBC 2.3.11 reads records only from a driver that has this function as well. */
SQLRETURN SQL_API SQLGetDiagField(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT number, SQLSMALLINT field,
				  SQLPOINTER to, SQLSMALLINT room, SQLSMALLINT *n_out)
{
	(void)type;
	(void)handle;
	(void)number;
	(void)field;
	(void)to;
	(void)room;
	(void)n_out;
	return SQL_NO_DATA;
}

SQLRETURN SQL_API SQLSetEnvAttr(SQLHENV h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER n)
{
	(void)h;
	(void)attribute;
	(void)value;
	(void)n;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetEnvAttr(SQLHENV h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER room, SQLINTEGER *n_out)
{
	(void)room;
	(void)n_out;
	if (attribute != SQL_ATTR_ODBC_VERSION)
		return driver_fail(h, "HYC00", "no attribute %d", (int)attribute);
	*(SQLINTEGER *)value = SQL_OV_ODBC3;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetConnectAttr(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER n)
{
	(void)h;
	(void)attribute;
	(void)value;
	(void)n;
	return SQL_SUCCESS;
}

/* A number is asked for where a connection or statement is concerned. */
static SQLRETURN attribute_zero(SQLPOINTER value)
{
	*(SQLULEN *)value = 0;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetConnectAttr(SQLHDBC h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER room,
				    SQLINTEGER *n_out)
{
	const struct dbc *c = h;

	(void)room;
	(void)n_out;
	if (attribute != SQL_ATTR_CONNECTION_DEAD)
		return driver_fail(h, "HYC00", "no attribute %d", (int)attribute);
	*(SQLUINTEGER *)value = c->lost ? SQL_CD_TRUE : SQL_CD_FALSE;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLSetStmtAttr(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER n)
{
	(void)h;
	(void)attribute;
	(void)value;
	(void)n;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLGetStmtAttr(SQLHSTMT h, SQLINTEGER attribute, SQLPOINTER value, SQLINTEGER room,
				 SQLINTEGER *n_out)
{
	(void)room;
	(void)n_out;
	if (attribute >= SQL_ATTR_APP_ROW_DESC && attribute <= SQL_ATTR_IMP_PARAM_DESC)
		return driver_fail(h, "HYC00", "no descriptors");
	return attribute_zero(value);
}

/* Never called by federator (it aborts or hangs with others); here it ends nothing. */
SQLRETURN SQL_API SQLCancel(SQLHSTMT h)
{
	(void)h;
	return SQL_SUCCESS;
}

SQLRETURN SQL_API SQLEndTran(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT how)
{
	(void)type;
	(void)handle;
	(void)how;
	return SQL_SUCCESS;
}
