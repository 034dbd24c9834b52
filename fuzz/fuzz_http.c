/* A request as a client writes it (target, header fields, body) through what reads it: screening, formats, the route
 * and its handler, as far as a question is read. What is refused is refused with a status of the caller's and one that
 * has a title; what is taken is decoded, within bounds, and names no other path. */
#include "base/text.h"
#include "federator/http/condition.h"
#include "federator/http/exchange.h"
#include "federator/http/question.h"
#include "federator/http/uri.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>

enum { BODY_MOST = 64 * 1024 };

static void check(bool kept)
{
	if (!kept)
		abort();
}

/* Cut the next line off, without its end. */
static struct str line_next(struct str *rest)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
	struct str line = { rest->p, end ? (size_t)(end - rest->p) : rest->n };
	size_t used = line.n + (end != NULL);

	*rest = (struct str){ rest->p + used, rest->n - used };
	return line;
}

static struct header header_of(struct str line)
{
	const char *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
	size_t n = colon ? (size_t)(colon - line.p) : line.n;

	return (struct header){ { line.p, n }, colon ? (struct str){ colon + 1, line.n - n - 1 } : STR("") };
}

/* ---- the routes: the shapes of ours, with handlers that read the question ---- */

static void read_question(struct exchange *x, unsigned scope, bool body)
{
	static const char *const keys[] = { "phone", "member", "order" };
	struct question q = { .mem = x->mem, .scope = scope };
	bool good = question_query(&q, x->query, keys, body ? 0 : ARRAY_LEN(keys));

	if (good && body)
		good = x->body.n && x->body.p[0] == '<' ? question_xml(&q, x->body) : question_json(&q, x->body);
	good = good && question_headers(&q, &x->headers);
	if (good) {
		check(q.ask.n_by <= ASK_KEYS_MAX && q.ask.budget_ms <= 600000 && q.ask.limit <= 10000);
		for (size_t i = 0; i < q.ask.n_by; i++)
			check(q.ask.by[i].value.n > 0 && text_is_utf8(q.ask.by[i].value));
		exchange_problem(x, 400, "taken", "taken", NULL);
	} else {
		exchange_problem(x, q.fault.status, q.fault.type, q.fault.detail, q.fault.suggestion);
	}
}

static void handle_body(struct exchange *x)
{
	read_question(x, SCOPE_VIEW, true);
}

static void handle_query(struct exchange *x)
{
	read_question(x, SCOPE_VIEW | SCOPE_TIMELINE, false);
}

static bool is_plain(struct str arg)
{
	return arg.n > 0 && text_is_utf8(arg) && !memchr(arg.p, '/', arg.n) && !memchr(arg.p, 0, arg.n) &&
	       !str_eq(arg, STR(".."));
}

static void handle_args(struct exchange *x)
{
	for (size_t i = 0; i < ROUTE_ARGS_MAX; i++)
		check(!x->args[i].p || is_plain(x->args[i]));
	read_question(x, SCOPE_VIEW | SCOPE_EXPLAIN, false);
}

static const struct route table[] = {
	{ "QUERY", "/v1/customers", handle_body, ROUTE_ALWAYS, 0 },
	{ "GET", "/v1/customers", handle_query, ROUTE_ALWAYS, 0 },
	{ "GET", "/v1/customers/{id}", handle_args, ROUTE_ALWAYS, 0 },
	{ "GET", "/v1/mappings/{revision}/{file}", handle_args, ROUTE_ALWAYS, 0 },
};
static const struct routes routes = { table, ARRAY_LEN(table) };

static void finish(struct exchange *x, struct reply *reply)
{
	check(x->context && !*(bool *)x->context); /* once */
	*(bool *)x->context = true;
	check(reply->status >= 400 && reply->status < 500);
	check(strcmp(exchange_title(reply->status), "Error") != 0);
	check(reply->len > 0 && text_is_utf8((struct str){ reply->body, reply->len }));
	free(reply->body);
}

static void run(struct exchange *x, struct str target, bool *answered)
{
	const char *why = NULL;
	int status = headers_screen(x->method, "HTTP/1.1", &x->headers, BODY_MOST, &why);
	struct str language;

	check(status == 0 || (status >= 400 && why && *why));
	x->acceptable = headers_format(&x->headers, &x->format);
	language = headers_language(&x->headers, x->mem);
	check(!language.p || text_is_utf8(language));
	check(!condition_met(&x->headers, "W/\"t\"") || headers_get(&x->headers, "If-None-Match").n);
	if (status != 0 || !uri_split(target, &x->path, &x->query))
		return;
	check(x->path.n + x->query.n + (x->query.p != NULL) == target.n);
	exchange_run(x, &routes);
	check(*answered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { size ? (const char *)data : "", size }, first, line;
	bool answered = false;
	struct lane lane = { 0 };
	struct exchange x = { .lane = &lane, .mem = arena_new(), .context = &answered, .finish = finish };
	const char *blank;

	x.headers.of = arena_array_of(x.mem, struct header, HEADERS_MAX);
	first = line_next(&rest);
	blank = first.n ? memchr(first.p, ' ', first.n) : NULL;
	x.method = arena_cstr(x.mem, (struct str){ first.p, blank ? (size_t)(blank - first.p) : 0 });
	first = blank ? (struct str){ blank + 1, first.n - (size_t)(blank - first.p) - 1 } : first;
	while (rest.n && (line = line_next(&rest)).n)
		if (x.headers.n < HEADERS_MAX)
			x.headers.of[x.headers.n++] = header_of(line);
		else
			x.headers.too_many = true;
	x.body = rest;
	run(&x, first, &answered);
	arena_wipe_free(&x.mem);
	return 0;
}
