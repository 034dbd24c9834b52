#include "cache/book.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <zdict.h>
#include <zstd.h>

#include "base/memory.h"

/*   0  magic, with the version of the format   4  when it ends, in ms, little-endian   12  a dictionary of zstd */
static const char magic[4] = { 'F', 'B', '1', '\n' };
enum {
	ENDS_AT = 4,
	DICTIONARY_AT = 12,
	LEVEL = 5, /* with a book as fast as level 3 is without, and 5 % less */
	TABLES_MOST = 4096, /* bytes in front of the words */
};

bool book_write(uint32_t number, int64_t ends_ms, struct str words, const struct book_samples *samples,
		struct buf *out)
{
	ZDICT_params_t params = { .compressionLevel = LEVEL, .dictID = number };
	size_t from = out->len, most = words.n + TABLES_MOST, wrote;

	if (words.n > BOOK_MOST - TABLES_MOST - DICTIONARY_AT || samples->n > UINT32_MAX)
		return false;
	buf_put(out, magic, sizeof(magic));
	for (unsigned i = 0; i < 8; i++)
		buf_putc(out, (char)(unsigned char)((uint64_t)ends_ms >> (8 * i)));
	wrote = ZDICT_finalizeDictionary(buf_reserve(out, most), most, words.p, words.n, samples->bytes.p,
					 samples->sizes, (unsigned)samples->n, params);
	if (ZDICT_isError(wrote)) {
		out->len = from;
		return false;
	}
	out->len += wrote;
	return true;
}

struct book *book_read(struct str text)
{
	struct book *book;
	size_t bytes = text.n;
	uint64_t ends = 0;

	if (text.n <= DICTIONARY_AT || text.n > BOOK_MOST || memcmp(text.p, magic, sizeof(magic)) != 0)
		return NULL;
	for (unsigned i = 0; i < 8; i++)
		ends |= (uint64_t)(unsigned char)text.p[ENDS_AT + i] << (8 * i);
	text = (struct str){ text.p + DICTIONARY_AT, text.n - DICTIONARY_AT };
	book = memory_new(sizeof(*book));
	*book = (struct book){ .refs = 1,
			       .number = ZDICT_getDictID(text.p, text.n),
			       .bytes = bytes,
			       .ends_ms = (int64_t)ends,
			       .in = ZSTD_createCDict(text.p, text.n, LEVEL),
			       .out = ZSTD_createDDict(text.p, text.n) };
	if (book->number < BOOK_NUMBER_LEAST || book->number > INT32_MAX || !book->in || !book->out)
		book_unref(&book);
	return book;
}

struct book *book_ref(struct book *book)
{
	atomic_fetch_add(&book->refs, 1);
	return book;
}

void book_unref(struct book **book)
{
	if (*book && atomic_fetch_sub(&(*book)->refs, 1) == 1) {
		ZSTD_freeCDict((*book)->in);
		ZSTD_freeDDict((*book)->out);
		free(*book);
	}
	*book = NULL;
}
