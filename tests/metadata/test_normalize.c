#include "metadata/block.h"
#include "metadata/normalize.h"

#include "tests/cmocka_all.h"

static int begin(void **state)
{
	*state = arena_new();
	return 0;
}

static int end(void **state)
{
	struct arena *mem = *state;

	arena_wipe_free(&mem);
	return 0;
}

struct pair {
	const char *raw, *canonical; /* canonical NULL: malformed */
};

static void check_key(const struct key *key, const struct pair *pairs, size_t n, struct arena *mem)
{
	for (size_t i = 0; i < n; i++) {
		struct str out = STR("untouched");
		struct str want = pairs[i].canonical ? str_of(pairs[i].canonical) : STR("untouched");
		enum key_verdict v = normalize_key(key, str_of(pairs[i].raw), mem, &out);

		if (v != (pairs[i].canonical ? KEY_OK : KEY_MALFORMED) || !str_eq(out, want))
			fail_msg("\"%s\" became \"%.*s\" (%d)", pairs[i].raw, STR_ARG(out), v);
	}
}

#define CHECK_TYPE(type_, mem, ...)                                             \
	do {                                                                    \
		const struct key key_ = { .name = "k", .type = (type_) };       \
		const struct pair pairs_[] = { __VA_ARGS__ };                   \
		check_key(&key_, pairs_, ARRAY_LEN(pairs_), (mem));             \
	} while (0)

static void text_is_trimmed_and_otherwise_left_alone(void **state)
{
	CHECK_TYPE(KEY_TEXT, *state, { " aB-9 c\t\r\n", "aB-9 c" }, { "\xE3\x80\x80홍 길동\xC2\xA0", "홍 길동" },
		   { "\xEF\xBC\x91", "\xEF\xBC\x91" }, { "", NULL }, { " \n", NULL }, { "a\x01z", NULL },
		   { "a\nz", NULL }, { "a\x7Fz", NULL }, { "a\xC2\x85z", NULL }, { "\xC3", NULL },
		   { "\xED\xA0\x80", NULL });
}

static void a_null_cell_is_no_value(void **state)
{
	const struct key key = { .type = KEY_TEXT };
	struct str out;

	assert_int_equal(normalize_key(&key, (struct str){ 0 }, *state, &out), KEY_MALFORMED);
}

static void length_is_bounded_after_trimming(void **state)
{
	const struct key key = { .type = KEY_TEXT };
	char raw[300];
	struct str out;

	memset(raw, 'x', sizeof(raw));
	assert_int_equal(normalize_key(&key, (struct str){ raw, 256 }, *state, &out), KEY_OK);
	assert_int_equal(out.n, 256);
	assert_int_equal(normalize_key(&key, (struct str){ raw, 257 }, *state, &out), KEY_MALFORMED);
	memset(raw, ' ', 100);
	assert_int_equal(normalize_key(&key, (struct str){ raw, 300 }, *state, &out), KEY_OK);
	assert_int_equal(out.n, 200);
}

static void case_changes_touch_ascii_only(void **state)
{
	CHECK_TYPE(KEY_UPPER, *state, { "ab-é1", "AB-é1" });
	CHECK_TYPE(KEY_LOWER, *state, { "AB-É1", "ab-É1" });
}

static void integers_lose_zeros_and_a_spreadsheet_fraction(void **state)
{
	CHECK_TYPE(KEY_INTEGER, *state, { "4587", "4587" }, { "00004587", "4587" }, { "4587.0", "4587" },
		   { "04587.000", "4587" }, { "0", "0" }, { "000", "0" }, { "0.0", "0" },
		   { "４５８７", "4587" }, { "12345678901234567890", "12345678901234567890" },
		   { "000012345678901234567890", "12345678901234567890" },
		   { "123456789012345678901", NULL }, { "4587.5", NULL }, { "4587.", NULL }, { ".0", NULL },
		   { "-1", NULL }, { "+1", NULL }, { "1e3", NULL }, { "4 587", NULL }, { "C4587", NULL });
}

static void digits_keep_zeros_and_drop_separators(void **state)
{
	CHECK_TYPE(KEY_DIGITS, *state, { "1234-5678-9012", "123456789012" }, { "(00) 12/34.5", "0012345" },
		   { "０１２", "012" }, { "12a4", NULL }, { "--", NULL }, { "1_2", NULL });
}

