/* What lines of a log mean. */
#include "tests/cmocka_all.h"
#include "tests/weblog/shop.h"
#include "weblog/input.h"

#include <stdio.h>
#include <stdlib.h>

static struct shop shop;
static struct arena *mem;
static struct weblog *conf;
static struct weblog_meaning *meaning;
static struct weblog_event event;

#define PHONE "Mozilla/5.0 (Linux; Android 14; SM-S911N) AppleWebKit/537.36 Chrome/120.0.6099.109 Mobile Safari/537.36"
#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)

static int begin(void **state)
{
	struct err err;

	(void)state;
	if (!shop_open(&shop, &err))
		fail_msg("%s: %s", err.where, err.text);
	mem = shop.mem;
	conf = shop.conf;
	meaning = weblog_meaning_new(conf, shop.rules, SHOP_SALT);
	return 0;
}

static int end(void **state)
{
	(void)state;
	weblog_meaning_free(&meaning);
	shop_close(&shop);
	return 0;
}

static enum weblog_verdict line_means(const char *format, struct str line)
{
	struct err err;
	struct weblog_record record;
	struct weblog_fault fault;
	struct weblog_parser *parser = weblog_parser_new(weblog_format_new(str_of(format), mem, &err), mem);

	if (weblog_parse(parser, line, &record, &fault) != WEBLOG_READ)
		fail_msg("%.*s: at %zu: %s", STR_ARG(line), fault.at, fault.what);
	return weblog_meaning_of(meaning, &record, mem, &event);
}

/* A record as the parser makes it. */
static enum weblog_verdict means(int64_t at_us, const char *client, const char *target, const char *agent,
				 const char *referrer)
{
	struct weblog_record record = { .time_us = at_us, .has_offset = true, .status = 200 };

	record.text[WEBLOG_METHOD] = STR("GET");
	record.text[WEBLOG_CLIENT] = str_of(client);
	record.text[WEBLOG_TARGET] = str_of(target);
	record.text[WEBLOG_AGENT] = str_of(agent);
	record.text[WEBLOG_REFERRER] = str_of(referrer);
	return weblog_meaning_of(meaning, &record, mem, &event);
}

/* ---- the table ---- */

static void row_check(char *row, unsigned number)
{
	char *cell[5];
	struct str line;
	SCOPED(buf_free) struct buf out = { 0 };
	enum weblog_verdict verdict;

	for (unsigned i = 0; i < ARRAY_LEN(cell); i++) {
		cell[i] = strsep(&row, "\t\n");
		if (!cell[i])
			fail_msg("row %u has %u cells", number, i);
	}
	line = arena_printf(mem, "www.shop.example 203.0.113.77 - - [27/Nov/2024:10:00:00 +0900] \"%s HTTP/1.1\" %s 5 "
				 "\"%s\" \"" PHONE "\" \"%s\" 0.25 7",
			    cell[0], cell[1], cell[2], cell[3]);
	verdict = line_means(SHOP_FORMAT, line);
	if (verdict == WEBLOG_EVENT)
		shop_event_put(&event, &out);
	else
		buf_puts(&out, shop_verdict(verdict));
	if (strcmp(out.data, cell[4]) != 0)
		fail_msg("row %u\n%s\n%s", number, out.data, cell[4]);
}

static void lines_mean_what_the_table_says(void **state)
{
	FILE *file = fopen(TABLE, "re");
	char row[4096];

	(void)state;
	assert_non_null(file);
	for (unsigned number = 1; fgets(row, sizeof(row), file); number++)
		if (row[0] != '#')
			row_check(row, number);
	fclose(file);
}

