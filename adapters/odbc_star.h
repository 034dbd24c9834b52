/* odbc_star.h - does a query select columns that it does not name? */
#ifndef ADAPTERS_ODBC_STAR_H
#define ADAPTERS_ODBC_STAR_H

#include "base/base.h"

/* May the outermost select list hold a `*` that stands for columns? Stars of subqueries and COUNT(*) do not count:
 * the columns of the result are named all the same. Where the text leaves doubt (a backslash in a literal,
 * parentheses that do not match) the answer is yes. Any thread. */
bool odbc_star_selected(struct str sql);

#endif
