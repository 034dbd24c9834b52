/* test_flow_recall.c - whole answers that are kept as bytes: they are those of a fresh answer, for the same question of
 * somebody with the same rights, and only while every copy stands. The clock stands where the test puts it. */
#include <ctype.h>
#include <stdlib.h>

#include "cache/shelf.h"
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define KEPT_PARTS                                                                                             \
	"<part name=\"crm\" source=\"s0\" rows=\"0..3\" deadline=\"400ms\" ttl=\"30s\" stale=\"10m\">"         \
	"<query by=\"member\">" IN("member") "</query><query by=\"phone\">" IN("phone") "</query>"             \
	COL("member", "gives=\"member\" proves=\"member\"") COL("phone", "proves=\"phone\" as=\"digits\"")     \
	COL("email", "") COL("name", "") COL("grade", "") COL("rrn", "")                                       \
	"<column name=\"upd\" type=\"timestamp\" as-of=\"true\"/></part>"                                      \
	"<part name=\"orders\" source=\"s1\" rows=\"0..20\" deadline=\"200ms\" ttl=\"20s\" stale=\"1m\">"      \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "proves=\"member\"") COL("no", "")       \
	"<column name=\"at\" type=\"timestamp\"/></part>"
#define KEPT_FIELDS                                                                                            \
	"<field path=\"name\" class=\"name\">" FROM("crm", "name") "</field>"                                  \
	"<field path=\"rrn\" class=\"secret\">" FROM("crm", "rrn") "</field>"                                  \
	"<field path=\"tier\" class=\"open\" codes=\"tier\">" FROM("crm", "grade") "</field>"                  \
	"<list path=\"orders\" parts=\"orders\" class=\"open\" order=\"at desc\" limit=\"2\">"                 \
	"<field path=\"no\">" FROM("orders", "no") "</field><field path=\"at\"/></list>"                       \
	"<timeline path=\"journey\" limit=\"9\"><of list=\"orders\" at=\"at\" only=\"no\"/></timeline>"
#define KEPT_VIEWS                                                                                             \
	"<view name=\"candidate\" by=\"phone\" budget=\"900ms\"><use path=\"name\"/></view>"                   \
	"<view name=\"pop\" by=\"member phone\" budget=\"2s\"><use path=\"name\"/><use path=\"rrn\"/>"         \
	"<use path=\"tier\"/><use path=\"orders\"/></view>"                                                    \
	"<view name=\"full\" by=\"member phone\" budget=\"2s\"><use view=\"pop\"/><use path=\"journey\"/></view>" \
	"<view name=\"routing\" by=\"phone\" budget=\"900ms\" shape=\"flat\">"                                 \
	"<use path=\"tier\" as=\"Tier\" default=\"BASE\"/></view>"                                             \
	"<view name=\"cnam\" by=\"phone\" budget=\"900ms\" shape=\"flat\">"                                    \
	"<use path=\"name\" as=\"Name\" default=\"Guest\"/></view>"                                            \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/><mask class=\"name phone\"/></policy>" \
	"<policy role=\"agent\" purpose=\"audit\"><show class=\"open\"/></policy>"                             \
	"<policy role=\"boss\" purpose=\"service\"><show class=\"open name phone secret\"/></policy>"
#define KEPT_MAPPING                                                                                           \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS KEPT_PARTS KEPT_FIELDS KEPT_VIEWS \
	"</mapping>"

static const int64_t noon_ms = INT64_C(1800000000000);

static int start(void **state)
{
	struct bed *bed = bed_new(KEPT_MAPPING);

	bed_source(bed, "s0", CRM);
	bed_source(bed, "s1", WAREHOUSE_ORDERS);
	bed_refused(bed, bed_by("phone", "01011112222", "none"), 400); /* it is open now */
	bed_lane(bed)->still_ms = noon_ms;
	*state = bed;
	return 0;
}

static struct ask pop(void)
{
	return bed_by("phone", "01011112222", "pop");
}

static struct ask flat(const char *view, enum format format)
{
	struct ask ask = bed_by("phone", "01011112222", view);

	ask.flat = true;
	ask.format = format;
	return ask;
}

/* Was the answer, which must be there, kept whole? */
static bool recalled(struct bed *bed, struct ask ask)
{
	const struct reply *reply = bed_reply(bed, &ask);

	assert_int_equal(reply->status, 200);
	return reply->rendered;
}

/* Ask until it is kept: live, then from copies. */
static void keep(struct bed *bed, struct ask ask)
{
	assert_false(recalled(bed, ask));
	assert_false(recalled(bed, ask));
	assert_true(recalled(bed, ask));
}

