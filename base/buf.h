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

/* Make room for `more` bytes (and a NUL) behind len and return where they go; len is not changed: who writes
 * there adds to it, and keeps data[len] NUL if it will be read as a C string before the next put. */
char *buf_reserve(struct buf *b, size_t more) NONNULL(1) __attribute__((returns_nonnull));
/* Append bytes. */
void buf_put(struct buf *b, const void *bytes, size_t n) NONNULL(1);
/* Append a view. */
void buf_put_str(struct buf *b, struct str s) NONNULL(1);
/* Append a C string. */
void buf_puts(struct buf *b, const char *text) NONNULL(1, 2);
/* Append one byte. */
void buf_putc(struct buf *b, char c) NONNULL(1);
/* Append formatted text. */
void buf_printf(struct buf *b, const char *fmt, ...) NONNULL(1, 2) PRINTF_LIKE(2, 3);
/* The contents as a view, valid until the next put. */
struct str buf_str(const struct buf *b) NONNULL(1);
/* Give the heap block to the caller (free() it) and empty the buffer. Never NULL: "" when empty. */
char *buf_take(struct buf *b, size_t *len_out) NONNULL(1) __attribute__((returns_nonnull));
/* Wipe with zeros and free; usable with SCOPED. */
void buf_free(struct buf *b) NONNULL(1);

#endif
