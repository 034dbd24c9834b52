/* Any bytes are a time zone or an error, and the offsets of a time zone are those TZif can have. */
#include "base/tzif.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

enum { DAY_AND_TWO_HOURS_S = 26 * 3600 };

static void check_at(const struct tzif *tz, int64_t instant_s)
{
	int32_t offset_s = tzif_offset_at(tz, instant_s);

	if (abs(offset_s) > DAY_AND_TWO_HOURS_S)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int64_t years_10000_s = INT64_C(315360000000), step_s = years_10000_s / 500;
	struct arena *mem = arena_new();
	struct err err = { 0 };
	struct tzif tz;

	if (tzif_parse(mem, (struct str){ (const char *)data, size }, "fuzz", &tz, &err)) {
		for (int64_t at_s = -years_10000_s; at_s < years_10000_s; at_s += step_s)
			check_at(&tz, at_s);
		for (size_t i = 0; i < tz.n; i++)
			if (llabs(tz.at_s[i]) < years_10000_s)
				check_at(&tz, tz.at_s[i]);
	} else if (err.cls != ERR_CONFIG || err.text[0] == '\0') {
		abort();
	}
	arena_wipe_free(&mem);
	return 0;
}
