/* test_flow_combine.c - keys that one part gives together: only what was asked by a combination of them is shown. Ann's
 * deals are (N,1) and (S,2), Bob's are (S,1) and (N,2): the same regions, the same numbers. */
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define KEYS                                                                                                  \
	"<key name=\"region\" role=\"item\" type=\"upper\" values=\"9\"/>"                                    \
	"<key name=\"number\" role=\"item\" type=\"integer\" values=\"2\"><spelling name=\"hash\" mask=\"n#+\"/></key>"
#define CUSTOMER_PART                                                                                                 \
	"<part name=\"crm\" source=\"s0\" rows=\"0..1\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"          \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "gives=\"member\" proves=\"member\"")   \
	COL("name", "") "</part>"
#define DEALS                                                                                                 \
	"<part name=\"deals\" source=\"s1\" rows=\"0..9\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"        \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"")                    \
	COL("region", "gives=\"region\"") COL("number", "gives=\"number\"") "</part>"
#define CLAIMS(rows, where)                                                                                   \
	"<part name=\"claims\" source=\"s2\" rows=\"" rows "\" deadline=\"400ms\" ttl=\"30s\" stale=\"0s\">"  \
	"<query by=\"region number\">SELECT * FROM t WHERE " where "</query>" COL("region", "proves=\"region\"") \
	COL("number", "proves=\"number\" as=\"hash\"") COL("claim", "") "</part>"
#define LISTS "region IN (:region...) AND number IN (:number...)"
#define FIELD(path) "<field path=\"" path "\"/>"
#define MAPPING(rows, where, deal, lists, uses)                                                               \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS KEYS CUSTOMER_PART DEALS  \
	CLAIMS(rows, where)                                                                                   \
	"<field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>"                                 \
	"<list path=\"deals\" parts=\"deals\" class=\"open\" limit=\"9\">" FIELD("region") FIELD("number") deal \
	"</list>" lists                                                                                       \
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"name\"/><use path=\"deals\"/>" uses "</view>" \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define FLAT(rows, where)                                                                                     \
	MAPPING(rows, where, "",                                                                              \
		"<list path=\"claims\" parts=\"claims\" class=\"open\" limit=\"9\">" FIELD("claim") "</list>", \
		"<use path=\"claims\"/>")
#define NESTED(attributes)                                                                                    \
	MAPPING("0..9", LISTS,                                                                                \
		"<list path=\"claims\" parts=\"claims\" limit=\"9\" " attributes ">" FIELD("claim") "</list>", "", "")

#define PEOPLE "part crm\nkey member\ncolumns member name\n1\tAnn\n2\tBob\n\n"
#define DEALS_OF(rows) "part deals\nkey member\ncolumns member region number\n" rows "\n"
#define ALL_DEALS "1\tN\t1\n1\tS\t2\n2\tS\t1\n2\tN\t2\n"
/* Rows of which both the region and the number are asked for, as an SQL source finds them; a text file cannot. */
#define ALL_CLAIMS                                                                                            \
	"part claims\nkey region\ncolumns region number claim\nN\tn1\tann1\nS\tn2\tann2\nS\tn1\tbob1\nN\tn2\tbob2\n\n"

static struct bed *bed_with(const char *mapping, const char *deals, const char *claims)
{
	struct bed *bed = bed_new(mapping);

	bed_source(bed, "s0", PEOPLE);
	bed_source(bed, "s1", deals);
	bed_source(bed, "s2", claims);
	return bed;
}

static void assert_claims(json_t *json, const char *first, const char *second)
{
	assert_int_equal(json_array_size(bed_at(json, "customer.claims")), (first != NULL) + (second != NULL));
	if (first)
		assert_at(json, "customer.claims.0.claim", first);
	if (second)
		assert_at(json, "customer.claims.1.claim", second);
}

