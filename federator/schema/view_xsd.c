/* view_xsd.c - forms as XML Schema 1.0; the counterpart of render/xml.c. Types stand where they are used. */
#include <assert.h>
#include <libxml/xmlwriter.h>
#include <stdlib.h>

#include "federator/render/render.h"
#include "federator/schema/form.h"
#include "federator/schema/view_schema.h"

struct xsd {
	xmlTextWriterPtr w;
	struct arena *mem;
};

static void put_element(struct xsd *x, const struct form *form, struct str name, bool always);

static void begin(struct xsd *x, const char *element)
{
	xmlTextWriterStartElement(x->w, (const xmlChar *)element);
}

static void end(struct xsd *x)
{
	xmlTextWriterEndElement(x->w);
}

static void attribute(struct xsd *x, const char *name, const char *value)
{
	xmlTextWriterWriteAttribute(x->w, (const xmlChar *)name, (const xmlChar *)value);
}

static void documentation(struct xsd *x, struct str text)
{
	begin(x, "xs:documentation");
	xmlTextWriterWriteString(x->w, (const xmlChar *)arena_cstr(x->mem, text));
	end(x);
}

static void annotation(struct xsd *x, const struct form *form)
{
	if (!form->title.n && !form->about.n)
		return;
	begin(x, "xs:annotation");
	if (form->title.n)
		documentation(x, form->title);
	if (form->about.n)
		documentation(x, form->about);
	end(x);
}

/* ---- simple types ---- */

enum {
	NUMBERS = 1 << TYPE_INTEGER | 1 << TYPE_DECIMAL,
	DAYS_AND_TIMES = 1 << TYPE_DATE | 1 << TYPE_TIMESTAMP,
};

/* The name of the type of a value. */
static const char *type_name(struct xsd *x, const struct form *form)
{
	static const char *const names[] = {
		[TYPE_TEXT] = "xs:string",	   [TYPE_INTEGER] = "xs:integer",
		[TYPE_DECIMAL] = "decimal",	   [TYPE_BOOLEAN] = "xs:boolean",
		[TYPE_DATE] = "xs:date",	   [TYPE_TIMESTAMP] = "xs:dateTime",
		[TYPE_TIME] = "xs:time",	   [TYPE_UUID] = "xs:string",
		[TYPE_JSON] = "xs:string",	   [TYPE_BYTES] = "xs:base64Binary",
	};

	if (form->codes)
		return arena_printf(x->mem, "codes.%s", form->codes->name).p;
	if (form->count)
		return "xs:nonNegativeInteger";
	if (form->masked)
		return "xs:string";
	if (form->types == DAYS_AND_TIMES)
		return "date-or-time";
	if (form->types == NUMBERS)
		return "decimal";
	return __builtin_popcount(form->types) == 1 ? names[__builtin_ctz(form->types)] : "xs:string";
}

static void begin_named_union(struct xsd *x, const char *name, const char *members)
{
	begin(x, "xs:simpleType");
	attribute(x, "name", name);
	begin(x, "xs:union");
	attribute(x, "memberTypes", members);
}

/* The known codes with their titles, and whatever else a source may hold. */
static void put_codes(struct xsd *x, const struct codes *codes, struct str lang)
{
	begin_named_union(x, arena_printf(x->mem, "codes.%s", codes->name).p, "xs:string");
	begin(x, "xs:simpleType");
	begin(x, "xs:restriction");
	attribute(x, "base", "xs:string");
	for (size_t i = 0; i < codes->n; i++) {
		const struct form told = { .title = str_of(labels_in(codes->of[i].labels, lang)) };

		begin(x, "xs:enumeration");
		attribute(x, "value", codes->of[i].is);
		annotation(x, &told);
		end(x);
	}
	end(x);
	end(x);
	end(x);
	end(x);
}

