#include "federator/http/openapi.h"

#include <ctype.h>
#include <stdio.h>

#include "federator/access/caller.h"
#include "federator/http/exchange.h"
#include "federator/render/render.h"
#include "federator/schema/view_schema.h"

struct writer {
	const struct openapi_of *of;
	struct arena *mem;
	bool callers; /* some routes ask for a scope: it matters who asks */
};

/* ---- answers ---- */

static struct node *status_put(const struct writer *w, struct node *responses, int status)
{
	return tree_object(w->mem, responses, arena_printf(w->mem, "%d", status));
}

static void header_put(const struct writer *w, struct node *headers, const char *name)
{
	openapi_ref(w->mem, headers, str_of(name), "#/components/headers/%s", name);
}

/* "headers" with those that every answer has. */
static struct node *headers_put(const struct writer *w, struct node *response)
{
	struct node *headers = tree_object(w->mem, response, STR("headers"));

	header_put(w, headers, "Cache-Control");
	header_put(w, headers, "X-Request-Id");
	if (w->callers) {
		header_put(w, headers, "RateLimit");
		header_put(w, headers, "RateLimit-Policy");
	}
	return headers;
}

static void content_put(const struct writer *w, struct node *response, const struct operation_reply *reply)
{
	struct node *content = tree_object(w->mem, response, STR("content"));

	for (size_t i = 0; i < OPERATION_MEDIA && reply->media[i].type; i++) {
		struct node *media = tree_object(w->mem, content, str_of(reply->media[i].type));

		if (reply->media[i].schema)
			openapi_ref(w->mem, media, STR("schema"), "#/components/schemas/%s", reply->media[i].schema);
	}
}

/* What a flow tells beside its answer. */
static void flow_headers_put(const struct writer *w, struct node *headers)
{
	header_put(w, headers, "Age");
	header_put(w, headers, "Cache-Status");
	header_put(w, headers, "Server-Timing");
}

static void success_put(const struct writer *w, const struct operation *op, int status, struct node *responses)
{
	const struct operation_reply *reply = operation_reply(op);
	struct node *response = status_put(w, responses, status), *headers;

	tree_text(w->mem, response, STR("description"), str_of(reply->about));
	headers = headers_put(w, response);
	if (reply->of_flow || (op->headers & OPERATION_IF_NONE))
		header_put(w, headers, "ETag");
	if (op->answer == ANSWER_STREAM || op->answer == ANSWER_LIVE)
		header_put(w, headers, "X-Accel-Buffering");
	if (reply->of_flow)
		flow_headers_put(w, headers);
	if (reply->media[0].type)
		content_put(w, response, reply);
}

static struct node *empty_put(const struct writer *w, int status, const char *about, struct node *responses)
{
	struct node *response = status_put(w, responses, status);

	tree_text(w->mem, response, STR("description"), str_of(about));
	return headers_put(w, response);
}

/* 304 says what 200 would, but for what describes a body. */
static void unchanged_put(const struct writer *w, const struct operation *op, struct node *responses)
{
	struct node *headers = empty_put(w, 304, "It is the same.", responses);

	header_put(w, headers, "ETag");
	if (operation_reply(op)->of_flow)
		flow_headers_put(w, headers);
}

/* ---- problems ---- */

static const int problems[] = { 400, 401, 403, 404, 406, 409, 413, 415, 422, 429, 500, 503, 504 };

static bool has_problem(const struct writer *w, const struct route *route, const struct operation *op, int status)
{
	static const struct {
		int status;
		unsigned bit;
	} told[] = { { 401, OPERATION_401 }, { 404, OPERATION_404 }, { 406, OPERATION_406 }, { 409, OPERATION_409 },
		     { 413, OPERATION_413 }, { 415, OPERATION_415 }, { 422, OPERATION_422 }, { 503, OPERATION_503 },
		     { 504, OPERATION_504 } };

	switch (status) {
	case 400:
	case 500:
		return true;
	case 401:
	case 403:
		if (route->may != MAY_ASK_OPENLY)
			return true;
		break;
	case 429:
		return w->callers;
	case 503:
		if (route->may != MAY_ASK_OPENLY || route->load == ROUTE_WORK)
			return true;
		break;
	default:
		break;
	}
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		if (told[i].status == status)
			return (op->problems & told[i].bit) && (status != 401 || w->callers);
	return false;
}

