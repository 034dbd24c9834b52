#include "metadata/xmltree.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/text.h"
#include "metadata/xmlscan.h"
#include "metadata/xsderror.h"

struct reader {
	struct str text;
	const char *file;
	const char *name;
	const struct schema *schema;
	struct arena *mem;
	struct diags *ds;
	xmlParserCtxtPtr parser;
	struct xmlscan_place place;
	size_t cursor; /* behind the last start tag */
	size_t depth;
	struct elem *root;
	struct elem *open; /* the innermost element that has not ended */
	struct elem *last; /* the element that began or ended last: what a validation error is about */
	struct buf chars; /* text of the innermost element */
	struct str told_attr; /* the last bad attribute, so that its second error is not told */
	const struct elem *told_elem;
	bool failed; /* the one finding of a file that is no mapping is there */
};

static struct span span_at(struct reader *rd, size_t offset, size_t length)
{
	xmlscan_move(&rd->place, offset);
	return (struct span){ .file = rd->file,
			      .line = rd->place.line,
			      .column = (uint32_t)(offset - rd->place.line_start + 1),
			      .length = (uint32_t)length,
			      .name = rd->name };
}

/* The one finding of a file that is no mapping. The parser may run on; nobody listens any more. */
#define FAIL(rd, code, at, help, ...)                                                                \
	do {                                                                                         \
		if (!(rd)->failed)                                                                   \
			diag_add((rd)->ds, (code), (at), (help), __VA_ARGS__);                       \
		(rd)->failed = true;                                                                 \
	} while (0)

/* ---- what the parser tells ---- */

static void read_attrs(struct reader *rd, struct elem *e, const struct xmlscan_tag *tag, int n,
		       const xmlChar **from)
{
	struct attr *attrs = arena_array_of(rd->mem, struct attr, (size_t)n + 1);
	struct xmlscan_attr a;
	size_t at = tag->name + tag->name_n;

	while (e->n_attrs < (size_t)n && xmlscan_attr(rd->text, &at, &a)) {
		struct str name = { rd->text.p + a.name, a.name_n };
		struct str raw = { rd->text.p + a.value, a.value_n };
		const xmlChar **five = from + 5 * e->n_attrs; /* name, prefix, namespace, value, its end */
		struct attr *attr;

		if (name.n >= 5 && memcmp(name.p, "xmlns", 5) == 0 && (name.n == 5 || name.p[5] == ':'))
			continue;
		attr = &attrs[e->n_attrs++];
		attr->name = arena_str(rd->mem, name);
		attr->value = arena_str(rd->mem, (struct str){ (const char *)five[3],
							       (size_t)(five[4] - five[3]) });
		attr->name_at = span_at(rd, a.name, a.name_n);
		attr->value_at = span_at(rd, a.value, a.value_n);
		attr->verbatim = str_eq(attr->value, raw);
	}
	e->attrs = attrs;
}

static void add_child(struct elem *parent, struct elem *e)
{
	e->parent = parent;
	if (parent->last)
		parent->last->next = e;
	else
		parent->first = e;
	parent->last = e;
}

static bool is_mapping(const xmlChar *local, const xmlChar *uri)
{
	return strcmp((const char *)local, "mapping") == 0 && uri &&
	       strcmp((const char *)uri, SCHEMA_NAMESPACE) == 0;
}

static void on_start(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri, int n_ns,
		     const xmlChar **ns, int n_attrs, int n_defaulted, const xmlChar **attrs)
{
	struct reader *rd = data;
	struct xmlscan_tag tag = { 0 };
	struct elem *e;

	(void)prefix;
	(void)n_ns;
	(void)ns;
	(void)n_defaulted;
	if (rd->failed)
		return;
	e = arena_new_of(rd->mem, struct elem);
	if (xmlscan_tag(rd->text, rd->cursor, &tag))
		rd->cursor = tag.end;
	e->name = arena_str(rd->mem, str_of((const char *)local));
	e->at = span_at(rd, tag.name, tag.name_n);
	read_attrs(rd, e, &tag, n_attrs, attrs);
	e->text = STR("");
	e->text_at = tag.empty ? e->at : span_at(rd, xmlscan_text(rd->text, tag.end), 1);
	if (rd->open)
		add_child(rd->open, e);
	else
		rd->root = e;
	rd->open = rd->last = e;
	rd->chars.len = 0;
	if (tag.end == rd->text.n && rd->text.p[tag.end - 1] != '>') /* the parser says so, too, but later */
		FAIL(rd, "M0005", e->at, "write the > of this tag", "the tag <%s is not closed", (const char *)local);
	else if (e == rd->root && !is_mapping(local, uri))
		FAIL(rd, "M0007", e->at, "write <mapping xmlns=\"" SCHEMA_NAMESPACE "\">",
		     "the root element <%s> %s", (const char *)local,
		     elem_is(e, "mapping") ? "is not in the namespace of mappings" : "is not a mapping");
	if (++rd->depth > XMLTREE_DEPTH_MAX)
		FAIL(rd, "M0006", e->at, NULL, "elements are nested more than %d deep", XMLTREE_DEPTH_MAX);
}