static void numbers_of_other_scripts_and_signs_are_no_digits(void **state)
{
	CHECK_TYPE(KEY_DIGITS, *state, { "١٢٣", NULL }, { "①②", NULL }, { "½", NULL }, { "1e5", NULL },
		   { "+12", NULL }, { "1,234", NULL }, { "1\xE2\x80\x8B" "2", NULL }, { "−12", "12" },
		   { "1\xC2\xA0" "2", "12" });
	CHECK_TYPE(KEY_INTEGER, *state, { "१२", NULL }, { "0x10", NULL }, { "1,234", NULL }, { "NaN", NULL },
		   { "1.0.0", NULL }, { "99999999999999999999", "99999999999999999999" });
}

static void text_keeps_what_it_may_mean(void **state)
{
	/* composed and decomposed forms are different texts, as they are to the sources */
	CHECK_TYPE(KEY_TEXT, *state, { "\xEA\xB0\x80", "\xEA\xB0\x80" },
		   { "\xE1\x84\x80\xE1\x85\xA1", "\xE1\x84\x80\xE1\x85\xA1" }, { "a\xE2\x80\x8B", "a\xE2\x80\x8B" },
		   { "\xEF\xBB\xBF" "a", "\xEF\xBB\xBF" "a" }, { "😀", "😀" }, { "a  b", "a  b" }, { "a\tb", NULL },
		   { "\xF4\x90\x80\x80", NULL }, { "\xC0\x80", NULL }, { "'; DROP TABLE t --", "'; DROP TABLE t --" });
}

static void email_keeps_its_tags_and_dots(void **state)
{
	CHECK_TYPE(KEY_EMAIL, *state, { "a.b+Shop@Example.com", "a.b+shop@example.com" },
		   { "\"a\"@x", "\"a\"@x" }, { "<a@x>", "<a@x>" }, { "a\tb@x", NULL }, { "a@x\r\nBcc: b@y", NULL },
		   { "ａ@x", "ａ@x" }, { "user@[127.0.0.1]", "user@[127.0.0.1]" });
}

static void email_has_one_sign_and_two_sides(void **state)
{
	CHECK_TYPE(KEY_EMAIL, *state, { " Kim@Example.COM ", "kim@example.com" },
		   { "홍길동@예시.한국", "홍길동@예시.한국" }, { "ÉA@x", "Éa@x" }, { "a@b@c", NULL },
		   { "@b", NULL }, { "a@", NULL }, { "@", NULL }, { "ab", NULL }, { "a b@c", NULL },
		   { "a\xE3\x80\x80@c", NULL });
}

static void uuid_is_written_with_dashes_in_lower_case(void **state)
{
	static const char want[] = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

	CHECK_TYPE(KEY_UUID, *state, { "0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9", want },
		   { "0a1b2c3d4e5f60718293a4b5c6d7e8f9", want },
		   { "{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9}", want },
		   { "{0a1b2c3d4e5f60718293a4b5c6d7e8f9}", want },
		   { "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f", NULL },
		   { "0a1b2c3-d4e5f-6071-8293-a4b5c6d7e8f9", NULL },
		   { "{0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9", NULL },
		   { "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8g9", NULL }, { "{}", NULL });
}

static void korean_numbers_become_e164(void **state)
{
	CHECK_TYPE(KEY_PHONE_KR, *state, { "010-1234-5678", "+821012345678" },
		   { "01012345678", "+821012345678" }, { "010 1234 5678", "+821012345678" },
		   { "010.1234.5678", "+821012345678" }, { "(010) 1234-5678", "+821012345678" },
		   { "０１０－１２３４－５６７８", "+821012345678" },
		   { "010\xE2\x80\x93" "1234\xE2\x80\x91" "5678", "+821012345678" },
		   { "011-234-5678", "+82112345678" }, { "019-9234-5678", "+821992345678" },
		   { "02-123-4567", "+8221234567" }, { "02-1234-5678", "+82212345678" },
		   { "031-123-4567", "+82311234567" }, { "064-1234-5678", "+826412345678" },
		   { "070-1234-5678", "+827012345678" }, { "0505-123-4567", "+825051234567" },
		   { "0507-1234-5678", "+8250712345678" }, { "080-123-4567", "+82801234567" },
		   { "1588-1234", "+8215881234" }, { "1644-1234", "+8216441234" },
		   { "18991234", "+8218991234" });
}

static void korean_prefixes_lead_to_the_same_number(void **state)
{
	CHECK_TYPE(KEY_PHONE_KR, *state, { "+82 10-1234-5678", "+821012345678" },
		   { "+82 (0)10-1234-5678", "+821012345678" }, { "(+82) 010 1234 5678", "+821012345678" },
		   { "0082 10 1234 5678", "+821012345678" }, { "82-10-1234-5678", "+821012345678" },
		   { "8201012345678", "+821012345678" }, { "00182-10-1234-5678", "+821012345678" },
		   { "00882 2 123 4567", "+8221234567" }, { "+82 1588-1234", "+8215881234" },
		   { "+82 2 123 4567", "+8221234567" }, { "1012345678", "+821012345678" },
		   { "112345678", "+82112345678" });
}

