/* sqlite_guard.h - a deadline and read-only mode for SQLite behind its ODBC driver, which offers neither: an
 * automatic extension meets each connection that the driver opens in this process. A guard belongs to the
 * thread of its connection. */
#ifndef ADAPTERS_SQLITE_GUARD_H
#define ADAPTERS_SQLITE_GUARD_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

/* Put beside a connection, before it is opened; it must outlive it. */
struct sqlite_guard {
	struct deadline due; /* statements end with SQLITE_INTERRUPT at this; may move between statements */
	bool writes; /* the connection may; set before it is opened */
	struct sqlite3 *db; /* once opened */
};

/* Once, in main(), before any thread. */
bool sqlite_guard_init(struct err *err) MUST_CHECK NONNULL(1);
/* SQLite connections opened by this thread from now on get this guard; NULL: none (the default). */
void sqlite_guard_watch(struct sqlite_guard *guard);
/* Has SQLite prepared a statement of the connection anew by itself since this was last asked? It does when
 * the schema changed, even under a statement prepared just now; its ODBC driver does not notice, and goes on
 * to describe the columns that were. */
bool sqlite_guard_reprepared(const struct sqlite_guard *guard) NONNULL(1);

/* Tables that a statement reads whole, each once for each loop, at most `most`; their names live in `mem`. None for a
 * statement that SQLite refuses. */
size_t sqlite_guard_scans(const struct sqlite_guard *guard, struct str sql, struct arena *mem,
			  struct str *tables_out, size_t most) NONNULL(1, 3, 4);
/* Where SQLite stopped understanding a statement; false: it takes it, or does not say. */
bool sqlite_guard_place(const struct sqlite_guard *guard, struct str sql, size_t *at_out) MUST_CHECK
	NONNULL(1, 3);

#endif
