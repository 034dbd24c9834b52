#include "tests/cache/property/truth.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"

enum { COMMITS = 32 };

/* An invalidation that other nodes may not know yet. */
struct commit {
	uint64_t at_us;
	uint32_t version;
	unsigned node;
};

struct cell {
	uint32_t version;
	uint32_t known; /* everywhere */
	struct commit last[COMMITS];
	unsigned next;
};

struct truth {
	pthread_mutex_t lock; /* over everything below */
	uint64_t bound_us;
	unsigned customers;
	struct cell cells[];
};

struct truth *truth_new(unsigned customers, uint64_t bound_us)
{
	struct truth *t = memory_new(sizeof(*t) + (size_t)customers * PARTS * sizeof(t->cells[0]));

	if (pthread_mutex_init(&t->lock, NULL) != 0)
		abort();
	t->bound_us = bound_us;
	t->customers = customers;
	return t;
}

void truth_free(struct truth **t)
{
	pthread_mutex_destroy(&(*t)->lock);
	free(*t);
	*t = NULL;
}

static struct cell *lock_cell(struct truth *t, unsigned customer, unsigned part)
{
	if (customer >= t->customers || part >= PARTS)
		abort();
	pthread_mutex_lock(&t->lock);
	return &t->cells[customer * PARTS + part];
}

uint32_t truth_read(struct truth *t, unsigned customer, unsigned part)
{
	uint32_t version = lock_cell(t, customer, part)->version;

	pthread_mutex_unlock(&t->lock);
	return version;
}

void truth_write(struct truth *t, unsigned customer, unsigned part)
{
	lock_cell(t, customer, part)->version++;
	pthread_mutex_unlock(&t->lock);
}

/* What leaves the ring early is not asked for any more: that makes the test weaker for a moment, never wrong. */
void truth_void(struct truth *t, unsigned customer, unsigned part, uint32_t version, unsigned node)
{
	struct cell *cell = lock_cell(t, customer, part);
	struct commit *commit = &cell->last[cell->next++ % COMMITS];
	uint64_t now_us = clock_mono_us();

	if (commit->at_us + t->bound_us <= now_us && commit->version > cell->known)
		cell->known = commit->version;
	*commit = (struct commit){ now_us, version, node };
	pthread_mutex_unlock(&t->lock);
}

uint32_t truth_least(struct truth *t, unsigned customer, unsigned part, unsigned node)
{
	const struct cell *cell = lock_cell(t, customer, part);
	uint64_t now_us = clock_mono_us();
	uint32_t least = cell->known;

	for (unsigned i = 0; i < COMMITS; i++) {
		const struct commit *commit = &cell->last[i];

		if ((commit->node == node || commit->at_us + t->bound_us <= now_us) && commit->version > least)
			least = commit->version;
	}
	pthread_mutex_unlock(&t->lock);
	return least;
}
