/* lane.c - event loops of a service, each with its cache. */
#include "federator/service_state.h"
#include "federator/waiting.h"

static struct cache *lane_cache(const struct service *svc, struct loop *loop)
{
	if (svc->home.stand_in)
		return cache_stand_in(svc->home.stand_in->copy, svc->home.stand_in->owner);
	return cache_open(svc->cache, loop);
}

void lane_open(struct lane *lane, struct service *svc, struct loop *loop)
{
	*lane = (struct lane){ .service = svc, .loop = loop, .cache = lane_cache(svc, loop), .meters = svc->meters };
	loop_count_turns(loop, svc->meters, METER_TURNS);
	pthread_mutex_lock(&svc->home.lock);
	lane->next = svc->lanes;
	svc->lanes = lane;
	pthread_mutex_unlock(&svc->home.lock);
}

int64_t lane_wall_ms(const struct lane *lane)
{
	return lane->still_ms ? lane->still_ms : clock_wall_ms();
}

void lane_count(const struct lane *lane, enum meter first, int64_t step)
{
	if (lane->meters)
		counters_add(lane->meters, first + (size_t)lane->entrance, step);
}

void lane_count_public(const struct lane *lane, size_t which)
{
	if (lane->meters && lane->entrance == ENTRANCE_PUBLIC)
		counters_add(lane->meters, which, 1);
}

void lane_timer_set(const struct lane *lane, struct loop_timer *timer, struct deadline due)
{
	if (!lane->still_ms)
		loop_timer_set(lane->loop, timer, due);
}

void lane_close(struct lane *lane)
{
	struct service *svc = lane->service;
	struct lane **link = &svc->lanes;

	pthread_mutex_lock(&svc->home.lock);
	while (*link != lane)
		link = &(*link)->next;
	*link = lane->next;
	pthread_mutex_unlock(&svc->home.lock);
	waiting_end(lane);
	cache_free(&lane->cache);
}