static void foreign_numbers_are_kept_by_their_country(void **state)
{
	CHECK_TYPE(KEY_PHONE_KR, *state, { "+1 415 555 1212", "+14155551212" },
		   { "0014155551212", "+14155551212" }, { "+49 30 123456", "+4930123456" },
		   { "+1234567", NULL },
		   { "+44 (0)20 7946 0000", "+442079460000" }, { "+39 (0)6 698 12345", "+390669812345" },
		   { "001-1-415-555-1212", "+14155551212" }, { "00700 1 415 555 1212", "+14155551212" },
		   { "+21055512345", NULL }, { "+6837012", "+6837012" },
		   { "+1234567890123456", NULL }, { "+0123456789", NULL });
}

static void what_is_no_korean_number_is_refused(void **state)
{
	CHECK_TYPE(KEY_PHONE_KR, *state, { "010-123-456", NULL }, { "010-1234-56789", NULL },
		   { "21234567", NULL }, { "4155551212", NULL }, { "0082 2 12", NULL },
		   { "02-12345", NULL }, { "119", NULL }, { "1234-5678", NULL },
		   { "+82 010", NULL }, { "+82 01588-1234", NULL }, { "01588-1234", NULL },
		   { "013-345-6789", NULL }, { "010-1234-5678 ext 3", NULL }, { "010-1234-5678,2", NULL },
		   { "82", NULL }, { "+", NULL }, { "00", NULL }, { "0082", NULL }, { "++8210", NULL },
		   { "010+12345678", NULL }, { "010123456780101234567801012345678", NULL });
}

static void american_numbers_become_e164(void **state)
{
	CHECK_TYPE(KEY_PHONE_US, *state, { "831-155-1615", "+18311551615" },
		   { "(831) 155-1615", "+18311551615" }, { "1.831.155.1615", "+18311551615" },
		   { "+1 831 155 1615", "+18311551615" }, { "8311551615", "+18311551615" },
		   { "+44 20 7946 0000", "+442079460000" }, { "011 44 20 7946 0000", "+442079460000" },
		   { "155-1615", NULL }, { "0118311555", NULL }, { "1 011 831 1555", NULL },
		   { "28311551615", NULL }, { "+1 831 155 161", NULL }, { "831-155-16155", NULL });
}

static const struct spelling e164 = { .name = "e164" }, digits = { .name = "digits" },
			     dashed = { .name = "dashed" };

static void check_spelling(const struct key *key, const struct spelling *as, const char *canonical,
			   const char *want, struct arena *mem)
{
	struct str out = STR("untouched");
	bool written = spell_key(key, as, str_of(canonical), mem, &out);

	assert_int_equal(written, want != NULL);
	if (!str_eq(out, want ? str_of(want) : STR("untouched")))
		fail_msg("%s was written %.*s", canonical, STR_ARG(out));
}

static void korean_numbers_are_written_as_sources_do(void **state)
{
	static const struct {
		const char *canonical, *digits, *dashed;
	} rows[] = {
		{ "+821012345678", "01012345678", "010-1234-5678" },
		{ "+82112345678", "0112345678", "011-234-5678" },
		{ "+8221234567", "021234567", "02-123-4567" },
		{ "+82212345678", "0212345678", "02-1234-5678" },
		{ "+82311234567", "0311234567", "031-123-4567" },
		{ "+825051234567", "05051234567", "0505-123-4567" },
		{ "+8250712345678", "050712345678", "0507-1234-5678" },
		{ "+8215881234", "15881234", "1588-1234" },
		{ "+14155551212", "0014155551212", NULL },
		{ "01012345678", NULL, NULL },
		{ "+8299", NULL, NULL },
	};
	const struct key key = { .type = KEY_PHONE_KR };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		check_spelling(&key, &digits, rows[i].canonical, rows[i].digits, *state);
		check_spelling(&key, &dashed, rows[i].canonical, rows[i].dashed, *state);
	}
	check_spelling(&key, &e164, "+821012345678", "+821012345678", *state);
	check_spelling(&key, NULL, "+821012345678", "+821012345678", *state);
}

