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
 * outside maps must be XML names. `ns` NULL: no namespace. */
void render_xml(const struct node *root, const char *ns, bool pretty, struct buf *out) NONNULL(1, 4);

/* application/x-www-form-urlencoded of an object of texts: "a=b&c=d" in UTF-8, a blank as %20; bytes that are not
 * UTF-8 become U+FFFD. No line end. */
void render_form(const struct node *root, struct buf *out) NONNULL(1, 2);
/* A line "Name=value" for each text of an object. Control characters, line ends and marks of direction in a value
 * become blanks; bytes that are not UTF-8 become U+FFFD. */
void render_text(const struct node *root, struct buf *out) NONNULL(1, 2);
/* The values of an object that come from sources (those with a class), joined by one blank, as at most `max` bytes
 * without a line end, cut between characters. Blanks and control characters become one blank, none at the ends. */
void render_line(const struct node *root, size_t max, struct buf *out) NONNULL(1, 3);

/* Note where a value that varies stands: it was written from `at` on. */
static inline void render_note(const struct node *n, size_t at, const struct buf *out)
{
	if (n->vary) {
		n->vary->at = at;
		n->vary->n = out->len - at;
	}
}

#define VIEW_NAMESPACE    "urn:federator:view:1"
#define PROVENANCE_NAMESPACE "urn:federator:provenance:1"
#define EXPLAIN_NAMESPACE "urn:federator:explain:1"
#define PROBLEM_NAMESPACE "urn:ietf:rfc:7807" /* RFC 9457 keeps the namespace of RFC 7807 */

/* JSON string escaping of `text` with the quotes, appended to out. (jansson owns the name json_string.) */
void render_json_string(struct str text, struct buf *out) NONNULL(2);

#endif
