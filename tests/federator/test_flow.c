/* test_flow.c - whole requests on fixture sources: who is meant, what is shown, what is missing. */
#include <stdlib.h>

#include "base/log.h"
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

static int start(void **state)
{
	struct bed *bed = bed_new(FLOW_MAPPING);

	bed_source(bed, "s0", CRM);
	bed_source(bed, "s1", WAREHOUSE);
	bed_source(bed, "s2", WEB);
	*state = bed;
	return 0;
}

static int stop(void **state)
{
	bed_free((struct bed **)state);
	return 0;
}

static json_t *ask_ok(struct bed *bed, struct ask ask)
{
	int status;
	json_t *json = bed_ask(bed, &ask, &status);

	if (status != 200)
		print_error("%s\n", bed_reply(bed, &ask)->body);
	assert_int_equal(status, 200);
	return json;
}

static json_t *refused(struct bed *bed, struct ask ask, int wanted)
{
	int status;
	json_t *json = bed_ask(bed, &ask, &status);

	assert_int_equal(status, wanted);
	return json;
}

/* --- who is meant --- */

static void phone_of_one_customer_gives_the_view(void **state)
{
	json_t *json = ask_ok(*state, bed_by("phone", "+82 10-1111-2222", "pop"));

	assert_at(json, "match.outcome", "one");
	assert_at(json, "match.by", "phone");
	assert_at(json, "match.evidence.0", "crm.phone");
	assert_true(json_is_true(bed_at(json, "complete")));
	assert_at(json, "customer.name", "김*별");
	assert_at(json, "customer.contact.phone", "010****2222");
	assert_at(json, "customer.spent", "120.50");
	assert_int_equal(json_integer_value(bed_at(json, "customer.order_count")), 3);
	assert_at(json, "parts.crm.state", "live");
}

static void unknown_phone_is_none(void **state)
{
	json_t *json = ask_ok(*state, bed_by("phone", "010-9999-9999", "pop"));

	assert_at(json, "match.outcome", "none");
	assert_null(bed_find(json, "customer"));
	assert_null(bed_find(json, "id"));
}

static void household_phone_gives_candidates_and_no_customer(void **state)
{
	json_t *json = ask_ok(*state, bed_by("phone", "01033334444", "pop"));

	assert_at(json, "match.outcome", "many");
	assert_null(bed_find(json, "customer"));
	assert_int_equal(json_array_size(bed_at(json, "candidates")), 2);
	assert_at(json, "candidates.0.customer.name", "이*준");
	assert_at(json, "candidates.1.customer.name", "이*");
	assert_at(json, "candidates.0.evidence.0", "crm.phone");
}

static void candidate_id_leads_to_its_own_subject(void **state)
{
	struct ask by_phone = bed_by("phone", "01033334444", "pop"), by_id = bed_by("phone", "", "pop");
	json_t *json = ask_ok(*state, by_phone);
	char *id = strdup(json_string_value(bed_at(json, "candidates.1.id")));

	by_id.n_by = 0;
	by_id.id = str_of(id);
	json = ask_ok(*state, by_id);
	assert_at(json, "customer.name", "이*");
	assert_at(json, "match.by", "id");
	free(id);
}

static void household_phone_with_one_member_s_email_is_one(void **state)
{
	struct ask ask = bed_by("phone", "01033334444", "pop");
	json_t *json;

	ask.by[1].name = STR("email");
	ask.by[1].value = STR("MIN@x.kr");
	ask.n_by = 2;
	json = ask_ok(*state, ask);
	assert_at(json, "match.outcome", "one");
	assert_at(json, "customer.name", "이*");
	assert_int_equal(json_array_size(bed_at(json, "match.evidence")), 2);
}

static void keys_of_two_strangers_are_candidates(void **state)
{
	struct ask ask = bed_by("phone", "01011112222", "pop");

	ask.by[1].name = STR("email");
	ask.by[1].value = STR("lee@x.kr");
	ask.n_by = 2;
	assert_at(ask_ok(*state, ask), "match.outcome", "many");
}

static void order_number_finds_its_owner(void **state)
{
	json_t *json = ask_ok(*state, bed_by("order", "A1", "pop"));

	assert_at(json, "match.outcome", "one");
	assert_at(json, "match.evidence.0", "owner.no");
	assert_at(json, "customer.name", "김*별");
}

