/* heard.h - what this process has heard to be voided, and when. Rows that a source was asked for before, and that come
 * later, are not for those who ask after it. For the files of cache/ only; any thread. */
#ifndef CACHE_HEARD_H
#define CACHE_HEARD_H

#include <stdatomic.h>

#include "cache/cache.h"

enum { HEARD_PLACES = 4096 };

/* Zero-initialise it to begin. Moments are of clock_mono_us(). */
struct heard {
	_Atomic uint64_t at[HEARD_PLACES]; /* by hash of the name; of several the last */
	_Atomic uint64_t all;
};

/* The name of a key's value, a source, a part or of everything is voided; what was asked for so far is old. */
void heard_name(struct heard *h, const struct cache_name *name) NONNULL(1, 2);
/* Everything is, or it is not known what. */
void heard_all(struct heard *h) NONNULL(1);
/* When it was voided last; 0: never. Perhaps it was another one. */
uint64_t heard_when(const struct heard *h, const struct cache_name *name) NONNULL(1, 2);

#endif
