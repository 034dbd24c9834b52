/* cache_world.h - a loop with a cache on it, for tests that look up and wait. One thread. */
#ifndef TESTS_CACHE_CACHE_WORLD_H
#define TESTS_CACHE_CACHE_WORLD_H

#include "base/arena.h"
#include "cache/cache.h"

struct world {
	struct arena *mem;
	struct loop *loop;
	struct cache_home *home;
	struct cache *cache;
};

/* One look-up and what came of it. */
struct ask {
	struct cache_ask ask;
	struct cache_hit hit;
	unsigned answers;
};

/* A cache on that address; late look-ups are misses after timeout_ms. */
struct world world_new(const struct redis_conf *conf);
/* The same wherever it is kept. */
struct world world_of(const struct cache_conf *conf) NONNULL(1);
/* The same with copies close at hand. */
struct world world_near(const struct redis_conf *conf, size_t near_bytes);
/* End the cache, then its loop. */
void world_free(struct world *w) NONNULL(1);
/* Run the loop until done(arg) is true, looking again each millisecond; fails the test after 60 s. */
void world_run_until(struct world *w, bool (*done)(struct world *w, void *arg), void *arg) NONNULL(1, 2);
/* Until the cache is connected (or not). */
void world_run_until_up(struct world *w, bool up) NONNULL(1);
/* A cache in the Redis at that address that is connected. */
struct world world_up(const char *address, uint32_t timeout_ms) NONNULL(1);
/* Until the cache counted so many puts, kept or failed. */
void world_run_until_puts(struct world *w, uint64_t puts) NONNULL(1);
/* Begin a look-up of sample_key(who). */
void world_ask(struct world *w, struct ask *a, unsigned who) NONNULL(1, 2);
/* Begin one and run until it is answered. */
struct cache_hit world_look_up(struct world *w, unsigned who) NONNULL(1);
/* Look up again and again until there is a hit; checks that it is that customer's. */
void world_until_hit(struct world *w, unsigned who) NONNULL(1);
/* Begin with a->ask.how, seen, lease_ms and wait_ms as they are set. */
void world_begin(struct world *w, struct ask *a, unsigned who) NONNULL(1, 2);
/* Run until it is answered, once. */
void world_until_answered(struct world *w, struct ask *a) NONNULL(1, 2);
/* Void, and run until that is done; returns how many copies it removed, or -1 when it failed, with ERR_REFUSED. */
int world_invalidate(struct world *w, struct cache_name name, bool whole) NONNULL(1);
/* The same for a name under which nothing is kept but the sheaf whose tag it is. */
int world_invalidate_bare(struct world *w, struct cache_name name) NONNULL(1);
/* A ticket of this moment for sample_key(who), without a lease. */
struct cache_ticket world_ticket(struct world *w, unsigned who) NONNULL(1);
/* With such a ticket, begin to keep sample_rows(who). */
void world_put(struct world *w, unsigned who, uint64_t ttl_ms) NONNULL(1);

#endif
