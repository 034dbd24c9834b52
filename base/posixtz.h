/* posixtz.h - the rule for all time to come at the end of a TZif file, in POSIX's TZ notation with the
 * extensions of RFC 8536: "KST-9", "<+03>-3", "CET-1CEST,M3.5.0,M10.5.0/3". Private to base/.
 * No state; safe from any thread. */
#ifndef BASE_POSIXTZ_H
#define BASE_POSIXTZ_H

#include "base/base.h"

/* A change of every year. */
struct posixtz_change {
	enum { POSIXTZ_WEEKDAY, POSIXTZ_JULIAN, POSIXTZ_DAY_OF_YEAR } kind;
	unsigned month, week, weekday; /* POSIXTZ_WEEKDAY: 1-12, 1-5 (5 = last), 0-6 (0 = Sunday) */
	unsigned day; /* POSIXTZ_JULIAN: 1-365, February 29 never counted; POSIXTZ_DAY_OF_YEAR: 0-365 */
	int32_t wall_s; /* from that day's midnight, by the clock before the change; may be negative */
};

struct posixtz {
	int32_t std_s; /* offset east of UTC */
	int32_t dst_s;
	bool has_dst;
	struct posixtz_change start; /* of summer time */
	struct posixtz_change end;
};

/* False when the text is no such rule. */
bool posixtz_parse(struct str text, struct posixtz *out) MUST_CHECK NONNULL(2);
/* The offset in force at the instant (seconds since 1970 UTC). */
int32_t posixtz_offset_at(const struct posixtz *tz, int64_t instant_s) NONNULL(1);

#endif
