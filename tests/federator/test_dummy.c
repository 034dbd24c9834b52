#include "tests/cmocka_all.h"

#include "federator/live/dummy.h"
#include "metadata/normalize.h"

static struct arena *mem;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

/* A part whose only column proves `key` in all its spellings. */
static struct part proving(const struct key *key)
{
	struct column *col = arena_new_of(mem, struct column);
	const struct spelling **as = arena_array_of(mem, const struct spelling *, key->n_spellings + 1);

	for (size_t i = 0; i < key->n_spellings; i++)
		as[i] = &key->spellings[i];
	*col = (struct column){ .name = "c", .proves = key, .as = as, .n_as = key->n_spellings };
	return (struct part){ .name = "p", .columns = col, .n_columns = 1 };
}

static struct key_values dummies(const struct key *key, enum dummy dummy)
{
	const struct part part = proving(key);
	const struct by_key by = { .key = key };
	const struct query query = { .by = &by, .n_by = 1 };

	return dummy_keys(&part, &query, dummy, mem)[0];
}

static void values_of_every_type_are_well_formed(void **state)
{
	(void)state;
	for (enum key_type type = KEY_TEXT; type <= KEY_PHONE_US; type++) {
		const struct key key = { .name = "k", .type = type };
		struct key_values values = dummies(&key, DUMMY_USUAL);

		assert_int_equal(values.n, 2);
		for (size_t i = 0; i < values.n; i++) {
			struct str canonical;

			assert_int_equal(normalize_key(&key, values.values[i], mem, &canonical), KEY_OK);
			assert_true(str_eq(canonical, values.values[i]));
		}
		assert_false(str_eq(values.values[0], values.values[1]));
	}
}

static void values_fit_every_mask_of_the_source(void **state)
{
	(void)state;
	static const struct spelling crm[] = { { "crm", "C########" }, { "plain", "#+" }, { "sheet", "#+.0" } };
	static const struct spelling card[] = { { "card", "####-####-####-####" } };
	static const struct spelling phone[] = { { "dashed", NULL }, { "digits", NULL } };
	static const struct key keys[] = {
		{ .name = "member", .type = KEY_INTEGER, .spellings = crm, .n_spellings = 3 },
		{ .name = "card", .type = KEY_DIGITS, .spellings = card, .n_spellings = 1 },
		{ .name = "phone", .type = KEY_PHONE_KR, .spellings = phone, .n_spellings = 2 },
	};

	for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
		struct key_values values = dummies(&keys[k], DUMMY_USUAL);
		const struct part part = proving(&keys[k]);

		assert_int_equal(values.n, 2 * keys[k].n_spellings);
		for (size_t i = 0; i < values.n; i++) {
			struct str canonical;

			assert_int_equal(normalize_cell(&keys[k], part.columns[0].as, part.columns[0].n_as,
							values.values[i], mem, &canonical),
					 KEY_OK);
		}
	}
}

static void numbers_fit_integer_columns(void **state)
{
	(void)state;
	static const struct key key = { .name = "k", .type = KEY_INTEGER };

	assert_true(str_eq(dummies(&key, DUMMY_USUAL).values[0], STR("2147483646")));
	assert_true(str_eq(dummies(&key, DUMMY_SMALL).values[1], STR("9997")));
}

static void only_keys_of_any_text_may_be_null(void **state)
{
	(void)state;
	for (enum key_type type = KEY_TEXT; type <= KEY_PHONE_US; type++) {
		const struct key key = { .name = "k", .type = type };

		assert_int_equal(dummies(&key, DUMMY_NULL).n, type <= KEY_LOWER ? 0 : 2);
	}
}

static void optional_keys_are_null_unless_all_are(void **state)
{
	(void)state;
	static const struct key member = { .name = "member", .type = KEY_INTEGER },
				phone = { .name = "phone", .type = KEY_PHONE_KR };
	const struct part part = proving(&member);
	const struct by_key some[] = { { &phone, true }, { &member, false } };
	const struct by_key all[] = { { &phone, true }, { &member, true } };
	const struct query by_some = { .by = some, .n_by = 2 }, by_all = { .by = all, .n_by = 2 };
	const struct key_values *keys = dummy_keys(&part, &by_some, DUMMY_USUAL, mem);

	assert_int_equal(keys[0].n, 0);
	assert_int_equal(keys[1].n, 2);
	assert_ptr_equal(keys[2].key, &sqltext_before);
	assert_int_equal(keys[2].n, 1);
	keys = dummy_keys(&part, &by_all, DUMMY_USUAL, mem);
	assert_int_equal(keys[0].n, 2);
	assert_int_equal(keys[1].n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(values_of_every_type_are_well_formed, begin, end),
		cmocka_unit_test_setup_teardown(values_fit_every_mask_of_the_source, begin, end),
		cmocka_unit_test_setup_teardown(numbers_fit_integer_columns, begin, end),
		cmocka_unit_test_setup_teardown(only_keys_of_any_text_may_be_null, begin, end),
		cmocka_unit_test_setup_teardown(optional_keys_are_null_unless_all_are, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
