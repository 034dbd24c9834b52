/* memo.h - what was found out of texts that come again and again, so that it is found out once. Bounded: when it is
 * full, the half that was not asked for lately is forgotten. One thread. Needs digest_init(). */
#ifndef WEBLOG_MEMO_H
#define WEBLOG_MEMO_H

#include "base/base.h"

struct weblog_memo; /* opaque */

/* Room for `entries` (a power of two) of `bytes` each. The caller owns it: end it with weblog_memo_free(). */
struct weblog_memo *weblog_memo_new(size_t entries, size_t bytes) __attribute__((returns_nonnull));
/* Free; accepts NULL inside; sets *memo to NULL. */
void weblog_memo_free(struct weblog_memo **memo) NONNULL(1);

/* The entry of a text; zeros when *is_new. Valid until the next call. Only a hash of the text is kept, of 127 bits
 * under the key of the process: nobody makes two texts meet. */
void *weblog_memo_at(struct weblog_memo *memo, struct str text, bool *is_new) NONNULL(1, 3)
	__attribute__((returns_nonnull));

#endif
