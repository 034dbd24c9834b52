#include "metadata/weblogs.h"

#include <regex.h>

#include "base/buf.h"
#include "tests/cmocka_all.h"

static bool fits(const char *pattern, const char *path, struct weblog_captures *captures)
{
	const struct weblog_pattern p = { str_of(pattern) };

	return weblog_pattern_match(&p, str_of(path), captures);
}

static void expect_match(const char *pattern, const char *path, bool expected)
{
	struct weblog_captures captures;

	if (fits(pattern, path, &captures) != expected)
		fail_msg("`%s` and `%s`", pattern, path);
}

static void literals_are_compared_byte_by_byte(void **state)
{
	(void)state;
	expect_match("/cart", "/cart", true);
	expect_match("/cart", "/cart/", false);
	expect_match("/cart", "/car", false);
	expect_match("/cart", "/Cart", false);
	expect_match("/cart", "", false);
	expect_match("/상품", "/상품", true);
	expect_match("/", "/", true);
	expect_match("", "/whatever", true);
	expect_match("", "", true);
}

static void a_star_takes_what_follows(void **state)
{
	(void)state;
	expect_match("/static/*", "/static/", true);
	expect_match("/static/*", "/static/a/b.css", true);
	expect_match("/static/*", "/static", false);
	expect_match("/goods*", "/goods", true);
	expect_match("/*", "/", true);
	expect_match("/*", "", false);
	expect_match("/goods/{product}/*", "/goods/7/reviews/2", true);
	expect_match("/goods/{product}/*", "/goods/7", false);
}

static void expect_place(const char *pattern, const char *path, const char *name, const char *text)
{
	struct weblog_captures captures;

	if (!fits(pattern, path, &captures) || !str_eq(weblog_captured(&captures, str_of(name)), str_of(text)))
		fail_msg("`%s` and `%s`", pattern, path);
}

static void a_place_holds_a_segment_between_its_literals(void **state)
{
	(void)state;
	expect_place("/goods/{product}", "/goods/4711", "product", "4711");
	expect_place("/goods/{product}", "/goods/4711", "category", NULL);
	expect_place("/item-{product}.html", "/item-a.b.html", "product", "a.b");
	expect_place("/{category}/{product}/*", "/shoes/12/x", "category", "shoes");
	expect_place("/{category}/{product}/*", "/shoes/12/x", "product", "12");
	expect_place("/c/{category}/list", "/c/한글/list", "category", "한글");
	expect_place("/{a}/{b}/{c}/{d}", "/1/2/3/4", "d", "4");
}

static void a_place_is_never_empty_nor_more_than_a_segment(void **state)
{
	(void)state;
	expect_match("/goods/{product}", "/goods/", false);
	expect_match("/goods/{product}", "/goods/1/2", false);
	expect_match("/goods/{product}", "/goods/1/", false);
	expect_match("/item-{product}.html", "/item-.html", false);
	expect_match("/item-{product}.html", "/item-1.htm", false);
	expect_match("/item-{product}.html", "/item-1.html/x", false);
	expect_match("/{product}aa", "/aa", false);
	expect_match("/{product}aa", "/aaa", true);
}

static void places_are_told_by_name(void **state)
{
	const struct weblog_pattern p = { STR("/{category}/x-{product}.html") }, none = { STR("") };
	struct weblog_captures places;

	(void)state;
	weblog_pattern_places(&p, &places);
	assert_int_equal(places.n, 2);
	assert_true(str_eq(places.of[0].name, STR("category")));
	assert_true(str_eq(places.of[1].name, STR("product")));
	weblog_pattern_places(&none, &places);
	assert_int_equal(places.n, 0);
}

static void expect_fault(const char *pattern, size_t at, size_t n)
{
	size_t found_at, found_n;

	if (!weblog_pattern_fault(str_of(pattern), &found_at, &found_n) || found_at != at || found_n != n)
		fail_msg("`%s`: at %zu, %zu bytes", pattern, found_at, found_n);
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	(void)state;
	expect_fault("", 0, 1);
	expect_fault("goods/{product}", 0, 1);
	expect_fault("/a*b", 2, 1);
	expect_fault("/*/a", 1, 1);
	expect_fault("/{product}*", 10, 1);
	expect_fault("/{product", 1, 8);
	expect_fault("/a}", 2, 1);
	expect_fault("/{}", 1, 2);
	expect_fault("/{Product}", 1, 9);
	expect_fault("/{1}", 1, 3);
	expect_fault("/{a}{b}", 4, 3);
	expect_fault("/{a}-{b}", 5, 3);
	expect_fault("/{a}/{a}", 5, 3);
	expect_fault("/{a}/{b}/{c}/{d}/{e}", 17, 3);
	expect_fault("/search?q", 7, 1);
	expect_fault("/a#b", 2, 1);
}

