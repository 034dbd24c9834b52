#include "federator/view/mask.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "tests/cmocka_all.h"
#include "tests/federator/trees.h"

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

struct example {
	const char *text, *masked;
};

static void check(void **state, enum mask_kind kind, const struct example *of, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str got = mask_text(kind, str_of(of[i].text), *state);

		if (!str_eq(got, str_of(of[i].masked)))
			fail_msg("\"%s\" became \"%.*s\", not \"%s\"", of[i].text, STR_ARG(got),
				 of[i].masked);
	}
}

static void names_keep_their_ends_or_initials(void **state)
{
	static const struct example of[] = {
		{"김동용", "김*용"},
		{"김용", "김*"},
		{"남궁민수", "남궁*수"},
		{"김가나다", "김**다"},
		{"알렉산드라", "알***라"},
		{"김 동용", "김*용"},
		{"王小明", "王*明"},
		{"Kildong Honggil", "K****** H******"},
		{"Jean-Luc O'Neill", "J******* O******"},
		{"J. R. R. Tolkien", "J* R* R* T******"},
		{"Élodie Ødegård", "É***** Ø******"},
		{"김*용", "김*용"},
		{"김", "****"},
		{"Q", "****"},
		{"K I M", "****"},
		{"-", "****"},
		{"", "****"},
		{"김동용 010-1234-5678", "****"},
		{"kim@netvibes.com", "****"},
		{"김동용\n", "****"},
		{"\xea\xb9", "****"},
	};

	check(state, MASK_NAME, of, ARRAY_LEN(of));
}

static void phones_keep_prefix_and_last_four(void **state)
{
	static const struct example of[] = {
		{"010-1234-5678", "010-****-5678"},
		{"01012345678", "010****5678"},
		{"+821012345678", "+8210****5678"},
		{"+82 10-1234-5678", "+82 10-****-5678"},
		{"+82 (0)10-1234-5678", "+82 (0)10-****-5678"},
		{"+82-2-123-4567", "+82-2-***-4567"},
		{"02-123-4567", "02-***-4567"},
		{"02-1234-5678", "02-****-5678"},
		{"011-123-4567", "011-***-4567"},
		{"(212) 555-1234", "(212) ***-1234"},
		{"+1 212 555 1234", "+1 2** *** 1234"},
		{"1588-1234", "****-1234"},
		{"555-1234", "***-1234"},
		{"1588", "**88"},
		{"112", "*12"},
		{"010-****-5678", "010-****-5678"},
		{"12", "****"},
		{"---", "****"},
		{"", "****"},
		{"1234567890123456", "****"},
		{"010+1234+5678", "****"},
		{"010-1234-5678 ext 9", "****"},
		{"kim", "****"},
	};

	check(state, MASK_PHONE, of, ARRAY_LEN(of));
}

static void emails_keep_one_character_and_the_domain(void **state)
{
	static const struct example of[] = {
		{"kim.yong@netvibes.com", "k***@netvibes.com"},
		{"한별@예시.한국", "한***@예시.한국"},
		{"k@netvibes.com", "***@netvibes.com"},
		{"k***@netvibes.com", "k***@netvibes.com"},
		{"***@netvibes.com", "***@netvibes.com"},
		{"netvibes.com", "****"},
		{"@netvibes.com", "****"},
		{"kim@localhost", "****"},
		{"kim@.com", "****"},
		{"kim@a..com", "****"},
		{"kim@a@b.com", "****"},
		{"a@x.com,b@y.com", "****"},
		{"Kim <kim@x.com>", "****"},
		{"\xff@x.com", "****"},
		{"", "****"},
	};

	check(state, MASK_EMAIL, of, ARRAY_LEN(of));
}

