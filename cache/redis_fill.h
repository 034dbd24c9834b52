/* redis_fill.h - the inside of fills, for redis_fill.c and redis_gather.c only. On their loop's thread. */
#ifndef CACHE_REDIS_FILL_H
#define CACHE_REDIS_FILL_H

#include "base/arena.h"
#include "cache/redis_state.h"
#include "cache/sheaf.h"

struct fill_copy {
	struct fill_copy *next;
	struct cache_key key;
	struct cache_wholes wholes;
	struct sheaf_copy copy;
	uint64_t ttl_ms;
	char (*names)[NAME_CHARS + 2]; /* with '1' behind: it was asked by it; else '0' */
	size_t n_names;
};

struct redis_fill {
	struct redis_fill *next;
	struct redis_fill *behind; /* of the same sheaf: goes when this one is answered */
	struct arena *mem;
	char sheaf[sizeof(struct cache_key)];
	struct cache_ticket ticket; /* the era of all copies */
	bool of_customer, reloaded;
	struct fill_copy *copies;
	size_t n, bytes; /* bytes: counted in redis.held */
	unsigned tries;
	struct buf plain; /* as it was sent */
};

/* A copy is not kept; so that others need not wait, its lease ends. */
void redis_fill_refuse(struct redis *r, const struct cache_key *key, struct cache_ticket ticket) NONNULL(1, 2);
/* The copy of that place among those that come; NULL: none does. */
const struct sheaf_copy *redis_fill_find(const struct redis_fill *fill, uint64_t place) MUST_CHECK NONNULL(1);
/* Send one that is in no list, beginning with what was written here last; it is gone afterwards, or waits for its
 * answer. */
void redis_fill_send(struct redis *r, struct redis_fill *fill) NONNULL(1, 2);

#endif
