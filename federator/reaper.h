/* reaper.h - closes adapters on a thread of its own, because closing waits for drivers and event loops must
 * not. */
#ifndef FEDERATOR_REAPER_H
#define FEDERATOR_REAPER_H

#include "adapters/adapter.h"

struct reaper; /* opaque */

/* Start the thread. The caller owns the result: end it with reaper_free(). */
struct reaper *reaper_new(struct err *err) MUST_CHECK NONNULL(1);
/* Close *ad soon; it has no running fetch. Sets *ad to NULL. Safe from any thread; never waits. */
void reaper_take(struct reaper *r, struct adapter **ad) NONNULL(1, 2);
/* Close what was taken and end. Returns the number of workers left hung in drivers. Sets *r to NULL. */
uint32_t reaper_free(struct reaper **r) NONNULL(1);

#endif
