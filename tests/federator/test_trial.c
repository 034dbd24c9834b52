/* Tests that stand in a mapping: what passes, what fails and how it is told, and that sources and cache behave in them
 * as they do live. */
#include "federator/cli/trial.h"

#include <stdlib.h>

#include "base/log.h"
#include "federator/cli/cli.h"
#include "federator/schema/form.h"
#include "metadata/load.h"
#include "tests/cmocka_all.h"
#include "tests/federator/flow_mapping.h"

#define CRM_COLUMNS "member,phone,email,name,grade,rrn,upd\n"
#define KIM "1,01011112222,kim@x.kr,김한별,9,900101-1234567,2026-11-20 10:00:00\n"
#define LEE "2,01033334444,lee@x.kr,이서준,1,,2026-11-20 10:00:00\n"
#define MIN "3,01033334444,min@x.kr,이민,9,,2026-11-20 10:00:00\n"
#define GIVEN(part, rows) "<given part='" part "'>" rows "</given>"
#define GIVEN_CRM GIVEN("crm", CRM_COLUMNS KIM LEE MIN)
#define NO_ROWS                                                                                                \
	"<given part='value'/><given part='orders'/><given part='items'/><given part='link'/>"                 \
	"<given part='pages'/>"
#define REST                                                                                                   \
	GIVEN("value", "n,member,tier,spent,at\n3,1,1,120.50,2026-11-21 09:00:00\n9,2,1,1,2026-11-21 09:00:00") \
	GIVEN("orders", "member,no,at\n1,A1,2026-11-01 09:00:00\n1,A3,2026-11-03 09:00:00\n2,B1,2026-11-03 09:00:00") \
	GIVEN("items", "no,product,qty\nA1,P1,1\nA3,P2,2\nB1,P1,7\n")                                          \
	GIVEN("products", "product,title\nP1,\"Rice, \"\"cooker\"\"\"\n")                                      \
	GIVEN("link", "member,visitor\n1,v1\n1,v2\n2,v9\n")                                                    \
	GIVEN("pages", "visitor,url,at\nv1,/a,2026-11-02 01:00:00\nv9,/x,2026-11-02 01:00:00\n"               \
		       "v2,/b,2026-11-22 01:00:00\n")
#define ASK(key, value) "<ask key='" key "' value='" value "'/>"
#define TEST(more, ...) "<test name='t' view='pop' " more ">" __VA_ARGS__ "</test>"
#define EXPECT(json) "<expect><![CDATA[" json "]]></expect>"

static struct arena *mem;
static struct diags *ds;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static struct trial_count run_matching(const char *tests, const char *pattern)
{
	const char *text = arena_printf(mem, "<mapping xmlns='urn:federator:mapping:1'>%s</mapping>", tests).p;
	const struct mapping_file files[] = { { "m.xml", STR(FLOW_MAPPING) }, { "t.xml", str_of(text) } };
	struct trial_count count = { 0 };
	const struct catalog *cat;
	struct err err;

	ds = diags_new(mem);
	cat = catalog_load_texts(files, ARRAY_LEN(files), ds);
	if (!cat)
		message_findings(ds);
	assert_non_null(cat);
	assert_true(trial_run_all(cat, pattern, ds, &count, &err));
	catalog_unref(&cat);
	return count;
}

static void assert_passes(const char *tests)
{
	struct trial_count count = run_matching(tests, "*");

	if (count.failed)
		message_findings(ds);
	assert_int_equal(count.failed, 0);
	assert_int_equal(count.passed, 1);
}

/* The test fails with one finding of that code, whose text or help has `says` in it. */
static void assert_fails(const char *tests, const char *code, const char *says)
{
	struct trial_count count = run_matching(tests, "*");
	const struct diag *found;
	size_t n;

	found = diags_all(ds, &n);
	while (n && found->level == DIAG_WARNING)
		found++, n--;
	if (n != 1 || strcmp(found->code, code) != 0 ||
	    (!strstr(found->text, says) && !(found->help && strstr(found->help, says)))) {
		message_findings(ds);
		fail_msg("%s: %s", code, says);
	}
	assert_string_equal(found->at.file, "t.xml");
	assert_int_equal(count.passed, 0);
	assert_int_equal(count.failed, 1);
}

static void assert_expected_fails(const char *expect, const char *code, const char *says)
{
	assert_fails(arena_printf(mem, TEST("", ASK("member", "1") GIVEN_CRM REST "%s"), expect).p, code, says);
}

