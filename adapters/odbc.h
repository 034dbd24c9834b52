/* odbc.h - the inside of the ODBC driver: odbc_env.c (the process), odbc_connstr.c (connection strings),
 * odbc_conn.c (one connection and its session), odbc_stmt.c (its prepared statements), odbc_rows.c (an
 * answer), odbc_diag.c (errors), odbc_describe.c, odbc_plan.c and odbc_place.c (what is told of a query instead of
 * its rows). A connection and all it holds belong to one worker thread. Texts are UTF-8
 * through the ANSI functions everywhere: MariaDB's wide ones cut emoji in two. SQLCancel() and
 * SQL_ATTR_QUERY_TIMEOUT are never used: the first aborts the process with two of three drivers when called
 * across threads, the second is ignored by two of three. */
#ifndef ADAPTERS_ODBC_H
#define ADAPTERS_ODBC_H

#include <sql.h>
#include <sqlext.h>

#include "adapters/adapter.h"
#include "adapters/sqlite_guard.h"
#include "base/buf.h"

/* Driver families whose options we know. */
enum odbc_family { ODBC_OTHER, ODBC_POSTGRESQL, ODBC_MARIADB, ODBC_SQLITE };

/* --- odbc_env.c --- */

/* The environment of the process; adapters_init() made it. */
SQLHENV odbc_env(void);
/* Drivers initialise static data in their first connect, not always safely: call this before each connect. While the
 * first one through the driver of that name (path, DSN) is under way others wait, two seconds at most, should it hang;
 * then the watch of the calling thread begins anew. Returns what odbc_env_leave() takes. */
void *odbc_env_enter(const char *driver) MUST_CHECK NONNULL(1);
/* The connect is over, good or bad. Accepts NULL. */
void odbc_env_leave(void *entered);

/* May the process have one more connection of that family? Then it counts as open until it gives its place back. */
bool odbc_env_take_place(enum odbc_family family) MUST_CHECK;
/* A connection that had a place is closed. */
void odbc_env_give_place(enum odbc_family family);

/* Is that a driver's name (any case) of the odbcinst.ini in use? Appends the names it has, between ", ". Safe from any
 * thread. */
bool odbc_env_has_driver(const char *name, struct buf *names_out) MUST_CHECK NONNULL(1, 2);

/* --- odbc_connstr.c --- */

/* Is it a connection string that names a driver or a DSN? ERR_CONFIG saying what is wrong, without its
 * values. */
