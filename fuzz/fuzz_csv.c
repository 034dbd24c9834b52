/* Cells stand where they say, in order, and a table written again in quotes reads back the same. */
#include "base/buf.h"
#include "base/csv.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check(bool kept)
{
	if (!kept)
		abort();
}

/* The cell number `i`, those of the header first. */
static const struct csv_cell *cell(const struct csv *csv, size_t i)
{
	return i < csv->n_cols ? &csv->header[i] : &csv->cells[i - csv->n_cols];
}

static size_t count(const struct csv *csv)
{
	return csv->n_cols * (1 + csv->n_rows);
}

static void check_places(struct str text, const struct csv *csv)
{
	size_t behind = 0;

	for (size_t i = 0; i < count(csv); i++) {
		const struct csv_cell *c = cell(csv, i);

		check(c->at >= behind && c->n <= text.n && c->at <= text.n - c->n);
		check((c->n == 0) == (c->text.p == NULL));
		behind = c->at + c->n;
	}
}

static void put_cell(struct str text, struct buf *out)
{
	if (!text.p)
		return;
	buf_putc(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, text.p[i]);
	}
	buf_putc(out, '"');
}

static void check_again(const struct csv *csv, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct csv_fault fault;
	struct csv again;

	for (size_t i = 0; i < count(csv); i++) {
		put_cell(cell(csv, i)->text, &out);
		buf_putc(&out, (i + 1) % csv->n_cols ? ',' : '\n');
	}
	check(csv_read(buf_str(&out), mem, &again, &fault));
	check(again.n_cols == csv->n_cols && again.n_rows == csv->n_rows);
	for (size_t i = 0; i < count(csv); i++)
		check(str_eq(cell(csv, i)->text, cell(&again, i)->text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *mem = arena_new();
	struct csv_fault fault = { 0 };
	struct csv csv;

	if (csv_read(text, mem, &csv, &fault)) {
		check_places(text, &csv);
		check_again(&csv, mem);
	} else {
		check(fault.what && fault.at <= size);
	}
	arena_wipe_free(&mem);
	return 0;
}
