/* cache.h - copies of complete parts, in memory or in Redis, behind one interface. A fault of the cache is only a
 * miss: nothing here ever fails a request. One `struct cache` per event loop, used on that loop's thread only; the
 * home behind them is shared by all loops.
 *
 * A copy must not outlive what it says. So a *ticket* is taken before the source is asked, and what has changed is
 * noted with the moment it did: a copy is kept only when none of its *names* was voided since its ticket
 * (docs/decisions/0027-tickets-and-tombs.md). */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include "base/digest.h"
#include "base/loop.h"
#include "base/rows.h"

struct wakeup; /* wakeup.h */

struct cache; /* opaque */
struct cache_home; /* opaque */

/* Names one copy: made by cache_key_make(). Printable ASCII, no customer data in the clear. In Redis all copies with
 * the same tag lie in one value, a sheaf (docs/decisions/0035-sheaves.md). */
struct cache_key {
	char text[144];
};

/* What copies are found by when something changes: 96 bits of a keyed hash of a key's name and canonical value, or of a
 * source or part, as text; no customer data in the clear. */
struct cache_name {
	char text[17];
};

/* The name of a value of a key, the same wherever the salt is. Of the identity it names a customer. */
void cache_name_make(struct cache_name *out, struct str tenant, struct str salt, struct str key, struct str value)
	NONNULL(1);

/* What can be voided as a whole. */
enum cache_whole { CACHE_ALL, CACHE_SOURCE, CACHE_PART };
/* The name of a source or a part of any tenant; `name` does not matter for CACHE_ALL. */
void cache_whole_make(struct cache_name *out, enum cache_whole whole, struct str name) NONNULL(1);

/* What is asked, for its key. */
struct cache_asked {
	struct str tenant;
	struct str salt; /* the secret of the installation or of the process */
	const unsigned char *definition; /* DIGEST_BYTES: of the part and its connection */
	const struct cache_name *tag; /* of the customer, or of the only value asked by; NULL: a hash of the values */
	const struct str *values; /* canonical, in the order of the query's `by` (name, value, name, value, ...; a key
				     without value gives a NULL view); none when the tag says it all */
	size_t n_values;
};
/* "fed2:c:{" tenant ":" tag "}:" hash of the definition and the values. */
void cache_key_make(struct cache_key *out, const struct cache_asked *asked) NONNULL(1, 2);

/* Taken before the source is asked; needed to keep what it brings. era 0: none, and nothing can be kept. */
struct cache_ticket {
	uint64_t began; /* a tick of the store's clock: it never goes back, nor stands still */
	uint64_t era; /* changes when the store may have lost what it knew of changes */
};

/* Whether what was read still holds: see cache_pin_holds(). Zeroed: nobody knows, so it does not. */
struct cache_pin {
	uint32_t slot;
	uint64_t count, epoch;
	bool set;
};

/* A copy found. rows live in the arena handed to cache_get(). */
struct cache_hit {
	const struct rows *rows; /* NULL: a miss */
	int64_t stored_ms; /* wall clock: when the source answered */
	int64_t ends_ms; /* wall clock: how long the store was to keep it */
	uint64_t began; /* of its ticket: what is larger is younger */
	struct cache_pin pin;
};

/* A copy is void when it began before its source or part was voided. */
struct cache_wholes {
	struct cache_name source, part;
};

/* How cache_begin() goes about it. */
enum cache_begin {
	CACHE_SHARED, /* one of all processes asks the source; the others wait for its copy */
	CACHE_BEHIND, /* the same, but who finds another process asking gets a miss without a ticket, at once */
	CACHE_PAST, /* whatever there is: neither copies nor other processes matter */
};

/* What the look-ups of one request have read last in Redis: for a moment the next ones find more of it here, and Redis
 * is not asked again for the same. Zeroed: nothing. Lives as long as the arena of these look-ups. */
struct cache_reread {
	struct str sheaf; /* its key */
	struct str opened, floors;
	uint64_t sent_us; /* when it was asked for */
	struct cache_pin pin;
};

/* One look-up, or the beginning of a fetch; embedded in its owner's struct. Must stay alive until found() was
 * called. */
