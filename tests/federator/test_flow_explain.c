/* test_flow_explain.c - how an answer came about: plan, critical path, winners and losers. */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

static struct ask explained(const char *key, const char *value, const char *view)
{
	struct ask ask = bed_by(key, value, view);

	ask.explain = true;
	return ask;
}

/* The part of that name in the tree of a stage; NULL: none. */
static json_t *part_in(json_t *parts, const char *name)
{
	json_t *part, *found = NULL;
	size_t i;

	json_array_foreach(parts, i, part) {
		if (strcmp(json_string_value(json_object_get(part, "part")), name) == 0)
			return part;
		found = found ? found : part_in(json_object_get(part, "then"), name);
	}
	return found;
}

static json_t *part_of(json_t *json, size_t stage, const char *name)
{
	json_t *part = part_in(json_object_get(json_array_get(bed_at(json, "plan"), stage), "parts"), name);

	if (!part)
		fail_msg("no part %s in stage %zu of %s", name, stage, json_dumps(json, JSON_INDENT(1)));
	return part;
}

/* The first field of that path; it must be there. */
static json_t *field_of(json_t *json, const char *path)
{
	json_t *field;
	size_t i;

	json_array_foreach(bed_at(json, "fields"), i, field)
		if (strcmp(json_string_value(json_object_get(field, "path")), path) == 0)
			return field;
	fail_msg("no field %s in %s", path, json_dumps(json, JSON_INDENT(1)));
	return NULL;
}

static bool names(json_t *array, const char *text)
{
	json_t *one;
	size_t i;

	json_array_foreach(array, i, one)
		if (strcmp(json_string_value(one), text) == 0)
			return true;
	return false;
}

static double number(json_t *object, const char *name)
{
	return json_number_value(bed_at(object, name));
}

static void request_says_who_asked_under_which_limits(void **state)
{
	struct ask ask = explained("phone", "01011112222", "pop");
	json_t *json;

	ask.budget_ms = 1000;
	json = bed_ok(*state, ask);
	assert_at(json, "view", "pop");
	assert_at(json, "role", "agent");
	assert_at(json, "purpose", "service");
	assert_at(json, "match.evidence.0", "crm.phone");
	assert_int_equal(json_integer_value(bed_at(json, "budget_ms")), 1000);
	assert_int_equal(json_integer_value(bed_at(json, "reserve_ms")), 50);
	assert_int_equal(strlen(json_string_value(bed_at(json, "revision"))), 16);
	assert_null(bed_find(json, "customer"));
	assert_null(bed_find(json, "id"));
}

static void steps_follow_each_other_up_to_render(void **state)
{
	json_t *steps = bed_at(bed_ok(*state, explained("phone", "01011112222", "pop")), "steps");
	size_t n = json_array_size(steps);

	assert_at(steps, "0.name", "admit");
	assert_at(json_array_get(steps, n - 1), "name", "render");
	for (size_t i = 1; i < n; i++) {
		json_t *before = json_array_get(steps, i - 1);

		assert_int_equal(json_integer_value(bed_at(json_array_get(steps, i), "start_us")),
				 json_integer_value(bed_at(before, "start_us")) +
					 json_integer_value(bed_at(before, "took_us")));
	}
}

static void nested_list_lies_on_the_critical_path(void **state)
{
	struct ask ask = explained("phone", "01011112222", "pop");
	json_t *json, *path;

	ask.fields = STR("orders");
	json = bed_ok(*state, ask);
	path = bed_at(json, "critical_path");
	assert_int_equal(json_array_size(path), 4);
	assert_at(path, "0", "crm"); /* the walk; then order by order */
	assert_at(path, "1", "orders");
	assert_at(path, "2", "items");
	assert_at(path, "3", "products");
	assert_at(json, "plan.0.from", "phone");
	assert_at(json, "plan.0.to", "member");
	assert_at(json, "plan.1.from", "member");
	assert_at(json, "plan.1.parts.0.then.0.then.0.part", "products");
	assert_true(json_is_true(bed_at(part_of(json, 1, "products"), "critical")));
}

