#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "adapters/fetch.h"
#include "adapters/pool.h"

enum { USUAL_WEIGHT = 8 }; /* the last fetch counts an eighth of the mean */
enum { HUNG_US = 500000 }; /* a call that is back so long after its limit, when its socket was shut, hangs */

void worker_move(struct worker *w, enum worker_state state)
{
	w->ad->in_state[w->state]--;
	w->ad->in_state[state]++;
	w->state = state;
}

static struct deadline worker_hangs_after(struct deadline limit)
{
	return (struct deadline){ limit.at_us ? limit.at_us + HUNG_US : 0 };
}

/* Fetches of one kind should take alike: those of a part, if about as many are joined and run. */
static uint64_t kind_of(const struct fetch *f, uint32_t n)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (const char *p = f->part; *p; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	return hash + (uint64_t)__builtin_clz(n) + 37 * (uint64_t)__builtin_clz(f->n_runs | 1);
}

void worker_begin(struct worker *w, struct fetch *first, uint32_t n)
{
	w->due = worker_hangs_after(first->cap);
	w->begun_us = clock_mono_us();
	w->kind = kind_of(first, n);
	w->running = first;
	for (struct fetch *f = first; f; f = f->next)
		f->begun_us = w->begun_us;
	worker_move(w, WORKER_BUSY);
}

bool worker_wanted(const struct adapter *ad)
{
	uint32_t coming = ad->in_state[WORKER_CONNECTING];
	uint32_t all = ad->in_state[WORKER_IDLE] + ad->in_state[WORKER_BUSY] + coming;

	if (ad->closing || (ad->breaker.doubt && coming > 0))
		return false;
	return breaker_refuses(&ad->breaker) || all == 0 ||
	       (ad->queued > ad->in_state[WORKER_IDLE] + coming && all < ad->limiter.limit);
}

static void worker_wait_until(struct adapter *ad, pthread_cond_t *what, struct deadline due)
{
	struct timespec ts = clock_timespec(due.at_us);

	if (due.at_us)
		pthread_cond_timedwait(what, &ad->lock, &ts);
	else
		pthread_cond_wait(what, &ad->lock);
}

/* When has a spare worker something to do that nobody calls it for? At the end of the rest; and a probe that hangs is
 * followed by another one. */
static struct deadline worker_spare_due(const struct adapter *ad)
{
	struct deadline due = { 0 };

	if (!breaker_may_connect(&ad->breaker, clock_mono_us()) && ad->breaker.state != BREAKER_PROBING)
		return (struct deadline){ ad->breaker.retry_us };
	for (uint32_t i = 0; breaker_refuses(&ad->breaker) && i < ad->conf.pool; i++)
		if (ad->workers[i].state == WORKER_CONNECTING)
			due = deadline_min(due, ad->workers[i].due);
	return due;
}

/* The lock is let go meanwhile. */
static void worker_fail_hopeless(struct adapter *ad)
{
	struct err err;
	struct fetch *list = pool_take_hopeless(ad, &err);

	pthread_mutex_unlock(&ad->lock);
	pool_fail(list, &err);
	pthread_mutex_lock(&ad->lock);
}

/* Connect before `due`, the lock let go meanwhile. Leaves the worker in `then` or, on failure, spare. */
static bool worker_connect(struct worker *w, enum worker_state then, struct deadline due, struct err *err)
{
	struct adapter *ad = w->ad;
	bool ok, hung;

	pool_event(ad, BREAKER_PROBE, NULL);
	due = worker_dial_limit(ad, due);
	w->due = worker_hangs_after(due);
	worker_move(w, WORKER_CONNECTING);
	pthread_mutex_unlock(&ad->lock);
	ok = worker_dial(w, due, err);
	pthread_mutex_lock(&ad->lock);
	assert(ok == (w->conn != NULL));
	hung = w->state == WORKER_HUNG;
	worker_move(w, ok ? then : WORKER_SPARE);
	ad->connects++;
	ad->connect_failures += !ok;
	if (ok || !hung) {
		ad->last_error = ok ? ERR_NONE : err->cls;
		pool_event(ad, ok ? BREAKER_CONNECTED : BREAKER_UNCONNECTED, ok ? NULL : err);
	}
	pool_check_deserted(ad);
	pthread_cond_broadcast(&ad->connect_over);
	return ok;
}

