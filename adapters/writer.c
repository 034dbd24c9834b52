#include "adapters/writer.h"

#include <stdlib.h>

#include "adapters/odbc.h"
#include "adapters/watchdog.h"
#include "base/memory.h"

enum {
	CALL_MS = 60000, /* of the server and of SQLite's lock */
	GRACE_MS = 1000, /* more, until the socket is shut */
	CONNECT_MS = 10000, /* no view waits for it */
	SETTINGS = 5,
};

struct writer {
	struct odbc_conn *conn;
	struct watch watch;
	enum writer_dialect dialect;
	bool lost;
	char name[48];
};

/* What a product is told right after the connect. */
struct product {
	const char *name; /* SQL_DBMS_NAME */
	const char *begin;
	const char *settings[SETTINGS]; /* NULL: no more */
};

static const struct product products[] = {
	[WRITER_SQLITE] = { "SQLite",
			    "BEGIN IMMEDIATE",
			    { "PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL",
			      /* pages of 4 KiB: an index by random keys that does not fit is read again and again */
			      "PRAGMA wal_autocheckpoint=16000", "PRAGMA cache_size=-16384",
			      "PRAGMA temp_store=MEMORY" } },
	[WRITER_POSTGRESQL] = { "PostgreSQL",
				"BEGIN",
				{ "SELECT set_config('statement_timeout','60000',false),"
				  "set_config('lock_timeout','30000',false),"
				  "set_config('idle_in_transaction_session_timeout','60000',false),"
				  "set_config('client_min_messages','warning',false),"
				  "set_config('TimeZone','UTC',false),"
				  "set_config('application_name','federator weblog',false)" } },
	[WRITER_MARIADB] = { "MariaDB",
			     "BEGIN",
			     { "SET SESSION max_statement_time=60,innodb_lock_wait_timeout=30,time_zone='+00:00',"
			       "tx_isolation='READ-COMMITTED',"
			       "sql_mode='PIPES_AS_CONCAT,ANSI_QUOTES,STRICT_TRANS_TABLES'" } },
};

static void call_begin(struct writer *w)
{
	watch_begin(&w->watch, deadline_after_ms(CALL_MS + GRACE_MS));
}

/* The call is over; *d says why it failed, unless `ok`. */
static bool call_end(struct writer *w, bool ok, struct odbc_diag *d)
{
	bool cut = watch_end(&w->watch);

	if (cut && !ok)
		d->cls = ERR_LATE;
	w->lost |= cut || (!ok && d->lost);
	return ok && !cut;
}

/* What has nothing to do with the rows: no room, no right, a standby, somebody in the way. Codes of SQLite
 * (sqlite.org/rescode.html) and MariaDB, which have one state for all; states of PostgreSQL (appendix A). */
static bool is_of_server(const struct writer *w, const struct odbc_diag *d)
{
	static const SQLINTEGER codes[WRITER_DIALECTS][10] = {
		[WRITER_SQLITE] = { 3, 8, 10, 11, 13, 23, 26 },
		[WRITER_MARIADB] = { 3, 28, 1021, 1026, 1114, 1142, 1205, 1213, 1290, 1836 },
	};
	static const char *const states[] = { "25", "40", "42501", "53", "54", "55", "58", "XX" };

	for (size_t i = 0; i < ARRAY_LEN(codes[0]); i++)
		if (d->native && codes[w->dialect][i] == d->native)
			return true;
	for (size_t i = 0; w->dialect == WRITER_POSTGRESQL && i < ARRAY_LEN(states); i++)
		if (strncmp(d->state, states[i], strlen(states[i])) == 0)
			return true;
	return false;
}

static bool call_failed(const struct writer *w, struct odbc_diag *d, struct err *err)
{
	if (d->cls == ERR_SOURCE && is_of_server(w, d))
		d->cls = ERR_REFUSED;
	if (d->cls == ERR_NONE) /* cut behind the driver's back */
		return err_set(err, ERR_LATE, w->name, "writing: the database does not answer");
	return odbc_diag_fail(d, w->name, "writing", err);
}

static bool product_find(struct writer *w, struct err *err)
{
	char name[64] = "";
	SQLSMALLINT n;

	if (!SQL_SUCCEEDED(SQLGetInfo(w->conn->dbc, SQL_DBMS_NAME, name, sizeof(name), &n)))
		return err_set(err, ERR_SOURCE, w->name, "the driver does not name its database product");
	for (size_t i = 0; i < ARRAY_LEN(products); i++) {
		if (strcmp(products[i].name, name) != 0)
			continue;
		w->dialect = (enum writer_dialect)i;
		return true;
	}
	return err_set(err, ERR_CONFIG, w->name,
		       "events are kept in SQLite, PostgreSQL or MariaDB; the connection string leads to %s", name);
}

/* Options that a connection string has not of itself. */
static const struct {
	enum odbc_family family;
	const char *key, *value;
} options[] = {
	{ ODBC_SQLITE, "NoCreat", "0" },
	/* psqlODBC 13.02 puts a savepoint before each statement of a transaction, else, and releases it */
	{ ODBC_POSTGRESQL, "Protocol", "7.4-0" },
};

