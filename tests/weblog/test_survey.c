/* Visitors, sessions, bots and searches. */
#include "base/digest.h"
#include "tests/cmocka_all.h"
#include "weblog/survey.h"

static struct arena *mem;
static const struct weblog_rules *rules;
static struct weblog_survey *survey;
static struct weblog_sums sums;

#define MINUTE INT64_C(60000000)
static const struct str browser = STR("Mozilla/5.0 (X11) Firefox/120.0");

static int begin_all(void **state)
{
	struct err err;

	(void)state;
	mem = arena_new();
	if (!digest_init(&err))
		return -1;
	rules = weblog_rules_new(NULL, mem, &err);
	return rules ? 0 : -1;
}

static int end_all(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	survey = weblog_survey_new(rules, mem);
	return 0;
}

static int end(void **state)
{
	(void)state;
	weblog_survey_end(&survey);
	return 0;
}

static struct weblog_record record_of(const char *client, struct str agent, int64_t minute, const char *target)
{
	struct weblog_record record = { .time_us = minute * MINUTE, .status = 200, .escape = WEBLOG_BACKSLASH };

	record.text[WEBLOG_CLIENT] = str_of(client);
	record.text[WEBLOG_AGENT] = agent;
	record.text[WEBLOG_TARGET] = str_of(target);
	return record;
}

static void add(const char *client, struct str agent, int64_t minute, const char *target)
{
	struct weblog_record record = record_of(client, agent, minute, target);

	weblog_survey_add(survey, &record);
}

static void a_session_ends_after_half_an_hour_without_a_request(void **state)
{
	(void)state;
	add("a", browser, 0, "/");
	add("a", browser, 30, "/");
	add("a", browser, 29, "/"); /* a little older than the line before */
	add("a", browser, 61, "/");
	add("b", browser, 61, "/");
	weblog_survey_sums(survey, &sums);
	assert_int_equal(sums.visitors, 2);
	assert_int_equal(sums.sessions, 3);
	assert_int_equal(sums.requests, 5);
	assert_int_equal(sums.first_us, 0);
	assert_int_equal(sums.last_us, 61 * MINUTE);
}

static void a_session_ends_after_a_day(void **state)
{
	(void)state;
	for (int64_t minute = 0; minute <= 25 * 60; minute += 20)
		add("a", browser, minute, "/");
	weblog_survey_sums(survey, &sums);
	assert_int_equal(sums.sessions, 2);
}

static void bots_are_no_visitors(void **state)
{
	(void)state;
	add("a", STR("Googlebot/2.1"), 0, "/search?q=x");
	add("b", browser, 0, "/search?q=y");
	add("b", browser, 1, "/robots.txt");
	add("c", browser, 1, "/");
	weblog_survey_sums(survey, &sums);
	assert_int_equal(sums.bot_requests, 3);
	assert_int_equal(sums.bot_agents, 1);
	assert_int_equal(sums.robots_visitors, 1);
	assert_int_equal(sums.visitors, 1);
	assert_int_equal(sums.sessions, 1);
	assert_int_equal(sums.searches, 0);
}

static void searches_are_counted_by_term(void **state)
{
	struct weblog_record record;

	(void)state;
	add("a", browser, 0, "/search?q=Red++shoes+&page=2");
	add("a", browser, 1, "/search?q=red%20%C2%9B%1B%7Fshoes"); /* no control characters for terminals */
	add("b", browser, 1, "/find?searchWord=%BF%EE%B5%BF%C8%AD");
	add("b", browser, 1, "/find?searchWord=");
	record = record_of("b", browser, 2, "/find");
	record.text[WEBLOG_QUERY] = STR("query=\\xec\\x9a\\xb4\\xeb\\x8f\\x99\\xed\\x99\\x94");
	record.escaped = 1u << WEBLOG_QUERY;
	weblog_survey_add(survey, &record);
	record = record_of("b", browser, 2, "/find?q=nothing");
	record.status = 404;
	weblog_survey_add(survey, &record);
	weblog_survey_sums(survey, &sums);
	assert_int_equal(sums.searches, 4);
	assert_int_equal(sums.distinct_terms, 2);
	assert_int_equal(sums.korean_terms, 1);
	assert_true(str_eq(sums.top[0].text, STR("red shoes")) && sums.top[0].n == 2);
	assert_true(str_eq(sums.top[1].text, STR("운동화")) && sums.top[1].n == 2);
	assert_int_equal(sums.top[2].n, 0);
}

static void search_engines_tell_what_was_looked_for(void **state)
{
	struct weblog_record record = record_of("a", browser, 0, "/");

	(void)state;
	record.text[WEBLOG_REFERRER] = STR("https://search.naver.com/search.naver?where=m&query=%EC%96%91%EB%A7%90");
	weblog_survey_add(survey, &record);
	record.text[WEBLOG_REFERRER] = STR("https://www.google.co.kr/url?sa=t&q=");
	weblog_survey_add(survey, &record);
	record.text[WEBLOG_REFERRER] = STR("https://elsewhere.example/?q=no");
	weblog_survey_add(survey, &record);
	weblog_survey_sums(survey, &sums);
	assert_int_equal(sums.engine_searches, 1);
	assert_true(str_eq(sums.engine_top[0].text, STR("양말")));
	assert_int_equal(sums.searches, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_session_ends_after_half_an_hour_without_a_request, begin, end),
		cmocka_unit_test_setup_teardown(a_session_ends_after_a_day, begin, end),
		cmocka_unit_test_setup_teardown(bots_are_no_visitors, begin, end),
		cmocka_unit_test_setup_teardown(searches_are_counted_by_term, begin, end),
		cmocka_unit_test_setup_teardown(search_engines_tell_what_was_looked_for, begin, end),
	};

	return cmocka_run_group_tests(tests, begin_all, end_all);
}
