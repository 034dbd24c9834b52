#include "federator/admin/tenants.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/purge/invalidations.h"
#include "federator/purge/watermarks.h"

enum { RELOAD_FIELDS = 3 };

struct tenant {
	struct service *service;
	struct streams *streams;
	struct invalidations *invalidations; /* NULL: none are wanted, or there is no mapping yet */
	struct watermarks *watermarks; /* NULL: no set had any yet */
};

struct tenants {
	const struct tenancy *names;
	struct counters *meters;
	atomic_uint streams; /* open now, of all */
	pthread_mutex_t lock; /* guards what follows, and one reload at a time */
	bool following;
	struct tenant of[TENANTS_MOST];
	struct server_tenant seats[TENANTS_MOST];
};

/* ---- begin ---- */

static struct service *open_one(const struct options *opt, bool many, struct diags *ds, struct err *err)
{
	struct service *svc;

	if (!many)
		return service_open(opt, ds, err);
	svc = service_open_anyway(opt, ds, err);
	if (svc && service_is_vacant(svc))
		log_event(LOG_ERROR, "tenant_unavailable", LOG_CSTR("tenant", opt->tenant),
			  LOG_CSTR("where", err->where), LOG_CSTR("why", err->text));
	return svc;
}

struct tenants *tenants_open(const struct tenancy *names, struct diags *ds, struct err *err)
{
	struct tenants *t = memory_new(sizeof(*t));

	t->names = names;
	t->meters = names->many ? counters_new(METERS) : NULL;
	pthread_mutex_init(&t->lock, NULL);
	for (size_t i = 0; i < names->n; i++) {
		t->of[i].service = open_one(&names->of[i], names->many, ds, err);
		if (t->of[i].service)
			continue;
		(void)tenants_close(t); /* they have not been asked anything */
		tenants_free(&t);
		return NULL;
	}
	return t;
}

struct service *tenants_single(const struct tenants *t)
{
	return t->names->many ? NULL : t->of[0].service;
}

size_t tenants_count(const struct tenants *t)
{
	return t->names->n;
}

struct service *tenants_service(const struct tenants *t, size_t place)
{
	return t->of[place].service;
}

struct counters *tenants_meters(const struct tenants *t)
{
	return t->meters ? t->meters : service_meters(t->of[0].service);
}

size_t tenants_place(const struct tenants *t, struct str name)
{
	return tenancy_place(t->names, name);
}

bool tenants_stream(struct tenants *t, struct access *access, struct audit *audit, uint32_t most, struct err *err)
{
	for (size_t i = 0; i < t->names->n; i++) {
		uint64_t own = t->names->of[i].streams;
		const struct streams_conf conf = { .service = t->of[i].service,
						   .access = access,
						   .audit = audit,
						   .most = own < most ? (uint32_t)own : most,
						   .all = &t->streams,
						   .most_of_all = most };

		t->of[i].streams = streams_start(&conf, err);
		if (!t->of[i].streams)
			return false;
	}
	return true;
}

void tenants_seat(struct tenants *t, struct server_conf *conf)
{
	for (size_t i = 0; i < t->names->n; i++)
		t->seats[i] = (struct server_tenant){ t->of[i].service, t->of[i].streams };
	if (t->names->many) {
		conf->tenants = t->seats;
		conf->n_tenants = t->names->n;
		conf->meters = t->meters;
	} else {
		conf->service = t->seats[0].service;
		conf->context = t->seats[0].context;
	}
}

/* Without a mapping every entry would be refused, and be lost for those who have one. */
static bool follow_one(struct tenant *of, struct err *err)
{
	if (service_is_vacant(of->service))
		return true;
	return (of->invalidations || invalidations_start(of->service, &of->invalidations, err)) &&
	       (of->watermarks || watermarks_start(of->service, &of->watermarks, err));
}

