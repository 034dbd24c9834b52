/* tzif.h - the compiled time zone file of RFC 8536, versions 2 to 4. Private to base/.
 * The input is not trusted. No state; safe from any thread. */
#ifndef BASE_TZIF_H
#define BASE_TZIF_H

#include "base/arena.h"
#include "base/err.h"
#include "base/posixtz.h"

/* All zero is UTC. */
struct tzif {
	size_t n; /* transitions */
	const int64_t *at_s; /* instant of each, ascending */
	const int32_t *offset_s; /* east of UTC from then on */
	int32_t first_offset_s; /* before the first transition */
	bool has_rule; /* after the last transition: the rule, else the last offset stays */
	struct posixtz rule;
};

/* Read a file's bytes; the arrays of *out live in `mem`. Fails with ERR_CONFIG at `name`: damaged, version 1
 * (no 64-bit times), or with leap seconds (the "right/" zones, whose clock is not ours). */
bool tzif_parse(struct arena *mem, struct str bytes, const char *name, struct tzif *out, struct err *err)
	MUST_CHECK NONNULL(1, 3, 4, 5);
/* The offset in force at the instant (seconds since 1970 UTC). */
int32_t tzif_offset_at(const struct tzif *tz, int64_t instant_s) NONNULL(1);
/* Is one offset in force from one instant to another? False also where a rule with summer time holds. */
bool tzif_steady(const struct tzif *tz, int64_t from_s, int64_t to_s, int32_t *offset_s_out) NONNULL(1, 4);

#endif
