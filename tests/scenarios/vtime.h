/* vtime.h - virtual time: threads take turns, one at a time and always in the same order, and the clock stands still
 * while any of them can go on. When none can it jumps to the next moment one of them waits for. So nothing takes
 * time but what says so, and a run is the same each time.
 *
 * A program gets it by linking (federator_virtual_time() in CMakeLists.txt): the linker leads calls of the clock, of
 * condition variables, of threads and of epoll_wait() here; the code under test is the one of production. A turn
 * ends only in such a call. Conditions with a time limit are taken to be on the monotonic clock. */
#ifndef TESTS_SCENARIOS_VTIME_H
#define TESTS_SCENARIOS_VTIME_H

#include "base/base.h"

/* From here on the calling thread, the director, and all threads made later take turns. The director has its turn only
 * when nobody else can go on. The wall clock begins at `wall_ms`, the monotonic one at a fixed moment. */
void vtime_begin(int64_t wall_ms);
/* Real time again. All other threads must have ended. Director only. */
void vtime_end(void);
/* Set the wall clock forward or back; the monotonic one stays. In the thread whose turn it is. */
void vtime_jump_wall(int64_t ms);
/* How often the clock jumped: for statistics and tests of this file. */
uint64_t vtime_jumps(void);

#endif
