#include "federator/http/front_state.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "federator/http/blunt.h"
#include "federator/http/respond.h"
#include "federator/http/uri.h"

static void call_finish(struct exchange *x, struct reply *reply);
static enum shed call_admit(struct exchange *x);
static void call_part(struct exchange *x, exchange_take *take, void *owner);

static struct call *call_of(struct exchange *x)
{
	return (struct call *)x;
}

/* Refuse what leaves libmicrohttpd no room for an answer. */
static void call_cut(struct call *call, int status, const char *why)
{
	struct wire wire = { .fd = call->link->fd,
			     .session = call->link->secured ? secured_session(call->link->secured) : NULL };

	blunt_answer(&wire, status, "bad-request", why);
	lane_count_public(call->front->conf.lane, METER_RESPONSES + meter_status(status));
	link_cut(call->link);
	call->state = CALL_REFUSED;
}

void *call_begin(void *front, const char *target, struct MHD_Connection *conn)
{
	struct front *f = front;
	struct arena *mem = arena_new();
	struct call *call = arena_new_of(mem, struct call);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	call->front = f;
	call->conn = conn;
	call->link = info ? info->socket_context : NULL;
	call->x = (struct exchange){
		.lane = f->conf.lane,
		.context = f->conf.context,
		.seats = f->conf.seats,
		.access = f->conf.access,
		.hosts = f->conf.hosts,
		.mem = mem,
		.draining = f->draining,
		.begun_us = clock_mono_us(),
		.finish = call_finish,
		.admit = call_admit,
		.part = call_part,
	};
	call->target = str_of(target);
	if (!uri_split(arena_str(mem, call->target), &call->x.path, &call->x.query))
		call->x.path = (struct str){ 0 }; /* refused with the header */
	f->active++;
	lane_count(f->conf.lane, METER_IN_FLIGHT, 1);
	if (call->link) {
		call->link->call = call;
		link_begins(call->link);
		if (call->link->secured)
			call->x.certificate = secured_name(call->link->secured);
		if (call->target.n > HEADER_BYTES_MAX)
			call_cut(call, 414, "the request target is too long");
	}
	f->moved = true;
	f->heads += call->state == CALL_NEW;
	return call;
}

static void call_free(struct call *call)
{
	struct arena *mem = call->x.mem;

	part_tell(call, NULL);
	reply_free(&call->x.reply);
	buf_free(&call->body);
	arena_wipe_free(&mem);
}

void call_completed(void *front, struct MHD_Connection *conn, void **callp,
		    enum MHD_RequestTerminationCode why)
{
	struct front *f = front;
	struct call *call = *callp;

	(void)conn;
	if (!call)
		return;
	*callp = NULL;
	f->moved = true;
	f->heads -= call->state == CALL_NEW;
	call_lost(call);
	record_untaken(call, why == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	f->active--;
	lane_count(f->conf.lane, METER_IN_FLIGHT, -1);
	if (call->link) {
		call->link->call = NULL;
		link_rests(call->link);
	}
	call->completed = true;
	call->conn = NULL;
	if (!call->pending)
		call_free(call);
}

static struct str tenant_of(const struct exchange *x)
{
	return x->lane->service ? str_of(service_options(x->lane->service)->tenant) : STR("");
}

static enum shed call_admit(struct exchange *x)
{
	struct call *call = call_of(x);
	struct front *f = call->front;
	struct admission_now now;
	enum shed shed;

	if (call->link && call->link->spare)
		return SHED_CONNECTIONS;
	now = front_now(f, x->lane->service);
	shed = admission_enter(&f->admission, tenant_of(x), &now);
	call->admitted = shed == SHED_NOT;
	return shed;
}

void call_leave(struct call *call)
{
	if (call->admitted)
		admission_leave(&call->front->admission, tenant_of(&call->x));
	call->admitted = false;
}

/* The handler hands in its reply: inside its own call, later, or after nobody waits for it any more. */
static void call_finish(struct exchange *x, struct reply *reply)
{
	struct call *call = call_of(x);

	assert(call->pending);
	call->pending = false;
	world_unref(&x->world);
	if (call->state == CALL_RUNNING) {
		call_leave(call);
		x->reply = *reply;
		call->state = CALL_READY;
	} else if (call->state == CALL_WAITING) {
		call_heed_no_more(call);
		call_leave(call);
		x->reply = *reply;
		if (record_begin(call))
			call->state = CALL_RECORDING;
		else
			call_go_on(call);
	} else {
		reply_free(reply);
		if (call->completed)
			call_free(call);
	}
}

static_assert(METER_SHEDS == SHED_REASONS - 1, "a reason is counted by itself");

/* Under overload a line for each request would cost more than the requests. */
void call_tell(struct call *call)
{
	enum shed why = call->x.reply.shed ? SHED_QUEUE : call->x.shed;

	lane_count_public(call->x.lane, METER_RESPONSES + meter_status(call->x.reply.status));
	if (why == SHED_NOT) {
		respond_log(&call->x);
		return;
	}
	lane_count_public(call->x.lane, METER_SHED + why - 1);
	admission_tell(&call->front->admission, why, clock_mono_us());
}

/* Inside the handler's own call, later, or after nobody waits for it any more: as its reply. */
static void call_part(struct exchange *x, exchange_take *take, void *owner)
{
	struct call *call = call_of(x);

	assert(call->pending);
	call->take = take;
	call->taker = owner;
	world_unref(&x->world);
	if (call->state == CALL_RUNNING)
		return; /* call_proceed() sees to it */
	call->pending = false;
	call_leave(call);
	if (call->state == CALL_WAITING)
		call_go_on(call);
	else if (call->completed)
		call_free(call);
	else
		part_tell(call, NULL);
}

static enum MHD_Result call_send(struct call *call)
{
	bool close = call->x.close || call->front->draining || (call->link && call->link->spare);
	struct MHD_Response *kept = close ? NULL : repeats_keep(&call->front->repeats, &call->key, &call->x);
	struct MHD_Response *r = kept ? kept : respond_make(&call->x, close);
	enum MHD_Result ok;

