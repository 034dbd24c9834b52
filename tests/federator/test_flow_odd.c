/* test_flow_odd.c - whole requests on fixture sources: mappings and rows that are legal and unusual. */
#include <stdio.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define PART(name, source, rows, by, columns)                                                          \
	"<part name=\"" name "\" source=\"" source "\" rows=\"" rows "\" deadline=\"200ms\" ttl=\"0s\" " \
	"stale=\"0s\">" by columns "</part>"
#define BY(key) "<query by=\"" key "\">" IN(key) "</query>"
#define ODD(parts, fields, uses)                                                                       \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS parts fields              \
	"<view name=\"candidate\" by=\"phone\" budget=\"900ms\"><use path=\"points\"/></view>"         \
	"<view name=\"pop\" by=\"member phone email visitor\" budget=\"2s\">" uses "</view>"           \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/><mask class=\"phone\"/></policy>" \
	"</mapping>"
#define POINTS "<field path=\"points\" class=\"open\" empty=\"0\">" FROM("crm", "points") "</field>"
#define MEMBER COL("member", "gives=\"member\" proves=\"member\"")
#define CRM_PART                                                                                       \
	PART("crm", "s0", "0..1", BY("member") BY("phone"), MEMBER COL("phone", "proves=\"phone\" as=\"digits\"")    \
	     "<column name=\"points\" type=\"integer\"/>")
#define MAIL_PART PART("mail", "s1", "0..1", BY("email"), COL("email", "proves=\"email\"") \
		       COL("member", "gives=\"member\""))

static struct bed *bed;

static int stop(void **state)
{
	(void)state;
	bed_free(&bed);
	return 0;
}

static struct ask by_two(const char *key, const char *value, const char *other, const char *its_value)
{
	struct ask ask = bed_by(key, value, "pop");

	ask.by[1].name = str_of(other);
	ask.by[1].value = str_of(its_value);
	ask.n_by = 2;
	return ask;
}

static void what_is_shown_of_candidates_is_asked_for_all_of_them(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(CRM_PART MAIL_PART, POINTS, "<use path=\"points\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone points\n1\t01011112222\t7\n"
			      "2\t01033334444\t9\n\n");
	bed_source(bed, "s1", "part mail\nkey email\ncolumns email member\nb@x.kr\t2\n\n");
	json = bed_ok(bed, by_two("phone", "01011112222", "email", "b@x.kr"));
	assert_at(json, "match.outcome", "many");
	assert_int_equal(json_integer_value(bed_at(json, "candidates.0.customer.points")), 7);
	assert_int_equal(json_integer_value(bed_at(json, "candidates.1.customer.points")), 9);
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone points\n1\t01011112222\t7\n\n");
	json = bed_ok(bed, by_two("phone", "01011112222", "email", "b@x.kr"));
	assert_int_equal(json_integer_value(bed_at(json, "candidates.1.customer.points")), 0); /* answered: no row */
}

static void candidates_are_not_asked_together_of_a_query_that_mixes_them(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(PART("crm", "s0", "0..1", BY("phone") "<query by=\"member\">SELECT MAX(member) AS member, "
			       "SUM(points) AS points FROM t WHERE member IN (:member...)</query>",
			       MEMBER COL("phone", "proves=\"phone\" as=\"digits\"")
			       "<column name=\"points\" type=\"integer\"/>")
			  MAIL_PART, POINTS, "<use path=\"points\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone points\n1\t01011112222\t7\n"
			      "2\t01033334444\t9\n\n");
	bed_source(bed, "s1", "part mail\nkey email\ncolumns email member\nb@x.kr\t2\n\n");
	json = bed_ok(bed, by_two("phone", "01011112222", "email", "b@x.kr"));
	assert_at(json, "match.outcome", "many");
	assert_int_equal(json_integer_value(bed_at(json, "candidates.0.customer.points")), 7); /* the walk's row */
	assert_null(bed_find(json, "candidates.1.customer.points"));
	json = bed_ok(bed, bed_by("member", "2", "pop"));
	assert_int_equal(json_integer_value(bed_at(json, "customer.points")), 9);
}

