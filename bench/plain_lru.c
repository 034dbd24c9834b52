#include "bench/plain_lru.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

/* A ring through a head (at n_keys): newest behind it, oldest in front of it. */
struct link {
	size_t older, newer;
	bool in;
};

struct plain_lru {
	struct link *links;
	size_t head, entries, max_entries;
};

struct plain_lru *plain_lru_new(size_t max_entries, size_t n_keys)
{
	struct plain_lru *lru = memory_new(sizeof(*lru));

	*lru = (struct plain_lru){ .head = n_keys, .max_entries = max_entries };
	lru->links = memory_new_array(n_keys + 1, sizeof(struct link));
	lru->links[n_keys] = (struct link){ .older = n_keys, .newer = n_keys };
	return lru;
}

void plain_lru_free(struct plain_lru **lru)
{
	free((*lru)->links);
	free(*lru);
	*lru = NULL;
}

static void take_out(struct plain_lru *lru, size_t key)
{
	struct link *link = &lru->links[key];

	lru->links[link->older].newer = link->newer;
	lru->links[link->newer].older = link->older;
	link->in = false;
	lru->entries--;
}

static void put_newest(struct plain_lru *lru, size_t key)
{
	struct link *head = &lru->links[lru->head];

	lru->links[key] = (struct link){ .older = head->older, .newer = lru->head, .in = true };
	lru->links[head->older].newer = key;
	head->older = key;
	lru->entries++;
}

bool plain_lru_ask(struct plain_lru *lru, size_t key)
{
	bool was_in;

	assert(key < lru->head);
	was_in = lru->links[key].in;
	if (was_in)
		take_out(lru, key);
	put_newest(lru, key);
	if (lru->entries > lru->max_entries)
		take_out(lru, lru->links[lru->head].newer);
	return was_in;
}
