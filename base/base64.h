/* base64.h - bytes as text (RFC 4648, section 4: with + / and padding). No state; safe from any thread. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/arena.h"

/* How long the text of n bytes is. */
static inline size_t base64_length(size_t n)
{
	return (n + 2) / 3 * 4;
}

/* The text of `bytes`, in `mem`; never the NULL view. */
struct str base64_write(struct str bytes, struct arena *mem) NONNULL(2);

#endif
