#include "base/fold.h"

#include "tests/cmocka_all.h"

struct pair {
	struct str a, b;
};

static void case_accents_width_and_blanks_at_the_end_do_not_count(void **state)
{
	static const struct pair pairs[] = {
		{ STR(""), STR("") },
		{ STR("rene@x.kr"), STR("René@X.kr") },
		{ STR("rene"), STR("RENE\xCC\x81") }, /* e and an accent of its own */
		{ STR("abc"), STR("ａＢｃ") },
		{ STR("abc"), STR("abc  ") },
		{ STR("Nguyen"), STR("Nguyễn") },
		{ STR("Żółw"), STR("zolw") },
		{ STR("ΑΩ"), STR("αω") },
		{ STR("МОСКВА"), STR("москва") },
		{ STR("Ѐ"), STR("ѐ") },
		{ STR("김한별"), STR("김한별") },
		{ STR("\xFF"), STR("\xFF") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		assert_true(fold_alike(pairs[i].a, pairs[i].b));
		assert_true(fold_alike(pairs[i].b, pairs[i].a));
		assert_int_equal(fold_hash(pairs[i].a), fold_hash(pairs[i].b));
	}
}

static void everything_else_counts(void **state)
{
	static const struct pair pairs[] = {
		{ STR("a"), STR("") },	     { STR("a"), STR("b") },	  { STR("ab"), STR("a") },
		{ STR(" a"), STR("a") },     { STR("a b"), STR("ab") },	  { STR("1"), STR("2") },
		{ STR("10"), STR("1") },     { STR("×"), STR("÷") },	  { STR("김"), STR("긴") },
		{ STR("a\0"), STR("a") },    { STR("\xFF"), STR("\xFE") }, { STR("\xC3"), STR("b") },
		{ STR("\xC3"), STR("é") },   { STR("😀"), STR("😁") },	  { STR("α"), STR("a") },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		assert_false(fold_alike(pairs[i].a, pairs[i].b));
		assert_false(fold_alike(pairs[i].b, pairs[i].a));
		assert_int_not_equal(fold_hash(pairs[i].a), fold_hash(pairs[i].b));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_accents_width_and_blanks_at_the_end_do_not_count),
		cmocka_unit_test(everything_else_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
