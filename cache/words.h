/* words.h - the books (book.h) that a process knows, shared by its loops, and what is learnt for the next one
 * (docs/decisions/0038-books.md). Any thread. */
#ifndef CACHE_WORDS_H
#define CACHE_WORDS_H

#include "base/rows.h"
#include "cache/book.h"
#include "cache/cache.h"

struct words; /* opaque */

/* Learns from so many customers; 0: nothing. The caller owns it: end it with words_free(). */
struct words *words_new(size_t customers) __attribute__((returns_nonnull));
/* Free; sets *w to NULL. Accepts NULL inside. */
void words_free(struct words **w) NONNULL(1);

/* The book of this number, for book_unref(). NULL: it is not known here; or `w` is NULL. */
struct book *words_find(struct words *w, uint32_t number) MUST_CHECK;
/* The one to pack with what is kept until then, likewise. NULL: there is none that lives so long. */
struct book *words_now(struct words *w, int64_t ends_ms) MUST_CHECK;
/* Know this one, instead of the one that ends first when they are too many. Takes the reference. */
void words_add(struct words *w, struct book *book) NONNULL(1, 2);
/* From now on this one is packed with, which is known; 0: none, and the next one is learnt. */
void words_turn_to(struct words *w, uint32_t number) NONNULL(1);

/* Is it time to look in Redis which one all pack with? True for one who asks. */
bool words_look_due(struct words *w) NONNULL(1) MUST_CHECK;
/* It will be, the next time. */
void words_look_soon(struct words *w) NONNULL(1);
/* The book is not in Redis: so it is for a while. */
void words_gone(struct words *w, uint32_t number) NONNULL(1);
/* Is it? */
bool words_is_gone(struct words *w, uint32_t number) NONNULL(1) MUST_CHECK;

/* Learn from a copy of the customer whom `name` names. */
void words_learn(struct words *w, struct str name, const struct cache_fill *fill) NONNULL(1, 3);
/* And from how what is packed looks. */
void words_sample(struct words *w, struct str plain) NONNULL(1);
/* Append the text of a book, once enough is learnt; it is none of those known. False: not yet. */
bool words_write(struct words *w, struct buf *out) MUST_CHECK NONNULL(1, 2);

/* A snapshot. */
struct cache_words_state words_state(struct words *w) NONNULL(1);

#endif
