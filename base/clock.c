#include "base/clock.h"

uint64_t clock_mono_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

int64_t clock_wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline deadline_after_ms(uint32_t ms)
{
	return (struct deadline){ clock_mono_us() + (uint64_t)ms * 1000u };
}

struct deadline deadline_min(struct deadline a, struct deadline b)
{
	if (a.at_us == 0)
		return b;
	if (b.at_us == 0)
		return a;
	return a.at_us < b.at_us ? a : b;
}

uint64_t deadline_left_us(struct deadline due)
{
	uint64_t now;

	if (due.at_us == 0)
		return UINT64_MAX;
	now = clock_mono_us();
	return due.at_us > now ? due.at_us - now : 0;
}

struct timespec clock_timespec(uint64_t us)
{
	return (struct timespec){ .tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000 };
}

void clock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}
