#include "federator/render/render.h"

#include <jansson.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/trees.h"

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

static json_t *parsed(const struct buf *out)
{
	json_error_t error;
	json_t *j = json_loadb(out->data, out->len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
			       &error);

	if (!j)
		fail_msg("%s at byte %d of %s", error.text, error.position, out->data);
	return j;
}

static void same(struct arena *mem, const struct node *n, const json_t *j)
{
	struct str want = trees_clean(mem, n->value, false);
	size_t i = 0;

	switch (n->kind) {
	case NODE_NULL:
		assert_true(json_is_null(j));
		return;
	case NODE_TEXT:
		assert_true(json_is_string(j));
		assert_int_equal(json_string_length(j), want.n);
		assert_memory_equal(json_string_value(j), want.p, want.n);
		return;
	case NODE_LITERAL:
		if (json_is_boolean(j))
			assert_string_equal(json_is_true(j) ? "true" : "false", n->value.p);
		else
			assert_int_equal(json_integer_value(j), strtoll(n->value.p, NULL, 10));
		return;
	case NODE_ARRAY:
		for (const struct node *child = n->first; child; child = child->next)
			same(mem, child, json_array_get(j, i++));
		assert_int_equal(json_array_size(j), i);
		return;
	case NODE_OBJECT:
		for (const struct node *child = n->first; child; child = child->next, i++)
			same(mem, child, json_object_get(j, trees_clean(mem, child->name, false).p));
		assert_int_equal(json_object_size(j), i);
		return;
	case NODE_PROVENANCE:
		fail();
	}
}

static void written(const struct node *root, bool pretty, const char *want)
{
	SCOPED(buf_free) struct buf out = {0};

	render_json(root, pretty, &out);
	assert_string_equal(out.data, want);
}

static void every_kind_of_node_has_its_json(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("view")), *list;

	tree_text(mem, root, STR("name"), STR("한*별"));
	tree_number(mem, root, STR("calls"), -3);
	tree_bool(mem, root, STR("vip"), true);
	tree_null(mem, root, STR("tier"));
	list = tree_array(mem, root, STR("pages"), STR("item"));
	tree_text(mem, list, STR(""), STR("/a"));
	tree_object(mem, list, STR(""));
	tree_array(mem, root, STR("none"), STR("item"));
	written(root, false,
		"{\"name\":\"한*별\",\"calls\":-3,\"vip\":true,\"tier\":null,"
		"\"pages\":[\"/a\",{}],\"none\":[]}");
	written(root, true,
		"{\n  \"name\": \"한*별\",\n  \"calls\": -3,\n  \"vip\": true,\n  \"tier\": null,\n"
		"  \"pages\": [\n    \"/a\",\n    {}\n  ],\n  \"none\": []\n}");
}

static void nasty_text_survives_or_is_replaced(void **state)
{
	for (size_t i = 0; i < trees_n_nasty; i++) {
		SCOPED(buf_free) struct buf out = {0};
		struct node *text = tree_text(*state, NULL, STR(""), trees_nasty[i]);
		json_t *j;

		render_json(text, false, &out);
		j = parsed(&out);
		same(*state, text, j);
		json_decref(j);
	}
}

static void control_characters_are_escaped_shortly(void **state)
{
	SCOPED(buf_free) struct buf out = {0};

	(void)state;
	render_json_string(STR("\b\t\n\f\r\x1f\x7f\"\\/\0"), &out);
	assert_string_equal(out.data, "\"\\b\\t\\n\\f\\r\\u001f\x7f\\\"\\\\/\\u0000\"");
}

static void random_trees_parse_to_what_they_were(void **state)
{
	for (unsigned seed = 0; seed < 600; seed++) {
		SCOPED(buf_free) struct buf out = {0};
		struct node *root = trees_random(*state, seed);
		json_t *j;

		render_json(root, seed % 2, &out);
		j = parsed(&out);
		same(*state, root, j);
		json_decref(j);
	}
}

static void provenance_is_a_side_map_by_json_pointer(void **state)
{
	written(trees_with_provenance(*state), false,
		"{\"customer\":{\"tier\":\"VIP\",\"last_pages\":[\"/a\",\"/b\"]},\"provenance\":{"
		"\"/customer/tier\":{\"part\":\"crm\",\"source\":\"callcenter\",\"column\":\"grade_cd\","
		"\"as_of\":\"2026-11-22T09:12:00+09:00\",\"rule\":\"newest\",\"mapping\":\"customer.xml:14\","
		"\"provisional\":true,\"lost\":["
		"{\"part\":\"value\",\"value\":\"<GOLD>\",\"as_of\":\"2026-11-21T23:00:00+09:00\"},"
		"{\"part\":\"value\",\"value\":null}]},"
		"\"/customer/last_pages/1\":{\"part\":\"value\",\"source\":\"warehouse\",\"column\":\"tier\","
		"\"rule\":\"order\",\"mapping\":\"customer.xml:15\"}}}");
}

static void pointers_escape_tilde_and_slash(void **state)
{
	struct arena *mem = *state;
	struct node *root = trees_with_provenance(mem);
	struct node *customer = tree_member(root, STR("customer"));

	customer->name = STR("a/b and more than some bytes at a time");
	customer->last = NULL;
	customer->first->next = NULL;
	customer->first->name = STR("~1, too");
	SCOPED(buf_free) struct buf out = {0};
	render_json(root, false, &out);
	assert_non_null(strstr(out.data, "\"/a~1b and more than some bytes at a time/~01, too\":{"));
}

static void provenance_of_nothing_is_an_empty_map(void **state)
{
	struct node *root = trees_with_provenance(*state);
	struct node *customer = tree_member(root, STR("customer"));

	customer->first = customer->last = NULL;
	written(root, false, "{\"customer\":{},\"provenance\":{}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_of_node_has_its_json, begin, end),
		cmocka_unit_test_setup_teardown(nasty_text_survives_or_is_replaced, begin, end),
		cmocka_unit_test_setup_teardown(control_characters_are_escaped_shortly, begin, end),
		cmocka_unit_test_setup_teardown(random_trees_parse_to_what_they_were, begin, end),
		cmocka_unit_test_setup_teardown(provenance_is_a_side_map_by_json_pointer, begin, end),
		cmocka_unit_test_setup_teardown(pointers_escape_tilde_and_slash, begin, end),
		cmocka_unit_test_setup_teardown(provenance_of_nothing_is_an_empty_map, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
