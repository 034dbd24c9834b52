/* trouble.c - what goes wrong with a source, on its way to the breaker. */
#include "adapters/pool.h"

void pool_event(struct adapter *ad, enum breaker_event event, const struct err *err)
{
	bool refused = breaker_refuses(&ad->breaker);

	breaker_event(&ad->breaker, event, err, clock_mono_us());
	if (event == BREAKER_CONNECTED || refused != breaker_refuses(&ad->breaker))
		pthread_cond_broadcast(&ad->spare_work);
	if (!refused && breaker_refuses(&ad->breaker))
		pthread_cond_broadcast(&ad->idle_work); /* they let go of their connections */
}

void pool_check_deserted(struct adapter *ad)
{
	if (ad->breaker.unconnected &&
	    ad->in_state[WORKER_IDLE] + ad->in_state[WORKER_BUSY] + ad->in_state[WORKER_CONNECTING] == 0)
		pool_event(ad, BREAKER_DESERTED, NULL);
}

void pool_tell(struct adapter *ad)
{
	bool down = breaker_troubled(&ad->breaker);
	struct err why = ad->breaker.fault;

	if (down == ad->told_down)
		return;
	ad->told_down = down;
	if (!ad->conf.notice)
		return;
	pthread_mutex_unlock(&ad->lock);
	ad->conf.notice(ad->conf.name, down ? &why : NULL);
	pthread_mutex_lock(&ad->lock);
}

static bool is_overdue(const struct worker *w)
{
	return (w->state == WORKER_BUSY || w->state == WORKER_CONNECTING) && deadline_left_us(w->due) == 0;
}

void pool_find_hung(struct adapter *ad)
{
	struct err err = { 0 };

	for (uint32_t i = 0; i < ad->conf.pool; i++) {
		struct worker *w = &ad->workers[i];
		bool connecting = w->state == WORKER_CONNECTING;
		struct limiter_fetch ended = { .kind = w->kind, .at_once = ad->in_state[WORKER_BUSY], .late = true };

		if (!is_overdue(w))
			continue;
		err_set(&err, ERR_LATE, ad->conf.name, "the driver does not come back from %s",
			connecting ? "connecting" : "a fetch");
		if (!connecting)
			limiter_ended(&ad->limiter, &ended, clock_mono_us());
		worker_move(w, WORKER_HUNG);
		ad->last_error = err.cls;
		pool_event(ad, connecting ? BREAKER_UNCONNECTED : BREAKER_FAILED, &err);
	}
	if (err.cls == ERR_NONE)
		return;
	pthread_cond_broadcast(&ad->spare_work); /* others may have to connect in its place */
	if (ad->in_state[WORKER_HUNG] + ad->in_state[WORKER_ENDED] == ad->conf.pool)
		pool_event(ad, BREAKER_DESERTED, &err);
}