static void view_is_the_same_whichever_key_was_asked(void **state)
{
	static const char *const keys[][2] = {
		{ "phone", "01011112222" }, { "email", "kim@x.kr" }, { "order", "A1" }, { "visitor", "v1" }
	};
	struct ask ask = bed_by("member", "1", "pop");
	char *first = json_dumps(bed_at(ask_ok(*state, ask), "customer"), 0);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		char *other;

		ask.by[0].name = str_of(keys[i][0]);
		ask.by[0].value = str_of(keys[i][1]);
		other = json_dumps(bed_at(ask_ok(*state, ask), "customer"), 0);
		assert_string_equal(other, first);
		free(other);
	}
	free(first);
}

static void asked_identity_that_nobody_knows_is_none(void **state)
{
	struct ask ask = bed_by("member", "77", "pop");

	assert_at(ask_ok(*state, ask), "match.outcome", "none");
	ask.strict = true;
	assert_at(refused(*state, ask, 404), "type", "urn:federator:problem:no-customer");
}

static void strict_many_is_409(void **state)
{
	struct ask ask = bed_by("phone", "01033334444", "pop");

	ask.strict = true;
	refused(*state, ask, 409);
}

static void blocked_key_asks_nobody(void **state)
{
	json_t *json = ask_ok(*state, bed_by("phone", "010-0000-1234", "pop"));

	assert_at(json, "match.outcome", "blocked");
	assert_int_equal(json_object_size(bed_at(json, "parts")), 0);
}

static void more_customers_than_the_guard_allows_is_too_many(void **state)
{
	bed_source(*state, "s0", CRM_HEAD CRM_ROWS
		   "4\t01033334444\ta@x\tA\t9\t\\N\t\\N\n5\t01033334444\tb@x\tB\t9\t\\N\t\\N\n\n");
	assert_at(ask_ok(*state, bed_by("phone", "01033334444", "pop")), "match.outcome", "too_many");
}

/* --- what is malformed --- */

static void malformed_questions_are_refused_with_advice(void **state)
{
	struct ask ask = bed_by("phone", "not a number", "pop");

	assert_at(refused(*state, ask, 422), "type", "urn:federator:problem:malformed-key");
	assert_at(refused(*state, bed_by("phnoe", "1", "pop"), 400), "suggestion", "did you mean `phone`?");
	assert_at(refused(*state, bed_by("phone", "01011112222", "popp"), 400), "suggestion", "did you mean `pop`?");
	ask = bed_by("phone", "01011112222", "pop");
	ask.fields = STR("tire");
	assert_at(refused(*state, ask, 400), "suggestion", "did you mean `tier`?");
	ask = bed_by("phone", "01011112222", "pop");
	ask.parts = STR("cmr");
	assert_at(refused(*state, ask, 400), "suggestion", "did you mean `crm`?");
	ask = bed_by("product", "P1", "pop");
	refused(*state, ask, 400);
}

