/* pack.h - bytes made smaller with zstd, when that pays. A packer is of one thread at a time. */
#ifndef CACHE_PACK_H
#define CACHE_PACK_H

#include "base/buf.h"

enum {
	PACK_LEAST = 256, /* bytes; what is shorter saves little */
	PACK_MOST = 32 << 20, /* bytes; nothing larger is packed, or believed when it is unpacked */
};

struct packer; /* opaque */

/* The caller owns it: end it with packer_free(). */
struct packer *packer_new(void) __attribute__((returns_nonnull));
/* Free; sets *p to NULL. Accepts NULL inside. */
void packer_free(struct packer **p) NONNULL(1);
/* Append the packed bytes to `out`. False: it saves less than an eighth, or there is no memory; `out` is as before. */
bool pack(struct packer *p, struct str plain, struct buf *out) MUST_CHECK NONNULL(1, 3);
/* Append what was packed to `out`. False: it is not what pack() makes, or there is no memory; `out` is as before. */
bool unpack(struct packer *p, struct str packed, struct buf *out) MUST_CHECK NONNULL(1, 3);

#endif
