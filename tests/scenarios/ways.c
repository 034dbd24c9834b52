#include "tests/scenarios/ways.h"

#include <stdio.h>
#include <strings.h>

#include "base/text.h"

enum { FLOOD = 300, VALUE_BYTES_LEAST = 5 };

struct ways ways_good(void)
{
	return (struct ways){.resets_after = -1};
}

/* ---- reading ---- */

static bool take_name(struct words *w, struct arena *mem, const char **out, struct err *err)
{
	struct word word = words_take(w);

	if (!word.text.p)
		return words_wrong(w, err, "a name is missing at the end of the line");
	*out = arena_cstr(mem, word.text);
	return true;
}

static bool read_rows(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	return take_name(w, mem, &ways->rows, err);
}

static bool read_after(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)mem;
	return words_take_duration(w, &ways->after_us, err);
}

static bool read_connects(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)mem;
	if (!words_take_if(w, "after"))
		return words_wrong(w, err, "expected `connects after 40ms`");
	return words_take_duration(w, &ways->connect_after_us, err);
}

static bool read_silent(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)w, (void)mem, (void)err;
	return ways->silent = true;
}

static bool read_frozen(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)w, (void)mem, (void)err;
	return ways->frozen = true;
}

static bool read_refuses(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)w, (void)mem, (void)err;
	return ways->refuses = true;
}

static bool read_rejects(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)mem;
	ways->rejects = true;
	return words_take_if(w, "logins") || words_wrong(w, err, "expected `rejects logins`");
}

static bool read_wants(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	return take_name(w, mem, &ways->wants, err);
}

static bool read_error(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	struct word state = words_take(w);

	(void)mem;
	if (state.text.n != 5)
		return words_wrong(w, err, "`error` is followed by an SQLSTATE of five characters");
	memcpy(ways->sqlstate, state.text.p, sizeof(ways->sqlstate));
	return true;
}

static bool read_resets(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	uint64_t n;

	(void)mem;
	if (!words_take_if(w, "after") || !text_to_u64(words_take(w).text, &n) || n > 1000 ||
	    !words_take_if(w, "rows"))
		return words_wrong(w, err, "expected `resets after 2 rows`");
	ways->resets_after = (int64_t)n;
	return true;
}

static bool read_drops(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)mem;
	ways->drops++;
	return words_take_if(w, "connections") || words_wrong(w, err, "expected `drops connections`");
}

static bool read_floods(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)w, (void)mem, (void)err;
	return ways->floods = true;
}

static bool read_answers(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)mem;
	ways->others = true;
	return (words_take_if(w, "of") && words_take_if(w, "another") && words_take_if(w, "key")) ||
	       words_wrong(w, err, "expected `answers of another key`");
}

static bool read_reverses(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	(void)mem;
	ways->reverses = true;
	return words_take_if(w, "columns") || words_wrong(w, err, "expected `reverses columns`");
}

static bool read_lacks(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	return take_name(w, mem, &ways->lacks, err);
}

static bool read_garbles(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	if (!take_name(w, mem, &ways->garbles, err))
		return false;
	if (w->n == 0)
		return words_wrong(w, err, "`garbles COLUMN` is followed by what its cells are then");
	ways->garbage = words_take(w).text;
	return true;
}

/* Its rows, its password and what it dropped stay. */
static bool read_heals(struct words *w, struct arena *mem, struct ways *ways, struct err *err)
{
	struct ways good = ways_good();

	(void)w, (void)mem, (void)err;
	good.rows = ways->rows;
	good.wants = ways->wants;
	good.drops = ways->drops;
	*ways = good;
	return true;
}

static const struct {
	const char *word;
	bool (*read)(struct words *w, struct arena *mem, struct ways *ways, struct err *err);
} table[] = {
	{"rows", read_rows},       {"after", read_after},       {"connects", read_connects},
	{"silent", read_silent},   {"frozen", read_frozen},     {"refuses", read_refuses},
	{"rejects", read_rejects}, {"wants", read_wants},       {"error", read_error},
	{"resets", read_resets},   {"drops", read_drops},       {"floods", read_floods},
	{"answers", read_answers}, {"reverses", read_reverses}, {"lacks", read_lacks},
	{"garbles", read_garbles}, {"heals", read_heals},
};

