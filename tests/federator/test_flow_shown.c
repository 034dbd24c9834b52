/* test_flow_shown.c - whole requests on fixture sources: what is shown. */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

static void lists_are_ordered_limited_and_nested(void **state)
{
	json_t *json = bed_ok(*state, bed_by("member", "1", "pop"));

	assert_int_equal(json_array_size(bed_at(json, "customer.orders")), 2);
	assert_at(json, "customer.orders.0.no", "A3");
	assert_at(json, "customer.orders.1.no", "A2");
	assert_at(json, "customer.orders.0.at", "2026-11-03T09:00:00+09:00");
	assert_int_equal(json_array_size(bed_at(json, "customer.orders.0.items")), 2);
	assert_int_equal(json_array_size(bed_at(json, "customer.orders.1.items")), 0);
	assert_true(json_is_true(bed_at(json, "parts.orders.more")));
}

static void look_up_fills_items_and_null_when_nothing_is_found(void **state)
{
	json_t *json = bed_ok(*state, bed_by("member", "1", "pop"));

	assert_true(json_is_null(bed_at(json, "customer.orders.0.items.0.title")));
	assert_at(json, "customer.orders.0.items.1.title", "Rice cooker");
}

static void codes_get_their_public_form_and_label(void **state)
{
	json_t *json = bed_ok(*state, bed_by("member", "1", "pop"));

	assert_at(json, "customer.tier", "VIP"); /* the warehouse is newer than the call center */
	assert_at(json, "labels.tier.VIP", "Very important");
	assert_null(bed_find(json, "labels.tier.BASE"));
	assert_at(json, "currency.spent", "KRW");
}

static void what_is_no_code_passes_through_and_is_counted(void **state)
{
	json_t *json;

	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nkey member\ncolumns member tier spent n at\n"
				 "1\tX\t120.50\t3\t2026-11-21 09:00:00\n\n" WAREHOUSE_ORDERS);
	json = bed_ok(*state, bed_by("member", "1", "pop"));
	assert_at(json, "customer.tier", "X");
	assert_int_equal(json_array_size(bed_at(json, "parts.value.warnings")), 1);
	assert_at(json, "parts.value.warnings.0.column", "tier");
	assert_at(json, "parts.value.warnings.0.code", "unknown_code");
	assert_int_equal(json_integer_value(bed_at(json, "parts.value.warnings.0.cells")), 1);
	assert_null(bed_find(json, "parts.crm.warnings")); /* its code is known, and not shown */
}

static void empty_stands_in_when_every_part_answered_with_no_row(void **state)
{
	json_t *json = bed_ok(*state, bed_by("member", "2", "pop"));

	assert_int_equal(json_integer_value(bed_at(json, "customer.order_count")), 0);
	assert_true(json_is_null(bed_at(json, "customer.spent")));
	assert_int_equal(json_array_size(bed_at(json, "customer.orders")), 0);
	assert_at(json, "customer.tier", "VIP");
	assert_at(json, "parts.items.state", "skipped");
	assert_at(json, "parts.pages.reason", "no_key");
	assert_true(json_is_true(bed_at(json, "complete")));
}

static void withheld_classes_are_named_and_never_shown(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json = bed_ok(*state, ask);

	assert_null(bed_find(json, "customer.rrn"));
	assert_at(json, "withheld.0", "rrn");
	ask.role = STR("boss");
	json = bed_ok(*state, ask);
	assert_at(json, "customer.rrn", "900101-1234567");
	assert_at(json, "customer.name", "김한별");
	assert_null(bed_find(json, "withheld"));
}

static void fields_choose_what_is_asked(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	ask.fields = STR("tier,orders.no");
	json = bed_ok(*state, ask);
	assert_int_equal(json_object_size(bed_at(json, "customer")), 2);
	assert_null(bed_find(json, "customer.orders.0.at"));
	assert_null(bed_find(json, "parts.pages"));
	assert_null(bed_find(json, "parts.items"));
}

static void fields_choose_inside_lists_of_lists(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	ask.fields = STR("orders.items.qty");
	json = bed_ok(*state, ask);
	assert_int_equal(json_object_size(bed_at(json, "customer.orders.0")), 1);
	assert_int_equal(json_object_size(bed_at(json, "customer.orders.0.items.0")), 1);
	assert_non_null(bed_find(json, "customer.orders.0.items.0.qty"));
	assert_null(bed_find(json, "parts.products"));
	ask.fields = STR("orders.items.qty,orders.no");
	json = bed_ok(*state, ask);
	assert_int_equal(json_object_size(bed_at(json, "customer.orders.0")), 2);
	assert_int_equal(json_object_size(bed_at(json, "customer.orders.0.items.0")), 1);
	ask.fields = STR("orders.items.qty,orders.items");
	json = bed_ok(*state, ask);
	assert_int_equal(json_object_size(bed_at(json, "customer.orders.0")), 1);
	assert_int_equal(json_object_size(bed_at(json, "customer.orders.0.items.0")), 2);
	ask.fields = STR("orders.items.nope");
	assert_at(bed_refused(*state, ask, 400), "type", "urn:federator:problem:unknown-field");
	ask.fields = STR("orders.items.qty.more");
	bed_refused(*state, ask, 400);
}

