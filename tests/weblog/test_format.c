/* Format strings and the lines they read, field by field; what is wrong is said with its byte. */
#include "tests/cmocka_all.h"
#include "weblog/program.h"

#include <string.h>

static struct arena *mem;
static struct weblog_record rec;
static struct weblog_fault fault;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static struct weblog_parser *parser_of(const char *text)
{
	struct err err = { .text = "" };
	const struct weblog_format *format = weblog_format_new(str_of(text), mem, &err);

	if (!format)
		fail_msg("%s: %s", text, err.text);
	return weblog_parser_new(format, mem);
}

static void read_line(const char *format, const char *line)
{
	if (weblog_parse(parser_of(format), str_of(line), &rec, &fault) != WEBLOG_READ)
		fail_msg("%s: at %zu: %s", line, fault.at, fault.what);
}

static void assert_text(enum weblog_text which, const char *text)
{
	if (!str_eq(rec.text[which], str_of(text)))
		fail_msg("%s is '%.*s', not '%s'", weblog_text_name(which), STR_ARG(rec.text[which]),
			 text ? text : "NULL");
}

static void assert_rejected(const char *format, struct str line, size_t at, const char *what)
{
	assert_int_equal(weblog_parse(parser_of(format), line, &rec, &fault), WEBLOG_REJECTED);
	if (fault.at != at || !strstr(fault.what, what))
		fail_msg("%.*s: at %zu: %s", STR_ARG(line), fault.at, fault.what);
}

static void assert_wrong(const char *format, const char *what)
{
	struct err err = { .text = "" };

	if (weblog_format_new(str_of(format), mem, &err))
		fail_msg("%s is taken", format);
	if (!strstr(err.text, what))
		fail_msg("%s: %s", format, err.text);
	assert_int_equal(err.cls, ERR_CONFIG);
}

#define COMBINED "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-agent}i\""
#define NGINX                                                                              \
	"$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent " \
	"\"$http_referer\" \"$http_user_agent\""
#define FRONT "10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "

static void both_servers_words_mean_the_same(void **state)
{
	static const char *const formats[] = { COMBINED, NGINX };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		read_line(formats[i], "10.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] \"GET /a?b=c HTTP/1.0\" 200 2326 "
				      "\"http://x.example/\" \"Mozilla/4.08 [en]\"\r");
		assert_text(WEBLOG_CLIENT, "10.0.0.1");
		assert_text(WEBLOG_USER, "frank");
		assert_text(WEBLOG_METHOD, "GET");
		assert_text(WEBLOG_TARGET, "/a?b=c");
		assert_text(WEBLOG_PROTOCOL, "HTTP/1.0");
		assert_text(WEBLOG_REFERRER, "http://x.example/");
		assert_text(WEBLOG_AGENT, "Mozilla/4.08 [en]");
		assert_int_equal(rec.status, 200);
		assert_int_equal(rec.bytes, 2326);
		assert_int_equal(rec.time_us, INT64_C(971211336000000));
		assert_int_equal(rec.offset_s, -7 * 3600);
		assert_true(rec.has_offset);
	}
}

static void a_dash_is_nothing(void **state)
{
	(void)state;
	read_line(COMBINED, FRONT "\"-\" 408 - \"-\" \"-\"");
	assert_text(WEBLOG_USER, NULL);
	assert_text(WEBLOG_REQUEST, NULL);
	assert_text(WEBLOG_TARGET, NULL);
	assert_text(WEBLOG_AGENT, NULL);
	assert_int_equal(rec.bytes, -1);
	assert_int_equal(rec.status, 408);
}

static void what_is_no_request_has_no_parts(void **state)
{
	(void)state;
	read_line(COMBINED, FRONT "\"\\x16\\x03\\x01\\x02\" 400 0 \"-\" \"-\"");
	assert_text(WEBLOG_REQUEST, "\\x16\\x03\\x01\\x02");
	assert_text(WEBLOG_METHOD, NULL);
	assert_text(WEBLOG_TARGET, NULL);
	read_line(COMBINED, FRONT "\"GET /old\" 200 0 \"-\" \"-\"");
	assert_text(WEBLOG_TARGET, "/old");
	assert_text(WEBLOG_PROTOCOL, NULL);
	read_line(COMBINED, FRONT "\"GET /a b c HTTP/1.1\" 200 0 \"-\" \"-\"");
	assert_text(WEBLOG_TARGET, "/a b c");
}

