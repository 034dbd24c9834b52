#include "federator/view/mask.h"

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

/* What every mask promises, for any text. */
static void check_promises(struct arena *mem, struct str text)
{
	static const size_t most_shown[] = {
		[MASK_PHONE] = 5 + 4, [MASK_RRN] = 6, [MASK_CARD] = 10, [MASK_ALL] = 0};

	for (int i = MASK_NAME; i <= MASK_ALL; i++) {
		enum mask_kind kind = (enum mask_kind)i;
		struct str masked = mask_text(kind, text, mem);

		assert_true(text_is_utf8(masked));
		assert_true(str_eq(mask_text(kind, masked, mem), masked));
		if (kind != MASK_NAME && kind != MASK_EMAIL)
			assert_true(shown(masked) <= most_shown[kind]);
		if (kind == MASK_NAME)
			assert_true(shown(masked) <= 3 || 2 * shown(masked) <= masked.n);
	}
}

static void no_text_shows_more_than_its_rule(void **state)
{
	unsigned seed = 3;

	for (size_t i = 0; i < trees_n_nasty; i++)
		check_promises(*state, trees_nasty[i]);
	for (int i = 0; i < 20000; i++) {
		check_promises(*state, any(*state, &seed, "0123456789-", (size_t)rand_r(&seed) % 24));
		check_promises(*state, any(*state, &seed, "ab C.*@-+0 ", (size_t)rand_r(&seed) % 12));
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
		bool numbers = kind == MASK_PHONE || kind == MASK_RRN || kind == MASK_CARD;

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
		cmocka_unit_test(all_hides_even_the_length),
		cmocka_unit_test(null_stays_null),
		cmocka_unit_test(no_text_shows_more_than_its_rule),
		cmocka_unit_test(hidden_digits_leave_no_trace),
		cmocka_unit_test(no_type_shows_more_than_its_mask_knows),
		cmocka_unit_test(codes_and_mixed_candidates_are_masked_whole),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