static void a_foreign_number_that_reads_as_korean_is_not_written(void **state)
{
	const struct key key = { .type = KEY_PHONE_KR };

	/* "00" "1 822..." would be carrier 001 and 82 2 ..., a number of Seoul */
	check_spelling(&key, &digits, "+18222345678", NULL, *state);
	check_spelling(&key, &e164, "+18222345678", "+18222345678", *state);
}

static void american_numbers_are_written_as_sources_do(void **state)
{
	const struct key key = { .type = KEY_PHONE_US };

	check_spelling(&key, &dashed, "+18311551615", "831-155-1615", *state);
	check_spelling(&key, &digits, "+18311551615", "8311551615", *state);
	check_spelling(&key, &dashed, "+442079460000", NULL, *state);
	check_spelling(&key, &e164, "+442079460000", "+442079460000", *state);
}

static const struct spelling member_spellings[] = { { "crm", "C########" }, { "shop", "#+" } };
static const struct key member = { .name = "member",
				   .type = KEY_INTEGER,
				   .spellings = member_spellings,
				   .n_spellings = 2 };

static void one_customer_is_one_value_however_written(void **state)
{
	const struct pair pairs[] = { { "C00004587", "4587" }, { "4587", "4587" },
				      { "4587.0", "4587" },    { "00004587", "4587" },
				      { "Ｃ０００04587", "4587" }, { "C4587", NULL },
				      { "C000004587", NULL },  { "c00004587", NULL },
				      { "C0000458X", NULL },   { "XC00004587", NULL } };

	check_key(&member, pairs, ARRAY_LEN(pairs), *state);
}

static void masks_pad_integers_only(void **state)
{
	struct key text = member;

	text.type = KEY_TEXT;
	check_spelling(&member, &member_spellings[0], "4587", "C00004587", *state);
	check_spelling(&member, NULL, "4587", "C00004587", *state);
	check_spelling(&member, &member_spellings[1], "4587", "4587", *state);
	check_spelling(&member, &member_spellings[0], "123456789", NULL, *state);
	check_spelling(&text, &member_spellings[0], "4587", NULL, *state);
	check_spelling(&text, &member_spellings[0], "00004587", "C00004587", *state);
	check_spelling(&text, &member_spellings[1], "abc", NULL, *state);
}

static void masks_have_several_groups(void **state)
{
	static const struct spelling spellings[] = { { "waybill", "##-####/#+" } };
	const struct key key = { .type = KEY_TEXT, .spellings = spellings, .n_spellings = 1 };
	const struct pair pairs[] = { { "12-3456/7", "1234567" },    { "12-3456/789", "123456789" },
				      { "1234567", "1234567" },	     { "12-3456/", NULL },
				      { "12-3456/7a", NULL },	     { "waybill", NULL },
				      { "12-34567", NULL } };

	check_key(&key, pairs, ARRAY_LEN(pairs), *state);
	check_spelling(&key, NULL, "123456789", "12-3456/789", *state);
	check_spelling(&key, NULL, "123456", NULL, *state);
}

static void a_cell_is_read_by_its_columns_spellings(void **state)
{
	const struct spelling *crm = &member_spellings[0], *shop = &member_spellings[1];
	struct str out = STR("untouched");

	assert_int_equal(normalize_cell(&member, &shop, 1, STR("C00004587"), *state, &out), KEY_MALFORMED);
	assert_true(str_eq(out, STR("untouched")));
	assert_int_equal(normalize_cell(&member, &crm, 1, STR("C00004587 "), *state, &out), KEY_OK);
	assert_true(str_eq(out, STR("4587")));
	assert_int_equal(normalize_cell(&member, &shop, 1, STR("0004587.0"), *state, &out), KEY_OK);
	assert_true(str_eq(out, STR("4587")));
	assert_int_equal(normalize_cell(&member, NULL, 0, STR("C00004588"), *state, &out), KEY_OK);
	assert_true(str_eq(out, STR("4588")));
}

static void every_spelling_is_read_back(void **state)
{
	static const char *const numbers[] = { "+821012345678", "+8221234567",	 "+8215881234",
					 "+825051234567", "+14155551212" };
	static const struct spelling *const all[] = { &e164, &digits, &dashed };
	const struct key key = { .type = KEY_PHONE_KR };
	struct str out, back;
	unsigned written = 0;

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		for (size_t k = 0; k < ARRAY_LEN(all); k++) {
			if (!spell_key(&key, all[k], str_of(numbers[i]), *state, &out))
				continue;
			written++;
			assert_int_equal(normalize_cell(&key, &all[k], 1, out, *state, &back), KEY_OK);
			assert_true(str_eq(back, str_of(numbers[i])));
		}
	assert_int_equal(written, 4 * 3 + 2);
}

