#include "federator/http/handlers.h"
#include "federator/http/question.h"

static void refuse(struct exchange *x, const struct question *q)
{
	exchange_problem(x, q->fault.status, q->fault.type, q->fault.detail, q->fault.suggestion);
}

static struct question question_begin(const struct exchange *x, unsigned scope)
{
	const struct options *opt = service_options(x->lane->service);

	return (struct question){ .mem = x->mem,
				  .scope = scope,
				  .ask = { .tenant = str_of(opt->tenant),
					   .role = str_of(opt->role),
					   .purpose = str_of(opt->purpose),
					   .format = x->format } };
}

static void flow_done(void *owner, struct reply *reply)
{
	struct exchange *x = owner;

	x->is_view = true;
	exchange_reply(x, reply);
}

static void ask(struct exchange *x, struct question *q)
{
	if (!x->acceptable)
		exchange_problem(x, 406, "not-acceptable",
				 "views come as application/json and application/xml", NULL);
	else if (!question_headers(q, &x->headers))
		refuse(x, q);
	else
		flow_start(x->lane, &q->ask, flow_done, x);
}

static void ask_by_keys(struct exchange *x, struct question *q)
{
	if (q->ask.n_by == 0)
		exchange_problem(x, 400, "no-key", "no key to ask by is given",
				 "name one in `by`, such as a phone number");
	else
		ask(x, q);
}

static bool body_read(struct exchange *x, struct question *q)
{
	struct str type = headers_get(&x->headers, "Content-Type");
	const char *end = type.n ? memchr(type.p, ';', type.n) : NULL;

	if (end)
		type.n = (size_t)(end - type.p);
	while (type.n && type.p[type.n - 1] == ' ')
		type.n--;
	if (headers_same(type, "application/json"))
		return question_json(q, x->body);
	if (headers_same(type, "application/xml") || headers_same(type, "text/xml"))
		return question_xml(q, x->body);
	return question_refuse(q, 415, "unsupported-media-type",
			       "send the header Content-Type: application/json or application/xml",
			       "the body must be JSON or XML");
}

void customers_look_up(struct exchange *x)
{
	struct question q = question_begin(x, SCOPE_VIEW);
	struct question none = question_begin(x, 0);

	if (!question_query(&none, x->query, NULL, 0))
		refuse(x, &none); /* keys and parameters belong into the body */
	else if (!body_read(x, &q))
		refuse(x, &q);
	else
		ask_by_keys(x, &q);
}

void customers_find(struct exchange *x)
{
	struct question q = question_begin(x, SCOPE_VIEW);
	const struct world *world = service_world(x->lane->service);
	const struct catalog *cat = world->cat;
	const char **keys = arena_array_of(x->mem, const char *, cat->n_keys);
	bool good;

	for (size_t i = 0; i < cat->n_keys; i++)
		keys[i] = cat->keys[i].name;
	good = question_query(&q, x->query, keys, cat->n_keys);
	world_unref(&world);
	if (good)
		ask_by_keys(x, &q);
	else
		refuse(x, &q);
}

static void ask_by_id(struct exchange *x, unsigned scope)
{
	struct question q = question_begin(x, scope);

	q.ask.id = x->args[0];
	q.ask.timeline = (scope & SCOPE_TIMELINE) != 0;
	if (question_query(&q, x->query, NULL, 0))
		ask(x, &q);
	else
		refuse(x, &q);
}

void customers_get(struct exchange *x)
{
	ask_by_id(x, SCOPE_VIEW);
}

void customers_timeline(struct exchange *x)
{
	ask_by_id(x, SCOPE_VIEW | SCOPE_TIMELINE);
}