static void a_right_test_passes(void **state)
{
	(void)state;
	assert_passes(TEST("", ASK("phone", "010-1111-2222") GIVEN_CRM REST EXPECT(
		"{\"view\": \"pop\", \"complete\": true, \"match\": {\"outcome\": \"one\", \"by\": \"phone\"},"
		" \"customer\": {\"name\": \"김*별\", \"tier\": \"VIP\", \"spent\": \"120.50\", \"order_count\": 3,"
		"  \"orders\": [{\"no\": \"A3\", \"at\": \"2026-11-03T09:00:00+09:00\", \"items\": [{\"qty\": 2}]},"
		"              {\"no\": \"A1\", \"items\": [{\"title\": \"Rice, \\\"cooker\\\"\"}]}],"
		"  \"pages\": [{\"url\": \"/b\", \"at\": \"2026-11-22T01:00:00Z\"}, {\"url\": \"/a\"}]},"
		" \"withheld\": [\"rrn\"], \"labels\": {\"tier\": {\"VIP\": \"Very important\"}},"
		" \"parts\": {\"crm\": {\"state\": \"live\", \"rows\": 1, \"age_ms\": 0}, \"link\": {\"rows\": 2}},"
		" \"provenance\": {\"/customer/tier\": {\"part\": \"value\"}}}")));
}

static void each_wrong_expectation_fails(void **state)
{
	(void)state;
	assert_expected_fails(EXPECT("{\"customer\": {\"tier\": \"BASE\"}}"), "M0951",
			      "/customer/tier: expected \"BASE\", got \"VIP\"");
	assert_expected_fails(EXPECT("{\"customer\": {\"order_count\": \"3\"}}"), "M0951", "expected \"3\", got 3");
	assert_expected_fails(EXPECT("{\"customer\": {\"order_count\": 3.5}}"), "M0951", "expected 3.5, got 3");
	assert_expected_fails(EXPECT("{\"customer\": {\"spent\": 120.50}}"), "M0951", "got \"120.50\"");
	assert_expected_fails(EXPECT("{\"complete\": false}"), "M0951", "/complete: expected false, got true");
	assert_expected_fails(EXPECT("{\"complete\": null}"), "M0951", "expected null");
	assert_expected_fails(EXPECT("{\"customer\": []}"), "M0951", "/customer: expected [], got {");
	assert_expected_fails(EXPECT("{\"customer\": {\"teir\": \"VIP\"}}"), "M0952", "there is `tier`");
	assert_expected_fails(EXPECT("{\"customer\": {\"rrn\": null}}"), "M0952", "expected null, got nothing");
	assert_expected_fails(EXPECT("{\"customer\": {\"orders\": [{\"no\": \"A3\"}]}}"), "M0953",
			      "/customer/orders: expected 1 item, got 2: [{");
	assert_expected_fails(EXPECT("{\"customer\": {\"orders\": [{\"no\": \"A3\"}, {\"no\": \"A2\"}]}}"), "M0951",
			      "/customer/orders/1/no: expected \"A2\", got \"A1\"");
	assert_expected_fails(EXPECT("{\"provenance\": {\"/customer/tier\": {\"part\": \"crm\"}}}"), "M0951",
			      "/provenance/~1customer~1tier/part");
	assert_expected_fails("<expect absent='/customer/orders/0/items'/>", "M0954", "got [{");
	assert_expected_fails("<expect absent='/provenance/~1customer~1tier'/>", "M0954", "expected nothing");
}

static void findings_stand_where_the_expectation_does(void **state)
{
	size_t n;
	const struct diag *found;

	(void)state;
	(void)run_matching("\n" TEST("", ASK("member", "1") GIVEN_CRM REST "\n<expect>{\n"
				     " \"customer\": {&#34;tier\": \"BASE\"},\n \"complete\": false}</expect>"),
			   "*");
	found = diags_all(ds, &n);
	assert_int_equal(n, 2);
	assert_int_equal(found[0].at.column, 27);
	assert_int_equal(found[0].at.length, strlen("\"BASE\""));
	assert_int_equal(found[1].at.line, found[0].at.line + 1);
	assert_int_equal(found[1].at.column, 14);
}

static void what_only_is_absent_is_not_absent_by_refusal(void **state)
{
	(void)state;
	assert_fails(TEST("", ASK("order", "A1") "<given part='owner' missing='refused'/>"
			  "<expect absent='/candidates'/>"), "M0956", "part `owner`: refused");
	assert_passes(TEST("", ASK("order", "A1") "<given part='owner' missing='refused'/>"
			   "<expect absent='/customer'>{\"status\": 503}</expect>"));
}

