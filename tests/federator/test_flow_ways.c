/* test_flow_ways.c - whole requests by keys that name a customer only together: an insurance contract has a number of
 * its region. */
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define PART(name, source, rows, more)                                                                         \
	"<part name=\"" name "\" source=\"" source "\" rows=\"0.." rows                                       \
	"\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\" " more ">"
#define BOTH "SELECT * FROM t WHERE region = :region AND policy = :policy"
#define MAPPING(more)                                                                                          \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS                                   \
	"<key name=\"region\" role=\"shared\" type=\"upper\"/>"                                              \
	"<key name=\"policy\" role=\"shared\" type=\"integer\" block=\"^9\"/>"                               \
	"<key name=\"contract\" role=\"unique\" type=\"text\"/>"                                             \
	PART("crm", "s0", "3", "") "<query by=\"member\">" IN("member") "</query>"                              \
	"<query by=\"phone\">" IN("phone") "</query>" COL("member", "gives=\"member\" proves=\"member\"")      \
	COL("phone", "proves=\"phone\" as=\"digits\"") COL("name", "") "</part>"                               \
	PART("byno", "s1", "2", "find-only=\"true\"") "<query by=\"region policy\">" BOTH "</query>"           \
	COL("region", "proves=\"region\"") COL("policy", "proves=\"policy\"")                                  \
	COL("member", "gives=\"member\"") "</part>" more                                                       \
	"<field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>"                                  \
	"<view name=\"candidate\" by=\"phone\" budget=\"2s\"><use path=\"name\"/></view>"                      \
	"<view name=\"pop\" by=\"member phone region policy\" budget=\"2s\"><use path=\"name\"/></view>"       \
	"<view name=\"one\" by=\"region\" budget=\"2s\"><use path=\"name\"/></view>"                           \
	"<view name=\"routing\" by=\"region policy\" budget=\"2s\" shape=\"flat\">"                            \
	"<use path=\"name\" as=\"Name\" default=\"-\"/></view>"                                                \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"

#define PEOPLE                                                                                                 \
	"part crm\nkey member phone\ncolumns member phone name\n1\t01011112222\tAnn\n2\t01033334444\tBob\n\n"
/* numbers of a region are those of no other one here: the fixture takes a row that fits any parameter */
#define CONTRACTS "part byno\nkey policy\ncolumns region policy member\nN\t11\t1\nS\t21\t2\nN\t13\t1\nN\t13\t2\n\n"

static struct bed *bed;

static int begin(void **state)
{
	(void)state;
	bed = bed_new(MAPPING(""));
	bed_source(bed, "s0", PEOPLE);
	bed_source(bed, "s1", CONTRACTS);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bed_free(&bed);
	return 0;
}

static struct ask by(const char *region, const char *policy, const char *phone)
{
	const char *const given[][2] = { { "region", region }, { "policy", policy }, { "phone", phone } };
	struct ask ask = bed_by("region", "", "pop");

	ask.n_by = 0;
	for (size_t i = 0; i < ARRAY_LEN(given); i++) {
		if (!given[i][1])
			continue;
		ask.by[ask.n_by].name = str_of(given[i][0]);
		ask.by[ask.n_by++].value = str_of(given[i][1]);
	}
	return ask;
}

static void both_keys_name_one_customer(void **state)
{
	json_t *json = bed_ok(bed, by("n", "11", NULL));

	(void)state;
	assert_at(json, "match.outcome", "one");
	assert_at(json, "match.by", "region policy");
	assert_at(json, "match.evidence.0", "byno.region");
	assert_at(json, "match.evidence.1", "byno.policy");
	assert_at(json, "customer.name", "Ann");
	assert_true(json_is_true(bed_at(json, "complete")));
}

static void nobody_with_both_keys_is_none(void **state)
{
	json_t *json = bed_ok(bed, by("N", "12", NULL));

	(void)state;
	assert_at(json, "match.outcome", "none");
}

static void several_customers_of_one_contract_are_candidates(void **state)
{
	json_t *json = bed_ok(bed, by("N", "13", NULL));

	(void)state;
	assert_at(json, "match.outcome", "many");
	assert_int_equal(json_array_size(bed_at(json, "candidates")), 2);
	assert_at(json, "candidates.0.by", "region policy");
	assert_at(json, "candidates.0.customer.name", "Ann");
}

static void a_third_key_chooses_among_them(void **state)
{
	json_t *json = bed_ok(bed, by("N", "13", "010-3333-4444"));

	(void)state;
	assert_at(json, "match.outcome", "one");
	assert_at(json, "customer.name", "Bob");
	assert_int_equal(json_array_size(bed_at(json, "match.evidence")), 3);
}

