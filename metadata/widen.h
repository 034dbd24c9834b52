/* widen.h - what a set of mappings shows to whom, beyond what the set before it showed. No state. */
#ifndef METADATA_WIDEN_H
#define METADATA_WIDEN_H

#include "metadata/diag.h"

/* Compare by names and add a warning to `ds` for each class, field and pair of role and purpose that is shown more
 * widely in `is` than in `was`, at its place in the files of `is`. Returns how many. */
size_t widen_check(const struct catalog *was, const struct catalog *is, struct diags *ds) NONNULL(1, 2, 3);

#endif
