/* base64.h - bytes as text (RFC 4648). No state; safe from any thread. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/arena.h"

/* How long the text of n bytes is, with padding. */
static inline size_t base64_length(size_t n)
{
	return (n + 2) / 3 * 4;
}

/* The text of `bytes` with + / and padding (section 4), in `mem`; never the NULL view. */
struct str base64_write(struct str bytes, struct arena *mem) NONNULL(2);
/* The same with - _ and without padding (section 5), and a NUL, where there is room for base64_length() bytes and one.
 * Not for secrets: unlike libsodium's, which takes ten times as long, it looks letters up in a table. Returns the
 * length. */
size_t base64_url(struct str bytes, char *out) NONNULL(2);
/* The bytes of such a text (section 5, without padding), in constant time; `out` takes `room`. False: it is not one,
 * not the only one for its bytes (bits that are left over are not 0), or longer. */
bool base64_url_read(struct str text, unsigned char *out, size_t room, size_t *n_out) MUST_CHECK NONNULL(2, 4);

#endif
