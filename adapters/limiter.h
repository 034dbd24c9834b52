/* limiter.h - how many fetches at once a source bears, between 1 and its pool. What a fetch takes is compared with what
 * one of its kind takes while few run: when the time grows with the load the limit shrinks by a quarter, when many
 * are late by half, else it grows by one. What is slow or late while few run is so by itself, and limits nothing.
 * Nothing here waits, reads a clock or locks. Not thread-safe: who owns it guards it. Only files of adapters/
 * call this. */
#ifndef ADAPTERS_LIMITER_H
#define ADAPTERS_LIMITER_H

#include "base/base.h"

enum {
	LIMITER_KINDS = 32, /* remembered; two kinds in one place forget each other and limit nothing */
	LIMITER_WINDOW_US = 100000, /* at least so long and ... */
	LIMITER_WINDOW_LEAST = 10, /* ... so many fetches make a judgement */
	LIMITER_TIMES = 2, /* as long as with few at once is too long, */
	LIMITER_EXCESS_US = 5000, /* if it is so much more: less is the machine's own noise */
};

struct limiter {
	uint32_t most, limit;
	struct {
		uint64_t kind;
		uint64_t mean_us; /* moving */
		uint64_t alone_us; /* the mean while few ran */
	} kinds[LIMITER_KINDS];
	uint64_t begun_us; /* of the window */
	uint64_t took_us, alone_us; /* sums over the window */
	uint32_t timed, late; /* fetches of the window: answered, and not in time */
};

/* What came to an end. */
struct limiter_fetch {
	uint64_t kind; /* alike for fetches that should take alike: part, and how many are joined */
	uint64_t took_us;
	uint32_t at_once; /* fetches that ran, this one too */
	bool late; /* ended without an answer in time */
};

/* No limit but `most`, which is 1 at least. */
void limiter_begin(struct limiter *l, uint32_t most) NONNULL(1);

/* A fetch ended at `now_us` of the monotonic clock: l->limit may change. */
void limiter_ended(struct limiter *l, const struct limiter_fetch *f, uint64_t now_us) NONNULL(1, 2);

#endif
