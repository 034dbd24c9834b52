/* query.h - what the fault driver reads from a query: names, no meaning. */
#ifndef TESTS_FAULTODBC_QUERY_H
#define TESTS_FAULTODBC_QUERY_H

#include "base/base.h"

enum { QUERY_COLUMNS = 64, QUERY_NAME = 64 };

struct query {
	char table[QUERY_NAME]; /* the innermost one behind FROM; "": none */
	char key[QUERY_NAME]; /* the column before the first `= ?` or `IN (?`; "": there is no parameter */
	char columns[QUERY_COLUMNS][QUERY_NAME]; /* of the outermost select list, by alias or else name */
	uint32_t n_columns;
	uint32_t n_params;
};

/* Read a SELECT. False: it is none, selects a star, or has too many columns. */
bool query_read(struct str sql, struct query *out) MUST_CHECK NONNULL(2);

#endif
