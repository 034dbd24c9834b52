/* dummy.h - values for the keys of a query that are well-formed and nobody's. No state; safe from any thread. */
#ifndef FEDERATOR_LIVE_DUMMY_H
#define FEDERATOR_LIVE_DUMMY_H

#include "metadata/sqltext.h"

/* Should a database refuse the first, the next may do: */
enum dummy {
	DUMMY_USUAL,
	DUMMY_SMALL, /* numbers that fit the smallest integer column */
	DUMMY_NULL, /* NULL for keys that are any text: the column may be of an enum or another type with few values */
};

/* What a query is run with: two values for each key it requires, as the source writes them; NULL for optional ones,
 * unless all are. query->n_by + 1 of them, in `mem`. */
const struct key_values *dummy_keys(const struct part *part, const struct query *query, enum dummy dummy,
				    struct arena *mem) NONNULL(1, 2, 4) __attribute__((returns_nonnull));

#endif
