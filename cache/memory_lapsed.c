/* memory_lapsed.c - what copies gave that went for want of room or time. A copy asked by a value that such a one gave
 * may stay longer than it, and has to go with its customer all the same. */
#include <stdlib.h>

#include "base/memory.h"
#include "cache/memory_store.h"
#include "cache/name.h"

enum { PLACES = MEMORY_LAPSED_MOST }; /* looked at for one pair */

void memory_lapsed_begin(struct lapsed *lapsed, size_t n)
{
	lapsed->n_pairs = n;
	lapsed->pairs = memory_new_array(n + PLACES, sizeof(*lapsed->pairs));
}

void memory_lapsed_end(struct lapsed *lapsed)
{
	free(lapsed->pairs);
}

/* All pairs of a name lie together, behind its place. */
static struct lapsed_pair *places_of(const struct lapsed *lapsed, const struct cache_name *name)
{
	return &lapsed->pairs[digest_sip(str_of(name->text)) & (lapsed->n_pairs - 1)];
}

static void add_pair(struct lapsed *lapsed, const struct cache_name *name, const struct cache_name *given)
{
	struct lapsed_pair *at = places_of(lapsed, name);

	for (size_t i = 0; i < PLACES; i++) {
		if (!*at[i].name.text) {
			at[i] = (struct lapsed_pair){ *name, *given };
			return;
		}
		if (name_same(&at[i].name, name) && name_same(&at[i].given, given))
			return;
	}
	lapsed->lost = true;
}

void memory_lapsed_add(struct lapsed *lapsed, const struct node *node)
{
	for (size_t n = 0; n < node->n_links; n++)
		for (size_t g = 0; g < node->n_given; g++)
			add_pair(lapsed, &node->links[n].name, &node->given[g]);
}

void memory_lapsed_fill(struct lapsed *lapsed, const struct cache_fill *fill)
{
	for (size_t n = 0; n < fill->n_names; n++)
		for (size_t g = 0; g < fill->n_given; g++)
			add_pair(lapsed, &fill->names[n], &fill->given[g]);
}

size_t memory_lapsed_take(struct lapsed *lapsed, const struct cache_name *name,
			  struct cache_name given[MEMORY_LAPSED_MOST])
{
	struct lapsed_pair *at = places_of(lapsed, name);
	size_t n = 0;

	for (size_t i = 0; i < PLACES; i++) {
		if (!name_same(&at[i].name, name))
			continue;
		given[n++] = at[i].given;
		at[i] = (struct lapsed_pair){ 0 };
	}
	return n;
}

bool memory_lapsed_all(struct lapsed *lapsed)
{
	bool lost = lapsed->lost;

	if (lost)
		memset(lapsed->pairs, 0, (lapsed->n_pairs + PLACES) * sizeof(*lapsed->pairs));
	lapsed->lost = false;
	return lost;
}
