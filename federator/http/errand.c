/* errand.c - what handlers hand to the loop of streams: clients that listen, pops, questions ahead of calls. */
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "federator/audit/text.h"
#include "federator/http/blunt.h"
#include "federator/http/recording.h"
#include "federator/http/streams_state.h"

/* Something handed to the loop of streams, and back when its exchange waits for an answer. */
struct errand {
	struct loop_post post;
	struct streams *all;
	void (*run)(struct errand *e); /* on the loop of streams */
	struct exchange *x;            /* NULL: it parted with its connection */
	struct wire wire;              /* then */
	char request_id[65], agent[AGENT_BYTES], last[65];
	struct caller caller;
	struct access_pass pass;
	const char *operation; /* the pattern of its route */
	struct audit_ticket ticket;
	struct buf bytes; /* pops; a question of onsite.c */
	bool onsite;
	size_t n;         /* of them */
	enum shed shed;   /* the answer */
	size_t listening;
	struct str more; /* of the answer; in the exchange's arena */
};

static void errand_free(struct errand *e)
{
	buf_free(&e->bytes);
	free(e);
}

static void errand_arrives(struct loop_post *p)
{
	struct errand *e = CONTAINER_OF(p, struct errand, post);

	e->run(e);
}

static struct errand *errand_new(struct streams *s, struct exchange *x, void (*run)(struct errand *e))
{
	struct errand *e = memory_new(sizeof(*e));

	e->all = s;
	e->x = x;
	e->caller = x->caller;
	e->pass = x->pass;
	e->operation = x->route ? x->route->pattern : "none";
	strcpy(e->caller.address, x->address);
	e->run = run;
	e->post.run = errand_arrives;
	return e;
}

/* ---- who listens ---- */

static void customer_begin(struct errand *e, struct stream *stream)
{
	struct str bytes = buf_str(&e->bytes);
	struct arena *mem = arena_new();
	struct feed *feed;
	struct pop pop;

	if (!pop_read(&bytes, mem, &pop))
		abort(); /* it was written here */
	streams_own(e->all, &pop.ask, &e->caller);
	feed = feed_new(e->all, &pop, mem);
	feed_add(feed, stream);
	feed_run(feed);
}

static void listener_begin(struct errand *e)
{
	struct streams *s = e->all;
	struct stream *stream = stream_open(&s->crowd, &e->wire, e->request_id);

	if (!stream) {
		streams_place_free(s);
	} else {
		counters_add(s->lane.meters, METER_STREAMS, 1);
		counters_add(s->lane.meters, METER_STREAMS_OPENED, 1);
		stream->caller = e->caller;
		stream->pass = e->pass;
		if (atomic_load(&s->stopping))
			streams_bye(stream);
		else if (e->onsite)
			onsite_join(s, stream, buf_str(&e->bytes));
		else if (e->agent[0])
			agents_join(s, stream, e->agent, str_of(e->last));
		else
			customer_begin(e, stream);
	}
	errand_free(e);
}

static void listener_refuse(struct errand *e)
{
	blunt_answer(&e->wire, 503, RECORDING_AWAY, RECORDING_AWAY_TEXT);
	wire_close(&e->wire);
	streams_place_free(e->all);
	errand_free(e);
}

static void listener_is_recorded(struct audit_ticket *ticket, bool durable)
{
	struct errand *e = CONTAINER_OF(ticket, struct errand, ticket);

	if (durable)
		listener_begin(e);
	else
		listener_refuse(e);
}

/* That it listens goes on record, too: of a web site it is shown what comes. */
static void listener_arrives(struct errand *e)
{
	SCOPED(buf_free) struct buf text = { 0 };

	if (!e->all->lane.audit) {
		listener_begin(e);
		return;
	}
	e->ticket.told = listener_is_recorded;
	recording_put_caller("listen", &e->all->lane, &e->caller, &text);
	audit_put("operation", str_of(e->operation), &text);
	audit_put("listens_to", str_of(e->agent), &text);
	audit_put("request_id", str_of(e->request_id), &text);
	recording_put_address(e->caller.address, &text);
	if (!audit_hand_in(e->all->lane.audit, buf_str(&text), lane_wall_ms(&e->all->lane), &e->ticket))
		listener_refuse(e);
}

/* On the exchange's loop. */
static void on_parted(void *owner, const struct wire *wire)
{
	struct errand *e = owner;

	if (!wire) {
		streams_place_free(e->all);
		errand_free(e);
		return;
	}
	e->wire = *wire;
	e->x = NULL;
	loop_post(e->all->loop, &e->post);
}