/* Whatever an answer can have may be said to be absent. */
static void every_member_of_an_answer_may_be_absent(void **state)
{
	const struct mapping_file file = { "m.xml", STR(FLOW_MAPPING) };
	const struct catalog *cat;
	const struct form *root;
	struct str absent = STR("");

	(void)state;
	ds = diags_new(mem);
	cat = catalog_load_texts(&file, 1, ds);
	assert_non_null(cat);
	root = form_answer(cat, catalog_view(cat, STR("pop")), STR(""), mem);
	for (const struct form *m = root->first; m; m = m->next)
		absent = arena_printf(mem, "%.*s /%.*s", STR_ARG(absent), STR_ARG(m->name));
	assert_true(strstr(absent.p, "/customer") && strstr(absent.p, "/links"));
	run_matching(arena_printf(mem, TEST("", ASK("member", "1") "<expect absent='%s'/>"), absent.p + 1).p, "none");
	catalog_unref(&cat);
}

static void numbers_are_compared_by_value_and_absent_paths_are_absent(void **state)
{
	(void)state;
	assert_passes(TEST("", ASK("member", "1") GIVEN_CRM REST
			   "<expect absent='/customer/rrn /customer/orders/2 /customer/name/x /candidates'>"
			   "{\"customer\": {\"order_count\": 3.0}}</expect>"));
}

/* Documents of a column of type json stand in the answer as they are. */
static void documents_of_a_source_are_compared_too(void **state)
{
	(void)state;
	assert_passes("<part name='notes' source='s2' rows='0..1' deadline='50ms' ttl='0s' stale='0s'>"
		      "<query by='member'>SELECT * FROM t WHERE a IN (:member...)</query>"
		      "<column name='member' type='text' proves='member'/><column name='doc' type='json'/>"
		      "<column name='scan' type='bytes'/></part>"
		      "<field path='doc' class='open'><from part='notes' column='doc'/></field>"
		      "<field path='scan' class='open'><from part='notes' column='scan'/></field>"
		      "<view name='n' by='member' budget='1s'><use path='doc'/><use path='scan'/></view>"
		      "<test name='t' view='n'>" ASK("member", "1") GIVEN_CRM "<given part='link'/>"
		      GIVEN("notes", "member,doc,scan\n"
				     "1,\"{ \"\"a\"\": [1e2, 12345678901234567890123], \"\"a\"\": 2 }\",aGk=\n")
		      EXPECT("{\"customer\": {\"doc\": {\"a\": [100, 12345678901234567890123]}, \"scan\": \"aGk=\"}}")
		      "</test>");
}

static void a_part_without_an_answer_fails_the_test(void **state)
{
	(void)state;
	assert_fails(TEST("", ASK("member", "1") REST "<expect absent='/candidates'/>"), "M0955",
		     "add <given part=\"crm\"> with the header member,phone,email,name,grade,rrn,upd");
}

static void a_refused_question_is_told(void **state)
{
	(void)state;
	assert_fails(TEST("", ASK("phone", "twelve") GIVEN_CRM EXPECT("{\"customer\": {}}")), "M0952",
		     "refused with 422: the value given for `phone`");
	assert_passes(TEST("", ASK("phone", "twelve") GIVEN_CRM EXPECT("{\"status\": 422}")));
}

static void several_customers_are_candidates_and_nobody_is_none(void **state)
{
	(void)state;
	assert_passes(TEST("", ASK("phone", "01033334444") GIVEN_CRM
			   "<expect absent='/customer'>"
			   "{\"match\": {\"outcome\": \"many\"}, \"candidates\": [{\"customer\": {\"name\": \"이*준\"}},"
			   " {\"customer\": {\"name\": \"이*\"}}]}</expect>"));
	assert_passes(TEST("", ASK("phone", "01099999999") GIVEN_CRM
			   "<expect absent='/customer'>{\"match\": {\"outcome\": \"none\"}}</expect>"));
	assert_passes(TEST("", ASK("order", "B1") GIVEN("owner", "no,member\nA1,1\nB1,2\n") GIVEN_CRM REST
			   EXPECT("{\"customer\": {\"name\": \"이*준\", \"orders\": [{\"no\": \"B1\"}]}}")));
	assert_passes(TEST("", ASK("phone", "01000000001") EXPECT("{\"match\": {\"outcome\": \"blocked\"}}")));
}

/* What the SQL of the source does with its texts is its own business. */
static void rows_are_found_by_the_key_that_they_prove(void **state)
{
	(void)state;
	assert_passes(TEST("", ASK("email", " kim@X.kr")
			   GIVEN("crm", CRM_COLUMNS "1,,KIM@x.kr,김한별,9,,2026-11-20 10:00:00\n" LEE) NO_ROWS
			   EXPECT("{\"customer\": {\"name\": \"김*별\"}}")));
}

