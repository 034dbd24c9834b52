#include "cache/pack.h"

#include <stdlib.h>
#include <zstd.h>

#include "base/memory.h"

/* Higher levels save 1 to 3 % more of copies of parts, for up to six times the time (docs/decisions/0029). */
enum { LEVEL = 3 };

struct packer {
	ZSTD_CCtx *in; /* NULL: no memory yet */
	ZSTD_DCtx *out;
};

struct packer *packer_new(void)
{
	return memory_new(sizeof(struct packer));
}

void packer_free(struct packer **p)
{
	if (!*p)
		return;
	ZSTD_freeCCtx((*p)->in);
	ZSTD_freeDCtx((*p)->out);
	free(*p);
	*p = NULL;
}

bool pack(struct packer *p, struct str plain, struct buf *out)
{
	size_t most = plain.n - plain.n / 8, n;

	if (plain.n < PACK_LEAST || plain.n > PACK_MOST)
		return false;
	if (!p->in)
		p->in = ZSTD_createCCtx();
	if (!p->in)
		return false;
	/* Where it would not pay there is too little room, which ends it early. */
	n = ZSTD_compressCCtx(p->in, buf_reserve(out, most), most, plain.p, plain.n, LEVEL);
	if (ZSTD_isError(n))
		return false;
	out->len += n;
	return true;
}

bool unpack(struct packer *p, struct str packed, struct buf *out)
{
	unsigned long long n = ZSTD_getFrameContentSize(packed.p, packed.n);

	if (n == ZSTD_CONTENTSIZE_UNKNOWN || n == ZSTD_CONTENTSIZE_ERROR || n < PACK_LEAST || n > PACK_MOST)
		return false;
	if (!p->out)
		p->out = ZSTD_createDCtx();
	if (!p->out || ZSTD_decompressDCtx(p->out, buf_reserve(out, n), n, packed.p, packed.n) != n)
		return false;
	out->len += n;
	return true;
}
