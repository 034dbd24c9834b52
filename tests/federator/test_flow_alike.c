/* test_flow_alike.c - sources whose collation takes keys for equal that are not: what they answer beside what was
 * asked for is left out, and any other row still spoils its part. */
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define MAPPING_OF(by_nick, by_club)                                                                      \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES                                       \
	"<key name=\"member\" role=\"identity\" type=\"integer\"/><key name=\"nick\" role=\"unique\" type=\"text\"/>" \
	"<key name=\"club\" role=\"item\" type=\"text\"/><class name=\"open\"/>"                         \
	"<part name=\"crm\" source=\"s0\" rows=\"0..2\" deadline=\"400ms\" ttl=\"30s\" stale=\"0s\">"    \
	"<query by=\"member\">" IN("member") "</query><query by=\"nick\">" by_nick "</query>"            \
	COL("member", "gives=\"member\" proves=\"member\"") COL("nick", "proves=\"nick\"")               \
	COL("club", "gives=\"club\"") "</part>"                                                          \
	"<part name=\"clubs\" source=\"s1\" rows=\"0..1\" deadline=\"400ms\" ttl=\"30s\" stale=\"0s\">"  \
	"<query by=\"" by_club "\">SELECT * FROM t WHERE k IN (:club...) AND m IN (:member...)</query>"  \
	COL("club", "proves=\"club\"") COL("member", "proves=\"member\"") COL("title", "") "</part>"     \
	"<field path=\"nick\" class=\"open\">" FROM("crm", "nick") "</field>"                            \
	"<list path=\"clubs\" parts=\"clubs\" class=\"open\" limit=\"9\"><field path=\"title\"/></list>"     \
	"<view name=\"pop\" by=\"member nick\" budget=\"2s\"><use path=\"nick\"/><use path=\"clubs\"/></view>" \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define MAPPING MAPPING_OF(IN("nick"), "club member")
/* No line `key`: the source gives these rows whatever it is asked for. */
#define CRM_OF(rows) "part crm\ncolumns member nick club\n" rows "\n"
#define CLUBS_OF(rows) "part clubs\ncolumns club member title\n" rows "\n"
#define EXACT "1\trene\tA\n"
#define ALIKE "2\tRené\tA\n"

static int start(void **state)
{
	*state = bed_new(MAPPING);
	bed_source(*state, "s1", CLUBS_OF(""));
	return 0;
}

static void assert_collation(json_t *json, const char *part, int cells)
{
	json_t *warning = json_array_get(json_object_get(json_object_get(bed_at(json, "parts"), part), "warnings"), 0);

	assert_string_equal(json_string_value(json_object_get(warning, "code")), "collation");
	assert_int_equal(json_integer_value(json_object_get(warning, "cells")), cells);
}

static void row_that_is_only_alike_is_left_out_and_told(void **state)
{
	json_t *json;

	bed_source(*state, "s0", CRM_OF(ALIKE EXACT "3\tRENE \tA\n"));
	for (int i = 0; i < 2; i++) { /* the warning would not be in a copy: there is none */
		json = bed_ok(*state, bed_by("nick", "rene", "pop"));
		assert_at(json, "match.outcome", "one");
		assert_at(json, "customer.nick", "rene");
		assert_true(json_is_true(bed_at(json, "complete")));
		assert_at(json, "parts.crm.state", "live");
		assert_collation(json, "crm", 2);
	}
}

static void nobody_but_those_alike_is_nobody(void **state)
{
	json_t *json;

	bed_source(*state, "s0", CRM_OF(ALIKE));
	json = bed_ok(*state, bed_by("nick", "rene", "pop"));
	assert_at(json, "match.outcome", "none");
	assert_collation(json, "crm", 1);
}

static void any_other_row_still_spoils_the_part(void **state)
{
	bed_source(*state, "s0", CRM_OF(EXACT ALIKE "3\tirene\tA\n"));
	bed_refused(*state, bed_by("nick", "rene", "pop"), 503);
	bed_source(*state, "s0", CRM_OF(EXACT "3\t\\N\tA\n"));
	bed_refused(*state, bed_by("nick", "rene", "pop"), 503);
}

/* The row that is alike may stand where the right one was cut off or merged into it. */
static void query_that_limits_or_merges_rows_is_not_trusted(void **state)
{
	struct bed *bed = bed_new(MAPPING_OF("SELECT DISTINCT * FROM t WHERE k IN (:nick...)", "club member"));

	(void)state;
	bed_source(bed, "s0", CRM_OF(ALIKE));
	assert_at(bed_refused(bed, bed_by("nick", "rene", "pop"), 503), "type",
		  "urn:federator:problem:identity-unavailable");
	bed_source(bed, "s0", CRM_OF(EXACT));
	assert_at(bed_ok(bed, bed_by("nick", "rene", "pop")), "customer.nick", "rene");
	bed_free(&bed);
}

