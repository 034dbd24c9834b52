/* front_state.h - the inside of a front, for front.c (the daemon), link.c (its connections) and call.c (its requests)
 * only. */
#ifndef FEDERATOR_HTTP_FRONT_STATE_H
#define FEDERATOR_HTTP_FRONT_STATE_H

#include <microhttpd.h>

#include "base/loop.h"
#include "federator/audit/audit.h"
#include "federator/footprint.h"
#include "federator/http/dearth.h"
#include "federator/http/exchange.h"
#include "federator/http/front.h"
#include "federator/http/link.h"
#include "federator/http/repeats.h"
#include "federator/http/wire.h"

enum {
	BODY_MAX = 64 * 1024,
	BODY_DROPPED_MAX = 1024 * 1024, /* beyond it; then the connection is cut */
	IDLE_S = 60, /* libmicrohttpd's: no byte moved */
	/* Beyond that its 8 KiB have no room for the header of an answer, and it sends none. */
	HEADER_BYTES_MAX = 6 * 1024,
};

enum call_state {
	CALL_NEW,     /* the request line came */
	CALL_BODY,    /* the header is here */
	CALL_RUNNING, /* inside the handler */
	CALL_WAITING, /* suspended: for the handler */
	CALL_RECORDING, /* suspended or polled: the reply is there, its record is not durable */
	CALL_READY,   /* the reply is there, or somebody who takes the connection */
	CALL_SENT,
	CALL_REFUSED, /* past libmicrohttpd: the connection is cut, or somebody else's */
};

/* One request of a connection. The exchange is first: a struct exchange * of ours is the call. */
struct call {
	struct exchange x;
	struct front *front;
	struct MHD_Connection *conn; /* not after libmicrohttpd completed the request */
	struct link *link;
	struct str target; /* in the buffer of libmicrohttpd, until the header was taken */
	struct loop_fd hangup; /* watched while the handler waits, if it heeds that */
	bool watched;
	struct audit_ticket ticket; /* of its record */
	struct repeated *found; /* the answer to give again, once its record is durable; NULL: x.reply */
	struct repeats_key key; /* zeroed: of nothing that may be kept */
	enum call_state state;
	bool polled;    /* not suspended: the handler is called each time libmicrohttpd is run */
	bool admitted;  /* counted in front->admission */
	bool pending;   /* the handler still owes a reply */
	bool completed; /* libmicrohttpd is through with it */
	exchange_take *take; /* who gets the connection instead of an answer, and is told once: part.c */
	void *taker;
	struct buf body;
	size_t body_dropped;            /* bytes beyond BODY_MAX */
	struct call *next, **prev_next; /* in front->waiting while suspended or polled */
};

/* Denials of those of whom nothing is known, on this front. */
struct strangers {
	uint64_t second; /* of clock_mono_us() */
	uint32_t n;      /* on record in it */
	uint32_t left_out; /* since the last one that is on record */
};

struct front {
	struct front_conf conf;
	struct MHD_Daemon *daemon; /* NULL: stopped */
	int nobody; /* a socket without a peer, in place of those that were given away; 0: not made yet */
	struct loop *loop;
	struct loop_fd watch; /* the daemon's epoll */
	struct loop_turn turn;
	struct loop_timer wake; /* the daemon's own time-outs, and the steps of draining */
	bool run;               /* the daemon has to be run before sleeping */
	struct secured_all secured;
	bool begun;             /* a handler began to wait in this turn: others may have to flush */
	size_t connections;
	struct link_list fresh, idle; /* never asked anything; asked before */
	size_t active; /* requests from their first line to their completion */
	struct call *waiting;
	uint32_t polled; /* of those */
	bool moved; /* a request came, went on or ended when the daemon was run last */
	bool moved_before; /* the same of the run before: answers go out in a run of which nobody tells */
	uint32_t heads; /* requests whose first line is here, and not yet their whole header */
	struct admission admission;
	uint32_t cuts; /* of late clients in this turn */
	struct dearth dearth;
	struct footprint footprint;
	struct repeats repeats;
	struct strangers strangers;
	bool quiesced;
	bool draining;
	struct deadline linger;  /* idle connections are closed from then on */
	struct deadline abandon; /* waiting requests are answered with 503 from then on */
};

