/* proof.c - does each row carry the key it was asked for? One that does not, and is no answer of a collation that takes
 * the keys for equal, means that the query is wrong: then nothing of the part is shown. */
#include <stdlib.h>

#include "base/fold.h"
#include "federator/flow/request.h"
#include "metadata/plan.h"
#include "metadata/sqlwords.h"

/* From the least to the most. */
enum proof { PROOF_NONE, PROOF_ALIKE, PROOF_FULL };

/* Does a column that proves the key hold the value but for case and accents? */
static bool is_alike(struct fact *fact, uint32_t row, const struct key *key, struct str value, struct arena *mem)
{
	for (uint32_t c = 0; c < fact->part->n_columns; c++) {
		struct str own;

		if (fact->part->columns[c].proves != key)
			continue;
		own = fact_key(fact, row, c, mem);
		if (!own.p)
			own = rows_cell(fact->rows, row, c);
		if (own.p && fold_alike(own, value))
			return true;
	}
	return false;
}

static enum proof key_proof(struct fact *fact, uint32_t row, const struct key_set *set, struct arena *mem)
{
	enum proof most = PROOF_NONE;

	for (size_t v = 0; v < set->n && most != PROOF_FULL; v++) {
		if (fact_row_proves(fact, row, set->key, set->values[v], mem))
			most = PROOF_FULL;
		else if (is_alike(fact, row, set->key, set->values[v], mem))
			most = PROOF_ALIKE;
	}
	return most;
}

/* Every required key that a column can prove must be proved, or where all keys are optional, any one. */
static enum proof row_proof(const struct query *query, const struct key_set *keys, struct fact *fact, uint32_t row,
			    struct arena *mem)
{
	enum proof least = PROOF_FULL, most = PROOF_NONE;
	bool all_optional = true;

	for (size_t k = 0; k < query->n_by; k++) {
		enum proof proof;

		all_optional = all_optional && query->by[k].optional;
		if (!plan_part_proves(fact->part, query->by[k].key))
			continue;
		proof = key_proof(fact, row, &keys[k], mem);
		most = proof > most ? proof : most;
		if (!query->by[k].optional && proof < least)
			least = proof;
	}
	return all_optional ? most : least;
}

bool proof_row(const struct query *query, const struct key_set *keys, struct fact *fact, uint32_t row,
	       struct arena *mem)
{
	return row_proof(query, keys, fact, row, mem) == PROOF_FULL;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

bool proof_alike(const struct key_set *set, struct arena *mem)
{
	uint64_t *hashes;

	if (set->n < 2)
		return false;
	hashes = arena_array_of(mem, uint64_t, set->n);
	for (size_t v = 0; v < set->n; v++)
		hashes[v] = fold_hash(set->values[v]);
	qsort(hashes, set->n, sizeof(*hashes), by_number);
	for (size_t v = 1; v < set->n; v++)
		if (hashes[v] == hashes[v - 1])
			return true;
	return false;
}

/* Two asked values that the source may take for one: where it numbers or merges rows, those of one may be lost to the
 * other's. */
static bool may_have_merged(const struct query *query, const struct key_set *keys, struct arena *mem)
{
	bool alike = false;

	for (size_t k = 0; k < query->n_by && !alike; k++)
		alike = proof_alike(&keys[k], mem);
	return alike && !sqlwords_gives_every_row(query->sql) && !sqlwords_names_collation(query->sql);
}

bool proof_rows(const struct query *query, const struct key_set *keys, struct fact *fact, struct arena *mem,
		bool *alike_out)
{
	uint32_t n_rows = fact_rows(fact), n_alike = 0;
	bool *kept = arena_array_of(mem, bool, n_rows);
	struct rows *rest;

	*alike_out = n_rows > 0 && may_have_merged(query, keys, mem);
	if (*alike_out)
		return false;
	for (uint32_t r = 0; r < n_rows; r++) {
		enum proof proof = row_proof(query, keys, fact, r, mem);

		if (proof == PROOF_NONE)
			return false;
		kept[r] = proof == PROOF_FULL;
		n_alike += !kept[r];
	}
	*alike_out = n_alike > 0;
	if (n_alike == 0)
		return true;
	if (!sqlwords_gives_every_row(query->sql))
		return false; /* these rows may have taken the place of the right ones */
	rest = rows_only(fact->rows, kept, mem);
	rest->flags |= ROWS_ALIKE;
	rest->n_alike = n_alike;
	fact->rows = rest;
	fact->keys = NULL;
	return true;
}
