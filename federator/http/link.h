/* link.h - connections of a front: libmicrohttpd bounds only their silence, so header, body and answer have absolute
 * deadlines here; and when there are too many, those on which nobody waits for an answer make room. On the front's
 * loop. */
#ifndef FEDERATOR_HTTP_LINK_H
#define FEDERATOR_HTTP_LINK_H

#include <microhttpd.h>

#include "base/loop.h"
#include "federator/access/caller.h"
#include "federator/http/secured.h"

struct call;
struct front;

/* How long a client may take. */
struct patience {
	uint32_t young_ms;  /* before it is cut to make room, without having asked anything */
	uint32_t header_ms; /* from the connection or its first byte to the end of the header */
	uint32_t body_ms;
	uint32_t answer_ms; /* to read the answer, and longer by what it takes at the least speed */
	uint32_t bytes_per_ms;
};

/* Links on which nobody waits for an answer, the one that waits longest first. */
struct link_list {
	struct link *first, **end;
};

struct link {
	struct loop_timer timer; /* looks whether it is due */
	struct deadline due;     /* then the connection is cut; none: nothing is expected of the client */
	bool late;           /* it was due when the timer looked last */
	struct front *front;
	int fd;
	struct secured *secured; /* its TLS session; NULL: none */
	char address[CALLER_ADDRESS_BYTES]; /* of the client; "": nobody asked for it yet */
	uint64_t begun_us;
	struct call *call; /* begun and not completed */
	bool proven;       /* a whole header came on it once */
	bool spare;        /* beyond the limit: only what is always answered is answered, and it is closed */
	struct link_list *list;
	struct link *next, **at; /* in it */
};

/* libmicrohttpd's callback for the begin and the end of a connection: makes and frees its link. */
void link_notify(void *front, struct MHD_Connection *conn, void **link, enum MHD_ConnectionNotificationCode code);
/* Its first line has come, the rest of the header must follow. */
void link_begins(struct link *link) NONNULL(1);
/* The header is complete: it is not cut to make room any more, and the body must follow. */
void link_asks(struct link *link) NONNULL(1);
/* The request is complete: the client waits for us. */
void link_waits(struct link *link) NONNULL(1);
/* An answer of `bytes` is on its way. */
void link_answers(struct link *link, size_t bytes) NONNULL(1);
/* The request is over, the next may come. */
void link_rests(struct link *link) NONNULL(1);
/* The client's address, without its port; "unix" of a unix socket. `link` may be NULL: "". */
const char *link_address(struct link *link) __attribute__((returns_nonnull));
/* End the connection now. */
void link_cut(struct link *link) NONNULL(1);
/* Cut the connection that can be spared best: one that has had time and never asked anything, else the one idle for
 * longest. False: there is none. */
bool link_make_room(struct front *f) NONNULL(1);

#endif
