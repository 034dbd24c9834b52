/* near.h - copies close at hand: what Redis gave lately, kept in the process for as long as Redis tells of every change
 * (channel.h). One per process, for the files of cache/ only; safe from any thread, but where it says otherwise.
 * Nothing is ever kept that was not read after its stamp was taken, so a change that is told while an answer is on its
 * way keeps that answer out (docs/decisions/0030-near-level.md). */
#ifndef CACHE_NEAR_H
#define CACHE_NEAR_H

#include "cache/cache.h"
#include "cache/channel.h"
#include "cache/heard.h"
#include "cache/shelf.h"
#include "cache/wakeup.h"

struct near; /* opaque */

/* Who is told; both outlive it. */
struct near_listeners {
	struct wakeups *wakeups; /* of every key that has changed */
	struct heard *heard; /* of what is voided */
};

/* Starts a thread of its own, the keeper, for the channel. ERR_CONFIG:
 * the address cannot be read; ERR_SYSTEM: no thread. The caller ends it after all caches that use it, and before the
 * wakeups. */
struct near *near_new(const struct redis_conf *redis, size_t max_bytes, const struct near_listeners *to,
		      struct err *err) MUST_CHECK NONNULL(1, 3, 4);
/* Stop the thread, wipe and free. Accepts NULL inside; sets *n to NULL. */
void near_free(struct near **n) NONNULL(1);

/* In what follows `n` may be NULL: nothing is near. */

/* Look for a copy, for rows in ask->mem; notes the version of its sheaf. False: there is none, or nobody knows whether
 * it would still be right. */
bool near_get(struct near *n, struct cache_ask *ask, struct cache_hit *out) MUST_CHECK NONNULL(2, 3);
/* Set ask->pin, before Redis is asked for the copy. */
void near_prepare(const struct near *n, struct cache_ask *ask) NONNULL(2);
/* Keep the sheaf that the look-up found, opened, and the floors that came with it. */
void near_keep(struct near *n, const struct cache_ask *ask, struct str floors, struct str opened) NONNULL(2);
/* Forget the sheaf of a copy. */
void near_drop(struct near *n, const struct cache_key *key) NONNULL(2);
/* Forget everything, and tell those who listen. */
void near_drop_all(struct near *n);
/* Would the look-ups that gave these pins, which are set, find the same at now_us? False when nobody knows. */
bool near_hold(const struct near *n, const struct cache_pin *pins, size_t n_pins, uint64_t now_us) MUST_CHECK;
/* Is it known that it would not? */
bool near_lost(const struct near *n, const struct cache_pin *pin) MUST_CHECK NONNULL(2);

/* Have a heartbeat sent at once, to learn soon that all is told that has changed until now. */
void near_hurry(struct near *n);
/* Is everything gone from here that had changed in Redis before `at_us` (clock_mono_us())? True as well while nothing
 * is given out at all. */
bool near_is_past(const struct near *n, uint64_t at_us) MUST_CHECK;

/* A snapshot; blank when `n` is NULL. */
struct cache_near_state near_state(const struct near *n);

#endif