static void what_is_right_has_no_fault(void **state)
{
	static const char *const right[] = {
		"/", "/*", "/a", "/{a}", "/{a}/{b}/{c}/{d}/*", "/x-{a}.y", "/goods*", "/상품/{product}", "/{a1_b}/"
	};
	size_t at, n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(right); i++)
		if (weblog_pattern_fault(str_of(right[i]), &at, &n))
			fail_msg("`%s`: at %zu", right[i], at);
}

/* ---- random ones, against regular expressions ---- */

static uint32_t seed = 1;

static uint32_t below(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Some of these pieces, one after the other. */
static void put_pieces(struct buf *out, const char *const *pieces, size_t n)
{
	for (uint32_t i = below(7); i > 0; i--)
		buf_puts(out, pieces[below((uint32_t)n)]);
}

static void put_expression(struct buf *out, const char *pattern)
{
	buf_putc(out, '^');
	for (; *pattern; pattern++) {
		if (*pattern == '{') {
			buf_puts(out, "([^/]+)");
			pattern = strchr(pattern, '}');
		} else if (*pattern == '*') {
			buf_puts(out, ".*");
		} else {
			buf_putc(out, *pattern);
		}
	}
	buf_puts(out, "$");
}

static void compare(const char *pattern, const char *path)
{
	SCOPED(buf_free) struct buf expression = { 0 };
	struct weblog_captures captures;
	regmatch_t at[1 + WEBLOG_PLACES_MAX];
	regex_t re;
	bool found;

	put_expression(&expression, pattern);
	buf_putc(&expression, '\0');
	assert_int_equal(regcomp(&re, expression.data, REG_EXTENDED), 0);
	found = regexec(&re, path, ARRAY_LEN(at), at, 0) == 0;
	if (fits(pattern, path, &captures) != found)
		fail_msg("`%s` and `%s`", pattern, path);
	for (uint32_t i = 0; found && i < captures.n; i++) {
		struct str expected = { path + at[i + 1].rm_so, (size_t)(at[i + 1].rm_eo - at[i + 1].rm_so) };

		if (!str_eq(captures.of[i].text, expected))
			fail_msg("`%s` and `%s`: place %u", pattern, path, i);
	}
	regfree(&re);
}

static void matching_is_that_of_a_regular_expression(void **state)
{
	static const char *const pieces[] = { "/", "/", "a", "b", "ab", "{p}", "{q}", "{r}", "*" };
	static const char *const steps[] = { "/", "/", "a", "b", "ab", "ba", "x" };
	size_t right = 0;

	(void)state;
	for (int i = 0; i < 5000; i++) {
		SCOPED(buf_free) struct buf pattern = { 0 }, path = { 0 };
		size_t at, n;

		buf_putc(&pattern, '/');
		buf_putc(&path, '/');
		put_pieces(&pattern, pieces, ARRAY_LEN(pieces));
		put_pieces(&path, steps, ARRAY_LEN(steps));
		if (weblog_pattern_fault(buf_str(&pattern), &at, &n))
			continue;
		buf_putc(&pattern, '\0');
		buf_putc(&path, '\0');
		compare(pattern.data, path.data);
		right++;
	}
	assert_true(right > 1000);
}

static void a_weblog_is_found_by_its_name(void **state)
{
	const struct weblog weblogs[] = { { .name = "shop" }, { .name = "mobile" } };
	const struct catalog cat = { .weblogs = weblogs, .n_weblogs = 2 };

	(void)state;
	assert_ptr_equal(catalog_weblog(&cat, STR("mobile")), &weblogs[1]);
	assert_null(catalog_weblog(&cat, STR("mob")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_are_compared_byte_by_byte),
		cmocka_unit_test(a_star_takes_what_follows),
		cmocka_unit_test(a_place_holds_a_segment_between_its_literals),
		cmocka_unit_test(a_place_is_never_empty_nor_more_than_a_segment),
		cmocka_unit_test(places_are_told_by_name),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(what_is_right_has_no_fault),
		cmocka_unit_test(matching_is_that_of_a_regular_expression),
		cmocka_unit_test(a_weblog_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
