/* batch.c - fetches that wait and ask the same for other keys, as one. */
#include <assert.h>

#include "adapters/fetch.h"
#include "adapters/pool.h"

enum { VALUES_MOST = 32 }; /* statements for more keys than this bring less and less */

uint32_t batch_take(struct adapter *ad, struct fetch *f)
{
	struct fetch **at = &ad->first, **end = &f->next;
	uint32_t n = 1, values = f->batch ? f->batch->n_values : VALUES_MOST;

	while (*at && values < VALUES_MOST) {
		struct fetch *other = *at;

		if (!other->batch || deadline_left_us(other->give_up) == 0 || other->batch->shape != f->batch->shape ||
		    values + other->batch->n_values > VALUES_MOST) {
			at = &other->next;
			continue;
		}
		*at = other->next;
		other->next = NULL;
		*end = other;
		end = &other->next;
		values += other->batch->n_values;
		ad->queued--;
		n++;
	}
	if (*at == NULL)
		ad->last = at;
	return n;
}

/* One run of a batch. */
struct batch {
	struct worker *w;
	struct fetch *first; /* the list, in the order of the queue */
	uint32_t n;
	struct fetch joint; /* its mem holds the two arrays */
	struct fetch **all; /* the list again: ->next is not ours when adapter_close() took it back */
	struct fetch *parts; /* copies of the fetches, with arenas for their rows */
	struct err err;
	bool put; /* to the source: its answer or failure is the source's */
	bool asked; /* adapter_close() has not taken it back */
	bool split; /* each part has its rows */
};

/* Are the fetches being read? adapter_close() waits until they are not. Under the lock. */
static void batch_read(struct batch *b, bool reading)
{
	b->w->reading = reading;
	if (!reading)
		pthread_cond_signal(&b->w->ad->ended);
}

/* Under the lock. */
static void batch_begin(struct batch *b)
{
	uint32_t i = 0;

	worker_begin(b->w, b->first, b->n);
	b->joint = *b->first;
	b->joint.mem = arena_new();
	b->joint.next = NULL;
	b->all = arena_array_of(b->joint.mem, struct fetch *, b->n);
	b->parts = arena_array_of(b->joint.mem, struct fetch, b->n);
	for (struct fetch *f = b->first; f; f = f->next, i++) {
		fetch_keep(f);
		b->all[i] = f;
		b->parts[i] = *f;
		b->parts[i].mem = NULL;
	}
	assert(i == b->n);
	batch_read(b, true);
}

/* Is it the source that fails, and not the question? Then it fails for each of them. */
static bool fails_for_all(enum err_class cls)
{
	return cls == ERR_REFUSED || cls == ERR_AUTH || cls == ERR_LATE || cls == ERR_BUSY || cls == ERR_SYSTEM;
}

/* Join, ask, split. The lock is let go but for looks whether the fetches are still asked for. */
static void batch_run(struct batch *b)
{
	struct adapter *ad = b->w->ad;
	bool ok;

	pthread_mutex_unlock(&ad->lock);
	ok = b->first->batch->join(&b->joint, b->first, &b->err);
	pthread_mutex_lock(&ad->lock);
	batch_read(b, false);
	pthread_mutex_unlock(&ad->lock);
	b->put = ok;
	ok = ok && worker_ask(b->w, &b->joint, &b->err);
	if (ok)
		b->err = (struct err){ 0 }; /* of a first try */
	pthread_mutex_lock(&ad->lock);
	b->asked = b->w->running != NULL;
	batch_read(b, b->asked);
	pthread_mutex_unlock(&ad->lock);
	for (uint32_t i = 0; ok && b->asked && i < b->n; i++)
		b->parts[i].mem = arena_new();
	b->split = ok && b->asked && b->first->batch->split(&b->joint, b->parts, b->n);
	pthread_mutex_lock(&ad->lock);
	batch_read(b, false);
}

/* Back to the head of the queue, never to be joined again. Under the lock. */
static void batch_requeue(struct batch *b)
{
	struct adapter *ad = b->w->ad;

	for (uint32_t i = 0; i < b->n; i++)
		b->all[i]->batch = NULL;
	b->all[b->n - 1]->next = ad->first;
	if (ad->first == NULL)
		ad->last = &b->all[b->n - 1]->next;
	ad->first = b->first;
	ad->queued += b->n;
}

/* Every fetch gets its rows or the error. Under the lock. */
static void batch_answer(struct batch *b)
{
	struct adapter *ad = b->w->ad;

	for (uint32_t i = 0; i < b->n; i++) {
		struct fetch *f = b->all[i];

		f->next = NULL;
		f->err = b->err;
		f->ended_us = clock_mono_us();
		pool_count(ad, f, b->err.cls);
		if (!b->split)
			continue;
		f->rows = b->parts[i].rows;
		fetch_adopt(f, &b->parts[i].mem);
	}
	ad->joined += b->n;
	ad->last_error = b->err.cls;
}

/* True: the fetches are answered and to be handed back. Under the lock. */
static bool batch_settle(struct batch *b)
{
	struct adapter *ad = b->w->ad;

	worker_end(b->w, b->put ? &b->err : NULL);
	if (!b->asked)
		return false;
	if (!b->split && !fails_for_all(b->err.cls)) {
		if (!ad->closing) {
			batch_requeue(b);
			return false;
		}
		err_set(&b->err, ERR_REFUSED, ad->conf.name, "the source was closed before the fetch began");
	}
	batch_answer(b);
	return true;
}

void batch_serve(struct worker *w, struct fetch *first, uint32_t n)
{
	struct batch b = { .w = w, .first = first, .n = n };
	struct adapter *ad = w->ad;
	uint32_t called;
	bool done;

	batch_begin(&b);
	batch_run(&b);
	done = batch_settle(&b);
	called = pool_call(ad);
	pthread_mutex_unlock(&ad->lock);
	pool_signal(ad, called);
	for (uint32_t i = 0; i < n; i++) {
		struct fetch *kept = b.all[i];

		arena_wipe_free(&b.parts[i].mem);
		fetch_free(&kept); /* its caller still owns it, or adapter_close() handed it back */
		if (done)
			b.all[i]->done(b.all[i]);
	}
	arena_wipe_free(&b.joint.mem);
	pthread_mutex_lock(&ad->lock);
}