static struct str trimmed(struct str s)
{
	while (s.n && strchr(" \t\r\n", s.p[0]))
		s = (struct str){ s.p + 1, s.n - 1 };
	while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
		s.n--;
	return s;
}

static void on_end(void *data, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri)
{
	struct reader *rd = data;

	(void)local;
	(void)prefix;
	(void)uri;
	if (rd->failed || !rd->open)
		return;
	rd->last = rd->open;
	if (!rd->open->first && rd->chars.len)
		rd->open->text = arena_str(rd->mem, trimmed(buf_str(&rd->chars)));
	rd->open = rd->open->parent;
	rd->chars.len = 0;
	rd->depth--;
}

static void on_text(void *data, const xmlChar *text, int n)
{
	struct reader *rd = data;

	if (!rd->failed)
		buf_put(&rd->chars, text, (size_t)n);
}

/* ---- what is wrong ---- */

/* The element of the child of the root it stands in, and all in between. */
static void mark_broken(struct elem *e)
{
	for (; e && e->parent; e = e->parent)
		e->broken = true;
}

static void on_invalid(void *data, xmlErrorPtr error)
{
	struct reader *rd = data;
	struct str attribute = xsderror_attribute(error);

	if (rd->failed || !rd->last || !error->message)
		return;
	mark_broken(rd->last);
	if (attribute.p && rd->told_elem == rd->last && str_eq(attribute, rd->told_attr))
		return; /* libxml2 tells each level of a type */
	rd->told_elem = rd->last;
	rd->told_attr = arena_str(rd->mem, attribute);
	xsderror_add(error, rd->last, rd->schema, rd->mem, rd->ds);
}

static void mismatched_end(struct reader *rd, size_t offset)
{
	const char *close = memrchr(rd->text.p, '<', offset);
	size_t at = close ? (size_t)(close - rd->text.p) : offset;
	struct span span = span_at(rd, at, offset > at ? offset - at : 1);

	FAIL(rd, "M0005", span, "close it first, or correct one of the two names",
	     "this end tag does not match <%.*s> of line %u", rd->open ? (int)rd->open->name.n : 0,
	     rd->open ? rd->open->name.p : "", rd->open ? rd->open->at.line : 0);
}

/* What to do about the mistakes people make most: SQL with a bare < or &, a value without its second quote. */
static const char *syntax_help(int code, bool at_tag)
{
	switch (code) {
	case XML_ERR_NAME_REQUIRED:
		if (at_tag)
			return "is the > of the tag before missing?";
		__attribute__((fallthrough));
	case XML_ERR_ATTRIBUTE_WITHOUT_VALUE:
	case XML_ERR_ENTITYREF_SEMICOL_MISSING:
		return "in SQL write &lt; for < and &amp; for &, or put the query into <![CDATA[ ... ]]>";
	case XML_ERR_SPACE_REQUIRED:
	case XML_ERR_LT_IN_ATTRIBUTE:
	case XML_ERR_ATTRIBUTE_NOT_STARTED:
		return "is a quote missing at a value, here or before?";
	default:
		return NULL;
	}
}

static void on_syntax(void *unused, xmlErrorPtr error)
{
	xmlParserCtxtPtr parser = error->ctxt;
	struct reader *rd = parser ? parser->_private : NULL;
	struct str message = str_of(error->message);
	bool at_tag;
	long offset;

	(void)unused; /* a validation has put itself between the parser and us */
	if (!rd || rd->failed || error->level < XML_ERR_ERROR)
		return;
	offset = xmlByteConsumed(parser);
	offset = offset < 0 || (size_t)offset > rd->text.n ? (long)rd->text.n : offset;
	at_tag = (size_t)offset < rd->text.n && rd->text.p[offset] == '<';
	while (message.n && strchr("\n.", message.p[message.n - 1]))
		message.n--;
	if (error->code == XML_ERR_TAG_NAME_MISMATCH)
		mismatched_end(rd, (size_t)offset);
	else if (error->code == XML_ERR_TAG_NOT_FINISHED && rd->open)
		FAIL(rd, "M0005", rd->open->at, "write its end tag", "<%.*s> is not closed",
		     STR_ARG(rd->open->name));
	else
		FAIL(rd, "M0005", span_at(rd, (size_t)offset, 1), syntax_help(error->code, at_tag),
		     "not well-formed XML: %.*s", STR_ARG(message));
}

