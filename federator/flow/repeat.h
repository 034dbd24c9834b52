/* repeat.h - for a second at most, an answer that was kept whole may be given again as it is, ages and all: what has to
 * be known for that (docs/decisions/0032-rendered-answers.md). On the loop of its lane. */
#ifndef FEDERATOR_FLOW_REPEAT_H
#define FEDERATOR_FLOW_REPEAT_H

#include "federator/service.h"

struct repeat; /* opaque: of reply.repeat */

/* May it be given now? Asked of each: all copies stand, the mapping set is the one that runs, and its Age and its ttl
 * are the same second. `now_us`: clock_mono_us(), just read. Takes no lock. */
bool repeat_holds(const struct repeat *r, uint64_t now_us) MUST_CHECK NONNULL(1);
/* Is its time over, or will it be before anything else? Then repeat_holds() is false for ever. */
bool repeat_is_over(const struct repeat *r) MUST_CHECK NONNULL(1);
/* Count that it was given with that status. */
void repeat_count(const struct repeat *r, int status, uint64_t took_us) NONNULL(1);
/* End it. Accepts NULL inside; sets *r to NULL. */
void repeat_free(struct repeat **r) NONNULL(1);

#endif
