/* check_advice.c - what a mapping may leave out, though hardly on purpose. */
#include "metadata/check.h"

/* A column that binds a key as only the first of several spellings finds nothing where the source writes another. */
static void check_spellings(struct build *b, const struct part *part)
{
	for (size_t c = 0; c < part->n_columns; c++) {
		const struct column *col = &part->columns[c];

		if (col->proves && col->n_as == 0 && col->proves->n_spellings > 1)
			diag_add(b->ds, "M0226", col->at,
				 arena_printf(b->scratch, "say how the source writes it: as=\"%s\", or several",
					      col->proves->spellings[0].name)
					 .p,
				 "the key `%s` has %zu spellings; the column `%s` does not say which it has",
				 col->proves->name, col->proves->n_spellings, col->name);
	}
}

static bool may_be_many(const struct catalog *cat)
{
	for (size_t v = 0; v < cat->n_views; v++)
		for (size_t k = 0; k < cat->views[v].n_by; k++)
			if (cat->views[v].by[k]->role == KEY_SHARED && cat->views[v].shape == SHAPE_TREE)
				return true;
	return false;
}

void check_advice(struct build *b)
{
	const struct catalog *cat = b->cat;

	for (size_t p = 0; p < cat->n_parts; p++)
		check_spellings(b, &cat->parts[p]);
	if (!cat->candidate && may_be_many(cat))
		diag_add(b->ds, "M0353", cat->views[0].at, "add <view name=\"candidate\" ...> with a few fields",
			 "views are asked by shared keys, but nothing says what is shown of each candidate");
	if (cat->n_views && !cat->n_policies)
		diag_add(b->ds, "M0703", cat->views[0].at, "add <policy role=\"...\" purpose=\"...\">",
			 "there is no policy, so nobody may see anything");
}
