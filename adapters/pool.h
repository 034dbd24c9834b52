/* pool.h - the inside of an adapter: a bounded queue (pool.c, queue.c) and the workers that empty it (worker.c). All
 * workers are threads from the start, but they connect as they are needed: one at once, the others when
 * fetches wait and nobody is idle. Whether fetches and connects are worth while says the breaker, how many fetches at
 * once the limiter. Only files of adapters/ include this. */
#ifndef ADAPTERS_POOL_H
#define ADAPTERS_POOL_H

#include <pthread.h>

#include "adapters/adapter_driver.h"
#include "adapters/limiter.h"
#include "adapters/watchdog.h"

enum worker_state {
	WORKER_SPARE, /* without a connection, waiting to be needed */
	WORKER_CONNECTING,
	WORKER_IDLE, /* connected, waiting for a fetch */
	WORKER_BUSY, /* connected, running a fetch */
	WORKER_HUNG, /* in a call that should have ended; it has been counted as failed */
	WORKER_ENDED, /* touches nothing any more */
};
enum { WORKER_STATES = WORKER_ENDED + 1 };

struct worker {
	struct adapter *ad;
	pthread_t thread;
	void *conn; /* the worker's own, NULL without a connection: not under the lock */
	enum worker_state state;
	struct deadline due; /* of the connect or fetch under way: after this it hangs */
	uint64_t begun_us; /* what runs */
	uint64_t kind; /* of it, for the limiter */
	struct fetch *running; /* a list; NULL also when adapter_close() took it back */
	bool reading; /* what runs: it cannot be taken back now */
	struct watch watch; /* over its calls of the driver */
};

struct adapter {
	struct arena *mem; /* of conf's texts */
	struct adapter_conf conf;
	const struct adapter_driver *driver;

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t idle_work; /* for idle workers: a fetch waits, or the end */
	pthread_cond_t spare_work; /* for spare workers: one more connection is needed, or the end */
	pthread_cond_t connect_over; /* for workers that lost a connection while another connects */
	pthread_cond_t ended; /* for adapter_close(): a worker ended */
	uint32_t in_state[WORKER_STATES]; /* how many workers */
	uint32_t asleep; /* idle workers that wait and were not called */
	uint32_t called; /* that were called and are not awake yet */
	uint64_t usual_us; /* a fetch takes: a moving mean */
	struct fetch *first, **last; /* the queue */
	uint32_t queued;
	uint32_t behind; /* fetches that nobody waits for, queued or running */
	bool closing;
	bool left_behind; /* adapter_close() is over: the last worker frees the adapter */
	struct breaker breaker;
	struct limiter limiter;
	bool told_down; /* conf.notice() knows of trouble */
	uint64_t fetches, failures, joined;
	uint64_t faults[ERR_CLASSES]; /* the failures, and what was not admitted */
	uint64_t connects, connect_failures;
	struct histogram waited, took;
	enum err_class last_error;
	struct worker workers[];
};

