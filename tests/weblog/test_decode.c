/* What people typed, out of URLs. */
#include "tests/cmocka_all.h"
#include "weblog/decode.h"

static struct weblog_decoder *decoder;

static int begin(void **state)
{
	(void)state;
	decoder = weblog_decoder_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	weblog_decoder_free(&decoder);
	return 0;
}

static void assert_decoded(const char *raw, enum weblog_charset charset, const char *text)
{
	SCOPED(buf_free) struct buf out = { 0 };

	assert_int_equal(weblog_decode(decoder, str_of(raw), true, &out), charset);
	assert_string_equal(out.len ? out.data : "", text);
}

static void percent_and_plus_are_undone(void **state)
{
	(void)state;
	assert_decoded("red+shoes%21", WEBLOG_UTF8, "red shoes!");
	assert_decoded("%EC%9A%B4%EB%8F%99%ED%99%94", WEBLOG_UTF8, "운동화");
	assert_decoded("100%", WEBLOG_UTF8, "100%");
	assert_decoded("%zz%4", WEBLOG_UTF8, "%zz%4");
	assert_decoded("", WEBLOG_UTF8, "");
}

static void what_escape_of_javascript_writes_is_undone(void **state)
{
	(void)state;
	assert_decoded("%uC6B4%uB3D9%uD654+%41", WEBLOG_UTF8, "운동화 A");
	assert_decoded("%uD83D%uDE00", WEBLOG_UTF8, "\xf0\x9f\x98\x80");
	assert_decoded("%uD83Dx", WEBLOG_UTF8, "\xef\xbf\xbdx");
	assert_decoded("%u12", WEBLOG_UTF8, "%u12");
	assert_decoded("%u12g4", WEBLOG_UTF8, "%u12g4");
}

static void korean_of_old_browsers_is_read(void **state)
{
	(void)state;
	assert_decoded("%BF%EE%B5%BF%C8%AD", WEBLOG_CP949, "운동화");
	assert_decoded("%8Cc%B9%E6%B0%A2%C7%CF", WEBLOG_CP949, "똠방각하"); /* the first one is in CP949 only */
}

static void what_is_in_no_charset_says_so(void **state)
{
	(void)state;
	assert_decoded("a%FFb", WEBLOG_BROKEN, "a\xef\xbf\xbd" "b");
	assert_decoded("%BF", WEBLOG_BROKEN, "\xef\xbf\xbd");
}

static void a_plus_of_a_path_is_a_plus(void **state)
{
	SCOPED(buf_free) struct buf out = { 0 };

	(void)state;
	(void)weblog_decode(decoder, STR("a+b%20c"), false, &out);
	assert_string_equal(out.data, "a+b c");
}

static struct str parameter(const char *query)
{
	static const struct str names[] = { STR("q"), STR("searchterm") };

	return weblog_parameter(str_of(query), names, ARRAY_LEN(names));
}

static void parameters_are_found_by_whole_names(void **state)
{
	(void)state;
	assert_true(str_eq(parameter("a=1&q=x&b"), STR("x")));
	assert_true(str_eq(parameter("searchTerm=x"), STR("x")));
	assert_true(str_eq(parameter("q=&q=y"), STR("y")));
	assert_true(str_eq(parameter("q=a=b"), STR("a=b")));
	assert_null(parameter("qq=x&xq=y&q").p);
	assert_null(parameter("").p);
}

static void urls_come_apart(void **state)
{
	(void)state;
	assert_true(str_eq(weblog_query_of(STR("/a?b=c?d#e")), STR("b=c?d")));
	assert_null(weblog_query_of(STR("/a")).p);
	assert_true(str_eq(weblog_host_of(STR("https://www.Google.co.kr:443/x")), STR("www.Google.co.kr")));
	assert_null(weblog_host_of(STR("/a")).p);
	assert_true(weblog_host_has(STR("www.Google.co.kr"), STR("google")));
	assert_true(weblog_host_has(STR("m.search.naver.com"), STR("search.naver.com")));
	assert_false(weblog_host_has(STR("mygoogle.com"), STR("google")));
	assert_false(weblog_host_has(STR("googles.com"), STR("google")));
	assert_false(weblog_host_has(STR(""), STR("google")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percent_and_plus_are_undone),
		cmocka_unit_test(what_escape_of_javascript_writes_is_undone),
		cmocka_unit_test(korean_of_old_browsers_is_read),
		cmocka_unit_test(what_is_in_no_charset_says_so),
		cmocka_unit_test(a_plus_of_a_path_is_a_plus),
		cmocka_unit_test(parameters_are_found_by_whole_names),
		cmocka_unit_test(urls_come_apart),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
