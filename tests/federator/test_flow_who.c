/* test_flow_who.c - whole requests on fixture sources: who is meant, and what is malformed. */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

static void phone_of_one_customer_gives_the_view(void **state)
{
	json_t *json = bed_ok(*state, bed_by("phone", "+82 10-1111-2222", "pop"));

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
	json_t *json = bed_ok(*state, bed_by("phone", "010-9999-9999", "pop"));

	assert_at(json, "match.outcome", "none");
	assert_null(bed_find(json, "customer"));
	assert_null(bed_find(json, "id"));
}

static void household_phone_gives_candidates_and_no_customer(void **state)
{
	json_t *json = bed_ok(*state, bed_by("phone", "01033334444", "pop"));

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
	json_t *json = bed_ok(*state, by_phone);
	char *id = strdup(json_string_value(bed_at(json, "candidates.1.id")));

	by_id.n_by = 0;
	by_id.id = str_of(id);
	json = bed_ok(*state, by_id);
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
	json = bed_ok(*state, ask);
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
	assert_at(bed_ok(*state, ask), "match.outcome", "many");
}

static struct ask by_member_and_phone(const char *member, const char *phone)
{
	struct ask ask = bed_by("member", member, "pop");

	ask.by[ask.n_by].name = STR("phone");
	ask.by[ask.n_by++].value = str_of(phone);
	return ask;
}

static void asked_identity_that_nobody_knows_does_not_veto_other_keys(void **state)
{
	json_t *json = bed_ok(*state, by_member_and_phone("77", "01011112222"));

	assert_at(json, "match.outcome", "one");
	assert_at(json, "match.evidence.0", "crm.phone");
	assert_true(json_is_true(bed_at(json, "complete")));
	assert_at(json, "customer.name", "김*별");
	json = bed_ok(*state, by_member_and_phone("77", "01033334444"));
	assert_int_equal(json_array_size(bed_at(json, "candidates")), 2);
	json = bed_ok(*state, by_member_and_phone("77", "01099999999"));
	assert_at(json, "match.outcome", "none");
}

static void asked_identity_and_a_stranger_s_phone_are_two_candidates_with_evidence(void **state)
{
	json_t *json = bed_ok(*state, by_member_and_phone("2", "01011112222"));

	assert_at(json, "match.outcome", "many");
	assert_int_equal(json_array_size(bed_at(json, "candidates")), 2);
	assert_at(json, "candidates.0.evidence.0", "crm.phone");
	assert_at(json, "candidates.1.evidence.0", "crm.member");
	assert_true(json_is_true(bed_at(json, "complete")));
}

static void asked_identity_stays_a_candidate_while_somebody_might_know_it(void **state)
{
	json_t *json;

	bed_source(*state, "s2", "part link\nfail error\n");
	json = bed_ok(*state, by_member_and_phone("77", "01011112222"));
	assert_at(json, "match.outcome", "many");
	assert_true(json_is_false(bed_at(json, "match.complete")));
	assert_int_equal(json_array_size(bed_at(json, "candidates")), 2);
	assert_at(json, "parts.link.reason", "error");
}

static void order_number_finds_its_owner(void **state)
{
	json_t *json = bed_ok(*state, bed_by("order", "A1", "pop"));

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
	char *first = json_dumps(bed_at(bed_ok(*state, ask), "customer"), 0);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		char *other;

		ask.by[0].name = str_of(keys[i][0]);
		ask.by[0].value = str_of(keys[i][1]);
		other = json_dumps(bed_at(bed_ok(*state, ask), "customer"), 0);
		assert_string_equal(other, first);
		free(other);
	}
	free(first);
}

static void asked_identity_that_nobody_knows_is_none(void **state)
{
	struct ask ask = bed_by("member", "77", "pop");

	assert_at(bed_ok(*state, ask), "match.outcome", "none");
	ask.strict = true;
	assert_at(bed_refused(*state, ask, 404), "type", "urn:federator:problem:no-customer");
}

static struct ask by_nobody_and_an_order(const char *view)
{
	struct ask ask = bed_by("member", "77", view);

	ask.by[1].name = STR("order");
	ask.by[1].value = STR("A1");
	ask.n_by = 2;
	return ask;
}

static void asked_identity_of_nobody_beside_a_silent_source_is_never_none(void **state)
{
	struct bed *bed = *state;
	struct ask ask = by_nobody_and_an_order("pop");

	assert_at(bed_ok(bed, ask), "match.outcome", "one");
	bed_source(bed, "s1", "part owner\nfail refused\n" WAREHOUSE_VALUE WAREHOUSE_ORDERS);
	assert_at(bed_refused(bed, ask, 503), "detail", "part `owner`: refused");
	bed_source(bed, "s1", "part owner\nkey no\ncolumns no member\n\n" WAREHOUSE_VALUE WAREHOUSE_ORDERS);
	assert_at(bed_ok(bed, ask), "match.outcome", "none");
}

static void strictly_a_flat_view_is_404_only_when_all_answered(void **state)
{
	struct bed *bed = *state;
	struct ask ask = bed_by("phone", "010-5555-6666", "routing");

	bed_source(bed, "s0", "part crm\nfail refused\n");
	assert_at(bed_ok(bed, ask), "customer.Tier", "BASE");
	ask.strict = true;
	bed_refused(bed, ask, 503);
	bed_source(bed, "s0", CRM);
	bed_refused(bed, ask, 404);
}

static void strict_many_is_409(void **state)
{
	struct ask ask = bed_by("phone", "01033334444", "pop");

	ask.strict = true;
	bed_refused(*state, ask, 409);
}

