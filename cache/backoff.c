#include "cache/backoff.h"

#include <sodium.h>

uint32_t backoff_next_ms(struct backoff *b)
{
	uint32_t ms = b->ms ? 2 * b->ms : BACKOFF_LEAST_MS;
	uint32_t half;

	b->ms = ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS;
	half = b->ms / 2;
	return half + randombytes_uniform(half + 1);
}

void backoff_reset(struct backoff *b)
{
	b->ms = 0;
}
