#include "federator/view/document.h"
#include "federator/view/typed.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"

struct world {
	struct arena *mem;
	const struct zone *seoul, *utc;
};

static int begin(void **state)
{
	static struct world w;
	struct err err = {0};

	w.mem = arena_new();
	w.seoul = zone_load(w.mem, "Asia/Seoul", &err);
	w.utc = zone_load(w.mem, "UTC", &err);
	*state = &w;
	return w.seoul && w.utc ? 0 : -1;
}

static int end(void **state)
{
	arena_wipe_free(&((struct world *)*state)->mem);
	return 0;
}

struct expected {
	const char *cell, *text; /* text NULL: bad */
};

static void check(struct world *w, enum value_type type, const struct zone *zone,
		  const struct expected *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct typed t = {.text = STR("untouched")};
		enum typed_verdict v = typed_cell(type, str_of(cases[i].cell), zone, w->mem, &t);
		struct str want = cases[i].text ? str_of(cases[i].text) : STR("untouched");

		if (v != (cases[i].text ? TYPED_OK : TYPED_BAD) || !str_eq(t.text, want))
			fail_msg("\"%s\" became \"%.*s\"", cases[i].cell, STR_ARG(t.text));
	}
}

static void null_is_null_whatever_the_type(void **state)
{
	struct world *w = *state;

	for (int type = TYPE_TEXT; type <= TYPE_BYTES; type++) {
		struct typed t = {.kind = NODE_TEXT, .text = STR("x")};
		const struct str none = {0};

		assert_int_equal(typed_cell((enum value_type)type, none, w->utc, w->mem, &t), TYPED_NULL);
		assert_int_equal(t.kind, NODE_NULL);
	}
}

static void text_stays_as_it_is(void **state)
{
	static const struct expected cases[] = {{"", ""}, {"  007 ", "  007 "}, {"한*별", "한*별"}};

	check(*state, TYPE_TEXT, ((struct world *)*state)->utc, cases, ARRAY_LEN(cases));
}

static void integers_become_canonical_digits(void **state)
{
	static const struct expected cases[] = {
		{"0", "0"},
		{"-0", "0"},
		{"007", "7"},
		{"+5", "5"},
		{"12.0", "12"},
		{"12.", "12"},
		{"-12.000", "-12"},
		{"1.0e+15", "1000000000000000"},
		{"  42   ", "42"},
		{"18446744073709551615", "18446744073709551615"},
		{"18446744073709551616", NULL},
		{"-9223372036854775808", "-9223372036854775808"},
		{"-9223372036854775809", NULL},
		{"12.5", NULL},
		{"", NULL},
		{" ", NULL},
		{"-", NULL},
		{"1,000", NULL},
		{"12abc", NULL},
		{"0x10", NULL},
		{"1 2", NULL},
		{"NaN", NULL},
		{"1e", NULL},
		{"1e999999999999", NULL},
	};

	check(*state, TYPE_INTEGER, ((struct world *)*state)->utc, cases, ARRAY_LEN(cases));
}

static void decimals_keep_their_scale_and_every_digit(void **state)
{
	static const struct expected cases[] = {
		{"12.50", "12.50"},
		{"0012.50", "12.50"},
		{"+.5", "0.5"},
		{"-.5", "-0.5"},
		{"5.", "5"},
		{"-0.00", "0.00"},
		{"1.23456789012346e+15", "1234567890123460"},
		{"1.5e-07", "0.00000015"},
		{"1.25E2", "125"},
		{"1.2500e2", "125.00"},
		{"-1e-3", "-0.001"},
		{"123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"},
		{"0e10", "0"},
		{"00e0", "0"},
		{"1e401", NULL},
		{".", NULL},
		{"e5", NULL},
		{"--5", NULL},
		{"1.2.3", NULL},
		{"$12.34", NULL},
		{"Infinity", NULL},
	};

	check(*state, TYPE_DECIMAL, ((struct world *)*state)->utc, cases, ARRAY_LEN(cases));
}

static void booleans_have_many_spellings(void **state)
{
	static const struct expected cases[] = {
		{"1", "true"},  {"0", "false"}, {"t", "true"},   {"F", "false"},  {"True", "true"},
		{"N", "false"}, {"y", "true"},  {"YES", "true"}, {"no", "false"}, {"2", NULL},
		{"", NULL},     {"on", NULL},   {"truee", NULL}, {"-1", NULL},    {"1.0", NULL},
		{"\1", "true"}, {"\2", NULL},
	};

	check(*state, TYPE_BOOLEAN, ((struct world *)*state)->utc, cases, ARRAY_LEN(cases));
}