/* After a loss one worker connects, and the others wait for what comes of it: a password that was changed costs one
 * login, not one of each. False: the fetch had better fail, with *err when that tells more. */
static bool worker_may_reconnect(struct adapter *ad, const struct fetch *run, struct err *err)
{
	while (!ad->closing && ad->breaker.doubt && ad->in_state[WORKER_CONNECTING] > 0 &&
	       deadline_left_us(run->give_up) > 0)
		worker_wait_until(ad, &ad->connect_over, run->give_up);
	if (ad->closing || deadline_left_us(run->give_up) == 0)
		return false;
	if (!breaker_refuses(&ad->breaker) && breaker_may_connect(&ad->breaker, clock_mono_us()))
		return true;
	*err = ad->breaker.fault;
	return false;
}

/* The connection was lost under a fetch: once more on a new one, if it may still begin and the source does
 * not rest. All fetches only read, and what the lost one had read is forgotten. */
static bool worker_reconnect(struct worker *w, const struct fetch *run, struct err *err)
{
	struct adapter *ad = w->ad;
	bool ok;

	pthread_mutex_lock(&ad->lock);
	pool_event(ad, BREAKER_LOST, NULL);
	ok = w->state == WORKER_BUSY && worker_may_reconnect(ad, run, err) &&
	     worker_connect(w, WORKER_BUSY, run->cap, err);
	w->due = worker_hangs_after(run->cap);
	pthread_mutex_unlock(&ad->lock);
	return ok;
}

bool worker_ask(struct worker *w, struct fetch *run, struct err *err)
{
	bool lost = false;

	if (worker_run_fetch(w, run, &lost, err))
		return true;
	if (!lost || !worker_reconnect(w, run, err))
		return false;
	return worker_run_fetch(w, run, &(bool){ false }, err);
}

/* One that hung has been judged when it was found. */
static void worker_judge(const struct worker *w, const struct err *err)
{
	struct adapter *ad = w->ad;
	uint64_t now_us = clock_mono_us();
	struct limiter_fetch ended = { w->kind, now_us - w->begun_us, ad->in_state[WORKER_BUSY], err->cls == ERR_LATE };
	enum breaker_event event;

	if (w->state != WORKER_HUNG && (err->cls == ERR_NONE || err->cls == ERR_LATE))
		limiter_ended(&ad->limiter, &ended, now_us);
	if (breaker_judge(err->cls, &event) && !(w->state == WORKER_HUNG && event == BREAKER_FAILED))
		pool_event(ad, event, event == BREAKER_FAILED ? err : NULL);
}

void worker_end(struct worker *w, const struct err *err)
{
	struct adapter *ad = w->ad;
	uint64_t took_us = clock_mono_us() - w->begun_us;

	ad->usual_us = ad->usual_us - ad->usual_us / USUAL_WEIGHT + took_us / USUAL_WEIGHT;
	if (err)
		worker_judge(w, err);
	worker_move(w, w->conn ? WORKER_IDLE : WORKER_SPARE);
	w->running = NULL;
	pool_check_deserted(ad);
}

/* The fetch is over. The worker counts as free from here on, also while done() runs, so that the next fetch
 * makes nobody else connect. Under the lock; true: *f is to be handed back by its done(). */
static bool worker_finish(struct worker *w, struct fetch *f, struct fetch *run, const struct err *err)
{
	struct adapter *ad = w->ad;
	bool still_asked = w->running != NULL;

	worker_end(w, err);
	ad->last_error = err->cls;
	if (!still_asked) /* adapter_close() handed it back: nobody looks at the adapter any more */
		return false;
	f->ended_us = clock_mono_us();
	pool_count(ad, f, err->cls);
	f->err = *err;
	f->rows = err->cls == ERR_NONE ? run->rows : NULL;
	f->description = run->description;
	fetch_adopt(f, &run->mem);
	return true;
}

