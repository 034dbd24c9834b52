/* buf.h - a growing byte buffer on the heap. One thread at a time. Without memory: as arena.h. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"

/* Zero-initialise it to begin: `struct buf out = {0};`. data[len] is always NUL once anything was put. */
struct buf {
	char *data;
	size_t len;
	size_t cap;
	bool lent; /* data is the caller's, of buf_over() */
};

/* A buffer that begins in `cap` bytes of the caller's, and leaves them for the heap when they do not do. They are wiped
 * then, and with buf_free(). Not for buf_take(). */
struct buf buf_over(char *bytes, size_t cap) NONNULL(1);

/* As buf_reserve(), which calls it when there is too little room. */
char *buf_reserve_more(struct buf *b, size_t more) NONNULL(1) __attribute__((returns_nonnull));

/* Make room for `more` bytes (and a NUL) behind len and return where they go; len is not changed: who writes
 * there says so with buf_add(), or adds to len and keeps data[len] NUL. */
static inline char *buf_reserve(struct buf *b, size_t more)
{
	if (more >= b->cap - b->len) /* one more for the NUL */
		return buf_reserve_more(b, more);
	b->data[b->len] = '\0';
	return b->data + b->len;
}

/* `n` bytes were written where buf_reserve() said. */
static inline void buf_add(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

/* Append bytes. */
void buf_put(struct buf *b, const void *bytes, size_t n) NONNULL(1);
/* Append a view. */
void buf_put_str(struct buf *b, struct str s) NONNULL(1);
/* Append a C string. */
void buf_puts(struct buf *b, const char *text) NONNULL(1, 2);
/* Append one byte. */
static inline void buf_putc(struct buf *b, char c)
{
	*buf_reserve(b, 1) = c;
	buf_add(b, 1);
}

/* Append formatted text. */
void buf_printf(struct buf *b, const char *fmt, ...) NONNULL(1, 2) PRINTF_LIKE(2, 3);
/* The contents as a view, valid until the next put. */
struct str buf_str(const struct buf *b) NONNULL(1);
/* Give the heap block to the caller (free() it, or buf_taken_free()) and empty the buffer. Never NULL: "" when
 * empty. */
char *buf_take(struct buf *b, size_t *len_out) NONNULL(1) __attribute__((returns_nonnull));
/* Wipe and free what buf_take() gave. Accepts NULL. */
void buf_taken_free(void *bytes);
/* Wipe with zeros and free; usable with SCOPED. */
void buf_free(struct buf *b) NONNULL(1);

#endif
