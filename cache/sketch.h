/* sketch.h - how often a key was asked for lately, roughly: a count-min sketch of 4-bit counters, four for each key,
 * all in one cache line. After ten times as many sightings as it has words every counter is halved, so what was hot
 * once gives way. It never tells less than was seen since, and at most 15. One thread at a time. */
#ifndef CACHE_SKETCH_H
#define CACHE_SKETCH_H

#include "base/base.h"

/* The caller's to embed; its members are the sketch's. */
struct sketch {
	uint64_t *words;
	size_t n_words; /* a power of two */
	uint64_t seen; /* sightings since it was last halved, halved likewise */
};

/* Begin empty. One word of 8 bytes for each key that is to be told apart does; rounded down to a power of two. */
void sketch_begin(struct sketch *s, size_t n_words) NONNULL(1);
/* Free what it holds. */
void sketch_end(struct sketch *s) NONNULL(1);
/* The key with this hash was asked for. The hash must be keyed, or outsiders choose whom a key collides with. */
void sketch_add(struct sketch *s, uint64_t hash) NONNULL(1);
/* How often, 0 to 15. */
unsigned sketch_count(const struct sketch *s, uint64_t hash) NONNULL(1) MUST_CHECK;
/* What it takes in memory. */
size_t sketch_bytes(const struct sketch *s) NONNULL(1) MUST_CHECK;

#endif
