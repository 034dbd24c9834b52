#include "metadata/overlap.h"

#include "tests/cmocka_all.h"

/* The example of an overlap, or "". */
static const char *overlap(struct arena *mem, enum key_type type, const char *a, const char *b)
{
	const struct key key = { .name = "k", .type = type };
	const struct spelling one = { "a", a }, other = { "b", b };
	struct str text = STR("");
	bool found = overlap_find(&key, &one, &other, mem, &text);

	assert_int_equal(found, text.n > 0);
	return arena_cstr(mem, text);
}

static void check(enum key_type type, const char *a, const char *b, bool overlaps, size_t length)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	const char *there = overlap(mem, type, a, b), *back = overlap(mem, type, b, a);

	if ((*there != '\0') != overlaps || (*back != '\0') != overlaps || strlen(there) != length)
		fail_msg("%s and %s: `%s`, `%s`", a, b, there, back);
}

static void one_text_with_two_values_is_an_overlap(void **state)
{
	(void)state;
	check(KEY_INTEGER, "1########", "#+", true, 9);
	check(KEY_DIGITS, "1########", "#########", true, 9);
	check(KEY_DIGITS, "#+0", "#+", true, 2);
	check(KEY_DIGITS, "0##", "##0", true, 3);
	check(KEY_DIGITS, "0#+", "#+", true, 2); /* zeros in front are digits like others */
	check(KEY_DIGITS, "00#+", "#+99", true, 4);
}

static void no_common_text_is_none(void **state)
{
	(void)state;
	check(KEY_INTEGER, "C########", "#+", false, 0);
	check(KEY_INTEGER, "C########", "D#+", false, 0);
	check(KEY_INTEGER, "#+0", "########-0", false, 0);
	check(KEY_DIGITS, "###-###-####", "##########", false, 0);
	check(KEY_DIGITS, "####", "#####", false, 0);
	check(KEY_DIGITS, "1#", "2#", false, 0);
}

static void one_text_with_one_value_is_none(void **state)
{
	(void)state;
	check(KEY_INTEGER, "C########", "C#+", false, 0);
	check(KEY_INTEGER, "0#+", "#+", false, 0); /* zeros in front say nothing */
	check(KEY_DIGITS, "1#", "#1", false, 0); /* 11 */
	check(KEY_TEXT, "#-#1", "#-1#", false, 0);
	check(KEY_INTEGER, "#+", "#+", false, 0);
}

static void built_in_spellings_never_overlap(void **state)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();

	(void)state;
	assert_string_equal(overlap(mem, KEY_PHONE_KR, NULL, NULL), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_text_with_two_values_is_an_overlap),
		cmocka_unit_test(no_common_text_is_none),
		cmocka_unit_test(one_text_with_one_value_is_none),
		cmocka_unit_test(built_in_spellings_never_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
