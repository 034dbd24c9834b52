/* refusals.h - which events a database does not take, found by smaller batches. One thread. */
#ifndef WEBLOG_REFUSALS_H
#define WEBLOG_REFUSALS_H

#include "weblog/reading.h"

enum { WEBLOG_REFUSED_MAX = 64 };

struct weblog_refusals {
	size_t limit; /* events of a batch */
	struct weblog_spot refused[WEBLOG_REFUSED_MAX]; /* each in a batch of its own; the last ones */
	size_t n;
	uint32_t passed; /* batches that were taken since the last refusal */
};

/* Begin with the largest batches. */
void weblog_refusals_begin(struct weblog_refusals *r) NONNULL(1);
/* The database answered that it does not take the batch: the next ones are smaller, or leave an event out. The caller
 * reads the lines again. *r outlives the reading, and stays where it is. */
void weblog_refused(struct weblog_refusals *r, struct weblog_reading *reading, const struct weblog_gathered *batch)
	NONNULL(1, 2, 3);
/* The batch is written. */
void weblog_taken(struct weblog_refusals *r, struct weblog_reading *reading, const struct weblog_gathered *batch)
	NONNULL(1, 2, 3);

#endif