static void part_off_the_path_says_so(void **state)
{
	struct ask ask = explained("member", "1", "pop");
	json_t *json;

	bed_source(*state, "s2", "part link\nhang\n"); /* to its deadline */
	ask.fields = STR("spent,pages");
	json = bed_ok(*state, ask);
	assert_int_equal(json_array_size(bed_at(json, "critical_path")), 1);
	assert_at(json, "critical_path.0", "link");
	assert_at(part_of(json, 0, "link"), "reason", "deadline");
	assert_true(json_is_false(bed_at(part_of(json, 0, "value"), "critical")));
	assert_true(json_is_false(bed_at(part_of(json, 0, "pages"), "critical"))); /* it was never asked */
}

static void part_waits_for_what_gives_its_key(void **state)
{
	json_t *json = bed_ok(*state, explained("member", "1", "pop"));
	json_t *orders = part_of(json, 0, "orders"), *items = part_of(json, 0, "items");

	assert_at(items, "waited_for.0", "orders");
	assert_at(items, "by", "order");
	assert_int_equal(json_integer_value(bed_at(items, "asked.order")), 3);
	assert_int_equal(json_integer_value(bed_at(items, "rows")), 3);
	assert_int_equal(json_integer_value(bed_at(items, "deadline_ms")), 200);
	assert_false(number(orders, "start_ms") + number(orders, "took_ms") - number(items, "start_ms") > 0.0005);
}

static void no_customer_value_but_masked_winners_is_told(void **state)
{
	struct ask ask = explained("phone", "010-1111-2222", "pop");
	const char *body = bed_reply(*state, &ask)->body;

	assert_non_null(strstr(body, "IN (:phone...)"));
	assert_null(strstr(body, "1111222")); /* the key as asked, canonical or spelled */
	assert_null(strstr(body, "1111-2222"));
	assert_null(strstr(body, "kim@x.kr"));
	assert_null(strstr(body, "900101"));
	assert_null(strstr(body, "김한별"));
	assert_non_null(strstr(body, "김*별"));
}

static void winner_and_loser_are_named_with_their_place(void **state)
{
	json_t *tier = field_of(bed_ok(*state, explained("member", "1", "pop")), "tier");

	assert_at(tier, "state", "known");
	assert_at(tier, "value", "VIP");
	assert_at(tier, "rule", "newest");
	assert_at(tier, "winner.part", "value");
	assert_at(tier, "winner.source", "s1");
	assert_at(tier, "winner.column", "tier");
	assert_at(tier, "winner.as_of", "2026-11-21T09:00:00+09:00");
	assert_at(tier, "winner.mapping", "mapping.xml:1");
	assert_at(tier, "lost.0.part", "crm");
	assert_at(tier, "lost.0.column", "grade");
	assert_true(json_is_string(bed_at(tier, "lost.0.value")));
	assert_at(tier, "lost.0.as_of", "2026-11-20T10:00:00+09:00");
	assert_null(bed_find(tier, "without"));
}

static void what_a_role_sees_masked_is_masked_here(void **state)
{
	struct ask ask = explained("member", "1", "pop");
	json_t *json = bed_ok(*state, ask);

	assert_at(field_of(json, "name"), "value", "김*별");
	assert_at(field_of(json, "rrn"), "state", "withheld");
	assert_null(bed_find(field_of(json, "rrn"), "winner"));
	ask.role = STR("boss");
	json = bed_ok(*state, ask);
	assert_at(field_of(json, "name"), "value", "김한별");
	assert_at(field_of(json, "rrn"), "value", "900101-1234567");
}

