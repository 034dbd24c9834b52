/* test_flow_identity.c - whole requests on fixture sources: keys of nobody, stale copies, parts that disagree. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define PART(name, source, by, columns) \
	"<part name=\"" name "\" source=\"" source "\" rows=\"0..3\" deadline=\"200ms\" ttl=\"0s\" " \
	"stale=\"10m\">" by columns "</part>"
#define BY(key) "<query by=\"" key "\">" IN(key) "</query>"
#define MEMBER COL("member", "gives=\"member\" proves=\"member\"")
/* Two parts know telephone numbers, one knows e-mail addresses, calls are kept by number. */
#define MAPPING \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS \
	PART("crm", "s0", BY("member") BY("phone"), \
	     MEMBER COL("phone", "proves=\"phone\" as=\"digits\"") COL("name", "")) \
	PART("club", "s1", BY("member") BY("phone"), \
	     MEMBER COL("phone", "proves=\"phone\" as=\"digits\"") COL("level", "")) \
	PART("mail", "s2", BY("email"), COL("email", "proves=\"email\"") COL("member", "gives=\"member\"")) \
	PART("calls", "s2", BY("member") BY("phone"), \
	     COL("phone", "proves=\"phone\" as=\"digits\"") COL("who", "proves=\"member\"") COL("topic", "")) \
	"<field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>" \
	"<field path=\"level\" class=\"open\">" FROM("club", "level") "</field>" \
	"<list path=\"calls\" parts=\"calls\" class=\"open\" limit=\"9\"><field path=\"topic\"/></list>" \
	"<view name=\"candidate\" by=\"phone\" budget=\"900ms\"><use path=\"name\"/></view>" \
	"<view name=\"pop\" by=\"member phone email\" budget=\"2s\"><use path=\"name\"/><use path=\"level\"/></view>" \
	"<view name=\"desk\" by=\"phone email\" budget=\"2s\"><use path=\"name\"/><use path=\"calls\"/>"   \
	"<use part=\"crm\"/></view>" \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define CRM_OF(rows) "part crm\nkey member phone\ncolumns member phone name\n" rows "\n"
#define CLUB_OF(rows) "part club\nkey member phone\ncolumns member phone level\n" rows "\n"
#define MAIL_OF(rows) "part mail\nkey email\ncolumns email member\n" rows "\n"
#define CALLS_OF(rows) "part calls\nkey phone who\ncolumns phone who topic\n" rows "\n"

static struct ask by_phone_and_email(void)
{
	struct ask ask = bed_by("phone", "01011112222", "pop");

	ask.by[1].name = STR("email");
	ask.by[1].value = STR("kim@x.kr");
	ask.n_by = 2;
	return ask;
}

static int start(void **state)
{
	struct bed *bed = bed_new(MAPPING);

	bed_source(bed, "s0", CRM_OF("1\t01011112222\tKim\n"));
	bed_source(bed, "s1", CLUB_OF(""));
	bed_source(bed, "s2", MAIL_OF("kim@x.kr\t1\n") CALLS_OF(""));
	*state = bed;
	return 0;
}

static void visitor_of_nobody_is_unlinked_and_shows_what_the_visitor_did(void **state)
{
	json_t *json;

	bed_source(*state, "s2", "part link\nkey member visitor\ncolumns member visitor\n1\tv1\n\n"
				 "part pages\nkey visitor\ncolumns visitor url at\nv9\t/x\t2026-11-02 01:00:00\n\n");
	json = bed_ok(*state, bed_by("visitor", "v9", "pop"));
	assert_at(json, "match.outcome", "unlinked");
	assert_at(json, "customer.pages.0.url", "/x");
	assert_null(bed_find(json, "customer.name"));
	assert_null(bed_find(json, "id"));
	assert_null(bed_find(json, "links"));
	assert_true(json_is_true(bed_at(json, "complete")));
	assert_null(bed_find(json, "parts.crm"));
}

static void visitor_who_did_nothing_is_none(void **state)
{
	json_t *json = bed_ok(*state, bed_by("visitor", "v77", "pop"));

	assert_at(json, "match.outcome", "none");
	assert_null(bed_find(json, "customer"));
}

