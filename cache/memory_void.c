/* memory_void.c - what goes when something has changed. */
#include "base/buf.h"
#include "cache/memory_store.h"
#include "cache/stamp.h"

enum { QUEUE_MOST = 10000 };

static void void_whole(struct memory_store *store, const struct cache_name *name)
{
	memory_names_raise(&store->names, name);
	store->epoch++;
	heard_name(store->heard, name);
}

static void queue_names(struct buf *queue, const struct cache_name *names, size_t n)
{
	if (queue && n)
		buf_put(queue, names, n * sizeof(*names));
}

/* All that carries the name. What was given there is queued, unless that is NULL. */
static uint64_t void_name(struct memory_store *store, const struct cache_name *name, struct buf *queue)
{
	struct cache_name lapsed[MEMORY_LAPSED_MOST];
	const struct node *node;
	uint64_t removed = 0;

	memory_names_bury(&store->names, name);
	heard_name(store->heard, name);
	queue_names(queue, lapsed, memory_lapsed_take(&store->names.lapsed, name, lapsed));
	for (; (node = memory_names_find(&store->names, name)); removed++) {
		queue_names(queue, node->given, node->n_given);
		memory_remove(store, &node->key);
	}
	return removed;
}

/* Also what was asked by what was given there. Breadth first: so a name has nothing left when it is come upon again, by
 * a way that is no shorter. False: that is too much. */
static bool void_all(struct memory_store *store, const struct cache_name *first, uint64_t *removed)
{
	SCOPED(buf_free) struct buf queue = { 0 };
	struct cache_name name;
	size_t at = 0;

	queue_names(&queue, first, 1);
	for (unsigned depth = 0; at < queue.len; depth++) {
		for (size_t end = queue.len; at < end; at += sizeof(name)) {
			memcpy(&name, queue.data + at, sizeof(name));
			*removed += void_name(store, &name, depth < MEMORY_DEPTH_MOST ? &queue : NULL);
			if (queue.len > QUEUE_MOST * sizeof(name))
				return false;
		}
	}
	return true;
}

void memory_void(struct memory_store *store, struct cache_change *change)
{
	static const struct cache_name all = { STAMP_ALL };
	bool within;

	store->names.tick++;
	if (change->whole) {
		void_whole(store, &change->name);
		return;
	}
	within = void_all(store, &change->name, &change->removed);
	if (memory_lapsed_all(&store->names.lapsed) || !within)
		void_whole(store, &all);
}
