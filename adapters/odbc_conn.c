#include "adapters/odbc.h"

#include <stdio.h>
#include <stdlib.h>

#include "adapters/adapter_driver.h"
#include "base/memory.h"

/* What a session is told right after the connect, by the product it is connected to. {ms} and {s} are the
 * longest time of a statement, {zone} the session's time zone.
 *
 * One query text shall run everywhere: PIPES_AS_CONCAT lets `||` join texts in MariaDB too, ANSI_QUOTES lets
 * "..." be a name; both are added to the modes of the server. */
struct session {
	const char *product; /* SQL_DBMS_NAME */
	const char *settings;
	bool takes_offset; /* {zone} may be +09:00, for a server without the table of zones */
	const char *wish; /* a refusal does not matter; NULL: none */
};

static const struct session sessions[] = {
	{ "PostgreSQL",
	  "SELECT set_config('default_transaction_read_only','on',false),"
	  "set_config('statement_timeout','{ms}',false),set_config('TimeZone','{zone}',false),"
	  "set_config('application_name','federator',false)",
	  false,
	  /* ends statements whose client is gone; since PostgreSQL 14 and not on every system */
	  "SELECT set_config('client_connection_check_interval','100',false)" },
	{ "MariaDB",
	  "SET SESSION tx_read_only=1,max_statement_time={s},time_zone='{zone}',"
	  "sql_mode=CONCAT(@@sql_mode,',PIPES_AS_CONCAT,ANSI_QUOTES')",
	  true, NULL },
	{ "MySQL",
	  "SET SESSION transaction_read_only=1,max_execution_time={ms},time_zone='{zone}',"
	  "sql_mode=CONCAT(@@sql_mode,',PIPES_AS_CONCAT,ANSI_QUOTES')",
	  true, NULL },
};

static const struct session *session_of(const char *product)
{
	for (size_t i = 0; i < ARRAY_LEN(sessions); i++)
		if (strcmp(sessions[i].product, product) == 0)
			return &sessions[i];
	return NULL; /* SQLite has its guard; others only what their role may do */
}

/* Append `text` with its {words} filled in. */
static void settings_fill(const char *text, uint32_t cap_ms, const char *zone, struct buf *out)
{
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, "{");

		buf_put(out, p, n);
		p += n;
		if (*p == '\0')
			break;
		if (strncmp(p, "{ms}", 4) == 0)
			buf_printf(out, "%u", cap_ms);
		else if (strncmp(p, "{s}", 3) == 0)
			buf_printf(out, "%u.%03u", cap_ms / 1000, cap_ms % 1000);
		else
			buf_puts(out, zone);
		p += strcspn(p, "}") + 1;
	}
	buf_putc(out, '\0');
}

bool odbc_conn_run(struct odbc_conn *c, const char *text, struct odbc_diag *d)
{
	SQLHSTMT h = SQL_NULL_HSTMT;
	SQLRETURN rc;
	bool ok;

	if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, c->dbc, &h))) {
		odbc_diag_read(SQL_HANDLE_DBC, c->dbc, d);
		return false;
	}
	SCOPED(buf_free) struct buf sql = { 0 };
	buf_puts(&sql, text);
	rc = SQLExecDirect(h, (SQLCHAR *)sql.data, SQL_NTS);
	ok = SQL_SUCCEEDED(rc) || rc == SQL_NO_DATA;
	if (!ok)
		odbc_diag_read(SQL_HANDLE_STMT, h, d);
	SQLFreeHandle(SQL_HANDLE_STMT, h);
	return ok;
}

static bool session_set(struct odbc_conn *c, const char *settings, uint32_t cap_ms, const char *zone,
			struct odbc_diag *d)
{
	SCOPED(buf_free) struct buf sql = { 0 };

	settings_fill(settings, cap_ms, zone, &sql);
	return odbc_conn_run(c, sql.data, d);
}

