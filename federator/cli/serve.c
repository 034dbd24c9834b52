/* serve.c - the service from start to graceful end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "federator/access/access.h"
#include "federator/admin/admin.h"
#include "federator/admin/tenants.h"
#include "federator/audit/audit.h"
#include "federator/cli/commands.h"
#include "federator/cli/serve_audit.h"
#include "federator/cli/serve_tls.h"
#include "federator/files.h"
#include "federator/http/handlers.h"
#include "federator/http/host.h"
#include "federator/notify.h"
#include "federator/tls.h"

enum {
	ADMIN_CONNECTIONS = 16,
	LATE_MS = 1000, /* at the end: fetches whose answers left without them */
};

struct serving {
	const struct options *opt;
	struct tenants *tenants;
	struct access *access;
	struct listener at, admin_at; /* admin_at.fd and address empty: none */
	struct tls *tls; /* of the public listener, or NULL */
	struct server *server, *admin;
	struct audit *audit; /* or NULL */
	uint32_t connections, n_streams; /* there are descriptors for */
};

/* Before any thread is started: all of them inherit the mask, and signals are taken by sigwait() alone. */
static void signals_block(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is told of as a full disk is */
}

static bool listener_open(const char *address, unsigned guards, const char *option, struct listener *out,
			  struct err *err)
{
	if (listen_open(address, guards, out, err))
		return true;
	if (err->cls == ERR_SYSTEM)
		err_set(err, err->cls, err->where, "%s; --%s takes another address", err->text, option);
	return false;
}

static bool listeners_open(struct serving *s, struct err *err)
{
	unsigned guards = (access_is_guarded(s->access) ? LISTEN_AUTHENTICATED : LISTEN_BARE) |
			  (s->tls ? LISTEN_ENCRYPTED : LISTEN_BARE);
	char address[128];

	if (!listen_inherit(guards, &s->at, err) ||
	    (s->at.fd < 0 && !listener_open(s->opt->listen, guards, "listen", &s->at, err)))
		return false;
	if (strcmp(s->opt->admin, "off") == 0)
		return true;
	if (*s->opt->admin)
		return listener_open(s->opt->admin, LISTEN_BARE, "admin", &s->admin_at, err);
	return listen_admin_address(s->at.port, true, address, err) &&
	       listener_open(address, LISTEN_BARE, "admin", &s->admin_at, err);
}

static bool purge_is_public(const struct options *opt)
{
	return strcmp(opt->purge, "public") == 0;
}

static bool contacts_are_known(const struct serving *s, struct err *err)
{
	for (size_t i = 0; i < tenants_count(s->tenants); i++) {
		const char *contact = service_options(tenants_service(s->tenants, i))->contact;

		if (strcmp(contact, "optional") != 0 && strcmp(contact, "required") != 0)
			return err_set(err, ERR_CONFIG, "contact", "'%s' is not optional or required", contact);
	}
	return true;
}

static bool purge_is_known(const struct options *opt, struct err *err)
{
	return purge_is_public(opt) || strcmp(opt->purge, "admin") == 0 ||
	       err_set(err, ERR_CONFIG, "purge", "'%s' is not public or admin", opt->purge);
}

static bool hosts_are_known(const struct options *opt, struct err *err)
{
	return host_names_are_good(opt->hosts) ||
	       err_set(err, ERR_CONFIG, "hosts", "'%s' are no names of hosts with commas between", opt->hosts);
}

/* No browser reaches a unix socket, and none has what proves who asks. */
static const char *hosts_of(const struct serving *s, const struct listener *at, bool guarded)
{
	return guarded || !at->port ? NULL : s->opt->hosts;
}

static bool servers_start(struct serving *s, struct err *err)
{
	const bool many = !tenants_single(s->tenants);
	struct server_conf public = { .audit = s->audit,
				      .routes = purge_is_public(s->opt) ? &public_routes : &asking_routes,
				      .access = s->access,
				      .hosts = hosts_of(s, &s->at, access_is_guarded(s->access)),
				      .name = "http",
				      .tls = s->tls,
				      .loops = (uint32_t)s->opt->loops,
				      .connections = s->connections,
				      .requests = (uint32_t)s->opt->requests };
	struct server_conf admin = { .audit = s->audit,
				     .routes = many ? &admin_tenants_routes : &admin_routes,
				     .hosts = hosts_of(s, &s->admin_at, false),
				     .name = "admin",
				     .entrance = ENTRANCE_ADMIN,
				     .loops = 1,
				     .connections = ADMIN_CONNECTIONS };

	if (!tenants_stream(s->tenants, s->access, s->audit, s->n_streams, err))
		return false;
	tenants_seat(s->tenants, &public);
	tenants_seat(s->tenants, &admin);
	admin.context = s->tenants;
	s->server = server_start(&public, &s->at, err);
	if (!s->server)
		return false;
	if (s->admin_at.fd < 0)
		return true;
	s->admin = server_start(&admin, &s->admin_at, err);
	return s->admin != NULL;
}