static void dates_may_come_as_midnight_timestamps(void **state)
{
	static const struct expected cases[] = {
		{"2026-11-22", "2026-11-22"},
		{"2026-11-22 00:00:00", "2026-11-22"},
		{"2026-11-22T00:00:00.000", "2026-11-22"},
		{"2026-11-22 00:00:00+09", "2026-11-22"},
		{"2026-11-21T15:00:00Z", "2026-11-22"},
		{"1969-12-31", "1969-12-31"},
		{"2026-11-22 00:00:01", NULL},
		{"2026-11-22T00:00:00Z", NULL},
		{"0000-00-00", NULL},
		{"2026-02-29", NULL},
		{"20261122", NULL},
		{"", NULL},
	};

	check(*state, TYPE_DATE, ((struct world *)*state)->seoul, cases, ARRAY_LEN(cases));
}

static void timestamps_carry_the_offset_of_the_zone(void **state)
{
	static const struct expected cases[] = {
		{"2026-11-22 09:38:51", "2026-11-22T09:38:51+09:00"},
		{"2026-11-22 09:38:51.500000", "2026-11-22T09:38:51.5+09:00"},
		{"2026-11-22T00:38:51Z", "2026-11-22T09:38:51+09:00"},
		{"2026-11-22", "2026-11-22T00:00:00+09:00"},
		{"9999-12-31 23:59:59", "9999-12-31T23:59:59+09:00"},
		{"9999-12-31 23:59:59.999999", "9999-12-31T23:59:59.999999+09:00"},
		{"2026-11-22 09:00:00 +09:00", "2026-11-22T09:00:00+09:00"},
		{"2026-11-22 09:00:00.1230000 -05:00", "2026-11-22T23:00:00.123+09:00"},
		{"0000-00-00 00:00:00", NULL},
		{"0000-12-31 00:00:00", NULL},
		{"10000-01-01 00:00:00", NULL},
		{"2026-11-22 +09:00", NULL},
		{"2026-11-22 25:00:00", NULL},
		{"infinity", NULL},
		{"", NULL},
	};

	check(*state, TYPE_TIMESTAMP, ((struct world *)*state)->seoul, cases, ARRAY_LEN(cases));
}

/* Sources write these for "no date"; the zone's offset was 8:27:52 then. */
static void old_timestamps_keep_their_clock(void **state)
{
	static const struct expected cases[] = {
		{"1900-01-01 00:00:00", "1900-01-01T00:00:00+08:28"},
		{"1900-01-01", "1900-01-01T00:00:00+08:28"},
		{"0001-01-01 00:00:00", "0001-01-01T00:00:00+08:28"},
		{"0001-01-01 00:00:00+08:27:52", NULL},
	};

	check(*state, TYPE_TIMESTAMP, ((struct world *)*state)->seoul, cases, ARRAY_LEN(cases));
}

static void years_that_the_zone_has_not_are_shown_as_written(void **state)
{
	static const struct expected cases[] = {
		{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999+00:00"},
		{"0001-01-01 00:00:00 +09:00", "0001-01-01T00:00:00+09:00"},
		{"0001-01-01 00:00:00 +08:00", "0001-01-01T00:27:52+08:28"},
		{"9999-12-31 23:59:59 -14:00", "9999-12-31T23:59:59-14:00"},
		{"9999-12-31 23:59:59 -14:01", NULL},
	};

	check(*state, TYPE_TIMESTAMP, ((struct world *)*state)->seoul, cases, ARRAY_LEN(cases));
}

static void times_of_day_lose_only_zeros(void **state)
{
	static const struct expected cases[] = {
		{"09:30:00", "09:30:00"},
		{"09:30:00.250000", "09:30:00.25"},
		{"23:59:59.999999999", "23:59:59.999999"},
		{"00:00:00.0000009", "00:00:00"},
		{" 00:00:10.000000 ", "00:00:10"},
		{"24:00:00", NULL},
		{"-01:00:00", NULL},
		{"09:30:00+09", NULL},
		{"", NULL},
	};

	check(*state, TYPE_TIME, ((struct world *)*state)->utc, cases, ARRAY_LEN(cases));
}

static void uuids_become_lower_case(void **state)
{
	static const struct expected cases[] = {
		{"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"a0eebc999c0b4ef8bb6d6bb9bd380a11  ", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", NULL},
		{"g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", NULL},
		{"", NULL},
	};

	check(*state, TYPE_UUID, ((struct world *)*state)->utc, cases, ARRAY_LEN(cases));
}

static void documents_hold_no_nul(void **state)
{
	static const struct str with_nul[] = { STR("[1\0]"), STR("1\0"), STR("\0"), STR("[\"\0\"]"),
					       STR("{\"\\u0000\":1}") };
	struct arena *mem = arena_new();
	struct str text;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(with_nul); i++)
		assert_false(document_read(with_nul[i], mem, &text));
	arena_wipe_free(&mem);
}

