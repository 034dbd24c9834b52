/* xmlscan.h - where things stand in the text of an XML document that a parser reads at the same time: it says
 * what there is, this says at which byte. Positions are real however long a line or a file is. Reads nothing
 * but the text; harmless on text that is not well-formed. No state; safe from any thread. */
#ifndef METADATA_XMLSCAN_H
#define METADATA_XMLSCAN_H

#include "base/base.h"

/* A start tag; all are byte offsets in the text. */
struct xmlscan_tag {
	size_t name; /* with its prefix */
	size_t name_n;
	size_t end; /* behind the tag */
	bool empty; /* <a/> */
};

struct xmlscan_attr {
	size_t name;
	size_t name_n;
	size_t value; /* inside the quotes */
	size_t value_n;
};

/* The first start tag at or behind `from`; comments, CDATA, instructions and end tags are passed over. */
bool xmlscan_tag(struct str text, size_t from, struct xmlscan_tag *out) MUST_CHECK NONNULL(3);
/* The next attribute at or behind *from, which moves behind it; begin with the end of a tag's name. False at
 * the end of the tag. */
bool xmlscan_attr(struct str text, size_t *from, struct xmlscan_attr *out) MUST_CHECK NONNULL(2, 3);
/* The first byte of text at or behind `from` that is not white space, inside a CDATA section too. */
size_t xmlscan_text(struct str text, size_t from);
/* Where byte `at` of an element's text, as a parser gives it, stands in the document: references, CDATA sections,
 * comments and line ends are longer there. `from` is what xmlscan_text() says. Never behind the end of the text. */
size_t xmlscan_within(struct str text, size_t from, size_t at);
/* Is there a document type before the root element? Its place goes to *at_out. */
bool xmlscan_doctype(struct str text, size_t *at_out) MUST_CHECK NONNULL(2);
/* The value of encoding in the XML declaration, or the NULL view; it points into the text. */
struct str xmlscan_encoding(struct str text);

/* A place in a text that mostly moves forward. Begin with { .text = ... , .line = 1 }. */
struct xmlscan_place {
	struct str text;
	size_t offset;
	size_t line_start;
	uint32_t line;
};

/* Move to a byte offset; line and line_start follow. */
void xmlscan_move(struct xmlscan_place *place, size_t offset) NONNULL(1);

#endif
