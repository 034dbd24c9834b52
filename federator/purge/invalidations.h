/* invalidations.h - sources tell by a Redis stream which copies are void: a thread that takes part in reading it. */
#ifndef FEDERATOR_PURGE_INVALIDATIONS_H
#define FEDERATOR_PURGE_INVALIDATIONS_H

#include "federator/service.h"

struct invalidations; /* opaque */

/* Begin. *out is NULL when the options want none, or copies are not kept in Redis. */
bool invalidations_start(struct service *svc, struct invalidations **out, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Take no more: what was taken is dealt with, or left to others. Before service_wait_idle(). Accepts NULL. */
void invalidations_drain(struct invalidations *inv);
/* Stop; no request may run on its lane. Its loop stays, as a worker that has just posted to it may still wake it.
 * Accepts NULL. */
void invalidations_stop(struct invalidations *inv);
/* Free, when no worker runs any more. Accepts NULL inside; sets *inv to NULL. */
void invalidations_free(struct invalidations **inv) NONNULL(1);

#endif
