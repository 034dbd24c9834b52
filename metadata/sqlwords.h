/* sqlwords.h - what the words of a query say about its rows, without understanding it. No state; safe from any
 * thread. */
#ifndef METADATA_SQLWORDS_H
#define METADATA_SQLWORDS_H

#include "base/base.h"

/* Does a query give a row of its own for everything its condition finds? False as soon as a word occurs that limits,
 * numbers, groups or merges rows, be it in a comment. */
bool sqlwords_gives_every_row(struct str sql);
/* Is the word an aggregate function, which makes one row of several? */
bool sqlwords_is_aggregate(struct str word);
/* Does it say itself how texts are compared (COLLATE, BINARY)? */
bool sqlwords_names_collation(struct str sql);

#endif
