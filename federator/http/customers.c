#include "federator/http/asking.h"
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