static void visitor_of_nobody_with_silent_pages_is_unlinked_and_incomplete(void **state)
{
	json_t *json;

	bed_source(*state, "s2", "part link\nkey member visitor\ncolumns member visitor\n\npart pages\nfail error\n\n");
	json = bed_ok(*state, bed_by("visitor", "v9", "pop"));
	assert_at(json, "match.outcome", "unlinked");
	assert_true(json_is_false(bed_at(json, "complete")));
	assert_null(bed_find(json, "customer.pages"));
	assert_at(json, "parts.pages.state", "missing");
}

#define OWNER_OF(rows) "part owner\nkey no\ncolumns no member\n" rows "\n"
#define ITEMS "part items\nkey no\ncolumns no product qty\nZ9\tP1\t1\n\n"

static void order_of_nobody_is_none_though_it_has_items(void **state)
{
	static const char *const owners[] = { OWNER_OF("Z9\t\\N\n"), OWNER_OF("") };

	for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
		char text[256];
		json_t *json;

		snprintf(text, sizeof(text), "%s" ITEMS, owners[i]);
		bed_source(*state, "s1", text);
		json = bed_ok(*state, bed_by("order", "Z9", "pop"));
		assert_at(json, "match.outcome", "none");
		assert_null(bed_find(json, "customer"));
		assert_true(json_is_true(bed_at(json, "complete")));
		assert_null(bed_find(json, "parts.items")); /* there is no order to show them in */
	}
}

static void strictly_a_visitor_of_nobody_is_404(void **state)
{
	struct ask ask = bed_by("visitor", "v9", "pop");

	bed_source(*state, "s2", "part link\nkey member visitor\ncolumns member visitor\n\n"
				 "part pages\nkey visitor\ncolumns visitor url at\nv9\t/x\t2026-11-02 01:00:00\n\n");
	ask.strict = true;
	bed_refused(*state, ask, 404);
}

static void unlinked_needs_the_answer_of_every_part_that_could_name_somebody(void **state)
{
	bed_source(*state, "s2", "part link\nfail error\n\n"
				 "part pages\nkey visitor\ncolumns visitor url at\nv9\t/x\t2026-11-02 01:00:00\n\n");
	bed_refused(*state, bed_by("visitor", "v9", "pop"), 503);
}

static void unlinked_view_shows_no_row_that_names_a_customer(void **state)
{
	json_t *json;

	bed_source(*state, "s2", MAIL_OF("") CALLS_OF("01055556666\t7\tsecret\n01055556666\t\\N\tasked\n"
						     "01055556666\tunreadable\tsecret\n"));
	json = bed_ok(*state, bed_by("phone", "01055556666", "desk"));
	assert_at(json, "match.outcome", "unlinked");
	assert_int_equal(json_array_size(bed_at(json, "customer.calls")), 1);
	assert_at(json, "customer.calls.0.topic", "asked");
	assert_null(bed_find(json, "customer.calls.1"));
}

static void row_without_a_customer_is_shown_unlinked_and_its_part_asked_once(void **state)
{
	json_t *json;

	bed_source(*state, "s0", CRM_OF("\\N\t01055556666\tProspect\n"));
	json = bed_ok(*state, bed_by("phone", "01055556666", "desk"));
	assert_at(json, "match.outcome", "unlinked");
	assert_at(json, "customer.name", "Prospect");
}

static void stale_copy_of_who_it_is_gives_candidates_only(void **state)
{
	json_t *json;

	assert_at(bed_ok(*state, bed_by("phone", "01011112222", "pop")), "match.outcome", "one");
	bed_source(*state, "s0", "part crm\nfail error\n\n");
	json = bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "match.outcome", "many");
	assert_at(json, "match.state", "stale");
	assert_true(json_is_false(bed_at(json, "match.complete")));
	assert_int_equal(json_array_size(bed_at(json, "candidates")), 1);
	assert_at(json, "candidates.0.customer.name", "Kim");
	assert_at(json, "parts.crm.state", "stale");
	assert_null(bed_find(json, "customer"));
	assert_null(bed_find(json, "id"));
}

