/* Whatever entry_decode() accepts is, encoded again, the same bytes. The input is tried as it is
 * and behind a ticket. */
#include "cache/entry.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static void check_decode(struct str bytes)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf again = { 0 };
	struct cache_hit hit = { .stored_ms = 42 };
	struct cache_fill fill = { 0 };

	if (!entry_decode(bytes, mem, &hit)) {
		if (hit.rows || hit.stored_ms != 42)
			abort();
		return;
	}
	if (!entry_ticket(bytes, &fill.ticket) || fill.ticket.began != hit.began)
		abort();
	fill.rows = hit.rows;
	fill.stored_ms = hit.stored_ms;
	fill.ttl_ms = (uint64_t)hit.ends_ms - (uint64_t)hit.stored_ms;
	entry_encode(&fill, &again);
	if (!str_eq(buf_str(&again), bytes))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SCOPED(buf_free) struct buf headed = { 0 };

	check_decode((struct str){ (const char *)data, size });
	buf_puts(&headed, "FE3\n0123456789abcdef0123456789012345");
	buf_put(&headed, data, size);
	check_decode(buf_str(&headed));
	return 0;
}
