#include "adapters/stand_in.h"

#include <assert.h>

#include "adapters/rowset.h"

const struct adapter_driver stand_in_driver = { .name = "stand-in" };

static bool put_rows(struct rowset *rs, const struct rows *rows, const char *source, struct err *err)
{
	for (uint32_t r = 0; r < rows->n_rows && rowset_take_row(rs); r++)
		for (uint32_t c = 0; c < rows->n_cols; c++)
			if (!rowset_put(rs, rows_cell(rows, r, c), source, err))
				return false;
	return true;
}

bool stand_in_submit(const struct adapter_conf *conf, struct fetch *f, struct err *err)
{
	struct fetch as_shown = *f;
	const struct rows *rows = NULL;
	struct rowset rs;
	bool ok;

	as_shown.bytes = NULL; /* base64 already */
	if (!conf->answer(conf->answer_owner, f, &rows, err))
		return false;
	assert(rows->n_cols == f->n_columns);
	rowset_begin(&rs, &as_shown);
	ok = put_rows(&rs, rows, conf->name, err);
	if (ok)
		f->rows = rowset_end(&rs);
	rowset_drop(&rs);
	if (!ok)
		return false;
	f->begun_us = f->queued_us;
	f->ended_us = clock_mono_us();
	f->done(f);
	return true;
}