static void escapes_are_kept_and_undone_on_request(void **state)
{
	SCOPED(buf_free) struct buf out = { 0 };

	(void)state;
	read_line(COMBINED, FRONT "\"GET /\\\"x\\\\ HTTP/1.1\" 200 0 \"-\" \"a \\\"b\\\" \\xea\\xb0\\x80 \\q\"");
	weblog_text_put(&rec, WEBLOG_TARGET, &out);
	buf_putc(&out, '|');
	weblog_text_put(&rec, WEBLOG_AGENT, &out);
	assert_string_equal(out.data, "/\"x\\|a \"b\" 가 \\q");
}

static void times_of_all_kinds(void **state)
{
	static const struct {
		const char *format, *line;
		int64_t us;
	} rows[] = {
		{ "$time_iso8601 $request_uri", "2018-07-02T22:23:00.186641Z /", INT64_C(1530570180186641) },
		{ "$time_iso8601 $request_uri", "2018-07-03T07:23:00+09:00 /", INT64_C(1530570180000000) },
		{ "$msec $request_uri", "1530570180.186 /", INT64_C(1530570180186000) },
		{ "%{msec}t %U%q", "1530570180186 /", INT64_C(1530570180186000) },
		{ "%{usec}t %U%q", "1530570180186641 /", INT64_C(1530570180186641) },
		{ "%{sec}t %U%q", "1530570180 /a?b", INT64_C(1530570180000000) },
		{ "%{%Y-%m-%dT%H:%M:%S%z}t %U", "2018-07-03T07:23:00+0900 /", INT64_C(1530570180000000) },
		{ "[$time_local] $uri", "[02/Jul/2018:22:23:00.186] /", INT64_C(1530570180186000) },
		{ "%t %U", "[29/Feb/2016:00:00:00 +0000] /", INT64_C(1456704000000000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		read_line(rows[i].format, rows[i].line);
		assert_int_equal(rec.time_us, rows[i].us);
	}
}

static void durations_are_microseconds(void **state)
{
	(void)state;
	read_line("%t %U %D", "[29/Feb/2016:00:00:00 +0000] / 1234");
	assert_int_equal(rec.duration_us, 1234);
	read_line("%t %U %{ms}T", "[29/Feb/2016:00:00:00 +0000] / 12");
	assert_int_equal(rec.duration_us, 12000);
	read_line("[$time_local] $uri $request_time", "[29/Feb/2016:00:00:00 +0000] / 0.012");
	assert_int_equal(rec.duration_us, 12000);
	read_line("[$time_local] $uri $request_time", "[29/Feb/2016:00:00:00 +0000] / -");
	assert_int_equal(rec.duration_us, -1);
}

static void extra_fields_have_the_name_of_the_format(void **state)
{
	(void)state;
	read_line("%t %U \"%{X-Id}i\" %{sid}C $cookie_member", "[29/Feb/2016:00:00:00 +0000] / \"7\" abc -");
	assert_int_equal(rec.n_extra, 2);
	assert_true(str_eq(rec.extra[0].name, STR("X-Id")) && str_eq(rec.extra[0].value, STR("7")));
	assert_true(str_eq(rec.extra[1].name, STR("sid")) && str_eq(rec.extra[1].value, STR("abc")));
}

static void a_port_is_behind_the_last_colon(void **state)
{
	(void)state;
	read_line("$remote_addr:$remote_port [$time_local] $uri", "2001:db8::1:4711 [29/Feb/2016:00:00:00 +0000] /");
	assert_text(WEBLOG_CLIENT, "2001:db8::1");
	assert_true(str_eq(rec.extra[0].value, STR("4711")));
}

static void rejections_name_the_byte(void **state)
{
	(void)state;
	assert_rejected(COMBINED, STR("10.0.0.1 - - (x"), 11, "end of this");
	assert_rejected(COMBINED, STR("1\"2 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1 \"-\" \"-\""), 1,
			"not an address");
	assert_rejected(COMBINED, STR("1 - - [10/Okt/2000:13:55:36 -0700] \"-\" 200 1 \"-\" \"-\""), 7, "no day");
	assert_rejected(COMBINED, STR("1 - - [30/Feb/2000:13:55:36 -0700] \"-\" 200 1 \"-\" \"-\""), 7, "no day");
	assert_rejected(COMBINED, STR("1 - - [10/Oct/2000:24:55:36 -0700] \"-\" 200 1 \"-\" \"-\""), 18, "time of day");
	assert_rejected(COMBINED, STR("1 - - [10/Oct/2000:13:55:36 -07] \"-\" 200 1 \"-\" \"-\""), 27, "offset");
	assert_rejected(COMBINED, STR(FRONT "\"GET / 200 1"), 43, "quote");
	assert_rejected("$msec $uri", STR("9223372036854.77 /"), 0, "no time"); /* a year of five digits */
	assert_rejected(COMBINED, STR(FRONT "\"GET /\" 2x0 1 \"-\" \"-\""), 50, "status");
	assert_rejected(COMBINED, STR(FRONT "\"GET /\" 200 1 \"-\" \"-\" 7"), 63, "more than");
	assert_rejected(COMBINED, STR(FRONT "\"GET /\" 200 1 \"-\"7 \"-\""), 58, "something else");
	assert_rejected(COMBINED, STR(FRONT "\"GET /\0\" 200"), 48, "NUL");
	assert_rejected("%h %l %u %t \"%r\"", STR("v.example 10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /\""), 19,
			"in front of the time");
}

static void empty_lines_are_nothing(void **state)
{
	(void)state;
	assert_int_equal(weblog_parse(parser_of(COMBINED), STR(""), &rec, &fault), WEBLOG_NOTHING);
	assert_int_equal(weblog_parse(parser_of(COMBINED), STR("\r"), &rec, &fault), WEBLOG_NOTHING);
}

static void wrong_formats_are_refused(void **state)
{
	(void)state;
	assert_wrong("%h %l %u \"%r\"", "no time");
	assert_wrong("%h %t %b", "no request");
	assert_wrong("", "no time");
	assert_wrong("%h%u %t \"%r\"", "at byte 2: two fields");
	assert_wrong("%t %r %", "a letter must follow %");
	assert_wrong("%t %{Referer", "%{ without }");
	assert_wrong("%t %{min}T %r", "%T knows");
	assert_wrong("%{%c}t %r", "form of time");
	assert_wrong("$time_local $ $request", "a name must follow $");
	assert_wrong("{\"a\":$msec", "of the JSON");
	assert_wrong("{\"a\":$msec,\"b\":\"$x $y\"}", "one $name");
}

static void json_is_taken_by_its_paths(void **state)
{
	static const char format[] =
		"{\"ts\":$msec,\"request\":{\"uri\":\"$request_uri\",\"headers\":{\"User-Agent\":["
		"\"$http_user_agent\"]},"
		"\"method\":\"$request_method\"},\"status\":$status,\"x\":\"$x\"}";
	static const char line[] =
		"app | {\"status\" : 204, \"other\":[1,{\"status\":7},true,null,-1.5e3],\"request\":{\"headers\":{"
		"\"User-Agent\":[\"\\uac00 \\\"x\\\" \\ud83d\\ude00\",\"no\"]},\"uri\":\"/a\",\"method\":\"GET\"},"
		"\"ts\":1530570180.186,\"x\":\"7\"} ";
	SCOPED(buf_free) struct buf out = { 0 };

	(void)state;
	read_line(format, line);
	assert_int_equal(rec.status, 204);
	assert_int_equal(rec.time_us, INT64_C(1530570180186000));
	assert_text(WEBLOG_TARGET, "/a");
	assert_text(WEBLOG_METHOD, "GET");
	weblog_text_put(&rec, WEBLOG_AGENT, &out);
	assert_string_equal(out.data, "가 \"x\" 😀");
	assert_true(rec.n_extra == 1 && str_eq(rec.extra[0].value, STR("7")));
}

static void json_is_strict(void **state)
{
	static const char format[] = "{\"t\":$msec,\"u\":\"$request_uri\"}";
	static const struct {
		const char *line;
		size_t at;
		const char *what;
	} rows[] = {
		{ "{\"t\":1,\"u\":\"/\"", 14, "comma or }" },	{ "{\"t\":1 \"u\":\"/\"}", 7, "comma or }" },
		{ "{\"t\":01,\"u\":\"/\"}", 5, "not a JSON" },	{ "{\"t\":1,\"u\":\"/\"}x", 15, "more behind" },
		{ "{\"t\":1,\"u\":\"\\x\"}", 13, "escape" },	{ "{\"t\":1,\"u\":\"/}", 11, "quote" },
		{ "{\"t\":1,\"u\":\"\\u12\"}", 13, "hexadec" },	{ "{\"t\":1,\"u\":}", 11, "not a JSON" },
		{ "{\"t\":1,u:\"/\"}", 7, "name in quotes" },	{ "{\"t\":1}", 0, "not a line about" },
		{ "{\"u\":\"/\"}", 0, "no time" },		{ "{\"t\":\"x\",\"u\":\"/\"}", 6, "no time" },
		{ "nothing", 0, "no JSON" },			{ "{\"t\":1,\"u\":[1,]}", 14, "not a JSON" },
	};
	char deep[200] = "{\"a\":";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_rejected(format, str_of(rows[i].line), rows[i].at, rows[i].what);
	memset(deep + 5, '[', 100);
	assert_rejected(format, str_of(deep), 36, "too deep");
}

static enum weblog_outcome take(struct weblog_parser *parser, const char *line)
{
	return weblog_parse(parser, str_of(line), &rec, &fault);
}

static void w3c_columns_may_change_in_the_file(void **state)
{
	struct weblog_parser *p = parser_of("#Fields:");

	(void)state;
	assert_int_equal(take(p, "1 2"), WEBLOG_REJECTED);
	assert_int_equal(take(p, "#Date: 2001-10-31 00:00:18"), WEBLOG_NOTHING);
	assert_int_equal(take(p, "#Fields: time cs-method cs-uri-stem"), WEBLOG_NOTHING);
	assert_int_equal(take(p, "00:00:19 GET /a"), WEBLOG_READ);
	assert_int_equal(rec.time_us, INT64_C(1004486419000000));
	assert_int_equal(take(p, "#Fields: date time cs-uri-stem cs(User-Agent) time-taken sc-status x-a"),
			 WEBLOG_NOTHING);
	assert_int_equal(take(p, "2001-11-01\t00:00:19 /b  \"a \"\"b\"\"\" 15 200 -"), WEBLOG_READ);
	assert_text(WEBLOG_TARGET, "/b");
	assert_text(WEBLOG_AGENT, "a \"\"b\"\"");
	assert_int_equal(rec.duration_us, 15000);
	assert_int_equal(rec.time_us, INT64_C(1004572819000000));
	assert_int_equal(take(p, "2001-11-01 00:00:19 /b"), WEBLOG_REJECTED);
	assert_string_equal(fault.what, "the line ends before this");
	assert_int_equal(take(p, "2001-11-01 00:00:19 /b a 15 200 - z"), WEBLOG_REJECTED);
	assert_int_equal(fault.at, 34);
}

static bool has_field(const char *format, const char *name)
{
	return weblog_format_has_field(parser_of(format)->format, str_of(name));
}

static void formats_say_what_lines_may_have(void **state)
{
	(void)state;
	assert_true(has_field("%t %r %u", "user"));
	assert_false(has_field("%t %r", "user"));
	assert_true(has_field("%t %r %{sid}C", "sid"));
	assert_false(has_field("%t %r %{sid}C", "SID"));
	assert_true(has_field("{\"t\":\"$msec\",\"r\":\"$request\",\"m\":\"$member\"}", "member"));
	assert_false(has_field("#Fields: date time cs-uri-stem x-a", "x-b"));
	assert_true(has_field("#Fields:", "x-b"));
	assert_true(weblog_format_has_cookies(parser_of("%t %r \"%{Cookie}i\"")->format));
	assert_false(weblog_format_has_cookies(parser_of("%t %r \"%{Referer}i\"")->format));
	assert_true(weblog_format_has_cookies(parser_of("#Fields:")->format));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_servers_words_mean_the_same),
		cmocka_unit_test(a_dash_is_nothing),
		cmocka_unit_test(what_is_no_request_has_no_parts),
		cmocka_unit_test(escapes_are_kept_and_undone_on_request),
		cmocka_unit_test(times_of_all_kinds),
		cmocka_unit_test(durations_are_microseconds),
		cmocka_unit_test(extra_fields_have_the_name_of_the_format),
		cmocka_unit_test(a_port_is_behind_the_last_colon),
		cmocka_unit_test(rejections_name_the_byte),
		cmocka_unit_test(empty_lines_are_nothing),
		cmocka_unit_test(wrong_formats_are_refused),
		cmocka_unit_test(json_is_taken_by_its_paths),
		cmocka_unit_test(json_is_strict),
		cmocka_unit_test(w3c_columns_may_change_in_the_file),
		cmocka_unit_test(formats_say_what_lines_may_have),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
