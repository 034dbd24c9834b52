/* test_flow_each.c - what is asked by the keys of things is kept once for each thing, for all customers. */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"

#define COL(name, more) "<column name=\"" name "\" type=\"text\" " more "/>"
#define SOURCE(name) \
	"<source name=\"" name "\" connect=\"secret:" name "\" dialect=\"sqlite\" zone=\"UTC\" pool=\"2\"/>"

static const char mapping[] =
	"<mapping xmlns=\"urn:federator:mapping:1\">" SOURCE("s0") SOURCE("s1")
	"<key name=\"member\" role=\"identity\" type=\"integer\"/>"
	"<key name=\"product\" role=\"item\" type=\"text\" values=\"9\"/>"
	"<class name=\"open\"/>"
	"<part name=\"cart\" source=\"s0\" rows=\"0..9\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"
	"<query by=\"member\">SELECT member, product FROM cart WHERE member IN (:member...)</query>"
	COL("member", "proves=\"member\"") COL("product", "gives=\"product\"") "</part>"
	"<part name=\"goods\" common=\"true\" source=\"s1\" rows=\"0..1\" deadline=\"400ms\""
	" ttl=\"9m\" negative=\"9m\" stale=\"1h\">"
	"<query by=\"product\">SELECT product, name FROM goods WHERE product IN (:product...)</query>"
	COL("product", "proves=\"product\"") COL("name", "") "</part>"
	"<part name=\"notes\" source=\"s1\" rows=\"0..1\" deadline=\"400ms\" ttl=\"9m\" stale=\"1h\">"
	"<query by=\"product\">SELECT product, note FROM notes WHERE product IN (:product...)</query>"
	COL("product", "proves=\"product\"") COL("note", "") "</part>"
	"<list path=\"cart\" parts=\"cart\" limit=\"9\" class=\"open\">"
	"<field path=\"code\"><from part=\"cart\" column=\"product\"/>"
	"</field><field path=\"name\"><from part=\"goods\" column=\"name\"/></field></list>"
	"<list path=\"notes\" parts=\"cart\" class=\"open\" limit=\"9\"><field path=\"note\">"
	"<from part=\"notes\" column=\"note\"/></field></list>"
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"cart\"/></view>"
	"<view name=\"notes\" by=\"member\" budget=\"2s\"><use path=\"notes\"/></view>"
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";

static int start(void **state)
{
	struct bed *bed = bed_new(mapping);

	bed_source(bed, "s0", "part cart\nkey member\ncolumns member product\n"
			      "1\ta\n1\tb\n2\tb\n2\tc\n3\tc\n3\ta\n4\tb\n5\ta\n5\tx\n6\tx\n\n");
	bed_source(bed, "s1", "part goods\nkey product\ncolumns product name\na\tTea\nb\tBread\nc\tSalt\n\n"
			      "part notes\nkey product\ncolumns product note\na\thot\nb\tfresh\n\n");
	*state = bed;
	return 0;
}

static uint64_t entries(struct bed *bed)
{
	return cache_state(bed_lane(bed)->cache).entries;
}

static void done(struct cache_change *change, const struct err *err)
{
	(void)change;
	assert_int_equal(err->cls, ERR_NONE);
}

static uint64_t void_name(struct bed *bed, const char *key, const char *value)
{
	struct cache_change change = { .tenant = STR("t"), .done = done };

	cache_name_make(&change.name, STR("t"), service_salt(bed_lane(bed)->service), str_of(key), str_of(value));
	cache_invalidate(bed_lane(bed)->cache, &change);
	return change.removed;
}

/* The cart of the member, and how its goods came. */
static json_t *ask(struct bed *bed, const char *member, const char *state)
{
	json_t *json = bed_ok(bed, bed_by("member", member, "pop"));

	assert_at(json, "parts.goods.state", state);
	return json;
}

static void a_thing_is_kept_for_all(void **state)
{
	struct bed *bed = *state;
	json_t *json;

	ask(bed, "1", "live");
	assert_int_equal(entries(bed), 2);
	ask(bed, "4", "fresh"); /* one of them */
	ask(bed, "2", "live"); /* one more */
	assert_int_equal(entries(bed), 3);
	json = ask(bed, "3", "fresh"); /* which nobody has asked for together */
	assert_at(json, "customer.cart.0.code", "c");
	assert_at(json, "customer.cart.0.name", "Salt");
	assert_at(json, "customer.cart.1.name", "Tea");
	assert_int_equal(entries(bed), 3);
}

static void what_has_a_copy_keeps_it(void **state)
{
	struct bed *bed = *state;
	struct cache_state before;

	ask(bed, "1", "live");
	before = cache_state(bed_lane(bed)->cache);
	ask(bed, "2", "live");
	assert_int_equal(cache_state(bed_lane(bed)->cache).puts, before.puts + 1);
}

static void a_change_of_a_thing_voids_it_for_all(void **state)
{
	struct bed *bed = *state;

	ask(bed, "1", "live");
	ask(bed, "2", "live");
	assert_int_equal(void_name(bed, "product", "b"), 1);
	ask(bed, "3", "fresh");
	ask(bed, "1", "live");
	ask(bed, "2", "fresh");
}

static void things_are_not_the_customers(void **state)
{
	struct bed *bed = *state;

	ask(bed, "1", "live");
	assert_int_equal(void_name(bed, "member", "1"), 0);
	ask(bed, "1", "fresh");
}

/* Of what is not said to be common. */
static void other_things_are_kept_for_the_customer(void **state)
{
	struct bed *bed = *state;

	assert_at(bed_ok(bed, bed_by("member", "1", "notes")), "parts.notes.state", "live");
	assert_int_equal(entries(bed), 1);
	assert_at(bed_ok(bed, bed_by("member", "4", "notes")), "parts.notes.state", "live");
	assert_int_equal(void_name(bed, "member", "1"), 1);
	assert_at(bed_ok(bed, bed_by("member", "4", "notes")), "parts.notes.state", "fresh");
}

/* That there is no such thing is known, too. */
static void what_is_not_there_is_kept_as_such(void **state)
{
	struct bed *bed = *state;

	ask(bed, "5", "live");
	assert_int_equal(entries(bed), 2);
	ask(bed, "5", "fresh");
	ask(bed, "6", "fresh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_thing_is_kept_for_all, start, bed_stop),
		cmocka_unit_test_setup_teardown(what_has_a_copy_keeps_it, start, bed_stop),
		cmocka_unit_test_setup_teardown(a_change_of_a_thing_voids_it_for_all, start, bed_stop),
		cmocka_unit_test_setup_teardown(things_are_not_the_customers, start, bed_stop),
		cmocka_unit_test_setup_teardown(other_things_are_kept_for_the_customer, start, bed_stop),
		cmocka_unit_test_setup_teardown(what_is_not_there_is_kept_as_such, start, bed_stop),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
