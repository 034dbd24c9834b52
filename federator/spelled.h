/* spelled.h - values of a key as a source writes them, for the parameters of a query. No state; safe from any
 * thread. */
#ifndef FEDERATOR_SPELLED_H
#define FEDERATOR_SPELLED_H

#include "metadata/sqltext.h"

/* Canonical values in every spelling of every column of the part that proves the key, none: in the canonical one. Each
 * text once; those that cannot be spelled so are left out. The texts live in `mem`. */
struct key_values spelled_key(const struct part *part, const struct key *key, const struct str *values, size_t n,
			      struct arena *mem) NONNULL(1, 2, 5);

#endif
