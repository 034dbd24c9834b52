#include "base/arena.h"

#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	FIRST_BLOCK_BYTES = 4 * 1024,
	LAST_BLOCK_BYTES = 256 * 1024,
	ALIGNMENT = _Alignof(max_align_t),
};

struct block {
	struct block *next;
	size_t used;
	size_t bytes;
	_Alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *blocks; /* the first one is being filled */
	size_t block_bytes; /* of the next block */
	size_t used;
};

static struct block *block_new(size_t bytes)
{
	struct block *b;

	if (bytes > SIZE_MAX - sizeof(*b))
		abort();
	b = calloc(1, sizeof(*b) + bytes);
	if (!b)
		abort();
	b->bytes = bytes;
	ASAN_POISON_MEMORY_REGION(b->data, bytes);
	return b;
}

static void block_wipe_free(struct block *b)
{
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->bytes);
	explicit_bzero(b->data, b->used);
	free(b);
}

struct arena *arena_new(void)
{
	struct arena *mem = malloc(sizeof(*mem));

	if (!mem)
		abort();
	*mem = (struct arena){ .blocks = block_new(FIRST_BLOCK_BYTES), .block_bytes = 2 * FIRST_BLOCK_BYTES };
	return mem;
}

/* A block with room for `bytes`. What is large gets its own, behind the one being filled, so that the
 * rest of that one is not lost. */
static struct block *block_for(struct arena *mem, size_t bytes)
{
	struct block *top = mem->blocks, *b;

	if (top->bytes - top->used >= bytes)
		return top;
	if (bytes > mem->block_bytes / 4) {
		b = block_new(bytes);
		b->next = top->next;
		top->next = b;
		return b;
	}
	b = block_new(mem->block_bytes);
	b->next = top;
	mem->blocks = b;
	if (mem->block_bytes < LAST_BLOCK_BYTES)
		mem->block_bytes *= 2;
	return b;
}

void *arena_alloc(struct arena *mem, size_t bytes)
{
	struct block *b;
	size_t step;
	void *p;

	if (bytes > SIZE_MAX - ALIGNMENT)
		abort();
	/* Never zero, so that two allocations never share an address. */
	step = (bytes + !bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	b = block_for(mem, step);
	p = b->data + b->used;
	b->used += step;
	mem->used += bytes;
	ASAN_UNPOISON_MEMORY_REGION(p, bytes);
	return p;
}

void *arena_alloc_array(struct arena *mem, size_t bytes, size_t count)
{
	size_t total;

	if (__builtin_mul_overflow(bytes, count, &total))
		abort();
	return arena_alloc(mem, total);
}

struct str arena_str(struct arena *mem, struct str s)
{
	char *copy;

	if (!s.p)
		return s;
	copy = arena_alloc(mem, s.n + 1);
	memcpy(copy, s.p, s.n);
	return (struct str){ copy, s.n };
}

const char *arena_cstr(struct arena *mem, struct str s)
{
	return s.p ? arena_str(mem, s).p : "";
}

struct str arena_printf(struct arena *mem, const char *fmt, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0)
		abort();
	text = arena_alloc(mem, (size_t)n + 1);
	va_start(args, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, args);
	va_end(args);
	return (struct str){ text, (size_t)n };
}

size_t arena_used(const struct arena *mem)
{
	return mem->used;
}

void arena_wipe_free(struct arena **memp)
{
	struct arena *mem = *memp;

	if (!mem)
		return;
	*memp = NULL; /* first: the pointer may live in the arena itself */
	for (struct block *b = mem->blocks, *next; b; b = next) {
		next = b->next;
		block_wipe_free(b);
	}
	free(mem);
}