static void registration_numbers_keep_the_birth_date(void **state)
{
	static const struct example of[] = {
		{"711231-1234567", "711231-*******"},
		{"7112311234567", "711231*******"},
		{"711231-*******", "711231-*******"},
		{"711331-1234567", "****"},
		{"711200-1234567", "****"},
		{"711231-123456", "****"},
		{"71-12311234567", "****"},
		{"711231 1234567", "****"},
		{"0109934567890", "****"},
		{"", "****"},
	};

	check(state, MASK_RRN, of, ARRAY_LEN(of));
}

static void cards_keep_first_six_and_last_four_at_most(void **state)
{
	static const struct example of[] = {
		{"5409261234561234", "540926******1234"},
		{"5409-2612-3456-1234", "5409-26**-****-1234"},
		{"3782 822463 10005", "3782 82**** *0005"},
		{"4222222222222", "422222***2222"},
		{"6304000000000000000", "630400*********0000"},
		{"422222222222", "****"},
		{"63040000000000000000", "****"},
		{"5409-2612-3456-123X", "****"},
		{"", "****"},
	};

	check(state, MASK_CARD, of, ARRAY_LEN(of));
}

static void accounts_keep_the_last_four_at_most(void **state)
{
	static const struct example of[] = {
		{"110-123-456789", "***-***-**6789"},
		{"3333012345678", "*********5678"},
		{"12345678", "****5678"},
		{"1234567", "****"},
		{"DE89 3704 0044 0532 0130 00", "**** **** **** **** **30 00"},
		{"GB29NWBK60161331926819", "******************6819"},
		{"MT84MALT011000012345MTLCAST001S", "***************************001S"},
		{"***-***-**6789", "***-***-**6789"},
		{"DE89 3704 0044 0532 0130 00 12345678 1234567", "****"},
		{"110.123.456789", "****"},
		{"국민 110-123-456789", "****"},
		{"de89370400440532013000", "****"},
		{"", "****"},
	};

	check(state, MASK_ACCOUNT, of, ARRAY_LEN(of));
}

static void korean_addresses_keep_province_and_district(void **state)
{
	static const struct example of[] = {
		{"서울특별시 강남구 테헤란로 152, 3층", "서울특별시 강남구 ****"},
		{"서울 강남구 역삼동 737", "서울 강남구 ****"},
		{"경기도 성남시 분당구 판교역로 166", "경기도 성남시 분당구 ****"},
		{"(06236) 서울특별시 강남구 테헤란로 152", "서울특별시 강남구 ****"},
		{"06236 서울특별시,강남구 테헤란로", "서울특별시 강남구 ****"},
		{"강원특별자치도 홍천군 내면 창촌리 1", "강원특별자치도 홍천군 ****"},
		{"세종특별자치시 한누리대로 2130", "세종특별자치시 ****"},
		{"제주특별자치도 제주시 첨단로 242", "제주특별자치도 제주시 ****"},
		{"수원시 팔달구 정조로 1", "수원시 팔달구 ****"},
		{"서울특별시 강남구", "서울특별시 강남구 ****"},
		{"서울특별시 강남구 ****", "서울특별시 강남구 ****"},
		{"서울특별시 홍길동구 1", "서울특별시 ****"},
		{"테헤란로 152, 3층", "****"},
		{"김한별", "****"},
		{"서울특별시 강남구\n테헤란로", "****"},
	};

	check(state, MASK_ADDRESS, of, ARRAY_LEN(of));
}

