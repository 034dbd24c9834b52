#include "federator/http/server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/memory.h"
#include "federator/audit/audit.h"
#include "federator/http/exchange.h"
#include "federator/http/front.h"

struct worker {
	struct server *server;
	struct loop *loop;
	struct lane lane; /* everybody's; with tenants it has no service */
	struct lane *lanes; /* of the tenants, as the seats */
	struct seat *seats;
	struct front *front;
	struct audit_port port; /* of the record, if there is one */
	pthread_t thread;
	bool running; /* the thread was started */
	struct loop_post quiesce, drain, ping;
	atomic_bool pinged; /* the ping has not been run yet */
};

struct server {
	struct server_conf conf;
	int fd; /* closed once, when all fronts are quiesced; -1 then */
	uint32_t drain_ms;
	pthread_mutex_t lock;
	pthread_cond_t fewer;
	uint32_t awaited; /* under lock: workers that have not reached the next stage of the end */
	uint32_t n_workers;
	struct worker workers[];
};

static void *worker_run(void *arg)
{
	struct worker *w = arg;

	log_gather(); /* front.c flushes in each turn */
	loop_run(w->loop);
	log_flush();
	return NULL;
}

static void stage_reached(void *owner)
{
	struct server *s = owner;

	pthread_mutex_lock(&s->lock);
	s->awaited--;
	pthread_cond_signal(&s->fewer);
	pthread_mutex_unlock(&s->lock);
}

static void worker_quiesce(struct loop_post *p)
{
	struct worker *w = CONTAINER_OF(p, struct worker, quiesce);

	front_quiesce(w->front);
	stage_reached(w->server);
}

static void worker_drain(struct loop_post *p)
{
	struct worker *w = CONTAINER_OF(p, struct worker, drain);

	front_drain(w->front, w->server->drain_ms); /* reaches the stage by stopped() */
}

static void worker_ping(struct loop_post *p)
{
	struct worker *w = CONTAINER_OF(p, struct worker, ping);

	atomic_store(&w->pinged, false);
}

bool server_alive(struct server *s)
{
	bool alive = true;

	for (uint32_t i = 0; i < s->n_workers; i++) {
		struct worker *w = &s->workers[i];

		if (atomic_exchange(&w->pinged, true))
			alive = false; /* still on its way */
		else
			loop_post(w->loop, &w->ping);
	}
	return alive;
}

static void lanes_open(struct worker *w)
{
	const struct server_conf *conf = &w->server->conf;

	if (!conf->tenants) {
		lane_open(&w->lane, conf->service, w->loop);
		w->lane.entrance = conf->entrance;
		return;
	}
	w->lanes = memory_new_array(conf->n_tenants, sizeof(w->lanes[0]));
	w->seats = memory_new_array(conf->n_tenants, sizeof(w->seats[0]));
	for (size_t i = 0; i < conf->n_tenants; i++) {
		lane_open(&w->lanes[i], conf->tenants[i].service, w->loop);
		w->lanes[i].entrance = conf->entrance;
		w->seats[i] = (struct seat){ &w->lanes[i], conf->tenants[i].context };
	}
	w->lane = (struct lane){ .loop = w->loop, .meters = conf->meters, .entrance = conf->entrance };
	loop_count_turns(w->loop, conf->meters, METER_TURNS); /* of the process, not of the last tenant */
}

static void lanes_close(struct worker *w)
{
	if (w->lane.cache)
		lane_close(&w->lane);
	for (size_t i = 0; w->lanes && i < w->server->conf.n_tenants; i++)
		lane_close(&w->lanes[i]);
	free(w->lanes);
	free(w->seats);
	w->lanes = NULL;
	w->seats = NULL;
}

/* Lanes are opened first: what a cache flushes in its turn comes before libmicrohttpd's. */
static bool worker_open(struct worker *w, struct err *err)
{
	struct server *s = w->server;
	struct front_conf conf = {
		.routes = s->conf.routes,
		.context = s->conf.context,
		.access = s->conf.access,
		.hosts = s->conf.hosts,
		.lane = &w->lane,
		.n_seats = s->conf.n_tenants,
		.fd = s->fd,
		.tls = s->conf.tls,
		.connections = (s->conf.connections + s->n_workers - 1) / s->n_workers,
		.requests = s->conf.requests,
		.shares = s->n_workers,
		.stopped = stage_reached,
		.owner = s,
	};

	w->loop = loop_new(err);
	if (!w->loop)
		return false;
	lanes_open(w);
	conf.seats = w->seats;
	w->front = front_open(&conf, err);
	if (!w->front)
		return false;
	if (s->conf.audit) { /* its turn comes behind libmicrohttpd's */
		audit_port_open(&w->port, s->conf.audit, w->loop);
		w->lane.audit = &w->port;
		for (size_t i = 0; i < s->conf.n_tenants; i++)
			w->lanes[i].audit = &w->port;
	}
	return true;
}

static bool worker_start(struct worker *w, uint32_t number, struct err *err)
{
	char name[16];

	if (pthread_create(&w->thread, NULL, worker_run, w) != 0)
		return err_set(err, ERR_SYSTEM, "http", "no thread can be started");
	w->running = true;
	snprintf(name, sizeof(name), "%.12s-%u", w->server->conf.name, number % 100);
	pthread_setname_np(w->thread, name);
	return true;
}

static void worker_stop(struct worker *w)
{
	if (w->running) {
		loop_stop(w->loop);
		pthread_join(w->thread, NULL);
		w->running = false;
	}
	front_free(&w->front);
	audit_port_close(&w->port);
	lanes_close(w);
}

struct server *server_start(const struct server_conf *conf, struct listener *at, struct err *err)
{
	struct server *s = memory_new(sizeof(*s) + conf->loops * sizeof(s->workers[0]));
	bool good = true;

	s->conf = *conf;
	s->fd = at->fd;
	at->fd = -1;
	s->n_workers = conf->loops;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->fewer, NULL);
	for (uint32_t i = 0; i < s->n_workers && good; i++) {
		struct worker *w = &s->workers[i];

		w->server = s;
		w->quiesce.run = worker_quiesce;
		w->drain.run = worker_drain;
		w->ping.run = worker_ping;
		good = worker_open(w, err);
	}
	for (uint32_t i = 0; i < s->n_workers && good; i++)
		good = worker_start(&s->workers[i], i, err);
	if (!good)
		server_free(&s);
	return s;
}

static void stage_wait(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->awaited)
		pthread_cond_wait(&s->fewer, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

void server_drain(struct server *s, uint32_t drain_ms)
{
	s->awaited = s->n_workers;
	s->drain_ms = drain_ms;
	for (uint32_t i = 0; i < s->n_workers; i++)
		loop_post(s->workers[i].loop, &s->workers[i].quiesce);
	stage_wait(s);
	close(s->fd);
	s->fd = -1;
	s->awaited = s->n_workers;
	for (uint32_t i = 0; i < s->n_workers; i++)
		loop_post(s->workers[i].loop, &s->workers[i].drain);
	stage_wait(s);
}

void server_stop(struct server *s)
{
	for (uint32_t i = 0; i < s->n_workers; i++)
		worker_stop(&s->workers[i]);
}

void server_free(struct server **sp)
{
	struct server *s = *sp;

	if (!s)
		return;
	server_stop(s);
	for (uint32_t i = 0; i < s->n_workers; i++)
		loop_free(&s->workers[i].loop);
	if (s->fd >= 0)
		close(s->fd);
	pthread_cond_destroy(&s->fewer);
	pthread_mutex_destroy(&s->lock);
	free(s);
	*sp = NULL;
}
