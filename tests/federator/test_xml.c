#include "federator/render/render.h"

#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/trees.h"

#define XSI        "http://www.w3.org/2001/XMLSchema-instance"
#define PROVENANCE "urn:federator:provenance:1"

static int begin(void **state)
{
	*state = arena_new();
	return 0;
}

static int end(void **state)
{
	arena_wipe_free((struct arena **)state);
	return 0;
}

static xmlDoc *parsed(const struct buf *out)
{
	xmlDoc *doc =
		xmlReadMemory(out->data, (int)out->len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);

	if (!doc)
		fail_msg("not well-formed: %s", out->data);
	return doc;
}

static void is_text(struct str want, xmlChar *got)
{
	struct str have = str_of(got ? (const char *)got : "");

	if (have.n != want.n || memcmp(have.p, want.p, want.n) != 0)
		fail_msg("\"%.*s\" instead of \"%.*s\"", STR_ARG(have), STR_ARG(want));
	xmlFree(got);
}

static struct str json_text(const json_t *j)
{
	return (struct str){json_string_value(j), json_string_length(j)};
}

static bool is_nil(xmlNode *x)
{
	xmlChar *nil = xmlGetNsProp(x, (const xmlChar *)"nil", (const xmlChar *)XSI);
	bool yes = nil && xmlStrEqual(nil, (const xmlChar *)"true");

	xmlFree(nil);
	return yes;
}

static void same_value(struct arena *mem, const struct node *n, const json_t *j, xmlNode *x);

/* Members or items: the names come from the tree, the values from both writings. */
static void same_children(struct arena *mem, const struct node *n, const json_t *j, xmlNode *x)
{
	xmlNode *child = xmlFirstElementChild(x);
	size_t i = 0;

	for (const struct node *c = n->first; c; c = c->next, i++) {
		bool named_by_item = n->kind == NODE_ARRAY || n->map;
		const json_t *value = n->kind == NODE_ARRAY
					      ? json_array_get(j, i)
					      : json_object_get(j, trees_clean(mem, c->name, false).p);

		assert_non_null(child);
		assert_string_equal((const char *)child->name, named_by_item ? n->item.p : c->name.p);
		assert_string_equal((const char *)child->ns->href, VIEW_NAMESPACE);
		if (n->map)
			is_text(trees_clean(mem, c->name, true),
				xmlGetNoNsProp(child, (const xmlChar *)"name"));
		same_value(mem, c, value, child);
		child = xmlNextElementSibling(child);
	}
	assert_null(child);
}

static void same_value(struct arena *mem, const struct node *n, const json_t *j, xmlNode *x)
{
	assert_non_null(j);
	assert_int_equal(is_nil(x), json_is_null(j));
	switch (n->kind) {
	case NODE_NULL:
		assert_true(json_is_null(j));
		return;
	case NODE_TEXT:
		is_text(trees_clean(mem, json_text(j), true), xmlNodeGetContent(x));
		return;
	case NODE_LITERAL:
		is_text(json_is_integer(j) ? arena_printf(mem, "%lld", json_integer_value(j))
					   : str_of(json_is_true(j) ? "true" : "false"),
			xmlNodeGetContent(x));
		return;
	case NODE_OBJECT:
	case NODE_ARRAY:
		same_children(mem, n, j, x);
		return;
	case NODE_PROVENANCE:
		fail();
	}
}

/* No element has both text and elements, apart from the blanks of pretty printing. */
static void no_mixed_content(xmlNode *x)
{
	for (xmlNode *c = x->children; c; c = c->next) {
		if (xmlFirstElementChild(x))
			assert_true(c->type == XML_ELEMENT_NODE || xmlIsBlankNode(c));
		if (c->type == XML_ELEMENT_NODE)
			no_mixed_content(c);
	}
}

static void both_writers_carry_the_same_values(void **state)
{
	for (unsigned seed = 0; seed < 600; seed++) {
		SCOPED(buf_free) struct buf json = {0};
		SCOPED(buf_free) struct buf xml = {0};
		struct node *root = trees_random(*state, seed);
		json_t *j;
		xmlDoc *doc;

		render_json(root, false, &json);
		render_xml(root, VIEW_NAMESPACE, seed % 2, &xml);
		j = json_loadb(json.data, json.len, JSON_ALLOW_NUL, NULL);
		doc = parsed(&xml);
		same_value(*state, root, j, xmlDocGetRootElement(doc));
		no_mixed_content(xmlDocGetRootElement(doc));
		xmlFreeDoc(doc);
		json_decref(j);
	}
}

