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

/* JSON Schema of what /v1/routing answers for one flat view, or for all flat views when `view` is NULL: the catalog
 * must have one. */
void view_schema_routing_json(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
	NONNULL(1, 4);

/* XML Schema 1.0 of the same, which is in no namespace. */
void view_schema_routing_xsd(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
	NONNULL(1, 4);

/* JSON Schema of the events of streams, of one view or of all when `view` is NULL: each an object of the
 * event's fields, `data` read as JSON. */
void view_schema_events_json(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
	NONNULL(1, 4);

/* Has the catalog a flat view? */
bool view_schema_any_flat(const struct catalog *cat) NONNULL(1);

/* Schemas that are the same for every mapping: their texts. */
enum fixed_schema {
	FIXED_PROVENANCE_XSD, /* urn:federator:provenance:1 */
	FIXED_PROBLEM_JSON, /* problem documents */
	FIXED_EXPLAIN_XSD, /* urn:federator:explain:1 */
	FIXED_EXPLAIN_JSON,
	FIXED_EXPORT_XSD, /* urn:federator:export:1 */
	FIXED_EXPORT_JSON,
	FIXED_WEB_XSD, /* urn:federator:web:1 */
	FIXED_WEB_JSON,
	/* Pieces of the OpenAPI document: components that are no schemas, by kind, and schemas in one's `$defs`. */
	FIXED_OPENAPI_HEADERS,
	FIXED_OPENAPI_PARAMETERS,
	FIXED_OPENAPI_SCHEMAS,
	FIXED_OPENAPI_SECURITY,
};

/* The text of one; static. */
struct str view_schema_fixed(enum fixed_schema which);
/* A JSON one as a member of another document, in `mem`: without `$schema`, which stands at a root only, and its
 * references moved to `at` ("#/..."), where it is put. */
struct str view_schema_inside(enum fixed_schema which, const char *at, struct arena *mem) NONNULL(2, 3);

#endif
