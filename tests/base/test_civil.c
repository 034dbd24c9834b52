#include "base/civil.h"
#include "tests/cmocka_all.h"

static void every_day_of_ten_thousand_years_is_counted(void **state)
{
	int64_t days = civil_days((struct civil_date){ 0, 1, 1 });

	(void)state;
	assert_int_equal(days, -719528);
	for (int64_t year = 0; year < 10000; year++) {
		for (unsigned month = 1; month <= 12; month++) {
			for (unsigned day = 1; day <= civil_month_days(year, month); day++, days++) {
				struct civil_date d = civil_date_of(days);

				if (d.year != year || d.month != month || d.day != day ||
				    civil_days(d) != days)
					fail_msg("day %ld", (long)days);
			}
		}
	}
	assert_int_equal(days, civil_days((struct civil_date){ 10000, 1, 1 }));
}

static void leap_years_follow_gregory(void **state)
{
	(void)state;
	assert_int_equal(civil_month_days(2024, 2), 29);
	assert_int_equal(civil_month_days(2026, 2), 28);
	assert_int_equal(civil_month_days(1900, 2), 28);
	assert_int_equal(civil_month_days(2000, 2), 29);
}

static void division_rounds_down(void **state)
{
	(void)state;
	assert_int_equal(civil_floor_div(7, 2), 3);
	assert_int_equal(civil_floor_div(-7, 2), -4);
	assert_int_equal(civil_floor_div(-8, 2), -4);
	assert_int_equal(civil_floor_div(INT64_MIN, 86400), -106751991167301);
}

struct reading {
	struct str text;
	struct civil want;
};

