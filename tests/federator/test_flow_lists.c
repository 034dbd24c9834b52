/* test_flow_lists.c - the items of lists: merged from several parts, ordered, made distinct, limited. */
#include <stdio.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define CONTACTS(name, source)                                                                                 \
	"<part name=\"" name "\" source=\"" source "\" rows=\"0..20\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">" \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"") COL("id", "")        \
	"<column name=\"at\" type=\"timestamp\"/><column name=\"n\" type=\"integer\"/></part>"
#define LISTS_OF(attributes, inside)                                                                           \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS                                   \
	"<part name=\"crm\" source=\"s0\" rows=\"0..1\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"           \
	"<query by=\"member\">" IN("member") "</query>"                                                        \
	COL("member", "gives=\"member\" proves=\"member\"") "</part>"                                          \
	"<field path=\"member\" class=\"open\">" FROM("crm", "member") "</field>"                              \
	CONTACTS("calls", "s1") CONTACTS("chats", "s2")                                                        \
	"<list path=\"contacts\" parts=\"calls chats\" class=\"open\" " attributes ">"                         \
	inside "</list>"                                                                                       \
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"member\"/><use path=\"contacts\"/></view>" \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define LISTS(attributes) \
	LISTS_OF(attributes, "<field path=\"id\"/><field path=\"at\"/><field path=\"n\"/>")
#define PLAIN(attributes, column) \
	LISTS_OF(attributes, "<item>" FROM("calls", column) FROM("chats", column) "</item>")
#define HEAD(part) "part " part "\nkey member\ncolumns member id at n\n"

/* The ids of the list's items, "a b c". */
static void assert_ids(const char *mapping, const char *calls, const char *chats, const char *wanted, bool more)
{
	struct bed *bed = bed_new(mapping);
	char ids[256] = "";
	json_t *json, *item;
	size_t i;

	bed_source(bed, "s0", "part crm\nkey member\ncolumns member\n1\n\n");
	bed_source(bed, "s1", calls);
	bed_source(bed, "s2", chats);
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	json_array_foreach(bed_at(json, "customer.contacts"), i, item) {
		if (json_is_object(item))
			item = json_object_get(item, "id");
		snprintf(ids + strlen(ids), sizeof(ids) - strlen(ids), "%s%s", i ? " " : "",
			 json_is_null(item) ? "null" : json_string_value(item));
	}
	assert_string_equal(ids, wanted);
	assert_int_equal(bed_find(json, "parts.calls.more") || bed_find(json, "parts.chats.more"), more);
	bed_free(&bed);
}

static void without_an_order_items_stay_as_the_parts_gave_them(void **state)
{
	(void)state;
	assert_ids(LISTS("limit=\"9\""), HEAD("calls") "1\tb\t\\N\t2\n1\ta\t\\N\t1\n\n",
		   HEAD("chats") "1\td\t\\N\t4\n1\tc\t\\N\t3\n\n", "b a d c", false);
}

static void order_goes_across_parts_and_both_ways(void **state)
{
	static const char calls[] = HEAD("calls") "1\ta\t2026-11-01 09:00:00\t10\n1\tc\t2026-11-03 09:00:00\t9\n\n";
	/* s2 is in UTC: one o'clock there is ten in Seoul */
	static const char chats[] = HEAD("chats") "1\tb\t2026-11-01 01:00:00\t-1\n1\td\t2026-11-03 00:30:00\t100\n\n";

	(void)state;
	assert_ids(LISTS("order=\"at desc\" limit=\"9\""), calls, chats, "d c b a", false);
	assert_ids(LISTS("order=\"at\" limit=\"9\""), calls, chats, "a b c d", false);
	assert_ids(LISTS("order=\"n\" limit=\"9\""), calls, chats, "b c a d", false); /* as numbers: 9 before 10 */
}

