#include "metadata/common.h"

/* Of an item there may be many customers. */
static bool is_personal(const struct key *key)
{
	return key && key->role != KEY_ITEM;
}

static void leave_out(bool **common, const struct part *part, uint32_t column)
{
	common[part->index][column] = false;
}

static void take_field(bool **common, const struct field *field)
{
	if (field->cls->mask == MASK_NONE)
		return;
	for (size_t i = 0; i < field->n_from; i++)
		leave_out(common, field->from[i].part, field->from[i].column);
}

static void take_list(bool **common, const struct list *list)
{
	for (size_t f = 0; f < list->n_fields; f++) {
		const struct list_field *lf = &list->fields[f];

		for (size_t p = 0; lf->field.cls->mask != MASK_NONE && p < list->n_parts; p++) {
			const struct cell_from *from = &lf->per_part[p];

			if (from->kind == CELL_HERE)
				leave_out(common, list->parts[p], from->column);
			else if (from->kind == CELL_LOOKUP)
				leave_out(common, from->lookup.part, from->lookup.column);
		}
	}
	for (size_t i = 0; i < list->n_lists; i++)
		take_list(common, &list->lists[i]);
}

const bool *const *columns_common(const struct catalog *cat, struct arena *mem)
{
	bool **common = arena_array_of(mem, bool *, cat->n_parts + 1);

	for (size_t p = 0; p < cat->n_parts; p++) {
		const struct part *part = &cat->parts[p];

		common[p] = arena_array_of(mem, bool, part->n_columns + 1);
		for (uint32_t c = 0; c < part->n_columns; c++)
			common[p][c] = !is_personal(part->columns[c].gives) && !is_personal(part->columns[c].proves);
	}
	for (size_t i = 0; i < cat->n_fields; i++)
		take_field(common, &cat->fields[i]);
	for (size_t i = 0; i < cat->n_lists; i++)
		take_list(common, &cat->lists[i]);
	return (const bool *const *)common;
}
