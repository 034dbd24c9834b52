/* wording.c - what a source is asked: SQL with its parameters, every key as the source writes it. */
#include "federator/flow/request.h"
#include "federator/spelled.h"
#include "metadata/sqltext.h"

enum { RUNS_MAX = 64 }; /* executions of one statement for single parameters with several values */

static bool is_single_param(const struct query *q, const struct key *key)
{
	for (size_t i = 0; i < q->n_pieces; i++)
		if (q->pieces[i].kind == PIECE_PARAM && q->pieces[i].key == key)
			return true;
	return false;
}

/* The values of one execution: of single parameters with several values, the `run`th combination. */
static void choose_values(const struct query *q, const struct key_values *all, size_t run, struct key_values *now)
{
	for (size_t k = 0; k <= q->n_by; k++) {
		now[k] = all[k];
		if (k == q->n_by || !is_single_param(q, all[k].key) || all[k].n < 2)
			continue;
		now[k].values = &all[k].values[run % all[k].n];
		now[k].n = 1;
		run /= all[k].n;
	}
}

/* A single parameter with several values means several executions of the statement. */
static size_t count_runs(const struct query *q, const struct key_values *all)
{
	size_t runs = 1;

	for (size_t k = 0; k < q->n_by; k++)
		if (is_single_param(q, all[k].key) && all[k].n > 1)
			runs *= all[k].n;
	return runs;
}

bool wording_write(const struct part *part, const struct query *query, const struct key_set *keys, struct str before,
		   struct fetch *f, struct err *err)
{
	struct key_values *all = arena_array_of(f->mem, struct key_values, query->n_by + 1);
	struct key_values *now = arena_array_of(f->mem, struct key_values, query->n_by + 1);
	struct str *before_at = arena_new_of(f->mem, struct str), *params = NULL;
	size_t runs, at = 0;

	for (size_t k = 0; k < query->n_by; k++)
		all[k] = spelled_key(part, keys[k].key, keys[k].values, keys[k].n, f->mem);
	*before_at = before;
	all[query->n_by] = (struct key_values){ .key = &sqltext_before, .values = before_at, .n = 1 };
	runs = count_runs(query, all);
	if (runs > RUNS_MAX)
		return err_set(err, ERR_MAPPING, part->name,
			       "%zu executions for one question; use a list parameter `:name...`", runs);
	for (size_t r = 0; r < runs; r++) {
		const struct str *one;
		size_t n;

		choose_values(query, all, r, now);
		sqltext_expand(query, now, query->n_by + 1, f->mem, &f->sql, &one, &n);
		if (!params)
			params = arena_array_of(f->mem, struct str, runs * n + 1);
		for (size_t i = 0; i < n; i++)
			params[at++] = one[i];
		f->n_params = (uint32_t)n;
	}
	f->params = params;
	f->n_runs = (uint32_t)runs;
	return true;
}
