/* sqljoin.h - can a query with a list parameter be asked for several customers' values at once? */
#ifndef METADATA_SQLJOIN_H
#define METADATA_SQLJOIN_H

#include "metadata/catalog.h"

/* Do its rows for one value not depend on which other values stand in the list? True only for shapes of which that is
 * known; `dialect` is the source's:
 * - one SELECT whose WHERE compares a column with the list, and does not merge rows;
 * - the same with GROUP BY that column;
 * - rows numbered by window functions, each with PARTITION BY that column, in a subquery or WITH.
 * Subqueries without the list do not matter. With any parameter but lists, :before too, it is false. `mem` is
 * for scratch. Any thread. */
bool sqljoin_separable(const struct query *query, const char *dialect, struct arena *mem) NONNULL(1, 3);

#endif
