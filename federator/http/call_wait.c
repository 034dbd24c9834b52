/* call_wait.c - requests that wait for their handlers or for their records. */
#include "federator/http/front_state.h"

#include <assert.h>
#include <sys/epoll.h>

enum { POLLED_MOST = 256 };

/* libmicrohttpd does not look at a connection that is suspended. A client that closes only its sending side is taken
 * for one that has gone: what tells them apart is only known when something is sent. */
static void on_hangup(struct loop_fd *w, uint32_t events)
{
	struct call *call = CONTAINER_OF(w, struct call, hangup);

	(void)events;
	call->x.hung_up = true;
	call_heed_no_more(call);
}

/* Where it cannot be watched, the handler works on. */
static void heed(struct call *call)
{
	struct err err;

	call->hangup = (struct loop_fd){ .fd = call->link->fd, .ready = on_hangup };
	call->watched = loop_watch(call->front->loop, &call->hangup, EPOLLRDHUP, &err);
}

void call_heed_no_more(struct call *call)
{
	if (call->watched)
		loop_unwatch(call->front->loop, &call->hangup);
	call->watched = false;
}

/* A record takes less than a millisecond. To suspend and resume a connection costs two calls of epoll_ctl(), a read
 * that finds nothing and a walk along all that are suspended: more than half of what the request costs besides. A
 * handler that gives no answer is called again whenever the daemon is run (0.9.75: connection.c, FULL_REQ_RECEIVED),
 * which is for us to say. With TLS there is more that the daemon may want to be run for, and so there is while a header
 * is read, by 128 bytes beyond the first 4 KiB: of neither we are told. */
static bool may_be_polled(const struct front *f, enum call_state why)
{
	return why == CALL_RECORDING && !f->conf.tls && !f->heads && f->polled < POLLED_MOST;
}

bool call_only_polled(const struct front *f)
{
	return f->polled && !f->moved && !f->moved_before;
}

void call_wait(struct call *call, enum call_state why)
{
	struct front *f = call->front;

	call->state = why;
	call->next = f->waiting;
	call->prev_next = &f->waiting;
	if (f->waiting)
		f->waiting->prev_next = &call->next;
	f->waiting = call;
	if (why == CALL_WAITING && call->x.heeds_hangup && call->link)
		heed(call);
	call->polled = may_be_polled(f, why);
	if (call->polled)
		f->polled++;
	else
		MHD_suspend_connection(call->conn);
}

void call_yield(struct call *call)
{
	if (!call->polled || !call->front->heads)
		return;
	call->polled = false;
	call->front->polled--;
	MHD_suspend_connection(call->conn);
}

static void unlist(struct call *call)
{
	*call->prev_next = call->next;
	if (call->next)
		call->next->prev_next = call->prev_next;
	if (call->polled)
		call->front->polled--;
}

void call_go_on(struct call *call)
{
	call_heed_no_more(call);
	unlist(call);
	call->state = CALL_READY;
	if (!call->polled)
		MHD_resume_connection(call->conn);
	call->front->run = true;
}

/* Only who is polled may be: of others libmicrohttpd hears when they are resumed. */
void call_lost(struct call *call)
{
	if (call->state != CALL_RECORDING)
		return;
	audit_forget(call->x.lane->audit, &call->ticket);
	if (call->found)
		repeats_let_go(&call->found);
	unlist(call);
	call->state = CALL_READY;
}

void call_recorded(struct call *call)
{
	assert(call->state == CALL_RECORDING);
	call_go_on(call);
}

void call_abandon_all(struct front *f)
{
	while (f->waiting) {
		struct call *call = f->waiting;
		struct reply *reply = &call->x.reply;

		if (call->state == CALL_RECORDING)
			audit_forget(call->x.lane->audit, &call->ticket);
		again_drop(call);
		call_leave(call);
		reply_free(reply);
		*reply = (struct reply){ 0 };
		problem_reply(reply, call->x.format, 503, "stopping", exchange_title(503),
			      "the service is stopping", NULL);
		call_go_on(call);
	}
}
