/* Whatever civil_parse() accepts can be written by zone_format() and reads back as the same instant. */
#include "base/zone.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check_zone(struct arena *mem, const char *name, const struct civil *c)
{
	struct err err;
	const struct zone *z = zone_load(mem, name, &err);
	struct civil back;
	int64_t instant_us;
	char text[40];
	size_t n;

	if (!z) /* a machine without tzdata */
		return;
	instant_us = c->has_offset ? c->us : zone_instant_us(z, c->us);
	n = zone_format(z, instant_us, text);
	if (n != strlen(text))
		abort();
	if (text[0] == '-' || text[4] != '-' || memcmp(text, "0000", 4) == 0)
		return; /* the offset has pushed it out of the years 0001-9999 */
	if (!civil_parse((struct str){ text, n }, &back) || !back.has_offset || back.us != instant_us)
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