bool odbc_connstr_check(const char *connect, const char *source, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Append the value of `key` (ASCII case ignored) with its braces undone; false: not there. */
bool odbc_connstr_get(const char *connect, const char *key, struct buf *out) NONNULL(1, 2, 3);
/* The family of the driver it names; ODBC_OTHER for a DSN. */
enum odbc_family odbc_connstr_family(const char *connect) NONNULL(1);
/* Is the server on this machine, or proven to be the one that is meant and asked with TLS? Drivers whose options we do
 * not know: unknown. */
enum described_line odbc_connstr_line(const char *connect) NONNULL(1);
/* How long a driver waits for its server to let us in, in seconds. */
uint32_t odbc_connect_s(const struct adapter_conf *conf) NONNULL(1);
/* Append the connection string with the time-outs and safety options of its family that it does not set
 * itself; of PostgreSQL's pqopt those words. */
void odbc_connstr_complete(const struct adapter_conf *conf, struct buf *out) NONNULL(1, 2);

/* --- odbc_diag.c --- */

/* Why a call failed. */
struct odbc_diag {
	char state[SQL_SQLSTATE_SIZE + 1];
	SQLINTEGER native;
	char text[512]; /* cleaned: holds no value of a customer */
	char message[SQL_MAX_MESSAGE_LENGTH * 4]; /* the driver's own words, which may: never leaves adapters/ */
	enum err_class cls;
	bool lost; /* the connection is not usable any more */
	bool stale_plan; /* prepare again and it may work */
};

/* Read the first error of a handle. */
void odbc_diag_read(SQLSMALLINT type, SQLHANDLE handle, struct odbc_diag *out) NONNULL(3);
/* The class of an error, by SQLSTATE, then by native code and message for drivers that have one SQLSTATE for
 * all. `text` is the driver's message. Fills cls, lost, stale_plan from state and native. */
void odbc_diag_classify(struct odbc_diag *d, const char *text) NONNULL(1, 2);
/* Has somebody's code in the database worded the message, which may then hold any value? PostgreSQL: RAISE and ASSERT
 * (P0001, P0004), unless another code is given there; MariaDB: SIGNAL (45000, 1644); SQL Server: from 50000; Oracle:
 * RAISE_APPLICATION_ERROR (20000 to 20999). By state and native. */
bool odbc_diag_raised(const struct odbc_diag *d) NONNULL(1);
/* Copy a driver's message without the names of its components, quoted texts (they may be a customer's values)
 * and long numbers; only the first line. keep_quoted: they are names of columns and tables. Quoted pieces of
 * `query` (NULL: none) are kept in any case. */
void odbc_diag_clean(const char *text, bool keep_quoted, const char *query, char *out, size_t out_bytes)
	NONNULL(1, 4);
/* Fill *err and return false; `doing` begins the sentence. */
bool odbc_diag_fail(const struct odbc_diag *d, const char *source, const char *doing, struct err *err)
	NONNULL(1, 2, 3, 4);

/* --- odbc_stmt.c --- */

/* A parameter's buffer, bound once: drivers prepare again when a binding changes. */
struct odbc_param {
	char *text;
	size_t bytes;
	SQLLEN ind;
};

/* A column that is fetched. */
struct odbc_column {
	const char *name; /* as it was wanted */
	SQLUSMALLINT at; /* its number in the result, from 1 */
	bool instant; /* a time in the session's zone, which is only an offset: that belongs behind it */
	bool raw; /* fetched as SQL_C_BINARY: as text PostgreSQL and SQLite give hex, MariaDB the bytes */
	char *text;
	size_t bytes;
	SQLLEN ind;
};

/* A prepared statement. Not in use: h == SQL_NULL_HSTMT. */
struct odbc_stmt {
	SQLHSTMT h;
	struct arena *mem; /* of all below */
	struct str sql;
	uint64_t used; /* the connection's clock at its last use */
	struct odbc_param *params;
	uint32_t n_params;
	bool once; /* not kept: it selects *, and MariaDB's driver does not see when the table changed */
	struct odbc_column *columns; /* NULL: not bound yet */
	uint32_t n_columns;
};

struct odbc_conn; /* below */

/* The statement of that text, prepared now if it is new; the longest unused one makes room. NULL: *d says
 * why. */
struct odbc_stmt *odbc_stmt_get(struct odbc_conn *c, struct str sql, struct odbc_diag *d) NONNULL(1, 3);
/* Execute with the parameters of one run. */
bool odbc_stmt_execute(struct odbc_stmt *s, const struct str *params, uint32_t n_params,
		       struct odbc_diag *d)
	MUST_CHECK NONNULL(1, 4);
/* Close the cursor; the statement stays prepared. */
void odbc_stmt_close(struct odbc_stmt *s) NONNULL(1);
/* Forget the statement; it is prepared anew when it is asked for again. */
void odbc_stmt_drop(struct odbc_stmt *s) NONNULL(1);

/* --- odbc_rows.c --- */

/* Answer the fetch: all runs. On failure without an answer of the driver *d is untouched and err->cls set;
 * else *d says why and err->cls is ERR_NONE. */
bool odbc_rows_fetch(struct odbc_conn *c, struct fetch *f, struct odbc_diag *d, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);

/* --- odbc_place.c --- */

/* Where in `sql` a driver's message points, unless that is uncertain. */
struct described_place odbc_place_find(const char *message, struct str sql) NONNULL(1);
/* The word at byte `at`, at most sql.n. */
struct described_place odbc_place_at(struct str sql, size_t at);
/* Where a name stands, qualified or not, in quotes or not. */
struct described_place odbc_place_name(struct str name, struct str sql);

/* --- odbc_plan.c --- */

/* Fill to->scans; to->product is known. */
void odbc_plan(struct odbc_conn *c, struct fetch *f, struct description *to) NONNULL(1, 2, 3);
/* The tables that the lines of PostgreSQL's EXPLAIN (COSTS OFF) read whole, by themselves or by an index without a
 * condition. tables_out takes `n`. */
size_t odbc_plan_whole(const struct str *lines, size_t n, struct str *tables_out) NONNULL(3);

/* --- odbc_describe.c --- */

/* Answer a fetch with `describe`. On failure as odbc_rows_fetch(), and f->description tells more. */
bool odbc_describe(struct odbc_conn *c, struct fetch *f, struct odbc_diag *d, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);

/* --- odbc_conn.c --- */

enum { ODBC_STMTS = 32 };

struct odbc_conn {
	SQLHDBC dbc;
	bool connected;
	bool placed; /* odbc_env_take_place() */
	enum odbc_family family;
	enum described_line line;
	char source[48];
	char offset[16]; /* "+09:00" when that is the session's time zone; else "" */
	struct sqlite_guard guard;
	uint64_t clock; /* counts uses of statements */
	struct odbc_stmt stmts[ODBC_STMTS];
	struct buf scratch; /* of a large cell */
};

/* Connect, in the session the server begins by itself; `writes`: SQLite's guard lets it write, and nothing but its
 * lock ends its statements. The caller owns the result: end it with odbc_conn_close(). NULL: ERR_REFUSED, ERR_AUTH,
 * ERR_BUSY, ERR_SYSTEM. */
struct odbc_conn *odbc_conn_open(const struct adapter_conf *conf, bool writes, struct err *err) MUST_CHECK
	NONNULL(1, 3);
/* Disconnect and free; accepts NULL inside; sets *conn to NULL. Usable with SCOPED. */
void odbc_conn_close(struct odbc_conn **conn) NONNULL(1);
/* Run a text without parameters, once; what it answers is not read. */
bool odbc_conn_run(struct odbc_conn *c, const char *text, struct odbc_diag *d) MUST_CHECK NONNULL(1, 2, 3);

#endif
