/* test_flow_missing.c - whole requests on fixture sources: what is missing, and copies that stand in. */
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

static void one_source_down_leaves_the_others_unharmed(void **state)
{
	json_t *json;

	bed_source(*state, "s1", "fail refused\n");
	json = bed_ok(*state, bed_by("phone", "01011112222", "pop"));
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
	json = bed_ok(*state, ask);
	assert_at(json, "customer.tier", "BASE");
	assert_true(json_is_true(
		json_object_get(json_object_get(bed_at(json, "provenance"), "/customer/tier"), "provisional")));
}

static void silent_part_is_missing_at_its_deadline(void **state)
{
	json_t *json;

	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nhang\n\n" WAREHOUSE_ORDERS);
	json = bed_ok(*state, bed_by("member", "1", "pop"));
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
	assert_at(bed_ok(*state, ask), "parts.value.reason", "deadline");
}

static void silent_identity_source_is_504_and_a_dead_one_503(void **state)
{
	bed_source(*state, "s0", "part crm\nhang\n");
	assert_at(bed_refused(*state, bed_by("phone", "01011112222", "pop"), 504), "type",
		  "urn:federator:problem:identity-late");
	bed_source(*state, "s0", "part crm\nfail error\n");
	assert_at(bed_refused(*state, bed_by("phone", "01033334444", "pop"), 503), "type",
		  "urn:federator:problem:identity-unavailable");
}

static void asked_identity_needs_no_call_center(void **state)
{
	json_t *json;

	bed_source(*state, "s0", "part crm\nfail error\n");
	json = bed_ok(*state, bed_by("member", "1", "pop"));
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
	bed_refused(*state, bed_by("member", "1", "pop"), 503);
}

static void identity_that_nobody_vouches_for_is_no_customer(void **state)
{
	bed_source(*state, "s2", "part link\nfail error\n");
	bed_refused(*state, bed_by("member", "77", "pop"), 503); /* the call center does not know it, the web may */
}

static void only_the_view_s_parts_confirm_an_identity(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	ask.fields = STR("name");
	bed_source(*state, "s2", "part link\nfail error\n");
	json = bed_ok(*state, ask);
	assert_true(json_is_true(bed_at(json, "complete")));
	assert_null(bed_find(json, "parts.link"));
	ask.fields = STR("spent"); /* nothing in there knows customers: all that do are asked */
	json = bed_ok(*state, ask);
	assert_at(json, "parts.link.state", "missing");
	assert_at(json, "match.evidence.0", "crm.member");
}

static void refused_question_leaves_its_rows_for_the_next(void **state)
{
	struct ask ask = bed_by("phone", "01033334444", "pop");

	ask.strict = true;
	bed_refused(*state, ask, 409);
	ask.strict = false;
	assert_at(bed_ok(*state, ask), "parts.crm.state", "fresh");
}

static void row_of_another_customer_spoils_the_whole_part(void **state)
{
	json_t *json;

	bed_source(*state, "s1", WAREHOUSE_FIND WAREHOUSE_VALUE
		   "part orders\ncolumns member no at\n1\tA1\t2026-11-01 09:00:00\n2\tB1\t2026-11-01 09:00:00\n\n");
	json = bed_ok(*state, bed_by("member", "1", "pop"));
	assert_at(json, "parts.orders.reason", "wrong_subject");
	assert_null(bed_find(json, "customer.orders"));
}

static void changed_columns_spoil_only_their_part(void **state)
{
	json_t *json;

	bed_source(*state, "s1",
		   WAREHOUSE_FIND "part value\nkey member\ncolumns member level\n1\tx\n\n" WAREHOUSE_ORDERS);
	json = bed_ok(*state, bed_by("member", "1", "pop"));
	assert_at(json, "parts.value.reason", "schema_mismatch");
	assert_at(json, "customer.orders.0.no", "A3");
}

static void cell_that_is_not_its_type_is_absent_with_a_warning(void **state)
{
	json_t *json;

	bed_source(*state, "s1", WAREHOUSE_FIND
		   "part value\nkey member\ncolumns member tier spent n at\n1\t1\tlots\t3\t2026-11-21 09:00:00\n\n");
	json = bed_ok(*state, bed_by("member", "1", "pop"));
	assert_null(bed_find(json, "customer.spent"));
	assert_int_equal(json_integer_value(bed_at(json, "customer.order_count")), 3);
	assert_at(json, "parts.value.warnings.0.column", "spent");
	assert_at(json, "parts.value.state", "live");
}

static void cell_that_nobody_can_read_is_absent_and_no_null(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	bed_source(*state, "s0", CRM_HEAD "1\t01011112222\tkim@x.kr\tK\xff" "im\t\\N\t\xc0\xaf\t2026-11-20 10:00:00\n");
	ask.role = STR("boss");
	json = bed_ok(*state, ask);
	assert_null(bed_find(json, "customer.name"));
	assert_null(bed_find(json, "customer.rrn"));
	assert_at(json, "parts.crm.state", "live");
	assert_at(json, "parts.crm.warnings.0.column", "name");
	assert_at(json, "parts.crm.warnings.0.code", "bad_text");
	assert_at(json, "parts.crm.warnings.1.column", "rrn");
	assert_int_equal(json_array_size(bed_at(json, "parts.crm.warnings")), 2);
	assert_at(bed_ok(*state, ask), "parts.crm.state", "live"); /* such rows are not kept */
}

