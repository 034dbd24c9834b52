#include "base/arena.h"

#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/handoff.h"
#include "base/memory.h"

enum {
	FIRST_BLOCK_BYTES = 4 * 1024,
	LAST_BLOCK_BYTES = 256 * 1024,
	ALIGNMENT = _Alignof(max_align_t),
	SHELVES = 4, /* blocks of 4, 8, 16 and 32 KiB are kept for the next arena */
	SHELF_BLOCKS = 64,
	SLOTS = 4, /* of them within reach of an exchange, without the lock */
};

struct block {
	struct block *next;
	size_t used;
	size_t bytes;
	_Alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct block *blocks; /* the first one is being filled; the arena itself lies in the oldest */
	size_t block_bytes; /* of the next block */
	size_t used;
};

/* Wiped blocks of one size. Arenas are made and ended by different threads, where malloc() would have to settle
 * between its heaps. */
static struct {
	_Atomic(struct block *) slots[SLOTS];
	pthread_mutex_t lock;
	struct block *first;
	size_t n;
} shelves[SHELVES] = { { .lock = PTHREAD_MUTEX_INITIALIZER },
		       { .lock = PTHREAD_MUTEX_INITIALIZER },
		       { .lock = PTHREAD_MUTEX_INITIALIZER },
		       { .lock = PTHREAD_MUTEX_INITIALIZER } };

/* Of the blocks that arenas have. */
static _Atomic uint64_t used_bytes;

/* The shelf for blocks of `bytes`; SHELVES: none. */
static size_t shelf_of(size_t bytes)
{
	size_t i = 0;

	while (i < SHELVES && bytes != (size_t)FIRST_BLOCK_BYTES << i)
		i++;
	return i;
}

static struct block *slot_take(size_t i)
{
	for (size_t s = 0; s < SLOTS; s++) {
		_Atomic(struct block *) *slot = &shelves[i].slots[s];
		struct block *b = atomic_load_explicit(slot, memory_order_relaxed) ? atomic_exchange(slot, NULL) : NULL;

		if (b) {
			handoff_take(b);
			return b;
		}
	}
	return NULL;
}

static bool slot_put(size_t i, struct block *b)
{
	handoff_give(b);
	for (size_t s = 0; s < SLOTS; s++) {
		struct block *none = NULL;

		if (!atomic_load_explicit(&shelves[i].slots[s], memory_order_relaxed) &&
		    atomic_compare_exchange_strong(&shelves[i].slots[s], &none, b))
			return true;
	}
	return false;
}

static struct block *shelf_take(size_t i)
{
	struct block *b;

	if (i == SHELVES)
		return NULL;
	b = slot_take(i);
	if (b)
		return b;
	pthread_mutex_lock(&shelves[i].lock);
	b = shelves[i].first;
	if (b) {
		shelves[i].first = b->next;
		shelves[i].n--;
	}
	pthread_mutex_unlock(&shelves[i].lock);
	return b;
}

/* False: the shelf is full. */
static bool shelf_put(size_t i, struct block *b)
{
	bool room;

	if (i == SHELVES)
		return false;
	if (slot_put(i, b))
		return true;
	pthread_mutex_lock(&shelves[i].lock);
	room = shelves[i].n < SHELF_BLOCKS - SLOTS;
	if (room) {
		b->next = shelves[i].first;
		shelves[i].first = b;
		shelves[i].n++;
	}
	pthread_mutex_unlock(&shelves[i].lock);
	return room;
}

/* All zeros behind the head, fresh or from the shelf. */
static struct block *block_new(size_t bytes)
{
	struct block *b = shelf_take(shelf_of(bytes));

	atomic_fetch_add_explicit(&used_bytes, bytes, memory_order_relaxed);
	if (b) {
		b->next = NULL;
		b->used = 0;
		return b;
	}
	if (bytes > SIZE_MAX - sizeof(*b))
		abort();
	b = memory_new(sizeof(*b) + bytes);
	b->bytes = bytes;
	ASAN_POISON_MEMORY_REGION(b->data, bytes);
	return b;
}

static void block_wipe_free(struct block *b)
{
	atomic_fetch_sub_explicit(&used_bytes, b->bytes, memory_order_relaxed);
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->bytes);
	explicit_bzero(b->data, b->used);
	ASAN_POISON_MEMORY_REGION(b->data, b->bytes);
	if (shelf_put(shelf_of(b->bytes), b))
		return;
	ASAN_UNPOISON_MEMORY_REGION(b->data, b->bytes);
	free(b);
}

/* `step` bytes of a block that has them. */
static void *block_cut(struct block *b, size_t step, size_t bytes)
{
	void *p = b->data + b->used;

	b->used += step;
	ASAN_UNPOISON_MEMORY_REGION(p, bytes);
	return p;
}

static size_t aligned(size_t bytes)
{
	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

struct arena *arena_new(void)
{
	struct block *b = block_new(FIRST_BLOCK_BYTES);
	struct arena *mem = block_cut(b, aligned(sizeof(*mem)), sizeof(*mem));

	*mem = (struct arena){ .blocks = b, .block_bytes = 2 * FIRST_BLOCK_BYTES };
	return mem;
}

/* So many, or the next size that is kept for the next arena. */
static size_t kept_size(size_t bytes)
{
	for (size_t i = 0; i < SHELVES; i++)
		if (bytes <= (size_t)FIRST_BLOCK_BYTES << i)
			return (size_t)FIRST_BLOCK_BYTES << i;
	return bytes;
}

/* A block with room for `bytes`. What is large gets its own, behind the one being filled, so that the
 * rest of that one is not lost. */
static struct block *block_for(struct arena *mem, size_t bytes)
{
	struct block *top = mem->blocks, *b;

	if (top->bytes - top->used >= bytes)
		return top;
	if (bytes > mem->block_bytes / 4) {
		b = block_new(kept_size(bytes));
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
	size_t step;

	if (bytes > SIZE_MAX - ALIGNMENT)
		abort();
	/* Never zero, so that two allocations never share an address. */
	step = aligned(bytes + !bytes);
	mem->used += bytes;
	return block_cut(block_for(mem, step), step, bytes);
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

struct arena_totals arena_totals(void)
{
	struct arena_totals t = { .used_bytes = atomic_load_explicit(&used_bytes, memory_order_relaxed) };

	for (size_t i = 0; i < SHELVES; i++) {
		size_t n = 0;

		for (size_t s = 0; s < SLOTS; s++)
			n += atomic_load(&shelves[i].slots[s]) != NULL;
		pthread_mutex_lock(&shelves[i].lock);
		n += shelves[i].n;
		pthread_mutex_unlock(&shelves[i].lock);
		t.kept_bytes += n * ((size_t)FIRST_BLOCK_BYTES << i);
	}
	return t;
}

void arena_wipe_free(struct arena **memp)
{
	struct arena *mem = *memp;

	if (!mem)
		return;
	*memp = NULL; /* first: the pointer may live in the arena itself */
	for (struct block *b = mem->blocks, *next; b; b = next) { /* one of them holds the arena */
		next = b->next;
		block_wipe_free(b);
	}
}
