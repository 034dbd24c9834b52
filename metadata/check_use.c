/* check_use.c - columns that nothing needs. */
#include "metadata/check.h"

/* One flag per column of each part. */
struct used {
	bool **columns;
};

static void use_field(struct used *u, const struct field *field)
{
	for (size_t i = 0; i < field->n_from; i++)
		u->columns[field->from[i].part->index][field->from[i].column] = true;
}

static void use_list(struct used *u, const struct list *list)
{
	for (size_t f = 0; f < list->n_fields; f++)
		use_field(u, &list->fields[f].field);
	for (size_t i = 0; i < list->n_lists; i++)
		use_list(u, &list->lists[i]);
}

static void use_own(struct used *u, const struct part *part)
{
	for (size_t c = 0; c < part->n_columns; c++)
		u->columns[part->index][c] = part->columns[c].gives || part->columns[c].proves ||
					     part->columns[c].as_of;
}

void check_use(struct build *b)
{
	const struct catalog *cat = b->cat;
	struct used u = { arena_array_of(b->scratch, bool *, cat->n_parts + 1) };

	for (size_t p = 0; p < cat->n_parts; p++) {
		u.columns[p] = arena_array_of(b->scratch, bool, cat->parts[p].n_columns + 1);
		use_own(&u, &cat->parts[p]);
	}
	for (size_t i = 0; i < cat->n_fields; i++)
		use_field(&u, &cat->fields[i]);
	for (size_t i = 0; i < cat->n_lists; i++)
		use_list(&u, &cat->lists[i]);
	for (size_t p = 0; p < cat->n_parts; p++)
		for (size_t c = 0; c < cat->parts[p].n_columns; c++)
			if (!u.columns[p][c])
				diag_add(b->ds, "M0220", cat->parts[p].columns[c].at,
					 "take it out here and in the SQL, or show it with <from>",
					 "nothing uses the column `%s` of part `%s`",
					 cat->parts[p].columns[c].name, cat->parts[p].name);
}
