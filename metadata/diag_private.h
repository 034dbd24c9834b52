/* diag_private.h - what the printing of findings needs from their list. One thread at a time. */
#ifndef METADATA_DIAG_PRIVATE_H
#define METADATA_DIAG_PRIVATE_H

#include "metadata/diag.h"

/* The line that a finding stands in, without its end; the NULL view when its text is not known. */
struct str diags_line(const struct diags *ds, struct span at) NONNULL(1);
/* How many findings were counted only. */
size_t diags_hidden(const struct diags *ds) NONNULL(1);

#endif