/* adapter_open() with a given driver, for tests that script one. */
struct adapter *pool_open(const struct adapter_conf *conf, const struct adapter_driver *driver,
			  struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* Something happened to the source: pass it to the breaker, and wake those to whom a change matters. Under the
 * lock. */
void pool_event(struct adapter *ad, enum breaker_event event, const struct err *err) NONNULL(1);
/* No worker has or gets a connection, and connects fail? Then no fetch can be served. Under the lock. */
void pool_check_deserted(struct adapter *ad) NONNULL(1);
/* Tell the owner once when the source goes down or comes back. Under the lock, which is let go meanwhile. */
void pool_tell(struct adapter *ad) NONNULL(1);
/* Count workers whose call should have ended long ago as failed; the call may come back one day. Under the lock. */
void pool_find_hung(struct adapter *ad) NONNULL(1);

/* May one more fetch be begun beside those that run? Under the lock. */
bool pool_has_room(const struct adapter *ad) MUST_CHECK NONNULL(1);
/* The same for one that nobody waits for: is a worker free for it? Under the lock. */
bool pool_has_room_behind(const struct adapter *ad) MUST_CHECK NONNULL(1);
/* The first fetch of the queue or NULL. Under the lock. */
struct fetch *pool_take(struct adapter *ad) NONNULL(1);
/* A queue that is through sooner than this is worth no other worker. */
enum { POOL_BATCH_US = 200 };
/* Call as many sleeping workers as the queue is worth; returns how many to signal, when the lock is let go. Under the
 * lock. */
uint32_t pool_call(struct adapter *ad) NONNULL(1);
/* Signal workers that were called. Not under the lock: who is woken would go to sleep again for it. */
void pool_signal(struct adapter *ad, uint32_t n) NONNULL(1);
/* The whole queue as a list. Under the lock. */
struct fetch *pool_take_all(struct adapter *ad) NONNULL(1);
/* Is the queue worth a pool_take_hopeless(): it is refused, or its first fetch waited too long? Under the lock. */
bool pool_is_hopeless(const struct adapter *ad) MUST_CHECK NONNULL(1);
/* Take the fetches that nobody will begin off the queue, as a list, and say why: all of them while the source is
 * refused, else those whose give_up has passed. They are counted; hand them to pool_fail(). Under the lock. */
struct fetch *pool_take_hopeless(struct adapter *ad, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Hand a list of fetches back to their callers, failed. Not under the lock. */
void pool_fail(struct fetch *list, const struct err *err) NONNULL(2);
/* Free an adapter without workers. */
void pool_free(struct adapter *ad) NONNULL(1);

/* Should one more worker connect now, apart from any rest? Under the lock. */
bool worker_wanted(const struct adapter *ad) NONNULL(1);
/* Take all waiting fetches that can be asked together with `f`, which is off the queue, behind it as a list; returns
 * how many the list has. Under the lock. */
uint32_t batch_take(struct adapter *ad, struct fetch *f) NONNULL(1, 2);
/* Run a list of fetches as one. Fetches whose rows cannot be told apart, or whose joint question fails as a question,
 * go back to the head of the queue, to be asked alone. Under the lock, which is let go meanwhile. */
void batch_serve(struct worker *w, struct fetch *first, uint32_t n) NONNULL(1, 2);

/* Connect, with the password as it is now. *conn_out as with adapter_driver.connect(). Not under the lock. */
bool pool_dial(struct adapter *ad, void **conn_out, struct err *err) MUST_CHECK NONNULL(1, 2, 3);

/* Move a worker to another state. Under the lock. */
void worker_move(struct worker *w, enum worker_state state) NONNULL(1);
/* Run a question on the worker's connection, once more on a new one when it was lost. Not under the lock. */
bool worker_ask(struct worker *w, struct fetch *run, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* The worker begins to run a list of `n` fetches. Under the lock. */
void worker_begin(struct worker *w, struct fetch *first, uint32_t n) NONNULL(1, 2);
/* What it ran is over: it is free, and the source is judged by that; NULL: it was not asked. Under the lock. */
void worker_end(struct worker *w, const struct err *err) NONNULL(1);
/* A fetch was answered, good or bad: times and outcome are counted. Under the lock. */
void pool_count(struct adapter *ad, const struct fetch *f, enum err_class outcome) NONNULL(1, 2);
/* When a connect is cut: after connect_ms, else the longest cap of the source's parts, a second at least, and not after
 * that of the fetch it is for, `cap`. */
struct deadline worker_dial_limit(const struct adapter *ad, struct deadline cap) MUST_CHECK NONNULL(1);
/* The driver's calls under the watchdog; what is cut fails, whatever the driver says of it. Not under the lock. First:
 * connect, cut at `due`. */
bool worker_dial(struct worker *w, struct deadline due, struct err *err) MUST_CHECK NONNULL(1, 3);
/* Run a fetch, cut at its cap, with the time that the server's own limit needs to come first. *lost_out: the connection
 * was lost, and is closed. */
bool worker_run_fetch(struct worker *w, struct fetch *run, bool *lost_out, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);
/* Disconnect, cut after half a second. Nothing without a connection. */
void worker_hang_up(struct worker *w) NONNULL(1);
/* Shut the sockets of all workers; false: there are none. Under the lock. */
bool pool_cut(struct adapter *ad) MUST_CHECK NONNULL(1);
/* The thread of a worker; `arg` is its struct worker. */
void *worker_run(void *arg);

#endif
