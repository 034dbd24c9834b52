/* entry.h - the bytes of one cached copy in process memory: a versioned header, then the cells. In Redis copies of one
 * customer lie together (sheaf.h), their rows in the same form. No state; safe from any thread. */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/rows.h"
#include "cache/cache.h"

enum { ENTRY_ERA_AT = 4, ENTRY_BEGAN_AT = 20, ENTRY_STAMP_END = 36 };

/* Append the encoded copy to `out`. */
void entry_encode(const struct cache_fill *fill, struct buf *out) NONNULL(1, 2);
/* The ticket it was kept with, from its first bytes: era in 16 hexadecimal digits, began in 16 decimal ones. False: not
 * ours. */
bool entry_ticket(struct str bytes, struct cache_ticket *out) MUST_CHECK NONNULL(2);
/* Decode, without believing any length. Cells are copied into `mem`; out->pin stays blank. False: not ours; outputs
 * untouched. */
bool entry_decode(struct str bytes, struct arena *mem, struct cache_hit *out) MUST_CHECK NONNULL(2, 3);

/* What stands behind the times: append rows. */
void entry_put_rows(const struct rows *rows, struct buf *out) NONNULL(1, 2);
/* Rows that take all of `left`, with cells copied into `mem`. NULL: the lengths lie. */
const struct rows *entry_take_rows(struct str left, struct arena *mem) MUST_CHECK NONNULL(2);
/* A ttl, or as much of it as the time has room for. */
uint64_t entry_span(int64_t stored_ms, uint64_t ttl_ms);

#endif
