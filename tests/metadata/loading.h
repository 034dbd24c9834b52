/* loading.h - what tests of mappings share. One thread. */
#ifndef TESTS_METADATA_LOADING_H
#define TESTS_METADATA_LOADING_H

#include "base/buf.h"
#include "metadata/load.h"

/* The bytes of a file of this folder, in `mem`; fails the test when it cannot be read. */
struct str loading_file(struct arena *mem, const char *name) NONNULL(1, 2);
/* `body` inside a root element, in `mem`. */
struct str loading_mapping(struct arena *mem, const char *body) NONNULL(1, 2);
/* Load base.xml and, when it is not the NULL view, a second file "x.xml" beside it. */
const struct catalog *loading_with_base(struct arena *mem, struct str text, struct diags *ds)
	MUST_CHECK NONNULL(1, 3);
/* The finding of a code, or NULL. */
const struct diag *loading_find(struct diags *ds, const char *code) NONNULL(1, 2);
/* All findings on stderr: for a test that is about to fail. */
void loading_show(struct diags *ds) NONNULL(1);

#endif