/* The numbers are those of a recount that reads the same *.conf: asset, robots.txt, list, visitor by visitor. */
static void a_log_of_a_real_site_is_told_apart(void **state)
{
	struct err err;
	SCOPED(weblog_input_close) struct weblog_input *in = weblog_input_open(DATA "elastic/apache_logs.gz", &err);
	struct weblog_parser *parser = weblog_parser_new(weblog_rules_format(shop.rules, STR("combined")), mem);
	unsigned counts[WEBLOG_VERDICTS] = { 0 };
	struct str line;

	(void)state;
	assert_non_null(in);
	while (weblog_input_line(in, &line, &err) == WEBLOG_LINE) {
		struct weblog_record record;
		struct weblog_fault fault;

		if (weblog_parse(parser, line, &record, &fault) == WEBLOG_READ)
			counts[weblog_meaning_of(meaning, &record, mem, &event)]++;
	}
	assert_int_equal(counts[WEBLOG_EVENT], 1927);
	assert_int_equal(counts[WEBLOG_ASSET], 5508);
	assert_int_equal(counts[WEBLOG_BOT], 2564);
	assert_int_equal(counts[WEBLOG_NO_REQUEST], 0);
}

/* ---- numbers and limits ---- */

static void numbers_of_the_line_are_kept(void **state)
{
	(void)state;
	assert_int_equal(line_means(SHOP_FORMAT, STR("h ::1 - - [27/Nov/2024:10:00:00 +0900] \"GET / HTTP/1.1\" 200 5 "
						     "\"-\" \"x\" \"-\" 0.25 -")),
			 WEBLOG_EVENT);
	assert_int_equal(event.at_us, 1732669200 * SECOND);
	assert_int_equal(event.bytes, 5);
	assert_int_equal(event.took_us, 250000);
	assert_int_equal(event.status, 200);
	assert_false(event.is_bot);
	assert_null(event.session.p);
}

static void long_texts_are_cut_between_characters(void **state)
{
	SCOPED(buf_free) struct buf target = { 0 };

	(void)state;
	buf_puts(&target, "/x");
	for (unsigned i = 0; i < 600; i++)
		buf_puts(&target, "%EC%96%91");
	buf_puts(&target, "?q=y");
	for (unsigned i = 0; i < 200; i++)
		buf_puts(&target, "%EC%96%91");
	assert_int_equal(means(MINUTE, "a", target.data, "x", NULL), WEBLOG_EVENT);
	assert_int_equal(event.path.n, 1022);
	assert_int_equal(event.terms.n, 256);
	assert_null(event.query.p); /* whole parameters only */
}

/* ---- visitors and bots ---- */

static const char *visitor(const char *client, const char *agent)
{
	assert_int_equal(means(MINUTE, client, "/", agent, NULL), WEBLOG_EVENT);
	return arena_cstr(mem, event.visitor);
}

static void a_visitor_without_name_is_a_hash_of_client_and_agent(void **state)
{
	const char *first = visitor("10.0.0.1", "A"), *salted;

	(void)state;
	assert_string_equal(first, visitor("10.0.0.1", "A"));
	assert_string_not_equal(first, visitor("10.0.0.2", "A"));
	assert_string_not_equal(first, visitor("10.0.0.1", "B"));
	assert_int_equal(strlen(first), 21);
	weblog_meaning_free(&meaning);
	meaning = weblog_meaning_new(conf, shop.rules, SHOP_SALT);
	assert_string_equal(first, visitor("10.0.0.1", "A"));
	weblog_meaning_free(&meaning);
	meaning = weblog_meaning_new(conf, shop.rules, (const unsigned char *)"another salt 16b");
	salted = visitor("10.0.0.1", "A");
	assert_string_not_equal(first, salted);
}

/* IIS writes blanks as +. */
static void cookies_of_w3c_logs(void **state)
{
	static const char *const joined[] = { "a=1;+vid=v7", "a=1;%20vid=v7", "a=1;vid=v7;+b=2", "vid=v7;+a=+vid=no" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(joined); i++) {
		char line[128];

		snprintf(line, sizeof(line), "2024-11-27 10:00:00 GET / %s 200", joined[i]);
		assert_int_equal(line_means("#Fields: date time cs-method cs-uri-stem cs(Cookie) sc-status",
					    str_of(line)),
				 WEBLOG_EVENT);
		assert_true(str_eq(event.visitor, STR("v7")));
	}
}