/* A mapping that is refused comes with findings, and who is not ready says so in the same words. */
static bool put_own(const struct writer *w, const struct operation *op, int status, struct node *responses)
{
	struct node *response, *media;

	if (op->answer == ANSWER_READY && status == 503) {
		success_put(w, op, 503, responses);
		return true;
	}
	if (op->answer != ANSWER_RELOADED || status != 422)
		return false;
	response = status_put(w, responses, status);
	tree_text(w->mem, response, STR("description"), STR("The mapping was not loaded."));
	headers_put(w, response);
	media = tree_object(w->mem, tree_object(w->mem, response, STR("content")), STR("application/problem+json"));
	openapi_ref(w->mem, media, STR("schema"), "#/components/schemas/Service/$defs/unread");
	return true;
}

static void responses_put(const struct writer *w, const struct route *route, const struct operation *op,
			  struct node *parent)
{
	struct node *responses = tree_object(w->mem, parent, STR("responses"));

	success_put(w, op, operation_reply(op)->status, responses);
	if (op->problems & OPERATION_204)
		empty_put(w, 204, "The client has all of it.", responses);
	if (op->headers & OPERATION_IF_NONE)
		unchanged_put(w, op, responses);
	for (size_t i = 0; i < ARRAY_LEN(problems); i++)
		if (!put_own(w, op, problems[i], responses) && has_problem(w, route, op, problems[i]))
			openapi_ref(w->mem, responses, arena_printf(w->mem, "%d", problems[i]),
				    "#/components/responses/%d", problems[i]);
}

/* "responses" of components: one for each status of problems. */
static void problems_put(const struct writer *w, struct node *components)
{
	struct node *responses = tree_object(w->mem, components, STR("responses"));

	for (size_t i = 0; i < ARRAY_LEN(problems); i++) {
		int status = problems[i];
		struct node *response = status_put(w, responses, status), *headers, *content;

		tree_text(w->mem, response, STR("description"), str_of(exchange_title(status)));
		headers = headers_put(w, response);
		if (status == 401 || status == 403)
			header_put(w, headers, "WWW-Authenticate");
		if (status == 429 || status == 503)
			header_put(w, headers, "Retry-After");
		content = tree_object(w->mem, response, STR("content"));
		openapi_ref(w->mem, tree_object(w->mem, content, STR("application/problem+json")), STR("schema"),
			    "#/components/schemas/Problem");
		tree_object(w->mem, content, STR("application/problem+xml"));
	}
}

/* ---- operations ---- */

static void lower_put(const char *text, struct buf *out)
{
	for (; *text; text++)
		buf_putc(out, (char)tolower((unsigned char)*text));
}

/* "get_v1_customers_id" */
static struct str id_of(const struct route *route, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };

	lower_put(route->method, &out);
	for (const char *c = route->pattern; *c; c++)
		if (isalnum((unsigned char)*c))
			buf_putc(&out, *c);
		else if (*c != '{' && *c != '}')
			buf_putc(&out, '_');
	return arena_str(mem, buf_str(&out));
}

static void security_put(const struct writer *w, const struct route *route, struct node *operation)
{
	static const char *const ways[] = { "bearer", "key", "certificate" };
	struct node *security;

	if (!w->callers)
		return;
	security = tree_array(w->mem, operation, STR("security"), STR("item"));
	if (route->may == MAY_ASK_OPENLY)
		return;
	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		struct node *one = tree_object(w->mem, security, STR(""));

		tree_text(w->mem, tree_array(w->mem, one, str_of(ways[i]), STR("scope")), STR(""),
			  str_of(may_word(route->may)));
	}
	if (w->of->open)
		tree_object(w->mem, security, STR(""));
}

