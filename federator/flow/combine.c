/* combine.c - the keys of a query that an earlier part gives together: gathered as combinations, so that a row of
 * another combination is neither asked for, where that can be said, nor kept. */
#include <stdlib.h>

#include "federator/flow/request.h"
#include "federator/view/tuples.h"
#include "metadata/plan.h"

enum { KEYS_MOST = 32 }; /* of one query, far more than the schema lets stand in by */

/* One set in the making. */
struct gathering {
	struct run *run;
	uint32_t mask; /* bit per key of the query */
	size_t at[KEYS_MOST]; /* the keys in it, as indexes of query->by */
	size_t n_keys;
	bool counting; /* collect values; else tuples */
	struct str *values;
	size_t n, room;
	struct str now[KEYS_MOST];
};

/* Which required keys of the query does the part give? What the question starts from is the same in every row. */
static uint32_t given_mask(const struct run *run, const struct part *giver)
{
	const struct query *q = run->query;
	uint32_t mask = 0;

	for (size_t k = 0; k < q->n_by && k < KEYS_MOST; k++) {
		const struct key *key = q->by[k].key;

		if (!q->by[k].optional && key != run->flow->world->cat->identity &&
		    !run_asked(run, key) && plan_part_gives(giver, key) &&
		    plan_part_proves(run->part, key))
			mask |= UINT32_C(1) << k;
	}
	return mask;
}

/* Two keys or more, and no other part gives these and more. */
static bool is_set(const struct run *run, uint32_t mask)
{
	for (size_t i = 0; i < run->n_after; i++) {
		uint32_t other = given_mask(run, run->after[i]->part);

		if (other != mask && (other & mask) == mask)
			return false;
	}
	return __builtin_popcount(mask) >= 2;
}

static bool in_play(const struct key_set *rk, struct str value)
{
	for (size_t v = 0; v < rk->n; v++)
		if (str_eq(rk->values[v], value))
			return true;
	return false;
}

static void take(struct gathering *g)
{
	for (size_t k = 0; k < g->n_keys; k++) {
		struct key_set *rk = &g->run->keys[g->at[k]];

		if (g->counting)
			run_add_value(rk, g->now[k]);
		else if (!in_play(rk, g->now[k]))
			return;
	}
	if (g->counting)
		g->room++;
	else
		memcpy(&g->values[g->n++ * g->n_keys], g->now, g->n_keys * sizeof(*g->now));
}

/* Every combination of what the row gives of the keys from `k` on; a row that lacks one of them gives none. */
static void take_row(struct gathering *g, struct fact *fact, uint32_t row, size_t k)
{
	if (k == g->n_keys) {
		take(g);
		return;
	}
	for (uint32_t c = 0; c < fact->part->n_columns; c++) {
		if (fact->part->columns[c].gives != g->run->query->by[g->at[k]].key)
			continue;
		g->now[k] = fact_key(fact, row, c, g->run->flow->mem);
		if (g->now[k].p)
			take_row(g, fact, row, k + 1);
	}
}

static void take_all(struct gathering *g, bool counting)
{
	g->counting = counting;
	for (size_t i = 0; i < g->run->n_after; i++) {
		struct fact *fact = &g->run->after[i]->fact;

		for (uint32_t r = 0; given_mask(g->run, fact->part) == g->mask && r < fact_rows(fact); r++)
			take_row(g, fact, r, 0);
	}
}

static int by_values(const void *a, const void *b, void *n_keys)
{
	return tuple_cmp(a, b, *(const size_t *)n_keys);
}

static void drop_repeated(struct gathering *g)
{
	size_t kept = 0;

	qsort_r(g->values, g->n, g->n_keys * sizeof(*g->values), by_values, &g->n_keys);
	for (size_t i = 0; i < g->n; i++) {
		struct str *one = &g->values[i * g->n_keys];

		if (kept && tuple_cmp(&g->values[(kept - 1) * g->n_keys], one, g->n_keys) == 0)
			continue;
		memmove(&g->values[kept++ * g->n_keys], one, g->n_keys * sizeof(*one));
	}
	g->n = kept;
}

static struct tuple_set make_set(struct run *run, uint32_t mask)
{
	struct arena *mem = run->flow->mem;
	struct gathering g = { .run = run, .mask = mask };
	const struct key **keys = arena_array_of(mem, const struct key *, run->query->n_by);

