/* store.h - where events are kept: tables in a database, written through ODBC, one transaction a batch. It has the
 * positions in the files, too, so that a line is kept once, whatever ends or fails in between. One thread. Tables and
 * views: store.sql; made when they are not there. */
#ifndef WEBLOG_STORE_H
#define WEBLOG_STORE_H

#include "weblog/sessions.h"
#include "weblog/tail.h"

struct weblog_store; /* opaque */

struct weblog_batch {
	const struct weblog_event *events;
	size_t n_events;
	const struct weblog_session *sessions; /* new ones and changed ones, whole */
	size_t n_sessions;
	const struct weblog_position *positions;
	size_t n_positions;
	bool held; /* go on in the same transaction: its sessions and positions come with a later batch */
};

/* Whose sessions are asked for, that ended later than this. */
struct weblog_asked {
	const struct str *visitors;
	size_t n;
	int64_t since_us;
};

struct weblog_found {
	const struct weblog_session *sessions;
	size_t n;
};

/* Connect with a connection string of a user who may write, make what is not there, and be the one who writes this log:
 * whoever was it before is refused from now on. `conf` outlives it. ERR_REFUSED and the like: try again; ERR_CONFIG,
 * ERR_AUTH: an operator is needed. The caller owns it: end it with weblog_store_close(). */
struct weblog_store *weblog_store_open(const struct weblog *conf, const char *connect, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* Close; accepts NULL inside; sets *store to NULL. */
void weblog_store_close(struct weblog_store **store) NONNULL(1);

/* The positions of the log's files that have not ended, and of those that ended since events are kept, two days at
 * least: such a file may come back; in `mem`. */
bool weblog_store_positions(struct weblog_store *store, struct arena *mem, const struct weblog_position **out,
			    size_t *n_out, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);
/* When the last session that was written of the log ended, which is its newest event, rounded up; 0: there is none. */
int64_t weblog_store_last(const struct weblog_store *store) MUST_CHECK NONNULL(1);
/* The last session of each of the visitors that ended later; in `mem`, in any order. What is told of a session's first
 * event, its last path, and its sums are not read. */
bool weblog_store_sessions(struct weblog_store *store, const struct weblog_asked *asked, struct arena *mem,
			   struct weblog_found *out, struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);
/* May batches be held? Where writers take turns: else two that go from table to table again would end each other. */
bool weblog_store_holds(const struct weblog_store *store) NONNULL(1);
/* Write all of a batch, with those held before it, or nothing. After a failure the store is to be closed, and only the
 * positions of the one that is opened next say whether the batch is there: the connection may have been lost behind the
 * commit. ERR_BUSY: another one writes this log now. */
bool weblog_store_write(struct weblog_store *store, const struct weblog_batch *batch, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* Remove sessions that ended before `before_us`, and the events of those that ended keep_ms less keep_events_ms later;
 * some thousand rows at most, so that it takes no long time; *more_out: there is more. Drops whole partitions where
 * there are some. */
bool weblog_store_purge(struct weblog_store *store, int64_t before_us, bool *more_out, struct err *err)
	MUST_CHECK NONNULL(1, 3, 4);

#endif
