#include "cache/pack.h"

#include <stdlib.h>
#include <zstd.h>

#include "base/memory.h"

/* Higher levels save 1 to 3 % more of copies of parts, for up to six times the time (docs/decisions/0029). */
enum { LEVEL = 3 };

struct packer {
	ZSTD_CCtx *in; /* NULL: no memory yet */
	ZSTD_DCtx *out;
	struct words *words;
	uint32_t lacks;
};

struct packer *packer_new(struct words *words)
{
	struct packer *p = memory_new(sizeof(*p));

	p->words = words;
	return p;
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

bool pack(struct packer *p, struct str plain, int64_t ends_ms, struct buf *out)
{
	SCOPED(book_unref) struct book *book = NULL;
	size_t most = plain.n - plain.n / 8, n;

	if (plain.n < PACK_LEAST || plain.n > PACK_MOST)
		return false;
	if (!p->in)
		p->in = ZSTD_createCCtx();
	if (!p->in)
		return false;
	/* Where it would not pay there is too little room, which ends it early. */
	book = words_now(p->words, ends_ms);
	n = book ? ZSTD_compress_usingCDict(p->in, buf_reserve(out, most), most, plain.p, plain.n, book->in) :
		   ZSTD_compressCCtx(p->in, buf_reserve(out, most), most, plain.p, plain.n, LEVEL);
	if (ZSTD_isError(n))
		return false;
	out->len += n;
	return true;
}

bool unpack(struct packer *p, struct str packed, struct buf *out)
{
	unsigned long long n = ZSTD_getFrameContentSize(packed.p, packed.n);
	uint32_t number = ZSTD_getDictID_fromFrame(packed.p, packed.n);
	SCOPED(book_unref) struct book *book = number ? words_find(p->words, number) : NULL;
	size_t wrote;

	p->lacks = number && !book ? number : 0;
	if (p->lacks || n == ZSTD_CONTENTSIZE_UNKNOWN || n == ZSTD_CONTENTSIZE_ERROR || n < PACK_LEAST || n > PACK_MOST)
		return false;
	if (!p->out)
		p->out = ZSTD_createDCtx();
	if (!p->out)
		return false;
	wrote = book ? ZSTD_decompress_usingDDict(p->out, buf_reserve(out, n), n, packed.p, packed.n, book->out) :
		       ZSTD_decompressDCtx(p->out, buf_reserve(out, n), n, packed.p, packed.n);
	if (wrote != n)
		return false;
	out->len += n;
	return true;
}

uint32_t pack_lacks(const struct packer *p)
{
	return p->lacks;
}
