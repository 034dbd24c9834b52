#include "federator/http/asking.h"

#include "federator/http/condition.h"
#include "federator/http/contact.h"
#include "federator/http/unmask.h"

struct question asking_begin(const struct exchange *x, unsigned scope)
{
	const struct options *opt = service_options(x->lane->service);

	return (struct question){ .mem = x->mem,
				  .scope = scope,
				  .ask = { .tenant = str_of(opt->tenant),
					   .client = str_of(x->caller.client),
					   .agent = str_of(x->caller.agent),
					   .agent_proven = x->caller.agent_proven,
					   .role = str_of(x->caller.role),
					   .purpose = str_of(x->caller.purpose),
					   .format = x->format } };
}

bool asking_query(struct exchange *x, struct question *q)
{
	const struct catalog *cat;
	const char **keys;

	x->world = service_world(x->lane->service);
	cat = x->world->cat;
	keys = arena_array_of(x->mem, const char *, cat->n_keys);
	for (size_t i = 0; i < cat->n_keys; i++)
		keys[i] = cat->keys[i].name;
	return question_query(q, x->query, keys, cat->n_keys);
}

/* The type of the body, without parameters. */
static struct str body_type(const struct exchange *x)
{
	struct str type = headers_get(&x->headers, "Content-Type");
	const char *end = type.n ? memchr(type.p, ';', type.n) : NULL;

	if (end)
		type.n = (size_t)(end - type.p);
	while (type.n && type.p[type.n - 1] == ' ')
		type.n--;
	return type;
}

bool asking_is_json(const struct exchange *x)
{
	return headers_same(body_type(x), "application/json");
}

static bool refuse_type(struct question *q, const char *cure, const char *what)
{
	return question_refuse(q, 415, "unsupported-media-type", cure, "%s", what);
}

static bool body_read(struct exchange *x, struct question *q)
{
	struct str type = body_type(x);

	if (asking_is_json(x))
		return question_json(q, x->body);
	if (headers_same(type, "application/xml") || headers_same(type, "text/xml"))
		return question_xml(q, x->body);
	return refuse_type(q, "send the header Content-Type: application/json or application/xml",
			   "the body must be JSON or XML");
}

/* Keys and parameters belong into the body. */
static bool query_is_empty(struct exchange *x, struct question *q)
{
	unsigned scope = q->scope;
	bool empty;

	q->scope = 0;
	empty = question_query(q, x->query, NULL, 0);
	q->scope = scope;
	return empty;
}

bool asking_body(struct exchange *x, struct question *q)
{
	return query_is_empty(x, q) && body_read(x, q);
}

bool asking_each(struct exchange *x, struct question *q, size_t most, asking_take *take, void *owner)
{
	if (!query_is_empty(x, q))
		return false;
	if (asking_is_json(x))
		return question_json_each(q, x->body, most, take, owner);
	return refuse_type(q, "send the header Content-Type: application/json", "the body must be JSON");
}

bool asking_allowed(const struct exchange *x, struct question *q)
{
	const struct world *world = service_world(x->lane->service);
	bool known = catalog_rights(world->cat, q->ask.role, q->ask.purpose).known;

	world_unref(&world);
	return known || question_refuse(q, 403, "not-allowed", NULL,
					"no policy of the mapping names role `%.*s` with purpose `%.*s`",
					STR_ARG(q->ask.role), STR_ARG(q->ask.purpose));
}

void asking_refuse(struct exchange *x, const struct question *q)
{
	exchange_problem(x, q->fault.status, q->fault.type, q->fault.detail, q->fault.suggestion);
}

bool asking_refuse_body(struct exchange *x)
{
	if (x->body.n)
		exchange_problem(x, 400, "bad-request", "a body makes no sense here",
				 "what is asked stands in the path and the query string");
	return x->body.n > 0;
}

static void flow_done(void *owner, struct reply *reply)
{
	struct exchange *x = owner;

	x->is_view = true;
	if (reply->server_timing)
		reply->server_timing = arena_cstr(x->mem, str_of(reply->server_timing));
	if (reply->seen.p)
		reply->seen = arena_str(x->mem, reply->seen);
	if (reply->etag[0] && strcmp(x->method, "POST") != 0 && condition_met(&x->headers, reply->etag))
		reply->status = 304; /* the body stays: libmicrohttpd tells its length and does not send it */
	exchange_reply(x, reply);
}

void asking_run(struct exchange *x, struct question *q)
{
	q->ask.at_once = x->mem;
	q->ask.repeats = x->again && !contact_needed(x); /* which may end at any moment */
	q->ask.world = x->world;
	x->world = NULL;
	flow_start(x->lane, &q->ask, flow_done, x);
}

bool asking_headers(struct exchange *x, struct question *q)
{
	return question_headers(q, &x->headers) && unmask_read(x, q);
}

void asking_start(struct exchange *x, struct question *q)
{
	if (q->ask.n_by == 0 && !q->ask.id.p)
		exchange_problem(x, 400, "no-key", "no key to ask by is given",
				 "name one in `by`, such as a phone number");
	else if (!asking_headers(x, q))
		asking_refuse(x, q);
	else if (q->of_customer)
		contact_guard(x, q, asking_run);
	else
		asking_run(x, q);
}
