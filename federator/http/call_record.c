/* call_record.c - answers wait until their records are durable. */
#include "federator/audit/text.h"
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
	struct exchange *x = &call->x;

	again_drop(call);
	reply_free(&x->reply);
	recording_refuse(&x->reply, x->format);
	x->is_view = false;
}

enum { STRANGERS_A_SECOND = 10, SECOND_US = 1000000 };

static bool is_stranger(const struct exchange *x)
{
	return x->reply.status == 401 && !x->caller.client[0];
}

/* Who asks without a credential again and again shall not fill the disk of those who have one: a second has room for
 * some, and the next one says how many were left out. */
static bool stranger_fits(struct strangers *s)
{
	uint64_t second = clock_mono_us() / SECOND_US;

	if (second != s->second)
		*s = (struct strangers){ .second = second, .left_out = s->left_out };
	if (s->n == STRANGERS_A_SECOND) {
		s->left_out++;
		return false;
	}
	s->n++;
	return true;
}

static void stranger_put(const struct strangers *s, struct buf *out)
{
	if (s->left_out)
		audit_put_number("left_out", s->left_out, out);
}

bool record_begin(struct call *call)
{
	SCOPED(buf_free) struct buf text = { 0 };
	struct exchange *x = &call->x;

	if (!recording_wanted(x) || (is_stranger(x) && !stranger_fits(&call->front->strangers)))
		return false;
	buf_reserve(&text, 1024);
	recording_put(x, &text);
	recording_put_address(link_address(call->link), &text);
	if (is_stranger(x))
		stranger_put(&call->front->strangers, &text);
	if (!hand_in(call, buf_str(&text))) {
		record_refuse(call);
		return false;
	}
	if (is_stranger(x))
		call->front->strangers.left_out = 0;
	return true;
}

void record_strangers(struct front *f)
{
	struct audit_port *port = f->conf.lane->audit;
	SCOPED(buf_free) struct buf text = { 0 };
	struct audit_ticket ticket;

	if (!port || !f->strangers.left_out)
		return;
	recording_put_strangers(f->conf.lane, f->strangers.left_out, &text);
	if (audit_hand_in(port, buf_str(&text), lane_wall_ms(f->conf.lane), &ticket))
		audit_forget(port, &ticket); /* nobody waits for it */
	f->strangers.left_out = 0;
}

/* What went into the socket counts as taken. */
static bool is_untaken(const struct call *call, bool sent)
{
	const struct exchange *x = &call->x;

	return x->heeds_hangup && (x->hung_up || !sent) && x->reply.status == 200 && recording_wanted(x) &&
	       (call->state == CALL_READY || call->state == CALL_SENT);
}

void record_untaken(struct call *call, bool sent)
{
	SCOPED(buf_free) struct buf text = { 0 };

	if (!is_untaken(call, sent))
		return;
	recording_put_untaken(&call->x, &text);
	recording_put_address(link_address(call->link), &text);
	if (!hand_in(call, buf_str(&text)))
		return; /* it is counted, and audit_failed is in the log */
	audit_forget(call->x.lane->audit, &call->ticket);
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
