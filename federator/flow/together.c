/* together.c - fetches of one part that wait for the same source are asked as one query, for all their keys; each then
 * gets the rows that carry its own. Only queries with one key, a list parameter, that their rows prove, by no more
 * columns than the query can look into: a row shall not be found for one key and carry another. Runs on
 * workers' threads: it touches nothing but the catalog and the fetches. */
#include "federator/flow/request.h"

/* More keys are asked alone: they fill a query by themselves. */
enum { VALUES_MOST = 8 };

struct together {
	struct fetch_batch batch;
	const struct part *part;
	const struct query *query;
	const struct key_set *keys; /* one */
};

static const struct together *of(const struct fetch *f)
{
	return (const struct together *)f->batch;
}

static bool has(const struct key_set *rk, struct str value)
{
	for (size_t v = 0; v < rk->n; v++)
		if (str_eq(rk->values[v], value))
			return true;
	return false;
}

/* The keys of all fetches of the list, each once. */
static struct key_set all_keys(const struct fetch *first, struct arena *mem)
{
	struct key_set all = *of(first)->keys;
	size_t n = 0;

	for (const struct fetch *f = first; f; f = f->next)
		n += of(f)->keys->n;
	all.values = arena_array_of(mem, struct str, n);
	all.n = 0;
	for (const struct fetch *f = first; f; f = f->next)
		for (size_t v = 0; v < of(f)->keys->n; v++)
			if (!has(&all, of(f)->keys->values[v]))
				all.values[all.n++] = of(f)->keys->values[v];
	return all;
}

static bool join(struct fetch *joint, const struct fetch *first, struct err *err)
{
	struct key_set all = all_keys(first, joint->mem);

	if (proof_alike(&all, joint->mem)) /* the rows of one may be lost to the other's */
		return err_set(err, ERR_MAPPING, of(first)->part->name, "keys that a source may take for one");
	joint->max_rows = 0;
	for (const struct fetch *f = first; f; f = f->next)
		if (__builtin_add_overflow(joint->max_rows, f->max_rows, &joint->max_rows))
			joint->max_rows = UINT32_MAX;
	return wording_write(&(struct asking){ .part = of(first)->part, .query = of(first)->query, .keys = &all },
			     joint, err);
}

static bool carries(struct fact *fact, uint32_t row, const struct key_set *rk, struct arena *mem)
{
	for (size_t v = 0; v < rk->n; v++)
		if (fact_row_proves(fact, row, rk->key, rk->values[v], mem))
			return true;
	return false;
}

/* Copy the rows that are the fetch's, cut off as if it had been asked alone. */
static void take_rows(struct fetch *f, const struct rows *joint, const bool *mine)
{
	struct rows *rows = arena_new_of(f->mem, struct rows);
	uint32_t n = 0;
	struct str *cells;

	for (uint32_t r = 0; r < joint->n_rows; r++)
		n += mine[r];
	*rows = (struct rows){ .n_rows = n < f->max_rows ? n : f->max_rows, .n_cols = joint->n_cols,
			       .flags = n > f->max_rows ? ROWS_TRUNCATED : 0 };
	cells = arena_array_of(f->mem, struct str, (size_t)rows->n_rows * rows->n_cols);
	rows->cells = cells;
	for (uint32_t r = 0, taken = 0; r < joint->n_rows && taken < rows->n_rows; r++) {
		for (uint32_t c = 0; mine[r] && c < joint->n_cols; c++)
			*cells++ = arena_str(f->mem, rows_cell(joint, r, c));
		taken += mine[r];
	}
	f->rows = rows;
}

static bool split(const struct fetch *joint, struct fetch *parts, uint32_t n)
{
	struct fact fact = { .part = of(&parts[0])->part, .state = FACT_LIVE, .rows = joint->rows };
	uint32_t n_rows = joint->rows->n_rows;
	bool *mine = arena_array_of(joint->mem, bool, n_rows);
	bool *known = arena_array_of(joint->mem, bool, n_rows);

	if (joint->rows->flags) /* whose the missing rows or cells are cannot be told */
		return false;
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t r = 0; r < n_rows; r++) {
			mine[r] = carries(&fact, r, of(&parts[i])->keys, joint->mem);
			known[r] = known[r] || mine[r];
		}
		take_rows(&parts[i], joint->rows, mine);
	}
	for (uint32_t r = 0; r < n_rows; r++)
		if (!known[r])
			return false;
	return true;
}

/* Does the query compare a list with as many columns as prove the key? */
static bool looks_into_all(const struct part *part, const struct query *query)
{
	size_t lists = 0, columns = 0;

	for (size_t i = 0; i < query->n_pieces; i++)
		lists += query->pieces[i].kind == PIECE_LIST;
	for (size_t c = 0; c < part->n_columns; c++)
		columns += part->columns[c].proves == query->by[0].key;
	return columns > 0 && columns <= lists;
}

const struct fetch_batch *together_batch(const struct part *part, const struct query *query, const struct key_set *keys,
					 struct arena *mem)
{
	struct together *t;

	/* what is separable has no parameter but lists, so it does not page either */
	if (!query->separable || query->n_by != 1 || query->by[0].optional || keys[0].n == 0 ||
	    keys[0].n > VALUES_MOST || !looks_into_all(part, query))
		return NULL;
	t = arena_new_of(mem, struct together);
	*t = (struct together){ .batch = { query, (uint32_t)keys[0].n, join, split },
				.part = part,
				.query = query,
				.keys = keys };
	return &t->batch;
}