static void every_required_key_must_be_proved(void **state)
{
	json_t *json;

	bed_source(*state, "s0", CRM_OF(EXACT));
	bed_source(*state, "s1", CLUBS_OF("a\t1\tsmall\nA\t1\tcapital\n"));
	json = bed_ok(*state, bed_by("nick", "rene", "pop"));
	assert_at(json, "customer.clubs.0.title", "capital");
	assert_collation(json, "clubs", 1);
	bed_source(*state, "s1", CLUBS_OF("a\t2\tsmall\nA\t1\tcapital\n")); /* another member's: no matter of case */
	json = bed_ok(*state, bed_by("nick", "rene", "pop"));
	assert_at(json, "parts.clubs.reason", "wrong_subject");
}

static void of_optional_keys_one_must_be_proved(void **state)
{
	struct bed *bed = bed_new(MAPPING_OF(IN("nick"), "club? member?"));
	struct ask ask = bed_by("nick", "rene", "pop");
	json_t *json;

	(void)state;
	ask.no_cache = true;
	bed_source(bed, "s0", CRM_OF(EXACT));
	bed_source(bed, "s1", CLUBS_OF("a\t1\tsmall\n"));
	json = bed_ok(bed, ask);
	assert_at(json, "customer.clubs.0.title", "small"); /* the member's, whatever the club */
	assert_null(bed_find(json, "parts.clubs.warnings"));
	bed_source(bed, "s1", CLUBS_OF("a\t2\tsmall\n"));
	json = bed_ok(bed, ask);
	assert_int_equal(json_array_size(bed_at(json, "customer.clubs")), 0);
	assert_collation(json, "clubs", 1);
	bed_free(&bed);
}

#define NICKS(sql)                                                                                        \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES                                       \
	"<key name=\"member\" role=\"identity\" type=\"integer\"/>"                                    \
	"<key name=\"nick\" role=\"item\" type=\"text\" values=\"9\"/><class name=\"open\"/>"          \
	"<part name=\"crm\" source=\"s0\" rows=\"0..9\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"   \
	"<query by=\"member\">" IN("member") "</query>"                                                 \
	COL("member", "gives=\"member\" proves=\"member\"") COL("nick", "gives=\"nick\"") "</part>"      \
	"<part name=\"posts\" source=\"s1\" rows=\"0..2\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">" \
	"<query by=\"nick\">" sql "</query>" COL("nick", "proves=\"nick\"") COL("title", "") "</part>"    \
	"<list path=\"nicks\" parts=\"crm\" class=\"open\" limit=\"9\"><field path=\"nick\"/>"          \
	"<list path=\"posts\" parts=\"posts\" limit=\"9\"><field path=\"title\"/></list></list>"        \
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"nicks\"/></view>"                   \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define NICKS_OF(rows) "part crm\ncolumns member nick\n" rows "\n"
#define POSTS_OF(rows) "part posts\ncolumns nick title\n" rows "\n"

/* Numbered by a collation that takes both for one, the rows of the other are all that is left. */
static void two_keys_alike_are_not_trusted_to_a_query_that_numbers(void **state)
{
	struct bed *bed = bed_new(NICKS("SELECT DISTINCT * FROM t WHERE k IN (:nick...)"));
	json_t *json;

	(void)state;
	bed_source(bed, "s0", NICKS_OF("1\trene\n1\tRENE\n"));
	bed_source(bed, "s1", POSTS_OF("RENE\tnew\n"));
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "parts.posts.reason", "wrong_subject");
	assert_null(bed_find(json, "customer.nicks.0.posts"));
	bed_source(bed, "s0", NICKS_OF("1\trene\n1\tzoe\n"));
	bed_source(bed, "s1", POSTS_OF("rene\told\n"));
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "customer.nicks.0.posts.0.title", "old");
	bed_free(&bed);
	bed = bed_new(NICKS("SELECT DISTINCT * FROM t WHERE k IN (:nick...) AND k COLLATE x IN (:nick...)"));
	bed_source(bed, "s0", NICKS_OF("1\trene\n1\tRENE\n"));
	bed_source(bed, "s1", POSTS_OF("RENE\tnew\n"));
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "customer.nicks.1.posts.0.title", "new");
	bed_free(&bed);
	bed = bed_new(NICKS(IN("nick")));
	bed_source(bed, "s0", NICKS_OF("1\trene\n1\tRENE\n"));
	bed_source(bed, "s1", POSTS_OF("RENE\tnew\nrene\told\n"));
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "customer.nicks.0.posts.0.title", "old");
	assert_at(json, "customer.nicks.1.posts.0.title", "new");
	bed_free(&bed);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, start, bed_stop)
	const struct CMUnitTest tests[] = {
		STORY(row_that_is_only_alike_is_left_out_and_told),
		STORY(nobody_but_those_alike_is_nobody),
		STORY(any_other_row_still_spoils_the_part),
		STORY(query_that_limits_or_merges_rows_is_not_trusted),
		STORY(every_required_key_must_be_proved),
		STORY(of_optional_keys_one_must_be_proved),
		cmocka_unit_test(two_keys_alike_are_not_trusted_to_a_query_that_numbers),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