enum { MEMORY_LEAST = 64 * 1024 * 1024 }; /* beside the cache: less would turn everybody away */

/* Of all tenants together. */
static bool memory_suffices(const struct serving *s, struct err *err)
{
	const struct options *opt = s->opt;
	bool in_memory = strcmp(opt->cache, "memory") == 0, off = strcmp(opt->cache, "off") == 0;
	uint64_t cache = 0, rendered = 0;

	for (size_t i = 0; !off && i < tenants_count(s->tenants); i++) {
		const struct options *of = service_options(tenants_service(s->tenants, i));

		cache += in_memory ? of->cache_bytes : of->near_bytes;
		rendered += of->rendered_bytes;
	}
	if (!opt->memory || opt->memory >= cache + rendered + MEMORY_LEAST)
		return true;
	return err_set(err, ERR_CONFIG, "memory",
		       "%llu bytes are too few: %llu (%s), %llu (--rendered-bytes) and %d for the rest",
		       (unsigned long long)opt->memory, (unsigned long long)cache,
		       in_memory ? "--cache-bytes" : "--near-bytes", (unsigned long long)rendered, MEMORY_LEAST);
}

static bool files_ready(struct serving *s, struct err *err)
{
	uint32_t others = (uint32_t)tenants_count(s->tenants) - 1; /* each with lanes, streams and a near level */
	struct files_need need = { .connections = (uint32_t)s->opt->connections,
				   .streams = (uint32_t)s->opt->streams,
				   .loops = ((uint32_t)s->opt->loops + 1) * (1 + others) + 3 * others };
	bool good;

	for (size_t i = 0; i <= others; i++) {
		const struct world *world = service_world(tenants_service(s->tenants, i));

		for (size_t k = 0; k < world->cat->n_sources; k++)
			need.pooled += world->cat->sources[k].pool;
		world_unref(&world);
	}
	good = files_prepare(&need, &s->connections, &s->n_streams, err);
	if (good && (s->connections < need.connections || s->n_streams < need.streams))
		log_event(LOG_WARN, "fewer_connections", LOG_NUM("connections", s->connections),
			  LOG_NUM("streams", s->n_streams),
			  LOG_CSTR("text", "the limit of open files leaves no room for more; raise it (LimitNOFILE= of "
					   "systemd, ulimit -n)"));
	return good;
}

static void announce(struct serving *s)
{
	struct service *single = tenants_single(s->tenants);

	fprintf(stderr, "federator: listening on %s%s%s%s, ", !s->at.port ? "" : s->tls ? "https://" : "http://",
		s->at.address, s->admin_at.address[0] ? ", admin " : "", s->admin_at.address);
	if (single) {
		const struct world *world = service_world(single);

		fprintf(stderr, "mapping %s revision %s\n", s->opt->map, world->cat->revision);
		world_unref(&world);
	} else {
		fprintf(stderr, "tenants of %s: %zu\n", s->opt->tenants, tenants_count(s->tenants));
	}
	if (access_is_guarded(s->access) && !s->audit)
		log_event(LOG_WARN, "nothing_recorded",
			  LOG_CSTR("text", "nobody will be able to say who saw what of whom; give --audit"));
	if (!access_is_guarded(s->access))
		log_event(LOG_WARN, "nobody_authenticated",
			  LOG_CSTR("text", "every program on this machine that reaches the address sees customers as "
					   "the role of --role; give --keys or --jwks"));
}

static void reload(struct serving *s)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	struct err err;
	bool done;

	notify_send("RELOADING=1");
	access_reread(s->access);
	done = tenants_reload(s->tenants, TENANTS_MOST, ds, &err);
	notify_send("READY=1");
	message_findings(ds);
	if (s->tls && !tls_reload(s->tls, &err)) {
		message_err(&err);
		message_error("the service runs on with the certificate it had");
	}
	if (!done)
		message_error("what has errors was not loaded: the service runs on with the mapping it had");
}