/* ---- before the parser sees it ---- */

static size_t first_bad_byte(struct str text)
{
	struct str rest = text;

	while (rest.n) {
		uint32_t cp;
		size_t n = text_next(rest, &cp);

		if (cp == 0 || (cp == 0xFFFD && (n != 3 || memcmp(rest.p, "\xEF\xBF\xBD", 3) != 0)))
			break;
		rest = (struct str){ rest.p + n, rest.n - n };
	}
	return text.n - rest.n;
}

static bool acceptable(struct reader *rd)
{
	static const char save[] = "save the file as UTF-8; federator reads no other encoding";
	struct str encoding = xmlscan_encoding(rd->text);
	size_t bad, at;

	if (rd->text.n > XMLTREE_BYTES_MAX) {
		FAIL(rd, "M0002", span_at(rd, 0, 1), "split it: a directory is the union of its files",
		     "the file has %zu bytes, %d are allowed", rd->text.n, XMLTREE_BYTES_MAX);
		return false;
	}
	bad = first_bad_byte(rd->text);
	if (bad < rd->text.n) {
		FAIL(rd, "M0003", span_at(rd, bad, 1), save, "here is a byte that is not UTF-8 text");
	} else if (encoding.p && (encoding.n != 5 || strncasecmp(encoding.p, "UTF-8", 5) != 0)) {
		FAIL(rd, "M0003", span_at(rd, (size_t)(encoding.p - rd->text.p), encoding.n), save,
		     "the file says that its encoding is %.*s", STR_ARG(encoding));
	} else if (xmlscan_doctype(rd->text, &at)) {
		FAIL(rd, "M0004", span_at(rd, at, 9), "take it out; the schema is built in",
		     "a mapping file has no document type");
	}
	return !rd->failed;
}

/* ---- reading ---- */

static void parse(struct reader *rd, xmlSchemaValidCtxtPtr valid)
{
	xmlSAXHandler *own = rd->parser->sax;
	xmlSchemaSAXPlugPtr plug;

	*own = (xmlSAXHandler){ .initialized = XML_SAX2_MAGIC,
				.startElementNs = on_start,
				.endElementNs = on_end,
				.characters = on_text,
				.cdataBlock = on_text,
				.ignorableWhitespace = on_text };
	rd->parser->_private = rd;
	rd->parser->userData = rd;
	xmlSchemaSetValidStructuredErrors(valid, on_invalid, rd);
	plug = xmlSchemaSAXPlug(valid, &rd->parser->sax, &rd->parser->userData);
	if (!plug)
		abort(); /* only without memory */
	rd->parser->sax->serror = on_syntax;
	(void)xmlParseDocument(rd->parser);
	if (!rd->parser->wellFormed && !rd->failed)
		FAIL(rd, "M0005", span_at(rd, 0, 1), NULL, "not well-formed XML");
	(void)xmlSchemaSAXUnplug(plug);
}

struct elem *xmltree_read(struct str text, const char *file, const char *name, const struct schema *schema,
			  struct arena *mem, struct diags *ds)
{
	struct reader rd = { .text = text,
			     .file = file,
			     .name = name,
			     .schema = schema,
			     .mem = mem,
			     .ds = ds,
			     .place = { .text = text, .line = 1 } };
	xmlSchemaValidCtxtPtr valid;

	if (text.n == 0)
		FAIL(&rd, "M0005", span_at(&rd, 0, 1), NULL, "the file is empty");
	if (rd.failed || !acceptable(&rd))
		return NULL;
	rd.parser = xmlCreateMemoryParserCtxt(text.p, (int)text.n);
	valid = xmlSchemaNewValidCtxt(schema_xsd(schema));
	if (!rd.parser || !valid)
		abort(); /* only without memory */
	/* else libxml2 leaves & in attributes escaped, as &#38;; without a DOCTYPE there is nothing more to replace */
	rd.parser->replaceEntities = 1;
	parse(&rd, valid);
	xmlSchemaFreeValidCtxt(valid);
	xmlFreeParserCtxt(rd.parser);
	buf_free(&rd.chars);
	return rd.failed ? NULL : rd.root;
}
