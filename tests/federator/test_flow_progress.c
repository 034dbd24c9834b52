/* test_flow_progress.c - what somebody who looks on is told while an answer grows. The sources stand still until the
 * test lets them answer: they are the linker's wrap of adapter_queue(). */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"

#define PART(name, column, times) \
	"<part name=\"" name "\" source=\"s0\" rows=\"0..1\" cap=\"10m\" " times ">" \
	"<query by=\"member\">SELECT member, " column " FROM t WHERE member = :member</query>" \
	"<column name=\"member\" type=\"text\" proves=\"member\"/><column name=\"" column "\" type=\"text\"/></part>" \
	"<field path=\"" column "\" class=\"person\"><from part=\"" name "\" column=\"" column "\"/></field>"

static const char mapping[] =
	"<mapping xmlns=\"urn:federator:mapping:1\">"
	"<source name=\"s0\" connect=\"secret:s0\" dialect=\"sqlite\" zone=\"UTC\" pool=\"2\"/>"
	"<key name=\"member\" role=\"identity\" type=\"integer\"/>"
	"<key name=\"home\" role=\"shared\" type=\"integer\"/><class name=\"person\" mask=\"all\"/>"
	PART("slow", "name", "deadline=\"1ms\" ttl=\"0s\" stale=\"0s\"")
	PART("calm", "alias", "deadline=\"5m\" ttl=\"1m\" stale=\"0s\"")
	PART("now", "mood", "deadline=\"5m\" ttl=\"0s\" stale=\"0s\"")
	PART("old", "rank", "deadline=\"5m\" ttl=\"1ms\" stale=\"5m\" revalidate=\"5m\"")
	"<part name=\"live\" source=\"s0\" rows=\"0..1\" cap=\"10m\" deadline=\"2m\" ttl=\"5m\" stale=\"0s\">"
	"<query by=\"member\">SELECT member, home FROM t WHERE member = :member</query>"
	"<column name=\"member\" type=\"text\" proves=\"member\"/>"
	"<column name=\"home\" type=\"text\" gives=\"home\"/></part>"
	"<part name=\"told\" source=\"s0\" rows=\"0..9\" cap=\"10m\" deadline=\"2m\" ttl=\"1ms\" stale=\"5m\""
	" revalidate=\"5m\"><query by=\"home\">SELECT home, member, title FROM u WHERE home = :home</query>"
	"<column name=\"home\" type=\"text\" proves=\"home\"/><column name=\"member\" type=\"text\" proves=\"member\"/>"
	"<column name=\"title\" type=\"text\"/></part>"
	"<list path=\"notes\" parts=\"told\" limit=\"9\" class=\"person\"><field path=\"title\"/></list>"
	"<view name=\"shared\" by=\"member\" budget=\"9m\"><use path=\"notes\"/></view>"
	"<view name=\"one\" by=\"member\" budget=\"9m\"><use path=\"alias\"/></view>"
	"<view name=\"two\" by=\"member\" budget=\"9m\"><use path=\"alias\"/><use path=\"mood\"/></view>"
	"<view name=\"aged\" by=\"member\" budget=\"9m\"><use path=\"rank\"/></view>"
	"<view name=\"late\" by=\"member\" budget=\"9m\"><use path=\"alias\"/><use path=\"name\"/></view>"
	"<policy role=\"agent\" purpose=\"service\"><show class=\"person\"/></policy>"
	"<policy role=\"guest\" purpose=\"service\"><mask class=\"person\"/></policy></mapping>";

enum { FETCHES_MOST = 8, NEWS_MOST = 16 };

