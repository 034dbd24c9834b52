#include <stdlib.h>

#include "base/memory.h"
#include "cache/memory_store.h"
#include "cache/name.h"
#include "cache/stamp.h"

enum { BUCKETS_LEAST = 1024, BUCKETS_MOST = 1 << 20, BYTES_FOR_A_BUCKET = 1024 };

void memory_names_begin(struct names *names, size_t max_bytes)
{
	size_t n = BUCKETS_LEAST;

	while (n < BUCKETS_MOST && n < max_bytes / BYTES_FOR_A_BUCKET)
		n *= 2;
	names->n_buckets = n;
	names->buckets = memory_new_array(n, sizeof(*names->buckets));
	memory_lapsed_begin(&names->lapsed, n);
}

void memory_names_end(struct names *names)
{
	free(names->buckets);
	memory_lapsed_end(&names->lapsed);
}

bool memory_names_copy(struct node *node, const struct cache_fill *fill)
{
	node->links = memory_try((fill->n_names + 1) * sizeof(*node->links));
	node->given = memory_try((fill->n_given + 1) * sizeof(*node->given));
	if (!node->links || !node->given)
		return false;
	for (size_t i = 0; i < fill->n_names; i++)
		node->links[i] = (struct name_link){ .name = fill->names[i], .node = node };
	for (size_t i = 0; i < fill->n_given; i++)
		node->given[i] = fill->given[i];
	node->n_links = fill->n_names;
	node->n_given = fill->n_given;
	return true;
}

static uint64_t hash_of(const struct cache_name *name)
{
	return digest_sip(str_of(name->text));
}

static struct name_link **bucket_of(const struct names *names, const struct cache_name *name)
{
	return &names->buckets[hash_of(name) & (names->n_buckets - 1)];
}

bool memory_names_admit(const struct names *names, const struct node *node, const struct cache_wholes *wholes)
{
	for (size_t i = 0; i < node->n_links; i++)
		if (names->tombs[hash_of(&node->links[i].name) % MEMORY_TOMBS] >= node->began)
			return false;
	return memory_names_floor(names, wholes) < node->began;
}

/* The link in the bucket that points to the name's first, or the NULL link at the end. */
static struct name_link **first_of(const struct names *names, const struct cache_name *name)
{
	struct name_link **link = bucket_of(names, name);

	while (*link && !name_same(&(*link)->name, name))
		link = &(*link)->next;
	return link;
}

static void add_link(struct names *names, struct name_link *link)
{
	struct name_link **at = first_of(names, &link->name), *first = *at;

	if (!first) {
		*at = link;
		return;
	}
	link->before = first;
	link->after = first->after;
	if (link->after)
		link->after->before = link;
	first->after = link;
}

static void remove_link(struct names *names, struct name_link *link)
{
	struct name_link **at;

	if (link->after)
		link->after->before = link->before;
	if (link->before) {
		link->before->after = link->after;
		return;
	}
	at = first_of(names, &link->name);
	if (link->after)
		link->after->next = link->next;
	*at = link->after ? link->after : link->next;
}

void memory_names_add(struct names *names, struct node *node)
{
	for (size_t i = 0; i < node->n_links; i++)
		add_link(names, &node->links[i]);
}

void memory_names_remove(struct names *names, struct node *node)
{
	for (size_t i = 0; i < node->n_links; i++)
		remove_link(names, &node->links[i]);
}

const struct node *memory_names_find(const struct names *names, const struct cache_name *name)
{
	const struct name_link *link = *first_of(names, name);

	return link ? link->node : NULL;
}

void memory_names_bury(struct names *names, const struct cache_name *name)
{
	names->tombs[hash_of(name) % MEMORY_TOMBS] = names->tick;
}

void memory_names_raise(struct names *names, const struct cache_name *name)
{
	static const struct cache_name all = { STAMP_ALL };
	size_t i = 0;

	while (i < names->n_floors && !name_same(&names->floors[i].name, name))
		i++;
	if (name_same(name, &all) || i == MEMORY_FLOORS) {
		names->all = names->tick;
		names->n_floors = 0;
		return;
	}
	names->floors[i] = (struct floor){ *name, names->tick };
	names->n_floors += i == names->n_floors;
}

uint64_t memory_names_floor(const struct names *names, const struct cache_wholes *wholes)
{
	uint64_t most = names->all;

	for (size_t i = 0; i < names->n_floors; i++)
		if ((name_same(&names->floors[i].name, &wholes->source) ||
		     name_same(&names->floors[i].name, &wholes->part)) &&
		    names->floors[i].at > most)
			most = names->floors[i].at;
	return most;
}
