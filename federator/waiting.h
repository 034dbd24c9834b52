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
	bool refuses; /* its breaker: whoever asks is told so at once */
	uint32_t pool;   /* fetches at once that the source bears */
	uint32_t free;   /* of these, unused then */
	uint32_t queued; /* then, and what came since from here */
	uint32_t coming; /* fetches of requests that were let in, not queued yet */
	uint64_t good, good_us; /* fetches that were answered, and when that last grew or nothing waited */
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
/* What a fetch that is queued now would meet. */
enum wait {
	WAIT_NOT, /* a worker is free, nothing is known of the source, or it is not asked */
	WAIT_SHORT, /* a quarter of the time that is left at most, and it is back when half is over */
	WAIT_LONG, /* more than that */
	WAIT_STUCK, /* the same, and nothing was answered for a while: it hangs, and is not overloaded */
};
/* With so much time left. */
enum wait gauge_wait(const struct gauge *g, uint64_t left_us, uint64_t now_us) MUST_CHECK NONNULL(1);
/* Is there room to spare, an eighth of what is meant by a short wait? */
bool gauge_spares(const struct gauge *g, uint64_t left_us) MUST_CHECK NONNULL(1);

/* What would a fetch at this source meet? */
enum wait waiting_at(struct lane *lane, struct adapter *ad, uint64_t left_us) MUST_CHECK NONNULL(1, 2);
/* Has it room to spare? */
bool waiting_spares(struct lane *lane, struct adapter *ad, uint64_t left_us) MUST_CHECK NONNULL(1, 2);
/* So many fetches more (less) will be queued at the source. */
void waiting_expect(struct lane *lane, const struct adapter *ad, int32_t n) NONNULL(1, 2);
/* A fetch was queued at the source. */
void waiting_queued(struct lane *lane, const struct adapter *ad) NONNULL(1, 2);
/* A fetch came back. */
void waiting_landed(struct lane *lane, const struct adapter *ad, const struct fetch *f) NONNULL(1, 2, 3);
/* The lane ends. */
void waiting_end(struct lane *lane) NONNULL(1);

#endif
