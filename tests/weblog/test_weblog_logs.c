/* Logs of others: every line is read or rejected as their own projects expect, and the format is guessed. */
#include "base/digest.h"
#include "tests/cmocka_all.h"
#include "weblog/guess.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena *mem;
static const struct weblog_rules *rules;

static int begin(void **state)
{
	struct err err;

	(void)state;
	mem = arena_new();
	if (!digest_init(&err))
		return -1;
	rules = weblog_rules_new(NULL, mem, &err);
	if (!rules)
		fail_msg("%s: %s", err.where, err.text);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static struct str file_of(const char *path)
{
	FILE *file = fopen(path, "re");
	char *bytes = arena_alloc(mem, 1 << 20);
	size_t n;

	assert_non_null(file);
	n = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return (struct str){ bytes, n };
}

static bool line_take(struct str *text, struct str *line)
{
	const char *stop;

	if (text->n == 0)
		return false;
	stop = memchr(text->p, '\n', text->n);
	*line = (struct str){ text->p, stop ? (size_t)(stop - text->p) : text->n };
	*text = (struct str){ text->p + line->n + (stop != NULL), text->n - line->n - (stop != NULL) };
	return true;
}

/* The text of a field as its owner writes it; "" for none. */
static struct str field_of(const struct weblog_record *record, struct str name)
{
	struct buf out = { 0 };

	if (str_eq(name, STR("status")))
		return arena_printf(mem, "%d", record->status);
	if (str_eq(name, STR("bytes")))
		return arena_printf(mem, "%lld", (long long)record->bytes);
	for (unsigned i = 0; i < WEBLOG_TEXTS; i++)
		if (str_eq(name, str_of(weblog_text_name(i)))) {
			struct str copy;

			weblog_text_put(record, i, &out);
			copy = arena_str(mem, out.len ? buf_str(&out) : STR(""));
			buf_free(&out);
			return copy;
		}
	fail_msg("no field %.*s", STR_ARG(name));
	return STR("");
}

static void assert_fields(const struct weblog_record *record, struct str expected)
{
	while (expected.n) {
		const char *tab = memchr(expected.p, '\t', expected.n);
		struct str pair = { expected.p, tab ? (size_t)(tab - expected.p) : expected.n };
		const char *equals = memchr(pair.p, '=', pair.n);
		struct str name, value, found;

		expected = (struct str){ pair.p + pair.n + (tab != NULL), expected.n - pair.n - (tab != NULL) };
		if (!equals)
			continue; /* the word "read" */
		name = (struct str){ pair.p, (size_t)(equals - pair.p) };
		value = (struct str){ equals + 1, pair.n - name.n - 1 };
		found = field_of(record, name);
		if (!str_eq(found, value))
			fail_msg("%.*s is '%.*s', not '%.*s'", STR_ARG(name), STR_ARG(found), STR_ARG(value));
	}
}

/* Of each line alone, the format that reads it best. */
static void agrees_with_crowdsec(const char *name)
{
	struct str log = file_of(arena_printf(mem, DATA "crowdsec/%s.log", name).p), line;
	struct str all = file_of(arena_printf(mem, DATA "crowdsec/%s.expected", name).p), expected;
	struct weblog_guess *guesses = arena_array_of(mem, struct weblog_guess, rules->n_formats);
	size_t lines = 0;

	while (line_take(&all, &expected)) {
		struct weblog_record record;
		struct weblog_fault fault;
		size_t n;

		do
			assert_true(line_take(&log, &line));
		while (line.n == 0);
		lines++;
		n = weblog_guess(rules, line, true, guesses);
		if (str_eq(expected, STR("rejected"))) {
			if (n > 0)
				fail_msg("%s reads %.*s", guesses[0].named->name.p, STR_ARG(line));
			continue;
		}
		if (n == 0)
			fail_msg("nothing reads %.*s", STR_ARG(line));
		assert_int_equal(weblog_parse(weblog_parser_new(guesses[0].named->format, mem), line, &record, &fault),
				 WEBLOG_READ);
		assert_fields(&record, expected);
	}
	assert_true(lines >= 5);
	assert_false(line_take(&log, &line));
}

static void crowdsec_expects_the_same(void **state)
{
	(void)state;
	agrees_with_crowdsec("apache2-logs");
	agrees_with_crowdsec("nginx_http-logs");
	agrees_with_crowdsec("haproxy-logs");
	agrees_with_crowdsec("traefik_json");
}

struct log {
	const char *file, *format;
	size_t read, rejected;
};

static void logs_are_known_by_their_lines(void **state)
{
	static const struct log logs[] = {
		{ "logfile_access_log.0", "combined", 3, 0 },
		{ "logfile_access_log.1", "combined", 1, 0 },
		{ "logfile_bad_access_log.0", "combined", 2, 1 },
		{ "logfile_caddy_log.0", "caddy", 4, 35 },
		{ "logfile_cloudflare.json", "cloudflare", 1, 0 },
		{ "logfile_haproxy.0", "haproxy_syslog_agent", 13, 4 },
		{ "lnav_w3c_0.log", "w3c", 1, 0 },
		{ "lnav_w3c_1.log", "w3c", 1, 0 },
		{ "lnav_w3c_2.log", "w3c", 14, 0 },
		{ "lnav_w3c_3.log", "w3c", 3, 0 },
		{ "lnav_w3c_4.log", "w3c", 2, 0 },
		{ "lnav_w3c_6.log", "w3c", 1, 0 },
	};
	struct weblog_guess *guesses = arena_array_of(mem, struct weblog_guess, rules->n_formats);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(logs); i++) {
		struct str text = file_of(arena_printf(mem, DATA "lnav/%s", logs[i].file).p);

		if (weblog_guess(rules, text, true, guesses) == 0)
			fail_msg("nothing reads %s", logs[i].file);
		if (!str_eq(guesses->named->name, str_of(logs[i].format)) || guesses->read != logs[i].read ||
		    guesses->rejected != logs[i].rejected)
			fail_msg("%s: %.*s reads %zu and rejects %zu", logs[i].file, STR_ARG(guesses->named->name),
				 guesses->read, guesses->rejected);
	}
}

