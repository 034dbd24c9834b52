/* test_flow_consent.c - requires: what is shown only with a consent. */
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define CONSENT_PART                                                                                           \
	"<part name=\"agree\" source=\"s2\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"         \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"")                     \
	"<column name=\"web\" type=\"boolean\"/></part>"                                                       \
	"<field path=\"consent.web\" class=\"open\">" FROM("agree", "web") "</field>"
#define CRM_PART                                                                                               \
	"<part name=\"crm\" source=\"s0\" rows=\"0..3\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"           \
	"<query by=\"member\">" IN("member") "</query>"                                                        \
	COL("member", "gives=\"member\" proves=\"member\"") COL("name", "") "</part>"
#define VISITS(more)                                                                                           \
	"<part name=\"visits\" source=\"s1\" rows=\"0..9\" deadline=\"200ms\" ttl=\"30s\" stale=\"0s\" " more ">" \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"") COL("url", "")      \
	"<column name=\"at\" type=\"timestamp\"/></part>"
#define REST(more)                                                                                             \
	"<field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>"                                  \
	"<list path=\"visits\" parts=\"visits\" class=\"open\" limit=\"5\" " more "><field path=\"url\"/>"     \
	"<field path=\"at\"/></list>"                                                                          \
	"<timeline path=\"journey\" limit=\"9\"><of list=\"visits\" at=\"at\"/></timeline>"                    \
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"name\"/><use path=\"visits\"/>"            \
	"<use path=\"journey\"/></view>"                                                                       \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define MAPPING(part_more, list_more)                                                                          \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS CRM_PART CONSENT_PART             \
	VISITS(part_more) REST(list_more)

#define REQUIRES "requires=\"consent.web\""
#define AGREE(word) "part agree\nkey member\ncolumns member web\n1\t" word "\n\n"

static struct bed *bed_with(const char *mapping, const char *agree)
{
	struct bed *bed = bed_new(mapping);

	bed_source(bed, "s0", "part crm\nkey member\ncolumns member name\n1\tKim\n\n");
	bed_source(bed, "s1",
		   "part visits\nkey member\ncolumns member url at\n1\t/a\t2026-11-02 01:00:00\n\n");
	bed_source(bed, "s2", agree);
	return bed;
}

static void consent_shows_the_part(void **state)
{
	struct bed *bed = bed_with(MAPPING(REQUIRES, ""), AGREE("true"));
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_at(json, "customer.visits.0.url", "/a");
	assert_at(json, "parts.agree.state", "live");
	assert_null(bed_find(json, "customer.consent"));
	bed_free(&bed);
}

static void assert_refused(const char *agree)
{
	struct bed *bed = bed_with(MAPPING(REQUIRES, ""), agree);
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	assert_at(json, "parts.visits.state", "missing");
	assert_at(json, "parts.visits.reason", "no_consent");
	assert_null(bed_find(json, "customer.visits"));
	assert_at(json, "customer.journey.0.missing", "no_consent");
	assert_at(json, "customer.name", "Kim");
	bed_free(&bed);
}

static void no_and_unknown_are_no_consent(void **state)
{
	(void)state;
	assert_refused(AGREE("false"));
	assert_refused(AGREE("\\N"));
	assert_refused(AGREE("perhaps"));
	assert_refused("part agree\nkey member\ncolumns member web\n\n");
	assert_refused("part agree\nfail error\n");
}

static void refused_consent_leaves_the_answer_complete(void **state)
{
	struct bed *bed = bed_with(MAPPING(REQUIRES, ""), AGREE("false"));

	(void)state;
	assert_true(json_is_true(bed_at(bed_ok(bed, bed_by("member", "1", "pop")), "complete")));
	bed_free(&bed);
}

static void withdrawn_consent_hides_the_copy(void **state)
{
	struct bed *bed = bed_with(MAPPING(REQUIRES, ""), AGREE("true"));
	json_t *json;

	(void)state;
	bed_ok(bed, bed_by("member", "1", "pop"));
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "parts.visits.state", "fresh");
	bed_source(bed, "s2", AGREE("false"));
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "parts.visits.reason", "no_consent");
	assert_null(bed_find(json, "customer.visits"));
	bed_free(&bed);
}

/* A second part may say otherwise; both may be kept. */
#define TWO_CONSENTS                                                                                           \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS CRM_PART                          \
	"<part name=\"agree\" source=\"s2\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"10m\">"        \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"")                     \
	"<column name=\"web\" type=\"boolean\"/></part>"                                                       \
	"<part name=\"former\" source=\"s2\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"        \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"")                     \
	"<column name=\"web\" type=\"boolean\"/></part>"                                                       \
	"<field path=\"consent.web\" class=\"open\">" FROM("agree", "web") FROM("former", "web") "</field>"    \
	VISITS(REQUIRES) REST("")
