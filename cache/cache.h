/* cache.h - copies of complete parts, in memory or in Redis, behind one interface. A fault of the cache is only a
 * miss: nothing here ever fails a request. One `struct cache` per event loop, used on that loop's thread only; the
 * memory store behind it is shared by all loops. */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "base/digest.h"
#include "base/loop.h"
#include "base/rows.h"

struct cache; /* opaque */
struct memory_store; /* opaque: shared by the loops */

/* Names one copy: made by cache_key_make(). Printable ASCII, no customer data in the clear. */
struct cache_key {
	char text[120];
};

/* "fed1:" tenant ":" hash of the part's definition and connection ":" keyed hash of the asked keys. `salt` is the
 * secret of the installation or of the process; `asked` are the canonical key names and values, in the order of
 * the query's `by` (name, value, name, value, ...; a key without value gives a NULL view). */
void cache_key_make(struct cache_key *out, struct str tenant, const unsigned char definition[DIGEST_BYTES],
		    struct str salt, const struct str *asked, size_t n_asked) NONNULL(1, 3);

/* A copy found. rows live in the arena handed to cache_get(). */
struct cache_hit {
	const struct rows *rows; /* NULL: a miss */
	int64_t stored_ms; /* wall clock: when the source answered */
};

/* One look-up, embedded in its owner's struct. Must stay alive until found() was called. */
struct cache_ask {
	struct cache_key key;
	struct arena *mem; /* where the rows go */
	void (*found)(struct cache_ask *ask, struct cache_hit hit);
	struct cache_ask *next; /* the cache's */
	uint64_t sent_us; /* the cache's */
};

/* Where Redis is. */
struct redis_conf {
	const char *address; /* "unix:/path" or "host:port" (numeric host); NULL: not used */
	const char *user; /* ACL user or NULL */
	const char *password; /* or NULL */
	uint32_t timeout_ms; /* a look-up not answered by then is a miss and the connection is closed */
};

/* A bounded memory store; the caller owns it and ends it after all caches on it. */
struct memory_store *memory_store_new(size_t max_bytes) __attribute__((returns_nonnull));
/* Wipe and free; sets *store to NULL. */
void memory_store_free(struct memory_store **store) NONNULL(1);

/* A cache in process memory. */
struct cache *cache_on_memory(struct memory_store *store) NONNULL(1) __attribute__((returns_nonnull));
/* A cache in Redis; connects in the background and again after failures, with a growing pause. ERR_CONFIG: the
 * address cannot be read. End it before its loop. */
struct cache *cache_on_redis(const struct redis_conf *conf, struct loop *loop, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* No cache at all: every look-up is a miss. */
struct cache *cache_off(void) __attribute__((returns_nonnull));
/* No store: `copy` says at once what a look-up finds, rows in ask->mem; nothing is kept. For tests of mappings. */
struct cache *cache_stand_in(struct cache_hit (*copy)(void *owner, struct cache_ask *ask), void *owner) NONNULL(1)
	__attribute__((returns_nonnull));

/* Does it keep anything at all? If not, keys need not be made. */
bool cache_keeps(const struct cache *c) NONNULL(1);
/* Look up. found() is called exactly once: at once from inside this call (memory, or no connection), or later on the
 * loop's thread. A value that does not carry this very key, is torn or of another format is a miss and removed. */
void cache_get(struct cache *c, struct cache_ask *ask) NONNULL(1, 2);
/* Keep a copy for ttl_ms (> 0) from now. Rows with flags set are refused (asserted). Never waits. */
void cache_put(struct cache *c, const struct cache_key *key, const struct rows *rows, int64_t stored_ms,
	       uint64_t ttl_ms) NONNULL(1, 2, 3);
/* Forget one copy. */
void cache_drop(struct cache *c, const struct cache_key *key) NONNULL(1, 2);

/* Counters since start, of this cache. */
struct cache_state {
	const char *kind; /* "memory", "redis", "off", "stand-in" */
	bool up; /* Redis: connected */
	uint64_t hits, misses, puts, put_failures, timeouts, bad_values;
	uint64_t entries, bytes; /* memory only */
};
/* A snapshot. Safe from any thread. */
struct cache_state cache_state(struct cache *c) NONNULL(1);
/* End; outstanding look-ups are answered as misses first. Accepts NULL inside; sets *c to NULL. */
void cache_free(struct cache **c) NONNULL(1);

#endif
