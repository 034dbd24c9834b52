#include "federator/http/exchange.h"

#include "federator/audit/audit.h"
#include "federator/http/host.h"
#include "federator/http/identify.h"
#include "federator/http/quota.h"
#include "federator/http/recording.h"

static const struct title {
	int status;
	const char *text;
} titles[] = {
	{ 400, "Bad Request" },           { 401, "Unauthorized" },
	{ 403, "Forbidden" },             { 404, "Not Found" },
	{ 405, "Method Not Allowed" },    { 406, "Not Acceptable" },
	{ 409, "Conflict" },
	{ 413, "Content Too Large" },     { 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" }, { 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" }, { 501, "Not Implemented" },
	{ 503, "Service Unavailable" },   { 504, "Gateway Timeout" },
};

const char *exchange_title(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (titles[i].status == status)
			return titles[i].text;
	return "Error";
}

void exchange_reply(struct exchange *x, struct reply *reply)
{
	x->finish(x, reply);
}

void exchange_part(struct exchange *x, exchange_take *take, void *owner)
{
	x->part(x, take, owner);
}

void exchange_bytes(struct exchange *x, int status, const char *content_type, struct buf *body)
{
	struct reply reply = { .status = status, .content_type = content_type };

	reply.body = buf_take(body, &reply.len);
	exchange_reply(x, &reply);
}

void exchange_problem(struct exchange *x, int status, const char *type, const char *detail,
		      const char *suggestion)
{
	struct reply reply = { 0 };

	problem_reply(&reply, x->format, status, type, exchange_title(status), detail, suggestion);
	exchange_reply(x, &reply);
}

void exchange_busy(struct exchange *x, const char *type, const char *detail, const char *suggestion)
{
	struct reply reply = { .retry_after_s = 1 };

	problem_reply(&reply, x->format, 503, type, exchange_title(503), detail, suggestion);
	exchange_reply(x, &reply);
}

/* False: it is answered. What cannot go on record is not even begun. */
static bool recorded(struct exchange *x)
{
	struct reply reply;

	if (!x->lane->audit || x->route->may == MAY_ASK_OPENLY || audit_accepts(x->lane->audit->audit))
		return true;
	recording_refuse(&reply, x->format);
	exchange_reply(x, &reply);
	return false;
}

void exchange_seat(struct exchange *x, size_t tenant)
{
	if (!x->seats)
		return;
	x->lane = x->seats[tenant].lane;
	x->context = x->seats[tenant].context;
}

/* Of all tenants only this one has to wait. */
static bool has_mapping(struct exchange *x)
{
	if (x->route->may == MAY_ASK_OPENLY || !x->lane->service || !service_is_vacant(x->lane->service))
		return true;
	exchange_busy(x, "tenant-unavailable", "the mapping of this tenant could not be loaded",
		      "the log of the service says why");
	return false;
}

static void work(struct exchange *x)
{
	x->shed = x->route->load == ROUTE_ALWAYS ? SHED_NOT : x->admit(x);
	if (x->shed == SHED_NOT)
		x->route->handle(x);
	else
		exchange_busy(x, "overloaded", admission_text(x->shed), "ask again in a moment");
}

void exchange_run(struct exchange *x, const struct routes *routes)
{
	x->routes = routes;
	if (!host_admits(x))
		return;
	switch (route_find(routes, x->method, x->path, x->mem, &x->route, x->args)) {
	case ROUTE_FOUND:
		if (recorded(x) && identify(x) && quota_take(x) && has_mapping(x))
			work(x);
		return;
	case ROUTE_BAD_PATH:
		x->close = true;
		exchange_problem(x, 400, "bad-path", "the path holds a bad escape or a dot segment", NULL);
		return;
	case ROUTE_NO_PATH:
		exchange_problem(x, 404, "no-such-path",
				 "nothing is at this path; see GET /v1/mappings for the views", NULL);
		return;
	case ROUTE_NO_METHOD:
		route_allow(routes, x->path, x->allow);
		exchange_problem(x, 405, "method-not-allowed",
				 arena_printf(x->mem, "this path takes %s", x->allow).p, NULL);
		return;
	}
}