static void foreign_id_is_404(void **state)
{
	struct ask ask = bed_by("phone", "", "pop");

	ask.n_by = 0;
	ask.id = STR("c.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	assert_at(refused(*state, ask, 404), "type", "urn:federator:problem:unknown-id");
}

static void purpose_without_policy_is_403(void **state)
{
	struct ask ask = bed_by("phone", "01011112222", "pop");

	ask.purpose = STR("marketing");
	refused(*state, ask, 403);
}

/* --- what is shown --- */

static void lists_are_ordered_limited_and_nested(void **state)
{
	json_t *json = ask_ok(*state, bed_by("member", "1", "pop"));

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
	json_t *json = ask_ok(*state, bed_by("member", "1", "pop"));

	assert_true(json_is_null(bed_at(json, "customer.orders.0.items.0.title")));
	assert_at(json, "customer.orders.0.items.1.title", "Rice cooker");
}

static void codes_get_their_public_form_and_label(void **state)
{
	json_t *json = ask_ok(*state, bed_by("member", "1", "pop"));

	assert_at(json, "customer.tier", "VIP"); /* the warehouse is newer than the call center */
	assert_at(json, "labels.tier.VIP", "Very important");
	assert_null(bed_find(json, "labels.tier.BASE"));
	assert_at(json, "currency.spent", "KRW");
}

static void empty_stands_in_when_every_part_answered_with_no_row(void **state)
{
	json_t *json = ask_ok(*state, bed_by("member", "2", "pop"));

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
	json_t *json = ask_ok(*state, ask);

	assert_null(bed_find(json, "customer.rrn"));
	assert_at(json, "withheld.0", "rrn");
	ask.role = STR("boss");
	json = ask_ok(*state, ask);
	assert_at(json, "customer.rrn", "900101-1234567");
	assert_at(json, "customer.name", "김한별");
	assert_null(bed_find(json, "withheld"));
}

static void fields_choose_what_is_asked(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	ask.fields = STR("tier,orders.no");
	json = ask_ok(*state, ask);
	assert_int_equal(json_object_size(bed_at(json, "customer")), 2);
	assert_null(bed_find(json, "customer.orders.0.at"));
	assert_null(bed_find(json, "parts.pages"));
	assert_null(bed_find(json, "parts.items"));
}

static void provenance_names_winner_and_loser(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json, *tier;

	ask.provenance = true;
	json = ask_ok(*state, ask);
	tier = json_object_get(bed_at(json, "provenance"), "/customer/tier");
	assert_at(tier, "part", "value");
	assert_at(tier, "source", "s1");
	assert_at(tier, "rule", "newest");
	assert_at(tier, "as_of", "2026-11-21T09:00:00+09:00");
	assert_at(tier, "lost.0.part", "crm");
	assert_at(tier, "lost.0.value", "9");
	assert_at(json_object_get(bed_at(json, "provenance"), "/customer/orders/0/no"), "column", "no");
}

static void time_line_merges_lists_newest_first(void **state)
{
	json_t *json = ask_ok(*state, bed_by("member", "1", "full"));

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
	json = ask_ok(*state, ask);
	assert_int_equal(json_array_size(bed_at(json, "customer.journey")), 2);
	ask.kind = STR("orders");
	json = ask_ok(*state, ask);
	assert_int_equal(json_array_size(bed_at(json, "customer.journey")), 1);
	assert_null(bed_find(json, "parts.pages"));
	ask.kind = STR("order");
	refused(*state, ask, 400);
	ask.since = STR("yesterday");
	refused(*state, ask, 400);
}

static void flat_view_always_has_its_defaults(void **state)
{
	assert_at(ask_ok(*state, bed_by("phone", "01033334444", "routing")), "customer.Tier", "BASE");
	assert_at(ask_ok(*state, bed_by("phone", "01011112222", "routing")), "customer.Tier", "VIP");
	bed_source(*state, "s0", "fail refused\n");
	assert_at(ask_ok(*state, bed_by("phone", "01055556666", "routing")), "customer.Tier", "BASE");
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

/* --- what is missing --- */

static void one_source_down_leaves_the_others_unharmed(void **state)
{
	json_t *json;

	bed_source(*state, "s1", "fail refused\n");
	json = ask_ok(*state, bed_by("phone", "01011112222", "pop"));
	assert_true(json_is_false(bed_at(json, "complete")));
	assert_at(json, "customer.name", "김*별");
	assert_null(bed_find(json, "customer.spent"));
	assert_null(bed_find(json, "customer.orders"));
	assert_at(json, "customer.tier", "BASE");
	assert_int_equal(json_array_size(bed_at(json, "customer.pages")), 2);
	assert_at(json, "parts.orders.state", "missing");
	assert_at(json, "parts.orders.reason", "refused");
	assert_at(json, "parts.items.reason", "key_unknown");
	assert_at(json, "parts.items.depends_on", "orders");
}

static void winner_is_provisional_while_a_preferred_part_is_missing(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	ask.provenance = true;
	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nfail error\n\n" WAREHOUSE_ORDERS);
	json = ask_ok(*state, ask);
	assert_at(json, "customer.tier", "BASE");
	assert_true(json_is_true(
		json_object_get(json_object_get(bed_at(json, "provenance"), "/customer/tier"), "provisional")));
}

static void silent_part_is_missing_at_its_deadline(void **state)
{
	json_t *json;

	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nhang\n\n" WAREHOUSE_ORDERS);
	json = ask_ok(*state, bed_by("member", "1", "pop"));
	assert_at(json, "parts.value.state", "missing");
	assert_at(json, "parts.value.reason", "deadline");
	assert_int_equal(json_integer_value(bed_at(json, "parts.value.deadline_ms")), 200);
	assert_at(json, "customer.orders.0.no", "A3");
}

static void budget_of_the_question_cuts_the_wait(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");

	ask.budget_ms = 60;
	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nhang\n\n" WAREHOUSE_ORDERS);
	assert_at(ask_ok(*state, ask), "parts.value.reason", "deadline");
}

static void silent_identity_source_is_504_and_a_dead_one_503(void **state)
{
	bed_source(*state, "s0", "part crm\nhang\n");
	assert_at(refused(*state, bed_by("phone", "01011112222", "pop"), 504), "type",
		  "urn:federator:problem:identity-late");
	bed_source(*state, "s0", "part crm\nfail error\n");
	assert_at(refused(*state, bed_by("phone", "01011112222", "pop"), 503), "type",
		  "urn:federator:problem:identity-unavailable");
}

static void asked_identity_needs_no_call_center(void **state)
{
	json_t *json;

	bed_source(*state, "s0", "part crm\nfail error\n");
	json = ask_ok(*state, bed_by("member", "1", "pop"));
	assert_at(json, "match.outcome", "one");
	assert_true(json_is_false(bed_at(json, "match.complete")));
	assert_at(json, "customer.orders.0.no", "A3");
	assert_null(bed_find(json, "customer.name"));
}

static void asked_identity_of_which_nothing_is_known_is_no_empty_answer(void **state)
{
	bed_source(*state, "s0", "fail refused\n");
	bed_source(*state, "s1", "fail refused\n");
	bed_source(*state, "s2", "fail refused\n");
	refused(*state, bed_by("member", "1", "pop"), 503);
}

static void row_of_another_customer_spoils_the_whole_part(void **state)
{
	json_t *json;

	bed_source(*state, "s1", WAREHOUSE_FIND WAREHOUSE_VALUE
		   "part orders\ncolumns member no at\n1\tA1\t2026-11-01 09:00:00\n2\tB1\t2026-11-01 09:00:00\n\n");
	json = ask_ok(*state, bed_by("member", "1", "pop"));
	assert_at(json, "parts.orders.reason", "wrong_subject");
	assert_null(bed_find(json, "customer.orders"));
}

static void changed_columns_spoil_only_their_part(void **state)
{
	json_t *json;

	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nkey member\ncolumns member level\n1\tx\n\n" WAREHOUSE_ORDERS);
	json = ask_ok(*state, bed_by("member", "1", "pop"));
	assert_at(json, "parts.value.reason", "schema_mismatch");
	assert_at(json, "customer.orders.0.no", "A3");
}

static void cell_that_is_not_its_type_is_absent_with_a_warning(void **state)
{
	json_t *json;

	bed_source(*state, "s1", WAREHOUSE_FIND
		   "part value\nkey member\ncolumns member tier spent n at\n1\t1\tlots\t3\t2026-11-21 09:00:00\n\n");
	json = ask_ok(*state, bed_by("member", "1", "pop"));
	assert_null(bed_find(json, "customer.spent"));
	assert_int_equal(json_integer_value(bed_at(json, "customer.order_count")), 3);
	assert_at(json, "parts.value.warnings.0.column", "spent");
	assert_at(json, "parts.value.state", "live");
}

static void late_source_is_a_gap_in_the_time_line(void **state)
{
	json_t *json;

	bed_source(*state, "s2", "part link\nfail error\n");
	json = ask_ok(*state, bed_by("member", "1", "full"));
	assert_at(json, "customer.journey.3.kind", "pages");
	assert_at(json, "customer.journey.3.missing", "key_unknown");
}

/* --- copies --- */

static void second_question_is_answered_from_a_copy(void **state)
{
	struct ask ask = bed_by("member", "2", "pop");
	json_t *json;

	ask_ok(*state, ask);
	json = ask_ok(*state, ask);
	assert_at(json, "parts.crm.state", "fresh");
	ask.no_cache = true;
	assert_at(ask_ok(*state, ask), "parts.crm.state", "live");
}

static void old_copy_stands_in_for_a_source_that_fails(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	ask_ok(*state, ask);
	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nfail error\n\n" WAREHOUSE_ORDERS);
	json = ask_ok(*state, ask);
	assert_at(json, "parts.value.state", "stale");
	assert_at(json, "parts.value.reason", "error");
	assert_at(json, "customer.spent", "120.50");
	assert_true(json_is_true(bed_at(json, "complete")));
}

static void part_without_stale_is_missing_although_it_answered_before(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");

	ask_ok(*state, ask);
	bed_source(*state, "s1", WAREHOUSE_FIND WAREHOUSE_VALUE "part orders\nfail error\n");
	assert_at(ask_ok(*state, ask), "parts.orders.state", "missing");
}

static void copy_of_one_role_shows_another_role_only_its_own(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	ask.role = STR("boss");
	ask_ok(*state, ask);
	ask.role = STR("agent");
	json = ask_ok(*state, ask);
	assert_at(json, "parts.crm.state", "fresh");
	assert_at(json, "customer.name", "김*별");
	assert_null(bed_find(json, "customer.rrn"));
}

static void changed_definition_never_meets_an_older_copy(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	static const char other[] = "<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS
		"<part name=\"crm\" source=\"s0\" rows=\"0..3\" deadline=\"400ms\" ttl=\"30s\" stale=\"10m\">"
		"<query by=\"member\">" IN("member") "</query>"
		COL("member", "gives=\"member\" proves=\"member\"") COL("email", "") "</part>"
		"<field path=\"name\" class=\"open\">" FROM("crm", "email") "</field>"
		"<view name=\"pop\" by=\"member\" budget=\"900ms\"><use path=\"name\"/></view>"
		"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";
	json_t *json;

	ask_ok(*state, ask);
	assert_true(bed_reload(*state, other));
	json = ask_ok(*state, ask);
	assert_at(json, "parts.crm.state", "live");
	assert_at(json, "customer.name", "kim@x.kr");
}

static void invalid_mapping_changes_nothing(void **state)
{
	ask_ok(*state, bed_by("member", "1", "pop"));
	assert_false(bed_reload(*state, "<mapping xmlns=\"urn:federator:mapping:1\"><part/></mapping>"));
	assert_at(ask_ok(*state, bed_by("member", "1", "pop")), "customer.name", "김*별");
}

static void steps_are_documented(void **state)
{
	size_t n;
	const struct step_doc *docs = flow_steps(&n);

	(void)state;
	assert_int_equal(n, 8);
	assert_string_equal(docs[0].name, "admit");
	for (size_t i = 0; i < n; i++)
		assert_true(strlen(docs[i].leaves) > 10);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(phone_of_one_customer_gives_the_view),
		STORY(unknown_phone_is_none),
		STORY(household_phone_gives_candidates_and_no_customer),
		STORY(candidate_id_leads_to_its_own_subject),
		STORY(household_phone_with_one_member_s_email_is_one),
		STORY(keys_of_two_strangers_are_candidates),
		STORY(order_number_finds_its_owner),
		STORY(view_is_the_same_whichever_key_was_asked),
		STORY(asked_identity_that_nobody_knows_is_none),
		STORY(strict_many_is_409),
		STORY(blocked_key_asks_nobody),
		STORY(more_customers_than_the_guard_allows_is_too_many),
		STORY(malformed_questions_are_refused_with_advice),
		STORY(foreign_id_is_404),
		STORY(purpose_without_policy_is_403),
		STORY(lists_are_ordered_limited_and_nested),
		STORY(look_up_fills_items_and_null_when_nothing_is_found),
		STORY(codes_get_their_public_form_and_label),
		STORY(empty_stands_in_when_every_part_answered_with_no_row),
		STORY(withheld_classes_are_named_and_never_shown),
		STORY(fields_choose_what_is_asked),
		STORY(provenance_names_winner_and_loser),
		STORY(time_line_merges_lists_newest_first),
		STORY(time_line_question_filters_by_time_and_kind),
		STORY(flat_view_always_has_its_defaults),
		STORY(xml_has_the_same_customer),
		STORY(canonical_form_repeats_byte_for_byte),
		STORY(one_source_down_leaves_the_others_unharmed),
		STORY(winner_is_provisional_while_a_preferred_part_is_missing),
		STORY(silent_part_is_missing_at_its_deadline),
		STORY(budget_of_the_question_cuts_the_wait),
		STORY(silent_identity_source_is_504_and_a_dead_one_503),
		STORY(asked_identity_needs_no_call_center),
		STORY(asked_identity_of_which_nothing_is_known_is_no_empty_answer),
		STORY(row_of_another_customer_spoils_the_whole_part),
		STORY(changed_columns_spoil_only_their_part),
		STORY(cell_that_is_not_its_type_is_absent_with_a_warning),
		STORY(late_source_is_a_gap_in_the_time_line),
		STORY(second_question_is_answered_from_a_copy),
		STORY(old_copy_stands_in_for_a_source_that_fails),
		STORY(part_without_stale_is_missing_although_it_answered_before),
		STORY(copy_of_one_role_shows_another_role_only_its_own),
		STORY(changed_definition_never_meets_an_older_copy),
		STORY(invalid_mapping_changes_nothing),
		cmocka_unit_test(steps_are_documented),
	};
	struct err err = { 0 };

	if (!digest_init(&err) || !adapters_init(NULL, &err))
		return 1;
	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