static void documents_keep_every_digit_and_lose_their_blanks(void **state)
{
	static const struct expected cases[] = {
		{"{}", "{}"},
		{" [ 1 , \"a b\" ]\n", "[1,\"a b\"]"},
		{"18446744073709551616", "18446744073709551616"},
		{"123456789012345678901234567890.10", "123456789012345678901234567890.10"},
		{"{\"b\": 1.50, \"a\": -0}", "{\"b\":1.50,\"a\":-0}"},
		{"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"},
		{"\"\\\" [ \\u0000\"", "\"\\\" [ \\u0000\""},
		{"\"한 별\"", "\"한 별\""},
		{"true", "true"},
		{"", NULL},
		{" ", NULL},
		{"{", NULL},
		{"{'a': 1}", NULL},
		{"[1,]", NULL},
		{"01", NULL},
		{"NaN", NULL},
		{"[1, 1e400,-2.5E-9999]", "[1,1e400,-2.5E-9999]"},
		{"1e+400", "1e+400"},
		{"-01", NULL},
		{"--1", NULL},
		{"+1", NULL},
		{"-", NULL},
		{".5", NULL},
		{"1.", NULL},
		{"[1.,2]", NULL},
		{"1e", NULL},
		{"1e+", NULL},
		{"1.5.5", NULL},
		{"1e5e5", NULL},
		{"1-2", NULL},
		{"1 2", NULL},
		{"[10 20]", NULL},
		{"[1.5true]", NULL},
		{"{1:2}", NULL},
		{"\"a\nb\"", NULL},
		{"\"\\ud800\"", NULL},
	};

	check(*state, TYPE_JSON, ((struct world *)*state)->utc, cases, ARRAY_LEN(cases));
}

static void documents_may_be_nested_sixty_four_deep(void **state)
{
	struct world *w = *state;
	char text[2 * 65 + 1] = "";
	struct typed t;

	for (int depth = 64; depth <= 65; depth++) {
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		assert_int_equal(typed_cell(TYPE_JSON, (struct str){text, 2 * (size_t)depth}, w->utc, w->mem, &t),
				 depth == 64 ? TYPED_OK : TYPED_BAD);
	}
}

static void the_document_null_is_null(void **state)
{
	struct world *w = *state;
	struct typed t = {.kind = NODE_TEXT};

	assert_int_equal(typed_cell(TYPE_JSON, STR(" null "), w->utc, w->mem, &t), TYPED_NULL);
	assert_int_equal(t.kind, NODE_NULL);
	assert_int_equal(typed_cell(TYPE_JSON, STR("[null]"), w->utc, w->mem, &t), TYPED_OK);
	assert_int_equal(t.kind, NODE_LITERAL);
}

static struct typed value(struct world *w, enum value_type type, const char *cell)
{
	struct typed t = {0};

	assert_int_equal(typed_cell(type, str_of(cell), w->seoul, w->mem, &t), TYPED_OK);
	return t;
}

static int compared(struct world *w, enum value_type type, const char *a, const char *b)
{
	struct typed x = value(w, type, a), y = value(w, type, b);
	int c = typed_cmp(type, &x, &y);

	assert_int_equal(typed_cmp(type, &y, &x), -c);
	return c;
}

static void numbers_are_ordered_by_value(void **state)
{
	assert_int_equal(compared(*state, TYPE_DECIMAL, "12.5", "12.50"), 0);
	assert_int_equal(compared(*state, TYPE_DECIMAL, "9", "10"), -1);
	assert_int_equal(compared(*state, TYPE_DECIMAL, "-9", "-10"), 1);
	assert_int_equal(compared(*state, TYPE_DECIMAL, "-0.001", "0"), -1);
	assert_int_equal(compared(*state, TYPE_DECIMAL, "0.1", "0.09999999999999999999999"), 1);
	assert_int_equal(compared(*state, TYPE_DECIMAL, "100000000000000000000000000000001",
				  "100000000000000000000000000000000"),
			 1);
	assert_int_equal(compared(*state, TYPE_INTEGER, "18446744073709551615", "-1"), 1);
	assert_int_equal(compared(*state, TYPE_INTEGER, "-5", "-5.0"), 0);
}

