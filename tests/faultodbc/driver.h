/* driver.h - the inside of the fault driver, a test-only ODBC 3 driver (ANSI) whose sources are made up and go wrong on
 * demand. Connection string:
 *
 *   Driver={Fault};Source=crm;Control=/path/faults;Rows={person:1 orders:5};Port=4711
 *
 * Source names the source in cells (cells.h) and in the control file (control.h); Rows says how many rows each table
 * has for a key, 1 where it says nothing. Each connection has a TCP connection of its own over which nothing is sent,
 * so that hanging means what it means elsewhere: a thread waits for bytes that do not come, until the socket is shut.
 * It leads to a listener inside the driver, or to Port of 127.0.0.1, whose owner may close it.
 *
 * handles.c: handles, attributes, errors; connect.c: connections; link.c: their sockets; statement.c: prepare,
 * bind, describe; execute.c; fetch.c: rows and cells. A handle belongs to one thread at a time. */
#ifndef TESTS_FAULTODBC_DRIVER_H
#define TESTS_FAULTODBC_DRIVER_H

#include <sql.h>
#include <sqlext.h>

#include "base/buf.h"
#include "tests/faultodbc/cells.h"
#include "tests/faultodbc/control.h"
#include "tests/faultodbc/query.h"

/* Why the last call on a handle failed; the first member of each. */
struct diag {
	char state[6]; /* "": it did not */
	SQLINTEGER native;
	char text[384];
};

struct env {
	struct diag diag;
};

struct link {
	int fd; /* -1: none */
	int peer; /* our own end of it, -1: Port's owner has it */
};

struct dbc {
	struct diag diag;
	char source[32];
	char control[256];
	char rows[256];
	struct link link;
	uint64_t executions;
	bool lost;
};

struct param {
	const char *text;
	const SQLLEN *ind;
};

struct bound {
	SQLSMALLINT type; /* C type; 0: not bound */
	char *to;
	SQLLEN bytes;
	SQLLEN *ind;
};

enum { PARAMS_MOST = 512 };

struct stmt {
	struct diag diag;
	struct dbc *dbc;
	struct query query;
	bool prepared, open;
	uint32_t layout; /* the column faults it was prepared under */
	uint64_t generation; /* of the control file then */
	struct plan plan; /* of the execution */
	struct param params[PARAMS_MOST];
	struct bound bound[QUERY_COLUMNS];
	SQLUINTEGER n_keys;
	char keys[PARAMS_MOST][QUERY_NAME]; /* each one once */
	uint64_t next, n_rows; /* of the result */
	struct cell_place row; /* the current one; its key in row_key */
	struct buf row_key, cell;
	SQLUSMALLINT data_column; /* that SQLGetData() is at, and how far */
	size_t data_at;
};

/* --- handles.c --- */

/* Set a handle's error and return SQL_ERROR. */
SQLRETURN driver_fail(struct diag *diag, const char *state, const char *fmt, ...) NONNULL(1, 2, 3) PRINTF_LIKE(3, 4);
/* Copy a text into an application's buffer, NUL-terminated, its length into *n_out (NULL: nobody asks). */
SQLRETURN driver_text(const char *text, void *to, SQLLEN room, SQLSMALLINT *n_out) NONNULL(1);
/* Count a fault that strikes a connection of that source. */
void driver_strike(const struct dbc *c, enum fault_kind kind) NONNULL(1);

/* --- link.c --- */

/* Connect; port 0: to the driver itself. False: errno says why. */
bool link_open(struct link *link, unsigned port) MUST_CHECK NONNULL(1);
/* Close what is open. */
void link_close(struct link *link) NONNULL(1);
/* Wait; false at once when the connection is shut or closed. */
bool link_wait(const struct link *link, uint32_t ms) MUST_CHECK NONNULL(1);
/* Hang while the fault is in the control file; false as soon as the connection is shut. */
bool link_hang(const struct dbc *c, enum fault_kind kind) MUST_CHECK NONNULL(1);
/* Hang while the fault is in the control file, come what may. */
void link_hang_hard(const struct dbc *c, enum fault_kind kind) NONNULL(1);

/* --- statement.c --- */

/* Read the query and decide its columns. */
SQLRETURN stmt_prepare(struct stmt *s, struct str sql) MUST_CHECK NONNULL(1);
/* Were the columns changed under the prepared statement? Then it fails, as PostgreSQL's do. */
SQLRETURN stmt_check_layout(struct stmt *s) MUST_CHECK NONNULL(1);

/* --- fetch.c --- */

/* Has each key of this execution a second customer? */
bool fetch_has_twins(const struct stmt *s) NONNULL(1);
/* Forget the result. */
void fetch_close(struct stmt *s) NONNULL(1);
/* The connection is lost from here on. */
SQLRETURN fetch_lost(struct stmt *s, const char *why) NONNULL(1, 2);

#endif
