/* view_schema.h - what the answers of a mapping look like, as JSON Schema and as XML Schema. No state; safe
 * from any thread. */
#ifndef FEDERATOR_SCHEMA_VIEW_SCHEMA_H
#define FEDERATOR_SCHEMA_VIEW_SCHEMA_H

#include "base/buf.h"
#include "metadata/catalog.h"

/* JSON Schema (draft 2020-12) of the answers of one view, or of all views of the catalog as alternatives when
 * `view` is NULL. Titles are in `lang`; the NULL view: in the mapping's first language. */
void view_schema_json(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
	NONNULL(1, 4);

/* XML Schema 1.0 of the same. It imports provenance.xsd from the place where it lies itself. With `view` NULL
 * the customer may have the elements of any view: XML Schema 1.0 cannot choose a content by a value. */
void view_schema_xsd(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
	NONNULL(1, 4);

/* The XML Schema of urn:federator:provenance:1; the same for every mapping. */
struct str view_schema_provenance_xsd(void);

/* JSON Schema of problem documents; the same for every mapping. */
struct str view_schema_problem_json(void);

#endif
