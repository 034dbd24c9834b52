/* schema.h - mapping-1.xsd, compiled, and what it knows about elements and attributes for advice.
 * One thread at a time. */
#ifndef METADATA_SCHEMA_H
#define METADATA_SCHEMA_H

#include <libxml/xmlschemas.h>

#include "base/arena.h"

#define SCHEMA_NAMESPACE "urn:federator:mapping:1"

struct schema; /* opaque */

/* Compile it from the text in the library: no file, no network. The caller owns the result: end it with
 * schema_free(). Never NULL. */
struct schema *schema_new(void) __attribute__((returns_nonnull));
/* Accepts a pointer to NULL; sets *schema to NULL. Usable with SCOPED. */
void schema_free(struct schema **schema) NONNULL(1);
/* For a validation; lives as long as the schema. */
xmlSchemaPtr schema_xsd(const struct schema *schema) NONNULL(1);

/* The names of the attributes that an element may have; in `mem`, in the order of the schema. */
const char *const *schema_attributes(const struct schema *schema, struct str element, struct arena *mem,
				     size_t *n_out) NONNULL(1, 3, 4);
/* The names of the elements that may stand in an element. */
const char *const *schema_children(const struct schema *schema, struct str element, struct arena *mem,
				   size_t *n_out) NONNULL(1, 3, 4);
/* The words that are values of an attribute; none when its values are not a fixed set. */
const char *const *schema_values(const struct schema *schema, struct str element, struct str attribute,
				 struct arena *mem, size_t *n_out) NONNULL(1, 4, 5);
/* What an attribute is for; NULL when the schema does not know it. In `mem`. */
const char *schema_about(const struct schema *schema, struct str element, struct str attribute,
			 struct arena *mem) NONNULL(1, 4);
/* What the values of an attribute look like; NULL when its type says nothing. In `mem`. */
const char *schema_form(const struct schema *schema, struct str element, struct str attribute,
			struct arena *mem) NONNULL(1, 4);

#endif
