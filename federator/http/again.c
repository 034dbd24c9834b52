/* again.c - requests that get the answer of a moment ago. */
#include "federator/flow/repeat.h"
#include "federator/http/front_state.h"
#include "federator/http/quota.h"

/* The answer is the connection's as any other. */
static enum MHD_Result give(struct call *call, const struct repeated *found, uint64_t now_us)
{
	uint64_t took_us = now_us - call->x.begun_us;

	lane_count_public(call->x.lane, METER_RESPONSES + meter_status(found->status));
	if (found->access)
		lane_count_public(call->x.lane, METER_AUTH + found->caller.proof);
	repeat_count(found->repeat, found->status, took_us);
	log_formed(found->level, found->before, (int64_t)took_us, found->after);
	call->state = CALL_SENT;
	if (call->link)
		link_answers(call->link, found->len);
	return MHD_queue_response(call->conn, (unsigned)found->status, found->response);
}

enum MHD_Result again_give(struct call *call)
{
	enum MHD_Result ok = give(call, call->found, clock_mono_us());

	repeats_let_go(&call->found);
	return ok;
}

void again_drop(struct call *call)
{
	if (!call->found)
		return;
	call_prepare(call);
	repeats_let_go(&call->found);
}

bool again_send(struct call *call, enum MHD_Result *ok_out)
{
	struct front *f = call->front;
	struct repeated *found;
	uint64_t now_us;

	if (f->draining || call->body_dropped || (call->link && call->link->spare))
		return false;
	call->key = repeats_key(&call->x, (struct str){ call->x.path.p, call->target.n });
	now_us = clock_mono_us();
	found = repeats_find(&f->repeats, &call->key, now_us, &call->x.again);
	if (found)
		exchange_seat(&call->x, found->caller.tenant);
	if (!found || !quota_take_again(call->x.lane, &found->caller, now_us) ||
	    (call->x.lane->audit && !record_again(call, found)))
		return false;
	*ok_out = MHD_YES;
	if (call->found)
		call_wait(call, CALL_RECORDING);
	else
		*ok_out = give(call, found, now_us);
	return true;
}
