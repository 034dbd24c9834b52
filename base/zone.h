/* zone.h - civil time: time zones from the system's tzdata (TZif, RFC 8536), RFC 3339 text.
 * A zone is immutable once loaded; safe from any thread. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/arena.h"
#include "base/err.h"

struct zone; /* opaque */

/* Load an IANA zone ("Asia/Seoul", "UTC") from /usr/share/zoneinfo into `mem`. Names with "..", a leading
 * "/" or unknown files fail with ERR_CONFIG. "UTC" always works, also without tzdata. */
const struct zone *zone_load(struct arena *mem, const char *name, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3);
/* The name it was loaded by. */
const char *zone_name(const struct zone *z) NONNULL(1);
/* Offset from UTC in seconds in force at the instant (microseconds since 1970 UTC). */
int32_t zone_offset_at(const struct zone *z, int64_t instant_us) NONNULL(1);

/* What a source's date or timestamp text says. */
struct civil {
	int64_t us; /* microseconds since 1970: UTC if has_offset, else of the zoneless wall time */
	bool has_offset;
	bool has_time; /* false: a date only */
};

/* Read "2026-11-22", "2026-11-22 09:38:51[.ffffff]", the same with "T", and with "Z", "+09", "+09:00" or
 * "+0900" behind. Years 0001-9999, real days only; "0000-00-00" and everything else is false. */
bool civil_parse(struct str text, struct civil *out) MUST_CHECK NONNULL(2);
/* The instant of a zoneless wall time in a zone. In the gap of a spring change the later offset's reading,
 * in the fold of an autumn change the earlier instant. */
int64_t zone_instant_us(const struct zone *z, int64_t wall_us) NONNULL(1);
/* RFC 3339 with the zone's offset: "2026-11-22T09:38:51+09:00"; a fraction only when it is not zero, without
 * trailing zeros; "Z" for UTC itself. `out` takes 40 bytes; returns the length. */
size_t zone_format(const struct zone *z, int64_t instant_us, char out[40]) NONNULL(1, 3);

#endif
