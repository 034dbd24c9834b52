/* check_keys.c - keys that one part gives together and another is asked by: every row must say which of them it
 * carries, or rows of other combinations, which are other customers', could not be told. */
#include "metadata/check.h"

#include "metadata/plan.h"

/* Is the key required, and not the customer's own, which stays the same? */
static bool combines(const struct build *b, const struct by_key *by)
{
	return !by->optional && by->key != b->cat->identity;
}

/* Another part that gives both keys; NULL: none. */
static const struct part *giver_of_both(const struct build *b, const struct part *self, const struct key *one,
					const struct key *other)
{
	for (size_t p = 0; p < b->cat->n_parts; p++) {
		const struct part *part = &b->cat->parts[p];

		if (part != self && plan_part_gives(part, one) && plan_part_gives(part, other))
			return part;
	}
	return NULL;
}

static void check_key(struct build *b, const struct part *part, const struct query *q, const struct key *unproved)
{
	for (size_t i = 0; i < q->n_by; i++) {
		const struct key *other = q->by[i].key;
		const struct part *giver;

		if (other == unproved || !combines(b, &q->by[i]))
			continue;
		giver = giver_of_both(b, part, unproved, other);
		if (!giver)
			continue;
		diag_add(b->ds, "M0228", q->at, "select the key and declare its column with proves=\"...\"",
			 "part `%s` gives `%s` and `%s` together, but no column of part `%s` proves `%s`", giver->name,
			 unproved->name, other->name, part->name, unproved->name);
		return;
	}
}

void check_keys(struct build *b)
{
	for (size_t p = 0; p < b->cat->n_parts; p++) {
		const struct part *part = &b->cat->parts[p];

		for (size_t q = 0; q < part->n_queries; q++)
			for (size_t i = 0; i < part->queries[q].n_by; i++)
				if (combines(b, &part->queries[q].by[i]) &&
				    !plan_part_proves(part, part->queries[q].by[i].key))
					check_key(b, part, &part->queries[q], part->queries[q].by[i].key);
	}
}
