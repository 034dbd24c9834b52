#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/audit/audit_state.h"
#include "federator/audit/text.h"

enum {
	RETRY_MS = 200,
	BATCH_BYTES = 1 << 20, /* then what waits goes with the next commit */
	GATHER_US_MOST = 1000,
	WAKES = 72, /* as many loops as there may be, and some */
	ANCHOR_US = 3600 * 1000000LL,
};

/* ---- what the log is told, which may stand on another machine ---- */

static void tell_anchor(struct audit *a)
{
	SCOPED(buf_free) struct buf mac = { 0 };

	audit_digits_put(a->store.end.mac, &mac);
	log_event(LOG_INFO, "audit_anchor", LOG_NUM("seq", a->store.end.seq), LOG_STR("mac", buf_str(&mac)),
		  LOG_CSTR("file", a->store.name));
	a->anchored_us = clock_mono_us();
	a->anchored_file = a->store.number;
}

static void tell_found(struct audit *a)
{
	struct audit_found *found = &a->store.found;

	if (!found->torn && !found->lost_to && found->head == AUDIT_HEAD_GOOD)
		return;
	log_event(found->lost_to || found->head != AUDIT_HEAD_GOOD ? LOG_ERROR : LOG_WARN, "audit_marked",
		  LOG_NUM("torn_bytes", found->torn), LOG_NUM("lost_from", found->lost_from),
		  LOG_NUM("lost_to", found->lost_to), LOG_NUM("head_is_good", found->head == AUDIT_HEAD_GOOD),
		  LOG_CSTR("file", a->store.name));
	*found = (struct audit_found){ 0 };
}

static void tell_down(struct audit *a, const struct err *err)
{
	if (atomic_load(&a->retry_us) == 0) {
		log_event(LOG_ERROR, "audit_failed", LOG_CSTR("text", err->text));
		audit_counts(a, AUDIT_DOWN, 1);
	}
	atomic_store(&a->retry_us, clock_mono_us() + 1000 * RETRY_MS);
}

static void tell_up(struct audit *a)
{
	if (atomic_load(&a->retry_us) == 0)
		return;
	log_event(LOG_WARN, "audit_recovered", LOG_CSTR("file", a->store.name));
	audit_counts(a, AUDIT_DOWN, -1);
	atomic_store(&a->retry_us, 0);
}

/* ---- the writer ---- */

/* One write, one fdatasync. Returns the first entry that has to wait for the next. */
static struct audit_entry *commit(struct audit *a, struct audit_entry *first)
{
	struct audit_entry *e = first, *behind = NULL;
	struct audit_end end;
	struct err err;
	bool good = audit_store_ready(&a->store, clock_wall_ms(), &err);

	end = a->store.end;
	a->lines.len = 0;
	for (; good && e && a->lines.len < BATCH_BYTES; e = e->next)
		audit_chain_put(&a->key, &end, e->wall_ms, (struct str){ e->text, e->n }, &a->lines);
	behind = good ? e : NULL; /* what fails, fails for all that wait */
	good = good && audit_store_write(&a->store, buf_str(&a->lines), &end, &err);
	for (e = first; e != behind; e = e->next)
		e->durable = good;
	if (good)
		tell_up(a);
	else
		tell_down(a, &err);
	audit_counts(a, AUDIT_SYNCS, good);
	tell_found(a);
	if (good && (a->store.number != a->anchored_file || clock_mono_us() - a->anchored_us > ANCHOR_US))
		tell_anchor(a);
	return behind;
}

static void count_one(const struct audit *a, const struct audit_entry *e, uint64_t now_us)
{
	audit_counts(a, e->durable ? AUDIT_WRITTEN : AUDIT_REFUSED, 1);
	if (e->durable)
		histogram_count_in(a->conf.counters, a->conf.first + AUDIT_TOOK, now_us - e->since_us);
}

/* Loops to wake once the lock is let go, lest they wait for it at once. They outlive the writer. */
struct wakes {
	struct loop *of[WAKES];
	size_t n;
};

static void tell_port(struct audit_port *port, struct wakes *wakes)
{
	if (port->posted)
		return;
	port->posted = true;
	if (wakes->n == WAKES) {
		loop_post(port->loop, &port->told);
		return;
	}
	loop_post_quiet(port->loop, &port->told);
	wakes->of[wakes->n++] = port->loop;
}

/* To their ports, all but those from `behind` on. */
static void give_back(struct audit *a, struct audit_entry *e, const struct audit_entry *behind)
{
	uint64_t now_us = clock_mono_us();
	struct wakes wakes = { .n = 0 };

	pthread_mutex_lock(&a->lock);
	for (struct audit_entry *next; e != behind; e = next) {
		struct audit_port *port = e->port;

		next = e->next;
		count_one(a, e, now_us);
		atomic_fetch_sub(&a->queued, 1);
		e->next = port->done;
		port->done = e;
		tell_port(port, &wakes);
		if (--port->away == 0)
			pthread_cond_broadcast(&a->idle);
	}
	a->expected += a->waiting; /* who waits already, and those who are told now */
	pthread_mutex_unlock(&a->lock);
	for (size_t i = 0; i < wakes.n; i++)
		loop_wake(wakes.of[i]);
}

/* Whoever was just answered may ask again at once, and a commit of all costs what one of a few does: they are awaited,
 * but not for longer than half a commit takes. The lock is held. */
