#include "federator/http/respond.h"


#include "base/log.h"
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
	return (!reply->etag[0] || put(r, "ETag", reply->etag)) &&
	       (!reply->cache_status[0] || put(r, "Cache-Status", reply->cache_status)) &&
	       ((!reply->from_cache && !reply->age_s) || put_number(r, "Age", reply->age_s));
}

static bool put_headers(struct MHD_Response *r, const struct exchange *x, bool close)
{
	const struct reply *reply = &x->reply;

	return (reply->status == 304 || put(r, "Content-Type", reply->content_type)) &&
	       put(r, "Cache-Control", "private, no-store") &&
	       put(r, "X-Content-Type-Options", "nosniff") && put(r, "X-Request-Id", x->request_id) &&
	       (!x->is_view || put_view_headers(r, reply)) && (!x->allow[0] || put(r, "Allow", x->allow)) &&
	       (!reply->retry_after_s || put_number(r, "Retry-After", reply->retry_after_s)) &&
	       (!close || put(r, "Connection", "close"));
}

/* Without one of its fields it would be another answer: one that a proxy may keep. */
struct MHD_Response *respond_make(struct exchange *x, bool close)
{
	struct reply *reply = &x->reply;
	struct MHD_Response *r =
		MHD_create_response_from_buffer(reply->len, reply->body,
						reply->lent ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);

	if (!r)
		return NULL;
	reply->body = NULL; /* a lent one goes with the exchange, which libmicrohttpd ends after the response */
	if (put_headers(r, x, close))
		return r;
	MHD_destroy_response(r);
	return NULL;
}

void respond_log(const struct exchange *x)
{
	const struct reply *reply = &x->reply;
	enum log_level level = x->route && strncmp(x->route->pattern, "/v1/", 4) == 0 ? LOG_INFO : LOG_DEBUG;

	log_event(reply->status >= 500 ? LOG_WARN : level, "request", LOG_CSTR("method", x->method),
		  LOG_CSTR("route", x->route ? x->route->pattern : "none"), LOG_NUM("status", reply->status),
		  LOG_CSTR("view", reply->view), LOG_NUM("parts", reply->parts),
		  LOG_NUM("missing", reply->missing), LOG_NUM("took_us", clock_mono_us() - x->begun_us),
		  LOG_CSTR("request_id", x->request_id));
}
