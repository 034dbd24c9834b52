/* block.h - patterns of key values that are never asked for. Safe from any thread. */
#ifndef METADATA_BLOCK_H
#define METADATA_BLOCK_H

#include "base/arena.h"
#include "base/err.h"

/* Compile a `block` pattern for key->block_re. *re_out lives in `mem`, but what the C library holds for it does
 * not: give it to block_free() before `mem` ends. Fails with ERR_MAPPING and the library's reason. */
bool block_compile(const char *pattern, struct arena *mem, const void **re_out, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);
/* Free what the C library holds for a pattern; the pointer is dead afterwards. Accepts NULL. */
void block_free(const void *re);
/* Does a canonical value match, with a NUL behind it? True as well when nobody knows for want of memory. */
bool block_matches(const void *re, struct str value) MUST_CHECK NONNULL(1);

#endif