static void a_third_key_of_a_stranger_makes_candidates(void **state)
{
	json_t *json = bed_ok(bed, by("N", "11", "010-3333-4444"));

	(void)state;
	assert_at(json, "match.outcome", "many");
	assert_at(json, "candidates.0.by", "region policy"); /* named by more keys */
	assert_at(json, "candidates.1.by", "phone");
}

static void keys_that_name_nobody_do_not_veto_a_third(void **state)
{
	json_t *json = bed_ok(bed, by("N", "12", "010-3333-4444"));

	(void)state;
	assert_at(json, "match.outcome", "one");
	assert_at(json, "customer.name", "Bob");
}

static void a_source_that_is_silent_is_never_none(void **state)
{
	json_t *json;

	(void)state;
	bed_source(bed, "s1", "part byno\nfail refused\n");
	assert_at(bed_refused(bed, by("N", "11", NULL), 503), "type", "urn:federator:problem:identity-unavailable");
	json = bed_ok(bed, by("N", "11", "010-3333-4444"));
	assert_true(json_is_false(bed_at(json, "match.complete")));
}

static void rows_of_another_region_are_not_taken(void **state)
{
	(void)state; /* the row found is (S, 21): it does not carry what was asked */
	assert_at(bed_refused(bed, by("N", "21", NULL), 503), "type", "urn:federator:problem:identity-unavailable");
}

static void one_key_without_the_other_is_refused_with_advice(void **state)
{
	json_t *json = bed_refused(bed, by("N", NULL, NULL), 400);
	struct ask ask = by("N", NULL, NULL);

	(void)state;
	assert_at(json, "type", "urn:federator:problem:lacking-key");
	assert_at(json, "detail", "by `region` a customer is found together with `policy`");
	assert_at(bed_refused(bed, by(NULL, "11", NULL), 400), "type", "urn:federator:problem:lacking-key");
	ask.view = STR("one"); /* which cannot be asked by the other one */
	assert_at(bed_ok(bed, ask), "match.outcome", "none");
}

static void one_key_beside_another_that_leads_there_is_left_alone(void **state)
{
	json_t *json = bed_ok(bed, by("N", NULL, "010-3333-4444"));

	(void)state;
	assert_at(json, "match.outcome", "one");
	assert_at(json, "customer.name", "Bob");
}

static void a_blocked_key_leaves_nothing_to_ask_by(void **state)
{
	json_t *json = bed_ok(bed, by("N", "91", NULL));

	(void)state;
	assert_at(json, "match.outcome", "blocked");
	assert_at(json, "match.blocked", "policy");
}

static void a_flat_question_lacking_a_key_has_its_defaults(void **state)
{
	struct ask ask = by("N", NULL, NULL);

	(void)state;
	ask.view = STR("routing");
	ask.flat = true;
	assert_at(bed_ok(bed, ask), "Name", "-");
	assert_at(bed_ok(bed, ask), "outcome", "default");
	assert_at(bed_ok(bed, ask), "reason", "lacking_key");
	ask.strict = true;
	assert_at(bed_ok(bed, ask), "outcome", "default");
	ask.flat = false; /* as a view among others */
	assert_at(bed_refused(bed, ask, 400), "type", "urn:federator:problem:lacking-key");
	ask.strict = false;
	assert_at(bed_ok(bed, ask), "customer.Name", "-");
	assert_true(json_is_false(bed_at(bed_ok(bed, ask), "complete")));
	ask = by("N", "11", NULL);
	ask.view = STR("routing");
	ask.flat = true;
	assert_at(bed_ok(bed, ask), "Name", "Ann");
}

/* Claims stand inside deals and can be asked by the policy alone; so can notes, which stand by themselves. */
#define CLAIMS                                                                                                 \
	PART("deals", "s2", "9", "") "<query by=\"member\">" IN("member") "</query>"                           \
	COL("member", "proves=\"member\"") COL("policy", "gives=\"policy\"") "</part>"                         \
	PART("claims", "s2", "9", "") "<query by=\"policy\">" IN("policy") "</query>"                          \
	COL("policy", "proves=\"policy\"") COL("claim", "") "</part>"                                          \
	PART("notes", "s2", "9", "") "<query by=\"policy\">" IN("policy") "</query>"                           \
	COL("policy", "proves=\"policy\"") COL("note", "") "</part><class name=\"closed\"/>"                   \
	"<list path=\"deals\" class=\"open\" parts=\"deals\" limit=\"9\"><field path=\"policy\"/>"               \
	"<list path=\"claims\" parts=\"claims\" limit=\"9\"><field path=\"claim\"/></list></list>"               \
	"<list path=\"notes\" class=\"closed\" parts=\"notes\" limit=\"9\"><field path=\"note\"/></list>"        \
	"<view name=\"deep\" by=\"region policy\" budget=\"2s\"><use path=\"name\"/><use path=\"deals\"/></view>" \
	"<view name=\"wide\" by=\"region policy\" budget=\"2s\"><use view=\"deep\"/><use path=\"notes\"/></view>" \
	"<policy role=\"clerk\" purpose=\"service\"><show class=\"open closed\"/></policy>"