static void put_words(struct xsd *x, const char *const *words, size_t n)
{
	begin(x, "xs:simpleType");
	begin(x, "xs:restriction");
	attribute(x, "base", "xs:string");
	for (size_t i = 0; i < n; i++) {
		begin(x, "xs:enumeration");
		attribute(x, "value", words[i]);
		end(x);
	}
	end(x);
	end(x);
}

/* ---- elements ---- */

/* Required: the name of a member of a map. */
static void put_name(struct xsd *x, const struct form *map)
{
	begin(x, "xs:attribute");
	attribute(x, "name", "name");
	attribute(x, "use", "required");
	if (map->words)
		put_words(x, map->words, map->n_words);
	else
		attribute(x, "type", "xs:string");
	end(x);
}

static void put_attributes(struct xsd *x, const struct form *form, const struct form *map)
{
	if (map)
		put_name(x, map);
	if (!form->sourced)
		return;
	begin(x, "xs:attributeGroup");
	attribute(x, "ref", "p:origin");
	end(x);
}

static void put_value_with(struct xsd *x, const struct form *form, const struct form *map)
{
	begin(x, "xs:complexType");
	begin(x, "xs:simpleContent");
	begin(x, "xs:extension");
	attribute(x, "base", type_name(x, form));
	put_attributes(x, form, map);
	end(x);
	end(x);
	end(x);
}

static void put_object(struct xsd *x, const struct form *form, const struct form *map)
{
	begin(x, "xs:complexType");
	begin(x, form->any_order ? "xs:all" : "xs:sequence");
	for (const struct form *m = form->first; m; m = m->next)
		put_element(x, m, m->name, m->required);
	end(x);
	put_attributes(x, form, map);
	end(x);
}

static void put_content(struct xsd *x, const struct form *form, const struct form *map);

/* An element that holds any number of elements of one name. */
static void put_wrapper(struct xsd *x, const struct form *form, const struct form *child,
			const struct form *map)
{
	begin(x, "xs:complexType");
	begin(x, "xs:sequence");
	begin(x, "xs:element");
	attribute(x, "name", arena_cstr(x->mem, form->item));
	attribute(x, "minOccurs", "0");
	attribute(x, "maxOccurs", form->max ? arena_printf(x->mem, "%u", form->max).p : "unbounded");
	if (child->nullable)
		attribute(x, "nillable", "true");
	put_content(x, child, map);
	end(x);
	end(x);
	end(x);
}

static void put_losers(struct xsd *x)
{
	begin(x, "xs:complexType");
	begin(x, "xs:sequence");
	begin(x, "xs:element");
	attribute(x, "ref", "p:lost");
	attribute(x, "minOccurs", "0");
	attribute(x, "maxOccurs", "unbounded");
	end(x);
	end(x);
	end(x);
}

/* What stands in an xs:element behind its own attributes. `map`: the element is a member of it and has its
 * name as an attribute. */
static void put_content(struct xsd *x, const struct form *form, const struct form *map)
{
	bool plain = form->kind == FORM_VALUE && !map && !form->sourced;

	if (plain)
		attribute(x, "type", type_name(x, form));
	annotation(x, form);
	switch (form->kind) {
	case FORM_VALUE:
		if (!plain)
			put_value_with(x, form, map);
		return;
	case FORM_WORD:
		put_words(x, form->words, form->n_words);
		return;
	case FORM_OBJECT:
		put_object(x, form, map);
		return;
	case FORM_ARRAY:
		put_wrapper(x, form, form_item(x->mem, form), NULL);
		return;
	case FORM_MAP:
		put_wrapper(x, form, form->first, form);
		return;
	case FORM_ORIGINS:
		put_losers(x);
		return;
	case FORM_ANY:
		return;
	}
}

static void put_element(struct xsd *x, const struct form *form, struct str name, bool always)
{
	begin(x, "xs:element");
	attribute(x, "name", arena_cstr(x->mem, name));
	if (!always)
		attribute(x, "minOccurs", "0");
	if (form->nullable)
		attribute(x, "nillable", "true");
	put_content(x, form, NULL);
	end(x);
}

/* ---- documents ---- */

