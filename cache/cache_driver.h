/* cache_driver.h - what a kind of cache implements; only files of cache/ include this. */
#ifndef CACHE_CACHE_DRIVER_H
#define CACHE_CACHE_DRIVER_H

#include <stdatomic.h>

#include "cache/cache.h"

/* All calls on the loop's thread of that cache, but state(). */
struct cache_driver {
	const char *kind; /* for cache_state */
	/* Answer with cache_found(), exactly once, now or later. */
	void (*get)(struct cache *c, struct cache_ask *ask);
	/* Answer with a younger copy by cache_found(), or with ask->ticket by ask->found(), exactly once. */
	void (*begin)(struct cache *c, struct cache_ask *ask);
	/* Keep a copy; counts puts and put_failures itself. */
	void (*put)(struct cache *c, const struct cache_fill *fill);
	void (*release)(struct cache *c, const struct cache_key *key, struct cache_ticket ticket);
	void (*invalidate)(struct cache *c, struct cache_change *change);
	/* All of them are set; any thread. */
	bool (*hold)(struct cache *c, const struct cache_pin *pins, size_t n, uint64_t now_us);
	bool (*lost)(struct cache *c, const struct cache_pin *pin); /* it is set; any thread */
	void (*drop)(struct cache *c, const struct cache_key *key);
	/* Fill in what is not counted in c->count: up, entries, bytes. Any thread. */
	void (*state)(struct cache *c, struct cache_state *out);
	/* End everything and free `c`. */
	void (*free)(struct cache *c);
};

struct heard; /* heard.h */

/* Written on the loop's thread, read on any. */
struct cache_count {
	_Atomic uint64_t hits, misses, puts, put_failures, timeouts, unasked, bad_values;
};

/* The first member of every kind's struct. */
struct cache {
	const struct cache_driver *driver;
	const struct heard *heard; /* NULL: nothing is voided here */
	struct cache_count count;
};

/* Count `n` more. */
static inline void cache_add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* Count and answer a look-up. `hit` with NULL rows is a miss. The ask may be gone afterwards. */
void cache_found(struct cache *c, struct cache_ask *ask, struct cache_hit hit) NONNULL(1, 2);

#endif