#define PART(name, by, where, columns)                                                                         \
	"<part name='" name "' source='s2' rows='0..9' deadline='50ms' ttl='0s' stale='0s'><query by='" by "'>" \
	"SELECT * FROM t WHERE " where "</query><column name='member' type='text' proves='member'/>" columns   \
	"<column name='topic' type='text'/></part>"
#define TOPICS(name) "<list path='" name "' parts='" name "' class='open' limit='9'><field path='topic'/></list>"

/* Of optional keys only those known count; a required one that no column proves chooses no rows. */
static void keys_that_are_optional_or_not_proved_choose_as_live(void **state)
{
	(void)state;
	assert_passes(PART("calls", "member? phone?", "a IN (:member...) OR b IN (:phone...)",
			   "<column name='phone' type='text' proves='phone' as='digits'/>")
		      PART("clicks", "member visitor", "a IN (:member...) AND b IN (:visitor...)", "")
		      TOPICS("calls") TOPICS("clicks")
		      "<view name='topics' by='member' budget='1s'><use path='calls'/><use path='clicks'/></view>"
		      "<test name='t' view='topics'>" ASK("member", "1") GIVEN_CRM
		      GIVEN("link", "member,visitor\n1,v1\n")
		      GIVEN("calls", "member,phone,topic\n1,,a\n2,01011112222,b\n,,c\n1,x,d\n")
		      GIVEN("clicks", "member,topic\n1,e\n2,f\n1,g\n")
		      EXPECT("{\"customer\": {\"calls\": [{\"topic\": \"a\"}, {\"topic\": \"d\"}],"
			     " \"clicks\": [{\"topic\": \"e\"}, {\"topic\": \"g\"}]}}") "</test>");
}

static void more_rows_than_a_part_may_have_are_cut_off(void **state)
{
	(void)state;
	assert_passes(TEST("", ASK("phone", "01033334444") GIVEN("crm", CRM_COLUMNS LEE MIN
			   "4,01033334444,,,,,\n5,01033334444,,,,,\n")
			   EXPECT("{\"match\": {\"outcome\": \"too_many\"}}")));
	assert_passes(TEST("", ASK("member", "1") GIVEN_CRM "<given part='orders'/><given part='link'/>"
			   GIVEN("value", "member,tier,spent,n,at\n1,1,1,1,\n1,9,2,2,\n")
			   EXPECT("{\"parts\": {\"value\": {\"truncated\": true, \"rows\": 1}}}")));
}

