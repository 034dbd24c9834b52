#include "federator/flow/export.h"
#include "federator/http/asking.h"
#include "federator/http/contact.h"
#include "federator/http/handlers.h"

static void ask(struct exchange *x, struct question *q)
{
	q->of_customer = true;
	if (x->acceptable)
		asking_start(x, q);
	else
		exchange_problem(x, 406, "not-acceptable",
				 "views come as application/json and application/xml", NULL);
}

void customers_look_up(struct exchange *x)
{
	struct question q = asking_begin(x, SCOPE_VIEW);

	if (asking_body(x, &q))
		ask(x, &q);
	else
		asking_refuse(x, &q);
}

void customers_find(struct exchange *x)
{
	struct question q = asking_begin(x, SCOPE_VIEW);

	if (asking_query(x, &q))
		ask(x, &q);
	else
		asking_refuse(x, &q);
}

static void ask_by_id(struct exchange *x, unsigned scope)
{
	struct question q = asking_begin(x, scope);

	q.ask.id = x->args[0];
	q.ask.timeline = (scope & SCOPE_TIMELINE) != 0;
	q.ask.explain = (scope & SCOPE_EXPLAIN) != 0;
	if (question_query(&q, x->query, NULL, 0))
		ask(x, &q);
	else
		asking_refuse(x, &q);
}

void customers_get(struct exchange *x)
{
	ask_by_id(x, SCOPE_VIEW);
}

void customers_timeline(struct exchange *x)
{
	ask_by_id(x, SCOPE_VIEW | SCOPE_TIMELINE);
}

void customers_explain(struct exchange *x)
{
	ask_by_id(x, SCOPE_VIEW | SCOPE_EXPLAIN);
}

static void exported(void *owner, struct reply *reply)
{
	struct exchange *x = owner;

	if (reply->seen.p)
		reply->seen = arena_str(x->mem, reply->seen);
	exchange_reply(x, reply);
}

static void export_run(struct exchange *x, struct question *q)
{
	export_start(x->lane, &q->ask, exported, x, &x->hung_up);
}

void customers_export(struct exchange *x)
{
	struct question q = asking_begin(x, 0);

	x->about = q.ask.id = x->args[0];
	x->heeds_hangup = true;
	q.of_customer = true;
	if (!question_query(&q, x->query, NULL, 0) || !asking_headers(x, &q))
		asking_refuse(x, &q);
	else if (!x->acceptable)
		exchange_problem(x, 406, "not-acceptable",
				 "exports come as application/json and application/xml", NULL);
	else
		contact_guard(x, &q, export_run);
}
