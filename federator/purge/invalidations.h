/* invalidations.h - sources tell by a Redis stream which copies are void: a thread that takes part in reading it. */
#ifndef FEDERATOR_PURGE_INVALIDATIONS_H
#define FEDERATOR_PURGE_INVALIDATIONS_H

#include "federator/service.h"

struct invalidations; /* opaque */

/* Begin. *out is NULL when the options want none, or copies are not kept in Redis. */
bool invalidations_start(struct service *svc, struct invalidations **out, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Take no more: what was taken is dealt with, or left to others. Before service_wait_idle(). Accepts NULL. */
void invalidations_drain(struct invalidations *inv);
/* End one that is drained, after that. Accepts NULL inside; sets *inv to NULL. */
void invalidations_stop(struct invalidations **inv) NONNULL(1);

#endif