static void a_lone_key_is_refused_when_nothing_shown_is_asked_by_it(void **state)
{
	struct bed *other = bed_new(MAPPING(CLAIMS));
	struct ask ask = by(NULL, "11", NULL);

	(void)state;
	bed_source(other, "s0", PEOPLE);
	bed_source(other, "s1", CONTRACTS);
	bed_source(other, "s2", "part claims\nkey policy\ncolumns policy claim\n11\tc1\n\n"
				"part notes\nkey policy\ncolumns policy note\n11\tn1\n\n");
	ask.view = STR("deep"); /* claims stand in deals, which nobody is asked for */
	assert_at(bed_refused(other, ask, 400), "type", "urn:federator:problem:lacking-key");
	ask.view = STR("wide"); /* and notes are withheld */
	bed_refused(other, ask, 400);
	ask.role = STR("clerk");
	assert_at(bed_ok(other, ask), "match.outcome", "unlinked");
	assert_at(bed_ok(other, ask), "customer.notes.0.note", "n1");
	ask.fields = STR("name");
	bed_refused(other, ask, 400);
	ask = by("N", "91", NULL);
	ask.view = STR("deep");
	assert_at(bed_ok(other, ask), "match.outcome", "blocked");
	bed_free(&other);
}

/* region and policy give a contract, which leads to the member. */
#define OWNER                                                                                                  \
	PART("owner", "s2", "1", "find-only=\"true\"") "<query by=\"contract\">" IN("contract") "</query>"     \
	COL("contract", "proves=\"contract\"") COL("member", "gives=\"member\"") "</part>"                     \
	PART("signed", "s2", "2", "find-only=\"true\"") "<query by=\"policy region\">" BOTH "</query>"         \
	COL("region", "proves=\"region\"") COL("policy", "proves=\"policy\"")                                  \
	COL("contract", "gives=\"contract\"") "</part>"

static void the_walk_goes_on_by_what_both_keys_give(void **state)
{
	struct bed *other = bed_new(MAPPING(OWNER));
	struct ask ask = by("S", "31", NULL);
	json_t *json;

	(void)state;
	bed_source(other, "s0", PEOPLE);
	bed_source(other, "s1", CONTRACTS);
	bed_source(other, "s2", "part signed\nkey policy\ncolumns region policy contract\nS\t31\tC7\nN\t11\tC8\n\n"
				"part owner\nkey contract\ncolumns contract member\nC7\t2\nC8\t2\n\n");
	json = bed_ok(other, ask);
	assert_at(json, "match.outcome", "one");
	assert_at(json, "customer.name", "Bob");
	ask.explain = true;
	json = bed_ok(other, ask);
	assert_at(json, "plan.0.from", "region policy");
	assert_at(json, "plan.0.parts.1.part", "signed");
	assert_at(json, "plan.0.parts.1.then.0.part", "owner");
	/* two parts that know different owners of one contract */
	assert_at(bed_ok(other, by("N", "11", NULL)), "match.outcome", "many");
	bed_free(&other);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(both_keys_name_one_customer),
		T(nobody_with_both_keys_is_none),
		T(several_customers_of_one_contract_are_candidates),
		T(a_third_key_chooses_among_them),
		T(a_third_key_of_a_stranger_makes_candidates),
		T(keys_that_name_nobody_do_not_veto_a_third),
		T(a_source_that_is_silent_is_never_none),
		T(rows_of_another_region_are_not_taken),
		T(one_key_without_the_other_is_refused_with_advice),
		T(one_key_beside_another_that_leads_there_is_left_alone),
		T(a_blocked_key_leaves_nothing_to_ask_by),
		T(a_flat_question_lacking_a_key_has_its_defaults),
		T(a_lone_key_is_refused_when_nothing_shown_is_asked_by_it),
		T(the_walk_goes_on_by_what_both_keys_give),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