static void sources_texts_are_read(void **state)
{
	static const struct reading readings[] = {
		{ STR("1970-01-01"), { 0, false, false, 0 } },
		{ STR("2026-11-22"), { INT64_C(1795305600000000), false, false, 0 } },
		{ STR("2026-11-22 09:38:51"), { INT64_C(1795340331000000), false, true, 0 } },
		{ STR("2026-11-22T09:38:51"), { INT64_C(1795340331000000), false, true, 0 } },
		{ STR("2026-11-22 09:38:51.5"), { INT64_C(1795340331500000), false, true, 0 } },
		{ STR("2026-11-22 09:38:51.000042"), { INT64_C(1795340331000042), false, true, 0 } },
		{ STR("2026-11-22 09:38:51.0000429"), { INT64_C(1795340331000042), false, true, 0 } },
		{ STR("2026-11-22 09:38:51.999999999"), { INT64_C(1795340331999999), false, true, 0 } },
		{ STR("1969-12-31 23:59:59.999999999Z"), { -1, true, true, 0 } },
		{ STR("2026-11-22 09:38:51Z"), { INT64_C(1795340331000000), true, true, 0 } },
		{ STR("2026-11-22 09:38:51+09"), { INT64_C(1795307931000000), true, true, 32400 } },
		{ STR("2026-11-22 09:38:51+0900"), { INT64_C(1795307931000000), true, true, 32400 } },
		{ STR("2026-11-22T09:38:51.25+09:00"), { INT64_C(1795307931250000), true, true, 32400 } },
		{ STR("2026-11-22 09:38:51-03:30"), { INT64_C(1795352931000000), true, true, -12600 } },
		{ STR("2026-11-22 09:38:51.2500000 +09:00"), { INT64_C(1795307931250000), true, true, 32400 } },
		{ STR("1969-12-31 23:59:59.999999"), { -1, false, true, 0 } },
		{ STR("0001-01-01"), { INT64_C(-62135596800000000), false, false, 0 } },
		{ STR("9999-12-31 23:59:59.999999"), { INT64_C(253402300799999999), false, true, 0 } },
		{ STR("2024-02-29"), { INT64_C(1709164800000000), false, false, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(readings); i++) {
		struct civil c;

		assert_true(civil_parse(readings[i].text, &c));
		assert_int_equal(c.us, readings[i].want.us);
		assert_int_equal(c.has_offset, readings[i].want.has_offset);
		assert_int_equal(c.has_time, readings[i].want.has_time);
		assert_int_equal(c.offset_s, readings[i].want.offset_s);
	}
}

static void everything_else_is_refused(void **state)
{
	static const struct str bad[] = {
		STR(""), STR("0000-00-00"), STR("0000-01-01"), STR("2026-00-01"), STR("2026-13-01"),
		STR("2026-01-00"), STR("2026-01-32"), STR("2026-02-29"), STR("1900-02-29"),
		STR("2026-04-31"), STR("26-01-01"), STR("12026-01-01"), STR("-001-01-01"), STR("2026-1-1"),
		STR("2026/01/01"), STR("20260101"), STR(" 2026-01-01"), STR("2026-01-01 "),
		STR("2026-01-01T"), STR("2026-01-01Z"), STR("2026-01-01+09:00"), STR("2026-01-01 10"),
		STR("2026-01-01 10:00"), STR("2026-01-01 24:00:00"), STR("2026-01-01 10:60:00"),
		STR("2026-01-01 10:00:60"), STR("2026-01-01  10:00:00"), STR("2026-01-01t10:00:00"),
		STR("2026-01-01 10:00:00."), STR("2026-01-01 10:00:00.1234567890"),
		STR("2026-01-01 10:00:00,5"), STR("2026-01-01 10:00:00z"), STR("2026-01-01 10:00:00 Z"),
		STR("2026-01-01 +09:00"),
		STR("2026-01-01 10:00:00  +09:00"), STR("2026-01-01 10:00:00 +09:00 "),
		STR("2026-01-01 10:00:00ZZ"), STR("2026-01-01 10:00:00+9"), STR("2026-01-01 10:00:00+09:"),
		STR("2026-01-01 10:00:00+09:0"), STR("2026-01-01 10:00:00+24"),
		STR("2026-01-01 10:00:00+09:60"), STR("2026-01-01 10:00:00+-9"),
		STR("2026-01-01 10:00:00+09:00:00"), STR("2026-01-01 10:00:00\0"), STR("now"),
		STR("infinity"), STR("2026-01-01 10:00:00 AM"), STR("2026-01-01 10:00:00 KST"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct civil c = { .us = 4711 };

		if (civil_parse(bad[i], &c))
			fail_msg("accepted: %.*s", STR_ARG(bad[i]));
		assert_int_equal(c.us, 4711);
	}
	assert_false(civil_parse((struct str){ NULL, 0 }, &(struct civil){ 0 }));
}

static void times_of_day_are_read(void **state)
{
	static const struct {
		struct str text;
		int64_t us; /* -1: refused */
	} cases[] = {
		{ STR("00:00:00"), 0 },
		{ STR("09:38:51"), INT64_C(34731000000) },
		{ STR("23:59:59.999999999"), INT64_C(86399999999) },
		{ STR("09:38:51.5"), INT64_C(34731500000) },
		{ STR(""), -1 },
		{ STR("09:38"), -1 },
		{ STR("9:38:51"), -1 },
		{ STR("24:00:00"), -1 },
		{ STR("23:59:60"), -1 },
		{ STR("09:38:51."), -1 },
		{ STR("09:38:51+09"), -1 },
		{ STR("-09:38:51"), -1 },
		{ STR("838:59:59"), -1 },
		{ STR("09:38:51 "), -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t us = -1;

		assert_int_equal(civil_parse_time(cases[i].text, &us), cases[i].us >= 0);
		assert_int_equal(us, cases[i].us);
	}
}

static void moments_are_written_as_they_are_read(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59Z" },
		{ 1709210096, "2024-02-29T12:34:56Z" },
		{ 253402300799, "9999-12-31T23:59:59Z" },
		{ -62135596800, "0001-01-01T00:00:00Z" },
		{ INT64_MAX, "9999-12-31T23:59:59Z" },
		{ INT64_MIN, "0001-01-01T00:00:00Z" },
	};
	char text[CIVIL_UTC_BYTES];
	struct civil read;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		civil_write_utc(cases[i].s, text);
		assert_string_equal(text, cases[i].text);
		assert_true(civil_parse(str_of(text), &read) && read.has_offset);
		if (cases[i].s != INT64_MAX && cases[i].s != INT64_MIN)
			assert_int_equal(read.us, cases[i].s * CIVIL_SECOND_US);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_of_ten_thousand_years_is_counted),
		cmocka_unit_test(leap_years_follow_gregory),
		cmocka_unit_test(division_rounds_down),
		cmocka_unit_test(sources_texts_are_read),
		cmocka_unit_test(times_of_day_are_read),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(moments_are_written_as_they_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