static void plain_values_are_ordered_and_made_distinct_by_themselves(void **state)
{
	static const char calls[] = HEAD("calls") "1\tb\t2026-11-01 09:00:00\t1\n1\ta\t\\N\t1\n\n";
	static const char chats[] = HEAD("chats") "1\tc\t2026-11-01 01:00:00\t1\n1\ta\t\\N\t1\n\n";

	(void)state;
	assert_ids(PLAIN("limit=\"9\"", "id"), calls, chats, "b a c a", false);
	assert_ids(PLAIN("order=\"item\" limit=\"9\"", "id"), calls, chats, "a a b c", false);
	assert_ids(PLAIN("order=\"item desc\" distinct=\"item\" limit=\"2\"", "id"), calls, chats, "c b", true);
	assert_ids(PLAIN("distinct=\"item\" limit=\"9\"", "id"), calls, chats, "b a c", false);
	assert_ids(PLAIN("order=\"item desc\" limit=\"2\"", "at"), calls, chats,
		   "2026-11-01T01:00:00Z 2026-11-01T09:00:00+09:00", true);
}

static void what_has_no_time_comes_last_either_way(void **state)
{
	static const char calls[] = HEAD("calls") "1\tx\t\\N\t1\n1\ta\t2026-11-01 09:00:00\t1\n1\ty\tsoon\t1\n\n";
	static const char chats[] = HEAD("chats") "1\tb\t2026-11-02 00:00:00\t1\n\n";

	(void)state;
	assert_ids(LISTS("order=\"at desc\" limit=\"9\""), calls, chats, "b a x y", false);
	assert_ids(LISTS("order=\"at asc\" limit=\"9\""), calls, chats, "a b x y", false);
}

static void ties_keep_the_order_of_parts_and_rows(void **state)
{
	static const char calls[] = HEAD("calls") "1\tb\t2026-11-01 09:00:00\t1\n1\ta\t2026-11-01 09:00:00\t1\n\n";
	static const char chats[] = HEAD("chats") "1\td\t2026-11-01 00:00:00\t1\n1\tc\t2026-11-01 00:00:00\t1\n\n";

	(void)state;
	assert_ids(LISTS("order=\"at desc\" limit=\"9\""), calls, chats, "b a d c", false);
	assert_ids(LISTS("order=\"at asc\" limit=\"9\""), calls, chats, "b a d c", false);
}

static void limit_keeps_the_first_and_says_more(void **state)
{
	static const char calls[] = HEAD("calls") "1\ta\t\\N\t1\n1\tb\t\\N\t2\n1\tc\t\\N\t3\n\n";

	(void)state;
	assert_ids(LISTS("order=\"n desc\" limit=\"2\""), calls, HEAD("chats") "\n", "c b", true);
	assert_ids(LISTS("order=\"n desc\" limit=\"3\""), calls, HEAD("chats") "\n", "c b a", false);
}

static void distinct_keeps_the_first_in_order_and_never_joins_nulls(void **state)
{
	static const char calls[] = HEAD("calls") "1\ta\t2026-11-01 09:00:00\t1\n1\tb\t2026-11-02 09:00:00\t1\n"
						  "1\tc\t2026-11-03 09:00:00\t\\N\n1\td\t2026-11-04 09:00:00\t\\N\n\n";
	static const char chats[] = HEAD("chats") "1\te\t2026-11-05 00:00:00\t1\n1\tf\t2026-11-06 00:00:00\t2\n\n";

	(void)state;
	assert_ids(LISTS("order=\"at desc\" limit=\"9\" distinct=\"n\""), calls, chats, "f e d c", false);
	assert_ids(LISTS("order=\"at asc\" limit=\"9\" distinct=\"n\""), calls, chats, "a c d f", false);
	assert_ids(LISTS("order=\"at asc\" limit=\"2\" distinct=\"n\""), calls, chats, "a c", true);
}

#define TYPES                                                                                                      \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS                                       \
	"<codes name=\"grade\"><code is=\"GOLD\" from=\"7 g\"/><code is=\"SILVER\" from=\"5 s\"/>"                 \
	"<code is=\"BRONZE\" from=\"6\"/></codes>"                                                                 \
	"<part name=\"crm\" source=\"s0\" rows=\"0..1\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"               \
	"<query by=\"member\">" IN("member") "</query>"                                                            \
	COL("member", "gives=\"member\" proves=\"member\"") "</part>"                                              \
	"<field path=\"member\" class=\"open\">" FROM("crm", "member") "</field>" ROWS("calls", "s1")               \
	ROWS("chats", "s2")
#define ROWS(name, source)                                                                                      \
	"<part name=\"" name "\" source=\"" source "\" rows=\"0..20\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"  \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"") COL("id", "")           \
	COL("grade", "") "<column name=\"at\" type=\"timestamp\"/><column name=\"day\" type=\"date\"/>"            \
	"<column name=\"n\" type=\"decimal\"/></part>"
