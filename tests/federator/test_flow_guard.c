/* test_flow_guard.c - more rows than the mapping allows: told, not kept in the cache, and chosen alike whatever their
 * order of arrival. */
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define PART(name, source, rows, by, columns)                                                          \
	"<part name=\"" name "\" source=\"" source "\" rows=\"" rows "\" deadline=\"400ms\" ttl=\"30s\" " \
	"stale=\"0s\">" by columns "</part>"
#define BY(key) "<query by=\"" key "\">" IN(key) "</query>"
#define MEMBER COL("member", "gives=\"member\" proves=\"member\"")
#define MAPPING                                                                                        \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS                           \
	PART("crm", "s0", "0..3", BY("member") BY("phone"),                                            \
	     MEMBER COL("phone", "proves=\"phone\" as=\"digits\"") COL("name", ""))                    \
	PART("card", "s1", "0..1", BY("member"), COL("member", "proves=\"member\"") COL("points", "")) \
	PART("orders", "s2", "0..9", BY("member"), COL("member", "proves=\"member\"") COL("no", "gives=\"order\"")) \
	PART("items", "s2", "0..2", BY("order"), COL("no", "proves=\"order\"") COL("title", ""))       \
	"<field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>"                          \
	"<field path=\"points\" class=\"open\">" FROM("card", "points") "</field>"                     \
	"<list path=\"orders\" parts=\"orders\" class=\"open\" limit=\"9\"><field path=\"no\"/>"       \
	"<list path=\"items\" parts=\"items\" limit=\"9\"><field path=\"title\"/></list></list>"       \
	"<view name=\"candidate\" by=\"phone\" budget=\"900ms\"><use path=\"points\"/></view>"         \
	"<view name=\"pop\" by=\"member phone\" budget=\"2s\"><use path=\"name\"/><use path=\"points\"/>" \
	"<use path=\"orders\"/></view>"                                                                \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define CRM_OF(rows) "part crm\nkey member phone\ncolumns member phone name\n" rows "\n"
#define CARD_OF(rows) "part card\nkey member\ncolumns member points\n" rows "\n"
#define ORDERS_OF(rows) "part orders\nkey member\ncolumns member no\n" rows "\n"
#define ITEMS_OF(rows) "part items\nkey no\ncolumns no title\n" rows "\n"
#define KIM "1\t01011112222\tKim\n"
#define LEE "2\t01011112222\tLee\n"

static int start(void **state)
{
	struct bed *bed = bed_new(MAPPING);

	bed_source(bed, "s0", CRM_OF(KIM));
	bed_source(bed, "s1", CARD_OF("1\t7\n"));
	bed_source(bed, "s2", ORDERS_OF("") ITEMS_OF(""));
	*state = bed;
	return 0;
}

/* Ask twice: the part is live both times, so it was not kept, and says `truncated`. */
static json_t *ask_excess(struct bed *bed, const char *part, const char *path, const char *value)
{
	json_t *json = NULL, *told;

	for (int i = 0; i < 2; i++) {
		json = bed_ok(bed, bed_by("member", "1", "pop"));
		told = json_object_get(bed_at(json, "parts"), part);
		assert_true(json_is_true(json_object_get(told, "truncated")));
		assert_string_equal(json_string_value(json_object_get(told, "state")), "live");
		assert_at(json, path, value);
	}
	return json;
}

static void one_row_is_kept_and_not_flagged(void **state)
{
	json_t *json = bed_ok(*state, bed_by("member", "1", "pop"));

	assert_null(bed_find(json, "parts.card.truncated"));
	json = bed_ok(*state, bed_by("member", "1", "pop"));
	assert_at(json, "parts.card.state", "fresh");
	assert_at(json, "parts.crm.state", "fresh");
}

static void second_row_of_a_customer_is_told_even_when_it_is_the_same(void **state)
{
	json_t *json;

	bed_source(*state, "s1", CARD_OF("1\t7\n1\t7\n"));
	json = ask_excess(*state, "card", "customer.points", "7");
	assert_int_equal(json_integer_value(bed_at(json, "parts.card.rows")), 1);
}

static void smallest_of_several_rows_wins_in_any_order(void **state)
{
	static const char *const orders[] = { CARD_OF("1\t7\n1\t8\n1\t9\n"), CARD_OF("1\t9\n1\t8\n1\t7\n"),
					      CARD_OF("1\t8\n1\t7\n1\t9\n") };

	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		bed_source(*state, "s1", orders[i]);
		ask_excess(*state, "card", "customer.points", "7");
	}
}

static void rows_for_a_shared_key_are_still_one_for_each_customer(void **state)
{
	bed_source(*state, "s0", CRM_OF("1\t01099998888\tPark\n" KIM)); /* three may share a phone */
	ask_excess(*state, "crm", "customer.name", "Kim");
	bed_source(*state, "s0", CRM_OF(KIM "1\t01099998888\tPark\n"));
	ask_excess(*state, "crm", "customer.name", "Kim");
}

static void household_is_no_excess(void **state)
{
	json_t *json;

	bed_source(*state, "s0", CRM_OF(KIM LEE));
	json = bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "match.outcome", "many");
	assert_null(bed_find(json, "parts.crm.truncated"));
	assert_null(bed_find(json, "parts.card.truncated"));
}

static void two_rows_of_one_candidate_are_no_row_of_the_other(void **state)
{
	json_t *json;

	bed_source(*state, "s0", CRM_OF(KIM LEE));
	bed_source(*state, "s1", CARD_OF("1\t8\n1\t7\n"));
	json = bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "candidates.0.customer.points", "7");
	assert_true(json_is_null(bed_at(json, "candidates.1.customer.points")));
	assert_true(json_is_true(bed_at(json, "parts.card.truncated")));
	bed_source(*state, "s1", CARD_OF("1\t8\n1\t7\n1\t9\n2\t3\n")); /* nor do they push it out */
	json = bed_ok(*state, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "candidates.0.customer.points", "7");
	assert_at(json, "candidates.1.customer.points", "3");
	assert_true(json_is_true(bed_at(json, "parts.card.truncated")));
}

static void too_many_rows_of_one_value_leave_those_of_the_others(void **state)
{
	json_t *json;

	bed_source(*state, "s2", ORDERS_OF("1\tA\n1\tB\n1\tC\n") ITEMS_OF("A\tz\nA\ty\nA\tx\nB\tw\n"));
	json = ask_excess(*state, "items", "customer.orders.1.items.0.title", "w");
	assert_int_equal(json_array_size(bed_at(json, "customer.orders.0.items")), 2);
	assert_at(json, "customer.orders.0.items.0.title", "z"); /* a list keeps the first ones */
	assert_at(json, "customer.orders.0.items.1.title", "y");
	assert_int_equal(json_array_size(bed_at(json, "customer.orders.2.items")), 0);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, start, bed_stop)
	const struct CMUnitTest tests[] = {
		STORY(one_row_is_kept_and_not_flagged),
		STORY(second_row_of_a_customer_is_told_even_when_it_is_the_same),
		STORY(smallest_of_several_rows_wins_in_any_order),
		STORY(rows_for_a_shared_key_are_still_one_for_each_customer),
		STORY(household_is_no_excess),
		STORY(two_rows_of_one_candidate_are_no_row_of_the_other),
		STORY(too_many_rows_of_one_value_leave_those_of_the_others),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
