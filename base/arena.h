/* arena.h - memory of one request (or one mapping set, or one fetch): allocated in blocks,
 * never freed in between, wiped and freed at once.
 * One thread at a time; different arenas are independent. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

struct arena; /* opaque */

/* A new arena. The caller owns it: end it with arena_wipe_free(). Aborts the process when the
 * system has no memory (0026: a reserve is given up first, then the supervisor restarts the process;
 * what comes from outside is bounded before it gets here). */
struct arena *arena_new(void) __attribute__((returns_nonnull));

/* `bytes` zeroed bytes, aligned for any type. Lives as long as the arena. Never NULL. */
void *arena_alloc(struct arena *mem, size_t bytes) NONNULL(1)
	__attribute__((returns_nonnull, malloc, alloc_size(2)));

#define arena_new_of(mem, type) ((type *)arena_alloc((mem), sizeof(type)))
#define arena_array_of(mem, type, count) ((type *)arena_alloc_array((mem), sizeof(type), (count)))

/* `count` zeroed elements of `bytes` each; aborts on overflow of the product. */
void *arena_alloc_array(struct arena *mem, size_t bytes, size_t count) NONNULL(1)
	__attribute__((returns_nonnull, malloc));

/* A NUL-terminated copy of `s`; the NULL view stays the NULL view. */
struct str arena_str(struct arena *mem, struct str s) NONNULL(1);

/* The same as a C string; the NULL view becomes "". */
const char *arena_cstr(struct arena *mem, struct str s) NONNULL(1)
	__attribute__((returns_nonnull));

/* Formatted text, NUL-terminated. */
struct str arena_printf(struct arena *mem, const char *fmt, ...) NONNULL(1, 2) PRINTF_LIKE(2, 3);

/* Bytes handed out so far, for limits and tests. */
size_t arena_used(const struct arena *mem) NONNULL(1);

/* Memory in the blocks of all arenas of the process, and in those that wait for the next arena. From any thread. */
struct arena_totals {
	uint64_t used_bytes, kept_bytes;
};
/* A snapshot. */
struct arena_totals arena_totals(void);

/* Overwrite everything with zeros and free it: customer data must not outlive the reply.
 * Accepts a pointer to NULL; sets *mem to NULL. Usable with SCOPED. */
void arena_wipe_free(struct arena **mem) NONNULL(1);

#endif
