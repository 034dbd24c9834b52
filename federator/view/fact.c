/* fact.c - reading what one part answered. */
#include "federator/view/fact.h"

#include <assert.h>

#include "metadata/normalize.h"

bool fact_known(const struct fact *fact)
{
	switch (fact->state) {
	case FACT_LIVE:
	case FACT_FRESH:
	case FACT_STALE:
	case FACT_SKIPPED:
		return true;
	case FACT_UNASKED:
	case FACT_MISSING:
		return false;
	}
	return false;
}

bool fact_withheld(const struct fact *fact)
{
	return fact->state == FACT_MISSING && fact->reason && strcmp(fact->reason, "no_consent") == 0;
}

uint32_t fact_rows(const struct fact *fact)
{
	return fact_known(fact) && fact->rows ? fact->rows->n_rows : 0;
}

bool fact_excess(const struct fact *fact)
{
	return fact_cut(fact) || fact->several || (fact->rows && (fact->rows->flags & ROWS_SEVERAL));
}

bool fact_crowded(const struct fact *fact)
{
	bool crowded = false;

	for (size_t i = 0; i < fact->n_asked; i++)
		crowded = crowded || fact->asked[i].crowded;
	return crowded;
}

bool fact_cut(const struct fact *fact)
{
	return fact_crowded(fact) || (fact->rows && (fact->rows->flags & (ROWS_TRUNCATED | ROWS_CUT)));
}

bool fact_tells(const struct fact *fact)
{
	return fact_known(fact) && (fact_rows(fact) > 0 || !fact_cut(fact));
}

static bool has_value(const struct key_set *set, struct str value)
{
	for (size_t i = 0; i < set->n; i++)
		if (str_eq(set->values[i], value))
			return true;
	return false;
}

/* Would the rows of this value all be there, if there were any? */
static bool was_asked(const struct fact *fact, const struct key *key, struct str value)
{
	unsigned flags = fact->rows ? fact->rows->flags : 0;
	bool by_key = false;

	for (size_t i = 0; i < fact->n_asked; i++) {
		bool same = fact->asked[i].key == key;

		if (same ? !has_value(&fact->asked[i], value) : fact->asked[i].crowded)
			return false;
		by_key = by_key || same;
	}
	return !(flags & ROWS_TRUNCATED) && (by_key || !(flags & ROWS_CUT));
}

bool fact_tells_of(struct fact *fact, const struct key *key, struct str value, struct arena *mem)
{
	if (!fact_known(fact) || fact->state == FACT_SKIPPED || !value.p)
		return fact_known(fact);
	for (uint32_t r = 0; r < fact_rows(fact); r++)
		if (fact_row_proves(fact, r, key, value, mem))
			return true;
	return was_asked(fact, key, value);
}

bool fact_blank(const struct fact *fact, uint32_t row, uint32_t column)
{
	struct str cell = rows_cell(fact->rows, row, column);
	size_t blanks = 0;

	while (blanks < cell.n && cell.p[blanks] == ' ')
		blanks++;
	return blanks == cell.n && !rows_is_unread(cell);
}

bool fact_scalar_row(struct fact *fact, uint32_t *row_out)
{
	uint32_t n = fact_rows(fact);

	if (n == 0)
		return false;
	if (fact->scalar_row == 0) {
		uint32_t best = 0;

		for (uint32_t r = 1; r < n; r++)
			if (rows_cmp(fact->rows, r, best) < 0)
				best = r;
		fact->scalar_row = best + 1;
	}
	*row_out = fact->scalar_row - 1;
	return true;
}

static const struct str *column_keys(const struct fact *fact, uint32_t column, struct arena *mem)
{
	const struct column *col = &fact->part->columns[column];
	const struct key *key = col->gives ? col->gives : col->proves;
	struct str *keys = arena_array_of(mem, struct str, fact->rows->n_rows);

	assert(key != NULL);
	for (uint32_t r = 0; r < fact->rows->n_rows; r++) {
		struct str cell = rows_cell(fact->rows, r, column);

		if (!cell.p || normalize_cell(key, col->as, col->n_as, cell, mem, &keys[r]) != KEY_OK)
			keys[r] = (struct str){ 0 };
	}
	return keys;
}

struct str fact_key(struct fact *fact, uint32_t row, uint32_t column, struct arena *mem)
{
	if (!fact->keys)
		fact->keys = arena_array_of(mem, const struct str *, fact->part->n_columns);
	if (!fact->keys[column])
		fact->keys[column] = column_keys(fact, column, mem);
	return fact->keys[column][row];
}

bool fact_row_proves(struct fact *fact, uint32_t row, const struct key *key, struct str value,
		     struct arena *mem)
{
	for (uint32_t c = 0; value.p && c < fact->part->n_columns; c++)
		if (fact->part->columns[c].proves == key && str_eq(fact_key(fact, row, c, mem), value))
			return true;
	return false;
}

/* Once for each cell, however often it is read. */
static void warn(struct fact *fact, uint32_t row, uint32_t column, const char *code, struct arena *mem)
{
	struct fact_warning *w = fact->warnings;

	while (w && (w->column != column || strcmp(w->code, code) != 0))
		w = w->next;
	if (!w) {
		w = arena_new_of(mem, struct fact_warning);
		*w = (struct fact_warning){ .column = column, .code = code, .next = fact->warnings };
		w->seen = arena_array_of(mem, bool, fact->rows->n_rows);
		fact->warnings = w;
	}
	w->cells += !w->seen[row];
	w->seen[row] = true;
}

enum typed_verdict fact_typed(struct fact *fact, uint32_t row, uint32_t column, struct arena *mem,
			      struct typed *out)
{
	struct str cell = rows_cell(fact->rows, row, column);
	enum typed_verdict v;

	if (rows_is_unread(cell))
		return TYPED_BAD; /* told of all columns, also those that are not shown */
	v = typed_cell(fact->part->columns[column].type, cell, fact->part->source->zone, mem, out);
	if (v == TYPED_BAD)
		warn(fact, row, column, "bad_value", mem);
	return v;
}

void fact_unknown_code(struct fact *fact, uint32_t row, uint32_t column, struct arena *mem)
{
	warn(fact, row, column, "unknown_code", mem);
}

bool fact_as_of(struct fact *fact, uint32_t row, struct arena *mem, struct typed *out)
{
	for (uint32_t c = 0; c < fact->part->n_columns; c++)
		if (fact->part->columns[c].as_of)
			return fact_typed(fact, row, c, mem, out) == TYPED_OK;
	return false;
}
