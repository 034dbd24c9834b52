/* pool.h - the inside of an adapter: a bounded queue (pool.c) and the workers that empty it (worker.c). All
 * workers are threads from the start, but they connect as they are needed: one at once, the others when
 * fetches wait and nobody is idle. After a failed connect the whole source rests, longer each time, and then
 * one worker tries. Only files of adapters/ include this. */
#ifndef ADAPTERS_POOL_H
#define ADAPTERS_POOL_H

#include <pthread.h>

#include "adapters/adapter_driver.h"

enum worker_state {
	WORKER_SPARE, /* without a connection, waiting to be needed */
	WORKER_CONNECTING,
	WORKER_IDLE, /* connected, waiting for a fetch */
	WORKER_BUSY, /* connected, running a fetch */
	WORKER_ENDED, /* touches nothing any more */
};
enum { WORKER_STATES = WORKER_ENDED + 1 };

struct worker {
	struct adapter *ad;
	pthread_t thread;
	void *conn; /* the worker's own, NULL without a connection: not under the lock */
	enum worker_state state;
	struct fetch *running; /* a list; NULL also when adapter_close() took it back */
	bool reading; /* what runs: it cannot be taken back now */
};

struct adapter {
	struct arena *mem; /* of conf's texts */
	struct adapter_conf conf;
	const struct adapter_driver *driver;

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t idle_work; /* for idle workers: a fetch waits, or the end */
	pthread_cond_t spare_work; /* for spare workers: one more connection is needed, or the end */
	pthread_cond_t ended; /* for adapter_close(): a worker ended */
	uint32_t in_state[WORKER_STATES]; /* how many workers */
	uint32_t asleep; /* idle workers that wait and were not called */
	uint32_t called; /* that were called and are not awake yet */
	uint64_t usual_us; /* a fetch takes: a moving mean */
	struct fetch *first, **last; /* the queue */
	uint32_t queued;
	bool closing;
	bool left_behind; /* adapter_close() is over: the last worker frees the adapter */
	bool down; /* the last connect failed */
	struct err down_err; /* how */
	uint32_t rest_ms; /* the last rest */
	struct deadline retry; /* no connect before this */
	uint64_t fetches, failures, joined;
	enum err_class last_error;
	struct worker workers[];
};

/* adapter_open() with a given driver, for tests that script one. */
struct adapter *pool_open(const struct adapter_conf *conf, const struct adapter_driver *driver,
			  struct err *err) MUST_CHECK NONNULL(1, 2, 3);
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

/* Move a worker to another state. Under the lock. */
void worker_move(struct worker *w, enum worker_state state) NONNULL(1);
/* Run a question on the worker's connection, once more on a new one when it was lost. Not under the lock. */
bool worker_ask(struct worker *w, struct fetch *run, struct err *err) MUST_CHECK NONNULL(1, 2, 3);
/* How long a fetch took goes into the mean. Under the lock. */
void worker_took(struct adapter *ad, uint64_t took_us) NONNULL(1);
/* The thread of a worker; `arg` is its struct worker. */
void *worker_run(void *arg);

#endif
