/* Whatever civil_parse() accepts can be written by zone_format() and reads back with the same clock, and as the same
 * instant but for seconds of the offset. */
#include "base/zone.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check_zone(struct arena *mem, const char *name, const struct civil *c)
{
	struct err err;
	const struct zone *z = zone_load(mem, name, &err);
	struct civil back;
	int64_t instant_us, wall_us;
	char text[40];
	size_t n;

	if (!z) /* a machine without tzdata */
		return;
	instant_us = c->has_offset ? c->us : zone_instant_us(z, c->us);
	wall_us = instant_us + zone_offset_at(z, instant_us) * CIVIL_SECOND_US;
	n = zone_format(z, instant_us, text);
	if (n != strlen(text))
		abort();
	if (!civil_has_year(wall_us))
		return;
	if (!civil_parse((struct str){ text, n }, &back) || !back.has_offset)
		abort();
	if (back.us + back.offset_s * CIVIL_SECOND_US != wall_us ||
	    llabs(back.us - instant_us) > 30 * CIVIL_SECOND_US)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const zones[] = { "UTC", "Asia/Seoul", "America/New_York", "Australia/Lord_Howe" };
	struct arena *mem;
	struct civil c;

	if (!civil_parse((struct str){ (const char *)data, size }, &c))
		return 0;
	mem = arena_new();
	for (size_t i = 0; i < ARRAY_LEN(zones); i++)
		check_zone(mem, zones[i], &c);
	arena_wipe_free(&mem);
	return 0;
}