static void other_combinations_are_left_out_silently(void **state)
{
	struct bed *bed = bed_with(FLAT("0..9", LISTS), DEALS_OF(ALL_DEALS), ALL_CLAIMS);
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_claims(json, "ann1", "ann2");
	assert_at(json, "parts.claims.state", "live");
	assert_int_equal(json_integer_value(bed_at(json, "parts.claims.rows")), 2);
	assert_null(bed_find(json, "parts.claims.truncated"));
	assert_true(json_is_true(bed_at(json, "complete")));
	bed_free(&bed);
}

static void copy_of_one_customer_is_not_the_other_ones(void **state)
{
	struct bed *bed = bed_with(FLAT("0..9", LISTS), DEALS_OF(ALL_DEALS), ALL_CLAIMS);
	json_t *json;

	(void)state;
	assert_claims(bed_ok(bed, bed_by("member", "1", "pop")), "ann1", "ann2");
	json = bed_ok(bed, bed_by("member", "2", "pop"));
	assert_claims(json, "bob1", "bob2");
	assert_at(json, "parts.claims.state", "live");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_claims(json, "ann1", "ann2");
	assert_at(json, "parts.claims.state", "fresh");
	bed_free(&bed);
}

/* One row for each combination: two of a number or of a region are not too many. */
static void guard_counts_combinations(void **state)
{
	struct bed *bed = bed_with(FLAT("0..1", LISTS), DEALS_OF("1\tN\t1\n1\tN\t2\n"), ALL_CLAIMS);
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_claims(json, "ann1", "bob2");
	assert_null(bed_find(json, "parts.claims.truncated"));
	bed_source(bed, "s1", DEALS_OF("2\tN\t1\n2\tS\t1\n2\tS\t2\n"));
	bed_source(bed, "s2",
		   "part claims\nkey region\ncolumns region number claim\nN\tn1\tone\nS\tn2\ttwo\nS\tn2\tthree\n\n");
	json = bed_ok(bed, bed_by("member", "2", "pop"));
	assert_claims(json, "one", "three"); /* the smaller one by its cells */
	assert_true(json_is_true(bed_at(json, "parts.claims.truncated")));
	bed_free(&bed);
}

static void other_combinations_do_not_use_up_the_rows(void **state)
{
	struct bed *bed = bed_with(FLAT("0..1", LISTS), DEALS_OF(ALL_DEALS),
				   "part claims\nkey region\ncolumns region number claim\nS\tn1\tbob1\nN\tn2\tbob2\n"
				   "N\tn1\tann1\nS\tn2\tann2\n\n");
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_claims(json, "ann1", "ann2");
	assert_null(bed_find(json, "parts.claims.truncated"));
	bed_free(&bed);
}

static void deal_that_lacks_a_key_is_not_asked_for(void **state)
{
	struct bed *bed = bed_with(FLAT("0..9", LISTS), DEALS_OF("1\tN\t1\n1\tS\t\\N\n"),
				   "part claims\nkey region\ncolumns region number claim\nN\tn1\tann1\n"
				   "S\tn1\tbob1\n\n");

	(void)state;
	assert_claims(bed_ok(bed, bed_by("member", "1", "pop")), "ann1", NULL);
	bed_source(bed, "s1", DEALS_OF("1\tN\t\\N\n1\t\\N\t1\n"));
	assert_at(bed_ok(bed, bed_by("member", "1", "pop")), "parts.claims.state", "skipped");
	bed_free(&bed);
}

/* values="2" on the number: the third one is not asked for, nor what goes with it. */
static void too_many_values_leave_whole_combinations_out(void **state)
{
	struct bed *bed = bed_with(FLAT("0..9", LISTS), DEALS_OF("1\tN\t1\n1\tS\t2\n1\tN\t3\n"),
				   "part claims\nkey region\ncolumns region number claim\nN\tn1\tann1\nS\tn2\tann2\n"
				   "N\tn2\tbob2\n\n");
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_claims(json, "ann1", "ann2");
	assert_true(json_is_true(bed_at(json, "parts.claims.truncated")));
	bed_free(&bed);
}

