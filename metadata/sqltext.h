/* sqltext.h - the SQL of a query: find its parameters at load, write the text a driver gets at run time.
 * Knows quoted strings, quoted names and comments as the dialect has them, and `::` casts; a `:name` counts only when
 * it is a key of `by`. No state; safe from any thread. */
#ifndef METADATA_SQLTEXT_H
#define METADATA_SQLTEXT_H

#include "metadata/catalog.h"
#include "metadata/diag.h"

/* A query as it stands in a mapping. */
struct sqltext {
	struct str sql;
	const char *dialect; /* of the databases it is for; NULL: not known */
	const struct by_key *by;
	size_t n_by;
	struct span where; /* of the first byte, for findings */
};

/* Split SQL text into pieces. Findings: not one SELECT or WITH, a `;`, an unended quote, a `by` key that is never used,
 * a LIMIT beside a list parameter. */
bool sqltext_split(const struct sqltext *text, struct arena *mem, struct diags *ds, const struct piece **pieces_out,
		   size_t *n_pieces_out) MUST_CHECK NONNULL(1, 2, 3, 4, 5);

/* The reserved parameter `:before`, as if it were a key: rows of a time line before this moment. On a first page it is
 * bound to the end of the year 9999. */
extern const struct key sqltext_before;

/* Does the query take :before? */
bool sqltext_pages(const struct query *query) NONNULL(1);

/* The values of one key for one run of a query, already spelled for the source. */
struct key_values {
	const struct key *key;
	const struct str *values; /* n == 0: bind NULL */
	size_t n;
};

/* Text with `?` markers and the parameters in their order. A list parameter becomes as many markers as the next
 * of 1, 8, 32, 128 (then multiples of 128) that holds its values, padded with the last one. A PIECE_PARAM takes
 * the first value. Everything lives in `mem`. */
void sqltext_expand(const struct query *query, const struct key_values *keys, size_t n_keys,
		    struct arena *mem, struct str *sql_out, const struct str **params_out,
		    size_t *n_params_out) NONNULL(1, 4, 5, 6, 7);

/* Which byte of query->sql the byte `at` of that expansion comes from; of a marker the `:` of its parameter. */
size_t sqltext_origin(const struct query *query, const struct key_values *keys, size_t n_keys, size_t at)
	NONNULL(1);

#endif
