#include "tests/faultodbc/driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* The value of a key of a connection string, without its braces; "" and false: not there. */
static bool value_of(const char *text, const char *key, char *out, size_t room)
{
	size_t n = strlen(key);

	out[0] = '\0';
	for (const char *p = text; *p;) {
		size_t name_n = strcspn(p, "=;");
		const char *value = p + name_n + (p[name_n] == '=');
		bool braced = *value == '{';
		size_t value_n = braced ? strcspn(value, "}") : strcspn(value, ";");

		if (name_n == n && strncasecmp(p, key, n) == 0) {
			snprintf(out, room, "%.*s", (int)(value_n - braced), value + braced);
			return true;
		}
		p = value + value_n;
		p += strspn(p, "};");
	}
	return false;
}

static SQLRETURN strike(struct dbc *c, const struct plan *plan)
{
	if (plan_has(plan, FAULT_CONNECT_REFUSE)) {
		driver_strike(c, FAULT_CONNECT_REFUSE);
		return driver_fail(&c->diag, "08001", "connection refused");
	}
	if (plan_has(plan, FAULT_CONNECT_AUTH)) {
		driver_strike(c, FAULT_CONNECT_AUTH);
		return driver_fail(&c->diag, "28000", "password authentication failed");
	}
	return SQL_SUCCESS;
}

static bool strike_slow(struct dbc *c, const struct plan *plan)
{
	if (plan_has(plan, FAULT_CONNECT_SLOW)) {
		driver_strike(c, FAULT_CONNECT_SLOW);
		if (!link_wait(&c->link, plan->of[FAULT_CONNECT_SLOW].ms))
			return false;
	}
	if (!plan_has(plan, FAULT_CONNECT_HANG))
		return true;
	driver_strike(c, FAULT_CONNECT_HANG);
	return link_hang(c, FAULT_CONNECT_HANG);
}

static SQLRETURN dbc_connect(struct dbc *c, const char *text)
{
	struct plan plan;
	char port[16], why[256];
	SQLRETURN rc;

	if (!value_of(text, "Source", c->source, sizeof(c->source)) ||
	    !value_of(text, "Control", c->control, sizeof(c->control)))
		return driver_fail(&c->diag, "08001", "the connection string has no Source or no Control");
	value_of(text, "Rows", c->rows, sizeof(c->rows));
	value_of(text, "Port", port, sizeof(port));
	if (!control_roll(c->control, c->source, FAULT_AT_CONNECT, &plan, why))
		return driver_fail(&c->diag, "HY000", "%s", why);
	rc = strike(c, &plan);
	if (rc != SQL_SUCCESS)
		return rc;
	if (!link_open(&c->link, (unsigned)strtoul(port, NULL, 10)))
		return driver_fail(&c->diag, "08001", "connect: %s", strerror(errno));
	if (strike_slow(c, &plan))
		return SQL_SUCCESS;
	link_close(&c->link);
	return driver_fail(&c->diag, "08001", "the server closed the connection");
}

SQLRETURN SQL_API SQLDriverConnect(SQLHDBC h, SQLHWND window, SQLCHAR *text, SQLSMALLINT n, SQLCHAR *out,
				   SQLSMALLINT room, SQLSMALLINT *n_out, SQLUSMALLINT how)
{
	struct dbc *c = h;
	char *copy = n == SQL_NTS ? strdup((char *)text) : strndup((char *)text, (size_t)n);
	SQLRETURN rc;

	(void)window;
	(void)how;
	if (copy == NULL)
		abort();
	c->diag.state[0] = '\0';
	c->lost = false;
	c->executions = 0;
	rc = dbc_connect(c, copy);
	if (rc == SQL_SUCCESS)
		(void)driver_text(copy, out, room, n_out);
	free(copy);
	return rc;
}

SQLRETURN SQL_API SQLDisconnect(SQLHDBC h)
{
	struct dbc *c = h;

	link_close(&c->link);
	return SQL_SUCCESS;
}

/* What the driver manager and adapters/ ask; of the rest, nothing is supported. */
SQLRETURN SQL_API SQLGetInfo(SQLHDBC h, SQLUSMALLINT what, SQLPOINTER to, SQLSMALLINT room, SQLSMALLINT *n_out)
{
	const struct dbc *c = h;

	switch (what) {
	case SQL_DBMS_NAME:
		return driver_text("Fault", to, room, n_out);
	case SQL_DATABASE_NAME:
	case SQL_SERVER_NAME:
		return driver_text(c->source, to, room, n_out);
	case SQL_DBMS_VER:
	case SQL_DRIVER_VER:
		return driver_text("01.00.0000", to, room, n_out);
	case SQL_DRIVER_ODBC_VER:
		return driver_text("03.51", to, room, n_out);
	case SQL_DRIVER_NAME:
		return driver_text("libfaultodbc.so", to, room, n_out);
	case SQL_GETDATA_EXTENSIONS:
		*(SQLUINTEGER *)to = SQL_GD_ANY_COLUMN | SQL_GD_ANY_ORDER | SQL_GD_BOUND;
		return SQL_SUCCESS;
	case SQL_CURSOR_COMMIT_BEHAVIOR:
	case SQL_CURSOR_ROLLBACK_BEHAVIOR:
		*(SQLUSMALLINT *)to = SQL_CB_PRESERVE;
		return SQL_SUCCESS;
	default:
		return driver_fail(h, "HYC00", "nothing is known of %u", what);
	}
}
