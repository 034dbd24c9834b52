/* What document_read() takes it takes again as it has written it, and the blanks between tokens are all it drops. */
#include <stdlib.h>

#include "federator/view/document.h"
#include "fuzz/fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *mem = arena_new();
	struct str raw = { (const char *)data, size }, once, twice;

	if (document_read(raw, mem, &once)) {
		size_t at = 0;

		if (!document_read(once, mem, &twice) || !str_eq(once, twice))
			abort();
		for (size_t i = 0; i < raw.n && at < once.n; i++)
			at += raw.p[i] == once.p[at];
		if (at != once.n)
			abort();
	}
	arena_wipe_free(&mem);
	return 0;
}
