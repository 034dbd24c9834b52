/* redis_silence.c - a Redis that says nothing: the first who ask wait for it until they are late, the others do not. */
#include "cache/redis_state.h"

enum { SHARE = 8, /* of the time a look-up has */ TIMES_USUAL = 4, SMOOTH = 8 };

static uint64_t after_us(const struct redis *r)
{
	uint64_t share = r->timeout_us / SHARE, usual = TIMES_USUAL * r->usual_us;
	uint64_t us = usual > share ? usual : share;

	return us < r->timeout_us ? us : r->timeout_us;
}

void redis_silence_begin(struct redis *r, uint64_t took_us)
{
	r->silent = false;
	r->usual_us = took_us;
}

void redis_silence_end(struct redis *r, uint64_t sent_us)
{
	uint64_t took_us = clock_mono_us() - sent_us;

	r->silent = false;
	r->usual_us = (r->usual_us * (SMOOTH - 1) + took_us) / SMOOTH;
}

uint64_t redis_silence_from(const struct redis *r, uint64_t sent_us)
{
	return sent_us + after_us(r);
}

bool redis_answers_for(const struct redis *r, size_t bytes)
{
	return !r->silent && redis_ready_for(r, bytes);
}
