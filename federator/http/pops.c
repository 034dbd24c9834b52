/* pops.c - the handlers of streams, pops and warming: they read the question, streams.c does the rest. */
#include "federator/http/asking.h"
#include "federator/http/contact.h"
#include "federator/http/handlers.h"
#include "federator/http/streams.h"

enum { WARM_MOST = 500 };

static const char done_mark[] = ".done";

/* Browsers send `Cache-Control: no-cache` with every stream, and mean the stream. */
static bool headers_read(struct exchange *x, struct question *q)
{
	bool good = question_headers(q, &x->headers);

	q->ask.no_cache = q->ask.no_store = false;
	return good;
}

/* A client that had all of it is told not to come again. */
static bool has_all(struct str last)
{
	size_t n = sizeof(done_mark) - 1;

	return last.n > n && memcmp(last.p + last.n - n, done_mark, n) == 0;
}

static void answer_empty(struct exchange *x, int status)
{
	struct buf nothing = { 0 };

	exchange_bytes(x, status, "text/event-stream", &nothing);
}

static void customer_begin(struct exchange *x, struct question *q)
{
	struct pop pop = { .ask = q->ask };

	if (strcmp(x->method, "HEAD") == 0) {
		answer_empty(x, 200);
	} else if (has_all(headers_get(&x->headers, "Last-Event-ID"))) {
		answer_empty(x, 204);
	} else {
		pop_id_make(pop.id);
		streams_customer(x->context, x, &pop);
	}
}

void pops_customer(struct exchange *x)
{
	struct question q = asking_begin(x, SCOPE_VIEW);

	q.ask.id = x->args[0];
	if (question_query(&q, x->query, NULL, 0) && headers_read(x, &q))
		contact_guard(x, &q, customer_begin);
	else
		asking_refuse(x, &q);
}

static bool agent_read(struct exchange *x)
{
	if (headers_is_token(x->args[0]))
		return true;
	exchange_problem(x, 400, "bad-agent", "an agent is named by 1 to 64 letters, digits, '.', '_' or '-'", NULL);
	return false;
}

/* A person who has proven who they are hears nobody else's calls. */
static bool agent_is_theirs(struct exchange *x)
{
	if (!x->caller.agent_proven || str_eq(x->args[0], str_of(x->caller.agent)))
		return true;
	exchange_problem(x, 403, "not-allowed", "the token is for another agent", NULL);
	return false;
}

void pops_listen(struct exchange *x)
{
	struct question q = asking_begin(x, 0);
	struct str last = headers_get(&x->headers, "Last-Event-ID");

	if (!agent_read(x) || !agent_is_theirs(x))
		return;
	if (!question_query(&q, x->query, NULL, 0) || !headers_read(x, &q) || !asking_allowed(x, &q))
		asking_refuse(x, &q);
	else if (strcmp(x->method, "HEAD") == 0)
		answer_empty(x, 200);
	else
		streams_agent(x->context, x, x->args[0], q.ask.purpose,
			      headers_is_token(last) ? last : (struct str){ 0 });
}

/* Where customers are seen for the time of a contact, a person who could ring would see anybody on the own screen. */
static bool may_ring(struct exchange *x)
{
	if (!contact_needed(x) || !x->caller.agent_proven)
		return true;
	exchange_problem(x, 403, "no-contact", "a person rings nobody where views need a contact",
			 "calls are rung by the program that distributes them");
	return false;
}

/* It counts for those who are shown the customer: not for who rings, or warms copies. */
static bool is_refused(struct lane *lane, const struct ask *ask, struct reply *refusal)
{
	struct ask unseen = *ask;

	unseen.client = unseen.agent = (struct str){ 0 };
	return flow_refused(lane, &unseen, refusal);
}

static void ring(struct exchange *x, struct question *q, struct str said)
{
	struct pop pop = { .ask = q->ask };

	pop_id_make(pop.id);
	memcpy(pop.agent, x->args[0].p, x->args[0].n);
	streams_pop(x->context, x, &pop, said);
}

void pops_ring(struct exchange *x)
{
	struct question q = asking_begin(x, SCOPE_VIEW);
	struct reply refusal = { 0 };

	if (!agent_read(x) || !may_ring(x))
		return;
	if (!asking_body(x, &q) || !question_headers(&q, &x->headers)) {
		asking_refuse(x, &q);
	} else if (q.ask.n_by == 0) {
		exchange_problem(x, 400, "no-key", "no key to ask by is given",
				 "name one in `by`, such as a phone number");
	} else if (is_refused(x->lane, &q.ask, &refusal)) {
		exchange_reply(x, &refusal); /* not to a screen, where it would replace what the agent looks at */
	} else {
		contact_ring(x, &q, ring);
	}
}

struct warmed {
	struct lane *lane;
	struct buf bytes;
	size_t n;
	struct reply refusal; /* of the first question that is wrong; status 0: none is */
};

static void warm_take(void *owner, const struct ask *one)
{
	struct warmed *warmed = owner;
	struct pop all = { .ask = *one };

	if (warmed->n) /* what is wanted of all was checked with the first */
		all.ask.fields = all.ask.parts = (struct str){ 0 };
	if (warmed->refusal.status || is_refused(warmed->lane, &all.ask, &warmed->refusal))
		return;
	all.ask.n_by = 0;
	if (!warmed->n)
		pop_write(&all, &warmed->bytes);
	pop_write_keys(one, &warmed->bytes);
	warmed->n++;
}

void pops_warm(struct exchange *x)
{
	struct question q = asking_begin(x, SCOPE_VIEW);
	struct warmed warmed = { .lane = x->lane };
	bool good = question_headers(&q, &x->headers) && asking_each(x, &q, WARM_MOST, warm_take, &warmed);

	if (!good)
		asking_refuse(x, &q);
	else if (warmed.refusal.status)
		exchange_reply(x, &warmed.refusal);
	else
		streams_warm(x->context, x, q.ask.purpose, &warmed.bytes, warmed.n);
	if (!good)
		reply_free(&warmed.refusal);
	buf_free(&warmed.bytes);
}
