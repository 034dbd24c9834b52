/* plan_resolve.c - the plans from asked keys to the identity. */
#include "metadata/plan.h"

#define FAR UINT32_MAX

static bool among(const struct key *const *keys, size_t n, const struct key *key)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i] == key)
			return true;
	return false;
}

/* Can this query be asked when only these keys are known, and does it need all of them? */
static bool askable_by(const struct query *q, const struct key *const *keys, size_t n)
{
	size_t used = 0;

	for (size_t i = 0; i < q->n_by; i++) {
		if (among(keys, n, q->by[i].key) && !(n > 1 && q->by[i].optional))
			used++;
		else if (!q->by[i].optional)
			return false;
	}
	return used == n;
}

static const struct query *query_by(const struct part *part, const struct key *const *keys, size_t n)
{
	for (size_t i = 0; i < part->n_queries; i++)
		if (askable_by(&part->queries[i], keys, n))
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
				const struct key *key = &cat->keys[k];

				if (d != FAR && d + 1 < far[k] && query_by(&cat->parts[p], &key, 1)) {
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
		const struct query *q = query_by(part, &cat->identity, 1);

		if (q && !part->find_only && !part->consent && plan_part_gives(part, cat->identity))
			add_step(&plan, part, q, NULL, mem);
	}
	return plan;
}

/* A walk that is being planned. */
struct walk {
	const struct catalog *cat;
	const uint32_t *far;
	const struct key **front; /* keys that parts of the plan give, nearest last; each once */
	size_t n_front;
	struct plan plan;
	struct arena *mem;
};

static void meet_key(struct walk *w, const struct key *key, uint32_t far)
{
	if (key && w->far[key->index] > 0 && w->far[key->index] < far && !among(w->front, w->n_front, key))
		w->front[w->n_front++] = key;
}

/* Add the parts that are asked by these keys and give one nearer to the identity than `far`. */
static void walk_from(struct walk *w, const struct key *const *keys, size_t n, uint32_t far,
		      const struct key *waits_for)
{
	for (size_t p = 0; p < w->cat->n_parts; p++) {
		const struct part *part = &w->cat->parts[p];
		const struct query *q = query_by(part, keys, n);

		if (!q || nearest_given(part, w->far) >= far)
			continue;
		add_step(&w->plan, part, q, waits_for, w->mem);
		for (size_t c = 0; c < part->n_columns; c++)
			meet_key(w, part->columns[c].gives, far);
	}
}

/* From keys that are asked together to the identity. */
static struct plan plan_walk(const struct catalog *cat, const uint32_t *far, const struct key *const *keys, size_t n,
			     struct arena *mem)
{
	struct walk w = { .cat = cat,
			  .far = far,
			  .front = arena_array_of(mem, const struct key *, cat->n_keys + 1),
			  .mem = mem };
	uint32_t begin = FAR;

	for (size_t i = 0; i < n; i++)
		begin = far[keys[i]->index] < begin ? far[keys[i]->index] : begin;
	walk_from(&w, keys, n, begin, NULL);
	for (size_t i = 0; i < w.n_front; i++)
		walk_from(&w, &w.front[i], 1, far[w.front[i]->index], w.front[i]);
	return w.plan;
}

struct plan plan_resolve(const struct catalog *cat, const struct key *asked, struct arena *mem)
{
	const uint32_t *far;

	if (asked == cat->identity)
		return plan_confirm(cat, mem);
	far = distances(cat, mem);
	return far[asked->index] == FAR ? (struct plan){ 0 } : plan_walk(cat, far, &asked, 1, mem);
}

/* ---- several keys together ---- */

/* The required keys of a query, when there are several and all of them can be asked. */
static const struct key *const *required_keys(const struct query *q, struct arena *mem, size_t *n_out)
{
	const struct key **keys = arena_array_of(mem, const struct key *, q->n_by + 1);
	bool askable = true;
	size_t n = 0;

	for (size_t i = 0; i < q->n_by; i++) {
		if (q->by[i].optional)
			continue;
		keys[n++] = q->by[i].key;
		askable = askable && q->by[i].key->role != KEY_ITEM && q->by[i].key->role != KEY_IDENTITY;
	}
	*n_out = askable && n > 1 ? n : 0;
	return keys;
}

static bool known_way(const struct way *ways, size_t n_ways, const struct key *const *keys, size_t n)
{
	for (size_t w = 0; w < n_ways; w++) {
		size_t same = 0;

		for (size_t i = 0; i < n; i++)
			same += among(ways[w].keys, ways[w].n_keys, keys[i]);
		if (same == n && n == ways[w].n_keys)
			return true;
	}
	return false;
}

const struct way *plan_ways(const struct catalog *cat, struct arena *mem, size_t *n_out)
{
	const uint32_t *far = distances(cat, mem);
	struct way *ways;
	size_t room = 0, n = 0;

	for (size_t p = 0; p < cat->n_parts; p++)
		room += cat->parts[p].n_queries;
	ways = arena_array_of(mem, struct way, room + 1);
	for (size_t p = 0; p < cat->n_parts; p++)
		for (size_t q = 0; q < cat->parts[p].n_queries; q++) {
			struct way *way = &ways[n];

			way->keys = required_keys(&cat->parts[p].queries[q], mem, &way->n_keys);
			if (!way->n_keys || known_way(ways, n, way->keys, way->n_keys))
				continue;
			way->plan = plan_walk(cat, far, way->keys, way->n_keys, mem);
			n += way->plan.n_steps > 0;
		}
	*n_out = n;
	return ways;
}

/* What is common is nobody's, whatever it is asked by. */
static bool asks_by(const struct plan *plan, const struct key *key)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		for (size_t k = 0; !plan->steps[i].part->common && k < plan->steps[i].query->n_by; k++)
			if (plan->steps[i].query->by[k].key == key)
				return true;
	return false;
}

bool plan_walked(const struct catalog *cat, const struct key *key)
{
	if (cat->resolve[key->index].n_steps)
		return true;
	for (size_t w = 0; w < cat->n_ways; w++)
		if (among(cat->ways[w].keys, cat->ways[w].n_keys, key) || asks_by(&cat->ways[w].plan, key))
			return true;
	for (size_t v = 0; v < cat->n_views; v++)
		for (size_t i = 0; i < cat->views[v].n_by; i++)
			if (asks_by(&cat->views[v].unlinked[i], key))
				return true;
	return false;
}