static void row_that_only_mentions_a_customer_is_not_the_customer_s(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(PART("crm", "s0", "0..1", BY("member") BY("phone"), MEMBER
			       COL("phone", "proves=\"phone\" as=\"digits\"") COL("friend", "gives=\"member\"")
			       "<column name=\"points\" type=\"integer\"/>")
			  MAIL_PART, POINTS, "<use path=\"points\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone friend points\n"
			      "1\t01011112222\t2\t7\n2\t01033334444\t\\N\t9\n\n");
	bed_source(bed, "s1", "part mail\nkey email\ncolumns email member\nb@x.kr\t2\n\n");
	json = bed_ok(bed, by_two("phone", "01011112222", "email", "b@x.kr"));
	assert_at(json, "match.outcome", "one");
	assert_int_equal(json_integer_value(bed_at(json, "customer.points")), 9);
	json = bed_ok(bed, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "match.outcome", "many");
	assert_int_equal(json_integer_value(bed_at(json, "candidates.1.customer.points")), 9);
}

#define TWO_PHONES                                                                                     \
	PART("crm", "s0", "0..1", BY("member")                                                         \
	     "<query by=\"phone\">SELECT * FROM t WHERE a = :phone OR b = :phone</query>", MEMBER      \
	     COL("a", "proves=\"phone\" as=\"dashed\"") COL("b", "proves=\"phone\" as=\"dashed\"")     \
	     "<column name=\"points\" type=\"integer\"/>")

static void key_that_two_columns_spell_alike_is_asked_once(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(TWO_PHONES, POINTS, "<use path=\"points\"/>"));
	bed_source(bed, "s0", "part crm\nkey member a b\ncolumns member a b points\n1\t010-1111-2222\t\\N\t7\n\n");
	json = bed_ok(bed, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "match.outcome", "one");
	assert_int_equal(json_integer_value(bed_at(json, "parts.crm.rows")), 1);
}

#define TWO_SPELLINGS                                                                                  \
	PART("crm", "s0", "0..1", BY("member")                                                         \
	     "<query by=\"phone\">SELECT * FROM t WHERE a = :phone OR b = :phone</query>", MEMBER      \
	     COL("a", "proves=\"phone\" as=\"dashed digits\"") COL("b", "proves=\"phone\" as=\"digits\"") \
	     "<column name=\"points\" type=\"integer\"/>")

static void row_that_both_spellings_of_a_key_find_is_one_row(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(TWO_SPELLINGS, POINTS, "<use path=\"points\"/>"));
	bed_source(bed, "s0",
		   "part crm\nkey member a b\ncolumns member a b points\n1\t010-1111-2222\t01011112222\t7\n\n");
	json = bed_ok(bed, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "match.outcome", "one");
	assert_int_equal(json_integer_value(bed_at(json, "parts.crm.rows")), 1);
	assert_null(bed_find(json, "parts.crm.truncated"));
}

static void more_keys_than_may_be_in_play_never_hide_a_customer(void **state)
{
	(void)state;
	bed = bed_new(ODD(PART("card", "s0", "0..1", BY("member"), MEMBER "<column name=\"points\" type=\"integer\"/>")
			  PART("seen", "s1", "0..9", BY("phone"), COL("phone", "proves=\"phone\" as=\"digits\"")
			       COL("email", "gives=\"email\"")) MAIL_PART,
			  "<field path=\"points\" class=\"open\">" FROM("card", "points") "</field>",
			  "<use path=\"points\"/>"));
	bed_source(bed, "s0", "part card\nkey member\ncolumns member points\n1\t7\n2\t9\n\n");
	bed_source(bed, "s1", "part seen\nkey phone\ncolumns phone email\n01011112222\ta@x.kr\n"
			      "01011112222\tb@x.kr\n\n"
			      "part mail\nkey email\ncolumns email member\na@x.kr\t1\nb@x.kr\t2\n\n");
	assert_at(bed_ok(bed, bed_by("phone", "01011112222", "pop")), "match.outcome", "too_many");
}