struct cache_ask {
	struct cache_key key;
	struct cache_wholes wholes; /* of its part */
	struct arena *mem; /* where the rows go */
	struct cache_reread *reread; /* for cache_get(); NULL: Redis is asked each time */
	void (*found)(struct cache_ask *ask, struct cache_hit hit);
	/* for cache_begin(): */
	enum cache_begin how;
	uint64_t seen; /* began of the copy at hand; 0: none */
	uint64_t version; /* of the sheaf that was looked into; 0: there was none. Set before found(); for cache_begin()
			     that of the look-up before it */
	uint32_t lease_ms; /* so long the others wait for us at most */
	uint32_t wait_ms; /* so long we wait for another process at most */
	struct cache_ticket ticket; /* set before found(), for a miss */
	bool waited; /* set before found(): for another process that was asking */
	/* the cache's: */
	struct cache_ask *next;
	uint64_t sent_us, begun_us;
	uint32_t pause_ms;
	bool reloaded, last; /* last: of those that one command asks for */
	unsigned place; /* of its sheaf among the keys of that command */
	unsigned tries; /* other versions met since it began or asked again */
	struct cache_hit hit; /* what is about to be answered */
	struct cache_pin pin; /* of what is about to be read */
	struct loop_timer again;
	struct wakeup *wakeup;
};

/* A copy to be kept. */
struct cache_fill {
	const struct cache_key *key;
	const struct cache_wholes *wholes;
	const struct rows *rows;
	int64_t stored_ms; /* wall clock: when the source answered */
	uint64_t ttl_ms; /* > 0: kept so long from now */
	struct cache_ticket ticket;
	const struct cache_name *names; /* asked keys, and customers that it is about: it goes with each of them */
	size_t n_names, n_asked; /* n_asked: of the first ones, the values it was asked by */
	const struct cache_name *given; /* key values in it that other parts are asked by: their copies go with it */
	size_t n_given, n_leads; /* n_leads: of the last ones, customers that what was asked by leads to */
	bool of_customer; /* its tag names a customer */
	const bool *common; /* by column: what many customers have there may be learnt (words.h); NULL: nothing */
};
enum { CACHE_NAMES_MOST = 128 }; /* of names and given ones together */

/* Something has changed at a source: copies of it are void. Embedded in its owner's struct; must stay alive until
 * done() was called. */
struct cache_change {
	struct str tenant; /* must live as long */
	bool whole; /* `name` is of cache_whole_make(); else of cache_name_make() */
	bool bare; /* copies are kept under it in no sheaf but that whose tag it is: no eviction can hide one */
	struct cache_name name;
	/* err->cls ERR_NONE: every copy that began before is gone, here and in Redis, and what was asked before and
	 * comes later is not kept. Else it is not known whether it is so: try again. */
	void (*done)(struct cache_change *change, const struct err *err);
	uint64_t removed; /* copies; 0 with `whole`: nobody counts them */
	/* the cache's: */
	struct cache_change *next;
	uint64_t sent_us, due_us;
	bool reloaded;
};

/* Where Redis is. */
struct redis_conf {
	const char *address; /* "unix:/path" or "host:port" (numeric host); NULL: not used */
	const char *user; /* ACL user or NULL */
	const char *password; /* or NULL */
	uint32_t timeout_ms; /* a look-up not answered by then is a miss and the connection is closed */
	struct str keys; /* lines of keys that values are sealed with (keyring.h), or NULL: with own_key */
	unsigned char own_key[DIGEST_BYTES];
	uint32_t learn_from; /* so many customers: the words that their copies share (words.h); 0: nothing */
};

/* Where copies are kept. */
struct cache_conf {
	enum cache_kind { CACHE_OFF, CACHE_IN_MEMORY, CACHE_IN_REDIS } kind;
	size_t max_bytes; /* CACHE_IN_MEMORY */
	struct redis_conf redis; /* CACHE_IN_REDIS; texts are copied */
	size_t near_bytes; /* CACHE_IN_REDIS: most memory for copies close at hand; 0: none, and no thread for them */
};

/* What the caches of a process share. ERR_CONFIG: the address of Redis or the keys cannot be read; ERR_SYSTEM: no
 * thread can be started. The caller owns it and ends it after all caches on it and after their loops ran for the last
 * time. */
