/* memory.h - the heap, for all that is not of an arena. It does not fail: a reserve that is kept since the start is
 * given up first, and without memory even then the process ends, for its supervisor to start it again. Safe from any
 * thread. What is handed out is freed by free(). The first three have the shape that libraries want for their own
 * allocators. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/base.h"

/* `bytes` that hold anything. The caller owns them. */
void *memory_raw(size_t bytes) __attribute__((returns_nonnull, malloc, alloc_size(1)));
/* realloc(): `p` may be NULL, and is gone afterwards. The bytes of the old place are not wiped. */
void *memory_resize(void *p, size_t bytes) __attribute__((returns_nonnull, alloc_size(2)));
/* A copy of a C string. */
char *memory_text(const char *text) NONNULL(1) __attribute__((returns_nonnull));
/* `bytes` zeros. The caller owns them. */
void *memory_new(size_t bytes) __attribute__((returns_nonnull, malloc, alloc_size(1)));
/* `count` zeroed elements of `bytes` each; their product is the caller's to bound (an overflow ends the process). */
void *memory_new_array(size_t count, size_t bytes) __attribute__((returns_nonnull, malloc));

/* As memory_raw(), for what can be done without: NULL when there is no memory, and the reserve stays. */
void *memory_try(size_t bytes) MUST_CHECK __attribute__((malloc, alloc_size(1)));

/* Put the reserve aside (8 MiB of address space, untouched). False: there is not that much. */
bool memory_reserve(void);
/* Is the reserve gone? Each call tries to put it aside again, so the answer is false as soon as that much is free.
 * Costs one load while all is well: ask before taking on more work. */
bool memory_short(void);
/* Give the reserve up, because memory was refused: to us, or to a library that can be asked again. */
void memory_yield(void);

#endif