static void a_missing_part_says_why(void **state)
{
	static const char *const reasons[] = { "deadline", "refused",	      "busy",	   "auth",
					       "error",	   "schema_mismatch", "too_large", "wrong_subject" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		assert_passes(arena_printf(mem,
					   TEST("", ASK("member", "1") GIVEN_CRM "<given part='orders' missing='%s'/>"
						"<given part='value'/><given part='link'/>"
						"<expect absent='/customer/orders'>{\"complete\": false, \"parts\":"
						" {\"orders\": {\"state\": \"missing\", \"reason\": \"%s\"},"
						" \"items\": {\"reason\": \"key_unknown\"}}}</expect>"),
					   reasons[i], reasons[i])
				      .p);
	assert_passes(TEST("", ASK("phone", "01011112222") "<given part='crm' missing='refused'/>"
			   EXPECT("{\"status\": 503}")));
}

/* Kim, copied at `copied`, asked at 10:00 with crm missing; ttl is 30 s, stale 10 min. */
static const char *copied(const char *copied_at, const char *expect)
{
	return arena_printf(mem,
			    TEST("now='2026-11-22T10:00:00+09:00'", ASK("member", "1")
				 "<given part='crm' missing='deadline' copied='2026-11-22T%s+09:00'>" CRM_COLUMNS KIM
				 "</given>" NO_ROWS "%s"),
			    copied_at, expect)
		.p;
}

static void copies_are_as_old_as_now_says(void **state)
{
	(void)state;
	assert_passes(copied("09:59:45", EXPECT("{\"complete\": true, \"customer\": {\"name\": \"김*별\"},"
						"\"parts\": {\"crm\": {\"state\": \"fresh\", \"age_ms\": 15000}}}")));
	assert_passes(copied("09:59:00", EXPECT("{\"customer\": {\"name\": \"김*별\"}, \"parts\": {\"crm\":"
						"{\"state\": \"stale\", \"reason\": \"deadline\","
						" \"age_ms\": 60000}}}")));
	assert_passes(copied("09:40:00", EXPECT("{\"status\": 504}")));
	assert_passes(TEST("now='2026-11-22T10:00:00+09:00'", ASK("member", "1")
			   "<given part='crm' missing='deadline' copied='2026-11-22T09:59:45+09:00'>" CRM_COLUMNS
			   KIM KIM KIM KIM "</given>" NO_ROWS EXPECT("{\"status\": 504}"))); /* too many to be kept */
	assert_passes(TEST("now='2026-11-22T10:00:00+09:00'", ASK("member", "1")
			   "<given part='crm' copied='2026-11-22T09:59:00+09:00'>" CRM_COLUMNS KIM "</given>" NO_ROWS
			   EXPECT("{\"parts\": {\"crm\": {\"state\": \"live\"}}}")));
}

static void a_role_sees_what_its_policy_says(void **state)
{
	(void)state;
	assert_passes(TEST("role='boss'", ASK("member", "1") GIVEN_CRM REST "<expect absent='/withheld'>"
			   "{\"customer\": {\"name\": \"김한별\", \"rrn\": \"900101-1234567\"}}</expect>"));
}

static void codes_are_compared_with_what_the_type_makes_of_a_value(void **state)
{
	(void)state;
	assert_passes("<codes name='yn'><code is='Y' from='true'/><code is='N' from='false'/></codes>"
		      "<codes name='rank'><code is='one' from='1'/></codes>"
		      "<part name='opt' source='s0' rows='0..1' deadline='50ms' ttl='1s' stale='0s'>"
		      "<query by='member'>SELECT m, b, n FROM t WHERE m IN (:member...)</query>"
		      "<column name='m' type='integer' proves='member'/><column name='b' type='boolean'/>"
		      "<column name='n' type='integer'/></part>"
		      "<field path='agreed' class='open' codes='yn'><from part='opt' column='b'/></field>"
		      "<field path='rank' class='open' codes='rank'><from part='opt' column='n'/></field>"
		      "<view name='coded' by='member' budget='1s'><use path='agreed'/><use path='rank'/></view>"
		      "<test name='t' view='coded'>" ASK("member", "1") GIVEN("opt", "m,b,n\n1,t,001\n") GIVEN_CRM REST
		      EXPECT("{\"customer\": {\"agreed\": \"Y\", \"rank\": \"one\"}}") "</test>");
}

static void tests_are_chosen_by_their_names(void **state)
{
	static const char tests[] =
		"<test name='one' view='pop'>" ASK("phone", "1") EXPECT("{\"status\": 422}") "</test>"
		"<test name='one more' view='pop'>" ASK("phone", "1") EXPECT("{\"status\": 200}") "</test>"
		"<test name='two' view='pop'>" ASK("phone", "1") EXPECT("{\"status\": 200}") "</test>";
	struct trial_count count;

	(void)state;
	count = run_matching(tests, "one*");
	assert_int_equal(count.passed, 1);
	assert_int_equal(count.failed, 1);
	count = run_matching(tests, "*");
	assert_int_equal(count.failed, 2);
	count = run_matching(tests, "three");
	assert_int_equal(count.passed + count.failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_test_passes),
		cmocka_unit_test(each_wrong_expectation_fails),
		cmocka_unit_test(findings_stand_where_the_expectation_does),
		cmocka_unit_test(what_only_is_absent_is_not_absent_by_refusal),
		cmocka_unit_test(every_member_of_an_answer_may_be_absent),
		cmocka_unit_test(numbers_are_compared_by_value_and_absent_paths_are_absent),
		cmocka_unit_test(documents_of_a_source_are_compared_too),
		cmocka_unit_test(a_part_without_an_answer_fails_the_test),
		cmocka_unit_test(a_refused_question_is_told),
		cmocka_unit_test(several_customers_are_candidates_and_nobody_is_none),
		cmocka_unit_test(rows_are_found_by_the_key_that_they_prove),
		cmocka_unit_test(keys_that_are_optional_or_not_proved_choose_as_live),
		cmocka_unit_test(more_rows_than_a_part_may_have_are_cut_off),
		cmocka_unit_test(a_missing_part_says_why),
		cmocka_unit_test(copies_are_as_old_as_now_says),
		cmocka_unit_test(a_role_sees_what_its_policy_says),
		cmocka_unit_test(codes_are_compared_with_what_the_type_makes_of_a_value),
		cmocka_unit_test(tests_are_chosen_by_their_names),
	};
	struct err err;

	log_set_level(LOG_ERROR);
	return digest_init(&err) ? cmocka_run_group_tests(tests, begin, end) : 1;
}
