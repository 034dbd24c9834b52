/* web.c - the handlers of the web team's questions: they read them, federator/web/ answers. */
#include "federator/web/web.h"
#include "federator/http/asking.h"
#include "federator/http/handlers.h"
#include "federator/http/onsite.h"
#include "federator/http/streams.h"
#include "federator/http/uri.h"
#include "federator/render/render.h"

static const char event_stream[] = "text/event-stream";

struct webbing {
	struct exchange *x;
	struct web_ask ask;
};

static void refuse(struct exchange *x, const struct web_fault *fault)
{
	struct reply reply = { .retry_after_s = fault->retry_after_s, .over = fault->over };

	problem_reply(&reply, x->format, fault->status, fault->type, exchange_title(fault->status), fault->detail,
		      fault->suggestion);
	exchange_reply(x, &reply);
}

static void on_answer(void *owner, const struct node *root, const struct web_fault *fault)
{
	struct exchange *x = ((struct webbing *)owner)->x;
	struct buf out = { 0 };

	if (!root) {
		refuse(x, fault);
		return;
	}
	if (x->format == FORMAT_XML)
		render_xml(root, WEB_NAMESPACE, false, &out);
	else
		render_json(root, false, &out);
	exchange_bytes(x, 200, x->format == FORMAT_XML ? "application/xml" : "application/json", &out);
}

/* The same question for its next page: all that it says but the cursor. */
static struct str self_of(const struct exchange *x)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct str rest = x->query, name, value;

	buf_put_str(&out, x->path);
	buf_putc(&out, '?');
	while (uri_next_pair(&rest, &name, &value))
		if (!str_eq(name, STR("cursor")))
			buf_printf(&out, "%.*s=%.*s&", STR_ARG(name), STR_ARG(value));
	return arena_str(x->mem, buf_str(&out));
}

/* Parameters that the mapping names: keys, or fields of views. */
typedef const char **names_of(const struct catalog *cat, struct arena *mem, size_t *n_out);

static bool query_read(struct exchange *x, struct question *q, names_of *names)
{
	size_t n = 0;
	const char **also = NULL;

	if (names) {
		x->world = service_world(x->lane->service);
		also = names(x->world->cat, x->mem, &n);
	}
	return question_query(q, x->query, also, n) && question_headers(q, &x->headers);
}

static void ask_fill(const struct exchange *x, const struct question *q, struct web_ask *ask)
{
	*ask = (struct web_ask){ .what = ask->what,
				 .role = q->ask.role,
				 .purpose = q->ask.purpose,
				 .who = { q->ask.agent, q->ask.client, q->ask.agent_proven },
				 .log = q->web.log,
				 .name = x->args[0],
				 .visitor = q->web.visitor,
				 .path = q->web.path,
				 .customer = q->purge.customer,
				 .n_pairs = q->ask.n_by,
				 .since = q->ask.since,
				 .until = q->ask.until,
				 .cursor = q->ask.cursor,
				 .limit = q->ask.limit,
				 .minutes = q->web.minutes,
				 .self = self_of(x) };
	for (size_t i = 0; i < q->ask.n_by; i++) {
		ask->pairs[i].name = q->ask.by[i].name;
		ask->pairs[i].value = q->ask.by[i].value;
	}
	if (ask->what == WEB_SEARCHES && q->web.group.p)
		ask->what = str_eq(q->web.group, STR("term")) ? WEB_TERMS : WEB_ZERO;
}

/* False: it is answered already. */
static bool read(struct exchange *x, unsigned scope, names_of *names, struct web_ask *ask)
{
	struct question q = asking_begin(x, SCOPE_WEB | scope);

	if (asking_refuse_body(x))
		return false;
	if (!query_read(x, &q, names)) {
		asking_refuse(x, &q);
		return false;
	}
	ask_fill(x, &q, ask);
	x->about = ask->customer;
	return true;
}

static void answer(struct exchange *x, enum web_what what, unsigned scope, names_of *names)
{
	struct webbing *w = arena_new_of(x->mem, struct webbing);

	*w = (struct webbing){ .x = x, .ask = { .what = what } };
	if (!x->acceptable)
		exchange_problem(x, 406, "not-acceptable", "the answer comes as application/json and application/xml",
				 what == WEB_LIVE ? "and as text/event-stream" : NULL);
	else if (read(x, scope, names, &w->ask))
		web_start(x->lane, &w->ask, x->mem, on_answer, w);
}

void web_sessions(struct exchange *x)
{
	answer(x, WEB_SESSIONS, SCOPE_WEB_SESSIONS, web_keys);
}

void web_session(struct exchange *x)
{
	answer(x, WEB_SESSION, SCOPE_WEB_PAGES, NULL);
}

void web_searches(struct exchange *x)
{
	answer(x, WEB_SEARCHES, SCOPE_WEB_SEARCHES, NULL);
}

void web_stitch(struct exchange *x)
{
	answer(x, WEB_STITCH, 0, NULL);
}

/* Browsers ask for their event streams by this type alone. */
static bool wants_stream(const struct exchange *x)
{
	struct str accept = headers_get(&x->headers, "Accept"), one;

	while (headers_next(&accept, &one)) {
		const char *end = memchr(one.p, ';', one.n);

		if (end)
			one.n = (size_t)(end - one.p);
		if (headers_same(one, event_stream))
			return true;
	}
	return false;
}

static void stream(struct exchange *x)
{
	struct web_ask ask = { .what = WEB_LIVE };
	struct web_fault fault;
	struct buf bytes = { 0 };

	if (!read(x, SCOPE_WEB_LIVE, web_fields, &ask))
		return;
	if (!web_check(x->lane, &ask, x->mem, &fault)) {
		refuse(x, &fault);
	} else if (strcmp(x->method, "HEAD") == 0) {
		exchange_bytes(x, 200, event_stream, &bytes);
	} else {
		onsite_write(&ask, &bytes);
		streams_onsite(x->context, x, ask.purpose, &bytes);
		buf_free(&bytes);
	}
}

void web_live(struct exchange *x)
{
	if (wants_stream(x))
		stream(x);
	else
		answer(x, WEB_LIVE, SCOPE_WEB_LIVE, web_fields);
}
