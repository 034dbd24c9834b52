/* test_flow_cut.c - keys that were not asked and rows that were not read: what stands behind them is unknown, never
 * empty. */
#include <stdio.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define PART(name, source, rows, by, columns)                                                          \
	"<part name=\"" name "\" source=\"" source "\" rows=\"" rows "\" deadline=\"400ms\" ttl=\"0s\" " \
	"stale=\"0s\">" by columns "</part>"
#define BY(key) "<query by=\"" key "\">" IN(key) "</query>"
#define MAPPING                                                                                           \
	"<mapping xmlns=\"urn:federator:mapping:1\">"                                                     \
	"<source name=\"s0\" connect=\"secret:s0\" dialect=\"sqlite\" zone=\"Asia/Seoul\" pool=\"2\"/>"   \
	"<key name=\"member\" role=\"identity\" type=\"integer\"/>"                                       \
	"<key name=\"phone\" role=\"shared\" type=\"phone-kr\"/>"                                         \
	"<key name=\"order\" role=\"item\" type=\"upper\" values=\"3\" block=\"^X\"/>"                    \
	"<key name=\"box\" role=\"item\" type=\"integer\" values=\"3\"/><class name=\"open\"/>"           \
	PART("crm", "s0", "0..1", BY("member"),                                                           \
	     COL("member", "gives=\"member\" proves=\"member\"")                                          \
		     COL("phone", "gives=\"phone\" as=\"digits\""))                                       \
	PART("orders", "s0", "0..9", BY("member"),                                                        \
	     COL("member", "proves=\"member\"") COL("no", "gives=\"order\"") COL("box", "gives=\"box\"")) \
	PART("items", "s0", "0..2", BY("order"), COL("no", "proves=\"order\"") COL("title", ""))          \
	PART("boxes", "s0", "0..1", BY("box"), COL("box", "proves=\"box\"") COL("size", ""))              \
	PART("calls", "s0", "0..2", BY("phone"),                                                          \
	     COL("phone", "proves=\"phone\" as=\"digits\"") COL("who", "proves=\"member\"")               \
		     "<column name=\"at\" type=\"timestamp\"/>")                                          \
	PART("last", "s0", "0..1", BY("phone"),                                                           \
	     COL("phone", "proves=\"phone\" as=\"digits\"") COL("who", "proves=\"member\"") COL("topic", "")) \
	"<field path=\"phone\" class=\"open\">" FROM("crm", "phone") "</field>"                           \
	"<field path=\"topic\" class=\"open\" empty=\"nothing\">" FROM("last", "topic") "</field>"        \
	"<list path=\"orders\" parts=\"orders\" class=\"open\" limit=\"9\"><field path=\"no\"/>"          \
	"<field path=\"size\">" FROM("boxes", "size") "</field>"                                          \
	"<list path=\"items\" parts=\"items\" limit=\"99\"><field path=\"title\"/></list></list>"         \
	"<list path=\"calls\" parts=\"calls\" class=\"open\" limit=\"9\"><field path=\"at\"/></list>"     \
	"<timeline path=\"journey\" limit=\"9\"><of list=\"calls\" at=\"at\"/></timeline>"                \
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"phone\"/><use path=\"topic\"/>"       \
	"<use path=\"orders\"/><use path=\"calls\"/><use path=\"journey\"/></view>"                       \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define CRM_ROW "part crm\nkey member\ncolumns member phone\n1\t01011112222\n\n"
#define ORDERS_OF(rows) "part orders\nkey member\ncolumns member no box\n" rows "\n"
#define ITEMS_OF(rows) "part items\nkey no\ncolumns no title\n" rows "\n"
#define BOXES_OF(rows) "part boxes\nkey box\ncolumns box size\n" rows "\n"
#define CALLS_OF(rows) "part calls\nkey phone\ncolumns phone who at\n" rows "\n"
#define LAST_OF(rows) "part last\nkey phone\ncolumns phone who topic\n" rows "\n"
#define NO_CALLS CALLS_OF("") LAST_OF("")

static int start(void **state)
{
	*state = bed_new(MAPPING);
	return 0;
}

static json_t *ask(struct bed *bed, const char *rows)
{
	bed_source(bed, "s0", rows);
	return bed_ok(bed, bed_by("member", "1", "pop"));
}

/* How many items each order shows: "2", "0", or "-" when they are unknown; beside it the size of its box. */
static void assert_orders(json_t *json, const char *wanted)
{
	char got[256] = "";
	json_t *order;
	size_t i;

	json_array_foreach(bed_at(json, "customer.orders"), i, order) {
		json_t *items = json_object_get(order, "items"), *size = json_object_get(order, "size");
		size_t at = strlen(got);

		snprintf(got + at, sizeof(got) - at, "%s%s:%s:%s", i ? " " : "",
			 json_string_value(json_object_get(order, "no")),
			 items ? (const char *[]){ "0", "1", "2" }[json_array_size(items)] : "-",
			 !size ? "-" : json_is_null(size) ? "null" : json_string_value(size));
	}
	assert_string_equal(got, wanted);
}

static void keys_beyond_those_in_play_leave_lists_and_look_ups_unknown(void **state)
{
	json_t *json = ask(*state, CRM_ROW NO_CALLS
			   ORDERS_OF("1\tA\t1\n1\tB\t2\n1\tC\t3\n1\tD\t4\n")
			   ITEMS_OF("A\tx\nA\ty\nD\tz\n") BOXES_OF("1\tbig\n4\tsmall\n"));

	assert_orders(json, "A:2:big B:0:null C:0:null D:-:-");
	assert_true(json_is_true(bed_at(json, "parts.items.truncated")));
	assert_true(json_is_true(bed_at(json, "parts.boxes.truncated")));
	assert_true(json_is_false(bed_at(json, "complete")));
}

