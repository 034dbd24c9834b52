/* share.c - how things stand with a front: what it, and a tenant in it, may work on at a time. */
#include "base/memory.h"
#include "federator/http/front_state.h"

/* Of what is `all` for all fronts. */
static uint32_t share(const struct front *f, uint64_t all)
{
	uint64_t most = (all + f->conf.shares - 1) / f->conf.shares;

	return most < UINT32_MAX ? (uint32_t)most : UINT32_MAX;
}

static uint32_t requests_most(const struct front *f)
{
	uint64_t room = 0;

	if (f->conf.requests)
		return share(f, f->conf.requests);
	if (!f->conf.seats)
		return share(f, service_room(f->conf.lane->service));
	for (size_t i = 0; i < f->conf.n_seats; i++)
		room += service_room(f->conf.seats[i].lane->service);
	return share(f, room);
}

/* 0: as many as the front may. */
static uint32_t requests_most_of(const struct front *f, const struct service *svc)
{
	uint64_t own;

	if (!f->conf.seats || !svc)
		return 0;
	own = service_options(svc)->requests;
	return share(f, own ? own : service_room(svc));
}

/* The place for every sign that memory runs short; its limit is the same for all tenants. */
static bool memory_is_short(struct front *f)
{
	const struct service *svc = (f->conf.seats ? f->conf.seats[0].lane : f->conf.lane)->service;
	uint64_t most = svc ? service_options(svc)->memory : 0;

	return memory_short() || (most && footprint_over(&f->footprint, most, clock_mono_us()));
}

struct admission_now front_now(struct front *f, const struct service *svc)
{
	return (struct admission_now){ .most = requests_most(f),
				       .most_of_tenant = requests_most_of(f, svc),
				       .lag_us = loop_lag_us(f->loop),
				       .memory_short = memory_is_short(f) };
}