#define FORMER(word) "part former\nkey member\ncolumns member web\n1\t" word "\n\n"

static void stale_copy_is_no_consent(void **state)
{
	struct bed *bed = bed_with(TWO_CONSENTS, AGREE("true") FORMER("true"));
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_at(json, "customer.visits.0.url", "/a");
	bed_source(bed, "s2", "part agree\nfail error\n\n" FORMER("true"));
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "parts.agree.state", "stale");
	assert_at(json, "parts.visits.reason", "no_consent");
	assert_null(bed_find(json, "customer.visits"));
	bed_free(&bed);
}

static void only_parts_that_could_not_say_otherwise_may_be_missing(void **state)
{
	struct bed *bed = bed_with(TWO_CONSENTS, "part agree\nfail error\n\n" FORMER("true"));
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_at(json, "parts.visits.reason", "no_consent");
	bed_source(bed, "s2", AGREE("true") "part former\nfail error\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "customer.visits.0.url", "/a");
	bed_free(&bed);
}

static void list_without_consent_is_named(void **state)
{
	struct bed *bed = bed_with(MAPPING("", REQUIRES), AGREE("false"));
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_null(bed_find(json, "customer.visits"));
	assert_at(json, "no_consent.0", "visits");
	assert_at(json, "customer.journey.0.missing", "no_consent");
	bed_source(bed, "s2", AGREE("true"));
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "customer.visits.0.url", "/a");
	assert_null(bed_find(json, "no_consent"));
	bed_free(&bed);
}

/* Pages are asked by the visitor that the visits give. */
#define DEPENDENT                                                                                              \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS CRM_PART CONSENT_PART             \
	"<part name=\"visits\" source=\"s1\" rows=\"0..9\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\" " REQUIRES ">" \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"")                     \
	COL("visitor", "gives=\"visitor\"") "</part>"                                                        \
	"<part name=\"pages\" source=\"s1\" rows=\"0..9\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"         \
	"<query by=\"visitor\">" IN("visitor") "</query>" COL("visitor", "proves=\"visitor\"")               \
	COL("url", "gives=\"product\"") "<column name=\"at\" type=\"timestamp\"/></part>"                      \
	"<part name=\"titles\" source=\"s1\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"        \
	"<query by=\"product\">" IN("product") "</query>" COL("url", "proves=\"product\"")                   \
	COL("title", "") "</part>"                                                                             \
	"<part name=\"score\" source=\"s1\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\" " REQUIRES ">" \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"") COL("n", "")        \
	"</part><field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>"                           \
	"<field path=\"score\" class=\"open\">" FROM("score", "n") "</field>"                                  \
	"<list path=\"pages\" parts=\"pages\" class=\"open\" limit=\"5\"><field path=\"url\"/><field path=\"at\"/>" \
	"<field path=\"title\">" FROM("titles", "title") "</field></list>"                                     \
	"<timeline path=\"journey\" limit=\"9\"><of list=\"pages\" at=\"at\"/></timeline>"                     \
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"name\"/><use path=\"pages\"/>"             \
	"<use path=\"journey\"/><use path=\"score\"/></view>"                                                \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define PAGES                                                                                                  \
	"part visits\nkey member\ncolumns member visitor\n1\tv1\n\n"                                           \
	"part pages\nkey visitor\ncolumns visitor url at\nv1\t/a\t2026-11-02 01:00:00\n\n"                      \
	"part titles\nkey url\ncolumns url title\n/a\tHome\n\n"                                                \
	"part score\nkey member\ncolumns member n\n1\t7\n\n"

static const char *state_of(json_t *explained, const char *path)
{
	json_t *field;
	size_t i;

	json_array_foreach(bed_at(explained, "fields"), i, field)
		if (strcmp(json_string_value(json_object_get(field, "path")), path) == 0)
			return json_string_value(json_object_get(field, "state"));
	return "";
}

static void what_waits_for_a_part_without_consent_has_none_either(void **state)
{
	struct bed *bed = bed_with(DEPENDENT, AGREE("false"));
	json_t *json;

	(void)state;
	bed_source(bed, "s1", PAGES);
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_true(json_is_true(bed_at(json, "complete")));
	assert_at(json, "parts.pages.state", "missing");
	assert_at(json, "parts.pages.reason", "no_consent");
	assert_at(json, "parts.pages.depends_on", "visits");
	assert_at(json, "parts.titles.reason", "no_consent");
	assert_at(json, "parts.titles.depends_on", "pages");
	assert_null(bed_find(json, "customer.pages"));
	assert_at(json, "customer.journey.0.missing", "no_consent");
	bed_source(bed, "s2", AGREE("true"));
	assert_at(bed_ok(bed, bed_by("member", "1", "pop")), "customer.pages.0.title", "Home");
	bed_source(bed, "s1", "part visits\nfail error\n" PAGES);
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "parts.pages.reason", "key_unknown");
	assert_true(json_is_false(bed_at(json, "complete")));
	bed_free(&bed);
}