static void provenance_names_winner_and_loser(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json, *tier;

	ask.provenance = true;
	json = bed_ok(*state, ask);
	tier = json_object_get(bed_at(json, "provenance"), "/customer/tier");
	assert_at(tier, "part", "value");
	assert_at(tier, "source", "s1");
	assert_at(tier, "rule", "newest");
	assert_at(tier, "as_of", "2026-11-21T09:00:00+09:00");
	assert_at(tier, "lost.0.part", "crm");
	assert_at(tier, "lost.0.value", "BASE");
	assert_at(json_object_get(bed_at(json, "provenance"), "/customer/orders/0/no"), "column", "no");
}

static void time_line_merges_lists_newest_first(void **state)
{
	json_t *json = bed_ok(*state, bed_by("member", "1", "full"));

	assert_int_equal(json_array_size(bed_at(json, "customer.journey")), 5);
	assert_at(json, "customer.journey.0.kind", "pages");
	assert_at(json, "customer.journey.0.url", "/b");
	assert_at(json, "customer.journey.1.no", "A3");
	assert_at(json, "customer.journey.2.url", "/a"); /* 01:00 UTC is after 09:00 in Seoul */
	assert_at(json, "customer.journey.3.no", "A2");
}

static void time_line_question_filters_by_time_and_kind(void **state)
{
	struct ask ask = bed_by("member", "1", "");
	json_t *json;

	ask.timeline = true;
	ask.since = STR("2026-11-02T00:00:00+09:00");
	ask.until = STR("2026-11-03T00:00:00+09:00");
	json = bed_ok(*state, ask);
	assert_int_equal(json_array_size(bed_at(json, "customer.journey")), 2);
	ask.kind = STR("orders");
	json = bed_ok(*state, ask);
	assert_int_equal(json_array_size(bed_at(json, "customer.journey")), 1);
	assert_null(bed_find(json, "parts.pages"));
	ask.view = STR("pop");
	assert_at(bed_refused(*state, ask, 400), "type", "urn:federator:problem:no-timeline");
	ask.view = STR("");
	ask.kind = STR("order");
	assert_at(bed_refused(*state, ask, 400), "type", "urn:federator:problem:unknown-kind");
}

static void time_without_an_offset_is_refused(void **state)
{
	static const char *const times[] = { "yesterday", "2026-11-22", "2026-11-22T09:00:00",
					     "2026-11-22T09:00:00 09:00", "2026-11-31T09:00:00Z", "" };

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct ask ask = bed_by("member", "1", "");

		ask.timeline = true;
		ask.since = str_of(times[i]);
		assert_at(bed_refused(*state, ask, 400), "type", "urn:federator:problem:malformed-time");
		ask.since = (struct str){ 0 };
		ask.until = str_of(times[i]);
		assert_at(bed_refused(*state, ask, 400), "type", "urn:federator:problem:malformed-time");
	}
}

static void flat_view_always_has_its_defaults(void **state)
{
	assert_at(bed_ok(*state, bed_by("phone", "01033334444", "routing")), "customer.Tier", "BASE");
	assert_at(bed_ok(*state, bed_by("phone", "01011112222", "routing")), "customer.Tier", "VIP");
	bed_source(*state, "s0", "fail refused\n");
	assert_at(bed_ok(*state, bed_by("phone", "01055556666", "routing")), "customer.Tier", "BASE");
}

static void xml_has_the_same_customer(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	const struct reply *reply;

	ask.format = FORMAT_XML;
	reply = bed_reply(*state, &ask);
	assert_int_equal(reply->status, 200);
	assert_string_equal(reply->content_type, "application/xml");
	assert_non_null(strstr(reply->body, "<name>김*별</name>"));
	assert_non_null(strstr(reply->body, "<order>"));
}

static void canonical_form_repeats_byte_for_byte(void **state)
{
	struct ask ask = bed_by("phone", "01011112222", "full");
	char *first;

	ask.canonical = true;
	first = strdup(bed_reply(*state, &ask)->body);
	assert_string_equal(bed_reply(*state, &ask)->body, first);
	ask.no_cache = true;
	assert_string_equal(bed_reply(*state, &ask)->body, first);
	free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_STORY(lists_are_ordered_limited_and_nested),
		BED_STORY(look_up_fills_items_and_null_when_nothing_is_found),
		BED_STORY(codes_get_their_public_form_and_label),
		BED_STORY(what_is_no_code_passes_through_and_is_counted),
		BED_STORY(empty_stands_in_when_every_part_answered_with_no_row),
		BED_STORY(withheld_classes_are_named_and_never_shown),
		BED_STORY(fields_choose_what_is_asked),
		BED_STORY(fields_choose_inside_lists_of_lists),
		BED_STORY(provenance_names_winner_and_loser),
		BED_STORY(time_line_merges_lists_newest_first),
		BED_STORY(time_line_question_filters_by_time_and_kind),
		BED_STORY(time_without_an_offset_is_refused),
		BED_STORY(flat_view_always_has_its_defaults),
		BED_STORY(xml_has_the_same_customer),
		BED_STORY(canonical_form_repeats_byte_for_byte),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