static void blocked_key_asks_nobody(void **state)
{
	json_t *json = bed_ok(*state, bed_by("phone", "010-0000-1234", "pop"));

	assert_at(json, "match.outcome", "blocked");
	assert_at(json, "match.by", "phone");
	assert_at(json, "match.blocked", "phone");
	assert_int_equal(json_object_size(bed_at(json, "parts")), 0);
}

static void blocked_key_is_left_out_beside_another_one(void **state)
{
	struct ask ask = bed_by("phone", "010-0000-1234", "pop");
	json_t *json;

	ask.n_by = 2;
	ask.by[1].name = STR("member");
	ask.by[1].value = STR("1");
	json = bed_ok(*state, ask);
	assert_at(json, "match.outcome", "one");
	assert_at(json, "match.by", "phone member");
	assert_at(json, "match.blocked", "phone");
	assert_at(json, "customer.name", "김*별");
	assert_non_null(bed_find(json, "id"));
	ask.by[1].name = STR("email");
	ask.by[1].value = STR("nobody@x.kr");
	json = bed_ok(*state, ask);
	assert_at(json, "match.outcome", "none"); /* the e-mail address was asked for: nobody */
	assert_at(json, "match.blocked", "phone");
	ask.by[1].name = STR("phone");
	assert_at(bed_refused(*state, ask, 400), "type", "urn:federator:problem:repeated-key");
}

static void more_customers_than_the_guard_allows_is_too_many(void **state)
{
	bed_source(*state, "s0", CRM_HEAD CRM_ROWS
		   "4\t01033334444\ta@x\tA\t9\t\\N\t\\N\n5\t01033334444\tb@x\tB\t9\t\\N\t\\N\n\n");
	assert_at(bed_ok(*state, bed_by("phone", "01033334444", "pop")), "match.outcome", "too_many");
}

static void strict_too_many_is_409_though_the_rows_left_name_one(void **state)
{
	struct ask ask = bed_by("phone", "01033334444", "pop");

	ask.strict = true;
	bed_source(*state, "s0", CRM_HEAD "4\t01033334444\ta@x\tA\t9\t\\N\t\\N\n4\t01033334444\ta@x\tB\t9\t\\N\t\\N\n"
		   "4\t01033334444\ta@x\tC\t9\t\\N\t\\N\n4\t01033334444\ta@x\tD\t9\t\\N\t\\N\n\n");
	bed_refused(*state, ask, 409);
}

static void malformed_questions_are_refused_with_advice(void **state)
{
	struct ask ask = bed_by("phone", "not a number", "pop");

	assert_at(bed_refused(*state, ask, 422), "type", "urn:federator:problem:malformed-key");
	assert_at(bed_refused(*state, bed_by("phnoe", "1", "pop"), 400), "suggestion", "did you mean `phone`?");
	assert_at(bed_refused(*state, bed_by("phone", "01011112222", "popp"), 400), "suggestion",
		  "did you mean `pop`?");
	assert_at(bed_refused(*state, bed_by("phone", "01011112222", "dashboard"), 400), "suggestion",
		  "its views: `candidate`, `pop`, `full`, `routing`");
	assert_at(bed_refused(*state, bed_by("waybill", "1", "full"), 400), "suggestion",
		  "its keys: `member`, `phone`");
	ask = bed_by("phone", "01011112222", "pop");
	ask.fields = STR("tire");
	assert_at(bed_refused(*state, ask, 400), "suggestion", "did you mean `tier`?");
	ask = bed_by("phone", "01011112222", "pop");
	ask.parts = STR("cmr");
	assert_at(bed_refused(*state, ask, 400), "suggestion", "did you mean `crm`?");
	ask = bed_by("product", "P1", "pop");
	bed_refused(*state, ask, 400);
}

static void foreign_id_is_404(void **state)
{
	struct ask ask = bed_by("phone", "", "pop");

	ask.n_by = 0;
	ask.id = STR("c.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	assert_at(bed_refused(*state, ask, 404), "type", "urn:federator:problem:unknown-id");
}

static void purpose_without_policy_is_403(void **state)
{
	struct ask ask = bed_by("phone", "01011112222", "pop");

	ask.purpose = STR("marketing");
	bed_refused(*state, ask, 403);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_STORY(phone_of_one_customer_gives_the_view),
		BED_STORY(unknown_phone_is_none),
		BED_STORY(household_phone_gives_candidates_and_no_customer),
		BED_STORY(candidate_id_leads_to_its_own_subject),
		BED_STORY(household_phone_with_one_member_s_email_is_one),
		BED_STORY(keys_of_two_strangers_are_candidates),
		BED_STORY(asked_identity_that_nobody_knows_does_not_veto_other_keys),
		BED_STORY(asked_identity_and_a_stranger_s_phone_are_two_candidates_with_evidence),
		BED_STORY(asked_identity_stays_a_candidate_while_somebody_might_know_it),
		BED_STORY(order_number_finds_its_owner),
		BED_STORY(view_is_the_same_whichever_key_was_asked),
		BED_STORY(asked_identity_that_nobody_knows_is_none),
		BED_STORY(asked_identity_of_nobody_beside_a_silent_source_is_never_none),
		BED_STORY(strictly_a_flat_view_is_404_only_when_all_answered),
		BED_STORY(strict_many_is_409),
		BED_STORY(blocked_key_asks_nobody),
		BED_STORY(blocked_key_is_left_out_beside_another_one),
		BED_STORY(more_customers_than_the_guard_allows_is_too_many),
		BED_STORY(strict_too_many_is_409_though_the_rows_left_name_one),
		BED_STORY(malformed_questions_are_refused_with_advice),
		BED_STORY(foreign_id_is_404),
		BED_STORY(purpose_without_policy_is_403),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
