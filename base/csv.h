/* csv.h - a table as people write it: RFC 4180 with a header line, one row a line. A cell in quotes is taken as it is,
 * with "" for a quote, and may go over several lines. Beyond RFC 4180, blanks around a cell and blank lines do not
 * count, so that tables may be indented and aligned. No state; safe from any thread. */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/arena.h"

struct csv_cell {
	struct str text; /* p == NULL: empty and without quotes */
	size_t at, n; /* its bytes in the text, quotes included */
};

/* A table that was read; lives in the arena and the text it was read from. */
struct csv {
	const struct csv_cell *header; /* n_cols of them */
	const struct csv_cell *cells; /* n_rows * n_cols, row after row */
	size_t n_cols, n_rows;
};

/* What is wrong, and where in the text. */
struct csv_fault {
	size_t at, n;
	const char *what; /* in the arena, or static */
};

/* Read a table. Each row must have as many cells as the header. False with *fault: no header, a quote that does not
 * end or stands inside a cell, a row of another length. */
bool csv_read(struct str text, struct arena *mem, struct csv *out, struct csv_fault *fault)
	MUST_CHECK NONNULL(2, 3, 4);

#endif
