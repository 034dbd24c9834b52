/* Schemas of a small mapping: what each thing of the language becomes. tests/live/test_schemas.py holds answers
 * against them. */
#include "tests/cmocka_all.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "federator/schema/form.h"
#include "federator/schema/view_schema.h"
#include "metadata/load.h"

#define FROM(column) "<from part=\"p\" column=\"" column "\"/>"

static const char mapping[] =
	"<mapping xmlns=\"urn:federator:mapping:1\">"
	"<source name=\"s\" connect=\"secret:s\" dialect=\"sqlite\" zone=\"UTC\" pool=\"1\"/>"
	"<key name=\"member\" role=\"identity\" type=\"integer\"/>"
	"<class name=\"open\"/><class name=\"pay\" mask=\"all\"/>"
	"<codes name=\"tier\"><code is=\"VIP\"><label xml:lang=\"en\">Top</label>"
	"<label xml:lang=\"ko\">우수</label></code></codes>"
	"<part name=\"p\" source=\"s\" rows=\"0..1\" deadline=\"1s\" ttl=\"0s\" stale=\"0s\">"
	"<query by=\"member\">SELECT * FROM p WHERE m IN (:member...)</query>"
	"<column name=\"m\" type=\"integer\" gives=\"member\" proves=\"member\"/>"
	"<column name=\"i\" type=\"integer\"/><column name=\"d\" type=\"decimal\"/>"
	"<column name=\"t\" type=\"text\"/></part>"
	"<part name=\"q\" source=\"s\" rows=\"0..9\" deadline=\"1s\" ttl=\"0s\" stale=\"0s\">"
	"<query by=\"member\">SELECT * FROM q WHERE m IN (:member...)</query>"
	"<column name=\"m\" type=\"integer\" proves=\"member\"/><column name=\"at\" type=\"timestamp\"/>"
	"<column name=\"what\" type=\"text\"/></part>"
	"<field path=\"count\" class=\"open\"><label xml:lang=\"en\">Count</label>"
	"<label xml:lang=\"ko\">수</label>" FROM("i") "</field>"
	"<field path=\"pay.gross\" class=\"pay\">" FROM("i") "</field>"
	"<field path=\"pay.net\" class=\"open\" currency=\"KRW\">" FROM("d") "</field>"
	"<field path=\"both\" class=\"open\" pick=\"max\">" FROM("i") FROM("d") "</field>"
	"<field path=\"tier\" class=\"open\" codes=\"tier\">" FROM("t") "</field>"
	"<list path=\"things\" class=\"open\" parts=\"q\" limit=\"9\"><field path=\"at\"/>"
	"<field path=\"what\"/></list>"
	"<timeline path=\"line\" limit=\"7\"><of list=\"things\" at=\"at\"/></timeline>"
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"count\"/><use path=\"pay\"/>"
	"<use path=\"both\"/><use path=\"tier\"/><use path=\"things\" limit=\"3\" only=\"what\"/>"
	"<use path=\"line\"/></view>"
	"<view name=\"flat\" by=\"member\" budget=\"2s\" shape=\"flat\">"
	"<use path=\"count\" as=\"Count\" default=\"0\"/></view>"
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/><mask class=\"pay\"/></policy>"
	"</mapping>";

struct story {
	struct arena *mem;
	const struct catalog *cat;
	json_t *pop; /* the schema of view pop */
};

static json_t *schema_of(const struct story *s, const char *view, const char *lang)
{
	SCOPED(buf_free) struct buf out = { 0 };
	json_t *json;

	view_schema_json(s->cat, view ? catalog_view(s->cat, str_of(view)) : NULL, str_of(lang), &out);
	json = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	return json;
}

static int set_up(void **state)
{
	struct mapping_file file = { "m.xml", { mapping, sizeof(mapping) - 1 } };
	struct story *s = calloc(1, sizeof(*s));
	struct diags *ds;

	assert_non_null(s);
	s->mem = arena_new();
	ds = diags_new(s->mem);
	s->cat = catalog_load_texts(&file, 1, ds);
	if (!s->cat) {
		SCOPED(buf_free) struct buf out = { 0 };

		diags_print_human(ds, &out);
		print_error("%s\n", out.data);
		return -1;
	}
	s->pop = schema_of(s, "pop", "en");
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct story *s = *state;

	json_decref(s->pop);
	catalog_unref(&s->cat);
	arena_wipe_free(&s->mem);
	free(s);
	return 0;
}

/* The schema below `customer` at a path of members. */
static json_t *of(json_t *schema, const char *path)
{
	json_t *at = json_object_get(json_object_get(schema, "properties"), "customer");
	char text[64], *rest = text;

	snprintf(text, sizeof(text), "%s", path);
	for (char *step = strsep(&rest, "/"); step; step = strsep(&rest, "/"))
		at = json_object_get(json_object_get(at, "properties"), step);
	assert_non_null(at);
	return at;
}

