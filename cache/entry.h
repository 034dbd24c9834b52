/* entry.h - the bytes of one cached copy: a versioned header with the key it belongs to, then the cells.
 * What is read back is checked in full: bytes from outside are never trusted. No state; safe from any thread. */
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/rows.h"
#include "cache/cache.h"

/* Append the encoded copy to `out`. */
void entry_encode(const struct cache_key *key, const struct rows *rows, int64_t stored_ms, struct buf *out)
	NONNULL(1, 2, 4);
/* Decode and check: magic, version, key, every length, checksum. Cells are copied into `mem`. False: not ours or
 * torn; outputs untouched. */
bool entry_decode(struct str bytes, const struct cache_key *key, struct arena *mem, struct cache_hit *out)
	MUST_CHECK NONNULL(2, 3, 4);

#endif
