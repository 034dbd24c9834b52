#include "weblog/held.h"

enum { HELD_MS = 500, BATCHES_MAX = 8, SESSIONS_MAX = 6144 };

bool weblog_held_more(struct weblog_held *held, size_t n_sessions)
{
	if (held->batches == 0)
		held->until = deadline_after_ms(HELD_MS);
	return held->batches + 1 < BATCHES_MAX && n_sessions < SESSIONS_MAX && deadline_left_us(held->until) > 0;
}
