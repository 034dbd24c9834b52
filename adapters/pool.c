#include "adapters/pool.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "adapters/fetch.h"
#include "adapters/registry.h"
#include "adapters/stand_in.h"
#include "base/memory.h"

enum { POOL_MOST = 64, USUAL_FIRST_US = 1000, SLOW_US = 1000, CUT_GRACE_MS = 1000 };

static void pool_init_locks(struct adapter *ad)
{
	pthread_mutex_init(&ad->lock, NULL);
	clock_cond_init(&ad->idle_work);
	clock_cond_init(&ad->spare_work);
	clock_cond_init(&ad->connect_over);
	clock_cond_init(&ad->ended);
}

void pool_free(struct adapter *ad)
{
	for (uint32_t i = 0; i < ad->conf.pool; i++)
		watch_close(&ad->workers[i].watch);
	if (!ad->conf.answer)
		watchdog_stop();
	pthread_cond_destroy(&ad->ended);
	pthread_cond_destroy(&ad->connect_over);
	pthread_cond_destroy(&ad->spare_work);
	pthread_cond_destroy(&ad->idle_work);
	pthread_mutex_destroy(&ad->lock);
	arena_wipe_free(&ad->mem);
	free(ad);
}

static struct adapter *pool_new(const struct adapter_conf *conf, const struct adapter_driver *driver)
{
	struct adapter *ad = memory_new(sizeof(*ad) + conf->pool * sizeof(ad->workers[0]));

	ad->mem = arena_new();
	ad->conf = *conf;
	ad->conf.name = arena_cstr(ad->mem, str_of(conf->name));
	ad->conf.driver = driver->name;
	ad->conf.connect = arena_cstr(ad->mem, str_of(conf->connect));
	ad->conf.secret = conf->secret ? arena_cstr(ad->mem, str_of(conf->secret)) : NULL;
	ad->conf.zone = arena_cstr(ad->mem, str_of(conf->zone));
	ad->driver = driver;
	ad->last = &ad->first;
	ad->usual_us = USUAL_FIRST_US;
	limiter_begin(&ad->limiter, conf->pool);
	breaker_begin(&ad->breaker, (uint64_t)arc4random() << 32 | arc4random());
	ad->in_state[WORKER_ENDED] = conf->pool;
	for (uint32_t i = 0; i < conf->pool; i++)
		ad->workers[i] = (struct worker){ .ad = ad, .state = WORKER_ENDED };
	pool_init_locks(ad);
	return ad;
}

/* Start the workers with all signals blocked: they are the main thread's. */
static bool pool_start(struct adapter *ad, struct err *err)
{
	sigset_t all, before;
	int failed = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_mutex_lock(&ad->lock);
	for (uint32_t i = 0; i < ad->conf.pool && !failed; i++) {
		struct worker *w = &ad->workers[i];

		watch_open(&w->watch);
		failed = pthread_create(&w->thread, NULL, worker_run, w);
		if (failed) {
			watch_close(&w->watch);
			break;
		}
		w->state = WORKER_SPARE;
		ad->in_state[WORKER_ENDED]--;
		ad->in_state[WORKER_SPARE]++;
	}
	if (failed) { /* adapter_close() waits for the first conf.pool workers and joins them */
		ad->conf.pool = ad->in_state[WORKER_SPARE];
		ad->in_state[WORKER_ENDED] = 0;
	}
	pthread_mutex_unlock(&ad->lock);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return !failed ||
	       err_set(err, ERR_SYSTEM, ad->conf.name, "cannot start a worker thread: %s", strerror(failed));
}

struct adapter *pool_open(const struct adapter_conf *conf, const struct adapter_driver *driver,
			  struct err *err)
{
	struct adapter *ad;

	if (conf->pool < 1 || conf->pool > POOL_MOST) {
		err_set(err, ERR_CONFIG, conf->name, "a pool of %u is not between 1 and %d", conf->pool,
			POOL_MOST);
		return NULL;
	}
	if (conf->queue < 1) {
		err_set(err, ERR_CONFIG, conf->name, "the queue must have room for one fetch at least");
		return NULL;
	}
	if (!driver->check(conf, err) || !watchdog_start(err))
		return NULL;
	ad = pool_new(conf, driver);
	if (!pool_start(ad, err))
		adapter_close(&ad, UINT32_MAX);
	return ad;
}

struct adapter *adapter_open(const struct adapter_conf *conf, struct err *err)
{
	struct adapter_conf alone = *conf;
	const struct adapter_driver *driver;