static void explained_it_is_told_apart_from_unknown(void **state)
{
	struct bed *bed = bed_with(DEPENDENT, AGREE("false"));
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;

	(void)state;
	ask.explain = true;
	bed_source(bed, "s1", PAGES);
	json = bed_ok(bed, ask);
	assert_string_equal(state_of(json, "pages"), "no_consent");
	assert_string_equal(state_of(json, "score"), "no_consent");
	bed_source(bed, "s2", AGREE("true"));
	bed_source(bed, "s1", "part visits\nfail error\n\npart score\nfail error\n");
	json = bed_ok(bed, ask);
	assert_string_equal(state_of(json, "pages"), "unknown");
	assert_string_equal(state_of(json, "score"), "unknown");
	bed_free(&bed);
}

/* The consent is asked for by the number that the call center gives. */
static void consent_asked_by_old_keys_is_none(void **state)
{
	static const char mapping[] =
		"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS
		"<part name=\"crm\" source=\"s0\" rows=\"0..3\" deadline=\"400ms\" ttl=\"0s\" stale=\"10m\">"
		"<query by=\"member\">" IN("member") "</query>" COL("member", "gives=\"member\" proves=\"member\"")
		COL("phone", "gives=\"phone\" as=\"digits\"") COL("name", "") "</part>"
		"<part name=\"agree\" source=\"s2\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"
		"<query by=\"phone\">" IN("phone") "</query>" COL("phone", "proves=\"phone\" as=\"digits\"")
		"<column name=\"web\" type=\"boolean\"/></part>"
		"<field path=\"consent.web\" class=\"open\">" FROM("agree", "web") "</field>"
		VISITS(REQUIRES) REST("");
	struct bed *bed = bed_with(mapping, "part agree\nkey phone\ncolumns phone web\n01011112222\ttrue\n\n");
	json_t *json;

	(void)state;
	bed_source(bed, "s0", "part crm\nkey member\ncolumns member phone name\n1\t01011112222\tKim\n\n");
	assert_at(bed_ok(bed, bed_by("member", "1", "pop")), "customer.visits.0.url", "/a");
	bed_source(bed, "s0", "part crm\nfail error\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "parts.agree.state", "live");
	assert_at(json, "parts.visits.reason", "no_consent");
	bed_free(&bed);
}

/* The first candidate is the one that counts: as long as it may say no, the second one does not stand in. */
static void second_candidate_consents_only_where_the_first_has_nothing(void **state)
{
	static const char mapping[] =
		"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS
		"<part name=\"crm\" source=\"s0\" rows=\"0..1\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"
		"<query by=\"member\">" IN("member") "</query>" COL("member", "gives=\"member\" proves=\"member\"")
		COL("name", "") "<column name=\"ok\" type=\"boolean\"/></part>"
		"<part name=\"agree\" source=\"s2\" rows=\"0..1\" deadline=\"200ms\" ttl=\"0s\" stale=\"0s\">"
		"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"")
		"<column name=\"web\" type=\"boolean\"/></part>"
		"<field path=\"consent.web\" class=\"open\">" FROM("crm", "ok") FROM("agree", "web") "</field>"
		VISITS(REQUIRES) REST("");
	struct bed *bed = bed_with(mapping, AGREE("true"));

	(void)state;
	bed_source(bed, "s0", "part crm\nkey member\ncolumns member name ok\n1\tKim\t\\N\n\n");
	assert_at(bed_ok(bed, bed_by("member", "1", "pop")), "customer.visits.0.url", "/a");
	bed_source(bed, "s0", "part crm\nkey member\ncolumns member name ok\n1\tKim\tperhaps\n\n");
	assert_at(bed_ok(bed, bed_by("member", "1", "pop")), "parts.visits.reason", "no_consent");
	bed_source(bed, "s0", "part crm\nfail error\n");
	assert_at(bed_ok(bed, bed_by("member", "1", "pop")), "parts.visits.reason", "no_consent");
	bed_free(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(consent_shows_the_part),
		cmocka_unit_test(no_and_unknown_are_no_consent),
		cmocka_unit_test(refused_consent_leaves_the_answer_complete),
		cmocka_unit_test(withdrawn_consent_hides_the_copy),
		cmocka_unit_test(stale_copy_is_no_consent),
		cmocka_unit_test(only_parts_that_could_not_say_otherwise_may_be_missing),
		cmocka_unit_test(list_without_consent_is_named),
		cmocka_unit_test(what_waits_for_a_part_without_consent_has_none_either),
		cmocka_unit_test(explained_it_is_told_apart_from_unknown),
		cmocka_unit_test(consent_asked_by_old_keys_is_none),
		cmocka_unit_test(second_candidate_consents_only_where_the_first_has_nothing),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