/* Meanwhile systemd hears, when it wants to, that the loops come round. */
static int next_signal(struct serving *s, const sigset_t *set)
{
	uint64_t every_us = notify_watchdog_us();
	struct timespec every = clock_timespec(every_us);
	int got = 0;

	if (!every_us)
		return sigwait(set, &got) == 0 ? got : -1;
	while ((got = sigtimedwait(set, NULL, &every)) < 0 && (errno == EAGAIN || errno == EINTR))
		if (server_alive(s->server))
			notify_send("WATCHDOG=1");
	return got;
}

static void wait_for_end(struct serving *s, const sigset_t *set)
{
	int got;

	while ((got = next_signal(s, set)) == SIGHUP)
		reload(s);
	notify_send("STOPPING=1");
	log_event(LOG_INFO, "stopping", LOG_NUM("signal", got));
}

/* A disk that hangs holds nobody up who stops us. */
static void record_finish(const struct serving *s, struct deadline due)
{
	if (!s->audit || audit_finish(s->audit, due))
		return;
	log_event(LOG_ERROR, "stopped_with_hung_record",
		  LOG_CSTR("text", "the disk of --audit did not take the last records, nor that of the end"));
	_exit(EXIT_INTERNAL);
}

/* All answers leave first; then the record ends, which no fetch that hangs takes the time of; then the loops run on for
 * late fetches; then lanes, adapters, and last the loops. */
static void serving_end(struct serving *s)
{
	const struct deadline due = deadline_after_ms((uint32_t)s->opt->drain_ms + LATE_MS);
	uint32_t left;

	tenants_drain_streams(s->tenants);
	if (s->server)
		server_drain(s->server, (uint32_t)s->opt->drain_ms);
	if (s->admin)
		server_drain(s->admin, 0);
	listen_close(&s->at);
	listen_close(&s->admin_at);
	tenants_drain(s->tenants);
	record_finish(s, due);
	if (!tenants_wait_idle(s->tenants, deadline_after_ms(LATE_MS))) {
		log_event(LOG_WARN, "stopped_with_fetches");
		_exit(EXIT_OK);
	}
	tenants_stop_following(s->tenants);
	if (s->server)
		server_stop(s->server);
	if (s->admin)
		server_stop(s->admin);
	tenants_stop_streams(s->tenants);
	tls_free(&s->tls); /* it counts with meters of the tenants */
	audit_close(&s->audit);
	left = tenants_close(s->tenants);
	if (left > 0) {
		log_event(LOG_WARN, "stopped_with_hung_workers", LOG_NUM("workers", left));
		_exit(EXIT_OK);
	}
	server_free(&s->server);
	server_free(&s->admin);
	tenants_free(&s->tenants);
	access_close(&s->access);
	log_event(LOG_INFO, "stopped");
}

int serve_run(const struct args *args, void (*ready)(const char *address))
{
	struct serving s = { .at = { .fd = -1 }, .admin_at = { .fd = -1 } };
	struct diags *ds = diags_new(args->mem);
	const struct tenancy *names;
	struct options opt;
	struct err err;
	sigset_t set;
	int code;

	signals_block(&set);
	code = setup_options(args, false, &opt);
	if (code != EXIT_OK)
		return code;
	s.opt = &opt;
	names = tenancy_read(&opt, args->mem, &err);
	s.access = names ? access_open(&opt, names, &err) : NULL;
	if (!s.access)
		return message_err(&err);
	s.tenants = tenants_open(names, ds, &err);
	message_findings(ds);
	if (!s.tenants) {
		access_close(&s.access);
		return message_err(&err);
	}
	if (purge_is_known(&opt, &err) && hosts_are_known(&opt, &err) && contacts_are_known(&s, &err) &&
	    memory_suffices(&s, &err) && files_ready(&s, &err) &&
	    serve_tls_open(&opt, access_is_guarded(s.access), tenants_meters(s.tenants), &s.tls, &err) &&
	    listeners_open(&s, &err) &&
	    serve_audit_open(&opt, tenants_meters(s.tenants), args->mem, &s.audit, &err) && servers_start(&s, &err) &&
	    tenants_follow(s.tenants, &err)) {
		announce(&s);
		notify_send("READY=1");
		if (ready)
			ready(s.at.address);
		wait_for_end(&s, &set);
	} else {
		code = message_err(&err);
	}
	serving_end(&s);
	return code;
}

int command_serve(struct args *args)
{
	return serve_run(args, NULL);
}