	for (size_t k = 0; k < run->query->n_by && k < KEYS_MOST; k++) {
		if (!(mask & (UINT32_C(1) << k)))
			continue;
		keys[g.n_keys] = run->query->by[k].key;
		g.at[g.n_keys++] = k;
		if (!run->keys[k].values)
			run->keys[k].values = arena_array_of(mem, struct str, keys[g.n_keys - 1]->values + 1);
	}
	take_all(&g, true); /* first all values that may be in play, then what can be made of them */
	g.values = arena_array_of(mem, struct str, g.room * g.n_keys + 1);
	take_all(&g, false);
	drop_repeated(&g);
	return (struct tuple_set){ .keys = keys, .n_keys = g.n_keys, .values = g.values, .n = g.n };
}

void combine_gather(struct run *run)
{
	struct arena *mem = run->flow->mem;
	uint32_t *masks = arena_array_of(mem, uint32_t, run->n_after + 1);
	struct tuple_set *sets = arena_array_of(mem, struct tuple_set, run->n_after + 1);
	struct tuples *all = arena_new_of(mem, struct tuples);

	*all = (struct tuples){ .of = sets };
	for (size_t i = 0; i < run->n_after; i++) {
		uint32_t mask = given_mask(run, run->after[i]->part);
		bool known = !is_set(run, mask);

		for (size_t s = 0; s < all->n && !known; s++)
			known = masks[s] == mask;
		if (known)
			continue;
		masks[all->n] = mask;
		sets[all->n++] = make_set(run, mask);
	}
	run->fact.tuples = all->n ? all : NULL;
}

const struct tuples *combine_copy(const struct tuples *tuples, struct arena *mem)
{
	struct tuple_set *sets;
	struct tuples *copy;

	if (!tuples)
		return NULL;
	sets = arena_array_of(mem, struct tuple_set, tuples->n);
	copy = arena_new_of(mem, struct tuples);
	*copy = (struct tuples){ .of = sets, .n = tuples->n };
	for (size_t s = 0; s < tuples->n; s++) {
		const struct tuple_set *from = &tuples->of[s];
		const struct key **keys = arena_array_of(mem, const struct key *, from->n_keys);
		struct str *values = arena_array_of(mem, struct str, from->n * from->n_keys + 1);

		memcpy(keys, from->keys, from->n_keys * sizeof(const struct key *));
		for (size_t v = 0; v < from->n * from->n_keys; v++)
			values[v] = arena_str(mem, from->values[v]);
		sets[s] = (struct tuple_set){ .keys = keys, .n_keys = from->n_keys, .values = values, .n = from->n };
	}
	return copy;
}

/* Is the row of combinations that were given, by every set? */
static bool is_given(struct fact *fact, uint32_t row, struct arena *mem)
{
	for (size_t s = 0; s < fact->tuples->n; s++) {
		struct str now[KEYS_MOST];
		struct tuple_seek seek = { .set = &fact->tuples->of[s], .fact = fact, .mem = mem, .now = now };

		if (!tuple_seek(&seek, row, &(size_t){ 0 }))
			return false;
	}
	return true;
}

void combine_keep(struct fact *fact, struct arena *mem)
{
	const struct rows *rows = fact->rows;
	struct rows *kept;
	struct str *cells;

	if (!fact->tuples || fact_rows(fact) == 0)
		return;
	kept = arena_new_of(mem, struct rows);
	cells = arena_array_of(mem, struct str, (size_t)rows->n_rows * rows->n_cols);
	*kept = *rows;
	kept->cells = cells;
	kept->n_rows = 0;
	for (uint32_t r = 0; r < rows->n_rows; r++)
		if (is_given(fact, r, mem))
			memcpy(&cells[(size_t)kept->n_rows++ * rows->n_cols], &rows->cells[(size_t)r * rows->n_cols],
			       rows->n_cols * sizeof(*cells));
	if (kept->n_rows == rows->n_rows)
		return;
	fact->rows = kept;
	fact->keys = NULL;
}

uint64_t combine_asked(const struct query *query, const struct key_set *keys, const struct tuples *tuples)
{
	uint64_t asked = 0;

	for (size_t k = 0; k < query->n_by; k++)
		asked += keys[k].n;
	for (size_t s = 0; tuples && s < tuples->n; s++) {
		uint64_t product = 1;

		for (size_t k = 0; k < query->n_by; k++)
			if (tuple_has_key(&tuples->of[s], keys[k].key) && product < UINT32_MAX)
				product *= keys[k].n;
		asked += product;
	}
	return asked;
}
