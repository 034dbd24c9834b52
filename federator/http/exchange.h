/* exchange.h - one HTTP request and its answer, as handlers see it: no libmicrohttpd in here. It lives on one
 * loop; everything is called on that loop's thread. */
#ifndef FEDERATOR_HTTP_EXCHANGE_H
#define FEDERATOR_HTTP_EXCHANGE_H

#include "federator/access/access.h"
#include "federator/http/admission.h"
#include "federator/http/headers.h"
#include "federator/http/route.h"

struct wire;

/* Gets the client's connection, which is its own from now on; NULL: there is none to be had, and the client, if it is
 * still there, is told so. Once, on the exchange's loop. */
typedef void exchange_take(void *owner, const struct wire *wire);

/* What the requests of one tenant are worked on with. */
struct seat {
	struct lane *lane;
	void *context; /* what its handlers share */
};

struct exchange {
	struct lane *lane;      /* of the tenant; without a service before it is known whose the request is */
	void *context;          /* of the server: what its handlers share */
	const struct seat *seats; /* by the place of the tenant; NULL: all have lane and context in common */
	struct arena *mem;      /* wiped when the exchange ends */
	const char *method;     /* "HEAD" is handled as "GET" by its route */
	struct str path, query; /* raw; query is the NULL view without `?` */
	struct headers headers;
	const struct routes *routes;     /* of the listener */
	const struct route *route;       /* NULL: none was found */
	struct str args[ROUTE_ARGS_MAX]; /* of the route's pattern, decoded */
	struct str body;
	const char *hosts;               /* names that a browser may ask by, beside loopback's; NULL: any */
	struct access *access;           /* tells who asks; NULL: it is everybody */
	struct limits_state quota;       /* what is left of the caller's requests */
	struct caller caller;            /* who asks */
	const char *address;             /* of the client, if a record is kept; else "" */
	struct access_pass pass;         /* for how long that holds */
	struct str certificate; /* the name on the client's, which --client-ca vouches for; NULL view: none */
	enum format format; /* of answers and problems */
	bool acceptable;    /* Accept allows JSON or XML */
	char request_id[65];
	bool draining; /* the process is about to end */
	bool heeds_hangup; /* the handler wants to know when nobody waits any more, and whether its answer was taken */
	bool hung_up;      /* then: the client closed its side while it waited */
	bool again;    /* the very same was asked within the last second */
	bool close;    /* the connection, after the reply: what follows on it is not trusted */
	uint64_t begun_us;

	const struct world *world; /* by which the question was read, until it is asked; NULL: by none */
	struct str unmask, reason;     /* the classes that are to be seen in the clear, and why; NULL views: none */
	struct reply reply;            /* what is sent */
	struct str about;              /* of a request that is no view: the sealed id that it names, for the record */
	bool is_view;                  /* the reply is a flow's: tell about cache and timing */
	enum shed shed;                /* turned away */
	char allow[ROUTE_ALLOW_BYTES]; /* with 405 */
	const char *challenge;         /* value of WWW-Authenticate, or NULL */
	enum shed (*admit)(struct exchange *x); /* the front's: may it be worked on? */
	void (*finish)(struct exchange *x, struct reply *reply); /* the front's: takes over reply->body */
	void (*part)(struct exchange *x, exchange_take *take, void *owner); /* the front's */
};

/* Hand in the answer, once per exchange, at once or later. Takes over reply->body. */
void exchange_reply(struct exchange *x, struct reply *reply) NONNULL(1, 2);
/* The same with the bytes of `body`, which is emptied. */
void exchange_bytes(struct exchange *x, int status, const char *content_type, struct buf *body)
	NONNULL(1, 3, 4);
/* The same with a problem document in the exchange's format. `suggestion` may be NULL. */
void exchange_problem(struct exchange *x, int status, const char *type, const char *detail,
		      const char *suggestion) NONNULL(1, 3, 4);
/* The same with 503: the client may come again in a second. */
void exchange_busy(struct exchange *x, const char *type, const char *detail, const char *suggestion)
	NONNULL(1, 2, 3);
/* It is this tenant's from now on. */
void exchange_seat(struct exchange *x, size_t tenant) NONNULL(1);
/* Find the route and run its handler, which hands in the answer. */
void exchange_run(struct exchange *x, const struct routes *routes) NONNULL(1, 2);
/* Instead of an answer, at once or later: part with the connection. Whoever takes it answers, header and all, and
 * ends it; what the client sent behind its request is lost. */
void exchange_part(struct exchange *x, exchange_take *take, void *owner) NONNULL(1, 2);
/* The reason phrase of a status that we use. */
const char *exchange_title(int status) __attribute__((returns_nonnull));

#endif