	if (!r)
		return MHD_NO;
	call_tell(call);
	call->state = CALL_SENT;
	if (call->link)
		link_answers(call->link, call->x.reply.len);
	ok = MHD_queue_response(call->conn, (unsigned)call->x.reply.status, r);
	if (!kept)
		MHD_destroy_response(r);
	return ok;
}

static size_t header_bytes(const struct call *call)
{
	return MHD_get_connection_info(call->conn, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
}

/* Refuse on the first call: libmicrohttpd then closes the connection, so what follows is never read as a
 * request. */
static enum MHD_Result call_refuse(struct call *call, int status, const char *why)
{
	call_prepare(call);
	call->state = CALL_RUNNING;
	call->pending = true;
	exchange_problem(&call->x, status, status == 413 ? "too-large" : "bad-request", why, NULL);
	return call_send(call);
}

static enum MHD_Result call_header(struct call *call, const char *method, const char *version)
{
	size_t bytes = header_bytes(call);
	const char *why = NULL;
	int status;

	if (call->link && call->link->secured && secured_lapsed(call->link->secured))
		return MHD_NO; /* closes: the next handshake says why */
	if (bytes > HEADER_BYTES_MAX && call->link) {
		call_cut(call, 431, "the header is too long");
		return MHD_NO;
	}
	status = call_head(call, method, version, bytes, &why);
	if (status)
		return call_refuse(call, status, why);
	if (call->link)
		link_asks(call->link);
	return MHD_YES;
}

static enum MHD_Result call_body(struct call *call, const char *upload, size_t *upload_n)
{
	size_t room = BODY_MAX - call->body.len;
	size_t n = *upload_n < room ? *upload_n : room;

	buf_put(&call->body, upload, n);
	call->body_dropped += *upload_n - n;
	*upload_n = 0;
	return call->body_dropped > BODY_DROPPED_MAX ? MHD_NO : MHD_YES;
}

/* The handler has been called. */
static enum MHD_Result call_proceed(struct call *call)
{
	if (call->take && part_now(call))
		return MHD_YES;
	if (call->state == CALL_READY) {
		if (!record_begin(call))
			return call_send(call);
		call_wait(call, CALL_RECORDING);
		return MHD_YES;
	}
	call_wait(call, CALL_WAITING);
	call->front->begun = true;
	return MHD_YES;
}

static enum MHD_Result call_run(struct call *call)
{
	struct exchange *x = &call->x;
	enum MHD_Result ok;

	if (call->link)
		link_waits(call->link);
	x->body = buf_str(&call->body);
	if (again_send(call, &ok))
		return ok;
	call_prepare(call);
	call->state = CALL_RUNNING;
	call->pending = true;
	if (call->body_dropped)
		exchange_problem(x, 413, "too-large", "the body is too large", NULL);
	else
		exchange_run(x, call->front->conf.routes);
	return call_proceed(call);
}

/* The handler waited, and has said who gets the connection. */
static enum MHD_Result call_part_late(struct call *call)
{
	call->state = CALL_RUNNING;
	call->pending = true;
	return call_proceed(call);
}

enum MHD_Result call_step(void *front, struct MHD_Connection *conn, const char *url, const char *method,
			  const char *version, const char *upload, size_t *upload_n, void **callp)
{
	struct call *call = *callp;

	(void)front;
	(void)conn;
	(void)url; /* cut and unescaped by libmicrohttpd; ours is in the exchange */
	call->front->moved |= call->state != CALL_RECORDING;
	switch (call->state) {
	case CALL_NEW:
		call->front->heads--;
		call->state = CALL_BODY;
		return call_header(call, method, version);
	case CALL_REFUSED:
		return MHD_NO;
	case CALL_BODY:
		return *upload_n ? call_body(call, upload, upload_n) : call_run(call);
	case CALL_READY:
		if (call->take)
			return call_part_late(call);
		return call->found ? again_give(call) : call_send(call);
	case CALL_RECORDING:
		call_yield(call);
		return MHD_YES;
	case CALL_RUNNING:
	case CALL_WAITING:
	case CALL_SENT:
		return MHD_YES;
	}
	abort();
}