static void strictly_a_single_stale_candidate_is_503_and_several_are_409(void **state)
{
	struct ask ask = bed_by("phone", "01011112222", "pop");

	bed_ok(*state, ask);
	bed_source(*state, "s0", "part crm\nfail error\n\n");
	ask.strict = true;
	assert_at(bed_refused(*state, ask, 503), "type", "urn:federator:problem:identity-unavailable");
	bed_source(*state, "s0", "part crm\nhang\n\n");
	assert_at(bed_refused(*state, ask, 504), "type", "urn:federator:problem:identity-late");
	bed_source(*state, "s1", CLUB_OF("2\t01011112222\tgold\n"));
	assert_at(bed_refused(*state, ask, 409), "type", "urn:federator:problem:several-customers");
}

static void id_of_a_stale_candidate_leads_to_its_view(void **state)
{
	struct ask by_id = bed_by("phone", "", "pop");
	json_t *json;
	char *id;

	bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	bed_source(*state, "s0", "part crm\nfail error\n\n");
	id = strdup(json_string_value(
		bed_at(bed_ok(*state, bed_by("phone", "01011112222", "pop")), "candidates.0.id")));
	bed_source(*state, "s0", CRM_OF("1\t01011112222\tKim\n"));
	by_id.n_by = 0;
	by_id.id = str_of(id);
	json = bed_ok(*state, by_id);
	assert_at(json, "match.outcome", "one");
	assert_at(json, "customer.name", "Kim");
	free(id);
}

static void live_answer_that_names_one_is_not_undone_by_a_stale_copy_that_agrees(void **state)
{
	json_t *json;

	bed_source(*state, "s1", CLUB_OF("1\t01011112222\tgold\n"));
	bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	bed_source(*state, "s1", "part club\nfail error\n\n");
	json = bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "match.outcome", "one");
	assert_true(json_is_false(bed_at(json, "match.complete")));
	assert_at(json, "customer.level", "gold");
	assert_at(json, "parts.club.state", "stale");
}

static void part_answered_on_the_way_and_missing_from_the_view_says_both(void **state)
{
	struct ask ask = by_phone_and_email();
	json_t *json;

	bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	bed_source(*state, "s0", "part crm\nfail error\n\n");
	bed_source(*state, "s2", MAIL_OF("kim@x.kr\t2\n"));
	json = bed_ok(*state, ask); /* the copy is of a question by phone; candidates are asked for by member */
	assert_at(json, "match.outcome", "many");
	assert_at(json, "candidates.0.evidence.0", "crm.phone");
	assert_at(json, "parts.crm.state", "missing");
	assert_at(json, "parts.crm.match.state", "stale");
	assert_at(json, "parts.crm.match.reason", "error");
	assert_null(bed_find(json, "parts.mail.match"));
	bed_source(*state, "s0", CRM_OF("1\t01011112222\tKim\n"));
	json = bed_ok(*state, ask);
	assert_at(json, "match.outcome", "many");
	assert_at(json, "parts.crm.state", "live");
	assert_null(bed_find(json, "parts.crm.match"));
}

static void part_missing_on_one_of_two_ways_is_told_as_missing(void **state)
{
	struct ask ask = by_phone_and_email();
	json_t *json;

	bed_source(*state, "s0", "part crm\nfail error\n\n");
	ask.by[0].value = STR("01099998888");
	bed_source(*state, "s2", MAIL_OF("kim@x.kr\t2\nkim@x.kr\t1\n"));
	json = bed_ok(*state, ask);
	assert_at(json, "match.outcome", "many");
	assert_true(json_is_false(bed_at(json, "match.complete")));
	assert_at(json, "parts.crm.state", "missing");
}

static void stale_copy_that_names_another_makes_candidates(void **state)
{
	json_t *json;

	bed_source(*state, "s1", CLUB_OF("2\t01011112222\tgold\n"));
	bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	bed_source(*state, "s1", "part club\nfail error\n\n");
	json = bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "match.state", "stale");
	assert_int_equal(json_array_size(bed_at(json, "candidates")), 2);
}

static void parts_that_disagree_about_one_key_are_candidates_whatever_other_keys_say(void **state)
{
	json_t *json;

	bed_source(*state, "s1", CLUB_OF("2\t01011112222\tgold\n"));
	json = bed_ok(*state, by_phone_and_email());
	assert_at(json, "match.outcome", "many");
	assert_null(bed_find(json, "match.state"));
	assert_at(json, "candidates.0.by", "phone email");
	assert_at(json, "candidates.0.evidence.0", "crm.phone");
	assert_at(json, "candidates.0.evidence.1", "mail.email");
	assert_at(json, "candidates.1.by", "phone");
	assert_at(json, "candidates.1.evidence.0", "club.phone");
}

