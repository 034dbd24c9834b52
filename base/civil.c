#include "base/civil.h"

#include "base/scan.h"

enum {
	ERA_YEARS = 400, /* the calendar repeats after these */
	ERA_DAYS = 146097,
	EPOCH_DAYS = 719468, /* from 0000-03-01 to 1970-01-01 */
};

/* Both ways count years from March, so that the leap day is the last of its year, and months in fifths of
 * 153 days (March to July, August to December). */
int64_t civil_days(struct civil_date date)
{
	int64_t year = date.year - (date.month <= 2);
	int64_t era = civil_floor_div(year, ERA_YEARS);
	int64_t year_of_era = year - era * ERA_YEARS;
	int64_t months = (date.month + 9) % 12;
	int64_t day_of_year = (153 * months + 2) / 5 + date.day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * ERA_DAYS + day_of_era - EPOCH_DAYS;
}

struct civil_date civil_date_of(int64_t days)
{
	int64_t shifted = days + EPOCH_DAYS;
	int64_t era = civil_floor_div(shifted, ERA_DAYS);
	int64_t day_of_era = shifted - era * ERA_DAYS;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t months = (5 * day_of_year + 2) / 153;
	unsigned month = (unsigned)(months < 10 ? months + 3 : months - 9);

	return (struct civil_date){ .year = year_of_era + era * ERA_YEARS + (month <= 2),
				    .month = month,
				    .day = (unsigned)(day_of_year - (153 * months + 2) / 5 + 1) };
}

unsigned civil_month_days(int64_t year, unsigned month)
{
	static const unsigned char days[12] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool parse_date(struct str *s, int64_t *days)
{
	unsigned year, month, day;

	if (!scan_digits(s, 4, 4, &year) || !scan_char(s, '-') || !scan_digits(s, 2, 2, &month) ||
	    !scan_char(s, '-') || !scan_digits(s, 2, 2, &day))
		return false;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > civil_month_days(year, month))
		return false;
	*days = civil_days((struct civil_date){ year, month, day });
	return true;
}

static bool parse_fraction(struct str *s, unsigned *us)
{
	size_t before = s->n;

	if (!scan_digits(s, 1, 9, us))
		return false;
	for (size_t digits = before - s->n; digits < 6; digits++)
		*us *= 10;
	for (size_t digits = before - s->n; digits > 6; digits--)
		*us /= 10;
	return true;
}

static bool parse_time(struct str *s, int64_t *us)
{
	unsigned hour, minute, second, fraction_us = 0;

	if (!scan_digits(s, 2, 2, &hour) || !scan_char(s, ':') || !scan_digits(s, 2, 2, &minute) ||
	    !scan_char(s, ':') || !scan_digits(s, 2, 2, &second))
		return false;
	if (scan_char(s, '.') && !parse_fraction(s, &fraction_us))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*us = ((hour * 60 + minute) * 60 + second) * CIVIL_SECOND_US + fraction_us;
	return true;
}

bool civil_parse_time(struct str text, int64_t *us_out)
{
	int64_t us;

	if (!parse_time(&text, &us) || text.n > 0)
		return false;
	*us_out = us;
	return true;
}

static bool parse_offset(struct str *s, int32_t *offset_s)
{
	unsigned hours, minutes = 0;
	bool west;

	*offset_s = 0;
	if (scan_char(s, 'Z'))
		return true;
	west = scan_char(s, '-');
	if ((!west && !scan_char(s, '+')) || !scan_digits(s, 2, 2, &hours))
		return false;
	if ((scan_char(s, ':') || s->n > 0) && !scan_digits(s, 2, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	*offset_s = (int32_t)(hours * 60 + minutes) * (west ? -60 : 60);
	return true;
}

bool civil_parse(struct str text, struct civil *out)
{
	struct civil c = { 0 };
	int64_t days, time_us = 0;

	if (!parse_date(&text, &days))
		return false;
	if (text.n > 0) {
		if ((!scan_char(&text, ' ') && !scan_char(&text, 'T')) || !parse_time(&text, &time_us))
			return false;
		c.has_time = true;
	}
	if (text.n > 0) {
		bool blank = scan_char(&text, ' '); /* as SQL Server writes a datetimeoffset */

		if ((blank && text.n > 0 && text.p[0] == 'Z') || !parse_offset(&text, &c.offset_s))
			return false;
		c.has_offset = true;
	}
	if (text.n > 0)
		return false;
	c.us = (days * CIVIL_DAY_S - c.offset_s) * CIVIL_SECOND_US + time_us;
	*out = c;
	return true;
}

static void write_digits(int64_t value, int n, char *out)
{
	for (int i = n - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
}

void civil_write_utc(int64_t s, char out[CIVIL_UTC_BYTES])
{
	const int64_t first = -719162 * CIVIL_DAY_S, last = 2932897 * CIVIL_DAY_S - 1;
	struct civil_date date;
	int64_t in_day;

	s = s < first ? first : s > last ? last : s;
	date = civil_date_of(civil_floor_div(s, CIVIL_DAY_S));
	in_day = s - civil_floor_div(s, CIVIL_DAY_S) * CIVIL_DAY_S;
	memcpy(out, "....-..-..T..:..:..Z", CIVIL_UTC_BYTES);
	write_digits(date.year, 4, out);
	write_digits(date.month, 2, out + 5);
	write_digits(date.day, 2, out + 8);
	write_digits(in_day / 3600, 2, out + 11);
	write_digits(in_day / 60 % 60, 2, out + 14);
	write_digits(in_day % 60, 2, out + 17);
}
