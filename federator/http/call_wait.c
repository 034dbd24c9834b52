/* call_wait.c - requests whose connections are suspended: for their handlers, or for their records. */
#include "federator/http/front_state.h"

#include <assert.h>
#include <sys/epoll.h>

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
	MHD_suspend_connection(call->conn);
}

void call_go_on(struct call *call)
{
	call_heed_no_more(call);
	*call->prev_next = call->next;
	if (call->next)
		call->next->prev_next = call->prev_next;
	call->state = CALL_READY;
	MHD_resume_connection(call->conn);
	call->front->run = true;
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
