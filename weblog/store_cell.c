#include "weblog/store_state.h"

#include <stdio.h>

#include "base/civil.h"
#include "base/text.h"

#define FIRST_US (INT64_C(-354285) * CIVIL_DAY_S * CIVIL_SECOND_US) /* 1000-01-01, MariaDB's first */
#define END_US (INT64_C(2932897) * CIVIL_DAY_S * CIVIL_SECOND_US) /* 10000-01-01 */

static bool is_clean(struct str text)
{
	return (text.n == 0 || memchr(text.p, '\0', text.n) == NULL) && text_is_utf8(text);
}

struct str store_text(struct weblog_store *s, struct str text, size_t most)
{
	struct str whole = text_cut(text, most);
	char *out;
	size_t n = 0;

	if (text.p == NULL || is_clean(whole))
		return whole;
	out = arena_alloc(s->batch, most);
	for (size_t i = 0; i < text.n;) {
		char bytes[4];
		uint32_t cp;
		size_t taken;

		i += text_next((struct str){ text.p + i, text.n - i }, &cp);
		taken = text_encode(cp ? cp : 0xfffd, bytes);
		if (n + taken > most)
			break;
		memcpy(out + n, bytes, taken);
		n += taken;
	}
	return (struct str){ out, n };
}

static void digits(char *out, unsigned value, size_t n)
{
	for (size_t i = n; i > 0; i--) {
		out[i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
}

static void day_text(struct weblog_store *s, int64_t day)
{
	struct civil_date date = civil_date_of(day);

	digits(s->day_text, (unsigned)date.year, 4);
	s->day_text[4] = '-';
	digits(s->day_text + 5, date.month, 2);
	s->day_text[7] = '-';
	digits(s->day_text + 8, date.day, 2);
	s->day_text[10] = ' ';
	s->day = day;
}

void store_time(struct weblog_store *s, int64_t us, char *out)
{
	int64_t day;
	unsigned ms;

	us = us < FIRST_US ? FIRST_US : us >= END_US ? END_US - 1 : us;
	day = civil_floor_div(us, CIVIL_DAY_S * CIVIL_SECOND_US);
	ms = (unsigned)((us - day * CIVIL_DAY_S * CIVIL_SECOND_US) / 1000);
	if (day != s->day || s->day_text[0] == '\0')
		day_text(s, day);
	memcpy(out, s->day_text, 11);
	digits(out + 11, ms / 3600000, 2);
	out[13] = ':';
	digits(out + 14, ms / 60000 % 60, 2);
	out[16] = ':';
	digits(out + 17, ms / 1000 % 60, 2);
	out[19] = '.';
	digits(out + 20, ms % 1000, 3);
	out[STORE_TIME_BYTES] = '\0';
}

int64_t store_time_of(struct str text)
{
	struct civil civil;

	return text.p && civil_parse(text, &civil) ? civil.us : 0;
}

int64_t store_number_of(struct str text)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	uint64_t value;

	if (text.p == NULL || !text_to_u64((struct str){ text.p + negative, text.n - negative }, &value))
		return 0;
	return negative ? -(int64_t)value : (int64_t)value;
}
