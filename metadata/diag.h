/* diag.h - what is wrong with a set of mapping files: a list of findings with place, code and advice.
 * One thread at a time. */
#ifndef METADATA_DIAG_H
#define METADATA_DIAG_H

#include "base/buf.h"
#include "metadata/catalog.h"

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag {
	enum diag_level level;
	const char *code; /* "M0142"; every code is listed in codes.def */
	struct span at;
	const char *text; /* one sentence */
	const char *help; /* what to do, or NULL */
};

struct diags; /* opaque */

/* An empty list that lives in `mem`; so do the texts put into it. */
struct diags *diags_new(struct arena *mem) NONNULL(1) __attribute__((returns_nonnull));
/* Remember a copy of a file's text, so that its lines can be shown when the mapping is gone. */
void diags_file(struct diags *ds, const char *file, struct str text) NONNULL(1, 2);
/* Add a finding; whether it is an error or a warning stands with its code in codes.def. `help` may be NULL;
 * all texts are copied. Findings beyond 200 are only counted. */
void diag_add(struct diags *ds, const char *code, struct span at, const char *help, const char *fmt,
	      ...) NONNULL(1, 2, 5) PRINTF_LIKE(5, 6);
/* The place of `n` bytes at byte `at` of an element's text whose first byte stands at `first`. When the file was given
 * to diags_file() it is where they are written, whatever references are between; else lines of `text` are counted. */
struct span diag_within(const struct diags *ds, struct span first, struct str text, size_t at, size_t n) NONNULL(1);
/* Number of findings of a level. */
size_t diags_count(const struct diags *ds, enum diag_level level) NONNULL(1);
/* The findings, sorted by file, line and column. */
const struct diag *diags_all(struct diags *ds, size_t *n_out) NONNULL(1, 2);
/* Human form: code, sentence, place, the line with carets under the span (in display cells), help. */
void diags_print_human(struct diags *ds, struct buf *out) NONNULL(1, 2);
/* file:line:column: error: sentence [code] */
void diags_print_gcc(struct diags *ds, struct buf *out) NONNULL(1, 2);
/* A JSON array of objects: level, code, file, line, column, length, text, help. */
void diags_print_json(struct diags *ds, struct buf *out) NONNULL(1, 2);

#endif
