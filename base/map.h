/* map.h - a hash map from byte strings to pointers, in an arena: filled once, looked up often.
 * SipHash-2-4 with a per-process key, so outside names cannot pile up in one bucket.
 * One writer; any number of readers once filled. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"

struct map; /* opaque */

/* An empty map in `mem`. */
struct map *map_new(struct arena *mem) NONNULL(1) __attribute__((returns_nonnull));
/* Add or replace; the key's bytes must outlive the map. Returns the former value or NULL. */
void *map_set(struct map *m, struct str key, void *value) NONNULL(1);
/* The value, or NULL. */
void *map_get(const struct map *m, struct str key) NONNULL(1);
/* How many keys. */
size_t map_count(const struct map *m) NONNULL(1);

#endif
