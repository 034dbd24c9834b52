#include "federator/flow/stage.h"

#include <assert.h>

#include "base/csv.h"
#include "federator/flow/request.h"

/* Where the table has the column; it was checked that it has all. */
static size_t table_column(const struct csv *csv, const struct column *column)
{
	size_t c = 0;

	while (c < csv->n_cols && !str_eq(csv->header[c].text, str_of(column->name)))
		c++;
	assert(c < csv->n_cols);
	return c;
}

/* All rows that the test gives for the part, in the order of the part's columns. */
static struct rows *table_rows(const struct given *given, struct arena *mem)
{
	const struct part *part = given->part;
	struct rows *rows = arena_new_of(mem, struct rows);
	struct csv_fault fault;
	struct csv csv = { 0 };
	struct str *cells;
	bool read = !given->rows.n || csv_read(given->rows, mem, &csv, &fault);

	assert(read); /* checked when the mapping was loaded */
	cells = arena_array_of(mem, struct str, csv.n_rows * part->n_columns);
	for (size_t c = 0; c < part->n_columns && csv.n_rows; c++) {
		size_t from = table_column(&csv, &part->columns[c]);

		for (size_t r = 0; r < csv.n_rows; r++)
			cells[r * part->n_columns + c] = csv.cells[r * csv.n_cols + from].text;
	}
	*rows = (struct rows){
		.n_rows = (uint32_t)csv.n_rows, .n_cols = (uint32_t)part->n_columns, .cells = cells
	};
	return rows;
}

/* Those that the source would give for the keys of the run. */
static const struct rows *asked_rows(const struct run *run, const struct given *given, struct arena *mem)
{
	struct rows *rows = table_rows(given, mem);
	struct fact all = { .part = given->part, .state = FACT_LIVE, .rows = rows };
	bool *asked = arena_array_of(mem, bool, rows->n_rows);

	for (uint32_t r = 0; r < rows->n_rows; r++)
		asked[r] = proof_row(run->query, run->keys, &all, r, mem);
	return rows_only(rows, asked, mem);
}

static void note_lacking(struct stage *stage, const struct part *part)
{
	for (size_t i = 0; i < stage->n_lacking; i++)
		if (stage->lacking[i] == part)
			return;
	stage->lacking[stage->n_lacking++] = part;
}

bool stage_answer(void *owner, const struct fetch *f, const struct rows **rows_out, struct err *err)
{
	struct stage *stage = owner;
	const struct run *run = job_run(f);
	const struct given *given = test_given(stage->test, run->part);

	if (!given) {
		note_lacking(stage, run->part);
		return err_set(err, ERR_SOURCE, f->part, "the test does not say what it answers");
	}
	if (given->missing != ERR_NONE)
		return err_set(err, given->missing, f->part, "the test says so");
	*rows_out = asked_rows(run, given, f->mem);
	return true;
}

struct cache_hit stage_copy(void *owner, struct cache_ask *ask)
{
	const struct stage *stage = owner;
	const struct run *run = CONTAINER_OF(ask, const struct run, look);
	const struct given *given = test_given(stage->test, run->part);
	struct fact fact = { .part = run->part, .state = FACT_LIVE };

	if (!given || !given->copied_ms)
		return (struct cache_hit){ 0 };
	fact.rows = asked_rows(run, given, ask->mem);
	guard_rows(run->flow->world->cat, run->query, run->keys, &fact, ask->mem);
	if (fact.rows->flags) /* such rows are never kept */
		return (struct cache_hit){ 0 };
	return (struct cache_hit){ .rows = fact.rows, .stored_ms = given->copied_ms };
}