typedef struct form *former(const struct catalog *cat, const struct view *view, struct str lang, struct arena *mem);

/* The form of one view, or of all in one (those of shape flat only): an element of any of them may be there. */
static const struct form *form_of(const struct catalog *cat, const struct view *view, bool flat, former *form_one,
				  struct str lang, struct arena *mem)
{
	struct form *all = NULL;

	if (view)
		return form_one(cat, view, lang, mem);
	for (size_t i = 0; i < cat->n_views; i++) {
		struct form *one;

		if (flat && cat->views[i].shape != SHAPE_FLAT)
			continue;
		one = form_one(cat, &cat->views[i], lang, mem);
		all = all ? form_union(mem, all, one) : one;
	}
	assert(all != NULL);
	return all;
}

/* Answers of views are in a namespace and can have provenance; flat ones are in none. */
static void begin_schema(struct xsd *x, bool of_views)
{
	begin(x, "xs:schema");
	attribute(x, "xmlns:xs", "http://www.w3.org/2001/XMLSchema");
	if (!of_views)
		return;
	attribute(x, "xmlns", VIEW_NAMESPACE);
	attribute(x, "xmlns:p", PROVENANCE_NAMESPACE);
	attribute(x, "targetNamespace", VIEW_NAMESPACE);
	attribute(x, "elementFormDefault", "qualified");
	begin(x, "xs:import");
	attribute(x, "namespace", PROVENANCE_NAMESPACE);
	attribute(x, "schemaLocation", "provenance.xsd");
	end(x);
}

/* Not xs:decimal, of which libxml2 reads 24 digits at most. */
static void put_decimal(struct xsd *x)
{
	begin(x, "xs:simpleType");
	attribute(x, "name", "decimal");
	begin(x, "xs:restriction");
	attribute(x, "base", "xs:string");
	begin(x, "xs:pattern");
	attribute(x, "value", "-?(0|[1-9][0-9]*)(\\.[0-9]+)?");
	end(x);
	end(x);
	end(x);
}

static void put_types(struct xsd *x, const struct catalog *cat, struct str lang)
{
	begin_named_union(x, "date-or-time", "xs:date xs:dateTime");
	end(x);
	end(x);
	put_decimal(x);
	for (size_t i = 0; i < cat->n_codes; i++)
		put_codes(x, &cat->codes[i], lang);
}

/* A schema of the one element that is named like the form. */
static void write_schema(struct arena *mem, const struct catalog *cat, const struct form *root, bool of_views,
			 struct str lang, struct buf *out)
{
	xmlBufferPtr text = xmlBufferCreate();
	struct xsd x = { .w = xmlNewTextWriterMemory(text, 0), .mem = mem };

	if (!x.w)
		abort(); /* no memory */
	xmlTextWriterSetIndent(x.w, 1);
	xmlTextWriterSetIndentString(x.w, (const xmlChar *)"  ");
	xmlTextWriterStartDocument(x.w, NULL, "UTF-8", NULL);
	begin_schema(&x, of_views);
	xmlTextWriterWriteComment(x.w, (const xmlChar *)arena_printf(
		mem, " Answers of the mapping with revision %s. ", cat->revision).p);
	put_element(&x, root, root->name, true);
	put_types(&x, cat, lang);
	xmlTextWriterEndDocument(x.w);
	xmlFreeTextWriter(x.w);
	buf_put(out, xmlBufferContent(text), (size_t)xmlBufferLength(text));
	xmlBufferFree(text);
}

void view_schema_xsd(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
{
	struct arena *mem = arena_new();

	write_schema(mem, cat, form_of(cat, view, false, form_answer, lang, mem), true, lang, out);
	arena_wipe_free(&mem);
}

void view_schema_routing_xsd(const struct catalog *cat, const struct view *view, struct str lang, struct buf *out)
{
	struct arena *mem = arena_new();

	write_schema(mem, cat, form_of(cat, view, true, form_routing, lang, mem), false, lang, out);
	arena_wipe_free(&mem);
}