static void missing_part_is_named_where_it_is_missed(void **state)
{
	json_t *json;

	bed_source(*state, "s1", "fail refused\n");
	json = bed_ok(*state, explained("member", "1", "pop"));
	assert_true(json_is_false(bed_at(json, "complete")));
	assert_at(part_of(json, 0, "value"), "state", "missing");
	assert_at(part_of(json, 0, "value"), "reason", "refused");
	assert_at(part_of(json, 0, "items"), "depends_on", "orders");
	assert_at(field_of(json, "tier"), "state", "provisional");
	assert_at(field_of(json, "tier"), "winner.part", "crm");
	assert_at(field_of(json, "tier"), "without.0.part", "value");
	assert_at(field_of(json, "tier"), "without.0.why", "refused");
	assert_at(field_of(json, "spent"), "state", "unknown");
	assert_at(field_of(json, "spent"), "without.0.why", "refused");
	assert_at(field_of(json, "orders"), "state", "unknown");
	assert_at(field_of(json, "orders"), "without.0.part", "orders");
}

static void nothing_is_told_apart_from_unknown(void **state)
{
	json_t *json = bed_ok(*state, explained("member", "2", "pop"));

	assert_at(field_of(json, "spent"), "state", "null");
	assert_at(field_of(json, "spent"), "without.0.why", "no_row");
	assert_at(field_of(json, "order_count"), "state", "empty");
	assert_at(part_of(json, 0, "items"), "state", "skipped");
	assert_at(part_of(json, 0, "items"), "reason", "no_key");
	assert_false(names(bed_at(json, "critical_path"), "items"));
}

static void copy_has_an_age(void **state)
{
	json_t *crm;

	bed_ok(*state, bed_by("member", "1", "pop"));
	crm = part_of(bed_ok(*state, explained("member", "1", "pop")), 0, "crm");
	assert_at(crm, "state", "fresh");
	assert_int_equal(json_integer_value(bed_at(crm, "ttl_ms")), 30000);
	assert_true(json_is_integer(bed_at(crm, "age_ms")));
}

static void row_of_the_walk_is_not_asked_twice(void **state)
{
	json_t *json = bed_ok(*state, explained("phone", "01011112222", "pop"));

	assert_true(json_is_true(bed_at(part_of(json, 1, "crm"), "from_walk")));
	assert_null(bed_find(part_of(json, 1, "crm"), "start_ms"));
	assert_at(part_of(json, 0, "crm"), "by", "phone");
}

static void field_narrows_to_one(void **state)
{
	struct ask ask = explained("member", "1", "pop");
	json_t *json;

	ask.field = STR("tier");
	json = bed_ok(*state, ask);
	assert_int_equal(json_array_size(bed_at(json, "fields")), 1);
	assert_at(json, "fields.0.path", "tier");
	assert_true(json_is_object(part_of(json, 0, "pages"))); /* the plan is that of the whole view */
	ask.field = STR("orders.items");
	json = bed_ok(*state, ask);
	assert_at(field_of(json, "orders.items.title"), "at", "/customer/orders/0/items/1/title");
	assert_at(field_of(json, "orders.items.title"), "value", "Rice cooker");
}

static void list_names_the_column_of_each_field_once(void **state)
{
	json_t *json = bed_ok(*state, explained("member", "1", "pop"));

	assert_at(field_of(json, "orders"), "state", "known");
	assert_int_equal(json_integer_value(bed_at(field_of(json, "orders"), "items")), 2);
	assert_at(field_of(json, "orders.no"), "winner.column", "no");
	assert_int_equal(json_integer_value(bed_at(field_of(json, "orders.no"), "values")), 2);
	assert_at(field_of(json, "orders.items.title"), "winner.part", "products");
	assert_null(bed_find(field_of(json, "orders.no"), "value"));
}

static void several_customers_have_a_plan_but_no_fields(void **state)
{
	json_t *json = bed_ok(*state, explained("phone", "01033334444", "pop"));

	assert_at(json, "match.outcome", "many");
	assert_at(json, "plan.0.parts.0.part", "crm");
	assert_null(bed_find(json, "fields"));
	assert_int_equal(json_array_size(bed_at(json, "plan")), 1);
}

