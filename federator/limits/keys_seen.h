/* keys_seen.h - the different keys an actor asked by, as hashes, and how many of them lie side by side. Not safe from
 * several threads. */
#ifndef FEDERATOR_LIMITS_KEYS_SEEN_H
#define FEDERATOR_LIMITS_KEYS_SEEN_H

#include "base/base.h"

enum { KEYS_RECENT = 32 };

/* Zeroed: none. */
struct keys_seen {
	uint64_t *slots; /* 0: free */
	uint32_t room, n;
	uint64_t recent[KEYS_RECENT]; /* numbers of keys, in a ring; 0: not one yet */
	uint32_t at, beside; /* bit per place of `recent`: was beside another of them when it came */
};

/* Free; none are seen then. */
void keys_seen_end(struct keys_seen *seen) NONNULL(1);
/* Was the key with that hash seen before? */
bool keys_seen_has(const struct keys_seen *seen, uint64_t hash) NONNULL(1);
/* A new key with that hash; `text` is its value, the NULL view: it does not count for a sequence. False: there is no
 * memory, and it is as if it had not come. */
bool keys_seen_add(struct keys_seen *seen, uint64_t hash, struct str text) MUST_CHECK NONNULL(1);
/* Do most of the last KEYS_RECENT new keys stand beside others of them, as in a range that somebody counts through? */
bool keys_seen_in_sequence(const struct keys_seen *seen) NONNULL(1);

#endif
