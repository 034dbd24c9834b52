/* backoff.h - how long to wait before a lost connection to Redis is tried again: longer each time, and half of it by
 * chance, so that many processes do not come back together. For the files of cache/ only; one thread at a time. */
#ifndef CACHE_BACKOFF_H
#define CACHE_BACKOFF_H

#include "base/base.h"

enum { BACKOFF_LEAST_MS = 50, BACKOFF_MOST_MS = 5000 };

/* Zero-initialise it to begin. */
struct backoff {
	uint32_t ms; /* waited last; 0: nothing was lost since all was well */
};

/* How many milliseconds to wait now. */
uint32_t backoff_next_ms(struct backoff *b) MUST_CHECK NONNULL(1);
/* All is well: what is lost next need not be waited for long. */
void backoff_reset(struct backoff *b) NONNULL(1);

#endif