/* A waybill leads to orders, an order to its customer; numbers are written in two ways. */
#define WAYBILL_MAPPING \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS \
	"<key name=\"waybill\" role=\"unique\" type=\"text\"/>" \
	PART("crm", "s0", BY("member"), MEMBER COL("name", "")) \
	PART("owner", "s1", BY("order"), COL("no", "proves=\"order\"") COL("member", "gives=\"member\"")) \
	PART("parcel", "s2", BY("waybill"), \
	     COL("code", "proves=\"waybill\"") COL("old_code", "proves=\"waybill\"") COL("no", "gives=\"order\"")) \
	"<field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>" \
	"<view name=\"pop\" by=\"order waybill\" budget=\"2s\"><use path=\"name\"/></view>" \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"

static void evidence_is_where_the_asked_key_was_found(void **state)
{
	struct bed *bed = bed_new(WAYBILL_MAPPING);
	json_t *json;

	(void)state;
	bed_source(bed, "s0", CRM_OF("1\t\tKim\n2\t\tLee\n"));
	bed_source(bed, "s1", "part owner\nkey no\ncolumns no member\nA1\t1\nB1\t2\n\n");
	bed_source(bed, "s2", "part parcel\nkey code old_code\ncolumns code old_code no\nW1\t\\N\tA1\nW2\tW1\tB1\n\n");
	json = bed_ok(bed, bed_by("waybill", "W2", "pop"));
	assert_int_equal(json_array_size(bed_at(json, "match.evidence")), 1);
	assert_at(json, "match.evidence.0", "parcel.code");
	assert_at(bed_ok(bed, bed_by("order", "A1", "pop")), "match.evidence.0", "owner.no");
	json = bed_ok(bed, bed_by("waybill", "W1", "pop"));
	assert_at(json, "match.outcome", "many");
	assert_at(json, "candidates.0.evidence.0", "parcel.code");
	assert_at(json, "candidates.1.evidence.0", "parcel.old_code");
	bed_free(&bed);
}

static void part_that_knows_fewer_of_a_household_does_not_disagree(void **state)
{
	json_t *json;

	bed_source(*state, "s0", CRM_OF("1\t01011112222\tKim\n2\t01011112222\tLee\n"));
	bed_source(*state, "s1", CLUB_OF("1\t01011112222\tgold\n"));
	assert_at(bed_ok(*state, bed_by("phone", "01011112222", "pop")), "match.outcome", "many");
	json = bed_ok(*state, by_phone_and_email());
	assert_at(json, "match.outcome", "one");
	assert_at(json, "customer.name", "Kim");
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, bed_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(evidence_is_where_the_asked_key_was_found),
		BED_STORY(visitor_of_nobody_is_unlinked_and_shows_what_the_visitor_did),
		BED_STORY(visitor_who_did_nothing_is_none),
		BED_STORY(visitor_of_nobody_with_silent_pages_is_unlinked_and_incomplete),
		BED_STORY(order_of_nobody_is_none_though_it_has_items),
		BED_STORY(strictly_a_visitor_of_nobody_is_404),
		BED_STORY(unlinked_needs_the_answer_of_every_part_that_could_name_somebody),
		STORY(unlinked_view_shows_no_row_that_names_a_customer),
		STORY(row_without_a_customer_is_shown_unlinked_and_its_part_asked_once),
		STORY(stale_copy_of_who_it_is_gives_candidates_only),
		STORY(strictly_a_single_stale_candidate_is_503_and_several_are_409),
		STORY(id_of_a_stale_candidate_leads_to_its_view),
		STORY(live_answer_that_names_one_is_not_undone_by_a_stale_copy_that_agrees),
		STORY(stale_copy_that_names_another_makes_candidates),
		STORY(part_answered_on_the_way_and_missing_from_the_view_says_both),
		STORY(part_missing_on_one_of_two_ways_is_told_as_missing),
		STORY(parts_that_disagree_about_one_key_are_candidates_whatever_other_keys_say),
		STORY(part_that_knows_fewer_of_a_household_does_not_disagree),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
