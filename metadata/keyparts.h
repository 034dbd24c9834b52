/* keyparts.h - what the rows of a part depend on, as one hash: queries, columns, types, spellings, row limit.
 * A change of any of them must never meet a cached copy made before it. */
#ifndef METADATA_KEYPARTS_H
#define METADATA_KEYPARTS_H

#include "metadata/catalog.h"

/* Fill part->definition's value into `out`. */
void keyparts_definition(const struct part *part, unsigned char out[DIGEST_BYTES]) NONNULL(1, 2);

#endif
