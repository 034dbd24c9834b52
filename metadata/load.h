/* load.h - directories of mapping files into a catalog. Reads *.xml in byte order of their names, not into
 * sub-directories. Reports everything that is wrong in one run. Safe from any thread. */
#ifndef METADATA_LOAD_H
#define METADATA_LOAD_H

#include "metadata/catalog.h"
#include "metadata/diag.h"

/* Load one directory or several, `dirs` separated by `:`. What a later one declares with override="true"
 * replaces what an earlier one declares; with several, names of files begin with the last name of their
 * directory. On success a catalog with one owner; warnings may stand in `ds`. On any error finding NULL. */
const struct catalog *catalog_load(const char *dirs, struct diags *ds) MUST_CHECK NONNULL(1, 2);

/* A set with nothing in it, whose revision is "none": of who has no other yet. The caller owns it. */
const struct catalog *catalog_nothing(void) MUST_CHECK __attribute__((returns_nonnull));

/* The same from texts in memory (tests, fuzzing, a preview): names and bytes of the files. */
const struct catalog *catalog_load_texts(const struct mapping_file *files, size_t n_files,
					 struct diags *ds) MUST_CHECK NONNULL(3);

/* The schema of the mapping language as installed and served: metadata/mapping-1.xsd, NUL-terminated. */
struct str mapping_schema_text(void);

#endif
