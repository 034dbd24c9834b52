/* held.h - batches that are written and not committed: while there is much to read, several go into one transaction, so
 * that a page of an index and the row of a session are written once for all of them. One thread. */
#ifndef WEBLOG_HELD_H
#define WEBLOG_HELD_H

#include "base/base.h"
#include "base/clock.h"

struct weblog_held {
	uint64_t batches, events; /* so far; whoever writes them counts */
	struct deadline until;
};

/* May one more be held? Some few, for half a second, so that others see what was written; and as long as the sessions
 * to be written, which wait in memory, are few. */
bool weblog_held_more(struct weblog_held *held, size_t n_sessions) NONNULL(1);

#endif
