/* plan_resolve.c - the plan from an asked key to the identity. */
#include "metadata/plan.h"

#define FAR UINT32_MAX

/* Can this query be asked when only `key` is known? */
static bool askable_by(const struct query *q, const struct key *key)
{
	bool used = false;

	for (size_t i = 0; i < q->n_by; i++) {
		if (q->by[i].key == key)
			used = true;
		else if (!q->by[i].optional)
			return false;
	}
	return used;
}

static const struct query *query_by(const struct part *part, const struct key *key)
{
	for (size_t i = 0; i < part->n_queries; i++)
		if (askable_by(&part->queries[i], key))
			return &part->queries[i];
	return NULL;
}

/* The nearest key, by `far`, that the part gives. */
static uint32_t nearest_given(const struct part *part, const uint32_t *far)
{
	uint32_t best = FAR;

	for (size_t i = 0; i < part->n_columns; i++) {
		const struct key *k = part->columns[i].gives;

		if (k && far[k->index] < best)
			best = far[k->index];
	}
	return best;
}

/* far[key] = how many parts lie between the key and the identity at least. */
static uint32_t *distances(const struct catalog *cat, struct arena *mem)
{
	uint32_t *far = arena_array_of(mem, uint32_t, cat->n_keys);
	bool moved = true;

	for (size_t i = 0; i < cat->n_keys; i++)
		far[i] = FAR;
	far[cat->identity->index] = 0;
	while (moved) {
		moved = false;
		for (size_t k = 0; k < cat->n_keys; k++) {
			if (cat->keys[k].role == KEY_ITEM)
				continue;
			for (size_t p = 0; p < cat->n_parts; p++) {
				uint32_t d = nearest_given(&cat->parts[p], far);

				if (d != FAR && d + 1 < far[k] &&
				    query_by(&cat->parts[p], &cat->keys[k])) {
					far[k] = d + 1;
					moved = true;
				}
			}
		}
	}
	return far;
}

static void add_step(struct plan *plan, const struct part *part, const struct query *query,
		     const struct key *waits_for, struct arena *mem)
{
	uint32_t *after = arena_array_of(mem, uint32_t, plan->n_steps + 1);
	size_t n = 0;

	for (size_t i = 0; i < plan->n_steps; i++)
		if (waits_for && plan_part_gives(plan->steps[i].part, waits_for))
			after[n++] = (uint32_t)i;
	plan_append(plan, (struct plan_step){ .part = part, .query = query, .after = after, .n_after = n }, mem);
}

static struct plan plan_confirm(const struct catalog *cat, struct arena *mem)
{
	struct plan plan = { 0 };

	for (size_t p = 0; p < cat->n_parts; p++) {
		const struct part *part = &cat->parts[p];
		const struct query *q = query_by(part, cat->identity);

		if (q && !part->find_only && !part->consent && plan_part_gives(part, cat->identity))
			add_step(&plan, part, q, NULL, mem);
	}
	return plan;
}

struct plan plan_resolve(const struct catalog *cat, const struct key *asked, struct arena *mem)
{
	uint32_t *far;
	struct plan plan = { 0 };
	const struct key **front;
	size_t n_front = 1;

	if (asked == cat->identity)
		return plan_confirm(cat, mem);
	far = distances(cat, mem);
	if (far[asked->index] == FAR)
		return plan;
	front = arena_array_of(mem, const struct key *, cat->n_keys + 1);
	front[0] = asked;
	for (size_t at = 0; at < n_front; at++) {
		const struct key *k = front[at];

		for (size_t p = 0; p < cat->n_parts; p++) {
			const struct part *part = &cat->parts[p];
			const struct query *q = query_by(part, k);

			if (!q || nearest_given(part, far) >= far[k->index])
				continue;
			add_step(&plan, part, q, at ? k : NULL, mem);
			for (size_t c = 0; c < part->n_columns; c++) {
				const struct key *g = part->columns[c].gives;
				bool seen = g == NULL || far[g->index] == 0 ||
					    far[g->index] >= far[k->index];

				for (size_t i = 0; i < n_front && !seen; i++)
					seen = front[i] == g;
				if (!seen)
					front[n_front++] = g;
			}
		}
	}
	return plan;
}