/* IIS joins words by +, CloudFront by %20; what stands in quotes is as it was. */
static void agents_of_w3c_logs(void **state)
{
	static const char *const agents[][3] = {
		{ "Mozilla/5.0+(iPhone;+CPU+iPhone+OS+17_0)", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0)", "mobile" },
		{ "Mozilla/5.0%20(Windows%20NT%2010.0)", "Mozilla/5.0 (Windows NT 10.0)", "desktop" },
		{ "Mozilla/5.0+(X;++http://x.example)", "Mozilla/5.0 (X; +http://x.example)", "other" },
		{ "\"A+B \"\"C\"\"\"", "A+B \"C\"", "other" },
		{ "A+kim@example.com+B%2", "A B%2", "other" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(agents); i++) {
		assert_int_equal(line_means("#Fields: date time cs-method cs-uri-stem cs(User-Agent) sc-status",
					    arena_printf(mem, "2024-11-27 10:00:00 GET / %s 200", agents[i][0])),
				 WEBLOG_EVENT);
		assert_string_equal(arena_cstr(mem, event.agent), agents[i][1]);
		assert_string_equal(event.device, agents[i][2]);
	}
}

static void a_cookie_may_be_a_field_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(line_means("%t \"%r\" \"$cookie_vid\"",
				    STR("[27/Nov/2024:10:00:00 +0900] \"GET / HTTP/1.1\" \"v1\"")),
			 WEBLOG_EVENT);
	assert_true(str_eq(event.visitor, STR("v1")));
	assert_int_equal(line_means("%t \"%r\" \"%{vid}C\"",
				    STR("[27/Nov/2024:10:00:00 +0900] \"GET / HTTP/1.1\" \"v2\"")),
			 WEBLOG_EVENT);
	assert_true(str_eq(event.visitor, STR("v2")));
}

static void more_agents_than_are_remembered_mean_the_same(void **state)
{
	char agent[32];
	const char *first = visitor("a", "Agent 0");

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		SCOPED(arena_wipe_free) struct arena *some = arena_new();
		struct weblog_record record = { .time_us = MINUTE, .has_offset = true };

		snprintf(agent, sizeof(agent), "%s %u", i % 2 ? "Agent" : "Googlebot", i);
		record.text[WEBLOG_TARGET] = STR("/");
		record.text[WEBLOG_AGENT] = str_of(agent);
		assert_int_equal(weblog_meaning_of(meaning, &record, some, &event), i % 2 ? WEBLOG_EVENT : WEBLOG_BOT);
	}
	assert_string_equal(first, visitor("a", "Agent 0"));
}

static void bots_are_left_out_unless_they_are_to_be_kept(void **state)
{
	(void)state;
	assert_int_equal(means(MINUTE, "a", "/", "Googlebot/2.1", NULL), WEBLOG_BOT);
	conf->bots = true;
	assert_int_equal(means(MINUTE, "a", "/", "Googlebot/2.1 (kim@example.com)", NULL), WEBLOG_EVENT);
	assert_true(event.is_bot);
	assert_string_equal(event.device, "bot");
	assert_true(str_eq(event.agent, STR("Googlebot/2.1")));
}

static void who_asks_for_robots_txt_is_a_bot_from_then_on(void **state)
{
	(void)state;
	assert_int_equal(means(MINUTE, "a", "/", "x", NULL), WEBLOG_EVENT);
	assert_int_equal(means(MINUTE, "a", "/robots.txt", "x", NULL), WEBLOG_BOT);
	assert_int_equal(means(MINUTE, "a", "/", "x", NULL), WEBLOG_BOT);
	assert_int_equal(means(MINUTE, "b", "/", "x", NULL), WEBLOG_EVENT);
}

