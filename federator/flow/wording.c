/* wording.c - what a source is asked: SQL with its parameters, every key as the source writes it. */
#include "federator/flow/request.h"
#include "federator/spelled.h"
#include "metadata/sqltext.h"

bool wording_write(const struct asking *asking, struct fetch *f, struct err *err)
{
	const struct query *query = asking->query;
	struct key_values *all = arena_array_of(f->mem, struct key_values, query->n_by + 1);
	struct str *before = arena_new_of(f->mem, struct str), *params = NULL;
	struct executions runs;
	size_t at = 0;

	for (size_t k = 0; k < query->n_by; k++) {
		const struct key_set *rk = &asking->keys[k];

		all[k] = spelled_key(asking->part, rk->key, rk->values, rk->n, f->mem);
	}
	*before = asking->before;
	all[query->n_by] = (struct key_values){ .key = &sqltext_before, .values = before, .n = 1 };
	if (!executions_make(asking, all, f->mem, &runs))
		return err_set(err, ERR_MAPPING, asking->part->name,
			       "more than %d executions for one question; use a list parameter `:name...`",
			       EXECUTIONS_MAX);
	for (size_t r = 0; r < runs.n; r++) {
		const struct str *one;
		size_t n;

		sqltext_expand(query, runs.of[r], query->n_by + 1, f->mem, &f->sql, &one, &n);
		if (!params)
			params = arena_array_of(f->mem, struct str, runs.n * n + 1);
		for (size_t i = 0; i < n; i++)
			params[at++] = one[i];
		f->n_params = (uint32_t)n;
	}
	f->params = params;
	f->n_runs = (uint32_t)runs.n;
	return true;
}
