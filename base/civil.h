/* civil.h - dates and times as people write them, in the proleptic Gregorian calendar.
 * No state; safe from any thread. */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include "base/base.h"

#define CIVIL_DAY_S INT64_C(86400)
#define CIVIL_SECOND_US INT64_C(1000000)

/* What a source's date or timestamp text says. */
struct civil {
	int64_t us; /* microseconds since 1970: UTC if has_offset, else of the zoneless wall time */
	bool has_offset;
	bool has_time; /* false: a date only */
	int32_t offset_s; /* east of UTC; 0 without an offset */
};

/* Read "2026-11-22", "2026-11-22 09:38:51[.fffffffff]", the same with "T", and with "Z", "+09", "+09:00" or
 * "+0900" behind, those with a sign also after a blank. Digits of the fraction behind the sixth are dropped, not
 * rounded.
 * Years 0001-9999, real days only; "0000-00-00" and everything else is false. */
bool civil_parse(struct str text, struct civil *out) MUST_CHECK NONNULL(2);
/* Read a time of day, "09:38:51[.fffffffff]", as microseconds since midnight. "24:00:00", leap seconds
 * and offsets are false. */
bool civil_parse_time(struct str text, int64_t *us_out) MUST_CHECK NONNULL(2);

enum { CIVIL_UTC_BYTES = sizeof("2026-11-22T09:38:51Z") };
/* Write a moment, seconds since 1970 in the years 0001 to 9999 (others are the first or last of them), as
 * "2026-11-22T09:38:51Z" and a NUL. */
void civil_write_utc(int64_t s, char out[CIVIL_UTC_BYTES]) NONNULL(2);

struct civil_date {
	int64_t year;
	unsigned month; /* 1-12 */
	unsigned day; /* 1-31 */
};

/* Days from 1970-01-01 to the date, which must be a real one. */
int64_t civil_days(struct civil_date date);
/* The date that many days from 1970-01-01. */
struct civil_date civil_date_of(int64_t days);
/* How many days the month (1-12) of the year has. */
unsigned civil_month_days(int64_t year, unsigned month);

/* Is the year of a wall time one that four digits can write, 0001 to 9999? */
static inline bool civil_has_year(int64_t wall_us)
{
	return wall_us >= -719162 * CIVIL_DAY_S * CIVIL_SECOND_US && wall_us < 2932897 * CIVIL_DAY_S * CIVIL_SECOND_US;
}

/* a / b rounded down; b > 0. */
static inline int64_t civil_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

#endif
