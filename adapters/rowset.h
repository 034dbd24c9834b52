/* rowset.h - the guards of one fetch, alike for every driver: most rows, most bytes, valid UTF-8, columns by
 * name. One thread at a time. Only files of adapters/ include this. */
#ifndef ADAPTERS_ROWSET_H
#define ADAPTERS_ROWSET_H

#include "adapters/adapter.h"
#include "base/buf.h"

/* Rows being collected. The texts of cells go to f->mem at once. */
struct rowset {
	const struct fetch *f;
	struct buf cells; /* of struct str */
	uint32_t n_rows;
	size_t bytes;
	unsigned flags;
	uint32_t bad_cells;
	uint32_t run; /* from 1; 0 before rowset_next_run() */
	uint32_t settled; /* rows that were compared with those of earlier runs */
	size_t settled_bytes; /* of their cells */
	struct map *seen; /* of a fetch with several runs: the rows so far */
};

/* Begin to collect for `f`, which must outlive the rowset; end with rowset_drop(). */
void rowset_begin(struct rowset *rs, const struct fetch *f) NONNULL(1, 2);
/* The rows that follow are those of the next run. Of rows that are alike in all cells as many stay as the run had that
 * had most of them: a run that finds what another one found adds nothing, and what one run has twice stays twice. */
void rowset_next_run(struct rowset *rs) NONNULL(1);
/* May one more row be put? If not, the rows are marked as truncated. */
bool rowset_take_row(struct rowset *rs) MUST_CHECK NONNULL(1);
/* Would `bytes` more be too many? Fails with ERR_TOO_LARGE; to be asked before they are read. */
bool rowset_fits(const struct rowset *rs, size_t bytes, const char *source, struct err *err)
	MUST_CHECK NONNULL(1, 3, 4);
/* Put the next cell of the row; the bytes are copied, those of a column of bytes as base64. ERR_TOO_LARGE. */
bool rowset_put(struct rowset *rs, struct str cell, const char *source, struct err *err)
	MUST_CHECK NONNULL(1, 3, 4);
/* The rows collected, in f->mem. */
const struct rows *rowset_end(struct rowset *rs) NONNULL(1) __attribute__((returns_nonnull));
/* Free what rowset_begin() took; usable with SCOPED. */
void rowset_drop(struct rowset *rs) NONNULL(1);

/* Where each wanted column stands among `names`, without regard to ASCII case: at_out takes f->n_columns.
 * ERR_SCHEMA when one is not there or there twice. */
bool rowset_match(const struct fetch *f, const char *const *names, size_t n_names, const char *source,
		  size_t *at_out, struct err *err) MUST_CHECK NONNULL(1, 4, 6);

#endif
