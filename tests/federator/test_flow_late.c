/* test_flow_late.c - answers that leave without a part, its late rows, and questions that wait for one fetch. The
 * sources stand still until the test lets them answer: they are the linker's wrap of adapter_queue(). */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"

enum { MANY = 500, FETCHES_MOST = 2 * MANY };

static const char mapping[] =
	"<mapping xmlns=\"urn:federator:mapping:1\">"
	"<source name=\"s0\" connect=\"secret:s0\" dialect=\"sqlite\" zone=\"UTC\" pool=\"2\"/>"
	"<key name=\"member\" role=\"identity\" type=\"integer\"/><class name=\"open\"/>"
	"<part name=\"slow\" source=\"s0\" rows=\"0..1\" deadline=\"1ms\" cap=\"10m\" ttl=\"1m\" stale=\"0s\">"
	"<query by=\"member\">SELECT member, name FROM t WHERE member = :member</query>"
	"<column name=\"member\" type=\"text\" proves=\"member\"/><column name=\"name\" type=\"text\"/></part>"
	"<part name=\"calm\" source=\"s0\" rows=\"0..1\" deadline=\"5m\" cap=\"10m\" ttl=\"1m\" stale=\"1m\">"
	"<query by=\"member\">SELECT member, alias FROM t WHERE member = :member</query>"
	"<column name=\"member\" type=\"text\" proves=\"member\"/><column name=\"alias\" type=\"text\"/></part>"
	"<part name=\"now\" source=\"s0\" rows=\"0..1\" deadline=\"5m\" cap=\"10m\" ttl=\"0s\" stale=\"0s\">"
	"<query by=\"member\">SELECT member, mood FROM t WHERE member = :member</query>"
	"<column name=\"member\" type=\"text\" proves=\"member\"/><column name=\"mood\" type=\"text\"/></part>"
	"<part name=\"old\" source=\"s0\" rows=\"0..1\" deadline=\"1ms\" cap=\"10m\" ttl=\"0s\" stale=\"10m\">"
	"<query by=\"member\">SELECT member, title FROM t WHERE member = :member</query>"
	"<column name=\"member\" type=\"text\" proves=\"member\"/><column name=\"title\" type=\"text\"/></part>"
	"<field path=\"title\" class=\"open\"><from part=\"old\" column=\"title\"/></field>"
	"<field path=\"name\" class=\"open\"><from part=\"slow\" column=\"name\"/></field>"
	"<field path=\"alias\" class=\"open\"><from part=\"calm\" column=\"alias\"/></field>"
	"<field path=\"mood\" class=\"open\"><from part=\"now\" column=\"mood\"/></field>"
	"<view name=\"slow\" by=\"member\" budget=\"9m\"><use path=\"name\"/></view>"
	"<view name=\"calm\" by=\"member\" budget=\"9m\"><use path=\"alias\"/></view>"
	"<view name=\"now\" by=\"member\" budget=\"9m\"><use path=\"mood\"/></view>"
	"<view name=\"two\" by=\"member\" budget=\"9m\"><use path=\"alias\"/><use path=\"mood\"/></view>"
	"<view name=\"both\" by=\"member\" budget=\"9m\"><use path=\"alias\"/><use path=\"name\"/></view>"
	"<view name=\"old\" by=\"member\" budget=\"9m\"><use path=\"title\"/></view>"
	"<view name=\"routing\" by=\"member\" budget=\"9m\" shape=\"flat\">"
	"<use path=\"title\" as=\"Title\" default=\"none\"/></view>"
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";

struct question {
	struct reply reply;
	struct story *story;
	bool answered;
	json_t *json;
};

static struct story {
	struct bed *bed;
	struct fetch *asked[FETCHES_MOST]; /* by the order in which they were asked; NULL: answered */
	size_t n_asked;
	struct question questions[MANY + 8];
	size_t n_questions;
	size_t open; /* not yet answered */
} story;

bool __wrap_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err);
bool __wrap_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err)
{
	(void)ad;
	(void)err;
	assert_true(story.n_asked < FETCHES_MOST);
	story.asked[story.n_asked++] = f;
	return true;
}

