#include "federator/http/streams.h"

#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "base/memory.h"
#include "federator/http/streams_state.h"

enum {
	BEAT_MS = 15000, /* proxies end what is silent for half a minute */
	/* Thousands whose node ends shall not all come to the next one in the same moment. */
	RETRY_LEAST_MS = 500,
	RETRY_SPREAD_MS = 2000,
};

/* ---- what is worked on ---- */

enum shed streams_admit(struct streams *s, uint32_t share)
{
	const struct options *opt = service_options(s->conf.service);
	uint32_t all = opt->requests ? (uint32_t)opt->requests : service_room(s->conf.service);
	struct admission_now now = { .most = (uint32_t)((uint64_t)all * share / 8),
				     .lag_us = loop_lag_us(s->loop),
				     .memory_short = memory_short() ||
						     (opt->memory && footprint_over(&s->footprint, opt->memory,
										    clock_mono_us())) };

	now.most = now.most ? now.most : 1;
	return admission_enter(&s->admission, str_of(opt->tenant), &now);
}

void streams_leave(struct streams *s)
{
	admission_leave(&s->admission, str_of(service_options(s->conf.service)->tenant));
}

void streams_own(const struct streams *s, struct ask *ask, const struct caller *caller)
{
	ask->tenant = str_of(service_options(s->conf.service)->tenant);
	ask->client = str_of(caller->client);
	ask->agent = str_of(caller->agent);
	ask->agent_proven = caller->agent_proven;
	ask->role = str_of(caller->role);
	ask->purpose = str_of(caller->purpose);
}

void streams_own_unseen(const struct streams *s, struct ask *ask, const struct caller *caller)
{
	streams_own(s, ask, caller);
	ask->client = ask->agent = (struct str){ 0 };
}

/* ---- streams ---- */

void streams_place_free(struct streams *s)
{
	atomic_fetch_sub(&s->taken, 1);
	if (s->conf.all)
		atomic_fetch_sub(s->conf.all, 1);
}

/* False: as many are open as may be. */
bool streams_place_take(struct streams *s)
{
	bool room = !s->conf.all || atomic_fetch_add(s->conf.all, 1) < s->conf.most_of_all;

	if (atomic_fetch_add(&s->taken, 1) < s->conf.most && room)
		return true;
	streams_place_free(s);
	return false;
}

static void on_gone(struct crowd *crowd, struct stream *stream)
{
	struct streams *s = CONTAINER_OF(crowd, struct streams, crowd);

	feed_leave(stream);
	agents_leave(s, stream);
	onsite_leave(stream);
	streams_place_free(s);
	counters_add(s->lane.meters, METER_STREAMS, -1);
	counters_add(s->lane.meters, METER_STREAMS_CUT, (int64_t)(crowd->cut - s->cut_told));
	s->cut_told = crowd->cut;
}

void streams_bye(struct stream *stream)
{
	char event[80];

	snprintf(event, sizeof(event), "event: bye\nretry: %u\ndata: {}\n\n",
		 RETRY_LEAST_MS + randombytes_uniform(RETRY_SPREAD_MS));
	stream_put(stream, str_of(event));
	stream_end(stream);
}

/* ---- from start to end ---- */

static void on_drain(struct loop_post *p)
{
	struct streams *s = CONTAINER_OF(p, struct streams, drain);

	for (struct stream *stream = s->crowd.first, *next; stream; stream = next) {
		next = stream->next;
		streams_bye(stream);
	}
	warm_end(s);
	onsite_drain(s);
	pthread_mutex_lock(&s->lock);
	s->drained = true;
	pthread_cond_signal(&s->told);
	pthread_mutex_unlock(&s->lock);
}

void streams_drain(struct streams *s)
{
	atomic_store(&s->stopping, true);
	s->drain.run = on_drain;
	loop_post(s->loop, &s->drain);
	pthread_mutex_lock(&s->lock);
	while (!s->drained)
		pthread_cond_wait(&s->told, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

static void *streams_run(void *arg)
{
	struct streams *s = arg;

	loop_run(s->loop);
	return NULL;
}

static bool streams_begin(struct streams *s, struct err *err)
{
	s->loop = loop_new(err);
	if (!s->loop)
		return false;
	lane_open(&s->lane, s->conf.service, s->loop);
	crowd_begin(&s->crowd, s->loop, BEAT_MS);
	s->crowd.gone = on_gone;
	s->crowd.took = onsite_took;
	agents_begin(s);
	warm_begin(s);
	onsite_begin(s);
	passes_begin(s);
	if (s->conf.audit) { /* its turn comes last */
		audit_port_open(&s->port, s->conf.audit, s->loop);
		s->lane.audit = &s->port;
	}
	if (!post_begin(s, err))
		return false;
	if (pthread_create(&s->thread, NULL, streams_run, s) != 0)
		return err_set(err, ERR_SYSTEM, "streams", "no thread can be started");
	s->running = true;
	pthread_setname_np(s->thread, "streams");
	return true;
}

struct streams *streams_start(const struct streams_conf *conf, struct err *err)
{
	struct streams *s = memory_new(sizeof(*s));

	s->conf = *conf;
	atomic_init(&s->taken, 0);
	atomic_init(&s->stopping, false);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->told, NULL);
	if (!streams_begin(s, err))
		streams_free(&s);
	return s;
}

void streams_stop(struct streams *s)
{
	if (s->running) {
		loop_stop(s->loop);
		pthread_join(s->thread, NULL);
		s->running = false;
	}
	if (!s->lane.cache)
		return;
	audit_port_close(&s->port);
	if (s->crowd.loop) {
		passes_end(s);
		crowd_end(&s->crowd);
		agents_end(s);
		warm_end(s);
		onsite_end(s);
	}
	post_end(s);
	lane_close(&s->lane);
}

void streams_free(struct streams **sp)
{
	struct streams *s = *sp;

	if (!s)
		return;
	streams_stop(s);
	if (s->loop)
		loop_free(&s->loop);
	pthread_cond_destroy(&s->told);
	pthread_mutex_destroy(&s->lock);
	free(s);
	*sp = NULL;
}
