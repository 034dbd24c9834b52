/* common.h - which columns of parts hold what may be said of many customers alike, and names none of them. */
#ifndef METADATA_COMMON_H
#define METADATA_COMMON_H

#include "base/arena.h"
#include "metadata/catalog.h"

/* By part index, then by column: false when the column gives or proves a key that is no item's, or a field of a class
 * that is ever masked shows it. In `mem`. */
const bool *const *columns_common(const struct catalog *cat, struct arena *mem) NONNULL(1, 2)
	__attribute__((returns_nonnull));

#endif
