/* home.h - what the caches of one process share, for the files of cache/ only. */
#ifndef CACHE_HOME_H
#define CACHE_HOME_H

#include "cache/heard.h"
#include "cache/keyring.h"
#include "cache/memory_store.h"
#include "cache/near.h"
#include "cache/redis_line.h"
#include "cache/wakeup.h"
#include "cache/words.h"

struct cache_home {
	enum cache_kind kind;
	struct heard heard;
	struct memory_store *store; /* CACHE_IN_MEMORY */
	/* CACHE_IN_REDIS: */
	struct redis_account account;
	uint32_t timeout_ms;
	struct keyring *ring; /* that values are sealed with */
	char process[17]; /* who holds a lease: random */
	struct wakeups *wakeups;
	struct near *near; /* NULL: not wanted */
	struct words *words; /* CACHE_IN_REDIS; else NULL */
	char words_key[32]; /* in Redis: which book all pack with who seal with that key of the ring */
};

/* A cache of the kind that the function is named after. */
struct cache *cache_on_memory(struct cache_home *home) NONNULL(1) __attribute__((returns_nonnull));
/* The same. */
struct cache *cache_on_redis(struct cache_home *home, struct loop *loop) NONNULL(1, 2) __attribute__((returns_nonnull));

#endif