static bool session_begin(struct odbc_conn *c, const struct adapter_conf *conf, struct err *err)
{
	char product[64] = "";
	SQLSMALLINT n;
	const struct session *s;
	struct odbc_diag d;
	uint32_t minutes = (uint32_t)abs(conf->zone_offset_s) / 60;

	if (!SQL_SUCCEEDED(SQLGetInfo(c->dbc, SQL_DBMS_NAME, product, sizeof(product), &n)))
		return err_set(err, ERR_SOURCE, c->source, "the driver does not name its database product");
	s = session_of(product);
	if (s == NULL)
		return true;
	snprintf(c->offset, sizeof(c->offset), "%c%02u:%02u", conf->zone_offset_s < 0 ? '-' : '+', minutes / 60,
		 minutes % 60);
	if (session_set(c, s->settings, conf->cap_ms, conf->zone, &d))
		c->offset[0] = '\0';
	else if (!s->takes_offset || !session_set(c, s->settings, conf->cap_ms, c->offset, &d))
		return odbc_diag_fail(&d, c->source, "setting up the session", err);
	if (s->wish)
		(void)!odbc_conn_run(c, s->wish, &d);
	return true;
}

void odbc_conn_close(struct odbc_conn **conn)
{
	struct odbc_conn *c = *conn;

	*conn = NULL;
	if (c == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(c->stmts); i++)
		odbc_stmt_drop(&c->stmts[i]);
	if (c->connected)
		SQLDisconnect(c->dbc);
	if (c->dbc != SQL_NULL_HDBC)
		SQLFreeHandle(SQL_HANDLE_DBC, c->dbc);
	if (c->placed)
		odbc_env_give_place(c->family);
	buf_free(&c->scratch);
	free(c);
}

/* The text that tells drivers apart in a connection string. */
static void driver_name(const char *connect, struct buf *out)
{
	if (!odbc_connstr_get(connect, "Driver", out))
		(void)odbc_connstr_get(connect, "DSN", out);
	buf_putc(out, '\0');
}

static bool conn_dial(struct odbc_conn *c, const struct adapter_conf *conf, struct err *err)
{
	SCOPED(buf_free) struct buf text = { 0 };
	SCOPED(buf_free) struct buf driver = { 0 };
	struct odbc_diag d;
	void *entered;

	odbc_connstr_complete(conf, &text);
	driver_name(conf->connect, &driver);
	entered = odbc_env_enter(driver.data);
	sqlite_guard_watch(&c->guard);
	c->connected = SQL_SUCCEEDED(SQLDriverConnect(c->dbc, NULL, (SQLCHAR *)text.data, SQL_NTS, NULL, 0,
						      NULL, SQL_DRIVER_NOPROMPT));
	sqlite_guard_watch(NULL);
	odbc_env_leave(entered);
	if (c->connected)
		return true;
	odbc_diag_read(SQL_HANDLE_DBC, c->dbc, &d);
	if (d.cls != ERR_AUTH)
		d.cls = ERR_REFUSED; /* whatever the driver calls it: the source is not there */
	return odbc_diag_fail(&d, c->source, "connecting", err);
}

struct odbc_conn *odbc_conn_open(const struct adapter_conf *conf, bool writes, struct err *err)
{
	SCOPED(odbc_conn_close) struct odbc_conn *c = memory_new(sizeof(*c));
	struct odbc_conn *made;

	snprintf(c->source, sizeof(c->source), "%s", conf->name);
	c->guard.writes = writes;
	c->family = odbc_connstr_family(conf->connect);
	c->line = odbc_connstr_line(conf->connect);
	c->placed = odbc_env_take_place(c->family);
	if (!c->placed) {
		err_set(err, ERR_BUSY, c->source,
			"connecting: the ODBC driver bears no more connections of this process");
		return NULL;
	}
	if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, odbc_env(), &c->dbc))) {
		err_set(err, ERR_SYSTEM, c->source, "the driver manager gives no connection handle");
		return NULL;
	}
	/* psqlODBC and FreeTDS heed it; the others have options of their own */
	SQLSetConnectAttr(c->dbc, SQL_ATTR_LOGIN_TIMEOUT, (SQLPOINTER)(uintptr_t)odbc_connect_s(conf),
			  SQL_IS_UINTEGER);
	if (!conn_dial(c, conf, err))
		return NULL;
	made = c;
	c = NULL;
	return made;
}

