/* stamp.h - moments as scripts write them, and the floors, which say what was voided as a whole: the era in 16
 * hexadecimal digits, then for each source and part, and for everything, its name and the tick, 16 characters each. It
 * comes from Redis, so nothing in it is trusted. No state; safe from any thread. */
#ifndef CACHE_STAMP_H
#define CACHE_STAMP_H

#include "cache/cache.h"

enum { STAMP_CHARS = 16 };
/* The name of everything in such a text. */
#define STAMP_ALL "****************"

/* 16 hexadecimal digits. False: they are not; *out is then untouched. */
bool stamp_hex(const char *text, uint64_t *out) MUST_CHECK NONNULL(1, 2);
/* 16 decimal digits, as well. */
bool stamp_decimal(const char *text, uint64_t *out) MUST_CHECK NONNULL(1, 2);
/* Does a copy with this ticket still count? The NULL view, or anything of another form, voids all. */
bool stamp_admits(struct str floors, const struct cache_wholes *wholes, struct cache_ticket ticket) MUST_CHECK
	NONNULL(2);

#endif
