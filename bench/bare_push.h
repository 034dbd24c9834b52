/* bare_push.h - what a change costs that only passes through Redis: SET on one connection, and the notice of it on
 * another one that tracks the key's prefix, heard by a thread of its own. The reference for change_cost.c. */
#ifndef BENCH_BARE_PUSH_H
#define BENCH_BARE_PUSH_H

#include <stdbool.h>
#include <stdint.h>

/* Connect twice to HOST:PORT on loopback ("127.0.0.1:6379") and begin to listen. False: it does not work. Once. */
bool bare_push_begin(const char *address);
/* Change the key; wait() is called until the notice is there. Microseconds, or UINT64_MAX when a connection broke. */
uint64_t bare_push_sample(void (*wait)(void));

#endif
