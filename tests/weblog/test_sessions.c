/* Sessions: when one ends, what it comes to, late lines, and that neither batches nor forgetting change them. */
#include <stdio.h>

#include "base/digest.h"
#include "tests/cmocka_all.h"
#include "weblog/sessions.h"

#define MINUTE INT64_C(60000000)

static const struct weblog conf = { .name = "shop", .idle_ms = 30 * 60000, .longest_ms = 24 * 3600000 };
static struct weblog_sessions *sessions;

static int begin(void **state)
{
	struct err err;

	(void)state;
	sessions = weblog_sessions_new(&conf, 100);
	return digest_init(&err) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	weblog_sessions_free(&sessions);
	return 0;
}

static struct str add(const char *visitor, int64_t minute)
{
	struct weblog_event event = { .at_us = minute * MINUTE, .visitor = str_of(visitor), .path = STR("/a") };

	weblog_sessions_add(sessions, &event);
	assert_int_equal(event.session.n, 16);
	return event.session;
}

static void test_idle_and_length(void **state)
{
	struct str first = add("v", 0);

	(void)state;
	assert_true(str_eq(first, add("v", 30)));
	assert_false(str_eq(first, add("w", 30)));
	assert_false(str_eq(first, add("v", 61)));
	first = add("long", 0);
	for (int64_t m = 20; m <= 24 * 60; m += 20)
		assert_true(str_eq(first, add("long", m)));
	assert_false(str_eq(first, add("long", 24 * 60 + 1)));
	for (int64_t m = 24 * 60; m >= 0; m -= 20)
		first = add("back", m);
	assert_false(str_eq(first, add("back", -20)));
}

static void test_what_it_comes_to(void **state)
{
	struct weblog_event event = { .at_us = MINUTE,
				      .visitor = STR("v"),
				      .path = STR("/in"),
				      .referrer = STR("other.example/"),
				      .agent = STR("Firefox"),
				      .result = WEBLOG_DONE };
	const struct weblog_session *s;
	size_t n;

	(void)state;
	weblog_sessions_add(sessions, &event);
	event = (struct weblog_event){ .at_us = 2 * MINUTE, .visitor = STR("v"), .path = STR("/search"),
				       .terms = STR("lamp"), .result = WEBLOG_FAILED };
	weblog_sessions_add(sessions, &event);
	event = (struct weblog_event){ .at_us = 30000000, .visitor = STR("v"), .path = STR("/late"),
				       .result = WEBLOG_REFUSED };
	weblog_sessions_add(sessions, &event);
	s = weblog_sessions_changed(sessions, &n);
	assert_int_equal(n, 1);
	assert_true(s->is_new && str_eq(s->entry_path, STR("/in")) && str_eq(s->last_path, STR("/search")));
	assert_true(str_eq(s->referrer, STR("other.example/")) && str_eq(s->agent, STR("Firefox")));
	assert_int_equal(s->events, 3);
	assert_int_equal(s->searches, 1);
	assert_int_equal(s->failures, 2);
	assert_true(s->started_us == MINUTE / 2 && s->last_us == 2 * MINUTE);
	weblog_sessions_written(sessions);
	(void)add("v", 3);
	s = weblog_sessions_changed(sessions, &n);
	assert_int_equal(n, 1);
	assert_false(s->is_new);
	assert_int_equal(s->events, 1); /* and the store has three */
}

static void test_late_line_of_the_session_before(void **state)
{
	char first[16], second[16];

	(void)state;
	memcpy(first, add("v", 0).p, 16);
	memcpy(second, add("v", 100).p, 16);
	weblog_sessions_written(sessions);
	assert_memory_equal(first, add("v", 5).p, 16);
	assert_memory_equal(second, add("v", 101).p, 16);
	assert_memory_equal(second, add("v", 80).p, 16); /* nearer to the second than half an hour */
}

/* A second file has the same minutes. */
static void test_a_session_begins_once_in_a_batch(void **state)
{
	const struct weblog_session *s;
	size_t n;

	(void)state;
	for (int64_t i = 0; i < 5; i++)
		(void)add("v", 100 * i);
	(void)add("v", 0);
	(void)add("v", 1);
	s = weblog_sessions_changed(sessions, &n);
	assert_int_equal(n, 5);
	assert_int_equal(s[0].events, 3);
	assert_true(s[0].is_new && s[0].last_us == MINUTE);
}

/* Of a visitor whose lines come in no order. */
static void test_any_number_of_sessions_goes_on(void **state)
{
	enum { SESSIONS = 3000 };
	const struct weblog_session *s;
	size_t n;

	(void)state;
	for (int64_t turn = 0; turn < 3; turn++)
		for (int64_t i = 0; i < SESSIONS; i++)
			(void)add("v", 100 * (i * 7 % SESSIONS));
	s = weblog_sessions_changed(sessions, &n);
	assert_int_equal(n, SESSIONS);
	for (size_t i = 0; i < n; i++)
		assert_true(s[i].events == 3 && s[i].started_us == s[i].last_us);
	weblog_sessions_written(sessions);
	(void)add("v", 100);
	(void)add("v", 500);
	s = weblog_sessions_changed(sessions, &n);
	assert_int_equal(n, 2); /* what was put aside is forgotten */
}

static void test_names_live_as_long_as_the_batch(void **state)
{
	struct str names[50];

	(void)state;
	for (int64_t i = 0; i < 50; i++)
		names[i] = add("v", 100 * i);
	for (int i = 1; i < 50; i++)
		assert_false(str_eq(names[i - 1], names[i]));
	size_t n;
	const struct weblog_session *s = weblog_sessions_changed(sessions, &n);

	assert_int_equal(n, 50);
	for (int i = 0; i < 50; i++)
		assert_true(str_eq(s[i].session, names[i]) && s[i].is_new && s[i].events == 1);
}

