/* server.h - event loops on threads of their own, each with a front, behind one listening socket. */
#ifndef FEDERATOR_HTTP_SERVER_H
#define FEDERATOR_HTTP_SERVER_H

#include "federator/http/listen.h"
#include "federator/http/route.h"
#include "federator/service.h"

struct server; /* opaque */
struct tls;

struct audit;

/* A tenant, as its service and what its handlers share. */
struct server_tenant {
	struct service *service;
	void *context;
};

struct server_conf {
	struct service *service; /* everybody's; NULL with tenants */
	struct audit *audit; /* where answers go on record; NULL: nowhere */
	const struct routes *routes;
	void *context;    /* for the handlers */
	const struct server_tenant *tenants; /* by place; NULL: there is one */
	size_t n_tenants;
	struct counters *meters; /* with tenants: of what is nobody's yet, enum meter */
	struct access *access; /* tells who asks; NULL: it is everybody */
	const char *hosts; /* names that a browser may ask by (host.h); must live as long; NULL: any */
	const char *name; /* of the threads, at most 12 characters */
	enum entrance entrance;
	struct tls *tls; /* NULL: none */
	uint32_t loops;
	uint32_t connections; /* at most, over all loops */
	uint32_t requests;    /* in flight at most, over all loops; 0: as many as the sources have room for */
};

/* Start; the socket of `at` is taken over. The caller owns the result: drain it, stop it, close the service,
 * and end it with server_free(). */
struct server *server_start(const struct server_conf *conf, struct listener *at, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3);
/* Have all loops come round since the last call? (The first one only asks.) For a watchdog; one thread. */
bool server_alive(struct server *s) NONNULL(1);
/* Stop accepting and answer what is in flight, up to `drain_ms`; returns when the last connection is closed.
 * The loops run on for fetches that are still under way. */
void server_drain(struct server *s, uint32_t drain_ms) NONNULL(1);
/* End the threads and lanes of a drained server; no request may hold a mapping set (service_wait_idle). What
 * is left are the loops, because a worker of an adapter may still be about to wake one: close the service
 * next. */
void server_stop(struct server *s) NONNULL(1);
/* Free a stopped server, after service_close(), or one whose start failed. Accepts NULL inside; sets *s to
 * NULL. */
void server_free(struct server **s) NONNULL(1);

#endif