static bool refuse_stopping(struct streams *s, struct exchange *x)
{
	if (!atomic_load(&s->stopping))
		return false;
	exchange_busy(x, "stopping", "the service is stopping", "ask another node, or this one when it is back");
	return true;
}

static void listen_begin(struct streams *s, struct errand *e)
{
	struct exchange *x = e->x;

	if (!streams_place_take(s)) {
		errand_free(e);
		exchange_busy(x, "overloaded", "as many streams as may be are open", "ask again in a moment");
		return;
	}
	text_copy(e->request_id, sizeof(e->request_id), str_of(x->request_id));
	exchange_part(x, on_parted, e);
}

void streams_customer(struct streams *s, struct exchange *x, const struct pop *pop)
{
	struct errand *e;

	if (refuse_stopping(s, x))
		return;
	e = errand_new(s, x, listener_arrives);
	caller_name_set(e->caller.purpose, pop->ask.purpose);
	pop_write(pop, &e->bytes);
	listen_begin(s, e);
}

void streams_agent(struct streams *s, struct exchange *x, struct str agent, struct str purpose, struct str last)
{
	struct errand *e;

	if (refuse_stopping(s, x))
		return;
	e = errand_new(s, x, listener_arrives);
	text_copy(e->agent, sizeof(e->agent), agent);
	caller_name_set(e->caller.purpose, purpose);
	text_copy(e->last, sizeof(e->last), last);
	listen_begin(s, e);
}

void streams_onsite(struct streams *s, struct exchange *x, struct str purpose, struct buf *bytes)
{
	struct errand *e;

	if (refuse_stopping(s, x))
		return;
	e = errand_new(s, x, listener_arrives);
	caller_name_set(e->caller.purpose, purpose);
	e->onsite = true;
	e->bytes = *bytes;
	*bytes = (struct buf){ 0 };
	listen_begin(s, e);
}

/* ---- what is answered at once, and worked on later ---- */

/* On the exchange's loop again. */
static void pop_is_taken(struct loop_post *p)
{
	struct errand *e = CONTAINER_OF(p, struct errand, post);
	struct buf out = { 0 };

	buf_printf(&out, "{\"streams\":%zu%s%.*s}", e->listening, e->more.n ? "," : "", STR_ARG(e->more));
	exchange_bytes(e->x, 202, "application/json", &out);
	errand_free(e);
}

static void pop_arrives(struct errand *e)
{
	struct streams *s = e->all;

	post_send(s, buf_str(&e->bytes)); /* first: there it has further to go */
	e->listening = agents_pop(s, buf_str(&e->bytes), &e->caller);
	e->post.run = pop_is_taken;
	loop_post(e->x->lane->loop, &e->post);
}

void streams_pop(struct streams *s, struct exchange *x, const struct pop *pop, struct str more)
{
	struct errand *e;

	if (refuse_stopping(s, x))
		return;
	e = errand_new(s, x, pop_arrives);
	e->more = more;
	caller_name_set(e->caller.purpose, pop->ask.purpose);
	pop_write(pop, &e->bytes);
	if (e->bytes.len > POP_BYTES_MOST) {
		errand_free(e);
		exchange_problem(x, 413, "too-large", "the question of a pop is larger than 8 KiB", NULL);
		return;
	}
	loop_post(s->loop, &e->post);
}

static void warm_is_taken(struct loop_post *p)
{
	struct errand *e = CONTAINER_OF(p, struct errand, post);
	struct buf out = { 0 };

	if (e->shed == SHED_NOT) {
		buf_printf(&out, "{\"accepted\":%zu}", e->n);
		exchange_bytes(e->x, 202, "application/json", &out);
	} else {
		exchange_busy(e->x, "overloaded", "too many keys wait to be warmed already", "ask again when they are");
	}
	errand_free(e);
}

static void warm_arrives(struct errand *e)
{
	e->shed = warm_add(e->all, &e->caller, &e->bytes, e->n) ? SHED_NOT : SHED_FULL;
	e->post.run = warm_is_taken;
	loop_post(e->x->lane->loop, &e->post);
}

void streams_warm(struct streams *s, struct exchange *x, struct str purpose, struct buf *bytes, size_t n)
{
	struct errand *e;

	if (refuse_stopping(s, x))
		return;
	e = errand_new(s, x, warm_arrives);
	caller_name_set(e->caller.purpose, purpose);
	e->bytes = *bytes;
	*bytes = (struct buf){ 0 };
	e->n = n;
	loop_post(s->loop, &e->post);
}
