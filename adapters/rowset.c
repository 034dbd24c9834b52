#include "adapters/rowset.h"

#include <strings.h>

#include "base/base64.h"
#include "base/text.h"

void rowset_begin(struct rowset *rs, const struct fetch *f)
{
	*rs = (struct rowset){ .f = f };
}

bool rowset_take_row(struct rowset *rs)
{
	if (rs->n_rows >= rs->f->max_rows) {
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

bool rowset_put(struct rowset *rs, struct str cell, const char *source, struct err *err)
{
	struct str kept = { NULL, 0 };
	size_t column = rs->cells.len / sizeof(struct str) % rs->f->n_columns;

	if (cell.p != NULL && rs->f->bytes != NULL && rs->f->bytes[column])
		return put_bytes(rs, cell, source, err);
	if (!rowset_fits(rs, cell.n, source, err))
		return false;
	rs->bytes += cell.n;
	if (cell.p != NULL && !text_is_utf8(cell)) {
		rs->flags |= ROWS_BAD_TEXT;
		rs->bad_cells++;
	} else {
		kept = arena_str(rs->f->mem, cell);
	}
	buf_put(&rs->cells, &kept, sizeof(kept));
	return true;
}

const struct rows *rowset_end(struct rowset *rs)
{
	struct rows *rows = arena_new_of(rs->f->mem, struct rows);
	size_t n_cells = rs->cells.len / sizeof(struct str);
	struct str *cells = arena_array_of(rs->f->mem, struct str, n_cells);

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
