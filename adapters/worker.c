#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "adapters/fetch.h"
#include "adapters/pool.h"

enum { REST_FIRST_MS = 250, REST_MOST_MS = 10000 };
enum { USUAL_WEIGHT = 8 }; /* the last fetch counts an eighth of the mean */

void worker_move(struct worker *w, enum worker_state state)
{
	w->ad->in_state[w->state]--;
	w->ad->in_state[state]++;
	w->state = state;
}

bool worker_wanted(const struct adapter *ad)
{
	uint32_t coming = ad->in_state[WORKER_CONNECTING];

	if (ad->closing || (ad->down && coming > 0))
		return false;
	return ad->queued > ad->in_state[WORKER_IDLE] + coming ||
	       ad->in_state[WORKER_IDLE] + ad->in_state[WORKER_BUSY] + coming == 0;
}

static bool worker_rests(const struct adapter *ad)
{
	return ad->down && deadline_left_us(ad->retry) > 0;
}

/* A spare worker waits to be needed, while the source rests not longer than that. */
static void worker_wait_spare(struct adapter *ad)
{
	struct timespec due = { .tv_sec = (time_t)(ad->retry.at_us / 1000000),
				.tv_nsec = (long)(ad->retry.at_us % 1000000) * 1000 };

	if (worker_rests(ad))
		pthread_cond_timedwait(&ad->spare_work, &ad->lock, &due);
	else
		pthread_cond_wait(&ad->spare_work, &ad->lock);
}

/* A connect failed: rest, a quarter longer at random so that many servers do not come back in step. */
static void worker_set_down(struct adapter *ad, const struct err *err)
{
	ad->rest_ms = ad->rest_ms == 0 ? REST_FIRST_MS : ad->rest_ms * 2;
	if (ad->rest_ms > REST_MOST_MS)
		ad->rest_ms = REST_MOST_MS;
	ad->retry = deadline_after_ms(ad->rest_ms + arc4random_uniform(ad->rest_ms / 4));
	ad->down = true;
	ad->down_err = *err;
	ad->last_error = err->cls;
}

static void worker_set_up(struct adapter *ad)
{
	ad->rest_ms = 0;
	ad->down = false;
	ad->last_error = ERR_NONE;
	pthread_cond_broadcast(&ad->spare_work);
}

/* Fetches wait, but the source rests and no connection is left. */
static bool worker_no_hope(const struct adapter *ad)
{
	return ad->queued > 0 && worker_rests(ad) &&
	       ad->in_state[WORKER_IDLE] + ad->in_state[WORKER_BUSY] + ad->in_state[WORKER_CONNECTING] == 0;
}

/* The lock is let go meanwhile. */
static void worker_fail_queue(struct adapter *ad)
{
	struct err err = ad->down_err;
	struct fetch *list;

	ad->fetches += ad->queued;
	ad->failures += ad->queued;
	list = pool_take_all(ad);
	pthread_mutex_unlock(&ad->lock);
	pool_fail(list, &err);
	pthread_mutex_lock(&ad->lock);
}

/* Tell that the source went down or came back, the lock let go meanwhile. */
static void worker_notice(struct adapter *ad, const struct err *err)
{
	struct err kept = err ? *err : (struct err){ 0 };

	if (!ad->conf.notice)
		return;
	pthread_mutex_unlock(&ad->lock);
	ad->conf.notice(ad->conf.name, err ? &kept : NULL);
	pthread_mutex_lock(&ad->lock);
}

/* Connect, the lock let go meanwhile. Leaves the worker in `then` or, on failure, spare. */
static bool worker_connect(struct worker *w, enum worker_state then, struct err *err)
{
	struct adapter *ad = w->ad;
	bool ok, was_down;

	worker_move(w, WORKER_CONNECTING);
	pthread_mutex_unlock(&ad->lock);
	ok = ad->driver->connect(&ad->conf, &w->conn, err);
	pthread_mutex_lock(&ad->lock);
	assert(ok == (w->conn != NULL));
	worker_move(w, ok ? then : WORKER_SPARE);
	was_down = ad->down;
	if (ok)
		worker_set_up(ad);
	else
		worker_set_down(ad, err);
	if (was_down == ok)
		worker_notice(ad, ok ? NULL : err);
	return ok;
}

/* The connection was lost under a fetch: once more on a new one, if it may still begin and the source does
 * not rest. All fetches only read, and what the lost one had read is forgotten. */
static bool worker_reconnect(struct worker *w, const struct fetch *run, struct err *err)
{
	struct adapter *ad = w->ad;
	bool ok;

	pthread_mutex_lock(&ad->lock);
	ok = deadline_left_us(run->give_up) > 0 && !ad->closing && !worker_rests(ad) &&
	     worker_connect(w, WORKER_BUSY, err);
	pthread_mutex_unlock(&ad->lock);
	return ok;
}

static bool worker_try(struct worker *w, struct fetch *run, bool *lost_out, struct err *err)
{
	const struct adapter_driver *driver = w->ad->driver;
	bool ok = driver->fetch(w->conn, run, lost_out, err);

	if (!ok && *lost_out)
		driver->disconnect(&w->conn);
	return ok;
}

bool worker_ask(struct worker *w, struct fetch *run, struct err *err)
{
	bool lost = false;

	if (deadline_left_us(run->give_up) == 0)
		return err_set(err, ERR_LATE, w->ad->conf.name, "part %s: no worker was free in time",
			       run->part);
	if (worker_try(w, run, &lost, err))
		return true;
	if (!lost || !worker_reconnect(w, run, err))
		return false;
	return worker_try(w, run, &(bool){ false }, err);
}

void worker_took(struct adapter *ad, uint64_t took_us)
{
	ad->usual_us = ad->usual_us - ad->usual_us / USUAL_WEIGHT + took_us / USUAL_WEIGHT;
}

/* The fetch is over. The worker counts as free from here on, also while done() runs, so that the next fetch
 * makes nobody else connect. Under the lock; true: *f is to be handed back by its done(). */
static bool worker_finish(struct worker *w, struct fetch *f, struct fetch *run, const struct err *err)
{
	struct adapter *ad = w->ad;
	bool still_asked = w->running != NULL;

	worker_move(w, w->conn ? WORKER_IDLE : WORKER_SPARE);
	w->running = NULL;
	ad->fetches++;
	ad->failures += err->cls != ERR_NONE;
	ad->last_error = err->cls;
	if (!still_asked)
		return false;
	worker_took(ad, clock_mono_us() - f->begun_us);
	f->err = *err;
	f->rows = err->cls == ERR_NONE ? run->rows : NULL;
	f->description = run->description;
	f->ended_us = clock_mono_us();
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

	worker_move(w, WORKER_BUSY);
	w->running = f;
	f->begun_us = clock_mono_us();
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

	if (worker_no_hope(w->ad))
		worker_fail_queue(w->ad);
	else if (worker_rests(w->ad) || !worker_wanted(w->ad))
		worker_wait_spare(w->ad);
	else
		(void)worker_connect(w, WORKER_IDLE, &err);
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
	if (w->conn)
		ad->driver->disconnect(&w->conn);
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
		if (w->conn == NULL)
			worker_turn_spare(w);
		else if ((f = pool_take(ad)))
			worker_turn(w, f);
		else
			worker_sleep(ad);
	}
	worker_leave(w);
	return NULL;
}
