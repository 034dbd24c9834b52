/* Whatever pop_read() accepts is the same question after it was written again. */
#include "federator/http/pop.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size };
	struct arena *mem = arena_new();
	struct buf once = { 0 }, twice = { 0 };
	struct pop pop;

	if (pop_read(&rest, mem, &pop)) {
		struct str again;

		pop_write(&pop, &once);
		again = buf_str(&once);
		if (!pop_read(&again, mem, &pop) || again.n)
			abort();
		pop_write(&pop, &twice);
		if (!str_eq(buf_str(&once), buf_str(&twice)))
			abort();
	} else if (rest.n != size) {
		abort();
	}
	buf_free(&once);
	buf_free(&twice);
	arena_wipe_free(&mem);
	return 0;
}
