/* inbox_read.h - entries of a stream in what Redis answers, for inbox.c. No state; any thread. */
#ifndef CACHE_INBOX_READ_H
#define CACHE_INBOX_READ_H

#include "cache/inbox.h"
#include "cache/redis_reply.h"

enum { INBOX_WORDS = 128 }; /* of an entry that is looked at */

/* The list of entries in the answer to XREADGROUP for one stream. *entries_out is NULL when none came in time. False:
 * it is no such answer. */
bool inbox_read_group(const struct redis_reply *reply, const struct redis_reply **entries_out) MUST_CHECK NONNULL(1, 2);
/* The same for XAUTOCLAIM, and where it goes on. */
bool inbox_read_claimed(const struct redis_reply *reply, const struct redis_reply **entries_out,
			char next_out[INBOX_ID]) MUST_CHECK NONNULL(1, 2, 3);
/* One of the entries. `words` are for its fields and values: of an entry with more, n_words is INBOX_WORDS + 1.
 * An entry that was deleted has none. False: it is no entry. */
bool inbox_read_entry(const struct redis_reply *reply, struct str words[INBOX_WORDS], struct inbox_entry *out)
	MUST_CHECK NONNULL(1, 2, 3);

#endif