/* How long something took stands here: what is written anew took a while on a busy machine. */
static bool is_duration(const char *from)
{
	static const char *const names[] = { "\"took_ms\":", "<took_ms>" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strncmp(from, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The body with all sealed ids and durations alike; the caller frees it. */
static char *body_of(struct bed *bed, struct ask ask)
{
	char *body = strdup(bed_reply(bed, &ask)->body), *to = body;

	for (const char *from = body; *from;) {
		size_t sealed = strncmp(from, "c.", 2) == 0 ? strspn(from + 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								     "abcdefghijklmnopqrstuvwxyz0123456789-_") : 0;

		if (is_duration(from)) {
			while (!isdigit((unsigned char)*from))
				*to++ = *from++;
			from += strspn(from, "0123456789");
			continue;
		}
		*to++ = *from++;
		from += sealed > 40 ? sealed + 1 : 0;
	}
	*to = '\0';
	return body;
}

static void forget(struct bed *bed)
{
	shelf_flush(service_rendered(bed_lane(bed)->service));
}

/* Some time later the kept bytes are those that are written anew, but for seals. */
static void same_as_fresh(struct bed *bed, struct ask ask, int64_t later_ms)
{
	char *kept, *fresh, etag[32];
	const struct reply *reply;

	bed_lane(bed)->still_ms = noon_ms + later_ms;
	assert_true(recalled(bed, ask));
	kept = body_of(bed, ask);
	reply = bed_reply(bed, &ask);
	assert_int_equal(reply->len, strlen(reply->body));
	assert_in_range(reply->age_s, later_ms / 1000, later_ms / 1000 + 1);
	assert_true(reply->complete && reply->from_cache);
	strcpy(etag, reply->etag);
	forget(bed);
	assert_false(recalled(bed, ask));
	forget(bed);
	fresh = body_of(bed, ask);
	assert_string_equal(kept, fresh);
	forget(bed);
	assert_string_equal(bed_reply(bed, &ask)->etag, etag);
	bed_lane(bed)->still_ms = noon_ms;
	free(kept);
	free(fresh);
}

static void same_at_all_times(struct bed *bed, struct ask ask)
{
	static const int64_t later_ms[] = { 0, 9, 10, 1000, 4321 };

	recalled(bed, ask); /* its copies are there now */
	for (size_t t = 0; t < ARRAY_LEN(later_ms); t++) {
		recalled(bed, ask);
		same_as_fresh(bed, ask, later_ms[t]);
		forget(bed);
	}
}

static void kept_bytes_are_those_of_a_fresh_answer(void **state)
{
	struct ask ask = pop();

	same_at_all_times(*state, ask);
	ask.format = FORMAT_XML;
	same_at_all_times(*state, ask);
	ask.provenance = true;
	same_at_all_times(*state, ask);
	same_at_all_times(*state, bed_by("phone", "01033334444", "pop")); /* many */
	same_at_all_times(*state, bed_by("phone", "01055556666", "pop")); /* none: kept for 5 s */
	same_at_all_times(*state, flat("routing", FORMAT_JSON));
	same_at_all_times(*state, flat("routing", FORMAT_XML));
	same_at_all_times(*state, flat("routing", FORMAT_FORM));
	same_at_all_times(*state, flat("routing", FORMAT_TEXT));
	same_at_all_times(*state, flat("cnam", FORMAT_LINE));
}

static void no_other_question_is_answered_by_it(void **state)
{
	struct ask others[10];
	size_t n = 0;

	keep(*state, pop());
	for (; n < ARRAY_LEN(others); n++)
		others[n] = pop();
	others[0].role = STR("boss");
	others[1].purpose = STR("audit");
	others[2].lang = STR("ko");
	others[3].fields = STR("tier");
	others[4].parts = STR("crm");
	others[5].view = STR("full");
	others[6].provenance = true;
	others[7].budget_ms = 300;
	others[8].format = FORMAT_XML;
	others[9].strict = true;
	for (size_t i = 0; i < n; i++) {
		assert_false(recalled(*state, others[i]));
		assert_true(recalled(*state, others[i])); /* all its copies were there */
		assert_true(recalled(*state, pop()));
	}
	assert_false(recalled(*state, bed_by("phone", "01055556666", "pop")));
	assert_false(recalled(*state, bed_by("member", "1", "pop")));
}

static void what_is_not_asked_for_or_not_whole_is_not_kept(void **state)
{
	struct bed *bed = *state;
	struct ask ask = pop();

	keep(bed, pop());
	ask.no_cache = true;
	assert_false(recalled(bed, ask));
	forget(bed);
	ask = pop();
	ask.no_store = true;
	assert_false(recalled(bed, ask));
	assert_false(recalled(bed, ask));
	ask = pop();
	ask.explain = true;
	assert_false(recalled(bed, ask));
	assert_false(recalled(bed, ask));
	bed_source(bed, "s1", "");
	bed_lane(bed)->still_ms = noon_ms + 25000; /* orders fail: a stale copy stands in */
	assert_false(recalled(bed, pop()));
	assert_false(recalled(bed, pop()));
	bed_lane(bed)->still_ms = noon_ms + 120000; /* they are missing */
	assert_false(recalled(bed, pop()));
	assert_false(recalled(bed, pop()));
}

static void committed(struct cache_change *change, const struct err *err)
{
	assert_int_equal(err->cls, ERR_NONE);
	assert_true(change->whole || change->removed > 0);
}

static void change(struct bed *bed, struct cache_change change)
{
	change.tenant = STR("t");
	change.done = committed;
	cache_invalidate(bed_lane(bed)->cache, &change);
}

static void a_change_ends_it(void **state)
{
	struct bed *bed = *state;
	struct cache_change change_of = { 0 };
	struct str salt = service_salt(bed_lane(bed)->service);

	keep(bed, pop());
	cache_name_make(&change_of.name, STR("t"), salt, STR("member"), STR("1"));
	change(bed, change_of);
	keep(bed, pop());
	cache_name_make(&change_of.name, STR("t"), salt, STR("phone"), STR("+821011112222"));
	change(bed, change_of);
	assert_false(recalled(bed, pop()));
	assert_false(recalled(bed, pop())); /* one copy is of now */
	assert_true(recalled(bed, pop()));
	change_of.whole = true;
	cache_whole_make(&change_of.name, CACHE_SOURCE, STR("s1"));
	change(bed, change_of);
	assert_false(recalled(bed, pop()));
}

static void it_ends_with_the_copy_that_ends_first(void **state)
{
	struct bed *bed = *state;

	keep(bed, pop());
	bed_lane(bed)->still_ms = noon_ms + 19000;
	assert_true(recalled(bed, pop()));
	bed_lane(bed)->still_ms = noon_ms + 20000;
	assert_false(recalled(bed, pop()));
	assert_false(recalled(bed, pop())); /* one copy is younger now */
	assert_true(recalled(bed, pop()));
	bed_lane(bed)->still_ms = noon_ms + 30000;
	assert_false(recalled(bed, pop()));
}

static void a_clock_set_back_is_not_believed(void **state)
{
	keep(*state, pop());
	bed_lane(*state)->still_ms = noon_ms - 1;
	assert_false(recalled(*state, pop()));
}

static void the_question_may_want_younger_copies(void **state)
{
	struct bed *bed = *state;
	struct ask ask = pop();

	keep(bed, pop());
	bed_lane(bed)->still_ms = noon_ms + 5500;
	ask.has_max_age = true;
	ask.max_age_s = 6;
	ask.min_fresh_s = 14;
	assert_true(recalled(bed, ask));
	ask.min_fresh_s = 15;
	assert_false(recalled(bed, ask));
	ask.min_fresh_s = 0;
	ask.max_age_s = 4;
	assert_false(recalled(bed, ask));
}

static void no_other_mapping_is_answered_by_it(void **state)
{
	struct bed *bed = *state;

	keep(bed, pop());
	assert_true(bed_reload(bed, KEPT_MAPPING)); /* the same words, perhaps another database */
	assert_false(recalled(bed, pop()));
	assert_true(recalled(bed, pop()));
	assert_true(bed_reload(bed, "<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS KEPT_PARTS
				    KEPT_FIELDS "<view name=\"pop\" by=\"member phone\" budget=\"2s\">"
				    "<use path=\"tier\"/></view><policy role=\"agent\" purpose=\"service\">"
				    "<show class=\"open\"/></policy></mapping>"));
	assert_null(bed_find(bed_ok(bed, pop()), "customer.name"));
}

/* What is known of the kept answer for those who ask again; it lives until the next question. */
static const struct repeat *repeat_of(struct bed *bed)
{
	struct ask ask = pop();
	const struct reply *reply;

	ask.repeats = true;
	reply = bed_reply(bed, &ask);
	assert_true(reply->rendered);
	return reply->repeat;
}

/* In how many ms one of its copies is another second old, or good for another second. */
static int64_t next_second_ms(struct bed *bed)
{
	json_t *part, *parts = bed_at(bed_ok(bed, pop()), "parts");
	int64_t next_ms = 1000;
	const char *name;

	json_object_foreach(parts, name, part) {
		int64_t left_ms = 1000 - json_integer_value(bed_at(part, "age_ms")) % 1000;

		next_ms = left_ms < next_ms ? left_ms : next_ms;
	}
	return next_ms;
}

/* The answer at noon and some ms may be told again until then. */
static void ends_with_its_second(struct bed *bed, int64_t later_ms)
{
	const struct repeat *repeat;
	int64_t left_ms;

	bed_lane(bed)->still_ms = noon_ms + later_ms;
	left_ms = next_second_ms(bed);
	repeat = repeat_of(bed);
	assert_true(repeat_holds(repeat, clock_mono_us()));
	bed_lane(bed)->still_ms = noon_ms + later_ms + left_ms - 1;
	assert_true(repeat_holds(repeat, clock_mono_us()));
	bed_lane(bed)->still_ms = noon_ms + later_ms - 1; /* set back */
	assert_false(repeat_holds(repeat, clock_mono_us()));
	bed_lane(bed)->still_ms = noon_ms + later_ms + left_ms;
	assert_false(repeat_holds(repeat, clock_mono_us()));
	assert_true(repeat_is_over(repeat));
}

static void what_is_kept_may_be_told_again_within_its_second(void **state)
{
	struct bed *bed = *state;
	struct ask ask = pop();

	keep(bed, bed_by("phone", "01011112222", "candidate"));
	bed_lane(bed)->still_ms = noon_ms + 600;
	ask.repeats = true;
	assert_null(bed_reply(bed, &ask)->repeat); /* live */
	assert_null(bed_reply(bed, &ask)->repeat);
	ask.repeats = false;
	assert_null(bed_reply(bed, &ask)->repeat); /* nobody wants it */
	ends_with_its_second(bed, 1300); /* the oldest copy is another second old */
	ends_with_its_second(bed, 2400); /* the one that ends first is good for another second */
}

static void a_change_ends_what_is_told_again(void **state)
{
	struct bed *bed = *state;
	struct cache_change change_of = { .whole = true };
	const struct repeat *repeat;

	keep(bed, pop());
	repeat = repeat_of(bed);
	cache_whole_make(&change_of.name, CACHE_SOURCE, STR("s1"));
	assert_true(repeat_holds(repeat, clock_mono_us()));
	change(bed, change_of);
	assert_false(repeat_holds(repeat, clock_mono_us()));
	keep(bed, pop());
	repeat = repeat_of(bed);
	assert_true(bed_reload(bed, KEPT_MAPPING));
	assert_false(repeat_holds(repeat, clock_mono_us()));
	assert_true(repeat_is_over(repeat));
}

static uint64_t counted(struct bed *bed, size_t which)
{
	const struct world *world = service_world(bed_lane(bed)->service);
	uint64_t n = counters_sum(world->view_meters[catalog_view(world->cat, STR("pop"))->index], which);

	world_unref(&world);
	return n;
}

static void what_is_told_again_is_counted(void **state)
{
	struct bed *bed = *state;
	const struct repeat *repeat;

	keep(bed, pop());
	repeat = repeat_of(bed);
	assert_int_equal(counted(bed, VIEW_RENDERED), 2);
	assert_int_equal(counted(bed, VIEW_COMPLETE), 4);
	repeat_count(repeat, 200, 7);
	repeat_count(repeat, 304, 7);
	assert_int_equal(counted(bed, VIEW_RENDERED), 4);
	assert_int_equal(counted(bed, VIEW_COMPLETE), 5);
	assert_int_equal(counted(bed, VIEW_OTHERS + meter_status(304)), 1);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, bed_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(kept_bytes_are_those_of_a_fresh_answer),
		STORY(no_other_question_is_answered_by_it),
		STORY(what_is_not_asked_for_or_not_whole_is_not_kept),
		STORY(a_change_ends_it),
		STORY(it_ends_with_the_copy_that_ends_first),
		STORY(a_clock_set_back_is_not_believed),
		STORY(the_question_may_want_younger_copies),
		STORY(no_other_mapping_is_answered_by_it),
		STORY(what_is_kept_may_be_told_again_within_its_second),
		STORY(a_change_ends_what_is_told_again),
		STORY(what_is_told_again_is_counted),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
