/* executions.c - how often a statement is run for one question, and with which values: once for each value of a single
 * parameter, and of keys that were given together only in combinations that were. */
#include "federator/flow/request.h"
#include "federator/view/tuples.h"
#include "metadata/normalize.h"

struct making {
	const struct asking *asking;
	struct key_values *all;
	struct arena *mem;
	struct key_values *now; /* by key: of the execution at hand */
	struct str *chosen; /* by key: the canonical value of its one value; the NULL view: any */
	struct executions *out;
};

static bool is_single(const struct query *q, const struct key *key)
{
	for (size_t i = 0; i < q->n_pieces; i++)
		if (q->pieces[i].kind == PIECE_PARAM && q->pieces[i].key == key)
			return true;
	return false;
}

/* The value that is written so; the NULL view: none. */
static struct str canonical(struct making *m, size_t k, struct str text)
{
	const struct part *part = m->asking->part;
	const struct key_set *rk = &m->asking->keys[k];

	for (size_t v = 0; v < rk->n; v++) {
		struct str written;

		if (str_eq(rk->values[v], text))
			return rk->values[v];
		for (size_t c = 0; c < part->n_columns; c++)
			for (size_t s = 0; part->columns[c].proves == rk->key && s < part->columns[c].n_as; s++)
				if (spell_key(rk->key, part->columns[c].as[s], rk->values[v], m->mem, &written) &&
				    str_eq(written, text))
					return rk->values[v];
	}
	return (struct str){ 0 };
}

static bool fits(const struct making *m, const struct tuple_set *set, const struct str *tuple)
{
	for (size_t t = 0; t < set->n_keys; t++)
		for (size_t k = 0; k < m->asking->query->n_by; k++)
			if (m->asking->keys[k].key == set->keys[t] && m->chosen[k].p &&
			    !str_eq(m->chosen[k], tuple[t]))
				return false;
	return true;
}

/* Can what is chosen so far stand together? */
static bool allowed(const struct making *m)
{
	const struct tuples *tuples = m->asking->tuples;

	for (size_t s = 0; tuples && s < tuples->n; s++) {
		const struct tuple_set *set = &tuples->of[s];
		bool any = false;

		for (size_t i = 0; i < set->n && !any; i++)
			any = fits(m, set, &set->values[i * set->n_keys]);
		if (!any)
			return false;
	}
	return true;
}

static bool is_given_together(const struct making *m, const struct key *key)
{
	const struct tuples *tuples = m->asking->tuples;

	for (size_t s = 0; tuples && s < tuples->n; s++)
		if (tuple_has_key(&tuples->of[s], key))
			return true;
	return false;
}

/* Of a list only the values that go with what is chosen. */
static struct key_values narrowed(struct making *m, size_t k)
{
	const struct key_values *all = &m->all[k];
	struct str *values = arena_array_of(m->mem, struct str, all->n + 1);
	struct key_values some = { .key = all->key, .values = values };

	for (size_t i = 0; i < all->n; i++) {
		m->chosen[k] = canonical(m, k, all->values[i]);
		if (allowed(m))
			values[some.n++] = all->values[i];
	}
	m->chosen[k] = (struct str){ 0 };
	return some;
}

static bool add(struct making *m)
{
	const struct query *q = m->asking->query;
	struct executions *out = m->out;
	struct key_values *one;

	if (out->n == EXECUTIONS_MAX)
		return false;
	one = arena_array_of(m->mem, struct key_values, q->n_by + 1);
	for (size_t k = 0; k < q->n_by; k++) {
		one[k] = m->now[k];
		if (is_single(q, one[k].key) || !is_given_together(m, one[k].key))
			continue;
		one[k] = narrowed(m, k);
		if (one[k].n == 0)
			return true;
	}
	one[q->n_by] = m->all[q->n_by];
	out->of[out->n++] = one;
	return true;
}

/* Choose a value for each of the first `k` keys that has to have one; false: too many. */
static bool choose(struct making *m, size_t k)
{
	const struct key_values *all;

	if (k-- == 0)
		return add(m);
	all = &m->all[k];
	m->now[k] = *all;
	if (all->n == 0 || !is_single(m->asking->query, all->key))
		return choose(m, k);
	for (size_t i = 0; i < all->n; i++) {
		m->now[k].values = &all->values[i];
		m->now[k].n = 1;
		if (m->asking->tuples)
			m->chosen[k] = canonical(m, k, all->values[i]);
		if (allowed(m) && !choose(m, k))
			return false;
	}
	m->chosen[k] = (struct str){ 0 };
	return true;
}

/* One text serves all executions, so a list is as long in each: its last value fills it up. */
static void even_out(const struct making *m, size_t k)
{
	struct executions *out = m->out;
	size_t most = 0;

	for (size_t r = 0; r < out->n; r++)
		most = out->of[r][k].n > most ? out->of[r][k].n : most;
	for (size_t r = 0; r < out->n; r++) {
		struct key_values *kv = &out->of[r][k];
		struct str *values;

		if (kv->n == 0 || kv->n == most)
			continue;
		values = arena_array_of(m->mem, struct str, most);
		for (size_t v = 0; v < most; v++)
			values[v] = kv->values[v < kv->n ? v : kv->n - 1];
		kv->values = values;
		kv->n = most;
	}
}

bool executions_make(const struct asking *asking, struct key_values *all, struct arena *mem, struct executions *out)
{
	size_t n = asking->query->n_by;
	struct making m = { .asking = asking, .all = all, .mem = mem, .out = out };

	m.now = arena_array_of(mem, struct key_values, n);
	m.chosen = arena_array_of(mem, struct str, n);
	out->n = 0;
	if (!choose(&m, n))
		return false;
	if (out->n == 0) /* the sets contradict each other: no row will be kept */
		out->of[out->n++] = all;
	for (size_t k = 0; k < n; k++)
		even_out(&m, k);
	return true;
}
