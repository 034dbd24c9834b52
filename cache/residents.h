/* residents.h - who stays on a shelf that is full: W-TinyLFU. Newcomers wait in a window; who leaves it gets a place
 * in the main part only if it was asked for more often lately than all it would displace there together. The main part
 * is a segmented LRU. See docs/decisions/0028-admission-policy.md. One thread at a time. */
#ifndef CACHE_RESIDENTS_H
#define CACHE_RESIDENTS_H

#include "cache/climb.h"
#include "cache/sketch.h"

/* Who was hit in probation is protected, and who leaves protection is on probation again. */
enum segment { SEGMENT_WINDOW, SEGMENT_PROBATION, SEGMENT_PROTECTED };
enum { SEGMENTS = SEGMENT_PROTECTED + 1 };

/* One entry, embedded in its owner's struct, which fills in the last three. */
struct resident {
	struct resident *newer, *older; /* in its segment, by last use */
	enum segment segment;
	uint64_t hash, expires_us;
	size_t bytes; /* what it costs */
};

struct residents_list {
	struct resident *newest, *oldest;
	size_t bytes;
};

/* The caller's to embed; lists, refused and displaced are to be read, the rest is its own. */
struct residents {
	struct residents_list lists[SEGMENTS];
	struct sketch sketch;
	struct climb climb;
	size_t room, window_most, main_most, protected_most;
	uint64_t now_us, entries, displaced, refused;
	void (*gone)(struct resident *gone, void *owner);
	void *owner;
};

/* How many buckets, a power of two, an owner's table has for entries of max_bytes. */
size_t residents_buckets(size_t max_bytes) MUST_CHECK;
/* Nobody yet, in max_bytes less what the sketch takes. gone() is called for whoever has to go, already unlisted, from
 * inside residents_add(). `elsewhere`: bytes that the owner's tables take of it. */
void residents_begin(struct residents *r, size_t max_bytes, size_t elsewhere,
		     void (*gone)(struct resident *gone, void *owner), void *owner) NONNULL(1, 4);
/* Free what it holds; who is listed is the owner's to free. */
void residents_end(struct residents *r) NONNULL(1);
/* Somebody asked for the key with this hash at now_us; `found` is its entry or NULL. */
void residents_asked(struct residents *r, uint64_t hash, struct resident *found, uint64_t now_us) NONNULL(1);
/* Could an entry of so many bytes ever stay? Needs no lock. */
bool residents_fit(const struct residents *r, size_t bytes) NONNULL(1) MUST_CHECK;
/* Somebody new, who fits. False: it was handed to gone() already. */
bool residents_add(struct residents *r, struct resident *who) NONNULL(1, 2);
/* The owner takes somebody away. */
void residents_remove(struct residents *r, struct resident *who) NONNULL(1, 2);
/* Everybody is taken away at once: the owner saved the lists. How often keys were asked for stays known. */
void residents_forget_all(struct residents *r) NONNULL(1);
/* What all of them cost, with the sketch. */
size_t residents_bytes(const struct residents *r) NONNULL(1) MUST_CHECK;

#endif
