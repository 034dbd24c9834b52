/* Whatever cursor_parse() accepts is the same cursor after it was written again. */
#include "federator/flow/cursor.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena *mem = arena_new();
	struct cursor once = { .skip = 42 }, again;

	if (!cursor_parse(text, &once)) {
		if (once.skip != 42)
			abort();
	} else if (!cursor_parse(cursor_text(once, mem), &again) || again.at_us != once.at_us ||
		   again.skip != once.skip || !str_eq(again.subject, once.subject)) {
		abort();
	}
	arena_wipe_free(&mem);
	return 0;
}
