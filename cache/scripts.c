#include "cache/scripts.h"

/* "#!lua flags=allow-oom", a line: a tomb needs memory, also when there is none left for copies. */
#define ALLOW_OOM \
	'#', '!', 'l', 'u', 'a', ' ', 'f', 'l', 'a', 'g', 's', '=', 'a', 'l', 'l', 'o', 'w', '-', 'o', 'o', 'm', '\n'

static const char begin[] = {
#include "cache/scripts/tick.lua.inc"
#include "cache/scripts/version.lua.inc"
#include "cache/scripts/begin.lua.inc"
};

static const char fill[] = {
#include "cache/scripts/floor.lua.inc"
#include "cache/scripts/version.lua.inc"
#include "cache/scripts/index.lua.inc"
#include "cache/scripts/enter.lua.inc"
#include "cache/scripts/fill.lua.inc"
};

static const char release[] = {
#include "cache/scripts/release.lua.inc"
};

static const char invalidate[] = {
	ALLOW_OOM,
#include "cache/scripts/tick.lua.inc"
#include "cache/scripts/raise.lua.inc"
#include "cache/scripts/index.lua.inc"
#include "cache/scripts/invalidate.lua.inc"
};

static const char check[] = {
	ALLOW_OOM,
#include "cache/scripts/tick.lua.inc"
#include "cache/scripts/raise.lua.inc"
#include "cache/scripts/check.lua.inc"
};

struct str script_text(enum script script)
{
	static const struct str texts[SCRIPTS] = {
		[SCRIPT_BEGIN] = { begin, sizeof(begin) },
		[SCRIPT_FILL] = { fill, sizeof(fill) },
		[SCRIPT_RELEASE] = { release, sizeof(release) },
		[SCRIPT_INVALIDATE] = { invalidate, sizeof(invalidate) },
		[SCRIPT_CHECK] = { check, sizeof(check) },
	};

	return texts[script];
}
