/* render.h - an answer tree into bytes. No state; safe from any thread. */
#ifndef FEDERATOR_RENDER_RENDER_H
#define FEDERATOR_RENDER_RENDER_H

#include "base/buf.h"
#include "federator/view/tree.h"

/* JSON (RFC 8259), compact or, with `pretty`, two spaces a level. Member names and texts are escaped; bytes
 * that are not UTF-8 become U+FFFD. Provenance: a map by JSON Pointer, "/customer/tier". */
void render_json(const struct node *root, bool pretty, struct buf *out) NONNULL(1, 3);

/* XML 1.0 of the same tree: root element `root->name` in namespace `ns`, members as elements, arrays as a
 * wrapper with one `item` element each, maps as wrapper with `<item name="...">`, null as xsi:nil="true",
 * provenance as attributes in urn:federator:provenance:1, losers as `p:lost` elements
 * (docs/decisions/0005-provenance-in-xml.md). Characters XML 1.0 cannot carry become U+FFFD. Names of members
 * outside maps must be XML names. */
void render_xml(const struct node *root, const char *ns, bool pretty, struct buf *out) NONNULL(1, 2, 4);

#define VIEW_NAMESPACE    "urn:federator:view:1"
#define PROBLEM_NAMESPACE "urn:ietf:rfc:7807" /* RFC 9457 keeps the namespace of RFC 7807 */

/* JSON string escaping of `text` with the quotes, appended to out. (jansson owns the name json_string.) */
void render_json_string(struct str text, struct buf *out) NONNULL(2);

#endif
