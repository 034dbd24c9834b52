/* histogram.h - how long things took, in steps that are the same everywhere, so that histograms can be added up. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include "base/counter.h"

/* Steps up to a bound each, and one for all that is longer. */
enum { HISTOGRAM_BOUNDS = 15, HISTOGRAM_STEPS = HISTOGRAM_BOUNDS + 1 };

/* Microseconds, growing; what took exactly a bound belongs to its step. */
extern const uint64_t histogram_bounds_us[HISTOGRAM_BOUNDS];

/* Under its owner's lock. Zeroed: nothing yet. */
struct histogram {
	uint64_t in_step[HISTOGRAM_STEPS]; /* not summed up: each only its own */
	uint64_t sum_us;
};

/* Take note of one that took `us` microseconds. */
void histogram_note(struct histogram *h, uint64_t us) NONNULL(1);
/* How many were noted. */
uint64_t histogram_count(const struct histogram *h) NONNULL(1);

/* As many counters of a set as a histogram takes. */
enum { HISTOGRAM_COUNTERS = HISTOGRAM_STEPS + 1 };
/* The same in counters of a set, from the one at `first` on. Safe from any thread; never waits. */
void histogram_count_in(struct counters *c, size_t first, uint64_t us) NONNULL(1);
/* Read them. Safe from any thread. */
struct histogram histogram_of_counters(const struct counters *c, size_t first) NONNULL(1);

#endif
