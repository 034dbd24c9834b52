/* zone.h - time zones from the system's tzdata (TZif, RFC 8536) and RFC 3339 text. civil.h reads what
 * sources write. Instants and wall times are those of the years 0000-10000.
 * A zone is immutable once loaded; safe from any thread. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/arena.h"
#include "base/civil.h"
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
/* The instant of a zoneless wall time in a zone. In the gap of a spring change it is read with the offset
 * after the change, in the fold of an autumn change it is the earlier instant. */
int64_t zone_instant_us(const struct zone *z, int64_t wall_us) NONNULL(1);
/* RFC 3339 with the zone's offset: "2026-11-22T09:38:51+09:00"; a fraction only when it is not zero, without
 * trailing zeros; "Z" for a zone that is always UTC. Old local mean times have seconds in their offset, which
 * RFC 3339 cannot write: the clock stays true, and the offset is rounded to the minute. The year is only what RFC 3339
 * can write when civil_has_year() says so of the wall time. `out` takes 40 bytes with the NUL; returns the length
 * without it. */
size_t zone_format(const struct zone *z, int64_t instant_us, char out[40]) NONNULL(1, 3);

/* The same with an offset of its own, in seconds. */
size_t zone_format_offset(int32_t offset_s, int64_t instant_us, char out[40]) NONNULL(3);

/* Is one offset in force for a day before and behind the wall time, so that it tells of one instant only? */
bool zone_steady(const struct zone *z, int64_t wall_us, int32_t *offset_s_out) NONNULL(1, 3);
/* The offset as RFC 3339 has it behind a time of the zone, "+09:00" or "Z", NUL-terminated. Returns its bytes. */
size_t zone_format_suffix(const struct zone *z, int32_t offset_s, char out[8]) NONNULL(1, 3);

#endif