static void keys_within_the_limit_are_known_to_have_nothing(void **state)
{
	json_t *json = ask(*state, CRM_ROW NO_CALLS ORDERS_OF("1\tA\t1\n1\tB\t\\N\n") ITEMS_OF("") BOXES_OF(""));

	assert_orders(json, "A:0:null B:0:null");
	assert_true(json_is_true(bed_at(json, "complete")));
}

static void blocked_and_unreadable_keys_are_unknown_and_blank_ones_are_none(void **state)
{
	json_t *json = ask(*state, CRM_ROW NO_CALLS ORDERS_OF("1\tX1\tbox 7\n1\t  \t \n1\tA\t1\n")
			   ITEMS_OF("A\tx\nX1\ty\n") BOXES_OF("1\tbig\n"));

	assert_orders(json, "X1:-:-   :0:null A:1:big");
}

static void row_of_a_look_up_that_nobody_could_be_asked_for_is_unknown(void **state)
{
	json_t *json = ask(*state, CRM_ROW NO_CALLS ORDERS_OF("1\tX1\tbox 7\n") ITEMS_OF("") BOXES_OF(""));

	assert_orders(json, "X1:-:-");
	assert_at(json, "parts.items.state", "skipped");
}

static void too_many_rows_of_one_value_are_cut_and_the_others_known(void **state)
{
	json_t *json = ask(*state, CRM_ROW NO_CALLS ORDERS_OF("1\tA\t1\n1\tB\t2\n")
			   ITEMS_OF("A\tx\nA\ty\nA\tz\n") BOXES_OF("1\tbig\n2\tsmall\n"));

	assert_orders(json, "A:2:big B:0:small");
	assert_true(json_is_true(bed_at(json, "parts.items.truncated")));
	assert_true(json_is_false(bed_at(json, "complete")));
}

static void rows_that_were_not_read_leave_the_values_without_rows_unknown(void **state)
{
	char rows[4096] = CRM_ROW NO_CALLS ORDERS_OF("1\tA\t1\n1\tB\t2\n") BOXES_OF("1\tbig\n2\tsmall\n")
		"part items\nkey no\ncolumns no title\n";
	json_t *json;

	for (size_t i = 0; i < 100; i++) /* more than are read for two orders of two items */
		strcat(rows, "A\tx\n");
	strcat(rows, "B\ty\n\n");
	json = ask(*state, rows);
	assert_orders(json, "A:2:big B:-:small");
}

/* Two calls of others on the customer's phone push out those of the customer, if there are any. */
static void rows_of_others_that_fill_the_part_leave_it_unknown(void **state)
{
	json_t *json = ask(*state, CRM_ROW ORDERS_OF("") CALLS_OF("01011112222\t2\t2026-11-01 09:00:00\n"
								  "01011112222\t2\t2026-11-02 09:00:00\n"
								  "01011112222\t1\t2026-11-03 09:00:00\n")
			   LAST_OF("01011112222\t1\tdelivery\n01011112222\t0\tnoise\n"));

	assert_null(bed_find(json, "customer.calls"));
	assert_null(bed_find(json, "customer.topic"));
	assert_int_equal(json_array_size(bed_at(json, "customer.journey")), 1);
	assert_at(json, "customer.journey.0.missing", "truncated");
	assert_true(json_is_false(bed_at(json, "complete")));
	json = ask(*state, CRM_ROW ORDERS_OF("") CALLS_OF("01011112222\t2\t2026-11-01 09:00:00\n")
		   LAST_OF("01011112222\t0\tnoise\n"));
	assert_int_equal(json_array_size(bed_at(json, "customer.calls")), 0);
	assert_at(json, "customer.topic", "nothing");
	assert_true(json_is_true(bed_at(json, "complete")));
}

static void explaining_says_that_rows_may_be_lacking(void **state)
{
	struct ask question = bed_by("member", "1", "pop");
	json_t *json, *field;
	size_t i, told = 0;

	bed_source(*state, "s0", CRM_ROW ORDERS_OF("1\tA\t\\N\n") ITEMS_OF("A\tx\nA\ty\nA\tz\n")
		   CALLS_OF("") LAST_OF("01011112222\t1\tdelivery\n01011112222\t0\tnoise\n"));
	question.explain = true;
	json = bed_ok(*state, question);
	json_array_foreach(bed_at(json, "fields"), i, field) {
		const char *path = json_string_value(json_object_get(field, "path"));

		if (strcmp(path, "orders") != 0 && strcmp(path, "topic") != 0)
			continue;
		assert_at(field, "state", *path == 'o' ? "partial" : "unknown");
		assert_at(field, "without.0.why", "truncated");
		told++;
	}
	assert_int_equal(told, 2);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, start, bed_stop)
	const struct CMUnitTest tests[] = {
		STORY(keys_beyond_those_in_play_leave_lists_and_look_ups_unknown),
		STORY(keys_within_the_limit_are_known_to_have_nothing),
		STORY(blocked_and_unreadable_keys_are_unknown_and_blank_ones_are_none),
		STORY(row_of_a_look_up_that_nobody_could_be_asked_for_is_unknown),
		STORY(too_many_rows_of_one_value_are_cut_and_the_others_known),
		STORY(rows_that_were_not_read_leave_the_values_without_rows_unknown),
		STORY(rows_of_others_that_fill_the_part_leave_it_unknown),
		STORY(explaining_says_that_rows_may_be_lacking),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
