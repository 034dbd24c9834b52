#include "base/posixtz.h"

#include "base/civil.h"
#include "base/scan.h"

enum {
	MOST_OFFSET_HOURS = 24,
	MOST_CHANGE_HOURS = 167, /* RFC 8536, 3.3.1 */
	DEFAULT_CHANGE_S = 2 * 3600,
};

static bool skip_name(struct str *s)
{
	bool quoted = scan_char(s, '<');
	size_t n = 0;

	while (n < s->n && (quoted ? s->p[n] != '>' : (s->p[n] | 32) >= 'a' && (s->p[n] | 32) <= 'z'))
		n++;
	*s = (struct str){ s->p + n, s->n - n };
	return n >= 3 && (!quoted || scan_char(s, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool parse_hms(struct str *s, unsigned most_hours, int32_t *out)
{
	unsigned hours, minutes = 0, seconds = 0;
	bool negative = scan_char(s, '-');

	if (!negative)
		scan_char(s, '+');
	if (!scan_digits(s, 1, 3, &hours))
		return false;
	if (scan_char(s, ':') && !scan_digits(s, 2, 2, &minutes))
		return false;
	if (scan_char(s, ':') && !scan_digits(s, 2, 2, &seconds))
		return false;
	if (hours > most_hours || minutes > 59 || seconds > 59)
		return false;
	*out = (int32_t)((hours * 60 + minutes) * 60 + seconds) * (negative ? -1 : 1);
	return true;
}

static bool parse_weekday(struct str *s, struct posixtz_change *c)
{
	c->kind = POSIXTZ_WEEKDAY;
	return scan_digits(s, 1, 2, &c->month) && scan_char(s, '.') && scan_digits(s, 1, 1, &c->week) &&
	       scan_char(s, '.') && scan_digits(s, 1, 1, &c->weekday) && c->month >= 1 && c->month <= 12 &&
	       c->week >= 1 && c->week <= 5 && c->weekday <= 6;
}

static bool parse_day(struct str *s, struct posixtz_change *c)
{
	if (scan_char(s, 'M'))
		return parse_weekday(s, c);
	c->kind = scan_char(s, 'J') ? POSIXTZ_JULIAN : POSIXTZ_DAY_OF_YEAR;
	return scan_digits(s, 1, 3, &c->day) && c->day <= 365 && (c->kind != POSIXTZ_JULIAN || c->day >= 1);
}

static bool parse_change(struct str *s, struct posixtz_change *c)
{
	c->wall_s = DEFAULT_CHANGE_S;
	return scan_char(s, ',') && parse_day(s, c) &&
	       (!scan_char(s, '/') || parse_hms(s, MOST_CHANGE_HOURS, &c->wall_s));
}

bool posixtz_parse(struct str text, struct posixtz *out)
{
	struct posixtz tz = { 0 };
	int32_t west_s;

	if (!skip_name(&text) || !parse_hms(&text, MOST_OFFSET_HOURS, &west_s))
		return false;
	tz.std_s = -west_s;
	tz.has_dst = text.n > 0;
	if (tz.has_dst) {
		if (!skip_name(&text))
			return false;
		tz.dst_s = tz.std_s + 3600;
		if (text.n > 0 && text.p[0] != ',') {
			if (!parse_hms(&text, MOST_OFFSET_HOURS, &west_s))
				return false;
			tz.dst_s = -west_s;
		}
		if (!parse_change(&text, &tz.start) || !parse_change(&text, &tz.end))
			return false;
	}
	if (text.n > 0)
		return false;
	*out = tz;
	return true;
}

/* Days from 1970-01-01 to the change in that year. */
static int64_t change_day(const struct posixtz_change *c, int64_t year)
{
	int64_t first = civil_days((struct civil_date){ year, c->kind == POSIXTZ_WEEKDAY ? c->month : 1, 1 });
	int64_t weekday, day;

	switch (c->kind) {
	case POSIXTZ_DAY_OF_YEAR:
		return first + c->day;
	case POSIXTZ_JULIAN:
		return first + c->day - 1 + (c->day > 59 && civil_month_days(year, 2) == 29);
	case POSIXTZ_WEEKDAY:
		break;
	}
	weekday = first + 4 - 7 * civil_floor_div(first + 4, 7); /* 1970-01-01 was a Thursday */
	day = (c->weekday + 7 - weekday) % 7 + 7 * ((int64_t)c->week - 1);
	return first + (day < civil_month_days(year, c->month) ? day : day - 7);
}

int32_t posixtz_offset_at(const struct posixtz *tz, int64_t instant_s)
{
	int64_t year, start_s, end_s;
	bool dst;

	if (!tz->has_dst)
		return tz->std_s;
	year = civil_date_of(civil_floor_div(instant_s + tz->std_s, CIVIL_DAY_S)).year;
	start_s = change_day(&tz->start, year) * CIVIL_DAY_S + tz->start.wall_s - tz->std_s;
	end_s = change_day(&tz->end, year) * CIVIL_DAY_S + tz->end.wall_s - tz->dst_s;
	if (start_s < end_s)
		dst = instant_s >= start_s && instant_s < end_s;
	else /* the southern half: summer is at both ends of the year */
		dst = instant_s >= start_s || instant_s < end_s;
	return dst ? tz->dst_s : tz->std_s;
}
