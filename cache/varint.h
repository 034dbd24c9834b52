/* varint.h - numbers as short as they can be: little-endian in groups of seven bits, of which the top bit says that
 * there is more. For the files of cache/ only. No state; safe from any thread. */
#ifndef CACHE_VARINT_H
#define CACHE_VARINT_H

#include "base/buf.h"

/* Append. */
void varint_put(struct buf *out, uint64_t v) NONNULL(1);
/* Take one off the front. Of two ways to write a number only the shorter one counts. False: there is none; *out is then
 * untouched. */
bool varint_take(struct str *left, uint64_t *out) MUST_CHECK NONNULL(1, 2);

/* What is below 0 counts as odd numbers. */
static inline uint64_t varint_from_signed(int64_t v)
{
	return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}

/* And back. */
static inline int64_t varint_to_signed(uint64_t v)
{
	return (int64_t)(v & 1 ? ~(v >> 1) : v >> 1);
}

#endif