	if (conf->answer) {
		alone.pool = 0;
		return pool_new(&alone, &stand_in_driver);
	}
	driver = registry_find(conf->driver, conf->name, err);
	return driver ? pool_open(conf, driver, err) : NULL;
}

/* May a fetch be queued? Under the lock. */
static bool pool_admits(const struct adapter *ad, struct err *err)
{
	if (ad->closing)
		return err_set(err, ERR_REFUSED, ad->conf.name, "the source is being closed");
	if (breaker_refuses(&ad->breaker)) {
		*err = ad->breaker.fault;
		return false;
	}
	if (ad->queued >= ad->conf.queue)
		return err_set(err, ERR_BUSY, ad->conf.name, "%u fetches wait already", ad->queued);
	return true;
}

static void begin_fetch(struct fetch *f)
{
	f->err = (struct err){ 0 };
	f->rows = NULL;
	f->description = NULL;
	f->next = NULL;
	f->queued_us = clock_mono_us();
	f->begun_us = 0;
	f->ended_us = 0;
}

/* Under the lock. */
static void put_last(struct adapter *ad, struct fetch *f)
{
	*ad->last = f;
	ad->last = &f->next;
	ad->queued++;
}

bool adapter_queue(struct adapter *ad, struct fetch *f, struct err *err)
{
	struct fetch *hopeless = NULL;
	struct err why;
	bool admitted;

	begin_fetch(f);
	if (ad->conf.answer)
		return stand_in_submit(&ad->conf, f, err);
	pthread_mutex_lock(&ad->lock);
	if (ad->queued >= ad->conf.queue) /* what nobody waits for keeps nobody out */
		hopeless = pool_take_hopeless(ad, &why);
	admitted = pool_admits(ad, err);
	if (admitted)
		put_last(ad, f);
	else
		ad->faults[err->cls]++;
	pthread_mutex_unlock(&ad->lock);
	if (hopeless)
		pool_fail(hopeless, &why);
	return admitted;
}

bool adapter_queue_behind(struct adapter *ad, struct fetch *f, struct err *err)
{
	bool admitted;

	begin_fetch(f);
	pthread_mutex_lock(&ad->lock);
	admitted = pool_admits(ad, err) &&
		   (pool_has_room_behind(ad) || err_set(err, ERR_BUSY, ad->conf.name, "no worker is free for it"));
	if (admitted) {
		put_last(ad, f);
		ad->behind++;
	}
	pthread_mutex_unlock(&ad->lock);
	return admitted;
}

void adapter_promote(struct adapter *ad)
{
	pthread_mutex_lock(&ad->lock);
	assert(ad->behind > 0);
	ad->behind--;
	pthread_mutex_unlock(&ad->lock);
}

void adapter_call(struct adapter *ad)
{
	uint32_t called;
	bool wanted;

	pthread_mutex_lock(&ad->lock);
	called = pool_call(ad);
	wanted = worker_wanted(ad);
	pthread_mutex_unlock(&ad->lock);
	pool_signal(ad, called);
	if (wanted)
		pthread_cond_signal(&ad->spare_work);
}

bool adapter_submit(struct adapter *ad, struct fetch *f, struct err *err)
{
	if (!adapter_queue(ad, f, err))
		return false;
	adapter_call(ad);
	return true;
}

/* Workers that have been at one fetch for so long that what waits must not wait for them. Under the lock. */
static uint32_t pool_slow(const struct adapter *ad)
{
	uint64_t now_us = clock_mono_us();
	uint32_t n = 0;

	for (uint32_t i = 0; i < ad->conf.pool; i++)
		n += ad->workers[i].running && ad->workers[i].running->begun_us + SLOW_US < now_us;
	return n;
}

bool adapter_nudge(struct adapter *ad)
{
	struct fetch *hopeless;
	uint32_t called, most;
	struct err why;
	bool waiting, wanted;

	pthread_mutex_lock(&ad->lock);
	pool_find_hung(ad);
	pool_tell(ad);
	hopeless = pool_take_hopeless(ad, &why);
	most = pool_has_room(ad) ? ad->limiter.limit - ad->in_state[WORKER_BUSY] : 0;
	most = most < ad->asleep ? most : ad->asleep;
	most = most < ad->queued ? most : ad->queued;
	called = most ? pool_slow(ad) : 0;
	called = called < most ? called : most;
	ad->asleep -= called;
	ad->called += called;
	/* in place of one that hangs */
	wanted = breaker_may_connect(&ad->breaker, clock_mono_us()) && worker_wanted(ad);
	waiting = ad->queued > 0;
	pthread_mutex_unlock(&ad->lock);
	pool_signal(ad, called);
	if (wanted)
		pthread_cond_signal(&ad->spare_work);
	pool_fail(hopeless, &why);
	return waiting;
}