/* libmicrohttpd's callback for the first line of a request: begins the call. */
void *call_begin(void *front, const char *target, struct MHD_Connection *conn);
/* Its handler: called for the header, for pieces of the body, at the end of it, and after a resume. */
enum MHD_Result call_step(void *front, struct MHD_Connection *conn, const char *url, const char *method,
			  const char *version, const char *upload, size_t *upload_n, void **call);
/* Its callback for the end of a request, however it came: ends the call. */
void call_completed(void *front, struct MHD_Connection *conn, void **call,
		    enum MHD_RequestTerminationCode why);
/* It is worked on no more, and not among those that are admitted. */
void call_leave(struct call *call) NONNULL(1);
/* Count its answer, and write it to the log. */
void call_tell(struct call *call) NONNULL(1);

/* again.c - requests that get the answer of a moment ago */

/* Answer a request whose header and body are here, if that may be; *ok_out is libmicrohttpd's word then. Admitted are
 * all: to turn one away would cost more. Sets the call's key. */
bool again_send(struct call *call, enum MHD_Result *ok_out) MUST_CHECK NONNULL(1, 2);

/* call_head.c - what the head of a request says */

/* Read it into the exchange; it has so many `bytes`. Returns 0, or the status to refuse it with: *why_out says why. */
int call_head(struct call *call, const char *method, const char *version, size_t bytes, const char **why_out) MUST_CHECK
	NONNULL(1, 2, 3, 5);
/* What it says to all handlers, and to refusals. */
void call_prepare(struct call *call) NONNULL(1);

/* Give the answer that call->found is, whose record is durable. */
enum MHD_Result again_give(struct call *call) NONNULL(1);
/* It gets another answer than call->found, if it was to get that one. */
void again_drop(struct call *call) NONNULL(1);

/* call_record.c - answers wait until their records are durable */

/* Hand in the record of the reply of the exchange. True: call_recorded() is to come. False: there is none to be, or
 * none is taken, and the reply says so now. */
bool record_begin(struct call *call) MUST_CHECK NONNULL(1);
/* The same of an answer that is given again, which becomes call->found. False: it is not taken. */
bool record_again(struct call *call, struct repeated *found) MUST_CHECK NONNULL(1, 2);
/* At the end: one record for the strangers whom none has taken. */
void record_strangers(struct front *f) NONNULL(1);
/* The reply is now that nothing can be recorded. */
void record_refuse(struct call *call) NONNULL(1);

/* The request is over: when the client did not take the whole of an answer of which that matters, that goes on record,
 * too. `sent`: all of it went into the socket. */
void record_untaken(struct call *call, bool sent) NONNULL(1);

/* call_wait.c - requests that wait for their handlers, or for their records */

/* It waits: CALL_WAITING, or CALL_RECORDING when its record was handed in. Inside libmicrohttpd's handler. */
void call_wait(struct call *call, enum call_state why) NONNULL(1);
/* Suspend it after all, if it is polled and the daemon has a header to read. Inside libmicrohttpd's handler. */
void call_yield(struct call *call) NONNULL(1);
/* libmicrohttpd ended its connection. Nothing, unless it waited. */
void call_lost(struct call *call) NONNULL(1);
/* Is every request that the daemon wants to be run for one that waits for its record? */
bool call_only_polled(const struct front *f) NONNULL(1);
/* The handler waits for nothing more. */
void call_heed_no_more(struct call *call) NONNULL(1);
/* The reply is there, and may be sent. */
void call_go_on(struct call *call) NONNULL(1);
/* The record that it waits for is told of, and the reply may be sent. */
void call_recorded(struct call *call) NONNULL(1);
/* Answer all waiting requests with 503; what their handlers hand in later is thrown away. */
void call_abandon_all(struct front *f) NONNULL(1);

/* share.c */

/* How things stand when a request of the tenant of `svc` comes; NULL: of nobody's. */
struct admission_now front_now(struct front *f, const struct service *svc) NONNULL(1);

/* part.c - connections that libmicrohttpd has to forget */

/* Tell whoever is to have the connection, unless that is done: it has the wire, or NULL. */
void part_tell(struct call *call, const struct wire *wire) NONNULL(1);
/* Give it the connection, and let libmicrohttpd end what is left of that. Inside its handler, with a handler that owes
 * a reply. False: it cannot be, and the answer is in the call. */
bool part_now(struct call *call) MUST_CHECK NONNULL(1);

#endif
