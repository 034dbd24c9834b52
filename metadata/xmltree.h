/* xmltree.h - one mapping file: well-formed, as the schema says, and in memory with all its places.
 * One thread at a time. */
#ifndef METADATA_XMLTREE_H
#define METADATA_XMLTREE_H

#include "metadata/diag.h"
#include "metadata/elem.h"
#include "metadata/schema.h"

enum { XMLTREE_BYTES_MAX = 1 << 20, XMLTREE_DEPTH_MAX = 32 };

/* Read the text of a file into a tree in `mem`; its spans carry `file` and `name`. Elements that are not as the
 * schema says are findings and marked broken, up to the child of the root they stand in. A file that is no mapping at
 * all (not UTF-8, a document type, not well-formed, another root) is one finding and gives NULL. */
struct elem *xmltree_read(struct str text, const char *file, const char *name, const struct schema *schema,
			  struct arena *mem, struct diags *ds) MUST_CHECK NONNULL(2, 3, 4, 5, 6);

#endif