struct adapter_state adapter_state(struct adapter *ad)
{
	struct adapter_state s;

	pthread_mutex_lock(&ad->lock);
	pool_find_hung(ad);
	s = (struct adapter_state){ .pool = ad->conf.pool,
				    .connected = ad->in_state[WORKER_IDLE] + ad->in_state[WORKER_BUSY],
				    .busy = ad->in_state[WORKER_CONNECTING] + ad->in_state[WORKER_BUSY] +
					    ad->in_state[WORKER_HUNG],
				    .connecting = ad->in_state[WORKER_CONNECTING],
				    .hung = ad->in_state[WORKER_HUNG],
				    .spare = ad->in_state[WORKER_SPARE],
				    .queued = ad->queued,
				    .fetches = ad->fetches,
				    .failures = ad->failures,
				    .joined = ad->joined,
				    .connects = ad->connects,
				    .connect_failures = ad->connect_failures,
				    .waited = ad->waited,
				    .took = ad->took,
				    .last_error = ad->last_error,
				    .limit = ad->limiter.limit,
				    .breaker = ad->breaker.state,
				    .probes = ad->breaker.probes };
	memcpy(s.faults, ad->faults, sizeof(s.faults));
	for (uint32_t i = 0; i < ad->conf.pool; i++)
		s.cut += watch_cuts(&ad->workers[i].watch);
	if (breaker_troubled(&ad->breaker))
		s.down = ad->breaker.fault;
	pthread_mutex_unlock(&ad->lock);
	return s;
}

/* Wait until all workers ended or the time is over; returns how many did not end. Under the lock. */
static uint32_t close_wait(struct adapter *ad, uint32_t grace_ms)
{
	struct timespec due = clock_timespec(deadline_after_ms(grace_ms).at_us);

	while (ad->in_state[WORKER_ENDED] < ad->conf.pool)
		if (pthread_cond_timedwait(&ad->ended, &ad->lock, &due) == ETIMEDOUT)
			break;
	return ad->conf.pool - ad->in_state[WORKER_ENDED];
}

/* Put a list in front of another. */
static struct fetch *before(struct fetch *list, struct fetch *rest)
{
	struct fetch *last = list;

	if (!list)
		return rest;
	while (last->next)
		last = last->next;
	last->next = rest;
	return list;
}

/* Join the workers that ended, let go of the others and take back what they run. Under the lock: an ended
 * worker needs it no more. */
static struct fetch *close_workers(struct adapter *ad)
{
	struct fetch *taken = NULL;

	for (uint32_t i = 0; i < ad->conf.pool; i++) {
		struct worker *w = &ad->workers[i];

		if (w->state == WORKER_ENDED) {
			pthread_join(w->thread, NULL);
			continue;
		}
		pthread_detach(w->thread);
		while (w->reading)
			pthread_cond_wait(&ad->ended, &ad->lock);
		taken = before(w->running, taken);
		w->running = NULL;
	}
	return taken;
}

uint32_t adapter_close(struct adapter **adp, uint32_t grace_ms)
{
	struct adapter *ad = *adp;
	struct err closed = { 0 }, hung = { 0 };
	struct fetch *list;
	uint32_t left;

	*adp = NULL;
	if (ad == NULL)
		return 0;
	err_set(&closed, ERR_REFUSED, ad->conf.name, "the source was closed before the fetch began");
	err_set(&hung, ERR_LATE, ad->conf.name, "the source did not answer until it was closed");
	pthread_mutex_lock(&ad->lock);
	assert(!ad->closing);
	ad->closing = true;
	list = pool_take_all(ad);
	pthread_cond_broadcast(&ad->idle_work);
	pthread_cond_broadcast(&ad->spare_work);
	pthread_mutex_unlock(&ad->lock);
	pool_fail(list, &closed);
	pthread_mutex_lock(&ad->lock);
	left = close_wait(ad, grace_ms);
	if (left > 0 && pool_cut(ad))
		left = close_wait(ad, CUT_GRACE_MS);
	list = close_workers(ad);
	left = ad->conf.pool - ad->in_state[WORKER_ENDED]; /* some may have ended since */
	ad->left_behind = left > 0;
	pthread_mutex_unlock(&ad->lock);
	pool_fail(list, &hung);
	if (left == 0)
		pool_free(ad);
	return left;
}
