/* entry.h - the bytes of one cached copy: a versioned header, then the cells. Outside the process it is sealed for its
 * key (sealer.h), which is what proves that it is whole and whose it is. No state; safe from any thread. */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/rows.h"
#include "cache/cache.h"

enum { ENTRY_ERA_AT = 4, ENTRY_BEGAN_AT = 20, ENTRY_STAMP_END = 36 };

/* Append the encoded copy to `out`. */
void entry_encode(const struct cache_fill *fill, struct buf *out) NONNULL(1, 2);
/* The ticket it was kept with, from its first bytes, which scripts read, too: era in 16 hexadecimal digits, began in 16
 * decimal ones. Also of what is sealed (sealer.h), where they stand at the same place. False: not ours. */
bool entry_ticket(struct str bytes, struct cache_ticket *out) MUST_CHECK NONNULL(2);
/* Decode, without believing any length. Cells are copied into `mem`; out->pin stays blank. False: not ours; outputs
 * untouched. */
bool entry_decode(struct str bytes, struct arena *mem, struct cache_hit *out) MUST_CHECK NONNULL(2, 3);

#endif
