/* A record that is written in a format reads back the same, in every family; and whatever is cut off a line, it is read
 * or rejected at one of its bytes with a reason. */
#include "tests/cmocka_all.h"
#include "weblog/rules.h"

#include <stdlib.h>

static struct arena *mem;
static uint64_t seed = 20260101;

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

static unsigned below(unsigned n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % n;
}

/* What a server is told: any bytes. */
static struct str any_bytes(const char *alphabet)
{
	size_t n = 1 + below(40), letters = alphabet ? strlen(alphabet) : 0;
	char *bytes = arena_alloc(mem, n + 1);

	for (size_t i = 0; i < n; i++)
		bytes[i] = alphabet ? alphabet[below((unsigned)letters)] : (char)(1 + below(255));
	return (struct str){ bytes, n };
}

/* As nginx and Apache write bytes that would break the line. */
static void backslash_put(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c == '"' || c == '\\') && below(2))
			buf_printf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			buf_printf(out, "\\x%02X", c);
		else
			buf_putc(out, (char)c);
	}
}

static void json_put(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || c == '\\')
			buf_printf(out, "\\%c", c);
		else if (c < 0x20)
			buf_printf(out, "\\u%04x", c);
		else
			buf_putc(out, (char)c);
	}
}

static void doubled_put(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_putc(out, '"');
		buf_putc(out, s.p[i] == '\n' || s.p[i] == '\r' ? ' ' : s.p[i]);
	}
}

struct made {
	struct str client, target, agent;
	unsigned status, bytes, minute;
};

static struct made made_up(bool lines_kept)
{
	struct made m = { .client = any_bytes("0123456789abcdef.:"), .target = any_bytes("/abc?=&%+-._"),
			  .minute = below(60), .status = 100 + below(500), .bytes = below(1u << 30) };

	m.agent = any_bytes(lines_kept ? "az\"\\ ';,()/\t" : NULL);
	if (m.agent.n == 1)
		m.agent = STR("--");
	if (m.target.n == 1)
		m.target = STR("/");
	if (m.client.n == 1)
		m.client = STR("::1");
	return m;
}

static void text_render(const struct made *m, struct buf *out)
{
	buf_printf(out, "%.*s - - [10/Oct/2000:13:%02u:36 -0700] \"GET %.*s HTTP/1.1\" %u %u \"-\" \"",
		   STR_ARG(m->client), m->minute, STR_ARG(m->target), m->status, m->bytes);
	backslash_put(m->agent, out);
	buf_putc(out, '"');
}

static void json_render(const struct made *m, struct buf *out)
{
	buf_puts(out, "{\"agent\":[0,{\"x\":\"");
	json_put(m->agent, out);
	buf_printf(out,
		   "\"}],\"time\":\"2000-10-10T13:%02u:36-07:00\",\"from\":\"%.*s\",\"what\":\"%.*s\","
		   "\"how\":\"GET\",\"status\":%u,\"n\":\"%u\"}",
		   m->minute, STR_ARG(m->client), STR_ARG(m->target), m->status, m->bytes);
}

static void w3c_render(const struct made *m, struct buf *out)
{
	buf_printf(out, "2000-10-10\t20:%02u:36 %.*s GET %.*s %u %u \"", m->minute, STR_ARG(m->client),
		   STR_ARG(m->target), m->status, m->bytes);
	doubled_put(m->agent, out);
	buf_putc(out, '"');
}

static const struct family {
	const char *format;
	void (*render)(const struct made *m, struct buf *out);
	bool lines_kept; /* bytes of lines are the writer's to avoid */
} families[] = {
	{ "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"", text_render, false },
	{ "{\"time\":\"$time_iso8601\",\"from\":\"$remote_addr\",\"what\":\"$request_uri\",\"how\":\"$request_method\","
	  "\"status\":$status,\"n\":$bytes_sent,\"agent\":[1,{\"x\":\"$http_user_agent\"}]}", json_render, false },
	{ "#Fields: date time c-ip cs-method cs-uri sc-status sc-bytes cs(User-Agent)", w3c_render, true },
};

static void assert_same(const struct made *m, const struct weblog_record *r)
{
	SCOPED(buf_free) struct buf agent = { 0 };

	assert_true(str_eq(r->text[WEBLOG_CLIENT], m->client));
	assert_true(str_eq(r->text[WEBLOG_METHOD], STR("GET")));
	assert_true(str_eq(r->text[WEBLOG_TARGET], m->target));
	assert_int_equal(r->status, m->status);
	assert_int_equal(r->bytes, m->bytes);
	assert_int_equal(r->time_us, (INT64_C(971208036) + 60 * m->minute) * 1000000);
	weblog_text_put(r, WEBLOG_AGENT, &agent);
	assert_int_equal(agent.len, m->agent.n);
	assert_memory_equal(agent.data, m->agent.p, m->agent.n);
}

static void assert_cuts(struct weblog_parser *parser, struct str line)
{
	struct weblog_record record;
	struct weblog_fault fault;

	for (size_t n = 0; n < line.n; n++) {
		char *copy = malloc(n + 1); /* of just that size: a byte too far is seen by the sanitizers */

		assert_non_null(copy);
		memcpy(copy, line.p, n);
		if (weblog_parse(parser, (struct str){ copy, n }, &record, &fault) == WEBLOG_REJECTED)
			assert_true(fault.what && fault.at <= n);
		free(copy);
	}
}

static void what_is_written_reads_back(void **state)
{
	(void)state;
	for (size_t f = 0; f < ARRAY_LEN(families); f++) {
		struct err err = { .text = "" };
		const struct weblog_format *format = weblog_format_new(str_of(families[f].format), mem, &err);
		struct weblog_parser *parser;

		if (!format)
			fail_msg("%s", err.text);
		parser = weblog_parser_new(format, mem);
		for (unsigned i = 0; i < 300; i++) {
			struct made m = made_up(families[f].lines_kept);
			SCOPED(buf_free) struct buf line = { 0 };
			struct weblog_record record;
			struct weblog_fault fault;

			families[f].render(&m, &line);
			if (weblog_parse(parser, buf_str(&line), &record, &fault) != WEBLOG_READ)
				fail_msg("%s: at %zu: %s", line.data, fault.at, fault.what);
			assert_same(&m, &record);
			assert_cuts(parser, buf_str(&line));
		}
	}
}

/* A megabyte of one byte, in every named format. */
static void long_garbage_is_rejected(void **state)
{
	static const char bytes[] = "x\"{[# \\\xff";
	size_t n = 1 << 20;
	char *garbage = malloc(n);
	const struct weblog_rules *rules;
	struct err err;

	(void)state;
	assert_non_null(garbage);
	rules = weblog_rules_new(NULL, mem, &err);
	assert_non_null(rules);
	for (size_t b = 0; b + 1 < sizeof(bytes); b++)
		for (size_t i = 0; i < rules->n_formats; i++) {
			struct weblog_parser *parser = weblog_parser_new(rules->formats[i].format, mem);
			struct weblog_record record;
			struct weblog_fault fault;

			memset(garbage, bytes[b], n);
			assert_int_not_equal(weblog_parse(parser, (struct str){ garbage, n }, &record, &fault),
					     WEBLOG_READ);
		}
	free(garbage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(long_garbage_is_rejected),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