static void written(const struct node *root, bool pretty, const char *want)
{
	SCOPED(buf_free) struct buf out = {0};

	render_xml(root, VIEW_NAMESPACE, pretty, &out);
	assert_string_equal(out.data, want);
}

static void every_kind_of_node_has_its_xml(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("view")), *list, *parts;

	tree_text(mem, root, STR("name"), STR("한*별 & <co>"));
	tree_number(mem, root, STR("calls"), -3);
	tree_text(mem, root, STR("memo"), STR(""));
	list = tree_array(mem, root, STR("last_pages"), STR("item"));
	tree_text(mem, list, STR(""), STR("/a"));
	tree_text(mem, list, STR(""), STR("/b"));
	parts = tree_map(mem, root, STR("parts"), STR("part"));
	tree_text(mem, tree_object(mem, parts, STR("\"crm\"")), STR("state"), STR("live"));
	tree_array(mem, root, STR("none"), STR("item"));
	written(root, false,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<view xmlns=\"urn:federator:view:1\">"
		"<name>한*별 &amp; &lt;co&gt;</name><calls>-3</calls><memo/>"
		"<last_pages><item>/a</item><item>/b</item></last_pages>"
		"<parts><part name=\"&quot;crm&quot;\"><state>live</state></part></parts><none/></view>");
	list->first->next = NULL;
	root->first = list;
	list->next = NULL;
	written(root, true,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<view xmlns=\"urn:federator:view:1\">\n"
		"  <last_pages>\n    <item>/a</item>\n  </last_pages>\n</view>");
}

static void null_is_nil_and_declares_its_namespace_once(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("view"));

	tree_null(mem, root, STR("a"));
	tree_null(mem, root, STR("b"));
	written(root, false,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<view xmlns=\"urn:federator:view:1\" "
		"xmlns:xsi=\"" XSI "\"><a xsi:nil=\"true\"/><b xsi:nil=\"true\"/></view>");
}

static void nasty_text_survives_or_is_replaced(void **state)
{
	for (size_t i = 0; i < trees_n_nasty; i++) {
		SCOPED(buf_free) struct buf out = {0};
		struct node *text = tree_text(*state, NULL, STR("problem"), trees_nasty[i]);
		xmlDoc *doc;

		render_xml(text, PROBLEM_NAMESPACE, false, &out);
		doc = parsed(&out);
		is_text(trees_clean(*state, trees_nasty[i], true),
			xmlNodeGetContent(xmlDocGetRootElement(doc)));
		xmlFreeDoc(doc);
	}
}

static void provenance_is_attributes_and_losers_stand_apart(void **state)
{
	SCOPED(buf_free) struct buf out = {0};
	struct node *root = trees_with_provenance(*state);
	xmlDoc *doc;

	written(root, false,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<view xmlns=\"urn:federator:view:1\" "
		"xmlns:xsi=\"" XSI "\" xmlns:p=\"" PROVENANCE "\"><customer>"
		"<tier p:part=\"crm\" p:source=\"callcenter\" p:column=\"grade_cd\" "
		"p:as-of=\"2026-11-22T09:12:00+09:00\" p:rule=\"newest\" p:mapping=\"customer.xml:14\" "
		"p:provisional=\"true\">VIP</tier><last_pages><item>/a</item>"
		"<item p:part=\"value\" p:source=\"warehouse\" p:column=\"tier\" p:rule=\"order\" "
		"p:mapping=\"customer.xml:15\">/b</item></last_pages></customer><provenance>"
		"<p:lost to=\"/customer/tier\" part=\"value\" as-of=\"2026-11-21T23:00:00+09:00\">"
		"&lt;GOLD&gt;</p:lost><p:lost to=\"/customer/tier\" part=\"value\" xsi:nil=\"true\"/>"
		"</provenance></view>");
	render_xml(root, VIEW_NAMESPACE, true, &out);
	doc = parsed(&out);
	no_mixed_content(xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_of_node_has_its_xml, begin, end),
		cmocka_unit_test_setup_teardown(null_is_nil_and_declares_its_namespace_once, begin, end),
		cmocka_unit_test_setup_teardown(nasty_text_survives_or_is_replaced, begin, end),
		cmocka_unit_test_setup_teardown(both_writers_carry_the_same_values, begin, end),
		cmocka_unit_test_setup_teardown(provenance_is_attributes_and_losers_stand_apart, begin, end),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	xmlCleanupParser();
	return failed;
}