static void view_of_an_unlinked_key_starts_from_that_key(void **state)
{
	json_t *json;

	bed_source(*state, "s2", "part link\nkey member visitor\ncolumns member visitor\n\n"
				 "part pages\nkey visitor\ncolumns visitor url at\nv9\t/c\t2026-11-02 01:00:00\n\n");
	json = bed_ok(*state, explained("visitor", "v9", "pop"));
	assert_at(json, "match.outcome", "unlinked");
	assert_at(json, "plan.1.from", "visitor");
	assert_at(json, "plan.1.to", "pop");
	assert_at(part_of(json, 1, "pages"), "state", "live");
	assert_true(names(bed_at(json, "critical_path"), "pages"));
	assert_int_equal(json_integer_value(bed_at(field_of(json, "pages"), "items")), 1);
}

static void part_that_never_began_has_no_times(void **state)
{
	struct ask ask = explained("phone", "01011112222", "pop");
	json_t *json;

	bed_source(*state, "s1", "part orders\nhang\n");
	ask.fields = STR("orders");
	ask.budget_ms = 150; /* over before the deadline of orders */
	json = bed_ok(*state, ask);
	assert_at(part_of(json, 1, "orders"), "reason", "deadline");
	assert_at(part_of(json, 1, "items"), "state", "missing");
	assert_null(bed_find(part_of(json, 1, "items"), "from_walk"));
	assert_null(bed_find(part_of(json, 1, "items"), "start_ms"));
	assert_at(json, "critical_path.1", "orders");
	assert_int_equal(json_array_size(bed_at(json, "critical_path")), 2);
}

static void flat_view_explains_its_default(void **state)
{
	json_t *tier;

	bed_source(*state, "s1", "fail refused\n");
	bed_source(*state, "s0", CRM_HEAD "1\t01011112222\tkim@x.kr\t김한별\t\\N\t\\N\t2026-11-20 10:00:00\n\n");
	tier = field_of(bed_ok(*state, explained("phone", "01011112222", "routing")), "tier");
	assert_at(tier, "value", "BASE");
	assert_at(tier, "state", "default");
	assert_at(tier, "without.0.why", "refused");
	assert_at(tier, "without.1.why", "null");
}

static void errors_are_those_of_the_view(void **state)
{
	struct ask ask = explained("member", "1", "pop");
	struct ask by_id = explained("member", "1", "pop");

	ask.field = STR("teir");
	assert_at(bed_refused(*state, ask, 400), "suggestion", "did you mean `tier`?");
	by_id.n_by = 0;
	by_id.id = STR("c.nonsense");
	assert_at(bed_refused(*state, by_id, 404), "type", "urn:federator:problem:unknown-id");
}

static void xml_is_the_same_tree(void **state)
{
	struct ask ask = explained("phone", "01011112222", "pop");
	const struct reply *reply;

	ask.format = FORMAT_XML;
	reply = bed_reply(*state, &ask);
	assert_string_equal(reply->content_type, "application/xml");
	assert_non_null(strstr(reply->body, "<explain xmlns=\"urn:federator:explain:1\""));
	assert_non_null(strstr(reply->body, "<then><part><part>items</part>"));
	assert_non_null(strstr(reply->body, "<value>김*별</value>"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_STORY(request_says_who_asked_under_which_limits),
		BED_STORY(steps_follow_each_other_up_to_render),
		BED_STORY(nested_list_lies_on_the_critical_path),
		BED_STORY(part_off_the_path_says_so),
		BED_STORY(part_waits_for_what_gives_its_key),
		BED_STORY(no_customer_value_but_masked_winners_is_told),
		BED_STORY(winner_and_loser_are_named_with_their_place),
		BED_STORY(what_a_role_sees_masked_is_masked_here),
		BED_STORY(missing_part_is_named_where_it_is_missed),
		BED_STORY(nothing_is_told_apart_from_unknown),
		BED_STORY(copy_has_an_age),
		BED_STORY(row_of_the_walk_is_not_asked_twice),
		BED_STORY(field_narrows_to_one),
		BED_STORY(list_names_the_column_of_each_field_once),
		BED_STORY(several_customers_have_a_plan_but_no_fields),
		BED_STORY(view_of_an_unlinked_key_starts_from_that_key),
		BED_STORY(part_that_never_began_has_no_times),
		BED_STORY(flat_view_explains_its_default),
		BED_STORY(errors_are_those_of_the_view),
		BED_STORY(xml_is_the_same_tree),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