static struct story {
	struct onlooker onlooker;
	struct bed *bed;
	struct fetch *asked[FETCHES_MOST]; /* NULL: answered */
	size_t n_asked;
	struct reply reply;
	bool answered;
	enum news told[NEWS_MOST];
	json_t *said[NEWS_MOST];
	size_t n_told;
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

static struct fetch *take(const char *part)
{
	for (size_t i = 0; i < story.n_asked; i++) {
		struct fetch *f = story.asked[i];

		if (!f || strcmp(f->part, part) != 0)
			continue;
		story.asked[i] = NULL;
		f->begun_us = f->ended_us = clock_mono_us();
		return f;
	}
	fail_msg("%s is not asked", part);
	abort();
}

/* Let the loop look at what has happened. */
static void turn(void)
{
	struct loop *loop = bed_lane(story.bed)->loop;

	loop_stop(loop);
	loop_run(loop);
}

static void answer_with(struct fetch *f, const struct str *cells, uint32_t n_rows, uint32_t n_cols)
{
	struct rows *rows = arena_new_of(f->mem, struct rows);

	*rows = (struct rows){ .n_rows = n_rows, .n_cols = n_cols, .cells = cells };
	f->rows = rows;
	f->done(f);
	turn();
}

static void answer(const char *part)
{
	struct fetch *f = take(part);
	struct str *cells = arena_array_of(f->mem, struct str, 2);

	cells[0] = f->params[0];
	cells[1] = arena_printf(f->mem, "clear %s", part);
	answer_with(f, cells, 1, 2);
}

/* Two customers live in one home. */
static void answer_home(void)
{
	static const struct str cells[] = { { "5", 1 }, { "1", 1 }, { "mine", 4 },
					    { "5", 1 }, { "2", 1 }, { "theirs", 6 } };

	answer_with(take("told"), cells, 2, 3);
}

static void forget_what_was_told(void)
{
	free(story.reply.body);
	story.reply = (struct reply){ 0 };
	story.answered = false;
	while (story.n_told)
		json_decref(story.said[--story.n_told]);
}

static void refuse(const char *part)
{
	struct fetch *f = take(part);

	err_set(&f->err, ERR_REFUSED, "s0", "the test says so");
	f->done(f);
	turn();
}

static void on_news(struct onlooker *who, enum news what, struct str json)
{
	(void)who;
	assert_true(story.n_told < NEWS_MOST);
	assert_null(memchr(json.p, '\n', json.n));
	story.told[story.n_told] = what;
	story.said[story.n_told] = json_loadb(json.p, json.n, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(story.said[story.n_told++]);
}

static void on_reply(void *owner, struct reply *reply)
{
	(void)owner;
	story.reply = *reply;
	story.answered = true;
	loop_stop(bed_lane(story.bed)->loop);
}

static void ask_as(const char *view, const char *role)
{
	struct ask ask = bed_by("member", "1", view);

	story.onlooker.tell = on_news;
	ask.onlooker = &story.onlooker;
	ask.role = str_of(role);
	flow_start(bed_lane(story.bed), &ask, on_reply, NULL);
}

static json_t *said(size_t i, enum news what)
{
	assert_true(i < story.n_told);
	assert_int_equal(story.told[i], what);
	return story.said[i];
}

/* As docs/http.md tells clients to. */
static void take_in(json_t *view, json_t *part)
{
	const char *name, *inner;
	json_t *value, *member;

	json_object_foreach(part, name, value)
	{
		json_t *old = json_object_get(view, name);

		if (json_is_null(value))
			json_object_del(view, name);
		else if (!json_is_object(value) || !json_is_object(old))
			json_object_set(view, name, value);
		else
			json_object_foreach(value, inner, member)
				if (json_is_null(member))
					json_object_del(old, inner);
				else
					json_object_set(old, inner, member);
	}
}

/* The view that was told, with all that was told of it later. */
static json_t *view_told(void)
{
	json_t *view = json_deep_copy(said(1, NEWS_VIEW));

	for (size_t i = 2; i < story.n_told && story.told[i] == NEWS_PART; i++)
		take_in(view, story.said[i]);
	return view;
}

static void assert_is_the_answer(void)
{
	json_t *told = view_told(), *reply = json_loadb(story.reply.body, story.reply.len, 0, NULL);

	for (int i = 0; i < 2; i++) { /* sealed anew each time */
		json_object_del(i ? told : reply, "id");
		json_object_del(i ? told : reply, "links");
	}
	assert_true(json_equal(told, reply));
	json_decref(told);
	json_decref(reply);
}

static void assert_done(bool complete)
{
	json_t *done = said(story.n_told - 1, NEWS_DONE);

	assert_int_equal(json_is_true(json_object_get(done, "complete")), complete);
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
			refuse(story.asked[i]->part);
	bed_free(&story.bed);
	free(story.reply.body);
	for (size_t i = 0; i < story.n_told; i++)
		json_decref(story.said[i]);
	return 0;
}

static void each_part_is_told_as_it_lands(void **state)
{
	(void)state;
	ask_as("two", "agent");
	assert_at(said(0, NEWS_IDENTITY), "match.outcome", "one");
	assert_at(said(1, NEWS_VIEW), "parts.calm.reason", "pending");
	assert_at(said(1, NEWS_VIEW), "parts.now.reason", "pending");
	answer("now");
	assert_at(said(2, NEWS_PART), "customer.mood", "clear now");
	assert_at(said(2, NEWS_PART), "parts.now.state", "live");
	assert_null(bed_find(said(2, NEWS_PART), "parts.calm"));
	assert_false(story.answered);
	answer("calm");
	assert_at(said(3, NEWS_PART), "customer.alias", "clear calm");
	assert_true(story.answered);
	assert_int_equal(story.n_told, 5);
	assert_done(true);
	assert_is_the_answer();
}

static void copies_are_on_the_first_card(void **state)
{
	(void)state;
	ask_as("one", "agent");
	answer("calm");
	forget_what_was_told();
	ask_as("two", "agent");
	assert_at(said(1, NEWS_VIEW), "customer.alias", "clear calm");
	assert_at(said(1, NEWS_VIEW), "parts.calm.state", "fresh");
	assert_at(said(1, NEWS_VIEW), "parts.now.reason", "pending");
	answer("now");
	assert_done(true);
	assert_is_the_answer();
}

/* The copy of `old` is past its ttl. */
static void ask_for_what_is_old(void)
{
	int64_t answered_ms;

	ask_as("aged", "agent");
	answer("old");
	answered_ms = clock_wall_ms();
	forget_what_was_told();
	while (clock_wall_ms() < answered_ms + 2)
		turn();
	ask_as("aged", "agent");
	assert_at(said(1, NEWS_VIEW), "customer.rank", "clear old");
	assert_at(said(1, NEWS_VIEW), "parts.old.state", "stale");
	assert_true(json_is_true(bed_at(said(1, NEWS_VIEW), "parts.old.refreshing")));
	assert_int_equal(story.n_told, 2);
}

static void old_copy_is_shown_until_its_source_answers(void **state)
{
	(void)state;
	ask_for_what_is_old();
	answer("old");
	assert_at(said(2, NEWS_PART), "parts.old.state", "live");
	assert_null(bed_find(said(2, NEWS_PART), "customer"));
	assert_done(true);
	assert_is_the_answer();
}

static void old_copy_stays_when_its_source_fails(void **state)
{
	(void)state;
	ask_for_what_is_old();
	refuse("old");
	assert_true(story.answered);
	assert_at(said(2, NEWS_PART), "parts.old.reason", "refused");
	assert_is_the_answer();
}

static void ask_for_the_home(void)
{
	static const struct str cells[] = { { "1", 1 }, { "5", 1 } };

	ask_as("shared", "agent");
	if (!story.answered && story.n_asked && story.asked[story.n_asked - 1] &&
	    strcmp(story.asked[story.n_asked - 1]->part, "live") == 0)
		answer_with(take("live"), cells, 1, 2);
}

static void old_copy_shows_no_other_customer(void **state)
{
	int64_t answered_ms;

	(void)state;
	ask_for_the_home();
	answer_home();
	answered_ms = clock_wall_ms();
	forget_what_was_told();
	while (clock_wall_ms() < answered_ms + 2)
		turn();
	ask_for_the_home();
	assert_at(said(1, NEWS_VIEW), "customer.notes.0.title", "mine");
	assert_int_equal(json_array_size(bed_at(said(1, NEWS_VIEW), "customer.notes")), 1);
	answer_home();
	assert_done(true);
	assert_is_the_answer();
}

static void what_needs_no_waiting_is_told_at_once(void **state)
{
	(void)state;
	ask_as("one", "agent");
	answer("calm");
	forget_what_was_told();
	ask_as("one", "agent");
	said(0, NEWS_IDENTITY);
	assert_at(said(1, NEWS_VIEW), "parts.calm.state", "fresh");
	assert_int_equal(story.n_told, 3);
	assert_done(true);
}

/* The part is late when the answer leaves. */
static void ask_and_leave(void)
{
	ask_as("late", "agent");
	answer("calm");
	if (!story.answered)
		loop_run(bed_lane(story.bed)->loop);
	assert_true(story.answered);
	assert_is_the_answer();
	assert_at(said(story.n_told - 1, NEWS_PART), "parts.slow.reason", "deadline");
}

static void late_part_is_told_after_the_answer(void **state)
{
	size_t n;

	(void)state;
	ask_and_leave();
	n = story.n_told;
	answer("slow");
	assert_int_equal(story.n_told, n + 2);
	assert_at(said(n, NEWS_PART), "customer.name", "clear slow");
	assert_at(said(n, NEWS_PART), "parts.slow.state", "live");
	assert_true(json_is_true(bed_at(said(n, NEWS_PART), "complete")));
	assert_done(true);
}

static void late_part_that_fails_ends_it(void **state)
{
	size_t n;

	(void)state;
	ask_and_leave();
	n = story.n_told;
	refuse("slow");
	assert_int_equal(story.n_told, n + 1);
	assert_done(false);
}

static void part_behind_its_deadline_makes_the_answer_when_it_can(void **state)
{
	(void)state;
	ask_as("late", "agent");
	while (!bed_find(story.said[story.n_told - 1], "parts.slow.deadline_ms"))
		turn();
	answer("slow");
	answer("calm");
	assert_done(true);
	assert_is_the_answer();
	assert_true(story.reply.complete);
}

static void nothing_is_told_in_the_clear_that_is_masked(void **state)
{
	(void)state;
	ask_as("two", "guest");
	answer("now");
	answer("calm");
	assert_done(true);
	assert_is_the_answer();
	assert_at(said(2, NEWS_PART), "customer.mood", "****");
	for (size_t i = 0; i < story.n_told; i++) {
		char *text = json_dumps(story.said[i], 0);

		assert_null(strstr(text, "clear"));
		free(text);
	}
}

static void refusal_is_the_last_that_is_told(void **state)
{
	(void)state;
	ask_as("nowhere", "agent");
	assert_int_equal(story.n_told, 1);
	said(0, NEWS_PROBLEM);
	assert_int_equal(story.reply.status, 400);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(each_part_is_told_as_it_lands),
		STORY(copies_are_on_the_first_card),
		STORY(old_copy_is_shown_until_its_source_answers),
		STORY(old_copy_stays_when_its_source_fails),
		STORY(old_copy_shows_no_other_customer),
		STORY(what_needs_no_waiting_is_told_at_once),
		STORY(late_part_is_told_after_the_answer),
		STORY(late_part_that_fails_ends_it),
		STORY(part_behind_its_deadline_makes_the_answer_when_it_can),
		STORY(nothing_is_told_in_the_clear_that_is_masked),
		STORY(refusal_is_the_last_that_is_told),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
