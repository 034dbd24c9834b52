/* quota.h - how many requests who asks may make: limits/limits.h over HTTP. On the loop of the exchange. */
#ifndef FEDERATOR_HTTP_QUOTA_H
#define FEDERATOR_HTTP_QUOTA_H

#include "federator/http/exchange.h"

/* Count the request, whose caller is known, unless anybody may ask it; x->quota is what it has left. False: it was one
 * too many, and is answered with 429. */
bool quota_take(struct exchange *x) MUST_CHECK NONNULL(1);
/* Count a request of that caller which is about to be answered as it was a moment ago; `now_us` of clock_mono_us().
 * False: it is one too many, and is to be worked on. */
bool quota_take_again(const struct lane *lane, const struct caller *caller, uint64_t now_us) MUST_CHECK NONNULL(1, 2);

#endif
