/* loop.h - an epoll loop: file descriptors, timers, work posted by other threads.
 * Everything but loop_post() and loop_stop() is called on the loop's own thread. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include "base/clock.h"
#include "base/err.h"
#include "base/histogram.h"

struct loop; /* opaque */

/* A watched descriptor, embedded in its owner's struct. */
struct loop_fd {
	int fd;
	void (*ready)(struct loop_fd *w, uint32_t epoll_events);
};

/* A timer, embedded in its owner's struct. Zeroed means "not set". */
struct loop_timer {
	void (*fire)(struct loop_timer *t);
	struct deadline due;
	size_t slot; /* place in the loop's heap plus one; 0 = not set */
};

/* Work posted from any thread, embedded in its owner's struct. It must not be posted again before it ran. */
struct loop_post {
	void (*run)(struct loop_post *p);
	struct loop_post *next;
};

/* Called once per turn, after all events of the batch and before sleeping: the place to run
 * libmicrohttpd last and to flush pipelines once. Return true when there is more work at once
 * (the loop then does not sleep). */
struct loop_turn {
	bool (*turn)(struct loop_turn *t);
	struct loop_turn *next;
};

/* A new loop; the caller owns it: end it with loop_free(). */
struct loop *loop_new(struct err *err) MUST_CHECK NONNULL(1);
/* Free the loop; nothing may be watched or running. Accepts NULL inside; sets *loop to NULL. */
void loop_free(struct loop **loop) NONNULL(1);
/* Begin to watch w->fd for `epoll_events` (level-triggered unless EPOLLET is given). */
bool loop_watch(struct loop *loop, struct loop_fd *w, uint32_t epoll_events, struct err *err)
	MUST_CHECK NONNULL(1, 2, 4);
/* Change the events of a watched descriptor. */
void loop_rewatch(struct loop *loop, struct loop_fd *w, uint32_t epoll_events) NONNULL(1, 2);
/* Stop watching; events of the current batch for it are dropped, so its owner may be freed. */
void loop_unwatch(struct loop *loop, struct loop_fd *w) NONNULL(1, 2);
/* Set or move a timer. It fires once. */
void loop_timer_set(struct loop *loop, struct loop_timer *t, struct deadline due) NONNULL(1, 2);
/* Cancel; harmless when not set. */
void loop_timer_cancel(struct loop *loop, struct loop_timer *t) NONNULL(1, 2);
/* Register a turn hook for the life of the loop; hooks run in order of registration. */
void loop_add_turn(struct loop *loop, struct loop_turn *t) NONNULL(1, 2);
/* Count how long each turn takes, from waking to the next sleep, as a histogram in `c` from the counter at `first` on:
 * so long may wait what comes meanwhile. Before the loop runs; `c` must live as long. */
void loop_count_turns(struct loop *loop, struct counters *c, size_t first) NONNULL(1, 2);
/* Run p->run(p) on the loop's thread, in order of posting. Safe from any thread and from the loop itself. */
void loop_post(struct loop *loop, struct loop_post *p) NONNULL(1, 2);
/* The same, but a loop that sleeps is left so: the work is run when something else wakes it. Safe from any thread. */
void loop_post_quiet(struct loop *loop, struct loop_post *p) NONNULL(1, 2);
/* Wake the loop for what was posted quietly. Safe from any thread. */
void loop_wake(struct loop *loop) NONNULL(1);
/* How far the loop is behind, in microseconds: the shorter of this turn so far and the one before. What is ready has
 * waited about that long, unseen; a single long turn, such as one in which the thread did not run, is no lag. */
uint64_t loop_lag_us(const struct loop *loop) NONNULL(1);
/* When this turn began (clock_mono_us()), without a look at the clock. */
uint64_t loop_turn_us(const struct loop *loop) NONNULL(1);
/* Run until loop_stop(). Work posted before the stop is still run. */
void loop_run(struct loop *loop) NONNULL(1);
/* End loop_run() after the current turn. Safe from any thread and from a signal handler. */
void loop_stop(struct loop *loop) NONNULL(1);

#endif
