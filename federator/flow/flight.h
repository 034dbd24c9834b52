/* flight.h - fetches under way, and who is woken for them. Waking a thread costs as much as a short query, so workers
 * are called once in a turn of the loop, for all that was queued in it, and a request's loop is woken when the last of
 * its fetches has landed, or one that another part waits for. */
#ifndef FEDERATOR_FLOW_FLIGHT_H
#define FEDERATOR_FLOW_FLIGHT_H

#include <stdatomic.h>

#include "adapters/adapter.h"
#include "federator/service.h"

struct crew; /* opaque: the fetches one request waits for */

/* The caller owns it: end it with crew_drop(). Flights keep it as long as they need it. */
struct crew *crew_new(void) __attribute__((returns_nonnull));
/* On the loop, once. */
void crew_drop(struct crew *crew) NONNULL(1);

/* A fetch under way, embedded in its owner's struct. */
struct flight {
	bool urgent; /* another part waits for it; set before flight_begin() */
	bool behind; /* nobody waits for it: adapter_queue_behind(); set before flight_begin() */
	/* flight.c's own */
	struct lane *lane;
	struct crew *crew;
	struct adapter *adapter;
	struct flight *next, **link;
	bool called; /* workers were called for it */
	atomic_bool counted_out; /* the crew does not wait for it any more */
};

/* Queue a fetch at `adapter`, which must live until flight_end(). Its done() has to call flight_land(). On the loop.
 * False: *err as of adapter_queue(). */
bool flight_begin(struct flight *fl, struct lane *lane, struct crew *crew, struct adapter *adapter, struct fetch *f,
		  struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5, 6);
/* Any thread, once: post `landed`, which runs on the loop and calls flight_end(). The flight may be gone afterwards. */
void flight_land(struct flight *fl, struct loop_post *landed) NONNULL(1, 2);
/* Its request waits for it no longer, or others do, too: the loop is woken as soon as it lands. On the loop or, while
 * its request waits for it, on any thread. */
void flight_hurry(struct flight *fl) NONNULL(1);
/* It has landed. On the loop. */
void flight_end(struct flight *fl) NONNULL(1);

#endif
