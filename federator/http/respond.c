#include "federator/http/respond.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

/* Refused for control characters, which none of our values has, and without memory. */
static bool put(struct MHD_Response *r, const char *name, const char *value)
{
	if (MHD_add_response_header(r, name, value) == MHD_YES)
		return true;
	memory_yield();
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

static bool put_number(struct MHD_Response *r, const char *name, uint32_t value)
{
	char text[TEXT_I64_MOST + 1];

	text[text_from_i64(value, text)] = '\0';
	return put(r, name, text);
}

static bool put_view_headers(struct MHD_Response *r, const struct reply *reply)
{
	if (reply->server_timing && !put(r, "Server-Timing", reply->server_timing))
		return false;
	if (!reply->etag[0] && reply->status != 200)
		return true;
	return (!reply->cache_status[0] || put(r, "Cache-Status", reply->cache_status)) &&
	       ((!reply->from_cache && !reply->age_s) || put_number(r, "Age", reply->age_s));
}

struct quota_fields {
	char policy[128], left[128];
};

static void add_quota(const struct limits_state *quota, struct quota_fields *out)
{
	size_t policy = strlen(out->policy), left = strlen(out->left);
	const char *comma = policy ? ", " : "", *name = quota->kind == ACTOR_AGENT ? "agent" : "client";
	const char *of = quota->of_customers ? "-customers" : "";

	snprintf(out->policy + policy, sizeof(out->policy) - policy, "%s\"%s%s\";q=%u;w=%u", comma, name, of,
		 quota->quota, quota->window_s);
	snprintf(out->left + left, sizeof(out->left) - left, "%s\"%s%s\";r=%u;t=%u", comma, name, of, quota->left,
		 quota->reset_s);
}

/* draft-ietf-httpapi-ratelimit-headers-08 */
static bool put_quotas(struct MHD_Response *r, const struct limits_state *requests, const struct limits_state *over)
{
	struct quota_fields fields;

	if (!requests->quota && !over->quota)
		return true;
	fields.policy[0] = fields.left[0] = '\0';
	if (requests->quota)
		add_quota(requests, &fields);
	if (over->quota)
		add_quota(over, &fields);
	return put(r, "RateLimit-Policy", fields.policy) && put(r, "RateLimit", fields.left);
}

static bool put_headers(struct MHD_Response *r, const struct exchange *x, bool close)
{
	const struct reply *reply = &x->reply;

	return (reply->status == 304 || put(r, "Content-Type", reply->content_type)) &&
	       put(r, "Cache-Control", "private, no-store") &&
	       put(r, "X-Content-Type-Options", "nosniff") && put(r, "X-Request-Id", x->request_id) &&
	       (!reply->etag[0] || put(r, "ETag", reply->etag)) && (!x->is_view || put_view_headers(r, reply)) &&
	       (!x->allow[0] || put(r, "Allow", x->allow)) &&
	       (!x->challenge || put(r, "WWW-Authenticate", x->challenge)) &&
	       (!reply->retry_after_s || put_number(r, "Retry-After", reply->retry_after_s)) &&
	       put_quotas(r, &x->quota, &reply->over) &&
	       (!close || put(r, "Connection", "close"));
}

/* Without one of its fields it would be another answer: one that a proxy may keep. */
struct MHD_Response *respond_make(struct exchange *x, bool close)
{
	struct reply *reply = &x->reply;
	struct MHD_Response *r =
		reply->lent ? MHD_create_response_from_buffer(reply->len, reply->body, MHD_RESPMEM_PERSISTENT) :
			      MHD_create_response_from_buffer_with_free_callback_cls(reply->len, reply->body,
										     buf_taken_free, reply->body);

	if (!r)
		return NULL;
	reply->body = NULL; /* a lent one goes with the exchange, which libmicrohttpd ends after the response */
	if (put_headers(r, x, close))
		return r;
	MHD_destroy_response(r);
	return NULL;
}

/* A body that belongs to nobody but its response. */
struct shared_body {
	size_t n;
	char bytes[];
};

static void shared_end(void *arg)
{
	struct shared_body *body = arg;

	explicit_bzero(body->bytes, body->n);
	free(body);
}

struct MHD_Response *respond_make_shared(const struct exchange *x)
{
	struct shared_body *body = memory_try(sizeof(*body) + x->reply.len);
	struct MHD_Response *r = NULL;

	if (!body)
		return NULL;
	body->n = x->reply.len;
	memcpy(body->bytes, x->reply.body, body->n);
	r = MHD_create_response_from_buffer_with_free_callback_cls(body->n, body->bytes, shared_end, body);
	if (!r)
		shared_end(body);
	else if (put_headers(r, x, false))
		return r;
	else
		MHD_destroy_response(r);
	return NULL;
}

enum log_level respond_log_level(const struct exchange *x)
{
	if (x->reply.status >= 500)
		return LOG_WARN;
	return x->route && strncmp(x->route->pattern, "/v1/", 4) == 0 ? LOG_INFO : LOG_DEBUG;
}

enum { FIELDS = 9 };

/* The last one is said only where there are several; returns how many they are. */
static size_t list_fields(const struct exchange *x, struct log_field took, struct log_field out[FIELDS])
{
	const struct reply *reply = &x->reply;
	const struct service *svc = x->seats ? x->lane->service : NULL;
	const struct log_field fields[FIELDS] = {
		LOG_CSTR("method", x->method), LOG_CSTR("route", x->route ? x->route->pattern : "none"),
		LOG_NUM("status", reply->status), LOG_CSTR("view", reply->view), LOG_NUM("parts", reply->parts),
		LOG_NUM("missing", reply->missing), took, LOG_CSTR("request_id", x->request_id),
		LOG_CSTR("tenant", svc ? service_options(svc)->tenant : "")
	};

	memcpy(out, fields, sizeof(fields));
	return svc ? FIELDS : FIELDS - 1;
}

size_t respond_log_form(const struct exchange *x, struct buf *out)
{
	struct log_field fields[FIELDS];
	size_t n = list_fields(x, LOG_GAP("took_us"), fields);

	return log_form(out, respond_log_level(x), "request", fields, n);
}

void respond_log(const struct exchange *x)
{
	struct log_field fields[FIELDS];
	size_t n = list_fields(x, LOG_NUM("took_us", clock_mono_us() - x->begun_us), fields);

	log_write(respond_log_level(x), "request", fields, n);
}
