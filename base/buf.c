#include "base/buf.h"

#include <assert.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { FIRST_CAP = 128 };

struct buf buf_over(char *bytes, size_t cap)
{
	return (struct buf){ .data = bytes, .cap = cap, .lent = true };
}

static void wipe(struct buf *b, size_t bytes)
{
	if (!b->data)
		return;
	explicit_bzero(b->data, bytes);
	if (!b->lent)
		free(b->data);
}

/* Not realloc: it would leave the old bytes unwiped on the heap. */
static void grow(struct buf *b, size_t cap)
{
	char *data = memory_raw(cap);

	if (b->data)
		memcpy(data, b->data, b->len);
	wipe(b, b->cap);
	*b = (struct buf){ .data = data, .len = b->len, .cap = cap };
}

char *buf_reserve_more(struct buf *b, size_t more)
{
	size_t need, cap = b->cap ? b->cap : FIRST_CAP;

	if (more > SIZE_MAX / 2 - b->len - 1)
		abort();
	need = b->len + more + 1;
	while (cap < need)
		cap *= 2;
	if (cap != b->cap)
		grow(b, cap);
	b->data[b->len] = '\0';
	return b->data + b->len;
}

void buf_put(struct buf *b, const void *bytes, size_t n)
{
	char *to = buf_reserve(b, n);

	if (n)
		memcpy(to, bytes, n);
	buf_add(b, n);
}

void buf_put_str(struct buf *b, struct str s)
{
	buf_put(b, s.p, s.n);
}

void buf_puts(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list args;
	char *to;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		abort();
	to = buf_reserve(b, (size_t)n);
	va_start(args, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, args);
	va_end(args);
	b->len += (size_t)n;
}

struct str buf_str(const struct buf *b)
{
	return (struct str){ b->data ? b->data : "", b->len };
}

char *buf_take(struct buf *b, size_t *len_out)
{
	char *data;

	assert(!b->lent);
	*buf_reserve(b, 0) = '\0';
	data = b->data;
	if (len_out)
		*len_out = b->len;
	*b = (struct buf){ 0 };
	return data;
}

void buf_free(struct buf *b)
{
	wipe(b, b->cap);
	*b = (struct buf){ 0 };
}

/* The whole of it: a buffer that was taken had more room than bytes. */
void buf_taken_free(void *bytes)
{
	if (bytes)
		explicit_bzero(bytes, malloc_usable_size(bytes));
	free(bytes);
}