static void late_source_is_a_gap_in_the_time_line(void **state)
{
	json_t *json;

	bed_source(*state, "s2", "part link\nfail error\n");
	json = bed_ok(*state, bed_by("member", "1", "full"));
	assert_at(json, "customer.journey.3.kind", "pages");
	assert_at(json, "customer.journey.3.missing", "key_unknown");
}

static void second_question_is_answered_from_a_copy(void **state)
{
	struct ask ask = bed_by("member", "2", "pop");
	json_t *json;

	bed_ok(*state, ask);
	json = bed_ok(*state, ask);
	assert_at(json, "parts.crm.state", "fresh");
	ask.no_cache = true;
	assert_at(bed_ok(*state, ask), "parts.crm.state", "live");
}

static void old_copy_stands_in_for_a_source_that_fails(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	bed_ok(*state, ask);
	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nfail error\n\n" WAREHOUSE_ORDERS);
	json = bed_ok(*state, ask);
	assert_at(json, "parts.value.state", "stale");
	assert_at(json, "parts.value.reason", "error");
	assert_at(json, "customer.spent", "120.50");
	assert_true(json_is_true(bed_at(json, "complete")));
}

static void no_copy_stands_in_for_rows_of_another_customer(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	bed_ok(*state, ask);
	bed_source(*state, "s1", WAREHOUSE_FIND "part value\ncolumns member tier spent n at\n2\t1\t5\t3\t\\N\n\n"
				 WAREHOUSE_ORDERS);
	json = bed_ok(*state, ask);
	assert_at(json, "parts.value.state", "missing");
	assert_at(json, "parts.value.reason", "wrong_subject");
	assert_null(bed_find(json, "customer.spent"));
	assert_true(json_is_false(bed_at(json, "complete")));
	bed_source(*state, "s1", WAREHOUSE_FIND "part value\nfail error\n\n" WAREHOUSE_ORDERS);
	json = bed_ok(*state, ask);
	assert_at(json, "parts.value.state", "missing");
	assert_at(json, "parts.value.reason", "error");
}

static void part_without_stale_is_missing_although_it_answered_before(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");

	bed_ok(*state, ask);
	bed_source(*state, "s1", WAREHOUSE_FIND WAREHOUSE_VALUE "part orders\nfail error\n");
	assert_at(bed_ok(*state, ask), "parts.orders.state", "missing");
}

static void copy_of_one_role_shows_another_role_only_its_own(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	ask.role = STR("boss");
	bed_ok(*state, ask);
	ask.role = STR("agent");
	json = bed_ok(*state, ask);
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

	bed_ok(*state, ask);
	assert_true(bed_reload(*state, other));
	json = bed_ok(*state, ask);
	assert_at(json, "parts.crm.state", "live");
	assert_at(json, "customer.name", "kim@x.kr");
}

static void invalid_mapping_changes_nothing(void **state)
{
	bed_ok(*state, bed_by("member", "1", "pop"));
	assert_false(bed_reload(*state, "<mapping xmlns=\"urn:federator:mapping:1\"><part/></mapping>"));
	assert_at(bed_ok(*state, bed_by("member", "1", "pop")), "customer.name", "김*별");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_STORY(one_source_down_leaves_the_others_unharmed),
		BED_STORY(winner_is_provisional_while_a_preferred_part_is_missing),
		BED_STORY(silent_part_is_missing_at_its_deadline),
		BED_STORY(budget_of_the_question_cuts_the_wait),
		BED_STORY(silent_identity_source_is_504_and_a_dead_one_503),
		BED_STORY(asked_identity_needs_no_call_center),
		BED_STORY(asked_identity_of_which_nothing_is_known_is_no_empty_answer),
		BED_STORY(identity_that_nobody_vouches_for_is_no_customer),
		BED_STORY(only_the_view_s_parts_confirm_an_identity),
		BED_STORY(refused_question_leaves_its_rows_for_the_next),
		BED_STORY(row_of_another_customer_spoils_the_whole_part),
		BED_STORY(changed_columns_spoil_only_their_part),
		BED_STORY(cell_that_is_not_its_type_is_absent_with_a_warning),
		BED_STORY(cell_that_nobody_can_read_is_absent_and_no_null),
		BED_STORY(late_source_is_a_gap_in_the_time_line),
		BED_STORY(second_question_is_answered_from_a_copy),
		BED_STORY(old_copy_stands_in_for_a_source_that_fails),
		BED_STORY(no_copy_stands_in_for_rows_of_another_customer),
		BED_STORY(part_without_stale_is_missing_although_it_answered_before),
		BED_STORY(copy_of_one_role_shows_another_role_only_its_own),
		BED_STORY(changed_definition_never_meets_an_older_copy),
		BED_STORY(invalid_mapping_changes_nothing),
		BED_STORY(steps_are_documented),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