static void other_addresses_keep_places_behind_the_street(void **state)
{
	static const struct example of[] = {
		{"12 High Street, Springfield, IL 62704", "****, Springfield, IL"},
		{"1600 Amphitheatre Pkwy, Mountain View, CA 94043, USA", "****, CA, USA"},
		{"221B Baker Street, London NW1 6XE, UK", "****, London, UK"},
		{"Flat 3, Rose Cottage, Mill Lane, Ely", "****, Ely"},
		{"Musterstraße 5, 10115 Berlin", "****, Berlin"},
		{"Damrak 1, 1012 LG Amsterdam", "****, Amsterdam"},
		{"8 rue Foch, 34000 Montpellier, France", "****, Montpellier, France"},
		{"Hauptstr. 7, Frankfurt am Main", "****, Frankfurt am Main"},
		{"152, Teheran-ro, Gangnam-gu, Seoul", "****, Gangnam-gu, Seoul"},
		{"****, Gangnam-gu, Seoul", "****, Gangnam-gu, Seoul"},
		{"Rose Cottage, Ely", "****"},
		{"5 times, ask for Kim", "****"},
		{"Kim, Minsu", "****"},
		{"12-3, 김한별", "****"},
		{"12 High Street, London, Baker Street", "****"},
		{"12 High Street", "****"},
		{"12 High Street, ", "****"},
		{"東京都千代田区丸の内1-1", "****"},
		{"\xff, 1, London", "****"},
		{"", "****"},
	};

	check(state, MASK_ADDRESS, of, ARRAY_LEN(of));
}

static void generic_keeps_the_ends_of_what_is_long_enough(void **state)
{
	static const struct example of[] = {
		{"M12345678", "M****8"},
		{"gold member", "g****r"},
		{"가나다라마바사", "가****사"},
		{"abcdef", "a****f"},
		{"K****g", "K****g"},
		{"abcde", "****"},
		{"가나다라마", "****"},
		{"abcdef ", "****"},
		{" abcdef", "****"},
		{"abcdee\xcc\x81", "****"},
		{"abc\ndef", "****"},
		{"abcdef\xff", "****"},
		{"", "****"},
	};

	check(state, MASK_GENERIC, of, ARRAY_LEN(of));
}

static void all_hides_even_the_length(void **state)
{
	static const struct example of[] = {{"", "****"}, {"a", "****"}, {"서울시 강남구", "****"}};
	static const struct example none[] = {{"", ""}, {"서울시", "서울시"}};

	check(state, MASK_ALL, of, ARRAY_LEN(of));
	check(state, MASK_NONE, none, ARRAY_LEN(none));
}

static void null_stays_null(void **state)
{
	const struct str null = {0};

	for (int kind = MASK_NONE; kind <= MASK_ALL; kind++)
		assert_null(mask_text((enum mask_kind)kind, null, *state).p);
}

/* Characters of `masked` that are letters or digits. */
static size_t shown(struct str masked)
{
	size_t n = 0;

	for (size_t i = 0; i < masked.n; n++) {
		uint32_t cp;

		i += text_next((struct str){masked.p + i, masked.n - i}, &cp);
		if (cp < 0x80 && strchr("*-+. ()/@,'", (int)cp))
			n--;
	}
	return n;
}

