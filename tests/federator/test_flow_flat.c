/* test_flow_flat.c - whole flat questions on fixture sources: one map of texts, whatever happens. */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

/* A view that shows more than one value, the view of caller names, and a role that sees no names. */
#define MORE_VIEWS                                                                                             \
	"<view name=\"rich\" by=\"phone email member\" budget=\"900ms\" shape=\"flat\">"                       \
	"<use path=\"tier\" as=\"Tier\" default=\"BASE\"/><use path=\"order_count\" as=\"Orders\" default=\"-\"/>" \
	"<use path=\"name\" as=\"Name\" default=\"?\"/><use path=\"rrn\" as=\"Rrn\" default=\"none\"/></view>" \
	"<view name=\"cnam\" by=\"phone\" budget=\"900ms\" shape=\"flat\">"                                    \
	"<use path=\"name\" as=\"Name\" default=\"Guest\"/><use path=\"spent\" as=\"Spent\" default=\"0\"/></view>" \
	"<policy role=\"distributor\" purpose=\"service\"><show class=\"open\"/></policy>"
#define FLAT_MAPPING                                                                                           \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS FLOW_PARTS FLOW_FIELDS FLOW_VIEWS \
		MORE_VIEWS "</mapping>"

#define VALUE_HANGS WAREHOUSE_FIND "part value\nhang\n\n" WAREHOUSE_ORDERS

static int start(void **state)
{
	struct bed *bed = bed_new(FLAT_MAPPING);

	bed_source(bed, "s0", CRM);
	bed_source(bed, "s1", WAREHOUSE);
	bed_source(bed, "s2", WEB);
	*state = bed;
	return 0;
}

static struct ask flat_by(const char *key, const char *value, const char *view)
{
	struct ask ask = bed_by(key, value, view);

	ask.flat = true;
	ask.format = FORMAT_FORM;
	return ask;
}

static void answered(struct bed *bed, struct ask ask, const char *want)
{
	const struct reply *reply = bed_reply(bed, &ask);

	assert_int_equal(reply->status, 200);
	assert_string_equal(reply->body, want);
}

static void one_customer_is_an_outcome_and_texts(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "rich");

	answered(*state, ask, "outcome=one&Tier=VIP&Orders=3&Name=%EA%B9%80*%EB%B3%84&Rrn=none");
	ask.format = FORMAT_JSON;
	answered(*state, ask,
		 "{\"outcome\":\"one\",\"Tier\":\"VIP\",\"Orders\":\"3\",\"Name\":\"김*별\",\"Rrn\":\"none\"}");
	ask.format = FORMAT_TEXT;
	answered(*state, ask, "outcome=one\nTier=VIP\nOrders=3\nName=김*별\nRrn=none\n");
	ask.format = FORMAT_XML;
	answered(*state, ask,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<routing><outcome>one</outcome><Tier>VIP</Tier>"
		 "<Orders>3</Orders><Name>김*별</Name><Rrn>none</Rrn></routing>");
}

static void masks_and_rights_are_those_of_the_role(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "rich");

	ask.role = STR("distributor");
	answered(*state, ask, "outcome=one&Tier=VIP&Orders=3&Name=%3F&Rrn=none");
	ask.role = STR("nobody");
	bed_refused(*state, ask, 403);
}

static void nobody_gives_the_defaults(void **state)
{
	static const char want[] = "outcome=none&Tier=BASE&Orders=-&Name=%3F&Rrn=none";

	answered(*state, flat_by("phone", "01099998888", "rich"), want);
	answered(*state, flat_by("member", "77", "rich"), want);
}

static void several_customers_give_their_number_and_the_defaults(void **state)
{
	answered(*state, flat_by("phone", "01033334444", "rich"),
		 "outcome=many&candidates=2&Tier=BASE&Orders=-&Name=%3F&Rrn=none");
}

static void blocked_number_gives_the_defaults(void **state)
{
	answered(*state, flat_by("phone", "01000000000", "routing"), "outcome=blocked&Tier=BASE");
}

static void number_that_is_none_gives_the_defaults_and_no_error(void **state)
{
	static const char want[] = "outcome=default&reason=malformed_key&Tier=BASE";

	answered(*state, flat_by("phone", "anonymous", "routing"), want);
	answered(*state, flat_by("phone", "", "routing"), want);
}

static void key_that_cannot_be_read_is_left_out_beside_a_good_one(void **state)
{
	struct ask ask = flat_by("phone", "anonymous", "rich");

	ask.n_by = 2;
	ask.by[1].name = STR("email");
	ask.by[1].value = STR("kim@x.kr");
	answered(*state, ask, "outcome=one&Tier=VIP&Orders=3&Name=%EA%B9%80*%EB%B3%84&Rrn=none");
}

