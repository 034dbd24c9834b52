/* clock.h - the two clocks and deadlines. Deadlines use the monotonic clock only, so a jump of the
 * wall clock changes nothing. Safe from any thread. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <time.h>

#include "base/base.h"

/* Microseconds of CLOCK_MONOTONIC. */
uint64_t clock_mono_us(void);

/* Milliseconds since 1970-01-01T00:00:00Z of CLOCK_REALTIME. */
int64_t clock_wall_ms(void);

/* A point on the monotonic clock; at_us == 0 is "never". */
struct deadline {
	uint64_t at_us;
};

/* The deadline `ms` milliseconds from now. */
struct deadline deadline_after_ms(uint32_t ms);

/* The earlier of the two; "never" loses against anything. */
struct deadline deadline_min(struct deadline a, struct deadline b);

/* Microseconds left; 0 when it has passed, UINT64_MAX for "never". */
uint64_t deadline_left_us(struct deadline due);

/* Microseconds as the system takes them: a point of the monotonic clock, or a span. */
struct timespec clock_timespec(uint64_t us);

/* A condition whose pthread_cond_timedwait() is on the monotonic clock. The caller destroys it. */
void clock_cond_init(pthread_cond_t *cond) NONNULL(1);

#endif
