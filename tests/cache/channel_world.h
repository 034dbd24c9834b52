/* channel_world.h - a loop with a channel on it and a clock that can be put forward, for tests that wait for what is
 * told. One thread. The program is linked as in
 * CMakeLists.txt: --wrap gives the code under test that clock. */
#ifndef TESTS_CACHE_CHANNEL_WORLD_H
#define TESTS_CACHE_CHANNEL_WORLD_H

#include "base/buf.h"
#include "cache/channel.h"

struct hearing {
	struct loop *loop;
	struct channel *channel;
	struct buf keys; /* told: each in front of a space */
	unsigned everything;
	bool trusted_then; /* when everything() was called last */
};

/* A channel to that server, not yet up. */
void hearing_begin(struct hearing *h, const struct redis_conf *conf) NONNULL(1, 2);
/* End the channel, then its loop; the clock is right again. */
void hearing_end(struct hearing *h) NONNULL(1);
/* Run the loop until done(h, arg) is true, looking again each millisecond; fails the test after 60 s. */
void hearing_run_until(struct hearing *h, bool (*done)(struct hearing *h, void *arg), void *arg) NONNULL(1, 2);
/* Until the channel is trusted (or not). */
void hearing_run_until_trusted(struct hearing *h, bool trusted) NONNULL(1);
/* Until that key was told since hearing_forget(). */
void hearing_run_until_told(struct hearing *h, const char *key) NONNULL(1, 2);
/* Until one more heartbeat has come back: all that has changed before is told then. */
void hearing_run_until_proven(struct hearing *h) NONNULL(1);
/* Until one more heartbeat was sent, or everything() was called. */
void hearing_run_until_next_beat(struct hearing *h) NONNULL(1);
/* Was that key told since hearing_forget()? */
bool hearing_was_told(const struct hearing *h, const char *key) NONNULL(1, 2);
/* Forget what was told. */
void hearing_forget(struct hearing *h) NONNULL(1);
/* Put the monotonic clock of the code under test forward. */
void hearing_put_clock_forward(uint64_t us);

#endif