static void silent_identity_source_gives_the_defaults_and_the_reason(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "routing");

	ask.budget_ms = 50;
	bed_source(*state, "s0", "part crm\nhang\n");
	answered(*state, ask, "outcome=default&reason=deadline&Tier=BASE");
}

static void dead_identity_source_gives_the_defaults_and_the_reason(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "routing");

	bed_source(*state, "s0", "fail refused\n");
	answered(*state, ask, "outcome=default&reason=refused&Tier=BASE");
	ask.strict = true;
	answered(*state, ask, "outcome=default&reason=refused&Tier=BASE");
}

static void late_value_is_its_default_and_the_others_are_there(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "rich");

	bed_source(*state, "s1", VALUE_HANGS);
	answered(*state, ask,
		 "outcome=one&reason=deadline&Tier=BASE&Orders=-&Name=%EA%B9%80*%EB%B3%84&Rrn=none");
}

static void asked_customer_of_whom_nothing_is_known_is_a_default(void **state)
{
	bed_source(*state, "s0", "fail refused\n");
	bed_source(*state, "s1", "fail refused\n");
	bed_source(*state, "s2", "fail refused\n");
	answered(*state, flat_by("member", "1", "rich"),
		 "outcome=default&reason=refused&Tier=BASE&Orders=-&Name=%3F&Rrn=none");
}

static void mistakes_of_the_configuration_are_refused(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "pop");
	json_t *json = bed_refused(*state, ask, 400);

	assert_at(json, "type", "urn:federator:problem:not-a-flat-view");
	assert_at(json, "suggestion", "flat views: `routing`, `rich`, `cnam`");
	ask.view = STR("rout");
	assert_at(bed_refused(*state, ask, 400), "type", "urn:federator:problem:unknown-view");
	bed_refused(*state, flat_by("order", "A1", "routing"), 400);
	bed_refused(*state, flat_by("nothing", "1", "routing"), 400);
}

static void view_named_routing_is_the_default(void **state)
{
	answered(*state, flat_by("phone", "01011112222", ""), "outcome=one&Tier=VIP");
}

#define ONE_VIEW(name)                                                                                         \
	"<view name=\"" name "\" by=\"phone\" budget=\"900ms\" shape=\"flat\">"                                \
	"<use path=\"name\" as=\"Name\" default=\"\"/></view>"
#define VIEWS_MAPPING(views)                                                                                   \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS                                   \
	"<part name=\"crm\" source=\"s0\" rows=\"0..3\" deadline=\"400ms\" ttl=\"30s\" stale=\"10m\">"         \
	"<query by=\"member\">" IN("member") "</query><query by=\"phone\">" IN("phone") "</query>"             \
	COL("member", "gives=\"member\" proves=\"member\"") COL("phone", "proves=\"phone\" as=\"digits\"")     \
	COL("name", "") "</part><field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>"           \
	views "<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"

static void only_flat_view_is_the_default_beside_the_caller_names(void **state)
{
	struct bed *bed = bed_new(VIEWS_MAPPING(ONE_VIEW("cnam") ONE_VIEW("calls")));
	struct ask ask = flat_by("phone", "anonymous", "");

	(void)state;
	bed_source(bed, "s0", CRM);
	answered(bed, ask, "outcome=default&reason=malformed_key&Name=");
	assert_true(bed_reload(bed, VIEWS_MAPPING(ONE_VIEW("calls") ONE_VIEW("mails"))));
	assert_at(bed_refused(bed, ask, 400), "suggestion", "flat views: `calls`, `mails`");
	bed_free(&bed);
}

/* A part that knows something of a number even when it is no customer's. */
#define TOPIC_MAPPING(more)                                                                                    \
	VIEWS_MAPPING("<part name=\"hints\" source=\"s1\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" "          \
		      "stale=\"0s\"" more "><query by=\"member\">" IN("member") "</query>"                     \
		      "<query by=\"phone\">" IN("phone") "</query>" COL("member", "proves=\"member\"")         \
		      COL("phone", "proves=\"phone\" as=\"digits\"") COL("topic", "") "</part>"                \
		      "<part name=\"agree\" source=\"s2\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" "          \
		      "stale=\"0s\"><query by=\"member\">" IN("member") "</query>"                             \
		      COL("member", "proves=\"member\"") "<column name=\"yes\" type=\"boolean\"/></part>"      \
		      "<field path=\"topic\" class=\"open\">" FROM("hints", "topic") "</field>"                \
		      "<field path=\"yes\" class=\"open\">" FROM("agree", "yes") "</field>"                    \
		      "<view name=\"routing\" by=\"phone\" budget=\"900ms\" shape=\"flat\">"                   \
		      "<use path=\"topic\" as=\"Topic\" default=\"-\"/></view>")
