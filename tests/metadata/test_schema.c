#include <libxml/parser.h>
#include <libxml/tree.h>

#include "metadata/schema.h"
#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

static bool is(xmlNodePtr n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

static bool documented(xmlNodePtr decl)
{
	for (xmlNodePtr a = decl->children; a; a = a->next)
		for (xmlNodePtr d = is(a, "annotation") ? a->children : NULL; d; d = d->next)
			if (is(d, "documentation") && d->children &&
			    strlen((const char *)d->children->content) > 10)
				return true;
	return false;
}

static void count(xmlNodePtr below, unsigned *declared, unsigned *silent)
{
	for (xmlNodePtr n = below->children; n; n = n->next) {
		if (is(n, "element") || is(n, "attribute") || is(n, "anyAttribute")) {
			(*declared)++;
			if (!documented(n)) {
				print_error("mapping-1.xsd:%ld: no documentation\n", xmlGetLineNo(n));
				(*silent)++;
			}
		}
		count(n, declared, silent);
	}
}

static void every_element_and_attribute_is_documented(void **state)
{
	struct str text = mapping_schema_text();
	xmlDocPtr doc = xmlReadMemory(text.p, (int)text.n, "mapping-1.xsd", NULL, XML_PARSE_NONET);
	unsigned declared = 0, silent = 0;

	(void)state;
	assert_non_null(doc);
	count(xmlDocGetRootElement(doc), &declared, &silent);
	xmlFreeDoc(doc);
	assert_true(declared > 60);
	assert_int_equal(silent, 0);
}

static void the_text_in_the_library_is_that_of_the_file(void **state)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	struct str text = mapping_schema_text();

	(void)state;
	assert_true(str_eq(text, loading_file(mem, "../../metadata/mapping-1.xsd")));
	assert_int_equal(text.p[text.n], '\0');
}

static void it_needs_no_other_file(void **state)
{
	struct str text = mapping_schema_text();

	(void)state;
	assert_null(strstr(text.p, "schemaLocation"));
	assert_null(strstr(text.p, "xs:include"));
}

static void it_knows_what_advice_needs(void **state)
{
	struct schema *schema SCOPED(schema_free) = schema_new();
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	const char *const *names;
	size_t n;

	(void)state;
	names = schema_attributes(schema, STR("from"), mem, &n);
	assert_int_equal(n, 2);
	assert_string_equal(names[1], "column");
	names = schema_children(schema, STR("part"), mem, &n);
	assert_int_equal(n, 4);
	assert_string_equal(names[0], "label");
	names = schema_values(schema, STR("class"), STR("mask"), mem, &n);
	assert_int_equal(n, 9);
	(void)schema_values(schema, STR("part"), STR("ttl"), mem, &n);
	assert_int_equal(n, 0);
	assert_non_null(schema_form(schema, STR("part"), STR("ttl"), mem));
	assert_non_null(schema_about(schema, STR("part"), STR("ttl"), mem));
	assert_null(schema_about(schema, STR("nothing"), STR("ttl"), mem));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_element_and_attribute_is_documented),
		cmocka_unit_test(the_text_in_the_library_is_that_of_the_file),
		cmocka_unit_test(it_needs_no_other_file),
		cmocka_unit_test(it_knows_what_advice_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