/* Rows of a customer: every cell says whose it is. */
static const struct rows *rows_of(const struct fetch *f, struct str member, uint32_t n)
{
	struct rows *rows = arena_new_of(f->mem, struct rows);
	struct str *cells = arena_array_of(f->mem, struct str, n * f->n_columns);

	*rows = (struct rows){ .n_rows = n, .n_cols = f->n_columns, .cells = cells };
	for (uint32_t i = 0; i < n * f->n_columns; i++)
		cells[i] = i % f->n_columns ? arena_printf(f->mem, "of %.*s, %u", STR_ARG(member), i / f->n_columns)
					    : member;
	return rows;
}

/* Take the i-th fetch that was asked. */
static struct fetch *take(size_t i)
{
	struct fetch *f = story.asked[i];

	assert_true(i < story.n_asked);
	assert_non_null(f);
	story.asked[i] = NULL;
	f->begun_us = f->ended_us = clock_mono_us();
	return f;
}

/* The place of the fetch of a part among those that wait. */
static size_t place_of(const char *part)
{
	size_t i = 0;

	while (i < story.n_asked && (!story.asked[i] || strcmp(story.asked[i]->part, part) != 0))
		i++;
	return i;
}

static void answer(size_t i)
{
	struct fetch *f = take(i);

	f->rows = rows_of(f, f->params[0], 1);
	f->done(f);
}

static void refuse(size_t i, enum err_class cls)
{
	struct fetch *f = take(i);

	err_set(&f->err, cls, "s0", "the test says so");
	f->done(f);
}

static void on_reply(void *owner, struct reply *reply)
{
	struct question *q = owner;

	q->reply = *reply;
	q->answered = true;
	if (--story.open == 0)
		loop_stop(bed_lane(story.bed)->loop);
}

static struct question *ask(struct ask asked)
{
	struct question *q = &story.questions[story.n_questions++];

	assert_true(story.n_questions <= ARRAY_LEN(story.questions));
	story.open++;
	flow_start(bed_lane(story.bed), &asked, on_reply, q);
	return q;
}

static struct question *ask_by(const char *member, const char *view)
{
	return ask(bed_by("member", member, view));
}

/* Let the loop look at what has landed. */
static void turn(void)
{
	struct loop *loop = bed_lane(story.bed)->loop;

	loop_stop(loop);
	loop_run(loop);
}

