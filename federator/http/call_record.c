/* call_record.c - answers wait until their records are durable. */
#include "federator/http/front_state.h"
#include "federator/http/recording.h"

static void told(struct audit_ticket *ticket, bool durable)
{
	struct call *call = CONTAINER_OF(ticket, struct call, ticket);

	if (!durable)
		record_refuse(call);
	call_recorded(call);
}

static bool hand_in(struct call *call, struct str text)
{
	call->ticket.told = told;
	return audit_hand_in(call->x.lane->audit, text, lane_wall_ms(call->x.lane), &call->ticket);
}

void record_refuse(struct call *call)
{
	struct reply reply = { .retry_after_s = 1 };
	struct exchange *x = &call->x;

	if (call->found) {
		call_prepare(call);
		repeats_let_go(&call->found);
	}
	problem_reply(&reply, x->format, 503, "audit-unavailable", exchange_title(503),
		      "what is shown must go on record, and no record can be written", "ask again in a moment");
	reply_free(&x->reply);
	x->reply = reply;
	x->is_view = false;
}

bool record_begin(struct call *call)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct exchange *x = &call->x;

	if (!recording_wanted(x))
		return false;
	buf_reserve(&text, 1024);
	recording_put(x, &text);
	recording_put_address(link_address(call->link), &text);
	if (hand_in(call, buf_str(&text)))
		return true;
	record_refuse(call);
	return false;
}

bool record_again(struct call *call, struct repeated *found)
{
	SCOPED(buf_free) struct buf text = { 0 };

	buf_reserve(&text, found->record.n + 64);
	buf_put_str(&text, found->record);
	recording_put_address(link_address(call->link), &text);
	if (!hand_in(call, buf_str(&text)))
		return false;
	call->found = repeats_hold(found);
	return true;
}
