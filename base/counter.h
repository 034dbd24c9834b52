/* counter.h - sets of counters that many threads add to without meeting: each thread adds to one of several shards,
 * and who reads sums them up. What goes up and down is counted alike, with negative steps. */
#ifndef BASE_COUNTER_H
#define BASE_COUNTER_H

#include "base/base.h"

struct counters; /* opaque */

/* `n` counters at 0. The caller owns them: end with counters_free(). */
struct counters *counters_new(size_t n) __attribute__((returns_nonnull));
/* Free, when nobody adds any more. Accepts NULL inside; sets *c to NULL. */
void counters_free(struct counters **c) NONNULL(1);
/* Add to the counter at `which`. Safe from any thread; never waits. */
void counters_add(struct counters *c, size_t which, int64_t step) NONNULL(1);
/* Its value. Safe from any thread; of steps made meanwhile any number is seen. */
uint64_t counters_sum(const struct counters *c, size_t which) NONNULL(1);

#endif
