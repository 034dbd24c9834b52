/* build_cells.c - where the fields of a list come from: a column of the list's part, or a look-up. */
#include "metadata/build.h"
#include "metadata/plan.h"

static bool in_list(const struct list *list, const struct part *part)
{
	for (size_t i = 0; i < list->n_parts; i++)
		if (list->parts[i] == part)
			return true;
	return false;
}

/* Can the part be asked with nothing but that key, the identity and what `giver` gives together with it? */
static bool asked_by(const struct part *part, const struct key *key, const struct part *giver)
{
	for (size_t q = 0; q < part->n_queries; q++) {
		const struct query *query = &part->queries[q];
		bool has = false, others = false;

		for (size_t i = 0; i < query->n_by; i++) {
			const struct key *k = query->by[i].key;

			has |= k == key;
			others |= k != key && !query->by[i].optional && k->role != KEY_IDENTITY &&
				  !(plan_part_gives(giver, k) && plan_part_proves(part, k));
		}
		if (has && !others)
			return true;
	}
	return false;
}

/* The column of `part` whose key leads to one row of `target`; the key of an item before the identity. */
static bool find_lookup(const struct part *part, const struct part *target, uint32_t *column_out)
{
	for (int identity = 0; identity <= 1 && target->rows_max == 1; identity++) {
		for (size_t c = 0; c < part->n_columns; c++) {
			const struct key *key = part->columns[c].gives;

			if (!key || (key->role == KEY_IDENTITY) != identity || !plan_part_proves(target, key) ||
			    !asked_by(target, key, part))
				continue;
			*column_out = (uint32_t)c;
			return true;
		}
	}
	return false;
}

/* The cell for the rows of one part: the first candidate that is a column of it or can be looked up. */
static struct cell_from cell_of(const struct list *list, const struct part *part, const struct field *field)
{
	for (size_t i = 0; i < field->n_from; i++) {
		const struct from *from = &field->from[i];
		uint32_t column;

		if (from->part == part)
			return (struct cell_from){ CELL_HERE, from->column, { 0 }, from->at };
		if (!in_list(list, from->part) && find_lookup(part, from->part, &column))
			return (struct cell_from){ CELL_LOOKUP, column,
						   { from->part, from->column, part->columns[column].gives },
						   from->at };
	}
	return (struct cell_from){ .kind = CELL_NONE, .at = field->at };
}

static void check_reachable(struct build *b, const struct list *list, const struct field *field)
{
	for (size_t i = 0; i < field->n_from; i++) {
		const struct from *from = &field->from[i];
		bool reachable = in_list(list, from->part);
		uint32_t column;

		for (size_t p = 0; p < list->n_parts; p++)
			reachable |= find_lookup(list->parts[p], from->part, &column);
		for (size_t j = 0; j < i; j++)
			if (field->from[j].part == from->part)
				diag_add(b->ds, "M0517", from->at, "leave one of them",
					 "there is a candidate from part `%s` already", from->part->name);
		if (!reachable)
			diag_add(b->ds, "M0512", from->at,
				 "a look-up part has rows=\"0..1\" and proves a key that the list gives",
				 "part `%s` is none of the list's parts and cannot be looked up from them",
				 from->part->name);
	}
}

/* Without <from>: the column named like the path, in every part. */
static bool same_named(struct build *b, const struct list *list, struct field *field)
{
	struct from *from = arena_array_of(b->mem, struct from, list->n_parts + 1);
	bool ok = true;

	field->from = from;
	for (size_t p = 0; p < list->n_parts; p++) {
		const struct part *part = list->parts[p];
		uint32_t c = 0;

		while (c < part->n_columns && !str_eq(str_of(part->columns[c].name), field->path))
			c++;
		if (c < part->n_columns) {
			from[field->n_from++] = (struct from){ part, c, field->at };
			continue;
		}
		diag_add(b->ds, "M0511", field->at, "name the column with <from>, or select it AS that name",
			 "part `%s` has no column named `%.*s`", part->name, STR_ARG(field->path));
		ok = false;
	}
	return ok;
}

bool build_cells(struct build *b, const struct elem *e, const struct list *list, struct list_field *lf)
{
	struct cell_from *cells = arena_array_of(b->mem, struct cell_from, list->n_parts + 1);
	bool named = elem_child(e, "from") != NULL;

	lf->per_part = cells; /* CELL_NONE: whoever refers to a field that is refused still finds cells */
	if (named ? !build_candidates(b, e, &lf->field) : !same_named(b, list, &lf->field))
		return false;
	if (named)
		check_reachable(b, list, &lf->field);
	build_field_types(b, e, &lf->field);
	for (size_t p = 0; p < list->n_parts; p++)
		cells[p] = cell_of(list, list->parts[p], &lf->field);
	return true;
}

enum value_type build_cell_type(const struct list *list, size_t part, const struct cell_from *cell)
{
	const struct part *from = cell->kind == CELL_LOOKUP ? cell->lookup.part : list->parts[part];

	return from->columns[cell->kind == CELL_LOOKUP ? cell->lookup.column : cell->column].type;
}