static void logs_without_requests_are_in_no_format(void **state)
{
	struct weblog_guess *guesses = arena_array_of(mem, struct weblog_guess, rules->n_formats);

	(void)state;
	assert_int_equal(weblog_guess(rules, file_of(DATA "lnav/logfile_ecs_log.json"), true, guesses), 0);
	/* More values than its #Fields has names. */
	assert_int_equal(weblog_guess(rules, file_of(DATA "lnav/lnav_w3c_5.log"), true, guesses), 0);
}

static void a_format_of_the_site_reads_what_no_name_does(void **state)
{
	static const struct str format = STR("%v:%p %h %L %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D");
	struct str text = file_of(DATA "lnav/logfile_regexp_access_log.0"), line;
	struct weblog_parser *parser;
	struct weblog_record record;
	struct weblog_fault fault;
	struct err err;
	size_t n = 0;

	(void)state;
	parser = weblog_parser_new(weblog_format_new(format, mem, &err), mem);
	for (; line_take(&text, &line); n++)
		assert_int_equal(weblog_parse(parser, line, &record, &fault), WEBLOG_READ);
	assert_int_equal(n, 2);
	assert_int_equal(record.duration_us, 156302);
	assert_true(str_eq(record.text[WEBLOG_USER], STR("khenry")));
}

/* lines.tsv */
static void every_named_format_reads_its_line(void **state)
{
	struct weblog_guess *guesses = arena_array_of(mem, struct weblog_guess, rules->n_formats);
	struct str text = file_of(LINES), row, format = { NULL, 0 };
	struct buf log = { 0 };
	size_t n = 0;
	bool more;

	(void)state;
	do {
		more = line_take(&text, &row);
		const char *tab = more ? memchr(row.p, '\t', row.n) : NULL;
		struct str name = { row.p, tab ? (size_t)(tab - row.p) : 0 };

		if (more && row.p[0] == '#')
			continue;
		if (log.len && !(more && str_eq(name, format))) {
			if (weblog_guess(rules, buf_str(&log), true, guesses) == 0 ||
			    !str_eq(guesses->named->name, format))
				fail_msg("%.*s is not known as such", STR_ARG(format));
			log.len = 0;
			n++;
		}
		if (more) {
			format = name;
			buf_put(&log, tab + 1, row.n - name.n - 1);
			buf_putc(&log, '\n');
		}
	} while (more);
	buf_free(&log);
	assert_int_equal(n, 18);
}

static bool is_bot(const char *agent)
{
	return weblog_is_bot(rules, str_of(agent));
}

static void agents_are_told_apart(void **state)
{
	(void)state;
	assert_true(is_bot("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"));
	assert_true(is_bot("curl/7.68.0"));
	assert_true(is_bot("Mozilla/5.0 (compatible; Yeti/1.1; +http://naver.me/spd)"));
	assert_false(is_bot("Mozilla/5.0 (Linux; Android 9; CUBOT X19) Chrome/80.0 Mobile Safari/537.36"));
	assert_false(is_bot("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) Chrome/32.0 Safari/537.36"));
	assert_false(is_bot(""));
}

static void files_of_the_site_take_the_place_of_ours(void **state)
{
	char dir[] = "/tmp/weblog_rules_XXXXXX", path[80];
	const struct weblog_rules *own;
	struct err err;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/formats.conf", dir);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("# ours\nshop = %t %U\n", file);
	fclose(file);
	own = weblog_rules_new(dir, mem, &err);
	assert_non_null(own);
	assert_int_equal(own->n_formats, 1);
	assert_non_null(weblog_rules_format(own, STR("shop")));
	assert_null(weblog_rules_format(own, STR("combined")));
	assert_int_equal(own->n_bots, rules->n_bots);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("\nshop = %t\n", file);
	fclose(file);
	assert_null(weblog_rules_new(dir, mem, &err));
	assert_string_equal(err.where, "formats.conf");
	assert_non_null(strstr(err.text, "line 2: it has no request"));
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crowdsec_expects_the_same),
		cmocka_unit_test(logs_are_known_by_their_lines),
		cmocka_unit_test(logs_without_requests_are_in_no_format),
		cmocka_unit_test(a_format_of_the_site_reads_what_no_name_does),
		cmocka_unit_test(every_named_format_reads_its_line),
		cmocka_unit_test(agents_are_told_apart),
		cmocka_unit_test(files_of_the_site_take_the_place_of_ours),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