/* Text of `n` characters out of an alphabet. */
static struct str any(struct arena *mem, unsigned *seed, const char *alphabet, size_t n)
{
	char *p = arena_alloc(mem, n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = alphabet[(size_t)rand_r(seed) % strlen(alphabet)];
	return (struct str){p, n};
}

static bool is_korean_place(struct str word)
{
	static const char *const words[] = {
#define PROVINCE(word) word,
#define DISTRICT(word) word,
#include "federator/view/districts.def"
#undef PROVINCE
#undef DISTRICT
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (str_eq(word, str_of(words[i])))
			return true;
	return false;
}

/* No digit is left, all of it but the stars stood there, and of Hangul only names of places. */
static void check_address(struct str masked, struct str text)
{
	char copy[256], *rest;

	assert_true(masked.n < sizeof(copy));
	snprintf(copy, sizeof(copy), "%.*s", STR_ARG(masked));
	assert_null(strpbrk(copy, "0123456789"));
	assert_non_null(strstr(copy, "****"));
	for (char *word = strtok_r(copy, " ,", &rest); word; word = strtok_r(NULL, " ,", &rest)) {
		bool hidden = strcmp(word, "****") == 0;

		assert_true(hidden || memmem(text.p, text.n, word, strlen(word)));
		assert_true(hidden || (unsigned char)*word < 0xe0 || is_korean_place(str_of(word)));
	}
}

/* Words of addresses in any order. */
static struct str any_address(struct arena *mem, unsigned *seed)
{
	static const char *const words[] = {
		"서울특별시", "서울", "경기도", "성남시", "분당구", "강남구", "역삼동", "테헤란로", "152",
		"(06236)",    ",",    "김한별", "High",   "Street", "12B",    "London", "UK",	      "NW1",
		"6XE",	      "am",   "Élan",   "mill",   "****",   "O'Hara", "東京都", "3층",
	};
	struct str out = STR("");

	for (int n = rand_r(seed) % 10; n > 0; n--)
		out = arena_printf(mem, "%.*s%s%s", STR_ARG(out), rand_r(seed) % 6 ? " " : ", ",
				   words[(size_t)rand_r(seed) % ARRAY_LEN(words)]);
	return out;
}

/* What every mask promises, for any text. */
static void check_promises(struct arena *mem, struct str text)
{
	static const size_t most_shown[] = { [MASK_PHONE] = 5 + 4,  [MASK_RRN] = 6,     [MASK_CARD] = 10,
					     [MASK_ACCOUNT] = 4, [MASK_GENERIC] = 2, [MASK_ALL] = 0 };

	for (int i = MASK_NAME; i <= MASK_ALL; i++) {
		enum mask_kind kind = (enum mask_kind)i;
		struct str masked = mask_text(kind, text, mem);

		assert_true(text_is_utf8(masked));
		assert_true(str_eq(mask_text(kind, masked, mem), masked));
		if (kind == MASK_ADDRESS)
			check_address(masked, text);
		else if (kind != MASK_NAME && kind != MASK_EMAIL)
			assert_true(shown(masked) <= most_shown[kind]);
		if (kind == MASK_NAME)
			assert_true(shown(masked) <= 3 || 2 * shown(masked) <= masked.n);
		if (kind == MASK_GENERIC || kind == MASK_ALL)
			assert_true(masked.n <= 4 + 2 * 4); /* however long it was */
	}
}

static void no_text_shows_more_than_its_rule(void **state)
{
	unsigned seed = 3;

	for (size_t i = 0; i < trees_n_nasty; i++)
		check_promises(*state, trees_nasty[i]);
	for (int i = 0; i < 20000; i++) {
		check_promises(*state, any(*state, &seed, "0123456789-", (size_t)rand_r(&seed) % 24));
		check_promises(*state, any_address(*state, &seed));
		check_promises(*state, any(*state, &seed, "ab C.*@-+0, ", (size_t)rand_r(&seed) % 12));
		check_promises(*state, any(*state, &seed, "\xea\xb9\x80\xed\x95\x9c aZ\xff",
					   (size_t)rand_r(&seed) % 12));
	}
}

/* In place of each hidden digit stands a star, every other byte is where it was. */
static void hidden_digits_leave_no_trace(void **state)
{
	unsigned seed = 5;

	for (int i = 0; i < 5000; i++) {
		struct str phone = any(*state, &seed, "0123456789", 7 + (size_t)rand_r(&seed) % 9);
		struct str card = any(*state, &seed, "0123456789", 13 + (size_t)rand_r(&seed) % 7);
		struct str p = mask_text(MASK_PHONE, phone, *state), c = mask_text(MASK_CARD, card, *state);

		assert_int_equal(p.n, phone.n);
		for (size_t k = p.n - 7; k < p.n; k++)
			assert_int_equal(p.p[k], k < p.n - 4 ? '*' : phone.p[k]);
		assert_int_equal(c.n, card.n);
		for (size_t k = 0; k < c.n; k++)
			assert_int_equal(c.p[k], k < 6 || k >= c.n - 4 ? card.p[k] : '*');
	}
}

/* A field of a class with the mask, from one column of the type. */
static struct field *field_of(struct arena *mem, enum mask_kind kind, enum value_type type)
{
	struct field *field = arena_new_of(mem, struct field);
	struct class_ *cls = arena_new_of(mem, struct class_);
	struct column *column = arena_new_of(mem, struct column);
	struct part *part = arena_new_of(mem, struct part);
	struct from *from = arena_new_of(mem, struct from);

	cls->mask = kind;
	column->type = type;
	*part = (struct part){ .columns = column, .n_columns = 1 };
	*from = (struct from){ .part = part };
	*field = (struct field){ .cls = cls, .from = from, .n_from = 1 };
	return field;
}

/* Texts know a mask of any kind, integers those of numbers; nothing of any other type is shown, not even its length. */
static void no_type_shows_more_than_its_mask_knows(void **state)
{
	static const char *const values[] = {
		[TYPE_TEXT] = "Kim Han", [TYPE_INTEGER] = "821012345678", [TYPE_DECIMAL] = "1012345678.00",
		[TYPE_BOOLEAN] = "true", [TYPE_DATE] = "2026-12-31", [TYPE_TIMESTAMP] = "2026-12-31T09:00:00+09:00",
		[TYPE_TIME] = "09:00:00", [TYPE_UUID] = "00000000-0000-4000-8000-000000000000",
		[TYPE_JSON] = "true", [TYPE_BYTES] = "aGVsbG8=",
	};

	for (int kind = MASK_NONE; kind <= MASK_ALL; kind++) {
		bool numbers = kind == MASK_PHONE || kind == MASK_RRN || kind == MASK_CARD ||
			       kind == MASK_ACCOUNT || kind == MASK_GENERIC;

		for (int type = TYPE_TEXT; type <= TYPE_BYTES; type++) {
			struct field *field = field_of(*state, (enum mask_kind)kind, (enum value_type)type);
			bool known = kind != MASK_NONE && (type == TYPE_TEXT || (numbers && type == TYPE_INTEGER));
			struct str got = mask_text(mask_of(field), str_of(values[type]), *state);

			if (!known && !str_eq(got, STR("****")))
				fail_msg("mask %d shows %.*s of type %d", kind, STR_ARG(got), type);
			assert_int_equal(mask_of(field), known ? kind : MASK_ALL);
		}
	}
}

static void codes_and_mixed_candidates_are_masked_whole(void **state)
{
	static const struct codes codes;
	struct field *field = field_of(*state, MASK_NAME, TYPE_TEXT);
	struct from both[2] = { field->from[0], field_of(*state, MASK_PHONE, TYPE_DECIMAL)->from[0] };

	field->codes = &codes;
	assert_int_equal(mask_of(field), MASK_ALL);
	field = field_of(*state, MASK_PHONE, TYPE_INTEGER);
	assert_int_equal(mask_of(field), MASK_PHONE);
	both[0] = field->from[0];
	field->from = both;
	field->n_from = 2;
	assert_int_equal(mask_of(field), MASK_ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_keep_their_ends_or_initials),
		cmocka_unit_test(phones_keep_prefix_and_last_four),
		cmocka_unit_test(emails_keep_one_character_and_the_domain),
		cmocka_unit_test(registration_numbers_keep_the_birth_date),
		cmocka_unit_test(cards_keep_first_six_and_last_four_at_most),
		cmocka_unit_test(accounts_keep_the_last_four_at_most),
		cmocka_unit_test(korean_addresses_keep_province_and_district),
		cmocka_unit_test(other_addresses_keep_places_behind_the_street),
		cmocka_unit_test(generic_keeps_the_ends_of_what_is_long_enough),
		cmocka_unit_test(all_hides_even_the_length),
		cmocka_unit_test(null_stays_null),
		cmocka_unit_test(no_text_shows_more_than_its_rule),
		cmocka_unit_test(hidden_digits_leave_no_trace),
		cmocka_unit_test(no_type_shows_more_than_its_mask_knows),
		cmocka_unit_test(codes_and_mixed_candidates_are_masked_whole),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