static void many_pages_in_a_minute_without_referrer_are_a_bot_s(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 200; i++) /* a log without referrers says nothing */
		assert_int_equal(means(MINUTE, "a", "/", "x", NULL), WEBLOG_EVENT);
	assert_int_equal(means(MINUTE, "b", "/", "x", "http://h/"), WEBLOG_EVENT);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(means(MINUTE, "b", "/", "x", NULL), WEBLOG_EVENT);
	for (unsigned i = 0; i < 200; i++)
		assert_int_equal(means((1 + i / 100) * MINUTE, "c", "/", "x", NULL), WEBLOG_EVENT);
	for (unsigned i = 0; i < 120; i++)
		assert_int_equal(means(MINUTE, "d", "/", "x", NULL), WEBLOG_EVENT);
	assert_int_equal(means(MINUTE, "d", "/", "x", NULL), WEBLOG_BOT);
	assert_int_equal(means(9 * MINUTE, "d", "/", "x", "http://h/"), WEBLOG_BOT);
}

static void agents_tell_the_device(void **state)
{
	static const char *const agents[][2] = {
		{ PHONE, "mobile" },
		{ "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148", "mobile" },
		{ "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) Mobile/15E148", "tablet" },
		{ "Mozilla/5.0 (Linux; Android 13; SM-X700) Safari/537.36", "tablet" },
		{ "Mozilla/5.0 (Linux; Android 13; Unknown) Safari/537.36", "tablet" },
		{ "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/120.0", "desktop" },
		{ "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", "desktop" },
		{ "Mozilla/5.0 (Web0S; Linux/SmartTV) Chrome/79.0", "other" },
		{ "Something else", "other" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(agents); i++) {
		assert_int_equal(means(MINUTE, "a", "/", agents[i][0], NULL), WEBLOG_EVENT);
		assert_string_equal(event.device, agents[i][1]);
	}
}

static void agents_are_kept_without_what_is_personal(void **state)
{
	static const char *const agents[][2] = {
		{ "App/1.0 kim%2540example.com Android", "App/1.0 Android" },
		{ "App/1.0 %2540 Android", "App/1.0 %2540 Android" },
		{ "App/1.0 (tel:010%252d1234%252d5678)", "App/1.0" },
		{ "App/1.0 100% Android", "App/1.0 100% Android" },
		{ "App/1.0 ftp://kim:pw@10.0.0.1/ x", "App/1.0 x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(agents); i++) {
		assert_int_equal(means(MINUTE, "a", "/", agents[i][0], NULL), WEBLOG_EVENT);
		assert_string_equal(arena_cstr(mem, event.agent), agents[i][1]);
	}
}

/* ---- client ---- */

static void assert_client(enum weblog_client_keep keep, const char *client, const char *kept)
{
	conf->client = keep;
	assert_int_equal(means(MINUTE, client, "/", "x", NULL), WEBLOG_EVENT);
	if (kept)
		assert_string_equal(arena_cstr(mem, event.client), kept);
	else
		assert_null(event.client.p);
}

static void a_client_is_kept_as_the_mapping_says(void **state)
{
	(void)state;
	assert_client(WEBLOG_KEEP_NETWORK, "203.0.113.77", "203.0.113.0");
	assert_client(WEBLOG_KEEP_NETWORK, "::ffff:203.0.113.77", "203.0.113.0");
	assert_client(WEBLOG_KEEP_NETWORK, "2001:db8:1:2:3:4:5:6", "2001:db8:1::");
	assert_client(WEBLOG_KEEP_NETWORK, "kim.example.com", NULL);
	assert_client(WEBLOG_KEEP_NETWORK, NULL, NULL);
	assert_client(WEBLOG_KEEP_WHOLE, "2001:db8::1", "2001:db8::1");
	assert_client(WEBLOG_KEEP_NOTHING, "203.0.113.77", NULL);
	assert_client(WEBLOG_KEEP_HASH, "203.0.113.77", "87d3c93d3468c7ae89d1");
}

/* ---- the site itself ---- */

static void a_log_without_hosts_says_by_its_referrers_which_site_it_is(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++)
		(void)means(MINUTE, "a", "/", "x", "https://www.shop.example/a");
	assert_null(event.referrer.p);
	(void)means(MINUTE, "a", "/", "x", "https://elsewhere.example/a");
	assert_true(str_eq(event.referrer, STR("elsewhere.example/a")));
	(void)means(MINUTE, "a", "/", "x", "https://m.shop.example/");
	assert_null(event.referrer.p);
}

static void a_host_that_is_no_name_says_nothing(void **state)
{
	static const char line[] = "_ 10.0.0.1 - - [27/Nov/2024:10:00:00 +0900] \"GET / HTTP/1.1\" 200 5 "
				   "\"https://www.shop.example/a\" \"x\" \"-\" 0.25 -";

	(void)state;
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(line_means(SHOP_FORMAT, str_of(line)), WEBLOG_EVENT);
	assert_null(event.referrer.p);
}

/* ---- time ---- */

static int64_t at(const char *time)
{
	static const char format[] = "$remote_addr [$time_local] \"$request\" $status";

	assert_int_equal(line_means(format, arena_printf(mem, "a [%s] \"GET / HTTP/1.1\" 200", time)), WEBLOG_EVENT);
	return event.at_us / SECOND;
}

/* In 2024 New York's clocks went from 02:00 to 03:00 on 10 March, and from 02:00 to 01:00 on 3 November. */
static void a_clock_without_offset_is_that_of_the_zone(void **state)
{
	(void)state;
	assert_int_equal(at("10/Mar/2024:01:59:59"), 1710053999);
	assert_int_equal(at("10/Mar/2024:03:00:00"), 1710054000);
	assert_int_equal(at("03/Nov/2024:00:59:59"), 1730609999);
	assert_int_equal(at("03/Nov/2024:01:00:00"), 1730610000);
	assert_int_equal(at("03/Nov/2024:01:59:59"), 1730613599);
	assert_int_equal(at("03/Nov/2024:01:58:00"), 1730613480); /* an answer that took longer */
	assert_int_equal(at("03/Nov/2024:01:00:00"), 1730613600);
	assert_int_equal(at("03/Nov/2024:01:40:00"), 1730616000);
	assert_int_equal(at("03/Nov/2024:01:59:59"), 1730617199);
	assert_int_equal(at("03/Nov/2024:02:00:00"), 1730617200);
	assert_int_equal(at("27/Nov/2024:10:00:00 +0900"), 1732669200);
}

static void what_has_no_time_or_one_to_come_is_no_request(void **state)
{
	(void)state;
	assert_int_equal(means(0, "a", "/", "x", NULL), WEBLOG_NO_REQUEST);
	assert_int_equal(means(INT64_C(99999999999) * SECOND, "a", "/", "x", NULL), WEBLOG_NO_REQUEST);
	assert_int_equal(means(MINUTE, "a", "/", "x", NULL), WEBLOG_EVENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
		TEST(lines_mean_what_the_table_says),
		TEST(a_log_of_a_real_site_is_told_apart),
		TEST(numbers_of_the_line_are_kept),
		TEST(long_texts_are_cut_between_characters),
		TEST(a_visitor_without_name_is_a_hash_of_client_and_agent),
		TEST(cookies_of_w3c_logs),
		TEST(agents_of_w3c_logs),
		TEST(a_cookie_may_be_a_field_of_its_own),
		TEST(more_agents_than_are_remembered_mean_the_same),
		TEST(bots_are_left_out_unless_they_are_to_be_kept),
		TEST(who_asks_for_robots_txt_is_a_bot_from_then_on),
		TEST(many_pages_in_a_minute_without_referrer_are_a_bot_s),
		TEST(agents_tell_the_device),
		TEST(agents_are_kept_without_what_is_personal),
		TEST(a_client_is_kept_as_the_mapping_says),
		TEST(a_log_without_hosts_says_by_its_referrers_which_site_it_is),
		TEST(a_host_that_is_no_name_says_nothing),
		TEST(a_clock_without_offset_is_that_of_the_zone),
		TEST(what_has_no_time_or_one_to_come_is_no_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
