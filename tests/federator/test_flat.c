#include "federator/render/render.h"

#include "base/text.h"
#include "tests/cmocka_all.h"
#include "tests/federator/trees.h"

static const struct class_ open_class = { .name = "open" };

static int begin(void **state)
{
	*state = arena_new();
	return 0;
}

static int end(void **state)
{
	arena_wipe_free((struct arena **)state);
	return 0;
}

/* An answer with an outcome and one value from a source. */
static struct node *answer(struct arena *mem, struct str value)
{
	struct node *root = tree_object(mem, NULL, STR("routing"));

	tree_text(mem, root, STR("outcome"), STR("one"));
	tree_text(mem, root, STR("Name"), value)->cls = &open_class;
	return root;
}

static void form_is(struct arena *mem, struct str value, const char *want)
{
	SCOPED(buf_free) struct buf out = { 0 };

	render_form(answer(mem, value), &out);
	assert_string_equal(out.data, want);
}

static void form_escapes_all_that_means_something(void **state)
{
	form_is(*state, STR("a&b=c;d+e f%/?#"), "outcome=one&Name=a%26b%3Dc%3Bd%2Be%20f%25%2F%3F%23");
	form_is(*state, STR("\r\n\t\x7f\0"), "outcome=one&Name=%0D%0A%09%7F%00");
	form_is(*state, STR("Az09*-._~,"), "outcome=one&Name=Az09*-._%7E%2C");
	form_is(*state, STR("한*"), "outcome=one&Name=%ED%95%9C*");
	form_is(*state, STR("\xff"), "outcome=one&Name=%EF%BF%BD");
	form_is(*state, STR(""), "outcome=one&Name=");
}

static void form_of_anything_has_one_separator_and_two_equals(void **state)
{
	for (size_t i = 0; i < trees_n_nasty; i++) {
		SCOPED(buf_free) struct buf out = { 0 };
		size_t separators = 0, equals = 0;

		render_form(answer(*state, trees_nasty[i]), &out);
		for (size_t b = 0; b < out.len; b++) {
			assert_in_range((unsigned char)out.data[b], 0x21, 0x7e);
			separators += out.data[b] == '&';
			equals += out.data[b] == '=';
		}
		assert_int_equal(separators, 1);
		assert_int_equal(equals, 2);
	}
}

static void text_is(struct arena *mem, struct str value, const char *want)
{
	SCOPED(buf_free) struct buf out = { 0 };

	render_text(answer(mem, value), &out);
	assert_string_equal(out.data, want);
}

static void text_keeps_each_value_on_its_line(void **state)
{
	text_is(*state, STR("a&b=c d"), "outcome=one\nName=a&b=c d\n");
	text_is(*state, STR("x\r\noutcome=none\n"), "outcome=one\nName=x  outcome=none \n");
	text_is(*state, STR("\x1b[31m\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xae"), "outcome=one\nName= [31m    \n");
	text_is(*state, STR("\xff한"), "outcome=one\nName=\xEF\xBF\xBD한\n");
	text_is(*state, STR(""), "outcome=one\nName=\n");
}

static void text_of_anything_has_two_lines(void **state)
{
	for (size_t i = 0; i < trees_n_nasty; i++) {
		SCOPED(buf_free) struct buf out = { 0 };
		size_t lines = 0;

		render_text(answer(*state, trees_nasty[i]), &out);
		for (size_t b = 0; b < out.len; b++) {
			lines += out.data[b] == '\n';
			assert_true((unsigned char)out.data[b] >= 0x20 || out.data[b] == '\n');
		}
		assert_int_equal(lines, 2);
		assert_true(text_is_utf8(buf_str(&out)));
	}
}

static void line_is(struct node *root, size_t max, const char *want)
{
	SCOPED(buf_free) struct buf out = { 0 };

	render_line(root, max, &out);
	assert_string_equal(out.data ? out.data : "", want);
}

static void line_joins_what_comes_from_sources(void **state)
{
	struct node *root = answer(*state, STR(" 한*별\n"));

	tree_text(*state, root, STR("Tier"), STR("a default"));
	tree_text(*state, root, STR("Nick"), STR(""))->cls = &open_class;
	tree_text(*state, root, STR("City"), STR("서울\t \x1bsi "))->cls = &open_class;
	line_is(root, 64, "한*별 서울 si");
	line_is(tree_object(*state, NULL, STR("routing")), 64, "");
}

static void line_is_cut_between_characters(void **state)
{
	struct node *root = answer(*state, STR("가나다라마바사아자차카타파하가나다라마바사아자차카타파하"));
	struct node *mixed = answer(*state, STR("ab 가나"));

	line_is(root, 64, "가나다라마바사아자차카타파하가나다라마바사"); /* 21 of 3 bytes */
	line_is(root, 2, "");
	line_is(mixed, 5, "ab");
	line_is(mixed, 6, "ab 가");
	line_is(mixed, 3, "ab");
}

static void second_value_that_does_not_fit_leaves_no_blank(void **state)
{
	struct node *root = answer(*state, STR("ab"));

	tree_text(*state, root, STR("Tier"), STR("😀"))->cls = &open_class;
	tree_text(*state, root, STR("Last"), STR("z"))->cls = &open_class;
	line_is(root, 6, "ab");
	line_is(root, 7, "ab 😀");
	line_is(root, 9, "ab 😀 z");
}

static void line_of_anything_fits_and_is_one_line(void **state)
{
	for (size_t i = 0; i < trees_n_nasty; i++) {
		SCOPED(buf_free) struct buf out = { 0 };

		render_line(answer(*state, trees_nasty[i]), 16, &out);
		assert_true(out.len <= 16 && text_is_utf8(buf_str(&out)));
		for (size_t b = 0; b < out.len; b++)
			assert_true((unsigned char)out.data[b] >= 0x20 && out.data[b] != 0x7f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(form_escapes_all_that_means_something, begin, end),
		cmocka_unit_test_setup_teardown(form_of_anything_has_one_separator_and_two_equals, begin, end),
		cmocka_unit_test_setup_teardown(text_keeps_each_value_on_its_line, begin, end),
		cmocka_unit_test_setup_teardown(text_of_anything_has_two_lines, begin, end),
		cmocka_unit_test_setup_teardown(line_joins_what_comes_from_sources, begin, end),
		cmocka_unit_test_setup_teardown(line_is_cut_between_characters, begin, end),
		cmocka_unit_test_setup_teardown(second_value_that_does_not_fit_leaves_no_blank, begin, end),
		cmocka_unit_test_setup_teardown(line_of_anything_fits_and_is_one_line, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
