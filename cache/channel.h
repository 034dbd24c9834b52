/* channel.h - what Redis tells about changes of our keys: one connection that tracks a prefix in broadcast mode, and a
 * second one that writes a heartbeat under the prefix whose own notice must come back. Everything on the thread of
 * its loop, but channel_trusted(), channel_hurry() and channel_state().
 * Redis tells each change once and says nothing when it no longer does: what was told is worth only as much as the last
 * heartbeat that came back. */
#ifndef CACHE_CHANNEL_H
#define CACHE_CHANNEL_H

#include "base/loop.h"
#include "cache/cache.h"

/* Keys that are told begin so. */
#define CHANNEL_PREFIX "fed2:c:"

struct channel; /* opaque */

/* Who listens. Called on the loop's thread, in the order in which Redis made the changes. */
struct channel_listener {
	/* That key was set, removed, evicted or has expired. The view is gone afterwards. */
	void (*changed)(void *arg, struct str key);
	/* Anything may have changed: the keyspace was flushed, the channel was lost, or what it said cannot be read. */
	void (*everything)(void *arg);
	void *arg;
};

/* Connects in the background and again after failures, with a growing pause. ERR_CONFIG: the address cannot be read.
 * The caller ends it before its loop. `timeout_ms` of the conf is not used. */
struct channel *channel_open(const struct redis_conf *conf, struct loop *loop, const struct channel_listener *listener,
			     struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4);
/* End without a word to the listener. Accepts NULL inside; sets *ch to NULL. */
void channel_close(struct channel **ch) NONNULL(1);

/* Was everything told that had changed less than 2 s before `now_us` (clock_mono_us())? Safe from any thread, one load.
 * Once it is false, everything() is on its way unless the heartbeat comes back after all. */
bool channel_trusted(const struct channel *ch, uint64_t now_us) MUST_CHECK NONNULL(1);

/* Send the next heartbeat at once; one that is on its way already does not count. Safe from any thread. */
void channel_hurry(struct channel *ch) NONNULL(1);

/* Counters since start, and the state now. */
struct channel_state {
	bool up; /* a heartbeat of this connection came back */
	const char *why; /* a constant: why it is not up, or NULL when that is not known yet */
	uint64_t proven_us; /* clock_mono_us() when the heartbeat was sent that came back last; 0: not up */
	uint64_t told, everything, losses, beats;
};
/* A snapshot. Safe from any thread. */
struct channel_state channel_state(const struct channel *ch) NONNULL(1);

#endif