static void test_texts_of_a_session_are_its_own(void **state)
{
	char path[] = "/in", agent[] = "Firefox", visitor[] = "v";
	struct weblog_event event = { .at_us = MINUTE, .visitor = str_of(visitor), .path = str_of(path),
				      .agent = str_of(agent) };
	const struct weblog_session *s;
	size_t n;

	(void)state;
	weblog_sessions_add(sessions, &event);
	memset(path, 'x', 3);
	memset(agent, 'x', 3);
	memset(visitor, 'x', 1);
	s = weblog_sessions_changed(sessions, &n);
	assert_int_equal(n, 1);
	assert_true(str_eq(s->visitor, STR("v")) && str_eq(s->entry_path, STR("/in")));
	assert_true(str_eq(s->last_path, STR("/in")) && str_eq(s->agent, STR("Firefox")));
}

/* What a store would remember. */
struct kept {
	bool is;
	char name[16];
	struct weblog_session last;
};

static void store_keep(struct kept *store)
{
	size_t n;
	const struct weblog_session *s = weblog_sessions_changed(sessions, &n);

	for (size_t i = 0; i < n; i++) {
		struct kept *k = &store[s[i].visitor.p[0] - 'a'];

		if (k->is && k->last.last_us > s[i].last_us)
			continue;
		k->is = true;
		k->last = s[i];
		memcpy(k->name, s[i].session.p, 16);
		k->last.session = (struct str){ k->name, 16 };
	}
}

/* Lines in the order of time: wherever batches end, and whatever is forgotten and learned again, the same sessions. */
static void test_batches_do_not_matter(void **state)
{
	enum { VISITORS = 20, EVENTS = 20000 };
	static const char names[] = "abcdefghijklmnopqrst";
	struct kept store[VISITORS] = { 0 };
	int64_t last[VISITORS], started[VISITORS], now = 0;
	char expected[VISITORS][16];
	uint64_t random = 88172645463325252u;

	(void)state;
	for (int i = 0; i < VISITORS; i++)
		last[i] = -1;
	for (int i = 0; i < EVENTS; i++) {
		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		int v = (int)(random % VISITORS);
		struct str visitor = { &names[v], 1 };

		now += (int64_t)(random >> 8) % (4 * MINUTE);
		struct weblog_event event = { .at_us = now, .visitor = visitor, .path = STR("/") };

		if (!weblog_sessions_knows(sessions, &event))
			weblog_sessions_learn(sessions, visitor, store[v].is ? &store[v].last : NULL);
		weblog_sessions_add(sessions, &event);
		if (last[v] < 0 || now - last[v] > 30 * MINUTE || now - started[v] > 24 * 60 * MINUTE) {
			started[v] = now;
			memcpy(expected[v], event.session.p, 16);
		}
		last[v] = now;
		assert_memory_equal(expected[v], event.session.p, 16);
		if ((random >> 40) % 50 == 0) {
			store_keep(store);
			weblog_sessions_written(sessions);
			if ((random >> 50) % 2)
				weblog_sessions_forget(sessions);
		}
	}
}

static bool knows(const char *visitor)
{
	struct weblog_event event = { .visitor = str_of(visitor) };

	return weblog_sessions_knows(sessions, &event);
}

static void test_bounded(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		weblog_sessions_learn(sessions, str_of(name), NULL);
	}
	assert_true(knows("v0"));
	weblog_sessions_written(sessions);
	assert_false(knows("v899"));
	assert_true(knows("v900"));
}

static void test_when_those_away_ended(void **state)
{
	char name[16];

	(void)state;
	assert_true(weblog_sessions_last_away(sessions) == INT64_MAX);
	weblog_sessions_away(sessions, 50 * MINUTE);
	for (int i = 0; i < 101; i++) {
		snprintf(name, sizeof(name), "v%d", i);
		(void)add(name, 40);
	}
	weblog_sessions_written(sessions);
	assert_false(knows("v0"));
	assert_true(weblog_sessions_last_away(sessions) == 50 * MINUTE);
	(void)add("v1", 400);
	(void)add("v1", 200); /* late, and not what counts */
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "w%d", i);
		(void)add(name, 300);
	}
	weblog_sessions_written(sessions);
	assert_false(knows("v1"));
	assert_true(weblog_sessions_last_away(sessions) == 400 * MINUTE);
	weblog_sessions_forget(sessions);
	assert_true(weblog_sessions_last_away(sessions) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_idle_and_length, begin, end),
		cmocka_unit_test_setup_teardown(test_what_it_comes_to, begin, end),
		cmocka_unit_test_setup_teardown(test_late_line_of_the_session_before, begin, end),
		cmocka_unit_test_setup_teardown(test_a_session_begins_once_in_a_batch, begin, end),
		cmocka_unit_test_setup_teardown(test_any_number_of_sessions_goes_on, begin, end),
		cmocka_unit_test_setup_teardown(test_names_live_as_long_as_the_batch, begin, end),
		cmocka_unit_test_setup_teardown(test_batches_do_not_matter, begin, end),
		cmocka_unit_test_setup_teardown(test_bounded, begin, end),
		cmocka_unit_test_setup_teardown(test_texts_of_a_session_are_its_own, begin, end),
		cmocka_unit_test_setup_teardown(test_when_those_away_ended, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
