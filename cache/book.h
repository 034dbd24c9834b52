/* book.h - words that copies of many customers have in common, for zstd to refer to instead of repeating them: a
 * dictionary. Never changes; safe from any thread. */
#ifndef CACHE_BOOK_H
#define CACHE_BOOK_H

#include "base/buf.h"

enum {
	BOOK_MOST = 128 << 10, /* bytes of its text */
	BOOK_NUMBER_LEAST = 1 << 15, /* what is below zstd keeps for itself, and what has its top bit */
};

struct ZSTD_CDict_s;
struct ZSTD_DDict_s;

struct book {
	_Atomic size_t refs;
	uint32_t number; /* stands in the head of each frame that needs it */
	size_t bytes; /* of its text */
	int64_t ends_ms; /* wall clock: from then on it may be nowhere any more */
	struct ZSTD_CDict_s *in;
	struct ZSTD_DDict_s *out;
};

/* Values as they are packed, one behind the other. */
struct book_samples {
	struct str bytes;
	const size_t *sizes; /* of each */
	size_t n;
};

/* The text of a book, for book_read(): of `words`, with tables of how often bytes occur in the samples. False: they are
 * too few to make it of; `out` is as before. */
bool book_write(uint32_t number, int64_t ends_ms, struct str words, const struct book_samples *samples,
		struct buf *out) MUST_CHECK NONNULL(4, 5);
/* NULL: it is no such text. The caller owns a reference. */
struct book *book_read(struct str text) MUST_CHECK;
/* One more owner; returns its argument. */
struct book *book_ref(struct book *book) NONNULL(1) __attribute__((returns_nonnull));
/* Drop one owner; the last one frees. Accepts NULL inside; sets *book to NULL. */
void book_unref(struct book **book) NONNULL(1);

#endif