static void operation_put(const struct writer *w, const struct route *route, const struct operation *op,
			  struct node *operation)
{
	tree_text(w->mem, operation, STR("operationId"), id_of(route, w->mem));
	tree_text(w->mem, operation, STR("summary"), str_of(op->summary));
	openapi_parameters(w->of, op, w->callers, w->mem, operation);
	openapi_body(op, w->mem, operation);
	responses_put(w, route, op, operation);
	security_put(w, route, operation);
}

/* OpenAPI 3.1 knows no QUERY; 3.2 calls the same object `query`. */
static struct str member_of(const char *method, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };

	if (strcmp(method, "QUERY") == 0)
		return STR("x-query");
	lower_put(method, &out);
	return arena_str(mem, buf_str(&out));
}

static void paths_put(const struct writer *w, struct node *root)
{
	struct node *paths = tree_object(w->mem, root, STR("paths"));

	for (size_t i = 0; i < w->of->routes->n; i++) {
		const struct route *route = &w->of->routes->of[i];
		const struct operation *op = operation_of(route->method, route->pattern);
		struct node *path = tree_member(paths, str_of(route->pattern));

		if (!op)
			continue;
		if (!path)
			path = tree_object(w->mem, paths, str_of(route->pattern));
		operation_put(w, route, op, tree_object(w->mem, path, member_of(route->method, w->mem)));
	}
}

/* ---- the document ---- */

static void fixed_put(const struct writer *w, enum fixed_schema which, const char *name, struct node *components)
{
	tree_text(w->mem, components, str_of(name), view_schema_inside(which, "#", w->mem))->kind = NODE_LITERAL;
}

static void info_put(const struct writer *w, struct node *root)
{
	struct node *info = tree_object(w->mem, root, STR("info"));

	tree_text(w->mem, info, STR("title"), STR("federator"));
	tree_text(w->mem, info, STR("version"), str_of(FEDERATOR_VERSION));
	tree_text(w->mem, info, STR("description"),
		  STR("Views of customers, asked live from their sources. GET paths answer HEAD as well. `x-query` is "
		      "an operation of the method QUERY. Answers in XML are described below /schema/."));
	tree_text(w->mem, info, STR("x-revision"), str_of(w->of->cat->revision));
}

static bool ask_scopes(const struct routes *routes)
{
	for (size_t i = 0; i < routes->n; i++)
		if (routes->of[i].may != MAY_ASK_OPENLY)
			return true;
	return false;
}

void openapi_write(const struct openapi_of *of, struct buf *out)
{
	struct arena *mem = arena_new();
	const struct writer w = { .of = of, .mem = mem, .callers = ask_scopes(of->routes) };
	struct node *root = tree_object(mem, NULL, STR("openapi")), *components;

	tree_text(mem, root, STR("openapi"), STR("3.1.1"));
	info_put(&w, root);
	tree_text(mem, tree_object(mem, tree_array(mem, root, STR("servers"), STR("server")), STR("")), STR("url"),
		  STR("/"));
	paths_put(&w, root);
	components = tree_object(mem, root, STR("components"));
	openapi_schemas(of, mem, components);
	problems_put(&w, components);
	fixed_put(&w, FIXED_OPENAPI_PARAMETERS, "parameters", components);
	fixed_put(&w, FIXED_OPENAPI_HEADERS, "headers", components);
	if (w.callers)
		fixed_put(&w, FIXED_OPENAPI_SECURITY, "securitySchemes", components);
	openapi_views(of, mem, root);
	render_json(root, true, out);
	buf_putc(out, '\n');
	arena_wipe_free(&mem);
}