static void odbc_disconnect(void **conn)
{
	odbc_conn_close(&(struct odbc_conn *){ *conn });
	*conn = NULL;
}

static bool odbc_connect(const struct adapter_conf *conf, void **conn_out, struct err *err)
{
	SCOPED(odbc_conn_close) struct odbc_conn *c = odbc_conn_open(conf, false, err);

	if (c == NULL || !session_begin(c, conf, err))
		return false;
	*conn_out = c;
	c = NULL;
	return true;
}

static void fetch_failed(const struct odbc_conn *c, const struct fetch *f, struct odbc_diag *d,
			 struct err *err)
{
	char doing[64];

	if (d->lost && deadline_left_us(f->cap) == 0)
		d->cls = ERR_LATE; /* a driver's time-out on a frozen server looks like a lost connection */
	snprintf(doing, sizeof(doing), "part %s", f->part);
	odbc_diag_fail(d, c->source, doing, err);
}

static bool conn_answer(struct odbc_conn *c, struct fetch *f, struct odbc_diag *d, struct err *err)
{
	return f->describe ? odbc_describe(c, f, d, err) : odbc_rows_fetch(c, f, d, err);
}

static bool odbc_fetch(void *conn, struct fetch *f, bool *lost_out, struct err *err)
{
	struct odbc_conn *c = conn;
	struct odbc_diag d = { 0 };
	bool ok;

	c->guard.due = f->cap;
	ok = conn_answer(c, f, &d, err);
	if (!ok && d.stale_plan) {
		/* PostgreSQL refuses a plan whose columns were changed since, and one that was discarded */
		d = (struct odbc_diag){ 0 };
		ok = conn_answer(c, f, &d, err);
	}
	c->guard.due = (struct deadline){ 0 };
	if (!ok && d.cls != ERR_NONE)
		fetch_failed(c, f, &d, err);
	*lost_out = !ok && d.lost;
	return ok;
}

/* A zone's name goes into SQL. */
static bool zone_is_plain(const char *zone)
{
	return zone[0] != '\0' &&
	       zone[strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_+-")] ==
		       '\0';
}

/* The driver manager takes an unknown name for a library's, and then says of it that a file is not found. */
static bool driver_is_there(const struct adapter_conf *conf, struct err *err)
{
	SCOPED(buf_free) struct buf driver = { 0 };
	SCOPED(buf_free) struct buf names = { 0 };
	const char *dir = getenv("ODBCSYSINI"); /* of adapters_init() */

	if (!odbc_connstr_get(conf->connect, "Driver", &driver))
		return true;
	buf_putc(&driver, '\0');
	if (strchr(driver.data, '/') || strstr(driver.data, ".so") || odbc_env_has_driver(driver.data, &names))
		return true;
	/* with a `=` a `;` was forgotten, and what follows may be a password */
	return err_set(err, ERR_CONFIG, conf->name, "there is no ODBC driver `%s`; %s/odbcinst.ini has %s",
		       strchr(driver.data, '=') ? "..." : driver.data, dir ? dir : "/etc",
		       names.len ? names.data : "none");
}

static bool odbc_check(const struct adapter_conf *conf, struct err *err)
{
	if (!zone_is_plain(conf->zone))
		return err_set(err, ERR_CONFIG, conf->name, "\"%s\" is not the name of a time zone",
			       conf->zone);
	return odbc_connstr_check(conf->connect, conf->name, err) && driver_is_there(conf, err);
}

const struct adapter_driver odbc_driver = {
	.name = "odbc",
	.check = odbc_check,
	.connect = odbc_connect,
	.fetch = odbc_fetch,
	.disconnect = odbc_disconnect,
};
