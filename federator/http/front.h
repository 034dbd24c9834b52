/* front.h - one libmicrohttpd daemon on one event loop. libmicrohttpd 0.9.75 has rules of its own that are
 * kept here: a response is queued on the second handler call (on the first only to refuse, which closes the
 * connection); a resumed connection needs the daemon to be run; a daemon must never be stopped with suspended
 * connections; daemons on one socket are all quiesced before it is closed once; its time-out is for idle
 * connections only. Everything is called on the loop's thread, front_open() before the loop runs. */
#ifndef FEDERATOR_HTTP_FRONT_H
#define FEDERATOR_HTTP_FRONT_H

#include "federator/http/link.h"
#include "federator/http/route.h"
#include "federator/service.h"

struct front; /* opaque */
struct seat;  /* exchange.h */
struct tls;

struct front_conf {
	const struct routes *routes;
	void *context; /* for the handlers */
	struct access *access; /* tells who asks; NULL: it is everybody */
	const char *hosts; /* names that a browser may ask by (host.h); must live as long; NULL: any */
	struct lane *lane; /* everybody's; with seats it has no service */
	const struct seat *seats; /* by the place of the tenant; must live as long; NULL: there is one tenant */
	size_t n_seats;
	int fd;                       /* listening; shared with other fronts, not closed by this one */
	struct tls *tls;              /* NULL: none */
	uint32_t connections;         /* at most, but for a few that only hear about health */
	struct patience patience;     /* zeroed: the usual one */
	uint32_t requests;            /* in flight at most; 0: a share of the room at the sources */
	uint32_t shares;              /* fronts that share it */
	void (*stopped)(void *owner); /* called once after front_drain() */
	void *owner;
};

/* Start answering. The caller owns the result: end it with front_free(). */
struct front *front_open(const struct front_conf *conf, struct err *err) MUST_CHECK NONNULL(1, 2);
/* Accept no more connections; once all fronts of a socket did so it can be closed. */
void front_quiesce(struct front *f) NONNULL(1);
/* Finish: requests in flight get `drain_ms`, later ones 503; then the daemon is stopped and stopped() called.
 * The front must be quiesced. */
void front_drain(struct front *f, uint32_t drain_ms) NONNULL(1);
/* End a front that is stopped, or that never ran. Accepts NULL inside; sets *f to NULL. */
void front_free(struct front **f) NONNULL(1);

#endif
