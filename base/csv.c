#include "base/csv.h"

#include "base/buf.h"

struct reader {
	struct str text;
	size_t at;
	struct arena *mem;
	struct buf cells; /* of struct csv_cell */
	struct csv_fault *fault;
};

static bool fail(struct reader *r, size_t at, size_t n, const char *what)
{
	*r->fault = (struct csv_fault){ .at = at, .n = n, .what = what };
	return false;
}

/* The byte at the cursor; a line break at the end of the text. */
static char now(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\n';
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->text.n && strchr(" \t\r", r->text.p[r->at]) && r->text.p[r->at])
		r->at++;
}

static struct str undouble(struct str raw, struct arena *mem)
{
	char *to = arena_alloc(mem, raw.n);
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		to[n++] = raw.p[i];
		i += raw.p[i] == '"'; /* its twin */
	}
	return (struct str){ to, n };
}

static bool read_quoted(struct reader *r, struct csv_cell *out)
{
	size_t from = r->at + 1, to = from;
	bool doubled = false;

	for (;; to += 2) {
		const char *quote = to < r->text.n ? memchr(r->text.p + to, '"', r->text.n - to) : NULL;

		if (!quote)
			return fail(r, from - 1, 1, "the quote that opens here does not end");
		to = (size_t)(quote - r->text.p);
		if (to + 1 >= r->text.n || quote[1] != '"')
			break;
		doubled = true;
	}
	out->text = (struct str){ r->text.p + from, to - from };
	if (doubled)
		out->text = undouble(out->text, r->mem);
	r->at = to + 1;
	out->n = r->at - out->at;
	skip_blanks(r);
	return now(r) == ',' || now(r) == '\n' ||
	       fail(r, r->at, 1, "behind the closing quote only a comma or the end of the line can follow");
}

static bool read_bare(struct reader *r, struct csv_cell *out)
{
	size_t end = r->at;

	for (; now(r) != ',' && now(r) != '\n'; r->at++) {
		if (now(r) == '"')
			return fail(r, r->at, 1, "a quote inside a cell: put the cell in quotes and write \"\"");
		if (!strchr(" \t\r", now(r)) || !now(r))
			end = r->at + 1;
	}
	out->n = end - out->at;
	if (out->n)
		out->text = (struct str){ r->text.p + out->at, out->n };
	return true;
}

/* One row, to behind its line break. */
static bool read_row(struct reader *r, size_t *n_out)
{
	for (*n_out = 1;; ++*n_out) {
		struct csv_cell cell = { 0 };

		skip_blanks(r);
		cell.at = r->at;
		if (!(now(r) == '"' ? read_quoted(r, &cell) : read_bare(r, &cell)))
			return false;
		buf_put(&r->cells, &cell, sizeof(cell));
		if (now(r) == '\n')
			break;
		r->at++;
	}
	r->at++;
	return true;
}

/* To the first byte of the next row; false at the end. */
static bool next_row(struct reader *r)
{
	skip_blanks(r);
	while (r->at < r->text.n && r->text.p[r->at] == '\n') {
		r->at++;
		skip_blanks(r);
	}
	return r->at < r->text.n;
}

static bool read_rows(struct reader *r, size_t *n_cols_out)
{
	size_t n_cols = 0, n;

	if (!next_row(r))
		return fail(r, 0, 1, "there is no header line with the names of the columns");
	do {
		size_t from = r->at;

		if (!read_row(r, &n))
			return false;
		n_cols = n_cols ? n_cols : n;
		if (n != n_cols)
			return fail(r, from, r->at - 1 - from,
				    arena_printf(r->mem, "this row has %zu cells, the header %zu", n, n_cols).p);
	} while (next_row(r));
	*n_cols_out = n_cols;
	return true;
}

bool csv_read(struct str text, struct arena *mem, struct csv *out, struct csv_fault *fault)
{
	struct reader r = { .text = text, .mem = mem, .fault = fault };
	struct csv_cell *cells;
	size_t n_cols, n;
	bool ok = read_rows(&r, &n_cols);

	if (ok) {
		n = r.cells.len / sizeof(*cells);
		cells = arena_array_of(mem, struct csv_cell, n);
		memcpy(cells, r.cells.data, r.cells.len);
		*out = (struct csv){
			.header = cells, .cells = cells + n_cols, .n_cols = n_cols, .n_rows = n / n_cols - 1
		};
	}
	buf_free(&r.cells);
	return ok;
}
