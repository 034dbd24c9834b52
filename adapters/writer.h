/* writer.h - one connection that may write, through ODBC: for what federator keeps in a database of its own. Nothing of
 * the pool's is here, no queue, no breaker, no workers: it belongs to one thread, and whoever has it decides what to do
 * after a failure. Statements are prepared once and kept by their text, 32 of them. A call that the server does not
 * answer is ended after a minute by shutting the connection's socket; SQLite waits as long for its lock. Never logs;
 * errors hold no customer's value. */
#ifndef ADAPTERS_WRITER_H
#define ADAPTERS_WRITER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/rows.h"

struct writer; /* opaque */

/* Whose SQL it takes. */
enum writer_dialect { WRITER_SQLITE, WRITER_POSTGRESQL, WRITER_MARIADB };
enum { WRITER_DIALECTS = WRITER_MARIADB + 1 };

/* Connect; adapters_init() was called. The session's time is UTC; SQLite's file is made when it is not there and keeps
 * a write-ahead log, so that readers read while it is written; MariaDB reads what is committed (its default locks gaps,
 * and two writers of one table would end each other). `name` stands in errors. The caller owns the result: end it with
 * writer_close(). NULL: ERR_CONFIG for a connection string that is malformed or leads to another product; ERR_REFUSED,
 * ERR_AUTH, ERR_SOURCE, ERR_SYSTEM. */
struct writer *writer_open(const char *name, const char *connect, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Disconnect; a transaction under way is undone. Accepts NULL inside; sets *w to NULL. Usable with SCOPED. */
void writer_close(struct writer **w) NONNULL(1);
/* See the enum. */
enum writer_dialect writer_dialect(const struct writer *w) NONNULL(1);

/* Run a text without parameters and without an answer, once, as it is: BEGIN, COMMIT, what makes tables. */
bool writer_run(struct writer *w, const char *sql, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Begin a transaction that will write: SQLite takes its lock now, since one that read first could not any more. */
bool writer_begin(struct writer *w, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Commit. After a failure nobody knows whether it is done. */
bool writer_commit(struct writer *w, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Undo what is not committed; a connection that cannot is lost, and the server undoes it. */
void writer_rollback(struct writer *w) NONNULL(1);

/* A statement with `?` markers and their values; the NULL view is NULL. Everything is sent as text, which all three
 * products turn into the column's type. */
struct writer_ask {
	struct str sql;
	const struct str *params;
	uint32_t n_params;
	const char *const *columns; /* wanted of the answer; NULL: there is none */
	uint32_t n_columns;
};

/* Execute what has no answer. ERR_SOURCE: what is written is refused; ERR_REFUSED: the database is not there, or takes
 * nothing now (no room, no right, somebody in the way). *n_out (NULL: not wanted): rows that it changed. SQLite's
 * driver prepares a statement anew each time, and does not count, when it begins with INSERT; it keeps the plan of one
 * that begins with WITH. */
bool writer_execute(struct writer *w, const struct writer_ask *ask, uint64_t *n_out, struct err *err) MUST_CHECK
	NONNULL(1, 2, 4);
/* Execute what has an answer: all of it, in `mem`. */
bool writer_rows(struct writer *w, const struct writer_ask *ask, struct arena *mem, const struct rows **rows_out,
		 struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

#endif