#define TYPED_LIST(attributes)                                                                                  \
	TYPES "<list path=\"contacts\" parts=\"calls chats\" class=\"open\" limit=\"9\" " attributes ">"           \
	      "<field path=\"id\"/><field path=\"grade\" codes=\"grade\"/><field path=\"at\"/><field path=\"day\"/>"   \
	      "<field path=\"n\"/></list>"                                                                          \
	      "<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"member\"/><use path=\"contacts\"/></view>" \
	      "<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"
#define TYPED(part) "part " part "\nkey member\ncolumns member id grade at day n\n"
#define GRADE(id, grade) "1\t" id "\t" grade "\t\\N\t\\N\t\\N\n"
#define AT(id, at) "1\t" id "\t\\N\t" at "\t\\N\t\\N\n"
#define DAY(id, day) "1\t" id "\t\\N\t\\N\t" day "\t\\N\n"
#define N(id, n) "1\t" id "\t\\N\t\\N\t\\N\t" n "\n"

static void codes_are_ordered_by_rank_and_others_after_them(void **state)
{
	static const char calls[] = TYPED("calls") GRADE("a", "6") GRADE("b", "9") GRADE("c", "s") GRADE("d", "7")
		"\n";
	static const char chats[] = TYPED("chats") GRADE("e", "\\N") GRADE("f", "10") GRADE("g", "5") GRADE("h", "g")
		"\n";

	(void)state;
	assert_ids(TYPED_LIST("order=\"grade\""), calls, chats, "d h c g a f b e", false);
	assert_ids(TYPED_LIST("order=\"grade desc\""), calls, chats, "a c g d h b f e", false);
}

static void distinct_goes_by_the_code_that_is_shown(void **state)
{
	static const char calls[] = TYPED("calls") GRADE("a", "7") GRADE("b", "g") GRADE("c", "8") GRADE("d", "GOLD")
		"\n";
	static const char chats[] = TYPED("chats") GRADE("e", "8") GRADE("f", "SILVER") GRADE("g", "5") "\n";

	(void)state;
	assert_ids(TYPED_LIST("distinct=\"grade\""), calls, chats, "a c f", false);
}

static void distinct_compares_moments_days_and_amounts_not_their_texts(void **state)
{
	(void)state; /* s1 is in Seoul, s2 in UTC */
	assert_ids(TYPED_LIST("distinct=\"at\""),
		   TYPED("calls") AT("a", "2026-11-02 09:00:00") AT("b", "2026-11-02 00:00:00") "\n",
		   TYPED("chats") AT("c", "2026-11-02 00:00:00.000") AT("d", "2026-11-02 00:00:00.000001") "\n",
		   "a b d", false);
	assert_ids(TYPED_LIST("distinct=\"day\""), TYPED("calls") DAY("a", "2026-11-02") "\n",
		   TYPED("chats") DAY("b", "2026-11-02") DAY("c", "2026-11-01") "\n", "a c", false);
	assert_ids(TYPED_LIST("distinct=\"n\""), TYPED("calls") N("a", "1.0") N("b", "10") "\n",
		   TYPED("chats") N("c", "1.00") N("d", "1") N("e", "1.01") "\n", "a b e", false);
	assert_ids(TYPED_LIST("distinct=\"id\""), TYPED("calls") N("a", "1") N("A", "1") "\n",
		   TYPED("chats") N("a ", "1") N("a", "1") "\n", "a A a ", false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_an_order_items_stay_as_the_parts_gave_them),
		cmocka_unit_test(order_goes_across_parts_and_both_ways),
		cmocka_unit_test(plain_values_are_ordered_and_made_distinct_by_themselves),
		cmocka_unit_test(what_has_no_time_comes_last_either_way),
		cmocka_unit_test(ties_keep_the_order_of_parts_and_rows),
		cmocka_unit_test(limit_keeps_the_first_and_says_more),
		cmocka_unit_test(distinct_keeps_the_first_in_order_and_never_joins_nulls),
		cmocka_unit_test(codes_are_ordered_by_rank_and_others_after_them),
		cmocka_unit_test(distinct_goes_by_the_code_that_is_shown),
		cmocka_unit_test(distinct_compares_moments_days_and_amounts_not_their_texts),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
