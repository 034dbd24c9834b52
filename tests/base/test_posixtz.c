#include "base/posixtz.h"
#include "base/civil.h"
#include "tests/cmocka_all.h"

static int32_t offset_at(const char *rule, const char *utc)
{
	struct posixtz tz;
	struct civil c;

	assert_true(posixtz_parse(str_of(rule), &tz));
	assert_true(civil_parse(str_of(utc), &c));
	return posixtz_offset_at(&tz, civil_floor_div(c.us, CIVIL_SECOND_US));
}

static void a_rule_without_summer_time_is_constant(void **state)
{
	(void)state;
	assert_int_equal(offset_at("KST-9", "2050-07-01"), 9 * 3600);
	assert_int_equal(offset_at("<+03>-3", "2050-07-01"), 3 * 3600);
	assert_int_equal(offset_at("<-0330>3:30", "2050-07-01"), -12600);
	assert_int_equal(offset_at("LMT-8:27:52", "2050-07-01"), 30472);
}

static void summer_time_begins_and_ends_on_weekdays(void **state)
{
	static const char rule[] = "EST5EDT,M3.2.0,M11.1.0"; /* 2050: March 13 and November 6 */

	(void)state;
	assert_int_equal(offset_at(rule, "2050-03-13 06:59:59"), -5 * 3600);
	assert_int_equal(offset_at(rule, "2050-03-13 07:00:00"), -4 * 3600);
	assert_int_equal(offset_at(rule, "2050-11-06 05:59:59"), -4 * 3600);
	assert_int_equal(offset_at(rule, "2050-11-06 06:00:00"), -5 * 3600);
}

static void week_five_is_the_last_one(void **state)
{
	static const char rule[] = "CET-1CEST,M3.5.0,M10.5.0/3"; /* 2050: March 27 and October 30 */

	(void)state;
	assert_int_equal(offset_at(rule, "2050-03-27 00:59:59"), 3600);
	assert_int_equal(offset_at(rule, "2050-03-27 01:00:00"), 7200);
	assert_int_equal(offset_at(rule, "2050-10-30 00:59:59"), 7200);
	assert_int_equal(offset_at(rule, "2050-10-30 01:00:00"), 3600);
}

static void southern_summer_spans_the_new_year(void **state)
{
	static const char rule[] = "AEST-10AEDT,M10.1.0,M4.1.0/3";

	(void)state;
	assert_int_equal(offset_at(rule, "2050-01-01"), 11 * 3600);
	assert_int_equal(offset_at(rule, "2050-07-01"), 10 * 3600);
	assert_int_equal(offset_at(rule, "2050-12-31 23:00:00"), 11 * 3600);
}

static void summer_time_may_be_the_smaller_offset(void **state)
{
	static const char rule[] = "IST-1GMT0,M10.5.0,M3.5.0/1"; /* Ireland's law */

	(void)state;
	assert_int_equal(offset_at(rule, "2050-01-01"), 0);
	assert_int_equal(offset_at(rule, "2050-07-01"), 3600);
}

static void changes_may_lie_outside_their_day(void **state)
{
	(void)state;
	/* Nuuk: the day before at 23:00; Gaza: the Sunday after at 02:00 */
	assert_int_equal(offset_at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27 00:59:59"), -7200);
	assert_int_equal(offset_at("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2050-03-27 01:00:00"), -3600);
	assert_int_equal(offset_at("EET-2EEST,M3.4.4/50,M10.4.4/50", "2050-03-25 23:59:59"), 7200);
	assert_int_equal(offset_at("EET-2EEST,M3.4.4/50,M10.4.4/50", "2050-03-26 00:00:00"), 10800);
}

static void days_may_be_counted_with_or_without_february_29(void **state)
{
	(void)state;
	/* 2052 has a February 29: J60 is March 1 in every year, 60 only in a leap year */
	assert_int_equal(offset_at("AAA0BBB,J60/0,J300/0", "2052-02-29 23:59:59"), 0);
	assert_int_equal(offset_at("AAA0BBB,J60/0,J300/0", "2052-03-01 00:00:00"), 3600);
	assert_int_equal(offset_at("AAA0BBB,J60/0,J300/0", "2051-03-01 00:00:00"), 3600);
	assert_int_equal(offset_at("AAA0BBB,60/0,J300/0", "2052-03-01 00:00:00"), 3600);
	assert_int_equal(offset_at("AAA0BBB,60/0,J300/0", "2051-03-01 23:59:59"), 0);
	assert_int_equal(offset_at("AAA0BBB,60/0,J300/0", "2051-03-02 00:00:00"), 3600);
}

static void other_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"", "K", "KS-9", "KST", "KST-", "KST-25", "KST-9:60", "KST-9:0", "<+03-3", "<+3>", "KST-9 ",
		"EST5EDT", "EST5EDT,", "EST5EDT,M3.2.0", "EST5EDT,M3.2.0,", "EST5EDT,M3.2.0,M11.1.0,",
		"EST5EDT,M0.2.0,M11.1.0", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.0.0,M11.1.0",
		"EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,M3.2,M11.1.0",
		"EST5EDT,J0,J300", "EST5EDT,J366,J300", "EST5EDT,366,300", "EST5EDT,M3.2.0/168,M11.1.0",
		"EST5EDT,M3.2.0/,M11.1.0", "EST5ED,M3.2.0,M11.1.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct posixtz tz = { .std_s = 4711 };

		if (posixtz_parse(str_of(bad[i]), &tz))
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(tz.std_s, 4711);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_without_summer_time_is_constant),
		cmocka_unit_test(summer_time_begins_and_ends_on_weekdays),
		cmocka_unit_test(week_five_is_the_last_one),
		cmocka_unit_test(southern_summer_spans_the_new_year),
		cmocka_unit_test(summer_time_may_be_the_smaller_offset),
		cmocka_unit_test(changes_may_lie_outside_their_day),
		cmocka_unit_test(days_may_be_counted_with_or_without_february_29),
		cmocka_unit_test(other_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