static void gather(struct audit *a)
{
	uint64_t patience_us = a->sync_us / 2 < GATHER_US_MOST ? a->sync_us / 2 : GATHER_US_MOST;
	struct timespec until = clock_timespec(clock_mono_us() + patience_us);
	int rc = 0;

	a->wanted = a->expected;
	while (a->waiting < a->expected && !a->stop && rc == 0)
		rc = pthread_cond_timedwait(&a->more, &a->lock, &until);
	a->wanted = 0;
}

/* The lock is held. */
static struct audit_entry *take_all(struct audit *a)
{
	struct audit_entry *first;

	while (!a->first && !a->stop) {
		a->wanted = 1;
		pthread_cond_wait(&a->more, &a->lock);
		a->wanted = 0;
	}
	if (a->waiting < a->expected)
		gather(a);
	first = a->first;
	a->first = NULL;
	a->end = &a->first;
	a->expected = a->waiting;
	a->waiting = 0;
	return first;
}

static bool put_own(struct audit *a, const char *kind, struct err *err)
{
	SCOPED(buf_free) struct buf text = { 0 };
	int64_t now_ms = clock_wall_ms();

	buf_printf(&text, "\"kind\":\"%s\"", kind);
	return audit_store_ready(&a->store, now_ms, err) && audit_store_put(&a->store, now_ms, buf_str(&text), err);
}

/* Closing may hang as well. */
static void end(struct audit *a)
{
	struct err err;

	if (put_own(a, "stop", &err))
		tell_anchor(a);
	else
		tell_down(a, &err);
	audit_store_close(&a->store);
	pthread_mutex_lock(&a->lock);
	a->ended = true;
	pthread_cond_broadcast(&a->idle);
	pthread_mutex_unlock(&a->lock);
}

static void *writer(void *arg)
{
	struct audit *a = arg;
	struct audit_entry *first;
	uint64_t began_us;

	do {
		pthread_mutex_lock(&a->lock);
		first = take_all(a);
		pthread_mutex_unlock(&a->lock);
		began_us = clock_mono_us();
		for (struct audit_entry *behind, *e = first; e; e = behind) {
			behind = commit(a, e);
			give_back(a, e, behind);
		}
		a->sync_us += (clock_mono_us() - began_us) / 8 - a->sync_us / 8;
	} while (first);
	end(a);
	return NULL;
}

/* ---- from start to end ---- */

static void audit_free(struct audit **ap)
{
	struct audit *a = *ap;

	audit_store_close(&a->store);
	buf_free(&a->lines);
	pthread_cond_destroy(&a->more);
	pthread_cond_destroy(&a->idle);
	pthread_mutex_destroy(&a->lock);
	explicit_bzero(&a->key, sizeof(a->key));
	free(a);
	*ap = NULL;
}

struct audit *audit_open(const struct audit_conf *conf, struct err *err)
{
	struct audit *a = memory_new(sizeof(*a));

	a->conf = *conf;
	audit_key_make(conf->secret, &a->key);
	a->conf.secret = (struct str){ 0 };
	a->store = (struct audit_store){ .dir = conf->dir,
					 .key = &a->key,
					 .file_bytes = conf->file_bytes,
					 .keep_ms = (int64_t)conf->keep_s * 1000 };
	a->end = &a->first;
	audit_store_begin(&a->store);
	pthread_mutex_init(&a->lock, NULL);
	clock_cond_init(&a->more);
	clock_cond_init(&a->idle);
	if (!put_own(a, "start", err)) {
		audit_free(&a);
		return NULL;
	}
	tell_found(a);
	tell_anchor(a);
	if (pthread_create(&a->thread, NULL, writer, a) != 0) {
		err_set(err, ERR_SYSTEM, "audit", "no thread can be started");
		audit_free(&a);
		return NULL;
	}
	pthread_setname_np(a->thread, "audit");
	return a;
}

/* The lock is held. No time at all: it is waited for, however long it takes. */
static bool rests(struct audit *a, struct deadline due)
{
	struct timespec until = clock_timespec(due.at_us);

	return due.at_us ? pthread_cond_timedwait(&a->idle, &a->lock, &until) == 0 :
			   pthread_cond_wait(&a->idle, &a->lock) == 0;
}

/* Who hands in counts first and looks then whether we are closing: the writer is told to stop behind the last one. */
bool audit_finish(struct audit *a, struct deadline due)
{
	bool ended;

	atomic_store(&a->closing, true);
	pthread_mutex_lock(&a->lock);
	while (atomic_load(&a->queued) > 0 && rests(a, due))
		continue;
	if (atomic_load(&a->queued) == 0) {
		a->stop = true;
		pthread_cond_signal(&a->more);
		while (!a->ended && rests(a, due))
			continue;
	}
	ended = a->ended;
	pthread_mutex_unlock(&a->lock);
	if (ended && !a->joined)
		pthread_join(a->thread, NULL);
	a->joined = ended;
	return ended;
}

void audit_close(struct audit **ap)
{
	struct audit *a = *ap;

	if (!a)
		return;
	if (!audit_finish(a, (struct deadline){ 0 }))
		abort(); /* nothing else ends it */
	audit_free(ap);
}

bool audit_accepts(const struct audit *a)
{
	uint64_t retry_us = atomic_load_explicit(&a->retry_us, memory_order_relaxed);

	return !atomic_load_explicit(&a->closing, memory_order_relaxed) && (!retry_us || clock_mono_us() >= retry_us) &&
	       atomic_load_explicit(&a->queued, memory_order_relaxed) < a->conf.queued_most;
}
