/* samples.h - rows for the tests of the cache in which every cell says to which copy it belongs. */
#ifndef TESTS_CACHE_SAMPLES_H
#define TESTS_CACHE_SAMPLES_H

#include "cache/cache.h"

#include "base/arena.h"
#include "base/buf.h"

/* The key of customer `who` of tenant "t". */
struct cache_key sample_key(unsigned who);
/* The key of the sheaf that its copy lies in. */
struct cache_key sample_sheaf_key(unsigned who);
/* The name of that customer. */
struct cache_name sample_name(unsigned who);
/* What all samples are voided with: source "crm", part "profile". */
const struct cache_wholes *sample_wholes(void) __attribute__((returns_nonnull));
/* Keep sample_rows(who), stored at 1000 + who, under its name. */
void sample_put(struct cache *c, unsigned who, struct cache_ticket ticket, uint64_t ttl_ms) NONNULL(1);
/* The same with a ticket of this moment, of a cache that gives it at once. */
void sample_put_at_once(struct cache *c, unsigned who, uint64_t ttl_ms) NONNULL(1);
/* Append the opened sheaf that holds only that, for so long. */
void sample_sheaf(unsigned who, struct cache_ticket ticket, int64_t left_ms, struct buf *out) NONNULL(4);
/* Two rows of three cells for that customer: text that names it, NULL and "". */
const struct rows *sample_rows(unsigned who, struct arena *mem) NONNULL(2);
/* Fail the test unless these are sample_rows(who). */
void sample_check(const struct rows *rows, unsigned who);

#endif
