#include "tests/cmocka_all.h"

#include "federator/http/cache_control.h"

static struct ask ask;

static const char *read_fields(const char *first, const char *second)
{
	struct header fields[2];
	struct headers h = { .of = fields, .n = 2 };

	h.of[0] = (struct header){ STR("cache-control"), str_of(first) };
	h.of[1] = (struct header){ STR("Cache-Control"), str_of(second) };
	ask = (struct ask){ 0 };
	return cache_control_read(&ask, &h);
}

static const char *read_field(const char *value)
{
	return read_fields(value, "");
}

static void members_are_read_in_any_case_and_from_every_field(void **state)
{
	(void)state;
	assert_null(read_fields(" No-Cache ,, ", "no-STORE,only-if-cached\t, Max-Age=7,min-fresh=8,max-stale=9"));
	assert_true(ask.no_cache && ask.no_store && ask.only_if_cached && ask.has_max_age && ask.has_max_stale);
	assert_int_equal(ask.max_age_s, 7);
	assert_int_equal(ask.min_fresh_s, 8);
	assert_int_equal(ask.max_stale_s, 9);
	assert_null(read_field(""));
	assert_false(ask.no_cache || ask.no_store || ask.only_if_cached || ask.has_max_age || ask.has_max_stale);
}

static void quoted_values_count_and_quoted_commas_do_not(void **state)
{
	(void)state;
	assert_null(read_field("max-age=\"30\", ext=\"a, no-cache, \\\", max-age=1\", no-store=\"x\""));
	assert_int_equal(ask.max_age_s, 30);
	assert_true(ask.no_store);
	assert_false(ask.no_cache);
}

static void what_is_not_known_is_ignored(void **state)
{
	(void)state;
	assert_null(read_field("max-agee=x, no-transform, stale-if-error=60, s-maxage"));
	assert_false(ask.has_max_age || ask.no_cache);
}

static void of_members_that_come_twice_the_stricter_counts(void **state)
{
	(void)state;
	assert_null(read_fields("max-age=5, min-fresh=3, max-stale", "max-age=9, min-fresh=2, max-stale=60"));
	assert_int_equal(ask.max_age_s, 5);
	assert_int_equal(ask.min_fresh_s, 3);
	assert_int_equal(ask.max_stale_s, 60);
	assert_null(read_fields("max-age=9, max-stale=60", "max-age=0, max-stale"));
	assert_int_equal(ask.max_age_s, 0);
	assert_int_equal(ask.max_stale_s, 60);
	assert_null(read_field("max-stale"));
	assert_int_equal(ask.max_stale_s, UINT32_MAX);
}

static void a_number_beyond_all_is_the_largest(void **state)
{
	(void)state;
	assert_null(read_field("max-age=18446744073709551617, min-fresh=0000000000000000000000000000012"));
	assert_int_equal(ask.max_age_s, UINT32_MAX);
	assert_int_equal(ask.min_fresh_s, 12);
}

static void what_cannot_be_read_is_refused(void **state)
{
	static const char *const wrong[] = {
		"max-age",     "max-age=",   "max-age=5s",   "max-age=-1",     "max-age=1.5",
		"max-age=\"\"", "max-age = 5", "max-age= 5",   "min-fresh",      "min-fresh=soon",
		"max-stale=",  "max-stale=\"5", "no-cache now", "no-cache; x=1", "x=\"never ends",
		"=5",	       "x=\"a\"b",   "no-cache, max-age=x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		if (!read_field(wrong[i]))
			fail_msg("taken: %s", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_read_in_any_case_and_from_every_field),
		cmocka_unit_test(quoted_values_count_and_quoted_commas_do_not),
		cmocka_unit_test(what_is_not_known_is_ignored),
		cmocka_unit_test(of_members_that_come_twice_the_stricter_counts),
		cmocka_unit_test(a_number_beyond_all_is_the_largest),
		cmocka_unit_test(what_cannot_be_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