static void put_options(const char *connect, struct buf *out)
{
	SCOPED(buf_free) struct buf value = { 0 };

	buf_puts(out, connect);
	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		if (odbc_connstr_family(connect) == options[i].family &&
		    !odbc_connstr_get(connect, options[i].key, &value))
			buf_printf(out, "%s%s=%s", out->data[out->len - 1] == ';' ? "" : ";", options[i].key,
				   options[i].value);
}

static bool writer_dial(struct writer *w, const char *connect, struct err *err)
{
	SCOPED(buf_free) struct buf text = { 0 };

	put_options(connect, &text);
	call_begin(w);
	w->conn = odbc_conn_open(&(struct adapter_conf){ .name = w->name,
							 .connect = text.data,
							 .cap_ms = CALL_MS,
							 .connect_ms = CONNECT_MS },
				 true, err);
	if (!watch_end(&w->watch))
		return w->conn != NULL;
	return err_set(err, ERR_LATE, w->name, "connecting: the database does not answer");
}

static bool writer_begins(struct writer *w, const char *connect, struct err *err)
{
	if (!writer_dial(w, connect, err) || !product_find(w, err))
		return false;
	for (size_t i = 0; i < SETTINGS && products[w->dialect].settings[i]; i++)
		if (!writer_run(w, products[w->dialect].settings[i], err))
			return false;
	return true;
}

struct writer *writer_open(const char *name, const char *connect, struct err *err)
{
	SCOPED(writer_close) struct writer *w = NULL;
	struct writer *made;

	if (!odbc_connstr_check(connect, name, err) || !watchdog_start(err))
		return NULL;
	w = memory_new(sizeof(*w));
	strncpy(w->name, name, sizeof(w->name) - 1);
	watch_open(&w->watch);
	if (!writer_begins(w, connect, err))
		return NULL;
	made = w;
	w = NULL;
	return made;
}

void writer_close(struct writer **w)
{
	struct writer *gone = *w;

	*w = NULL;
	if (gone == NULL)
		return;
	call_begin(gone);
	odbc_conn_close(&gone->conn);
	(void)!watch_end(&gone->watch);
	watch_forget(&gone->watch);
	watch_close(&gone->watch);
	watchdog_stop();
	free(gone);
}

enum writer_dialect writer_dialect(const struct writer *w)
{
	return w->dialect;
}

bool writer_run(struct writer *w, const char *sql, struct err *err)
{
	struct odbc_diag d = { 0 };

	call_begin(w);
	return call_end(w, odbc_conn_run(w->conn, sql, &d), &d) || call_failed(w, &d, err);
}

bool writer_begin(struct writer *w, struct err *err)
{
	return writer_run(w, products[w->dialect].begin, err);
}

bool writer_commit(struct writer *w, struct err *err)
{
	return writer_run(w, "COMMIT", err);
}

void writer_rollback(struct writer *w)
{
	struct err err;

	w->lost |= !w->lost && !writer_run(w, "ROLLBACK", &err);
}

/* A statement that failed is prepared anew when it is asked for again. */
static bool execute(struct writer *w, const struct writer_ask *ask, uint64_t *n_out, struct odbc_diag *d)
{
	struct odbc_stmt *s = odbc_stmt_get(w->conn, ask->sql, d);
	SQLLEN n = 0;

	if (s == NULL)
		return false;
	if (!odbc_stmt_execute(s, ask->params, ask->n_params, d)) {
		odbc_stmt_drop(s);
		return false;
	}
	if (n_out && SQL_SUCCEEDED(SQLRowCount(s->h, &n)))
		*n_out = n > 0 ? (uint64_t)n : 0;
	odbc_stmt_close(s);
	return true;
}

bool writer_execute(struct writer *w, const struct writer_ask *ask, uint64_t *n_out, struct err *err)
{
	struct odbc_diag d = { 0 };

	call_begin(w);
	return call_end(w, execute(w, ask, n_out, &d), &d) || call_failed(w, &d, err);
}

bool writer_rows(struct writer *w, const struct writer_ask *ask, struct arena *mem, const struct rows **rows_out,
		 struct err *err)
{
	struct fetch f = { .mem = mem,
			   .part = "writer",
			   .sql = ask->sql,
			   .params = ask->params,
			   .n_params = ask->n_params,
			   .n_runs = 1,
			   .columns = ask->columns,
			   .n_columns = ask->n_columns,
			   .max_rows = UINT32_MAX,
			   .max_bytes = SIZE_MAX };
	struct odbc_diag d = { 0 };
	bool ok;

	err->cls = ERR_NONE;
	call_begin(w);
	ok = call_end(w, odbc_rows_fetch(w->conn, &f, &d, err), &d);
	if (ok)
		*rows_out = f.rows;
	return ok || (err->cls != ERR_NONE ? false : call_failed(w, &d, err));
}
