/* What sheaf_decode() accepts is found copy by copy, and once it was written again it comes back as the same bytes. The
 * input is tried as it is and behind a head. */
#include "base/memory.h"
#include "cache/sheaf.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check_found(const struct sheaf *s, struct str bytes)
{
	struct sheaf_copy copy;

	for (size_t i = 0; i < s->n; i++)
		if (s->copies[i].place && !sheaf_find(bytes, s->copies[i].place, &copy))
			abort();
}

static void check_decode(struct str bytes)
{
	SCOPED(buf_free) struct buf once = { 0 }, twice = { 0 };
	struct sheaf *s = memory_new(sizeof(*s));
	size_t n;

	if (sheaf_decode(bytes, s)) {
		check_found(s, bytes);
		n = s->n;
		sheaf_bound(s);
		if (s->n > n)
			abort();
		sheaf_encode(s, &once);
		if (!sheaf_decode(buf_str(&once), s) || sheaf_clear(buf_str(&once)) == 0)
			abort();
		sheaf_encode(s, &twice);
		if (!str_eq(buf_str(&once), buf_str(&twice)))
			abort();
	}
	free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(buf_free) struct buf headed = { 0 };

	check_decode((struct str){ (const char *)data, size });
	buf_puts(&headed, "FE4\n0123456701234567");
	buf_put(&headed, data, size);
	check_decode(buf_str(&headed));
	return 0;
}
