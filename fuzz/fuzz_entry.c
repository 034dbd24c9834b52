/* Whatever entry_decode() accepts is, encoded again, the same bytes. The input is tried as it is and with
 * a right length and checksum, so that what stands behind them is reached. */
#include "cache/entry.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

static const struct cache_key key = { .text = "fed2:fuzz" };

static void check_decode(struct str bytes)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf again = { 0 };
	struct cache_hit hit = { .stored_ms = 42 };
	struct cache_fill fill = { .key = &key };

	if (!entry_decode(bytes, &key, mem, &hit)) {
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

static void seal(char *entry, size_t n)
{
	unsigned char sum[DIGEST_BYTES];
	struct digest d;

	memcpy(entry, "FE2\n", 4);
	for (unsigned i = 4; i < 36; i++)
		entry[i] = (char)('0' + (unsigned char)entry[i] % 10);
	for (unsigned i = 0; i < 4; i++)
		entry[36 + i] = (char)(unsigned char)(n >> (8 * i));
	digest_begin(&d, (struct str){ 0 });
	digest_add(&d, entry, 40);
	digest_add(&d, entry + 56, n - 56);
	digest_end(&d, sum);
	memcpy(entry + 40, sum, 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy;

	check_decode((struct str){ (const char *)data, size });
	if (size < 56)
		return 0;
	copy = malloc(size);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	seal(copy, size);
	check_decode((struct str){ copy, size });
	free(copy);
	return 0;
}
