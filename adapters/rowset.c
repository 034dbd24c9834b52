#include "adapters/rowset.h"

#include <strings.h>

#include "base/base64.h"
#include "base/map.h"
#include "base/text.h"

void rowset_begin(struct rowset *rs, const struct fetch *f)
{
	*rs = (struct rowset){ .f = f };
}

/* A row that was seen: in one run at most `kept` times, in run `run` `now` times. */
struct seen {
	uint32_t kept, run, now;
};

/* All cells of the last row as one text that no other row has. */
static struct str row_key(const struct rowset *rs, const struct str *cells)
{
	SCOPED(buf_free) struct buf key = { 0 };

	for (uint32_t c = 0; c < rs->f->n_columns; c++) {
		size_t n = cells[c].p ? cells[c].n : SIZE_MAX; /* NULL is not the empty text */

		buf_put(&key, &n, sizeof(n));
		buf_put_str(&key, cells[c]);
	}
	return arena_str(rs->f->mem, buf_str(&key));
}

/* Does the last row stand for one that no earlier run has brought? */
static bool is_new(struct rowset *rs)
{
	size_t at = rs->cells.len - rs->f->n_columns * sizeof(struct str);
	struct str key = row_key(rs, (const struct str *)(const void *)(rs->cells.data + at));
	struct seen *seen = map_get(rs->seen, key);

	if (!seen) {
		seen = arena_new_of(rs->f->mem, struct seen);
		map_set(rs->seen, key, seen);
	}
	if (seen->run != rs->run)
		*seen = (struct seen){ .kept = seen->kept, .run = rs->run };
	if (++seen->now <= seen->kept)
		return false;
	seen->kept = seen->now;
	return true;
}

/* Take the last row out again when it is not new, or one too many. */
static void settle(struct rowset *rs)
{
	bool fresh;

	if (!rs->seen || rs->settled == rs->n_rows)
		return;
	fresh = is_new(rs);
	if (fresh && rs->n_rows > rs->f->max_rows)
		rs->flags |= ROWS_TRUNCATED;
	if (!fresh || rs->n_rows > rs->f->max_rows) {
		rs->n_rows--;
		rs->cells.len -= rs->f->n_columns * sizeof(struct str);
		rs->bytes = rs->settled_bytes;
	}
	rs->settled = rs->n_rows;
	rs->settled_bytes = rs->bytes;
}

void rowset_next_run(struct rowset *rs)
{
	settle(rs);
	rs->run++;
	if (!rs->seen && rs->f->n_runs > 1)
		rs->seen = map_new(rs->f->mem);
}

bool rowset_take_row(struct rowset *rs)
{
	settle(rs);
	if (rs->flags & ROWS_TRUNCATED)
		return false;
	if (rs->n_rows >= rs->f->max_rows && !rs->seen) { /* with several runs the next row need not be new */
		rs->flags |= ROWS_TRUNCATED;
		return false;
	}
	rs->n_rows++;
	return true;
}

bool rowset_fits(const struct rowset *rs, size_t bytes, const char *source, struct err *err)
{
	if (bytes <= rs->f->max_bytes - rs->bytes)
		return true;
	return err_set(err, ERR_TOO_LARGE, source, "part %s: the rows have more than %zu bytes", rs->f->part,
		       rs->f->max_bytes);
}

static bool put_bytes(struct rowset *rs, struct str cell, const char *source, struct err *err)
{
	struct str kept;

	if (!rowset_fits(rs, base64_length(cell.n), source, err))
		return false;
	kept = base64_write(cell, rs->f->mem);
	rs->bytes += kept.n;
	buf_put(&rs->cells, &kept, sizeof(kept));
	return true;
}

/* NUL is valid UTF-8, but XML has no way to write it, and who keeps texts with an end cuts them there. By itself it is
 * how MariaDB ODBC gives a bit(1) that is not set. */
static bool is_readable(struct str text)
{
	return text_is_utf8(text) && (text.n == 1 || !memchr(text.p, '\0', text.n));
}

bool rowset_put(struct rowset *rs, struct str cell, const char *source, struct err *err)
{
	struct str kept = { NULL, 0 };
	size_t column = rs->cells.len / sizeof(struct str) % rs->f->n_columns;

	if (cell.p != NULL && rs->f->bytes != NULL && rs->f->bytes[column])
		return put_bytes(rs, cell, source, err);
	if (!rowset_fits(rs, cell.n, source, err))
		return false;
	rs->bytes += cell.n;
	if (cell.p != NULL && !is_readable(cell)) {
		rs->flags |= ROWS_BAD_TEXT;
		rs->bad_cells++;
		kept = (struct str){ rows_unread, 0 };
	} else {
		kept = arena_str(rs->f->mem, cell);
	}
	buf_put(&rs->cells, &kept, sizeof(kept));
	return true;
}

const struct rows *rowset_end(struct rowset *rs)
{
	struct rows *rows = arena_new_of(rs->f->mem, struct rows);
	struct str *cells;
	size_t n_cells;

	settle(rs);
	n_cells = rs->cells.len / sizeof(struct str);
	cells = arena_array_of(rs->f->mem, struct str, n_cells);
	if (n_cells > 0)
		memcpy(cells, rs->cells.data, rs->cells.len);
	*rows = (struct rows){ .n_rows = rs->n_rows,
			       .n_cols = rs->f->n_columns,
			       .cells = cells,
			       .flags = rs->flags,
			       .bad_cells = rs->bad_cells };
	return rows;
}

void rowset_drop(struct rowset *rs)
{
	buf_free(&rs->cells);
}

static bool rowset_find(const char *want, const char *const *names, size_t n_names, size_t *at_out,
			bool *twice_out)
{
	size_t at = n_names;

	*twice_out = false;
	for (size_t i = 0; i < n_names; i++) {
		if (strcasecmp(names[i], want) != 0)
			continue;
		*twice_out = at < n_names;
		at = i;
	}
	*at_out = at;
	return at < n_names && !*twice_out;
}

bool rowset_match(const struct fetch *f, const char *const *names, size_t n_names, const char *source,
		  size_t *at_out, struct err *err)
{
	for (uint32_t c = 0; c < f->n_columns; c++) {
		bool twice;

		if (rowset_find(f->columns[c], names, n_names, &at_out[c], &twice))
			continue;
		return err_set(err, ERR_SCHEMA, source,
			       twice ? "part %s: the answer has two columns \"%s\"; rename one with AS"
				     : "part %s: the answer has no column \"%s\"",
			       f->part, f->columns[c]);
	}
	return true;
}