#define HINTS                                                                                                  \
	"part hints\nkey member phone\ncolumns member phone topic\n"                                           \
	"1\t01011112222\torders\n\\N\t01077778888\treturns\n\n"

static void number_of_nobody_may_still_be_known_for_something(void **state)
{
	struct bed *bed = bed_new(TOPIC_MAPPING(""));

	(void)state;
	bed_source(bed, "s0", CRM);
	bed_source(bed, "s1", HINTS);
	answered(bed, flat_by("phone", "01077778888", ""), "outcome=unlinked&Topic=returns");
	answered(bed, flat_by("phone", "01011112222", ""), "outcome=one&Topic=orders");
	answered(bed, flat_by("phone", "01055556666", ""), "outcome=none&Topic=-");
	bed_free(&bed);
}

static void what_the_customer_did_not_agree_to_is_a_default_without_a_reason(void **state)
{
	struct bed *bed = bed_new(TOPIC_MAPPING(" requires=\"yes\""));

	(void)state;
	bed_source(bed, "s0", CRM);
	bed_source(bed, "s1", HINTS);
	bed_source(bed, "s2", "part agree\nkey member\ncolumns member yes\n1\tfalse\n\n");
	answered(bed, flat_by("phone", "01011112222", ""), "outcome=one&Topic=-");
	bed_free(&bed);
}

static void nothing_but_the_names_of_the_view_is_told(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "rich");
	const struct reply *reply = bed_reply(*state, &ask);

	assert_null(reply->server_timing);
	assert_int_equal(reply->parts, 2);
	assert_int_equal(reply->missing, 0);
	assert_string_equal(reply->view, "rich");
}

static void caller_name_is_one_line_of_what_is_known(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "cnam");

	ask.format = FORMAT_LINE;
	answered(*state, ask, "김*별 120.50");
	ask.role = STR("distributor");
	answered(*state, ask, "120.50");
}

static void caller_name_never_shows_a_default(void **state)
{
	struct ask ask = flat_by("phone", "01011112222", "cnam");

	ask.format = FORMAT_LINE;
	ask.role = STR("distributor");
	bed_source(*state, "s1", VALUE_HANGS);
	answered(*state, ask, "");
}

static void caller_name_is_empty_when_it_is_not_known_who_calls(void **state)
{
	static const char *const numbers[] = { "01099998888", "01033334444", "01000000000", "anonymous", "" };

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct ask ask = flat_by("phone", numbers[i], "cnam");

		ask.format = FORMAT_LINE;
		answered(*state, ask, "");
	}
}

#define FLAT_STORY(f) cmocka_unit_test_setup_teardown(f, start, bed_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FLAT_STORY(one_customer_is_an_outcome_and_texts),
		FLAT_STORY(masks_and_rights_are_those_of_the_role),
		FLAT_STORY(nobody_gives_the_defaults),
		FLAT_STORY(several_customers_give_their_number_and_the_defaults),
		FLAT_STORY(blocked_number_gives_the_defaults),
		FLAT_STORY(number_that_is_none_gives_the_defaults_and_no_error),
		FLAT_STORY(key_that_cannot_be_read_is_left_out_beside_a_good_one),
		FLAT_STORY(silent_identity_source_gives_the_defaults_and_the_reason),
		FLAT_STORY(dead_identity_source_gives_the_defaults_and_the_reason),
		FLAT_STORY(late_value_is_its_default_and_the_others_are_there),
		FLAT_STORY(asked_customer_of_whom_nothing_is_known_is_a_default),
		FLAT_STORY(mistakes_of_the_configuration_are_refused),
		FLAT_STORY(view_named_routing_is_the_default),
		cmocka_unit_test(only_flat_view_is_the_default_beside_the_caller_names),
		cmocka_unit_test(number_of_nobody_may_still_be_known_for_something),
		cmocka_unit_test(what_the_customer_did_not_agree_to_is_a_default_without_a_reason),
		FLAT_STORY(nothing_but_the_names_of_the_view_is_told),
		FLAT_STORY(caller_name_is_one_line_of_what_is_known),
		FLAT_STORY(caller_name_never_shows_a_default),
		FLAT_STORY(caller_name_is_empty_when_it_is_not_known_who_calls),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
