/* guard.c - how many rows a part may have: for each asked value what `rows` says, and for each customer one, where
 * single values are taken from it. Which rows are kept does not depend on which came first, where single values are
 * taken; in any case the rows are marked, so that they are not cached and the answer says so. */
#include <stdlib.h>

#include "base/map.h"
#include "federator/flow/request.h"
#include "federator/view/tuples.h"
#include "metadata/plan.h"

uint32_t guard_max_rows(const struct part *part, uint64_t asked)
{
	enum { BEYOND = 64 }; /* read all the same: which rows are kept shall not depend on which came first */
	uint64_t most = part->rows_max * (asked ? asked : 1) + BEYOND;

	return most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

struct guard {
	const struct query *query;
	const struct key_set *keys;
	struct fact *fact;
	struct arena *mem;
	uint32_t **used; /* by key of the query, by value: rows kept */
	uint32_t **room; /* by key: where the row at hand is counted; NULL: nowhere */
	struct tuple_seek *seek; /* by set of keys that were given together: they count as one */
	size_t *tuple; /* by set: of the row at hand */
};

static size_t n_sets(const struct guard *g)
{
	return g->fact->tuples ? g->fact->tuples->n : 0;
}

static bool is_given_together(const struct guard *g, const struct key *key)
{
	for (size_t s = 0; s < n_sets(g); s++)
		if (tuple_has_key(&g->fact->tuples->of[s], key))
			return true;
	return false;
}

/* Of keys that were given together the combination counts. */
static bool tuples_have_room(struct guard *g, uint32_t row)
{
	for (size_t s = 0; s < n_sets(g); s++)
		if (!tuple_seek(&g->seek[s], row, &g->tuple[s]))
			return false;
	return true;
}

/* Find a value of each key that the row carries and that may have one more row. */
static bool has_room(struct guard *g, uint32_t row)
{
	const struct query *q = g->query;
	bool all_optional = true, any = false;

	if (!tuples_have_room(g, row))
		return false;
	for (size_t k = 0; k < q->n_by; k++) {
		const struct key_set *rk = &g->keys[k];
		bool proved = false, counts = !is_given_together(g, rk->key);

		g->room[k] = NULL;
		all_optional = all_optional && q->by[k].optional;
		for (size_t v = 0; v < rk->n && !g->room[k]; v++) {
			if (!fact_row_proves(g->fact, row, rk->key, rk->values[v], g->mem))
				continue;
			proved = true;
			if (!counts || g->used[k][v] < g->fact->part->rows_max)
				g->room[k] = &g->used[k][v];
		}
		any = any || g->room[k];
		if (proved && !g->room[k] && !q->by[k].optional)
			return false;
	}
	return any || !all_optional;
}

static int by_cells(const void *a, const void *b, void *rows)
{
	return rows_cmp(rows, *(const uint32_t *)a, *(const uint32_t *)b);
}

/* The rows in the order in which they are kept: as they came, or the smallest first. */
static uint32_t *keeping_order(const struct guard *g, bool smallest)
{
	struct rows rows = *g->fact->rows;
	uint32_t *order = arena_array_of(g->mem, uint32_t, rows.n_rows);

	for (uint32_t r = 0; r < rows.n_rows; r++)
		order[r] = r;
	if (smallest)
		qsort_r(order, rows.n_rows, sizeof(*order), by_cells, &rows);
	return order;
}

/* Has a value that the row carries no row that is kept? */
static bool bares(const struct guard *g, uint32_t row)
{
	for (size_t k = 0; k < g->query->n_by; k++)
		for (size_t v = 0; v < g->keys[k].n; v++)
			if (!g->used[k][v] &&
			    fact_row_proves(g->fact, row, g->keys[k].key, g->keys[k].values[v], g->mem))
				return true;
	return false;
}

static void cut(struct guard *g, bool smallest)
{
	uint32_t n_rows = g->fact->rows->n_rows, n = 0;
	bool *kept = arena_array_of(g->mem, bool, n_rows);
	const uint32_t *order = keeping_order(g, smallest);
	unsigned flags = ROWS_CUT;
	struct rows *rest;

	for (uint32_t i = 0; i < n_rows; i++) {
		if (!has_room(g, order[i]))
			continue;
		kept[order[i]] = true;
		n++;
		for (size_t k = 0; k < g->query->n_by; k++)
			if (g->room[k])
				++*g->room[k];
		for (size_t s = 0; s < n_sets(g); s++)
			g->seek[s].used[g->tuple[s]]++;
	}
	if (n == n_rows)
		return;
	for (uint32_t r = 0; r < n_rows; r++)
		if (!kept[r] && bares(g, r))
			flags = ROWS_TRUNCATED;
	rest = rows_only(g->fact->rows, kept, g->mem);
	rest->flags |= flags;
	g->fact->rows = rest;
	g->fact->keys = NULL;
}

/* Note that the row is about this customer; true: so is another one. */
static bool noted(struct map *seen, struct str who, uint32_t row)
{
	void *mine = (void *)(uintptr_t)(row + 1), *before = map_set(seen, who, mine);

	return before && before != mine;
}

/* Are two rows about the same customer? */
static bool any_doubled(struct fact *fact, const struct key *identity, struct arena *mem)
{
	bool proves = plan_part_proves(fact->part, identity);
	struct map *seen = map_new(mem);

	for (uint32_t r = 0; r < fact_rows(fact); r++) {
		for (uint32_t c = 0; c < fact->part->n_columns; c++) {
			const struct column *col = &fact->part->columns[c];
			struct str who;

			if ((proves ? col->proves : col->gives) != identity)
				continue;
			who = fact_key(fact, r, c, mem);
			if (who.p && noted(seen, who, r))
				return true;
		}
	}
	return false;
}

static const struct rows *marked(const struct rows *rows, struct arena *mem)
{
	struct rows *out = arena_new_of(mem, struct rows);

	*out = *rows;
	out->flags |= ROWS_SEVERAL;
	return out;
}

void guard_view(struct run *run)
{
	const struct flow *flow = run->flow;

	if (!run->walk && flow->match.outcome != OUTCOME_MANY && fact_rows(&run->fact) > 1)
		run->fact.several = plan_part_single(flow->world->cat, run->part);
}

/* Room to count in. */
static void begin_counting(struct guard *g)
{
	g->used = arena_array_of(g->mem, uint32_t *, g->query->n_by);
	g->room = arena_array_of(g->mem, uint32_t *, g->query->n_by);
	for (size_t k = 0; k < g->query->n_by; k++)
		g->used[k] = arena_array_of(g->mem, uint32_t, g->keys[k].n);
	g->seek = arena_array_of(g->mem, struct tuple_seek, n_sets(g));
	g->tuple = arena_array_of(g->mem, size_t, n_sets(g));
	for (size_t s = 0; s < n_sets(g); s++) {
		const struct tuple_set *set = &g->fact->tuples->of[s];

		g->seek[s] = (struct tuple_seek){ .set = set, .fact = g->fact, .mem = g->mem };
		g->seek[s].used = arena_array_of(g->mem, uint32_t, set->n);
		g->seek[s].most = g->fact->part->rows_max;
		g->seek[s].now = arena_array_of(g->mem, struct str, set->n_keys);
	}
}

void guard_rows(const struct catalog *cat, const struct query *query, const struct key_set *keys, struct fact *fact,
		struct arena *mem)
{
	struct guard g = { .query = query, .keys = keys, .fact = fact, .mem = mem };
	bool single;

	if (fact_rows(fact) <= 1)
		return;
	single = plan_part_single(cat, fact->part);
	if (fact_rows(fact) > fact->part->rows_max) {
		begin_counting(&g);
		cut(&g, single || fact->part->rows_max == 1);
	}
	if (single && any_doubled(fact, cat->identity, mem))
		fact->rows = marked(fact->rows, mem);
}
