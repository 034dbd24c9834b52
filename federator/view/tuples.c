#include "federator/view/tuples.h"

#include "metadata/plan.h"

int tuple_cmp(const struct str *a, const struct str *b, size_t n_keys)
{
	int c = 0;

	for (size_t k = 0; k < n_keys && !c; k++)
		c = str_cmp(a[k], b[k]);
	return c;
}

bool tuple_has_key(const struct tuple_set *set, const struct key *key)
{
	for (size_t k = 0; k < set->n_keys; k++)
		if (set->keys[k] == key)
			return true;
	return false;
}

static bool find(const struct tuple_seek *s, size_t *index_out)
{
	const struct tuple_set *set = s->set;
	size_t low = 0, high = set->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = tuple_cmp(&set->values[mid * set->n_keys], s->now, set->n_keys);

		if (c == 0) {
			*index_out = mid;
			return !s->used || s->used[mid] < s->most;
		}
		if (c < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Try every value that the row proves of the keys from `k` on. */
static bool seek_from(struct tuple_seek *s, uint32_t row, size_t k, size_t *index_out)
{
	const struct part *part = s->fact->part;

	if (k == s->set->n_keys)
		return find(s, index_out);
	for (uint32_t c = 0; c < part->n_columns; c++) {
		if (part->columns[c].proves != s->set->keys[k])
			continue;
		s->now[k] = fact_key(s->fact, row, c, s->mem);
		if (s->now[k].p && seek_from(s, row, k + 1, index_out))
			return true;
	}
	return false;
}

bool tuple_seek(struct tuple_seek *seek, uint32_t row, size_t *index_out)
{
	return seek_from(seek, row, 0, index_out);
}

/* Does the row carry one of the values of the key that the outer row gives? */
static bool joined_by(struct fact *inner, uint32_t row, const struct key *key, struct fact *outer, uint32_t outer_row,
		      struct arena *mem)
{
	for (uint32_t c = 0; c < outer->part->n_columns; c++)
		if (outer->part->columns[c].gives == key &&
		    fact_row_proves(inner, row, key, fact_key(outer, outer_row, c, mem), mem))
			return true;
	return false;
}

bool tuples_join(struct fact *inner, uint32_t row, const struct key *key, struct fact *outer, uint32_t outer_row,
		 struct arena *mem)
{
	for (size_t s = 0; inner->tuples && s < inner->tuples->n; s++) {
		const struct tuple_set *set = &inner->tuples->of[s];

		for (size_t k = 0; tuple_has_key(set, key) && k < set->n_keys; k++)
			if (plan_part_gives(outer->part, set->keys[k]) &&
			    !joined_by(inner, row, set->keys[k], outer, outer_row, mem))
				return false;
	}
	return true;
}

/* Is one of the combinations that the row gives of the keys from `k` on in the set? */
static bool gives_from(struct tuple_seek *s, uint32_t row, size_t k)
{
	const struct part *part = s->fact->part;

	if (k == s->set->n_keys)
		return find(s, &(size_t){ 0 });
	for (uint32_t c = 0; c < part->n_columns; c++) {
		if (part->columns[c].gives != s->set->keys[k])
			continue;
		s->now[k] = fact_key(s->fact, row, c, s->mem);
		if (s->now[k].p && gives_from(s, row, k + 1))
			return true;
	}
	return false;
}

/* Was there nothing to ask for, as the row has NULL for one of the keys? */
static bool lacks_key(const struct tuple_set *set, struct fact *outer, uint32_t row)
{
	for (size_t k = 0; k < set->n_keys; k++) {
		bool blank = true;

		for (uint32_t c = 0; c < outer->part->n_columns; c++)
			blank = blank && (outer->part->columns[c].gives != set->keys[k] || fact_blank(outer, row, c));
		if (blank)
			return true;
	}
	return false;
}

static bool gives_all(const struct part *part, const struct tuple_set *set)
{
	for (size_t k = 0; k < set->n_keys; k++)
		if (!plan_part_gives(part, set->keys[k]))
			return false;
	return true;
}

static bool in_set(const struct tuples *tuples, const struct key *key)
{
	for (size_t s = 0; s < tuples->n; s++)
		if (tuple_has_key(&tuples->of[s], key))
			return true;
	return false;
}

/* Would the rows of a combination that was asked for all be there, if there were any? */
static bool all_there(const struct fact *inner)
{
	for (size_t i = 0; i < inner->n_asked; i++)
		if (inner->asked[i].crowded && !in_set(inner->tuples, inner->asked[i].key))
			return false;
	return !inner->rows || !(inner->rows->flags & ROWS_TRUNCATED);
}

bool tuples_tell(struct fact *inner, const struct key *key, struct str value, struct fact *outer, uint32_t outer_row,
		 struct arena *mem)
{
	bool together = false;

	for (size_t i = 0; inner->tuples && fact_known(inner) && i < inner->tuples->n; i++) {
		const struct tuple_set *set = &inner->tuples->of[i];
		struct tuple_seek seek = { .set = set, .fact = outer, .mem = mem };

		if (!tuple_has_key(set, key) || !gives_all(outer->part, set))
			continue;
		if (lacks_key(set, outer, outer_row))
			return true;
		seek.now = arena_array_of(mem, struct str, set->n_keys);
		if (!gives_from(&seek, outer_row, 0))
			return false;
		together = true;
	}
	if (!together)
		return fact_tells_of(inner, key, value, mem);
	for (uint32_t r = 0; r < fact_rows(inner); r++)
		if (fact_row_proves(inner, r, key, value, mem) && tuples_join(inner, r, key, outer, outer_row, mem))
			return true;
	return all_there(inner);
}
