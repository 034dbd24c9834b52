/* underway.h - what the sources are being asked now, by what it is: who asks the same waits for that answer instead of
 * asking again. One for each mapping set, shared by all loops. What hangs on an entry is its owner's, under the
 * lock of this. */
#ifndef FEDERATOR_UNDERWAY_H
#define FEDERATOR_UNDERWAY_H

#include "cache/cache.h"

struct underway; /* opaque */

/* One fetch on its way, embedded in its owner's struct. */
struct underway_entry {
	const void *part; /* whose rows they are: two parts may ask the same, and take it differently */
	struct cache_key key; /* of one part with equal keys: the same question */
	struct underway_entry *next;
	bool outdated; /* a younger one has landed; under the lock */
};

/* The caller owns it: end it, empty, with underway_free(). */
struct underway *underway_new(void) __attribute__((returns_nonnull));
/* Accepts NULL inside; sets *u to NULL. */
void underway_free(struct underway **u) NONNULL(1);

/* All that follows between these two. Any thread; quick, and nothing else is locked meanwhile but a loop's queue and an
 * adapter. */
void underway_lock(struct underway *u) NONNULL(1);
/* Let go. */
void underway_unlock(struct underway *u) NONNULL(1);
/* The youngest of this part and key, or NULL. */
struct underway_entry *underway_find(struct underway *u, const void *part, const struct cache_key *key)
	NONNULL(1, 2, 3);
/* From now on it is the youngest. */
void underway_add(struct underway *u, struct underway_entry *e) NONNULL(1, 2);
/* It has landed well: all older ones of its part and key are outdated. */
void underway_landed(struct underway_entry *e) NONNULL(1);
/* Nobody shall find it any more: it failed, or its rows have been stored. */
void underway_remove(struct underway *u, struct underway_entry *e, bool stored) NONNULL(1, 2);
/* A number that has changed when rows of this key were stored meanwhile, and perhaps by those of other keys. Who looked
 * into the cache before must look again rather than ask. */
uint64_t underway_stored(struct underway *u, const struct cache_key *key) NONNULL(1, 2);

#endif
