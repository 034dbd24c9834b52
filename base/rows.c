#include "base/rows.h"

const char rows_unread[1];

struct rows *rows_only(const struct rows *rows, const bool *kept, struct arena *mem)
{
	struct str *cells = arena_array_of(mem, struct str, (size_t)rows->n_rows * rows->n_cols);
	struct rows *out = arena_new_of(mem, struct rows);

	*out = *rows;
	out->cells = cells;
	out->n_rows = 0;
	for (uint32_t r = 0; r < rows->n_rows; r++)
		if (kept[r])
			memcpy(&cells[(size_t)out->n_rows++ * rows->n_cols], &rows->cells[(size_t)r * rows->n_cols],
			       rows->n_cols * sizeof(*cells));
	return out;
}