struct cache_home *cache_home_new(const struct cache_conf *conf, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Wipe and free. Accepts NULL inside; sets *home to NULL. */
void cache_home_free(struct cache_home **home) NONNULL(1);
/* A cache for the loop. In Redis it connects in the background and again after failures, with a growing pause. End it
 * before its loop. */
struct cache *cache_open(struct cache_home *home, struct loop *loop) NONNULL(1, 2) __attribute__((returns_nonnull));
/* No cache at all: every look-up is a miss. */
struct cache *cache_off(void) __attribute__((returns_nonnull));
/* No store: `copy` says at once what a look-up finds, rows in ask->mem; nothing is kept. For tests of mappings. */
struct cache *cache_stand_in(struct cache_hit (*copy)(void *owner, struct cache_ask *ask), void *owner) NONNULL(1)
	__attribute__((returns_nonnull));

/* Does it keep anything at all? If not, keys need not be made. */
bool cache_keeps(const struct cache *c) NONNULL(1);
/* Look up. found() is called exactly once: at once from inside this call (memory, or no connection), or later on the
 * loop's thread. A value that does not carry this very key, is torn or of another format is a miss and removed; one
 * whose source or part was voided since is a miss. */
void cache_get(struct cache *c, struct cache_ask *ask) NONNULL(1, 2);
/* Behind a miss or an old copy, before the source is asked. found() is called as by cache_get(): with a copy younger
 * than ask->seen that is there meanwhile, or with a miss and ask->ticket. While another process asks the source for
 * this key, waits for it: no longer than ask->wait_ms, and when that process has ended no longer than its lease. */
void cache_begin(struct cache *c, struct cache_ask *ask) NONNULL(1, 2);
/* Keep a copy, and let others who wait for it have it; not when its ticket is too old for that: when one of its names,
 * its source or its part was voided since, when a younger copy is there, or the store was lost in between. Rows with
 * flags set are refused (asserted). Never waits. */
void cache_put(struct cache *c, const struct cache_fill *fill) NONNULL(1, 2);
/* What was begun with this ticket brings no copy: let another process ask. Nothing for a ticket of era 0. */
void cache_release(struct cache *c, const struct cache_key *key, struct cache_ticket ticket) NONNULL(1, 2);
/* Void copies; change->done() says when, or why it could not be. */
void cache_invalidate(struct cache *c, struct cache_change *change) NONNULL(1, 2);
/* Would the look-up that gave this pin find the same now? False also when nobody knows. Any thread. */
bool cache_pin_holds(struct cache *c, const struct cache_pin *pin) NONNULL(1, 2);
/* The same of all these pins at now_us, which the caller has just read: clock_mono_us(). */
bool cache_pins_hold(struct cache *c, const struct cache_pin *pins, size_t n, uint64_t now_us) NONNULL(1);
/* Is it known that the look-up that gave this pin would not find the same now? Any thread. */
bool cache_pin_lost(struct cache *c, const struct cache_pin *pin) NONNULL(1, 2);
/* When this process last heard that the name was voided, by itself or, with Redis and copies close at hand, by another
 * one: clock_mono_us(), 0 for never. May be later than it was, not earlier. Any thread. */
uint64_t cache_heard_us(const struct cache *c, const struct cache_name *name) NONNULL(1, 2);
/* Forget one copy; in Redis all of its sheaf. */
void cache_drop(struct cache *c, const struct cache_key *key) NONNULL(1, 2);

/* Counters since start, of this cache. */
struct cache_state {
	const char *kind; /* "memory", "redis", "off", "stand-in" */
	bool up; /* Redis: connected */
	uint64_t hits, misses, puts, put_failures, timeouts, bad_values;
	uint64_t unasked; /* look-ups and tickets that Redis was not asked for: it is silent, or cannot be reached */
	uint64_t entries, bytes; /* memory only */
};
/* A snapshot. Safe from any thread. */
struct cache_state cache_state(struct cache *c) NONNULL(1);
/* Copies close at hand, and the channel on which Redis tells what has changed. Counters since start. */
struct cache_near_state {
	bool used; /* else all is 0 */
	bool up; /* the channel */
	const char *why; /* a constant: why it is not up; NULL when it is, or nobody knows yet */
	uint64_t proven_us; /* clock_mono_us(): what had changed in Redis by then is known here; 0: not up */
	uint64_t hits, misses, puts;
	uint64_t late; /* answers that were not kept, because the key changed while they were on their way */
	uint64_t flushes; /* everything was forgotten: FLUSHALL, a floor was raised, the channel was lost */
	uint64_t told; /* keys */
	uint64_t losses; /* of the channel */
	uint64_t entries, bytes;
};
/* A snapshot. Safe from any thread. */
struct cache_near_state cache_near_state(const struct cache_home *home) NONNULL(1);
/* The words that copies in Redis share. Counters since start. */
struct cache_words_state {
	bool used; /* there is a book that is packed with */
	uint32_t number; /* of it; 0: none */
	size_t bytes; /* of its text */
	int64_t learnt_ms; /* wall clock: when it was */
	bool learning;
	size_t seen, wanted; /* customers that it is learnt from so far, and in the end */
	uint64_t learnt; /* books written here */
	uint64_t adopted; /* books that came to be known, written here or by others */
	uint64_t lacked; /* times that one was not in Redis */
};
/* A snapshot. Safe from any thread. */
struct cache_words_state cache_words_state(const struct cache_home *home) NONNULL(1);
/* End; outstanding look-ups are answered as misses first. Accepts NULL inside; sets *c to NULL. */
void cache_free(struct cache **c) NONNULL(1);

#endif