bool ways_read(struct words w, struct arena *mem, struct ways *ways, struct err *err)
{
	while (w.n) {
		size_t i = 0;

		while (i < ARRAY_LEN(table) && !words_take_if(&w, table[i].word))
			i++;
		if (i == ARRAY_LEN(table))
			return words_wrong(&w, err,
					   "a source does: rows, after, connects after, silent, frozen, "
					   "refuses, rejects logins, "
					   "wants, error, resets after, drops connections, floods, answers "
					   "of another key, "
					   "reverses columns, lacks, garbles, heals");
		if (!table[i].read(&w, mem, ways, err))
			return false;
	}
	return true;
}

/* ---- writing ---- */

static void put_cell(struct str cell, struct buf *out)
{
	if (!cell.p)
		buf_puts(out, "\\N");
	for (size_t i = 0; i < cell.n; i++) {
		if (cell.p[i] == '\t')
			buf_puts(out, "\\t");
		else if (cell.p[i] == '\n')
			buf_puts(out, "\\n");
		else if (cell.p[i] == '\\')
			buf_puts(out, "\\\\");
		else
			buf_putc(out, cell.p[i]);
	}
}

/* A column that is gone lives on under another name. */
static void put_name(const struct ways *ways, const char *name, struct buf *out)
{
	buf_printf(out, " %s%s", ways->lacks && strcasecmp(name, ways->lacks) == 0 ? "former_" : "", name);
}

/* The column that stands at place `i` of what is told. */
static size_t told_column(const struct ways *ways, const struct fixture_part *part, size_t i)
{
	return ways->reverses ? part->n_columns - 1 - i : i;
}

static void put_head(const struct ways *ways, const struct fixture_part *part, struct buf *out)
{
	buf_printf(out, "part %s\n", part->name);
	if (part->n_keys && !ways->others) {
		buf_puts(out, "key");
		for (size_t i = 0; i < part->n_keys; i++)
			put_name(ways, part->keys[i], out);
		buf_putc(out, '\n');
	}
	if (!part->n_columns)
		return;
	buf_puts(out, "columns");
	for (size_t i = 0; i < part->n_columns; i++)
		put_name(ways, part->columns[told_column(ways, part, i)], out);
	buf_putc(out, '\n');
}

static void put_row(const struct ways *ways, const struct fixture_part *part, const struct fixture_row *row,
		    struct buf *out)
{
	for (size_t i = 0; i < part->n_columns; i++) {
		size_t c = told_column(ways, part, i);

		if (i)
			buf_putc(out, '\t');
		put_cell(ways->garbles && strcasecmp(part->columns[c], ways->garbles) == 0 ? ways->garbage
											   : row->cells[c],
			 out);
	}
	buf_putc(out, '\n');
}

/* Long enough, or of letters, so that it stands nowhere by accident: times in microseconds are digits, too.
 */
static bool is_telling(struct str cell)
{
	size_t digits = 0;

	while (digits < cell.n && strchr("0123456789.", cell.p[digits]))
		digits++;
	return cell.n >= (digits == cell.n ? 2 : 1) * VALUE_BYTES_LEAST;
}

static void put_values(const struct fixture_part *part, const struct fixture_row *row, struct buf *values)
{
	for (size_t c = 0; c < part->n_columns; c++) {
		if (!is_telling(row->cells[c]))
			continue;
		buf_put_str(values, row->cells[c]);
		buf_putc(values, '\0');
	}
}

void ways_write(const struct ways *ways, const struct fixture_part *part, struct buf *out, struct buf *values)
{
	put_head(ways, part, out);
	for (const struct fixture_row *row = part->rows; row; row = row->next) {
		for (int i = 0; i < (ways->floods ? FLOOD : 1); i++)
			put_row(ways, part, row, out);
		put_values(part, row, values);
	}
	buf_putc(out, '\n');
}
