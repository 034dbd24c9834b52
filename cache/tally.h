/* tally.h - which words copies of many customers have in common: cells of rows, and cells that stand side by side. A
 * word counts when it was seen with so many customers at least that it is nobody's, and only in columns that the caller
 * names. One thread at a time. */
#ifndef CACHE_TALLY_H
#define CACHE_TALLY_H

#include "base/buf.h"
#include "base/rows.h"

enum { TALLY_SHARED_BY = 50 /* customers */ };

struct tally; /* opaque */

/* Ready after so many customers. The caller owns it: end it with tally_free(). */
struct tally *tally_new(size_t customers) __attribute__((returns_nonnull));
/* Wipe and free; sets *t to NULL. Accepts NULL inside. */
void tally_free(struct tally **t) NONNULL(1);
/* Rows of the customer, whom `name` names. Those columns count for which `common` says so. */
void tally_rows(struct tally *t, struct str name, const struct rows *rows, const bool *common) NONNULL(1, 3, 4);
/* What stands in front of rows of the customer. */
void tally_word(struct tally *t, struct str name, struct str word) NONNULL(1);
/* A value as it is packed: only how often each byte occurs is taken from it. */
void tally_sample(struct tally *t, struct str plain) NONNULL(1);
/* Have enough customers been seen? */
bool tally_ready(const struct tally *t) NONNULL(1);
/* How many customers were seen, and how many are enough. */
size_t tally_seen(const struct tally *t, size_t *enough_out) NONNULL(1, 2);
/* Append the text of a book (book.h). False: there was too little to learn. */
bool tally_write(struct tally *t, uint32_t number, int64_t ends_ms, struct buf *out) MUST_CHECK NONNULL(1, 4);

#endif
