#include "base/text.h"
#include "tests/cmocka_all.h"

static void good_utf8_is_accepted(void **state)
{
	static const struct str good[] = {
		STR(""), STR("plain ASCII that is longer than a word"), STR("홍길동"), STR("\0"), STR("\x7F"),
		STR("\xC2\x80"), STR("\xDF\xBF"), STR("\xE0\xA0\x80"), STR("\xED\x9F\xBF"),
		STR("\xEE\x80\x80"),
		STR("\xEF\xBF\xBD"), STR("\xEF\xBF\xBF"), STR("\xF0\x90\x80\x80"), STR("\xF4\x8F\xBF\xBF"),
		STR("12345678가"), STR("1234567가8"),
	};

	(void)state;
	assert_true(text_is_utf8((struct str){ NULL, 0 }));
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(text_is_utf8(good[i]));
}

static void bad_utf8_is_refused(void **state)
{
	static const struct str bad[] = {
		STR("\x80"), /* a tail alone */
		STR("\xC0\x80"), STR("\xC1\xBF"), STR("\xE0\x9F\xBF"), STR("\xF0\x8F\xBF\xBF"), /* overlong */
		STR("\xED\xA0\x80"), STR("\xED\xBF\xBF"), /* surrogates */
		STR("\xF4\x90\x80\x80"), STR("\xF5\x80\x80\x80"), STR("\xF8\x88\x80\x80\x80"), STR("\xFF"),
		STR("\xC2"), STR("\xE0\xA0"), STR("\xF0\x90\x80"), STR("\xEA\xB0 "), /* cut off */
		STR("12345678\xFF"), STR("1234\xFF" "5678"), STR("\xB0\xA1\xB3\xAA"), /* EUC-KR */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(text_is_utf8(bad[i]));
}

static void every_character_survives_a_round_trip(void **state)
{
	(void)state;
	for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
		char utf8[4];
		uint32_t back;
		size_t n = text_encode(cp, utf8);
		bool surrogate = cp >= 0xD800 && cp <= 0xDFFF;

		assert_int_equal(text_next((struct str){ utf8, n }, &back), n);
		assert_int_equal(back, surrogate ? 0xFFFD : cp);
	}
}

static void what_cannot_be_encoded_becomes_the_replacement(void **state)
{
	char utf8[4];

	(void)state;
	assert_int_equal(text_encode(0x110000, utf8), 3);
	assert_memory_equal(utf8, "\xEF\xBF\xBD", 3);
}

static void a_bad_byte_is_one_replacement(void **state)
{
	uint32_t cp;

	(void)state;
	assert_int_equal(text_next(STR("\xEA\xB0z"), &cp), 1);
	assert_int_equal(cp, 0xFFFD);
	assert_int_equal(text_next(STR("\xEA\xB0"), &cp), 1);
	assert_int_equal(cp, 0xFFFD);
}

static void wide_characters_take_two_cells(void **state)
{
	(void)state;
	assert_int_equal(text_cells(STR("abc")), 3);
	assert_int_equal(text_cells(STR("홍길동")), 6);
	assert_int_equal(text_cells(STR("漢字かなカナ")), 12);
	assert_int_equal(text_cells(STR("Ａ")), 2);
	assert_int_equal(text_cells(STR("ｱ")), 1); /* half-width form */
	assert_int_equal(text_cells(STR("😀")), 2);
	assert_int_equal(text_cells(STR("é")), 1);
	assert_int_equal(text_cells(STR("")), 0);
}

static void combining_marks_take_none(void **state)
{
	(void)state;
	assert_int_equal(text_cells(STR("e\xCC\x81")), 1); /* e, combining acute */
	assert_int_equal(text_cells(STR("\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB")), 2); /* 3 jamo, 1 syllable */
	assert_int_equal(text_cells(STR("a\xE2\x80\x8B" "b")), 2); /* zero-width space */
}

static void distance_counts_edits_and_swaps(void **state)
{
	(void)state;
	assert_int_equal(text_distance(STR("phone"), STR("phone"), 5), 0);
	assert_int_equal(text_distance(STR("phone"), STR("phnoe"), 5), 1);
	assert_int_equal(text_distance(STR("phone"), STR("phon"), 5), 1);
	assert_int_equal(text_distance(STR("phone"), STR("fone"), 5), 2);
	assert_int_equal(text_distance(STR("kitten"), STR("sitting"), 9), 3);
	assert_int_equal(text_distance(STR(""), STR("abc"), 9), 3);
	assert_int_equal(text_distance(STR("abc"), STR(""), 9), 3);
	assert_int_equal(text_distance(STR("ca"), STR("abc"), 9), 3); /* no edit between a swap's letters */
}

