#include "tests/cmocka_all.h"

#include "federator/http/headers.h"

static struct headers headers_of(const char *const *pairs)
{
	static struct header fields[8]; /* of the last call */
	struct headers h = { .of = fields };

	for (; pairs[0]; pairs += 2)
		h.of[h.n++] = (struct header){ str_of(pairs[0]), str_of(pairs[1]) };
	return h;
}

#define HEADERS(...) headers_of((const char *const[]){ __VA_ARGS__, NULL, NULL })

static int screened(const char *method, struct headers h)
{
	const char *why = NULL;
	int status = headers_screen(method, "HTTP/1.1", &h, 1000, &why);

	assert_true((status != 0) == (why != NULL));
	return status;
}

static void ordinary_requests_pass(void **state)
{
	(void)state;
	assert_int_equal(screened("GET", HEADERS("Host", "x", "Accept", "a\tb")), 0);
	assert_int_equal(screened("QUERY", HEADERS("Host", "x", "content-length", "1000")), 0);
	assert_int_equal(screened("POST", HEADERS("Host", "x", "Transfer-Encoding", "Chunked")), 0);
	assert_int_equal(screened("GET", HEADERS("Host", "x", "Content-Length", "0")), 0);
}

static void an_ambiguous_length_is_refused(void **state)
{
	(void)state;
	assert_int_equal(screened("POST", HEADERS("Host", "x", "Content-Length", "5", "content-length", "6")), 400);
	assert_int_equal(screened("POST", HEADERS("Host", "x", "Content-Length", "5", "Transfer-Encoding", "chunked")),
			 400);
	assert_int_equal(
		screened("POST", HEADERS("Host", "x", "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked")),
		400);
	assert_int_equal(screened("POST", HEADERS("Host", "x", "Transfer-Encoding", "gzip, chunked")), 501);
	assert_int_equal(screened("POST", HEADERS("Host", "x", "Content-Length", "+5")), 400);
	assert_int_equal(screened("GET", HEADERS("Host", "x", "Content-Length", "5")), 400);
	assert_int_equal(screened("POST", HEADERS("Host", "x", "Content-Length", "1001")), 413);
}

static void other_strange_requests_are_refused(void **state)
{
	struct headers h = HEADERS("Host", "x");

	(void)state;
	assert_int_equal(screened("BREW", HEADERS("Host", "x")), 501);
	assert_int_equal(screened("GET", HEADERS("Host", "x", "host", "y")), 400);
	assert_int_equal(screened("GET", HEADERS("Host", "x", "X", "a\rb")), 400);
	assert_int_equal(screened("GET", HEADERS("X", "a")), 400);
	assert_int_equal(screened("GET", HEADERS("Host", "x", "X Y", "a")), 400);
	assert_int_equal(screened("GET", HEADERS("Host", "x", "", "a")), 400);
	h.of[0].value = (struct str){ "a\0b", 3 };
	assert_int_equal(screened("GET", h), 400);
	h.too_many = true;
	assert_int_equal(screened("GET", h), 431);
}

/* "json", "xml" or "none". */
static const char *format_for(const char *accept)
{
	struct headers h = HEADERS("accept", accept);
	enum format format;

	if (!headers_format(&h, &format))
		return "none";
	return format == FORMAT_XML ? "xml" : "json";
}

static void accept_chooses_the_format(void **state)
{
	(void)state;
	assert_string_equal(format_for(""), "json");
	assert_string_equal(format_for("*/*"), "json");
	assert_string_equal(format_for("application/xml"), "xml");
	assert_string_equal(format_for("text/xml;charset=utf-8"), "xml");
	assert_string_equal(format_for("application/json;q=0.4, application/xml;q=0.5"), "xml");
	assert_string_equal(format_for("application/xml;q=0.5,*/*;q=0.6"), "json");
	assert_string_equal(format_for("application/json;q=0, */*"), "xml");
	assert_string_equal(format_for("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
			    "xml");
	assert_string_equal(format_for("text/html"), "none");
	assert_string_equal(format_for("application/json;q=0.000"), "none");
}

static void accept_chooses_among_the_formats_offered(void **state)
{
	static const struct {
		const char *accept;
		enum format format;
	} cases[] = {
		{ "", FORMAT_JSON },
		{ "*/*", FORMAT_JSON },
		{ "application/*", FORMAT_JSON },
		{ "application/x-www-form-urlencoded", FORMAT_FORM },
		{ "text/plain;charset=utf-8", FORMAT_TEXT },
		{ "text/*", FORMAT_TEXT },
		{ "text/xml", FORMAT_XML },
		{ "text/plain;q=0.4, application/x-www-form-urlencoded;q=0.5, image/png", FORMAT_FORM },
	};
	unsigned all = 1 << FORMAT_JSON | 1 << FORMAT_XML | 1 << FORMAT_FORM | 1 << FORMAT_TEXT;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct headers h = HEADERS("Accept", cases[i].accept);
		enum format format = FORMAT_LINE;

		assert_true(headers_choose(&h, all, &format));
		assert_int_equal(format, cases[i].format);
	}
}

static void what_is_not_offered_is_not_chosen(void **state)
{
	struct headers h = HEADERS("Accept", "text/plain, image/png");
	enum format format = FORMAT_LINE;

	(void)state;
	assert_false(headers_choose(&h, 1 << FORMAT_JSON | 1 << FORMAT_FORM, &format));
	assert_int_equal(format, FORMAT_LINE);
}

static void the_language_wanted_most_is_taken(void **state)
{
	struct arena *mem = arena_new();
	struct headers h = HEADERS("Accept-Language", "en;q=0.5, ko-KR, fr;q=0.9");

	(void)state;
	assert_true(str_eq(headers_language(&h, mem), STR("ko")));
	h.of[0].value = STR("*");
	assert_null(headers_language(&h, mem).p);
	h.n = 0;
	assert_null(headers_language(&h, mem).p);
	arena_wipe_free(&mem);
}

static void a_token_is_short_and_plain(void **state)
{
	(void)state;
	assert_true(headers_is_token(STR("req-1.a_B")));
	assert_false(headers_is_token(STR("")));
	assert_false(headers_is_token(STR("a b")));
	assert_false(headers_is_token(STR("a\"b")));
	assert_false(
		headers_is_token(STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_requests_pass),
		cmocka_unit_test(an_ambiguous_length_is_refused),
		cmocka_unit_test(other_strange_requests_are_refused),
		cmocka_unit_test(accept_chooses_the_format),
		cmocka_unit_test(accept_chooses_among_the_formats_offered),
		cmocka_unit_test(what_is_not_offered_is_not_chosen),
		cmocka_unit_test(the_language_wanted_most_is_taken),
		cmocka_unit_test(a_token_is_short_and_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