/* The third deal is not asked for: its claims are unknown, though others of its region are there. */
static void claims_that_were_not_asked_for_are_not_empty(void **state)
{
	struct bed *bed = bed_with(NESTED("on=\"region\""),
				   DEALS_OF("1\tN\t1\n1\tS\t2\n1\tN\t3\n1\tS\t\\N\n1\tS\t1\n"),
				   "part claims\nkey region\ncolumns region number claim\n"
				   "N\tn1\tann1\nS\tn2\tann2\n\n");
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_int_equal(json_array_size(bed_at(json, "customer.deals.0.claims")), 1);
	assert_int_equal(json_array_size(bed_at(json, "customer.deals.1.claims")), 1);
	assert_null(bed_find(json, "customer.deals.2.claims"));
	assert_int_equal(json_array_size(bed_at(json, "customer.deals.3.claims")), 0); /* it has no number */
	assert_int_equal(json_array_size(bed_at(json, "customer.deals.4.claims")), 0); /* it has none */
	bed_free(&bed);
}

static void assert_nested(const char *mapping)
{
	struct bed *bed = bed_with(mapping, DEALS_OF("1\tN\t1\n1\tS\t1\n1\tS\t2\n"), ALL_CLAIMS);
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	for (int i = 0; i < 3; i++) {
		static const char *const paths[] = { "customer.deals.0.claims", "customer.deals.1.claims",
						     "customer.deals.2.claims" };

		assert_int_equal(json_array_size(bed_at(json, paths[i])), 1);
	}
	assert_at(json, "customer.deals.0.claims.0.claim", "ann1");
	assert_at(json, "customer.deals.1.claims.0.claim", "bob1");
	assert_at(json, "customer.deals.2.claims.0.claim", "ann2");
	bed_free(&bed);
}

static void nested_lists_are_joined_by_all_their_keys(void **state)
{
	(void)state;
	assert_nested(NESTED(""));
	assert_nested(NESTED("on=\"number\""));
	assert_nested(NESTED("on=\"region\""));
}

static void item_is_looked_up_by_all_its_keys(void **state)
{
	static const char mapping[] =
		MAPPING("0..1", LISTS, "<field path=\"claim\">" FROM("claims", "claim") "</field>", "", "");
	struct bed *bed = bed_with(mapping, DEALS_OF("1\tN\t1\n1\tS\t1\n1\tS\t2\n"), ALL_CLAIMS);
	json_t *json = bed_ok(bed, bed_by("member", "1", "pop"));

	(void)state;
	assert_at(json, "customer.deals.0.claim", "ann1");
	assert_at(json, "customer.deals.1.claim", "bob1");
	assert_at(json, "customer.deals.2.claim", "ann2");
	bed_free(&bed);
}

static void single_parameters_find_the_same(void **state)
{
	struct bed *bed = bed_with(FLAT("0..9", "region = :region AND number IN (:number...)"), DEALS_OF(ALL_DEALS),
				   ALL_CLAIMS);

	(void)state;
	assert_claims(bed_ok(bed, bed_by("member", "1", "pop")), "ann1", "ann2");
	assert_true(bed_reload(bed, FLAT("0..9", "region = :region AND number = :number")));
	assert_claims(bed_ok(bed, bed_by("member", "2", "pop")), "bob1", "bob2");
	bed_free(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_combinations_are_left_out_silently),
		cmocka_unit_test(copy_of_one_customer_is_not_the_other_ones),
		cmocka_unit_test(guard_counts_combinations),
		cmocka_unit_test(other_combinations_do_not_use_up_the_rows),
		cmocka_unit_test(deal_that_lacks_a_key_is_not_asked_for),
		cmocka_unit_test(too_many_values_leave_whole_combinations_out),
		cmocka_unit_test(claims_that_were_not_asked_for_are_not_empty),
		cmocka_unit_test(nested_lists_are_joined_by_all_their_keys),
		cmocka_unit_test(item_is_looked_up_by_all_its_keys),
		cmocka_unit_test(single_parameters_find_the_same),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