static void times_are_ordered_by_instant_and_text_by_bytes(void **state)
{
	assert_int_equal(compared(*state, TYPE_TIMESTAMP, "2026-11-22T00:38:51Z", "2026-11-22 09:38:51"), 0);
	assert_int_equal(compared(*state, TYPE_TIMESTAMP, "2026-11-22T01:00:00Z", "2026-11-22 09:38:51"), 1);
	assert_int_equal(compared(*state, TYPE_DATE, "1969-12-31", "2026-11-22"), -1);
	assert_int_equal(compared(*state, TYPE_TEXT, "10", "9"), -1);
	assert_int_equal(compared(*state, TYPE_TIME, "09:30:00.1", "09:30:00"), 1);
	assert_int_equal(compared(*state, TYPE_UUID, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
				  "a0eebc999c0b4ef8bb6d6bb9bd380a11"), 0);
	assert_int_equal(compared(*state, TYPE_BOOLEAN, "n", "y"), -1);
}

/* A random number with up to nine digits behind the point, as exponent text; returns it in billionths. */
static int64_t any_number(char *text, size_t bytes)
{
	int scale = rand() % 10;
	int64_t units = (int64_t)rand() % 1000000000 - 500000000, billionths = units;

	snprintf(text, bytes, "%ldE-%d", (long)units, scale);
	for (; scale < 9; scale++)
		billionths *= 10;
	return billionths;
}

static void sums_and_order_agree_with_machine_integers(void **state)
{
	struct world *w = *state;

	srand(7);
	for (int i = 0; i < 20000; i++) {
		char a[40], b[40], want[60];
		int64_t x = any_number(a, sizeof(a)), y = any_number(b, sizeof(b));
		struct typed p = value(w, TYPE_DECIMAL, a), q = value(w, TYPE_DECIMAL, b), sum, expected;

		snprintf(want, sizeof(want), "%ldE-9", (long)(x + y));
		expected = value(w, TYPE_DECIMAL, want);
		typed_add(&p, &q, w->mem, &sum);
		assert_int_equal(typed_cmp(TYPE_DECIMAL, &sum, &expected), 0);
		assert_int_equal(typed_cmp(TYPE_DECIMAL, &p, &q), (x > y) - (x < y));
	}
}

static void sums_are_exact(void **state)
{
	struct world *w = *state;
	struct typed most = value(w, TYPE_INTEGER, "18446744073709551615"), one = value(w, TYPE_INTEGER, "1");
	struct typed least = value(w, TYPE_INTEGER, "-9223372036854775808"), sum;
	struct typed won = value(w, TYPE_DECIMAL, "0.10"), cents = value(w, TYPE_DECIMAL, "-0.2");

	typed_add(&most, &one, w->mem, &sum);
	assert_true(str_eq(sum.text, STR("18446744073709551616")));
	assert_int_equal(sum.kind, NODE_LITERAL);
	typed_add(&least, &least, w->mem, &sum);
	assert_true(str_eq(sum.text, STR("-18446744073709551616")));
	typed_add(&one, &cents, w->mem, &sum);
	assert_true(str_eq(sum.text, STR("0.8")));
	assert_int_equal(sum.kind, NODE_TEXT);
	typed_add(&won, &cents, w->mem, &won);
	assert_true(str_eq(won.text, STR("-0.10")));
	assert_int_equal(won.kind, NODE_TEXT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_is_null_whatever_the_type),
		cmocka_unit_test(times_of_day_lose_only_zeros),
		cmocka_unit_test(uuids_become_lower_case),
		cmocka_unit_test(documents_keep_every_digit_and_lose_their_blanks),
		cmocka_unit_test(documents_hold_no_nul),
		cmocka_unit_test(documents_may_be_nested_sixty_four_deep),
		cmocka_unit_test(the_document_null_is_null),
		cmocka_unit_test(text_stays_as_it_is),
		cmocka_unit_test(integers_become_canonical_digits),
		cmocka_unit_test(decimals_keep_their_scale_and_every_digit),
		cmocka_unit_test(booleans_have_many_spellings),
		cmocka_unit_test(dates_may_come_as_midnight_timestamps),
		cmocka_unit_test(timestamps_carry_the_offset_of_the_zone),
		cmocka_unit_test(old_timestamps_keep_their_clock),
		cmocka_unit_test(years_that_the_zone_has_not_are_shown_as_written),
		cmocka_unit_test(numbers_are_ordered_by_value),
		cmocka_unit_test(times_are_ordered_by_instant_and_text_by_bytes),
		cmocka_unit_test(sums_and_order_agree_with_machine_integers),
		cmocka_unit_test(sums_are_exact),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
