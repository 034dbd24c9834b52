#include "base/counter.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	SHARDS = 8,      /* threads beyond share: still right, a little slower */
	LINE_BYTES = 64, /* of the processor's cache: shards share none */
	PER_LINE = LINE_BYTES / sizeof(uint64_t),
};

struct counters {
	size_t n;
	size_t stride; /* from shard to shard: `n` up to whole lines */
	_Alignas(LINE_BYTES) _Atomic uint64_t of[];
};

/* Of this thread; the first one to add gets the first shard. */
static size_t shard(void)
{
	static _Atomic size_t threads;
	static _Thread_local size_t mine; /* plus one; 0: none yet */

	if (mine == 0)
		mine = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % SHARDS + 1;
	return mine - 1;
}

struct counters *counters_new(size_t n)
{
	size_t stride = (n + PER_LINE - 1) / PER_LINE * PER_LINE;
	size_t bytes = sizeof(struct counters) + SHARDS * stride * sizeof(uint64_t);
	struct counters *c = aligned_alloc(LINE_BYTES, bytes);

	static_assert(sizeof(struct counters) % LINE_BYTES == 0, "the size is a multiple of the alignment");
	if (!c)
		abort();
	c->n = n;
	c->stride = stride;
	for (size_t i = 0; i < SHARDS * stride; i++)
		atomic_init(&c->of[i], 0);
	return c;
}

void counters_free(struct counters **c)
{
	free(*c);
	*c = NULL;
}

void counters_add(struct counters *c, size_t which, int64_t step)
{
	assert(which < c->n);
	atomic_fetch_add_explicit(&c->of[shard() * c->stride + which], (uint64_t)step, memory_order_relaxed);
}

uint64_t counters_sum(const struct counters *c, size_t which)
{
	uint64_t sum = 0;

	assert(which < c->n);
	for (size_t i = 0; i < SHARDS; i++)
		sum += atomic_load_explicit(&c->of[i * c->stride + which], memory_order_relaxed);
	return sum;
}
