/* indexer_parts.h - inside of indexer.h: indexer.c (the turns, and a store that is away), indexer_side.c (what is done
 * beside the reading). One thread, but for indexer_work(). */
#ifndef WEBLOG_INDEXER_PARTS_H
#define WEBLOG_INDEXER_PARTS_H

#include "base/clock.h"
#include "weblog/held.h"
#include "weblog/indexer.h"
#include "weblog/refusals.h"
#include "weblog/sessions.h"
#include "weblog/side.h"

enum {
	INDEXER_BATCH_MS = 150, /* an event waits for others so long */
	INDEXER_REST_FIRST_MS = 250,
	INDEXER_PURGE_MS = 10000,
};

/* What is done beside the reading: a batch is written, or old events are removed. */
struct indexer_task {
	struct weblog_gathered *batch; /* NULL: none */
	bool held; /* the transaction goes on with the next batch */
	const struct weblog_position *positions;
	size_t n_positions;
	int64_t purge_us; /* remove what is older; 0: nothing */
	bool more; /* there is more to remove */
	struct err err; /* cls: ERR_NONE when all went well */
};

struct indexer {
	const struct weblog_indexer_conf *conf;
	struct weblog_side *side; /* while it works, `store`, `sessions`, `task` and the batch in it are its own */
	struct weblog_store *store;
	struct weblog_sessions *sessions;
	struct indexer_task task;
	struct weblog_tail *tail;
	struct weblog_meaning *meaning;
	struct weblog_reading *reading;
	struct weblog_gathered batches[2], *current;
	bool busy;
	struct weblog_held held;
	struct weblog_indexer_state state;
	struct deadline write_due, purge_due, progress_due, bad_due;
	uint32_t rest_ms; /* 0: all is well */
	struct weblog_refusals refusals;
	bool stopping;
	bool looked; /* for files, at least once */
};

/* indexer.c */

/* Close the store, and read again what was not written: with a new connection, after a rest. */
void indexer_store_failed(struct indexer *x, const struct err *err) NONNULL(1, 2);

/* indexer_side.c */

/* The work itself, on the other thread; `owner` is the indexer. */
void indexer_work(void *owner) NONNULL(1);
/* What was done beside is over: see how it went. False: *err is final. */
bool indexer_task_over(struct indexer *x, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Wait until nothing is done beside. The same. */
bool indexer_task_wait(struct indexer *x, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Have what is read written, and go on reading; `full`: the batch takes no more. False: *err is final. */
bool indexer_batch_write(struct indexer *x, bool full, struct err *err) MUST_CHECK NONNULL(1, 3);
/* Begin to remove what is too old, a little at a time, when that is due. */
void indexer_old_remove(struct indexer *x) NONNULL(1);

#endif
