#include "base/zone.h"
#include "tests/cmocka_all.h"

static struct arena *mem;

static int make_arena(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int drop_arena(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static const struct zone *zone_of(const char *name)
{
	struct err err = { 0 };
	const struct zone *z = zone_load(mem, name, &err);

	if (!z)
		fail_msg("%s: %s", err.where, err.text);
	return z;
}

static int64_t us_of(const char *text)
{
	struct civil c;

	assert_true(civil_parse(str_of(text), &c));
	return c.us;
}

static void zone_knows_its_name(void **state)
{
	char name[] = "Asia/Seoul";
	const struct zone *z = zone_of(name);

	(void)state;
	name[0] = 'X';
	assert_string_equal(zone_name(z), "Asia/Seoul");
	assert_string_equal(zone_name(zone_of("UTC")), "UTC");
}

static void unknown_zones_are_refused_with_advice(void **state)
{
	static const char *const bad[] = {
		"", "Asia/Soul", "Asia", "/etc/passwd", "../etc/passwd", "Asia/../UTC", "zone.tab",
		"Asia/Seoul/x", "leapseconds", "Asia/Seoul ", "Asia/Seoul\n",
		"a/very/long/name/that/no/zone/of/this/world/has/or/will/ever/have/x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = { 0 };

		assert_null(zone_load(mem, bad[i], &err));
		assert_int_equal(err.cls, ERR_CONFIG);
		assert_true(strlen(err.text) > 20);
	}
}

static void offsets_follow_history(void **state)
{
	const struct zone *seoul = zone_of("Asia/Seoul"), *york = zone_of("America/New_York");

	(void)state;
	assert_int_equal(zone_offset_at(zone_of("UTC"), us_of("2026-11-22")), 0);
	assert_int_equal(zone_offset_at(seoul, us_of("2026-11-22")), 9 * 3600);
	assert_int_equal(zone_offset_at(seoul, us_of("1988-08-01")), 10 * 3600); /* the Olympic summers */
	assert_int_equal(zone_offset_at(seoul, us_of("1958-01-01")), 8 * 3600 + 1800);
	assert_int_equal(zone_offset_at(york, us_of("2026-01-01")), -5 * 3600);
	assert_int_equal(zone_offset_at(york, us_of("2026-07-01")), -4 * 3600);
	assert_int_equal(zone_offset_at(york, us_of("2026-03-08 06:59:59.999999")), -5 * 3600);
	assert_int_equal(zone_offset_at(york, us_of("2026-03-08 07:00:00")), -4 * 3600);
}

static void summer_time_goes_on_after_the_last_transition_of_the_file(void **state)
{
	const struct zone *york = zone_of("America/New_York");

	(void)state;
	assert_int_equal(zone_offset_at(york, us_of("2090-01-01")), -5 * 3600);
	assert_int_equal(zone_offset_at(york, us_of("2090-07-01")), -4 * 3600);
}

static void assert_instant(const char *zone, const char *wall, const char *utc)
{
	assert_int_equal(zone_instant_us(zone_of(zone), us_of(wall)), us_of(utc));
}

static void wall_times_have_their_instant(void **state)
{
	(void)state;
	assert_instant("UTC", "2026-11-22 09:38:51", "2026-11-22 09:38:51");
	assert_instant("Asia/Seoul", "2026-11-22 09:38:51", "2026-11-22 00:38:51");
	assert_instant("Asia/Seoul", "0001-01-01 08:27:52", "0001-01-01 00:00:00");
	assert_instant("Pacific/Kiritimati", "2026-11-22 01:00:00", "2026-11-21 11:00:00");
	assert_instant("America/New_York", "2026-03-08 01:59:59", "2026-03-08 06:59:59");
	assert_instant("America/New_York", "2026-03-08 03:00:00", "2026-03-08 07:00:00");
	assert_instant("America/New_York", "2026-11-01 00:59:59", "2026-11-01 04:59:59");
	assert_instant("America/New_York", "2026-11-01 02:00:00", "2026-11-01 07:00:00");
}

static void a_time_in_the_gap_is_read_with_the_offset_after_it(void **state)
{
	(void)state;
	assert_instant("America/New_York", "2026-03-08 02:30:00", "2026-03-08 06:30:00");
	/* a gap of half an hour */
	assert_instant("Australia/Lord_Howe", "2026-10-04 02:15:00", "2026-10-03 15:15:00");
}

static void a_time_in_the_fold_is_the_earlier_instant(void **state)
{
	(void)state;
	assert_instant("America/New_York", "2026-11-01 01:00:00", "2026-11-01 05:00:00");
	assert_instant("America/New_York", "2026-11-01 01:59:59", "2026-11-01 05:59:59");
	assert_instant("Europe/Dublin", "2026-10-25 01:30:00", "2026-10-25 00:30:00");
}

static void every_instant_finds_back_through_its_wall_time(void **state)
{
	static const char *const zones[] = { "Asia/Seoul", "America/New_York", "Australia/Lord_Howe",
					     "Asia/Kathmandu" };
	const int64_t step_us = INT64_C(1234567891234567);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(zones); i++) {
		const struct zone *z = zone_of(zones[i]);

		for (int64_t us = us_of("0002-01-01"); us < us_of("9999-01-01"); us += step_us) {
			int64_t wall_us = us + zone_offset_at(z, us) * CIVIL_SECOND_US;
			int64_t back_us = zone_instant_us(z, wall_us);

			assert_int_equal(back_us + zone_offset_at(z, back_us) * CIVIL_SECOND_US, wall_us);
			assert_true(back_us <= us); /* the same, or the earlier one of a fold */
		}
	}
}

static void assert_format(const char *zone, const char *utc, const char *want)
{
	char text[40];

	assert_int_equal(zone_format(zone_of(zone), us_of(utc), text), strlen(want));
	assert_string_equal(text, want);
}

static void instants_are_written_as_rfc_3339(void **state)
{
	(void)state;
	assert_format("Asia/Seoul", "2026-11-22 00:38:51", "2026-11-22T09:38:51+09:00");
	assert_format("UTC", "2026-11-22 00:38:51", "2026-11-22T00:38:51Z");
	assert_format("Etc/UTC", "2026-11-22 00:38:51", "2026-11-22T00:38:51Z");
	assert_format("Europe/London", "2026-11-22 00:38:51", "2026-11-22T00:38:51+00:00");
	assert_format("America/St_Johns", "2026-01-01 00:00:00", "2025-12-31T20:30:00-03:30");
	assert_format("UTC", "0001-01-01 00:00:00", "0001-01-01T00:00:00Z");
	assert_format("UTC", "1969-12-31 23:59:59.999999", "1969-12-31T23:59:59.999999Z");
}

static void fractions_lose_their_trailing_zeros(void **state)
{
	(void)state;
	assert_format("UTC", "2026-11-22 00:38:51.5", "2026-11-22T00:38:51.5Z");
	assert_format("UTC", "2026-11-22 00:38:51.120", "2026-11-22T00:38:51.12Z");
	assert_format("UTC", "2026-11-22 00:38:50.000001", "2026-11-22T00:38:50.000001Z");
	assert_format("UTC", "2026-11-22 00:38:50.000", "2026-11-22T00:38:50Z");
}

static void an_offset_with_seconds_is_rounded_and_the_clock_stays_true(void **state)
{
	(void)state; /* 8:27:52 east until 1908 */
	assert_format("Asia/Seoul", "1900-01-01 00:00:00", "1900-01-01T08:27:52+08:28");
	assert_format("Asia/Seoul", "1899-12-31 15:32:08", "1900-01-01T00:00:00+08:28");
	assert_format("America/New_York", "1800-01-01 12:00:00", "1800-01-01T07:03:58-04:56");
	assert_format("Africa/Monrovia", "1900-01-01 12:00:00", "1900-01-01T11:16:52-00:43"); /* 0:43:08 west */
}

static void any_offset_can_be_written(void **state)
{
	char text[40];

	(void)state;
	zone_format_offset(9 * 3600, us_of("0001-01-01 00:00:00"), text);
	assert_string_equal(text, "0001-01-01T09:00:00+09:00");
	zone_format_offset(-30 * 60, us_of("2026-01-01 00:00:00.25"), text);
	assert_string_equal(text, "2025-12-31T23:30:00.25-00:30");
	assert_true(civil_has_year(us_of("0001-01-01 00:00:00")));
	assert_false(civil_has_year(us_of("0001-01-01 00:00:00") - 1));
	assert_true(civil_has_year(us_of("9999-12-31 23:59:59.999999")));
	assert_false(civil_has_year(us_of("9999-12-31 23:59:59.999999") + 1));
}

/* One offset a day before and behind, and then the instant is the one that zone_instant_us() finds. */
static void assert_steady(const char *zone, const char *wall, int32_t offset_s)
{
	const struct zone *z = zone_of(zone);
	int32_t found_s = INT32_MIN;

	assert_true(zone_steady(z, us_of(wall), &found_s));
	assert_int_equal(found_s, offset_s);
	assert_int_equal(us_of(wall) - found_s * CIVIL_SECOND_US, zone_instant_us(z, us_of(wall)));
}

static void assert_unsteady(const char *zone, const char *wall)
{
	int32_t offset_s;

	assert_false(zone_steady(zone_of(zone), us_of(wall), &offset_s));
}

/* Seoul changed its offset last on 1988-10-08T17:00:00Z; New York did on 2006-10-29T06:00:00Z, among others. */
static void no_offset_is_steady_within_a_day_of_its_change(void **state)
{
	(void)state;
	assert_steady("Asia/Seoul", "1988-10-07 16:59:59", 10 * 3600);
	assert_steady("Asia/Seoul", "1988-10-07 16:59:59.999999", 10 * 3600);
	assert_unsteady("Asia/Seoul", "1988-10-07 17:00:00");
	assert_unsteady("Asia/Seoul", "1988-10-09 02:30:00");
	assert_unsteady("Asia/Seoul", "1988-10-09 16:59:59.999999");
	assert_steady("Asia/Seoul", "1988-10-09 17:00:00", 9 * 3600);
	assert_steady("Asia/Seoul", "2026-11-22 09:38:51", 9 * 3600);
	assert_steady("America/New_York", "2006-10-28 05:59:59", -4 * 3600);
	assert_unsteady("America/New_York", "2006-10-28 06:00:00");
	assert_unsteady("America/New_York", "2006-10-30 05:59:59");
	assert_steady("America/New_York", "2006-10-30 06:00:00", -5 * 3600);
}

static void a_rule_with_summer_time_is_never_steady(void **state)
{
	(void)state;
	assert_unsteady("America/New_York", "2090-01-15 12:00:00");
	assert_steady("Asia/Seoul", "2090-01-15 12:00:00", 9 * 3600);
	assert_steady("UTC", "2026-11-22 09:38:51", 0);
}

static void the_suffix_is_what_a_time_of_the_zone_ends_with(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(zone_format_suffix(zone_of("Asia/Seoul"), 9 * 3600, text), 6);
	assert_string_equal(text, "+09:00");
	assert_int_equal(zone_format_suffix(zone_of("America/New_York"), -5 * 3600, text), 6);
	assert_string_equal(text, "-05:00");
	assert_int_equal(zone_format_suffix(zone_of("UTC"), 0, text), 1);
	assert_string_equal(text, "Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zone_knows_its_name),
		cmocka_unit_test(unknown_zones_are_refused_with_advice),
		cmocka_unit_test(offsets_follow_history),
		cmocka_unit_test(summer_time_goes_on_after_the_last_transition_of_the_file),
		cmocka_unit_test(wall_times_have_their_instant),
		cmocka_unit_test(a_time_in_the_gap_is_read_with_the_offset_after_it),
		cmocka_unit_test(a_time_in_the_fold_is_the_earlier_instant),
		cmocka_unit_test(every_instant_finds_back_through_its_wall_time),
		cmocka_unit_test(instants_are_written_as_rfc_3339),
		cmocka_unit_test(fractions_lose_their_trailing_zeros),
		cmocka_unit_test(an_offset_with_seconds_is_rounded_and_the_clock_stays_true),
		cmocka_unit_test(any_offset_can_be_written),
		cmocka_unit_test(no_offset_is_steady_within_a_day_of_its_change),
		cmocka_unit_test(a_rule_with_summer_time_is_never_steady),
		cmocka_unit_test(the_suffix_is_what_a_time_of_the_zone_ends_with),
	};

	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
