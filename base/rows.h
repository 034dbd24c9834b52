/* rows.h - the answer of a source: cells of UTF-8 text, row by row, in the order of the columns asked for.
 * Immutable once made; lives in the arena of its maker. */
#ifndef BASE_ROWS_H
#define BASE_ROWS_H

#include "base/arena.h"

/* Flags beside the rows; a part with any of them is never cached. */
enum rows_flag {
	ROWS_TRUNCATED = 1, /* rows were left out, and with them all of some asked value, perhaps */
	ROWS_BAD_TEXT = 2, /* a cell was no UTF-8 or held a NUL; it is rows_unread here and counted in bad_cells */
	ROWS_SEVERAL = 4, /* there are several rows where one is expected; whoever reads the rows says so */
	ROWS_CUT = 8, /* rows were left out; every asked value kept those that it may have */
	ROWS_ALIKE = 16, /* rows were left out whose keys only a collation takes for those asked; see n_alike */
};

struct rows {
	uint32_t n_rows;
	uint32_t n_cols;
	const struct str *cells; /* n_rows * n_cols, row-major; p == NULL is SQL NULL */
	unsigned flags; /* of enum rows_flag */
	uint32_t bad_cells;
	uint32_t n_alike;
};

/* Where cells point that the source has, but nobody can read; without length. So NULL stays what the source says. */
extern const char rows_unread[1];

/* Is it such a cell? */
static inline bool rows_is_unread(struct str cell)
{
	return cell.p == rows_unread;
}

/* The cell of row r and column c; both must be in range. */
static inline struct str rows_cell(const struct rows *rows, uint32_t r, uint32_t c)
{
	return rows->cells[(size_t)r * rows->n_cols + c];
}

/* Two rows by all their cells, from the first one on: -1, 0 or 1. */
static inline int rows_cmp(const struct rows *rows, uint32_t a, uint32_t b)
{
	int c = 0;

	for (uint32_t i = 0; i < rows->n_cols && c == 0; i++)
		c = str_cmp(rows_cell(rows, a, i), rows_cell(rows, b, i));
	return c;
}

/* Those of the rows that are kept, with everything that is said of all of them. The result is the caller's to change,
 * lives in `mem` and shares the texts of the cells. */
struct rows *rows_only(const struct rows *rows, const bool *kept, struct arena *mem) NONNULL(1, 3);

#endif