/* Run a fetch. The driver works on a copy with an arena of its own, because adapter_close() may hand the
 * fetch back to its caller while the driver hangs. The lock is let go meanwhile. */
static void worker_serve(struct worker *w, struct fetch *f)
{
	struct adapter *ad = w->ad;
	struct fetch run, *kept = f;
	struct err err = { 0 };
	uint32_t called;
	bool asked;

	worker_begin(w, f, 1);
	fetch_keep(f);
	run = *f;
	pthread_mutex_unlock(&ad->lock);
	run.mem = arena_new();
	if (worker_ask(w, &run, &err))
		err = (struct err){ 0 }; /* of a first try */
	else
		assert(err.cls != ERR_NONE);
	pthread_mutex_lock(&ad->lock);
	asked = worker_finish(w, f, &run, &err);
	called = pool_call(ad);
	pthread_mutex_unlock(&ad->lock);
	pool_signal(ad, called);
	arena_wipe_free(&run.mem);
	fetch_free(&kept);
	if (asked)
		f->done(f);
	pthread_mutex_lock(&ad->lock);
}

/* One turn of a connected worker. */
static void worker_turn(struct worker *w, struct fetch *f)
{
	uint32_t n = batch_take(w->ad, f);

	if (n > 1)
		batch_serve(w, f, n);
	else
		worker_serve(w, f);
}

/* One turn of an unconnected worker. */
static void worker_turn_spare(struct worker *w)
{
	struct err err = { 0 };

	if (breaker_refuses(&w->ad->breaker))
		pool_find_hung(w->ad); /* a probe; no fetch is there to find it */
	if (breaker_may_connect(&w->ad->breaker, clock_mono_us()) && worker_wanted(w->ad))
		(void)worker_connect(w, WORKER_IDLE, (struct deadline){ 0 }, &err);
	else
		worker_wait_until(w->ad, &w->ad->spare_work, worker_spare_due(w->ad));
}

/* The connection of a worker without work, while the source is refused: it may be half of one, whose other end is long
 * gone, and would then hold a fetch up until its cap. */
static void worker_let_go(struct worker *w)
{
	struct adapter *ad = w->ad;

	worker_move(w, WORKER_SPARE);
	pthread_mutex_unlock(&ad->lock);
	worker_hang_up(w);
	pthread_mutex_lock(&ad->lock);
}

/* A connected worker sleeps until it is called, or for no reason: then it takes itself off the sleepers. */
static void worker_sleep(struct adapter *ad)
{
	ad->asleep++;
	pthread_cond_wait(&ad->idle_work, &ad->lock);
	if (ad->called > 0)
		ad->called--;
	else
		ad->asleep--;
}

/* The last act under the lock; who is last behind adapter_close() frees the adapter. */
static void worker_leave(struct worker *w)
{
	struct adapter *ad = w->ad;
	bool last;

	pthread_mutex_unlock(&ad->lock);
	worker_hang_up(w);
	pthread_mutex_lock(&ad->lock);
	worker_move(w, WORKER_ENDED);
	last = ad->left_behind && ad->in_state[WORKER_ENDED] == ad->conf.pool;
	pthread_cond_signal(&ad->ended);
	pthread_mutex_unlock(&ad->lock);
	if (last)
		pool_free(ad);
}

void *worker_run(void *arg)
{
	struct worker *w = arg;
	struct adapter *ad = w->ad;
	struct fetch *f;

	pthread_mutex_lock(&ad->lock);
	while (!ad->closing) {
		pool_tell(ad);
		if (pool_is_hopeless(ad))
			worker_fail_hopeless(ad);
		else if (w->conn == NULL)
			worker_turn_spare(w);
		else if (breaker_refuses(&ad->breaker))
			worker_let_go(w);
		else if (pool_has_room(ad) && (f = pool_take(ad)))
			worker_turn(w, f);
		else
			worker_sleep(ad);
	}
	worker_leave(w);
	return NULL;
}
