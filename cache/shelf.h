/* shelf.h - bytes by key in process memory, bounded, shared by all loops. What is kept when it is full is decided by
 * W-TinyLFU (residents.h): newcomers wait in a window; who leaves it gets a place only when it was asked for more often
 * lately than all it would displace together. So a walk through many customers does not push out those that agents
 * talk to. See docs/decisions/0028-admission-policy.md. Safe from any thread; one lock, never held for long. */
#ifndef CACHE_SHELF_H
#define CACHE_SHELF_H

#include "base/base.h"

struct shelf; /* opaque */

/* What had happened to a key at one moment. Keys share 2^18 counters, so another key may break it too; never does a
 * change go unnoticed. */
struct shelf_stamp {
	uint32_t slot;
	uint64_t count, epoch;
};

/* An entry, seen from inside the lock. */
struct shelf_item {
	struct str bytes;
	uint64_t expires_us;
	struct shelf_stamp stamp; /* holds for as long as this is what the key has */
};

struct shelf_state {
	uint64_t entries;
	uint64_t bytes; /* with all overhead but a constant 32 KiB; never more than max_bytes */
	uint64_t displaced; /* entries that left before their time, for others */
	uint64_t refused; /* newcomers that were asked for too seldom */
};

/* An empty shelf. Its tables take 3 % of max_bytes at most, from the start; below 4 KiB nothing may fit. The caller
 * owns it: end it with shelf_free() when nobody uses it any more. */
struct shelf *shelf_new(size_t max_bytes) __attribute__((returns_nonnull));
/* Wipe and free. Accepts NULL inside; sets *s to NULL. */
void shelf_free(struct shelf **s) NONNULL(1);

/* What has happened to the key until now: take it before asking another store for the bytes that are to be put. */
struct shelf_stamp shelf_stamp(const struct shelf *s, struct str key) NONNULL(1) MUST_CHECK;
/* Has nothing happened to the key since: no drop, no flush, no put of other bytes? Takes no lock. */
bool shelf_stamp_holds(const struct shelf *s, const struct shelf_stamp *stamp) NONNULL(1, 2) MUST_CHECK;

/* Look up and count the asking. take() is called under the lock with what is there, unless it has expired (now_us, on
 * the monotonic clock): it copies what it needs, and must not call the shelf. False: nothing is there. */
bool shelf_get(struct shelf *s, struct str key, uint64_t now_us,
	       void (*take)(void *arg, const struct shelf_item *item), void *arg) NONNULL(1, 4) MUST_CHECK;
/* Keep a copy of the bytes until expires_us. With a stamp: only if it holds still. What was there under this key is
 * gone in any case but that. False: not kept, because the stamp is broken, there is no memory, or it is too large (more
 * than a fifth of the shelf) or too seldom asked for. */
bool shelf_put(struct shelf *s, struct str key, struct str bytes, uint64_t expires_us,
	       const struct shelf_stamp *stamp) NONNULL(1);
/* Forget what is there, if anything is, and break the key's stamps. */
void shelf_drop(struct shelf *s, struct str key) NONNULL(1);
/* Forget everything and break all stamps. How often keys were asked for stays known. */
void shelf_flush(struct shelf *s) NONNULL(1);

/* A snapshot. */
struct shelf_state shelf_state(struct shelf *s) NONNULL(1);

#endif
