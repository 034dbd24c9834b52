#include "base/civil.h"
#include "weblog/slot.h"

enum { DAY_TEXT = 11, CLOCK_TEXT = 20 };

static bool two(const char *p, unsigned most, int64_t *out)
{
	unsigned tens = (unsigned)(p[0] - '0'), ones = (unsigned)(p[1] - '0');

	*out = (int64_t)(tens * 10 + ones);
	return tens <= 9 && ones <= 9 && tens * 10 + ones <= most;
}

static unsigned month_of(const char *p)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned i = 0; i < 12; i++)
		if (memcmp(months + (size_t)i * 3, p, 3) == 0)
			return i + 1;
	return 0;
}

/* Midnight of dd/Mon/yyyy. */
static bool day_read(const char *p, int64_t *us_out)
{
	int64_t day, century, year;
	unsigned month = month_of(p + 3);

	if (!two(p, 31, &day) || p[2] != '/' || month == 0 || p[6] != '/' || !two(p + 7, 99, &century) ||
	    !two(p + 9, 99, &year))
		return false;
	year += century * 100;
	if (day < 1 || year < 1 || day > civil_month_days(year, month))
		return false;
	*us_out = civil_days((struct civil_date){ year, month, (unsigned)day }) * CIVIL_DAY_S * CIVIL_SECOND_US;
	return true;
}

static bool offset_read(struct str s, int32_t *out)
{
	int64_t hours, minutes;

	if (s.n != 6 || s.p[0] != ' ' || (s.p[1] != '+' && s.p[1] != '-') || !two(s.p + 2, 15, &hours) ||
	    !two(s.p + 4, 59, &minutes))
		return false;
	*out = (int32_t)((hours * 60 + minutes) * 60) * (s.p[1] == '-' ? -1 : 1);
	return true;
}

/* Up to six digits of `.fraction`; returns bytes taken. */
static size_t fraction_read(struct str s, int64_t *us_out)
{
	int64_t unit = CIVIL_SECOND_US / 10, us = 0;
	size_t n = 1;

	if (s.n < 2 || s.p[0] != '.')
		return 0;
	for (; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++, unit /= 10)
		us += unit * (s.p[n] - '0');
	*us_out = us;
	return n;
}

const char *weblog_time_clf(struct str s, struct weblog_memo *memo, struct weblog_record *record, size_t *at_out)
{
	int64_t hour, minute, second, us = 0;
	struct str rest;
	int32_t offset = 0;

	*at_out = 0;
	if (s.n < CLOCK_TEXT)
		return "no time like 10/Oct/2000:13:55:36 -0700";
	if (memcmp(s.p, memo->day, DAY_TEXT) != 0) {
		if (!day_read(s.p, &memo->day_us)) {
			memo->day[0] = 0;
			return "no day like 10/Oct/2000";
		}
		memcpy(memo->day, s.p, DAY_TEXT);
	}
	*at_out = DAY_TEXT;
	/* 60 is a leap second; the next minute then begins a second early. */
	if (s.p[11] != ':' || !two(s.p + 12, 23, &hour) || s.p[14] != ':' || !two(s.p + 15, 59, &minute) ||
	    s.p[17] != ':' || !two(s.p + 18, 60, &second))
		return "no time of day like 13:55:36";
	*at_out = CLOCK_TEXT;
	rest = (struct str){ s.p + CLOCK_TEXT, s.n - CLOCK_TEXT };
	*at_out += fraction_read(rest, &us);
	rest = (struct str){ s.p + *at_out, s.n - *at_out };
	record->has_offset = rest.n > 0;
	if (rest.n > 0 && !offset_read(rest, &offset))
		return "no offset like -0700";
	record->offset_s = offset;
	record->time_us = memo->day_us + ((hour * 60 + minute) * 60 + second - offset) * CIVIL_SECOND_US + us;
	return NULL;
}

bool weblog_decimal(struct str s, int power, int64_t *us_out)
{
	bool negative = s.n > 1 && s.p[0] == '-', point = false;
	int64_t value = 0;
	int left = power;
	size_t i = negative;

	for (; i < s.n; i++) {
		if (s.p[i] == '.' && !point && i > negative && i + 1 < s.n) {
			point = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (point && left-- <= 0)
			continue; /* finer than a microsecond */
		if (value > INT64_MAX / 10 - 1)
			return false;
		value = value * 10 + (s.p[i] - '0');
	}
	for (; left > 0; left--) {
		if (value > INT64_MAX / 10)
			return false;
		value *= 10;
	}
	for (left = power; left < 0; left++)
		value /= 10;
	*us_out = negative ? -1 : value;
	return s.n > 0;
}
