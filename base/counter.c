#include "base/counter.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
	OWN = 8,         /* shards that one thread has alone: the first ones to add */
	SHARDS = 16,     /* all other threads share the others: still right, a little slower */
	LINE_BYTES = 64, /* of the processor's cache: shards share none */
	PER_LINE = LINE_BYTES / sizeof(uint64_t),
};

struct counters {
	size_t n;
	size_t stride; /* from shard to shard: `n` up to whole lines */
	_Alignas(LINE_BYTES) _Atomic uint64_t of[];
};

/* Of this thread, for its life; the first one to add gets the first shard. */
static size_t shard(void)
{
	static _Atomic size_t threads;
	static _Thread_local size_t mine; /* plus one; 0: none yet */

	if (mine == 0) {
		mine = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) + 1;
		mine = mine <= OWN ? mine : OWN + mine % (SHARDS - OWN) + 1;
	}
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
	size_t mine = shard();
	_Atomic uint64_t *counter = &c->of[mine * c->stride + which];

	assert(which < c->n);
	if (mine < OWN) /* nobody else writes it */
		atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + (uint64_t)step,
				      memory_order_relaxed);
	else
		atomic_fetch_add_explicit(counter, (uint64_t)step, memory_order_relaxed);
}

uint64_t counters_sum(const struct counters *c, size_t which)
{
	uint64_t sum = 0;

	assert(which < c->n);
	for (size_t i = 0; i < SHARDS; i++)
		sum += atomic_load_explicit(&c->of[i * c->stride + which], memory_order_relaxed);
	return sum;
}