static void keys_that_lead_to_nothing_shown_are_nobody_s_history(void **state)
{
	static const char seen[] = "part seen\nkey phone\ncolumns phone email\n01011112222\ta@x.kr\n\n";
	char text[512];

	(void)state;
	bed = bed_new(ODD(PART("crm", "s0", "0..1", BY("member") BY("phone"), MEMBER
			       COL("phone", "gives=\"phone\" proves=\"phone\" as=\"digits\""))
			  PART("seen", "s1", "0..9", BY("phone"), COL("phone", "proves=\"phone\" as=\"digits\"")
			       COL("email", "gives=\"email\""))
			  PART("notes", "s1", "0..9", BY("email"), COL("email", "proves=\"email\"") COL("topic", "")),
			  "<field path=\"points\" class=\"open\">" FROM("crm", "phone") "</field>"
			  "<list path=\"notes\" parts=\"notes\" class=\"open\" limit=\"9\">"
			  "<field path=\"topic\"/></list>",
			  "<use path=\"notes\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone\n\n");
	snprintf(text, sizeof(text), "%spart notes\nkey email\ncolumns email topic\na@x.kr\thi\n\n", seen);
	bed_source(bed, "s1", text);
	assert_at(bed_ok(bed, bed_by("phone", "01011112222", "pop")), "match.outcome", "unlinked");
	snprintf(text, sizeof(text), "%spart notes\nkey email\ncolumns email topic\n\n", seen);
	bed_source(bed, "s1", text);
	assert_at(bed_ok(bed, bed_by("phone", "01011112222", "pop")), "match.outcome", "none");
}

#define CALLS(name, source)                                                                            \
	PART(name, source, "0..9", BY("member"), COL("member", "proves=\"member\"")                    \
	     COL("topic", "") "<column name=\"at\" type=\"timestamp\"/>")
#define CONTACTS                                                                                       \
	"<list path=\"contacts\" parts=\"calls chats\" class=\"open\" order=\"at desc\" distinct=\"topic at\" " \
	"limit=\"9\"><field path=\"topic\"/><field path=\"at\"/></list>"

static void found_customer_is_shown_though_all_parts_of_the_view_are_down(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(CRM_PART CALLS("calls", "s1") CALLS("chats", "s1"), POINTS CONTACTS,
			  "<use path=\"contacts\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone points\n1\t01011112222\t7\n\n");
	bed_source(bed, "s1", "fail refused\n");
	json = bed_ok(bed, bed_by("phone", "01011112222", "pop"));
	assert_at(json, "match.outcome", "one");
	assert_true(json_is_false(bed_at(json, "complete")));
	assert_at(json, "parts.calls.reason", "refused");
}

static void empty_half_of_a_list_is_not_an_empty_list(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(CRM_PART CALLS("calls", "s1") CALLS("chats", "s2"), POINTS CONTACTS,
			  "<use path=\"points\"/><use path=\"contacts\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone points\n1\t01011112222\t7\n\n");
	bed_source(bed, "s1", "part calls\nkey member\ncolumns member topic at\n\n");
	bed_source(bed, "s2", "part chats\nfail error\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_null(bed_find(json, "customer.contacts"));
	bed_source(bed, "s2", "part chats\nkey member\ncolumns member topic at\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_int_equal(json_array_size(bed_at(json, "customer.contacts")), 0);
}

static void bad_cell_is_counted_once_however_often_it_is_read(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(CRM_PART CALLS("calls", "s1") CALLS("chats", "s2"), POINTS CONTACTS,
			  "<use path=\"points\"/><use path=\"contacts\"/>"));
	bed_source(bed, "s1", "part calls\nkey member\ncolumns member topic at\n1\ta\tsoon\n"
			      "1\tb\t2026-11-02 09:00:00\n1\ta\t2026-11-01 09:00:00\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_int_equal(json_integer_value(bed_at(json, "parts.calls.warnings.0.cells")), 1);
}

#define TOTAL                                                                                          \
	"<field path=\"points\" class=\"open\" pick=\"sum\">" FROM("crm", "points") FROM("shop", "points") \
	"</field>"
#define SHOP_PART                                                                                      \
	PART("shop", "s1", "0..1", BY("member"), COL("member", "proves=\"member\"")                    \
	     "<column name=\"points\" type=\"integer\"/>")

static void sum_without_one_of_its_parts_is_unknown(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(CRM_PART SHOP_PART, TOTAL, "<use path=\"points\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone points\n1\t01011112222\t7\n\n");
	bed_source(bed, "s1", "part shop\nkey member\ncolumns member points\n1\t5\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_int_equal(json_integer_value(bed_at(json, "customer.points")), 12);
	bed_source(bed, "s1", "part shop\nkey member\ncolumns member points\n1\tfive\n\n");
	assert_null(bed_find(bed_ok(bed, bed_by("member", "1", "pop")), "customer.points"));
	bed_source(bed, "s1", "part shop\nfail error\n");
	assert_null(bed_find(bed_ok(bed, bed_by("member", "1", "pop")), "customer.points"));
}

static void label_of_a_masked_code_is_not_told(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(PART("crm", "s0", "0..1", BY("member") BY("phone"), MEMBER
			       COL("phone", "proves=\"phone\" as=\"digits\"") COL("points", "")),
			  "<field path=\"points\" class=\"phone\" codes=\"tier\">" FROM("crm", "points") "</field>",
			  "<use path=\"points\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone points\n1\t01011112222\t1\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "customer.points", "****");
	assert_null(bed_find(json, "labels"));
}

#define ORDERS_PARTS                                                                                   \
	PART("orders", "s1", "0..9", BY("member"), COL("member", "proves=\"member\"") COL("no", "gives=\"order\"")) \
	PART("notes", "s1", "0..9", BY("member"), COL("member", "proves=\"member\"")                   \
	     COL("no", "proves=\"order\"") COL("note", ""))
#define ORDERS_LIST                                                                                    \
	"<list path=\"orders\" parts=\"orders\" class=\"open\" limit=\"9\"><field path=\"no\"/>"       \
	"<list path=\"notes\" parts=\"notes\" class=\"open\" limit=\"9\"><field path=\"note\"/></list></list>"

static void rows_without_a_key_do_not_join_each_other(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(CRM_PART ORDERS_PARTS, POINTS ORDERS_LIST, "<use path=\"orders\"/>"));
	bed_source(bed, "s0", "part crm\nkey member phone\ncolumns member phone points\n1\t01011112222\t7\n\n");
	bed_source(bed, "s1", "part orders\nkey member\ncolumns member no\n1\tA1\n1\t\\N\n\n"
			      "part notes\nkey member\ncolumns member no note\n1\tA1\tmine\n1\t\\N\tnobody's\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "customer.orders.0.notes.0.note", "mine");
	assert_int_equal(json_array_size(bed_at(json, "customer.orders.0.notes")), 1);
	assert_int_equal(json_array_size(bed_at(json, "customer.orders.1.notes")), 0);
}

#define TICKETS_PART                                                                                   \
	PART("tickets", "s1", "0..9", BY("phone"), COL("phone", "proves=\"phone\" as=\"digits\"")      \
	     COL("member", "gives=\"member\"") COL("topic", ""))
#define TICKETS_LIST                                                                                   \
	"<list path=\"tickets\" parts=\"tickets\" class=\"open\" limit=\"9\"><field path=\"topic\"/></list>"

static void row_of_another_customer_with_the_same_phone_is_not_shown(void **state)
{
	json_t *json;

	(void)state;
	bed = bed_new(ODD(PART("crm", "s0", "0..1", BY("member"), MEMBER
			       COL("phone", "gives=\"phone\"") "<column name=\"points\" type=\"integer\"/>")
			  TICKETS_PART, POINTS TICKETS_LIST, "<use path=\"points\"/><use path=\"tickets\"/>"));
	bed_source(bed, "s0", "part crm\nkey member\ncolumns member phone points\n1\t01011112222\t7\n\n");
	bed_source(bed, "s1", "part tickets\nkey phone\ncolumns phone member topic\n01011112222\t1\tmine\n"
			      "01011112222\t2\ttheirs\n01011112222\t\\N\tanonymous\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_int_equal(json_array_size(bed_at(json, "customer.tickets")), 2);
	assert_at(json, "customer.tickets.0.topic", "mine");
	assert_at(json, "customer.tickets.1.topic", "anonymous");
}

static void run_that_never_began_took_no_time(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");

	(void)state;
	bed = bed_new(FLOW_MAPPING);
	bed_source(bed, "s0", CRM);
	bed_source(bed, "s2", "part link\nhang\n");
	ask.budget_ms = 500;
	assert_int_equal(json_integer_value(bed_at(bed_ok(bed, ask), "parts.pages.took_ms")), 0);
}

#define ODD_STORY(f) cmocka_unit_test_teardown(f, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_STORY(what_is_shown_of_candidates_is_asked_for_all_of_them),
		ODD_STORY(candidates_are_not_asked_together_of_a_query_that_mixes_them),
		ODD_STORY(row_that_only_mentions_a_customer_is_not_the_customer_s),
		ODD_STORY(key_that_two_columns_spell_alike_is_asked_once),
		ODD_STORY(row_that_both_spellings_of_a_key_find_is_one_row),
		ODD_STORY(more_keys_than_may_be_in_play_never_hide_a_customer),
		ODD_STORY(keys_that_lead_to_nothing_shown_are_nobody_s_history),
		ODD_STORY(found_customer_is_shown_though_all_parts_of_the_view_are_down),
		ODD_STORY(empty_half_of_a_list_is_not_an_empty_list),
		ODD_STORY(bad_cell_is_counted_once_however_often_it_is_read),
		ODD_STORY(sum_without_one_of_its_parts_is_unknown),
		ODD_STORY(label_of_a_masked_code_is_not_told),
		ODD_STORY(rows_without_a_key_do_not_join_each_other),
		ODD_STORY(row_of_another_customer_with_the_same_phone_is_not_shown),
		ODD_STORY(run_that_never_began_took_no_time),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
