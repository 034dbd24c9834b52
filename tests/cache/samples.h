/* samples.h - rows for the tests of the cache in which every cell says to which copy it belongs. */
#ifndef TESTS_CACHE_SAMPLES_H
#define TESTS_CACHE_SAMPLES_H

#include "cache/cache.h"

#include "base/arena.h"

/* The key of customer `who` of tenant "t". */
struct cache_key sample_key(unsigned who);
/* Two rows of three cells for that customer: text that names it, NULL and "". */
const struct rows *sample_rows(unsigned who, struct arena *mem) NONNULL(2);
/* Fail the test unless these are sample_rows(who). */
void sample_check(const struct rows *rows, unsigned who);

#endif
