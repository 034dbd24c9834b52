#include "tests/metadata/oracle/ours.h"

#include "metadata/normalize.h"

enum { CALLS_PER_ARENA = 256 };

static struct arena *mem;
static unsigned calls;

static const struct key keys[] = {
	[OURS_KR] = { .name = "phone", .type = KEY_PHONE_KR },
	[OURS_US] = { .name = "phone", .type = KEY_PHONE_US },
};

static struct arena *memory(void)
{
	if (mem && calls++ % CALLS_PER_ARENA == 0)
		arena_wipe_free(&mem);
	if (mem == NULL)
		mem = arena_new();
	return mem;
}

const char *ours_e164(enum ours_home home, const char *text)
{
	struct arena *here = memory();
	struct str out;

	if (normalize_key(&keys[home], str_of(text), here, &out) != KEY_OK)
		return NULL;
	return arena_cstr(here, out);
}

const char *ours_spelled(enum ours_home home, const char *form, const char *e164)
{
	const struct spelling as = { .name = form };
	struct arena *here = memory();
	struct str out;

	return spell_key(&keys[home], &as, str_of(e164), here, &out) ? arena_cstr(here, out) : NULL;
}

void ours_end(void)
{
	if (mem)
		arena_wipe_free(&mem);
}