static void assert_json(const json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void a_value_has_the_type_of_its_column_or_is_null(void **state)
{
	const struct story *s = *state;

	assert_json(json_object_get(of(s->pop, "count"), "type"), "[\"integer\",\"null\"]");
	assert_json(json_object_get(of(s->pop, "pay/net"), "type"), "[\"string\",\"null\"]");
	assert_non_null(json_object_get(of(s->pop, "pay/net"), "pattern"));
}

static void a_value_that_some_role_sees_masked_may_be_a_text(void **state)
{
	const struct story *s = *state;

	assert_json(json_object_get(of(s->pop, "pay/gross"), "type"), "[\"integer\",\"string\",\"null\"]");
}

static void candidates_of_two_types_are_alternatives(void **state)
{
	const struct story *s = *state;

	assert_int_equal(json_array_size(json_object_get(of(s->pop, "both"), "anyOf")), 3);
}

static void codes_are_told_with_titles_but_not_closed(void **state)
{
	const struct story *s = *state;
	json_t *any = json_object_get(of(s->pop, "tier"), "anyOf");

	assert_json(json_array_get(any, 0), "{\"const\":\"VIP\",\"title\":\"Top\"}");
	assert_int_equal(json_array_size(any), 2);
	assert_null(json_object_get(json_array_get(any, 1), "const"));
}

static void a_list_has_the_limit_and_the_fields_of_its_use(void **state)
{
	const struct story *s = *state;
	json_t *things = of(s->pop, "things"), *items = json_object_get(things, "items");

	assert_json(json_object_get(things, "maxItems"), "3");
	assert_int_equal(json_object_size(json_object_get(items, "properties")), 1);
	assert_json(json_object_get(items, "additionalProperties"), "false");
}

static void a_time_line_has_events_of_each_list_and_gaps(void **state)
{
	const struct story *s = *state;
	json_t *line = of(s->pop, "line");
	json_t *any = json_object_get(json_object_get(line, "items"), "anyOf");

	assert_json(json_object_get(line, "maxItems"), "8");
	assert_int_equal(json_array_size(any), 2);
	assert_json(json_object_get(json_array_get(any, 0), "required"), "[\"at\",\"kind\"]");
	assert_json(json_object_get(json_array_get(any, 1), "required"), "[\"kind\",\"missing\"]");
}

static void a_flat_view_holds_texts_and_no_null(void **state)
{
	json_t *flat = schema_of(*state, "flat", "en");

	assert_json(json_object_get(of(flat, "Count"), "type"), "\"string\"");
	json_decref(flat);
}

static void titles_are_in_the_language_asked_for(void **state)
{
	json_t *ko = schema_of(*state, "pop", "ko");

	assert_json(json_object_get(of(ko, "count"), "title"), "\"수\"");
	assert_json(json_object_get(of(((struct story *)*state)->pop, "count"), "title"), "\"Count\"");
	json_decref(ko);
}

static void without_a_view_all_are_alternatives(void **state)
{
	json_t *all = schema_of(*state, NULL, "en");

	assert_int_equal(json_array_size(json_object_get(all, "oneOf")), 2);
	json_decref(all);
}

static struct form *value_of(struct arena *mem, struct form *parent, struct str name, enum value_type type)
{
	struct form *form = form_need(mem, parent, FORM_VALUE, name);

	form->types = UINT32_C(1) << type;
	return form;
}

static void a_union_needs_only_what_both_need(void **state)
{
	struct arena *mem = ((struct story *)*state)->mem;
	struct form *a = form_new(mem, NULL, FORM_OBJECT, STR(""));
	struct form *b = form_new(mem, NULL, FORM_OBJECT, STR("")), *u;

	value_of(mem, a, STR("x"), TYPE_TEXT);
	value_of(mem, a, STR("y"), TYPE_INTEGER);
	value_of(mem, b, STR("y"), TYPE_DECIMAL);
	u = form_union(mem, a, b);
	assert_false(form_member(u, STR("x"))->required);
	assert_true(form_member(u, STR("y"))->required);
	assert_int_equal(form_member(u, STR("y"))->types, 1 << TYPE_INTEGER | 1 << TYPE_DECIMAL);
	assert_true(u->any_order);
	assert_true(form_member(a, STR("x"))->required); /* what was united is as it was */
}

static void a_union_of_a_list_and_a_value_is_anything(void **state)
{
	struct arena *mem = ((struct story *)*state)->mem;
	struct form *list = form_new(mem, NULL, FORM_ARRAY, STR("x"));

	assert_int_equal(form_union(mem, list, value_of(mem, NULL, STR("x"), TYPE_TEXT))->kind, FORM_ANY);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(a_value_has_the_type_of_its_column_or_is_null),
		STORY(a_value_that_some_role_sees_masked_may_be_a_text),
		STORY(candidates_of_two_types_are_alternatives),
		STORY(codes_are_told_with_titles_but_not_closed),
		STORY(a_list_has_the_limit_and_the_fields_of_its_use),
		STORY(a_time_line_has_events_of_each_list_and_gaps),
		STORY(a_flat_view_holds_texts_and_no_null),
		STORY(titles_are_in_the_language_asked_for),
		STORY(without_a_view_all_are_alternatives),
		STORY(a_union_needs_only_what_both_need),
		STORY(a_union_of_a_list_and_a_value_is_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