static void blocked_values_are_told_from_malformed_ones(void **state)
{
	struct key key = { .type = KEY_PHONE_KR };
	struct err err = { 0 };
	struct str out = STR("untouched");

	assert_true(block_compile("^\\+82100000", *state, &key.block_re, &err));
	assert_int_equal(normalize_key(&key, STR("010-0000-1234"), *state, &out), KEY_BLOCKED);
	assert_int_equal(normalize_cell(&key, NULL, 0, STR("01000001234"), *state, &out), KEY_BLOCKED);
	assert_true(str_eq(out, STR("untouched")));
	assert_int_equal(normalize_key(&key, STR("010-1000-1234"), *state, &out), KEY_OK);
	assert_int_equal(normalize_key(&key, STR("010"), *state, &out), KEY_MALFORMED);
	block_free(key.block_re);
	block_free(NULL);
}

static void a_block_means_the_same_whatever_it_begins_with(void **state)
{
	static const struct {
		const char *pattern, *value;
		enum key_verdict verdict;
	} cases[] = {
		{ "^ab+c", "abbc", KEY_BLOCKED },     { "^ab+c", "ac", KEY_OK },
		{ "^ab*c", "ac", KEY_BLOCKED },       { "^ab?c", "acx", KEY_BLOCKED },
		{ "^ab{0}c", "ac", KEY_BLOCKED },     { "^ab{2}c", "abbc", KEY_BLOCKED },
		{ "^ab{2,}", "abc", KEY_OK },         { "^ab{2,}", "abbb", KEY_BLOCKED },
		{ "^ab{12}c", "abbbbbbbbbbbbc", KEY_BLOCKED }, { "^ab|c", "xc", KEY_BLOCKED },
		{ "^a.c", "axc", KEY_BLOCKED },       { "^a\\.c", "axc", KEY_OK },
		{ "^a\\.c", "a.c", KEY_BLOCKED },     { "^(ab)?c", "c", KEY_BLOCKED },
		{ "^a(bc)*$", "a", KEY_BLOCKED },     { "^\\+1{2}\\*", "+11*", KEY_BLOCKED },
		{ "^\\+?1", "1", KEY_BLOCKED },       { "b", "abc", KEY_BLOCKED },
		{ "^abc$", "ab", KEY_OK },            { "^abc$", "abcd", KEY_OK },
		{ "^a\\wc", "abc", KEY_BLOCKED },     { "^", "x", KEY_BLOCKED },
	};
	struct err err = { 0 };
	struct str out;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct key key = { .type = KEY_TEXT };

		assert_true(block_compile(cases[i].pattern, *state, &key.block_re, &err));
		assert_int_equal(normalize_key(&key, str_of(cases[i].value), *state, &out), cases[i].verdict);
		block_free(key.block_re);
	}
}

static void a_wrong_pattern_is_explained(void **state)
{
	const void *re = NULL;
	struct err err = { 0 };

	assert_false(block_compile("a(b", *state, &re, &err));
	assert_null(re);
	assert_int_equal(err.cls, ERR_MAPPING);
	assert_non_null(strstr(err.text, "regular expression: "));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(text_is_trimmed_and_otherwise_left_alone),
		T(a_null_cell_is_no_value),
		T(length_is_bounded_after_trimming),
		T(case_changes_touch_ascii_only),
		T(integers_lose_zeros_and_a_spreadsheet_fraction),
		T(digits_keep_zeros_and_drop_separators),
		T(numbers_of_other_scripts_and_signs_are_no_digits),
		T(text_keeps_what_it_may_mean),
		T(email_keeps_its_tags_and_dots),
		T(email_has_one_sign_and_two_sides),
		T(uuid_is_written_with_dashes_in_lower_case),
		T(korean_numbers_become_e164),
		T(korean_prefixes_lead_to_the_same_number),
		T(foreign_numbers_are_kept_by_their_country),
		T(what_is_no_korean_number_is_refused),
		T(american_numbers_become_e164),
		T(korean_numbers_are_written_as_sources_do),
		T(a_foreign_number_that_reads_as_korean_is_not_written),
		T(american_numbers_are_written_as_sources_do),
		T(one_customer_is_one_value_however_written),
		T(masks_pad_integers_only),
		T(masks_have_several_groups),
		T(a_cell_is_read_by_its_columns_spellings),
		T(every_spelling_is_read_back),
		T(blocked_values_are_told_from_malformed_ones),
		T(a_block_means_the_same_whatever_it_begins_with),
		T(a_wrong_pattern_is_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
