#include "federator/render/render.h"

#include <assert.h>
#include <stdlib.h>

#include "federator/render/escape.h"
#include "federator/render/origins.h"

#define SCHEMA_INSTANCE_NAMESPACE "http://www.w3.org/2001/XMLSchema-instance"

struct xml {
	struct buf *out;
	bool pretty;
	int depth;
};

/* Control characters that XML 1.0 has no spelling for. */
#define NO_CONTROLS                                                                                          \
	[0 ... 8] = ESCAPE_REPLACEMENT, [11] = ESCAPE_REPLACEMENT, [12] = ESCAPE_REPLACEMENT,                \
	       [14 ... 31] = ESCAPE_REPLACEMENT

/* A parser reads a bare carriage return as a line feed, so it is written as a reference. */
static const struct escape text_escape = {
	.ascii = {NO_CONTROLS, ['\r'] = "&#13;", ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;"},
	.marks = {'<', '>', '&'},
	.no_fffe = true,
};

/* In an attribute also tabs and line feeds would be read as blanks. */
static const struct escape attribute_escape = {
	.ascii = {NO_CONTROLS, ['\t'] = "&#9;", ['\n'] = "&#10;", ['\r'] = "&#13;", ['<'] = "&lt;",
		  ['&'] = "&amp;", ['"'] = "&quot;"},
	.marks = {'<', '&', '"'},
	.no_fffe = true,
};

static void line(struct xml *x)
{
	if (x->pretty)
		buf_printf(x->out, "\n%*s", 2 * x->depth, "");
}

/* Paths of the mapping language and names of ours are always XML names. */
static bool __attribute__((unused)) is_name(struct str s)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	if (s.n == 0 || ((unsigned char)s.p[0] < 0x80 && !memchr(first, s.p[0], sizeof(first) - 1)))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x80 && !memchr(first, s.p[i], sizeof(first) - 1) &&
		    !memchr("0123456789.-", s.p[i], 12))
			return false;
	return true;
}

/* An attribute; the NULL view leaves it out. */
static void attribute(struct xml *x, const char *name, struct str value)
{
	if (!value.p)
		return;
	buf_putc(x->out, ' ');
	buf_puts(x->out, name);
	buf_puts(x->out, "=\"");
	escape_put(value, &attribute_escape, x->out);
	buf_putc(x->out, '"');
}

static void origin_attributes(struct xml *x, const struct origin *o)
{
	const struct from *from = o->from;

	attribute(x, "p:part", str_of(from->part->name));
	attribute(x, "p:source", str_of(from->part->source->name));
	attribute(x, "p:column", str_of(origins_column(from)));
	attribute(x, "p:as-of", o->as_of);
	attribute(x, "p:rule", str_of(o->rule));
	buf_puts(x->out, " p:mapping=\"");
	escape_put(str_of(from->at.name), &attribute_escape, x->out);
	buf_printf(x->out, ":%u\"", from->at.line);
	if (o->provisional)
		attribute(x, "p:provisional", STR("true"));
}

/* Rest of an element with text. */
static void text_content(struct xml *x, struct str name, struct str text)
{
	if (text.n == 0) {
		buf_puts(x->out, "/>");
		return;
	}
	buf_putc(x->out, '>');
	escape_put(text, &text_escape, x->out);
	buf_puts(x->out, "</");
	buf_put_str(x->out, name);
	buf_putc(x->out, '>');
}

/* Rest of an element that is null. */
static void no_content(struct xml *x)
{
	buf_puts(x->out, " xsi:nil=\"true\"/>");
}

static void lost(struct str pointer, const struct origin *o, void *arg)
{
	struct xml *x = arg;

	for (size_t i = 0; i < o->n_lost; i++) {
		const struct lost *l = &o->lost[i];

		line(x);
		buf_puts(x->out, "<p:lost");
		attribute(x, "to", pointer);
		attribute(x, "part", str_of(l->from->part->name));
		attribute(x, "as-of", l->as_of);
		if (l->value.p)
			text_content(x, STR("p:lost"), l->value);
		else
			no_content(x);
	}
}

static void element(struct xml *x, const struct node *n, struct str name, struct str map_name);

static void children(struct xml *x, const struct node *parent)
{
	const struct str none = {0};

	for (const struct node *n = parent->first; n; n = n->next) {
		if (parent->kind == NODE_ARRAY)
			element(x, n, parent->item, none);
		else if (parent->map)
			element(x, n, parent->item, n->name);
		else
			element(x, n, n->name, none);
	}
}

/* Rest of an element that holds elements. */
static void element_content(struct xml *x, const struct node *n, struct str name)
{
	buf_putc(x->out, '>');
	x->depth++;
	if (n->kind == NODE_PROVENANCE)
		origins_each(n->of, lost, x);
	else
		children(x, n);
	x->depth--;
	line(x);
	buf_puts(x->out, "</");
	buf_put_str(x->out, name);
	buf_putc(x->out, '>');
}

/* Rest of an element with a value, which stands between the tags. */
static void scalar_content(struct xml *x, const struct node *n, struct str name)
{
	size_t at = x->out->len + STR(">").n;

	assert(!n->vary || n->value.n);
	text_content(x, name, n->value);
	render_note(n, at, x->out);
	if (n->vary)
		n->vary->n -= STR("</>").n + name.n;
}

/* Everything behind the name and the attributes of the start tag. */
static void content(struct xml *x, const struct node *n, struct str name)
{
	switch (n->kind) {
	case NODE_NULL:
		no_content(x);
		return;
	case NODE_OBJECT:
	case NODE_ARRAY:
		if (!n->first) {
			buf_puts(x->out, "/>");
			return;
		}
		element_content(x, n, name);
		return;
	case NODE_TEXT:
	case NODE_LITERAL:
		scalar_content(x, n, name);
		return;
	case NODE_PROVENANCE:
		element_content(x, n, name);
		return;
	}
	abort();
}

static void element(struct xml *x, const struct node *n, struct str name, struct str map_name)
{
	assert(is_name(name));
	line(x);
	buf_putc(x->out, '<');
	buf_put_str(x->out, name);
	attribute(x, "name", map_name);
	if (n->origin)
		origin_attributes(x, n->origin);
	content(x, n, name);
}

/* Which namespaces a tree needs beside its own. */
struct used {
	bool nil, provenance;
};

static void look(const struct node *n, struct used *used)
{
	used->nil = used->nil || n->kind == NODE_NULL;
	if (n->origin) {
		used->provenance = true;
		for (size_t i = 0; i < n->origin->n_lost; i++)
			used->nil = used->nil || !n->origin->lost[i].value.p;
	}
	for (const struct node *child = n->first; child; child = child->next)
		look(child, used);
}

void render_xml(const struct node *root, const char *ns, bool pretty, struct buf *out)
{
	struct xml x = {.out = out, .pretty = pretty};
	struct used used = {0};

	assert(is_name(root->name));
	look(root, &used);
	buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
	buf_put_str(out, root->name);
	attribute(&x, "xmlns", str_of(ns));
	if (used.nil)
		attribute(&x, "xmlns:xsi", STR(SCHEMA_INSTANCE_NAMESPACE));
	if (used.provenance)
		attribute(&x, "xmlns:p", STR(PROVENANCE_NAMESPACE));
	content(&x, root, root->name);
}
