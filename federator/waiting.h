/* waiting.h - how long a fetch would wait at a source: what would only begin when there is hardly time left is refused
 * at once, so that those in front of it are answered in time. One thread, that of the lane. */
#ifndef FEDERATOR_WAITING_H
#define FEDERATOR_WAITING_H

#include "adapters/adapter.h"
#include "federator/service.h"

/* What is known of one source; times in microseconds. Zeroed: nothing yet. */
struct gauge {
	struct gauge *next;
	const struct adapter *adapter;
	uint64_t looked_us; /* when the queue was looked at */
	uint32_t pool;   /* fetches at once that the source bears */
	uint32_t free;   /* of these, unused then */
	uint32_t queued; /* then, and what came since from here */
	uint64_t counted_us; /* when fetches were counted */
	uint64_t fetches;
	bool counted_full; /* fetches waited then */
	uint64_t took_us;  /* of one fetch, running mean */
	uint64_t every_us; /* one ends that often while others wait, running mean; 0: not known */
};

/* Take in the state of the source. */
void gauge_look(struct gauge *g, const struct adapter_state *s, uint64_t now_us) NONNULL(1, 2);
/* A fetch took this long, from when it was begun. */
void gauge_took(struct gauge *g, uint64_t us) NONNULL(1);
/* Would a fetch that is queued now come back in time, with some to spare? It would wait for a quarter of the time that
 * is left at most, and be here when half is over. True when a worker is free or nothing is known of the source. */
bool gauge_admits(const struct gauge *g, uint64_t left_us) NONNULL(1);

/* May the first fetch of a request at this source be queued? False: it would wait for too long (ERR_BUSY). What the
 * request asks of the source besides and later is not held against it. */
bool waiting_admits(struct lane *lane, struct adapter *ad, uint64_t left_us, const char *source, struct err *err)
	MUST_CHECK NONNULL(1, 2, 4, 5);
/* A fetch was queued at the source. */
void waiting_queued(struct lane *lane, const struct adapter *ad) NONNULL(1, 2);
/* A fetch came back. */
void waiting_landed(struct lane *lane, const struct adapter *ad, const struct fetch *f) NONNULL(1, 2, 3);
/* The lane ends. */
void waiting_end(struct lane *lane) NONNULL(1);

#endif