bool tenants_follow(struct tenants *t, struct err *err)
{
	bool good = true;

	pthread_mutex_lock(&t->lock);
	t->following = true;
	for (size_t i = 0; i < t->names->n && good; i++)
		good = follow_one(&t->of[i], err);
	pthread_mutex_unlock(&t->lock);
	return good;
}

/* ---- reloads ---- */

/* The last field is the tenant. */
static void reload_log(enum log_level level, const char *event, bool many,
		       const struct log_field fields[RELOAD_FIELDS])
{
	log_write(level, event, fields, many ? RELOAD_FIELDS : RELOAD_FIELDS - 1);
}

/* With the outcome in the log, which names the tenant when it is one of `many`. */
static bool reload_told(struct service *svc, bool many, struct diags *ds, struct err *err)
{
	const struct log_field tenant = LOG_CSTR("tenant", service_options(svc)->tenant);
	size_t warnings = diags_count(ds, DIAG_WARNING);
	const struct world *world;

	if (!service_reload(svc, ds, err)) {
		reload_log(LOG_ERROR, "reload_refused", many,
			   (const struct log_field[]){ LOG_CSTR("where", err->where), LOG_CSTR("why", err->text),
						       tenant });
		return false;
	}
	world = service_world(svc);
	reload_log(LOG_INFO, "reloaded", many,
		   (const struct log_field[]){ LOG_CSTR("revision", world->cat->revision),
					       LOG_NUM("warnings", diags_count(ds, DIAG_WARNING) - warnings), tenant });
	world_unref(&world);
	return true;
}

static bool reload_one(struct tenants *t, size_t place, struct diags *ds, struct err *err)
{
	bool done = reload_told(t->of[place].service, t->names->many, ds, err);
	struct err why;

	if (done && t->following && !follow_one(&t->of[place], &why))
		log_event(LOG_ERROR, "invalidations_down", LOG_CSTR("text", why.text));
	return done;
}

bool tenants_reload(struct tenants *t, size_t place, struct diags *ds, struct err *err)
{
	bool all = true;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->names->n; i++)
		if ((place == TENANTS_MOST || place == i) && !reload_one(t, i, ds, err))
			all = false;
	pthread_mutex_unlock(&t->lock);
	return all;
}

/* ---- the end ---- */

void tenants_drain_streams(struct tenants *t)
{
	for (size_t i = 0; i < t->names->n; i++)
		if (t->of[i].streams)
			streams_drain(t->of[i].streams);
}

void tenants_drain(struct tenants *t)
{
	for (size_t i = 0; i < t->names->n; i++) {
		invalidations_drain(t->of[i].invalidations);
		watermarks_drain(t->of[i].watermarks);
	}
}

bool tenants_wait_idle(struct tenants *t, struct deadline due)
{
	for (size_t i = 0; i < t->names->n; i++)
		if (!service_wait_idle(t->of[i].service, due))
			return false;
	return true;
}

void tenants_stop_following(struct tenants *t)
{
	for (size_t i = 0; i < t->names->n; i++) {
		invalidations_stop(t->of[i].invalidations);
		watermarks_stop(t->of[i].watermarks);
	}
}

void tenants_stop_streams(struct tenants *t)
{
	for (size_t i = 0; i < t->names->n; i++)
		if (t->of[i].streams)
			streams_stop(t->of[i].streams);
}

uint32_t tenants_close(struct tenants *t)
{
	uint32_t left = 0;

	for (size_t i = 0; i < t->names->n; i++)
		left += service_close(&t->of[i].service);
	return left;
}

void tenants_free(struct tenants **tp)
{
	struct tenants *t = *tp;

	if (!t)
		return;
	for (size_t i = 0; i < t->names->n; i++) {
		invalidations_free(&t->of[i].invalidations);
		watermarks_free(&t->of[i].watermarks);
		streams_free(&t->of[i].streams);
	}
	counters_free(&t->meters);
	pthread_mutex_destroy(&t->lock);
	free(t);
	*tp = NULL;
}