static void distance_is_capped(void **state)
{
	char name[200];

	(void)state;
	assert_int_equal(text_distance(STR("kitten"), STR("sitting"), 1), 2);
	memset(name, 'a', sizeof(name));
	assert_int_equal(text_distance((struct str){ name, 200 }, (struct str){ name, 200 }, 3), 0);
	assert_int_equal(text_distance((struct str){ name, 200 }, (struct str){ name, 199 }, 3), 4);
	assert_int_equal(text_distance((struct str){ name, 127 }, (struct str){ name, 126 }, 3), 1);
}

static void the_nearest_name_is_suggested(void **state)
{
	static const char *const names[] = { "column", "columns", "connect", "part", "key" };

	(void)state;
	assert_string_equal(text_nearest(STR("colum"), names, ARRAY_LEN(names)), "column");
	assert_string_equal(text_nearest(STR("cloumns"), names, ARRAY_LEN(names)), "columns");
	assert_string_equal(text_nearest(STR("conect"), names, ARRAY_LEN(names)), "connect");
	assert_string_equal(text_nearest(STR("ky"), names, ARRAY_LEN(names)), "key");
	assert_string_equal(text_nearest(STR("COLUMNS"), names, ARRAY_LEN(names)), "columns");
}

static void nothing_is_suggested_when_none_is_near(void **state)
{
	static const char *const names[] = { "column", "part", "key" };

	(void)state;
	assert_null(text_nearest(STR("budget"), names, ARRAY_LEN(names)));
	assert_null(text_nearest(STR("prat2"), names, ARRAY_LEN(names))); /* two edits, one allowed */
	assert_null(text_nearest(STR("part"), names, 0));
}

static void only_plain_numbers_are_numbers(void **state)
{
	static const struct str bad[] = {
		STR(""), STR("-1"), STR("+1"), STR(" 1"), STR("1 "), STR("0x1"), STR("1.0"), STR("1\0"),
		STR("18446744073709551616"), STR("99999999999999999999"),
	};
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(text_to_u64(bad[i], &n));
	assert_int_equal(n, 7);
	assert_true(text_to_u64(STR("0012"), &n));
	assert_int_equal(n, 12);
	assert_true(text_to_u64(STR("18446744073709551615"), &n));
	assert_true(n == UINT64_MAX);
}

static void numbers_become_digits(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} of[] = { { 0, "0" },
		   { 7, "7" },
		   { 99, "99" },
		   { 100, "100" },
		   { 1089, "1089" },
		   { -5, "-5" },
		   { -10, "-10" },
		   { -109, "-109" },
		   { INT64_MAX, "9223372036854775807" },
		   { INT64_MIN, "-9223372036854775808" } };
	char text[TEXT_I64_MOST];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		size_t n = text_from_i64(of[i].value, text);

		assert_true(str_eq((struct str){ text, n }, str_of(of[i].text)));
	}
}

static void the_lowest_hexadecimal_digits_are_written(void **state)
{
	char text[17];

	(void)state;
	assert_ptr_equal(text_from_hex(0x12345678ABCDEF09, 8, text_from_hex(10, 2, text)), text + 10);
	assert_string_equal(text, "0aabcdef09");
	text_from_hex(UINT64_MAX, 16, text);
	assert_string_equal(text, "ffffffffffffffff");
}

static void a_text_that_has_no_room_is_copied_as_the_empty_one(void **state)
{
	char out[4] = "xyz";

	(void)state;
	text_copy(out, sizeof(out), STR("abc"));
	assert_string_equal(out, "abc");
	text_copy(out, sizeof(out), STR("abcd"));
	assert_string_equal(out, "");
	text_copy(out, sizeof(out), (struct str){ 0 });
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_become_digits),
		cmocka_unit_test(a_text_that_has_no_room_is_copied_as_the_empty_one),
		cmocka_unit_test(the_lowest_hexadecimal_digits_are_written),
		cmocka_unit_test(good_utf8_is_accepted),
		cmocka_unit_test(bad_utf8_is_refused),
		cmocka_unit_test(every_character_survives_a_round_trip),
		cmocka_unit_test(what_cannot_be_encoded_becomes_the_replacement),
		cmocka_unit_test(a_bad_byte_is_one_replacement),
		cmocka_unit_test(wide_characters_take_two_cells),
		cmocka_unit_test(combining_marks_take_none),
		cmocka_unit_test(distance_counts_edits_and_swaps),
		cmocka_unit_test(distance_is_capped),
		cmocka_unit_test(the_nearest_name_is_suggested),
		cmocka_unit_test(nothing_is_suggested_when_none_is_near),
		cmocka_unit_test(only_plain_numbers_are_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