static json_t *json_of(struct question *q)
{
	if (!q->answered)
		loop_run(bed_lane(story.bed)->loop);
	assert_true(q->answered);
	assert_int_equal(q->reply.status, 200);
	json_decref(q->json);
	q->json = json_loadb(q->reply.body, q->reply.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(q->json);
	return q->json;
}

static void assert_puts(uint64_t n)
{
	assert_int_equal(cache_state(bed_lane(story.bed)->cache).puts, n);
}

static int start(void **state)
{
	(void)state;
	story = (struct story){ .bed = bed_new(mapping) };
	return 0;
}

static int stop(void **state)
{
	(void)state;
	for (size_t i = 0; i < story.n_asked; i++)
		if (story.asked[i])
			refuse(i, ERR_REFUSED);
	bed_free(&story.bed);
	for (size_t i = 0; i < story.n_questions; i++) {
		free(story.questions[i].reply.body);
		json_decref(story.questions[i].json);
	}
	return 0;
}

/* The only question of a view of `slow` is answered without it; it is 504, as nobody else knows the customer. */
static void ask_and_leave(const char *member)
{
	struct question *q = ask_by(member, "slow");

	loop_run(bed_lane(story.bed)->loop);
	assert_int_equal(q->reply.status, 504);
}

static void late_rows_are_a_copy_for_the_next(void **state)
{
	(void)state;
	ask_and_leave("1");
	assert_puts(0);
	answer(0);
	turn();
	assert_puts(1);
	assert_at(json_of(ask_by("1", "slow")), "parts.slow.state", "fresh");
	assert_int_equal(story.n_asked, 1);
}

static void who_asks_again_waits_for_the_late_query(void **state)
{
	struct question *q;

	(void)state;
	ask_and_leave("1");
	q = ask_by("1", "slow");
	assert_int_equal(story.n_asked, 1);
	answer(0);
	assert_at(json_of(q), "customer.name", "of 1, 0");
	assert_at(q->json, "parts.slow.state", "live");
	turn();
	assert_puts(1);
}

static void who_waits_in_vain_leaves_it_to_the_next(void **state)
{
	(void)state;
	ask_and_leave("1");
	ask_and_leave("1");
	ask_and_leave("1");
	assert_int_equal(story.n_asked, 1);
	answer(0);
	turn();
	assert_puts(1);
}

static void crowd_at_one_customer_is_one_query(void **state)
{
	(void)state;
	for (size_t i = 0; i < MANY; i++)
		ask_by("7", "calm");
	assert_int_equal(story.n_asked, 1);
	answer(0);
	for (size_t i = 0; i < MANY; i++)
		assert_at(json_of(&story.questions[i]), "customer.alias", "of 7, 0");
	turn();
	assert_puts(1);
}

static void crowd_without_a_cache_is_one_query(void **state)
{
	struct lane *lane = bed_lane(story.bed);

	(void)state;
	cache_free(&lane->cache);
	lane->cache = cache_off();
	for (size_t i = 0; i < MANY; i++)
		ask_by("7", "calm");
	assert_int_equal(story.n_asked, 1);
	answer(0);
	for (size_t i = 0; i < MANY; i++)
		assert_at(json_of(&story.questions[i]), "customer.alias", "of 7, 0");
}

static void other_customers_and_tenants_are_asked_for_themselves(void **state)
{
	struct ask other = bed_by("member", "1", "calm");
	struct question *one = ask_by("1", "calm"), *two = ask_by("2", "calm"), *three;

	(void)state;
	other.tenant = STR("u");
	three = ask(other);
	assert_int_equal(story.n_asked, 3);
	for (size_t i = 3; i-- > 0;)
		answer(i);
	assert_at(json_of(one), "customer.alias", "of 1, 0");
	assert_at(json_of(two), "customer.alias", "of 2, 0");
	assert_at(json_of(three), "customer.alias", "of 1, 0");
}

static void part_without_ttl_is_asked_every_time(void **state)
{
	struct question *one = ask_by("1", "now"), *two = ask_by("1", "now");

	(void)state;
	assert_int_equal(story.n_asked, 2);
	answer(0);
	answer(1);
	assert_at(json_of(one), "customer.mood", "of 1, 0");
	assert_at(json_of(two), "customer.mood", "of 1, 0");
}

static void question_past_the_cache_asks_itself_and_others_wait_for_it(void **state)
{
	struct ask past = bed_by("member", "1", "calm");
	struct question *q;

	(void)state;
	past.no_cache = true;
	ask_by("1", "calm");
	ask(past);
	assert_int_equal(story.n_asked, 2);
	q = ask_by("1", "calm");
	assert_int_equal(story.n_asked, 2);
	answer(1);
	turn();
	assert_false(story.questions[0].answered);
	assert_at(json_of(&story.questions[1]), "customer.alias", "of 1, 0");
	assert_true(q->answered);
	answer(0);
	json_of(&story.questions[0]);
}

static void older_rows_that_land_last_are_not_kept(void **state)
{
	struct ask past = bed_by("member", "1", "calm");

	(void)state;
	past.no_cache = true;
	ask_by("1", "calm");
	ask(past);
	answer(1);
	turn();
	assert_puts(1);
	answer(0);
	turn();
	assert_puts(1);
}

static void late_part_says_that_asking_again_pays(void **state)
{
	struct question *one = ask_by("1", "both"), *two;

	(void)state;
	assert_int_equal(story.n_asked, 2);
	answer(place_of("calm"));
	assert_at(json_of(one), "parts.slow.reason", "deadline");
	assert_true(json_is_true(bed_at(one->json, "parts.slow.refreshing")));
	assert_null(bed_find(one->json, "parts.calm.refreshing"));
	two = ask_by("1", "both");
	answer(place_of("slow"));
	assert_at(json_of(two), "customer.name", "of 1, 0");
	assert_null(bed_find(two->json, "parts.slow.refreshing"));
	assert_int_equal(story.n_asked, 2);
}

static void part_that_is_not_kept_promises_nothing(void **state)
{
	struct lane *lane = bed_lane(story.bed);
	struct question *q;

	(void)state;
	cache_free(&lane->cache);
	lane->cache = cache_off();
	q = ask_by("1", "both");
	answer(place_of("calm"));
	assert_at(json_of(q), "parts.slow.reason", "deadline");
	assert_null(bed_find(q->json, "parts.slow.refreshing"));
}

/* A copy that stands in for a late part, asked for by `view`. */
static struct question *ask_stale(struct ask asked)
{
	struct question *q;

	ask_by("1", "old");
	answer(0);
	json_of(&story.questions[0]);
	q = ask(asked);
	assert_int_equal(story.n_asked, 2);
	loop_run(bed_lane(story.bed)->loop);
	assert_true(q->answered);
	return q;
}

static void copy_that_stands_in_says_so(void **state)
{
	struct question *q = ask_stale(bed_by("member", "1", "old"));

	(void)state;
	assert_at(json_of(q), "customer.title", "of 1, 0");
	assert_at(q->json, "parts.old.state", "stale");
	assert_at(q->json, "parts.old.reason", "deadline");
	assert_true(json_is_true(bed_at(q->json, "parts.old.refreshing")));
	assert_true(json_is_integer(bed_at(q->json, "parts.old.age_ms")));
	assert_non_null(strchr(json_string_value(bed_at(q->json, "parts.old.stored")), 'Z'));
	assert_int_equal(json_integer_value(bed_at(q->json, "parts.old.max_stale_ms")), 600000);
}

static void copy_that_stands_in_says_so_in_xml(void **state)
{
	struct ask asked = bed_by("member", "1", "old");
	const struct reply *reply;

	(void)state;
	asked.format = FORMAT_XML;
	reply = &ask_stale(asked)->reply;
	assert_non_null(memmem(reply->body, reply->len, "<state>stale</state>", 20));
	assert_non_null(memmem(reply->body, reply->len, "<refreshing>true</refreshing>", 29));
	assert_non_null(memmem(reply->body, reply->len, "<stored>2", 9));
}

static void copy_that_stands_in_says_so_when_explained(void **state)
{
	struct ask asked = bed_by("member", "1", "old");
	struct question *q;

	(void)state;
	asked.explain = true;
	q = ask_stale(asked);
	assert_at(json_of(q), "plan.0.parts.0.state", "stale");
	assert_true(json_is_true(bed_at(q->json, "plan.0.parts.0.refreshing")));
	assert_true(json_is_integer(bed_at(q->json, "plan.0.parts.0.age_ms")));
}

static void flat_answer_says_how_old_a_copy_stands_in(void **state)
{
	struct ask asked = bed_by("member", "1", "routing");
	struct question *q;

	(void)state;
	asked.flat = true;
	q = ask_stale(asked);
	assert_at(json_of(q), "outcome", "one");
	assert_at(q->json, "Title", "of 1, 0");
	assert_true(json_is_string(bed_at(q->json, "stale")));
	assert_null(bed_find(q->json, "reason"));
}

static void rows_are_kept_while_the_answer_waits_for_others(void **state)
{
	struct question *first = ask_by("1", "two"), *second;

	(void)state;
	assert_int_equal(story.n_asked, 2);
	answer(0);
	turn();
	assert_false(first->answered);
	second = ask_by("1", "calm");
	assert_at(json_of(second), "parts.calm.state", "fresh");
	answer(1);
	assert_at(json_of(first), "customer.mood", "of 1, 0");
	assert_int_equal(story.n_asked, 2);
}

static void failure_is_everybody_s(void **state)
{
	struct question *one = ask_by("1", "two"), *two = ask_by("1", "two");

	(void)state;
	assert_int_equal(story.n_asked, 3);
	refuse(0, ERR_SOURCE);
	answer(1);
	answer(2);
	assert_at(json_of(one), "parts.calm.reason", "error");
	assert_at(json_of(two), "parts.calm.reason", "error");
	assert_int_equal(story.n_asked, 3);
}

static void lateness_is_of_those_who_asked_first_only(void **state)
{
	struct question *one = ask_by("1", "two"), *two = ask_by("1", "two"), *three = ask_by("1", "two");

	(void)state;
	answer(1);
	answer(2);
	answer(3);
	refuse(0, ERR_LATE);
	turn();
	assert_int_equal(story.n_asked, 5); /* one of them asked, the other waits with it */
	answer(4);
	assert_at(json_of(one), "parts.calm.reason", "deadline");
	assert_at(json_of(two), "customer.alias", "of 1, 0");
	assert_at(json_of(three), "customer.alias", "of 1, 0");
}

static void impatient_one_leaves_the_others_waiting(void **state)
{
	struct ask hasty = bed_by("member", "1", "calm");
	struct question *one, *two, *three;

	(void)state;
	hasty.budget_ms = 1;
	one = ask(hasty);
	two = ask_by("1", "calm");
	three = ask(hasty);
	while (!one->answered || !three->answered)
		turn();
	assert_false(two->answered);
	assert_int_equal(one->reply.status, 504);
	assert_int_equal(three->reply.status, 504);
	answer(0);
	assert_at(json_of(two), "customer.alias", "of 1, 0");
	assert_int_equal(story.n_asked, 1);
	turn();
	assert_puts(1);
}

static void rows_of_another_customer_are_nobody_s(void **state)
{
	struct question *one = ask_by("1", "two"), *two = ask_by("1", "two");
	struct fetch *f;

	(void)state;
	f = take(0);
	f->rows = rows_of(f, STR("2"), 1);
	f->done(f);
	answer(1);
	answer(2);
	assert_at(json_of(one), "parts.calm.reason", "wrong_subject");
	assert_at(json_of(two), "parts.calm.reason", "wrong_subject");
	assert_null(bed_find(two->json, "customer.alias"));
	turn();
	assert_puts(0);
}

/* Rows that are not all, or of which a cell cannot be read, are shown and not kept. */
static void assert_not_kept(unsigned flags, uint32_t n_rows)
{
	struct question *one = ask_by("1", "calm"), *two = ask_by("1", "calm");
	struct fetch *f = take(0);
	struct rows *rows = arena_new_of(f->mem, struct rows);

	*rows = *rows_of(f, f->params[0], n_rows);
	rows->flags = flags;
	f->rows = rows;
	f->done(f);
	assert_at(json_of(one), "parts.calm.state", "live");
	assert_at(json_of(two), "parts.calm.state", "live");
	turn();
	assert_puts(0);
}

static void truncated_rows_are_not_kept(void **state)
{
	(void)state;
	assert_not_kept(ROWS_TRUNCATED, 1);
}

static void rows_with_bad_text_are_not_kept(void **state)
{
	(void)state;
	assert_not_kept(ROWS_BAD_TEXT, 1);
}

static void rows_beyond_the_part_s_are_not_kept(void **state)
{
	(void)state;
	assert_not_kept(0, 3);
}

static void reload_between_two_questions_asks_anew(void **state)
{
	struct question *one = ask_by("1", "calm"), *two;

	(void)state;
	assert_true(bed_reload(story.bed, mapping));
	two = ask_by("1", "calm");
	assert_int_equal(story.n_asked, 2);
	answer(0);
	answer(1);
	assert_at(json_of(one), "customer.alias", "of 1, 0");
	assert_at(json_of(two), "customer.alias", "of 1, 0");
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(late_rows_are_a_copy_for_the_next),
		STORY(who_asks_again_waits_for_the_late_query),
		STORY(who_waits_in_vain_leaves_it_to_the_next),
		STORY(crowd_at_one_customer_is_one_query),
		STORY(crowd_without_a_cache_is_one_query),
		STORY(other_customers_and_tenants_are_asked_for_themselves),
		STORY(part_without_ttl_is_asked_every_time),
		STORY(question_past_the_cache_asks_itself_and_others_wait_for_it),
		STORY(older_rows_that_land_last_are_not_kept),
		STORY(late_part_says_that_asking_again_pays),
		STORY(part_that_is_not_kept_promises_nothing),
		STORY(copy_that_stands_in_says_so),
		STORY(copy_that_stands_in_says_so_in_xml),
		STORY(copy_that_stands_in_says_so_when_explained),
		STORY(flat_answer_says_how_old_a_copy_stands_in),
		STORY(rows_are_kept_while_the_answer_waits_for_others),
		STORY(failure_is_everybody_s),
		STORY(lateness_is_of_those_who_asked_first_only),
		STORY(impatient_one_leaves_the_others_waiting),
		STORY(rows_of_another_customer_are_nobody_s),
		STORY(truncated_rows_are_not_kept),
		STORY(rows_with_bad_text_are_not_kept),
		STORY(rows_beyond_the_part_s_are_not_kept),
		STORY(reload_between_two_questions_asks_anew),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
