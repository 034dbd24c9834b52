/* pack.h - bytes made smaller with zstd, when that pays, and with the words of a book (book.h) when there is one. A
 * packer is of one thread at a time. */
#ifndef CACHE_PACK_H
#define CACHE_PACK_H

#include "base/buf.h"
#include "cache/words.h"

enum {
	PACK_LEAST = 256, /* bytes; what is shorter saves little */
	PACK_MOST = 32 << 20, /* bytes; nothing larger is packed, or believed when it is unpacked */
};

struct packer; /* opaque */

/* `words`, which may be NULL, must live longer. The caller owns it: end it with packer_free(). */
struct packer *packer_new(struct words *words) __attribute__((returns_nonnull));
/* Free; sets *p to NULL. Accepts NULL inside. */
void packer_free(struct packer **p) NONNULL(1);
/* Append the packed bytes to `out`, which are kept until then. False: it saves less than an eighth, or there is no
 * memory; `out` is as before. */
bool pack(struct packer *p, struct str plain, int64_t ends_ms, struct buf *out) MUST_CHECK NONNULL(1, 4);
/* Append what was packed to `out`. False: it is not what pack() makes, or there is no memory, or the book is not known;
 * `out` is as before. */
bool unpack(struct packer *p, struct str packed, struct buf *out) MUST_CHECK NONNULL(1, 3);
/* The number of the book that the last unpack() wanted in vain; 0: none. */
uint32_t pack_lacks(const struct packer *p) NONNULL(1) MUST_CHECK;

#endif
