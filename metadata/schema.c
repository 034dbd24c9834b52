#include "metadata/schema.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "metadata/load.h"

struct schema {
	xmlDocPtr doc;
	xmlSchemaPtr xsd;
};

static const char mapping_xsd[] = {
#include "metadata/mapping_xsd.inc"
	0,
};

struct str mapping_schema_text(void)
{
	return (struct str){ mapping_xsd, sizeof(mapping_xsd) - 1 };
}

struct schema *schema_new(void)
{
	struct schema *schema = memory_new(sizeof(*schema));
	xmlSchemaParserCtxtPtr parser;

	schema->doc = xmlReadMemory(mapping_xsd, (int)sizeof(mapping_xsd) - 1, "mapping-1.xsd", NULL,
				    XML_PARSE_NONET);
	parser = schema->doc ? xmlSchemaNewDocParserCtxt(schema->doc) : NULL;
	schema->xsd = parser ? xmlSchemaParse(parser) : NULL;
	xmlSchemaFreeParserCtxt(parser);
	if (!schema->xsd)
		abort(); /* our own text: only memory can be missing */
	return schema;
}

void schema_free(struct schema **schema)
{
	if (!*schema)
		return;
	xmlSchemaFree((*schema)->xsd);
	xmlFreeDoc((*schema)->doc);
	free(*schema);
	*schema = NULL;
}

xmlSchemaPtr schema_xsd(const struct schema *schema)
{
	return schema->xsd;
}

/* ---- looking things up in the schema's own tree ---- */

static struct str value_of(xmlNodePtr node, const char *attribute)
{
	for (xmlAttrPtr a = node->properties; a; a = a->next)
		if (strcmp((const char *)a->name, attribute) == 0 && a->children)
			return str_of((const char *)a->children->content);
	return (struct str){ 0 };
}

static bool is(xmlNodePtr node, const char *what)
{
	return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, what) == 0;
}

/* The first <xs:what name="name"> below a node, in document order. */
static xmlNodePtr find(xmlNodePtr below, const char *what, struct str name)
{
	for (xmlNodePtr n = below->children; n; n = n->next) {
		xmlNodePtr hit;

		if (is(n, what) && str_eq(value_of(n, "name"), name))
			return n;
		hit = find(n, what, name);
		if (hit)
			return hit;
	}
	return NULL;
}

/* The type of an element. Elements of one name have one type wherever they stand. */
static xmlNodePtr type_of(const struct schema *schema, struct str element)
{
	xmlNodePtr root = xmlDocGetRootElement(schema->doc);
	xmlNodePtr decl = find(root, "element", element);

	return decl ? find(root, "complexType", value_of(decl, "type")) : NULL;
}

static xmlNodePtr attribute_of(const struct schema *schema, struct str element, struct str attribute)
{
	xmlNodePtr type = type_of(schema, element);

	return type ? find(type, "attribute", attribute) : NULL;
}

struct collection {
	const char **names; /* NULL while only counting */
	size_t n;
};

static void collect(const struct schema *schema, xmlNodePtr below, const char *what, const char *attribute,
		    struct collection *c)
{
	for (xmlNodePtr n = below->children; n; n = n->next) {
		if (is(n, what)) {
			if (c->names)
				c->names[c->n] = value_of(n, attribute).p;
			c->n++;
		} else if (is(n, "group")) {
			xmlNodePtr group =
				find(xmlDocGetRootElement(schema->doc), "group", value_of(n, "ref"));

			if (group)
				collect(schema, group, what, attribute, c);
		} else {
			collect(schema, n, what, attribute, c);
		}
	}
}

static const char *const *names_below(const struct schema *schema, xmlNodePtr below, const char *what,
				      const char *attribute, struct arena *mem, size_t *n_out)
{
	struct collection c = { 0 };

	if (below)
		collect(schema, below, what, attribute, &c);
	c.names = arena_array_of(mem, const char *, c.n + 1);
	c.n = 0;
	if (below)
		collect(schema, below, what, attribute, &c);
	*n_out = c.n;
	return c.names;
}

const char *const *schema_attributes(const struct schema *schema, struct str element, struct arena *mem,
				     size_t *n_out)
{
	return names_below(schema, type_of(schema, element), "attribute", "name", mem, n_out);
}

const char *const *schema_children(const struct schema *schema, struct str element, struct arena *mem,
				   size_t *n_out)
{
	return names_below(schema, type_of(schema, element), "element", "name", mem, n_out);
}

static xmlNodePtr value_type(const struct schema *schema, struct str element, struct str attribute)
{
	xmlNodePtr decl = attribute_of(schema, element, attribute);

	return decl ? find(xmlDocGetRootElement(schema->doc), "simpleType", value_of(decl, "type")) : NULL;
}

const char *const *schema_values(const struct schema *schema, struct str element, struct str attribute,
				 struct arena *mem, size_t *n_out)
{
	return names_below(schema, value_type(schema, element, attribute), "enumeration", "value", mem,
			   n_out);
}

/* The text of the documentation that stands directly at a declaration. */
static const char *documentation(xmlNodePtr node, struct arena *mem)
{
	for (xmlNodePtr n = node ? node->children : NULL; n; n = n->next) {
		if (!is(n, "annotation"))
			continue;
		for (xmlNodePtr d = n->children; d; d = d->next)
			if (is(d, "documentation") && d->children)
				return arena_cstr(mem, str_of((const char *)d->children->content));
	}
	return NULL;
}

const char *schema_about(const struct schema *schema, struct str element, struct str attribute,
			 struct arena *mem)
{
	return documentation(attribute_of(schema, element, attribute), mem);
}

const char *schema_form(const struct schema *schema, struct str element, struct str attribute,
			struct arena *mem)
{
	return documentation(value_type(schema, element, attribute), mem);
}
