/* queue.c - the fetches that wait, and whom they wake. */
#include "adapters/pool.h"

enum { BEHIND_PART = 4 };

bool pool_has_room(const struct adapter *ad)
{
	return ad->in_state[WORKER_BUSY] < ad->limiter.limit;
}

bool pool_has_room_behind(const struct adapter *ad)
{
	uint32_t most = ad->limiter.limit / BEHIND_PART;

	return ad->queued < ad->in_state[WORKER_IDLE] && ad->in_state[WORKER_BUSY] + ad->queued < ad->limiter.limit &&
	       ad->behind < (most ? most : 1);
}

struct fetch *pool_take(struct adapter *ad)
{
	struct fetch *f = ad->first;

	if (f == NULL)
		return NULL;
	ad->first = f->next;
	if (ad->first == NULL)
		ad->last = &ad->first;
	ad->queued--;
	f->next = NULL;
	return f;
}

uint32_t pool_call(struct adapter *ad)
{
	uint32_t n = 0;

	while (n < ad->asleep && n < ad->queued && ad->in_state[WORKER_BUSY] + n < ad->limiter.limit) {
		uint32_t awake = ad->in_state[WORKER_IDLE] + ad->in_state[WORKER_BUSY] - ad->asleep + n;

		if (awake > 0 && ad->queued * ad->usual_us <= (uint64_t)awake * POOL_BATCH_US)
			break;
		n++;
	}
	ad->asleep -= n;
	ad->called += n;
	return n;
}

void pool_signal(struct adapter *ad, uint32_t n)
{
	while (n-- > 0)
		pthread_cond_signal(&ad->idle_work);
}

struct fetch *pool_take_all(struct adapter *ad)
{
	struct fetch *list = ad->first;

	ad->first = NULL;
	ad->last = &ad->first;
	ad->queued = 0;
	return list;
}

void pool_count(struct adapter *ad, const struct fetch *f, enum err_class outcome)
{
	ad->fetches++;
	if (outcome != ERR_NONE) {
		ad->failures++;
		ad->faults[outcome]++;
	}
	histogram_note(&ad->waited, f->begun_us - f->queued_us);
	histogram_note(&ad->took, f->ended_us - f->begun_us);
}

void pool_fail(struct fetch *list, const struct err *err)
{
	for (struct fetch *f = list, *next; f; f = next) {
		next = f->next;
		f->next = NULL;
		f->err = *err;
		f->ended_us = clock_mono_us();
		f->done(f);
	}
}

bool pool_is_hopeless(const struct adapter *ad)
{
	return ad->first && (breaker_refuses(&ad->breaker) || deadline_left_us(ad->first->give_up) == 0);
}

/* Those whose give_up has passed. */
static struct fetch *take_expired(struct adapter *ad)
{
	struct fetch *list = NULL, **end = &list, **at = &ad->first;

	while (*at) {
		struct fetch *f = *at;

		if (deadline_left_us(f->give_up) > 0) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		f->next = NULL;
		*end = f;
		end = &f->next;
		ad->queued--;
	}
	ad->last = at;
	return list;
}

struct fetch *pool_take_hopeless(struct adapter *ad, struct err *err)
{
	uint32_t before = ad->queued;
	struct fetch *list;

	if (breaker_refuses(&ad->breaker)) {
		*err = ad->breaker.fault;
		list = pool_take_all(ad);
	} else {
		err_set(err, ERR_LATE, ad->conf.name, "no worker was free in time");
		list = take_expired(ad);
	}
	ad->fetches += before - ad->queued;
	ad->failures += before - ad->queued;
	ad->faults[err->cls] += before - ad->queued;
	return list;
}
