#include "federator/http/respond.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

static void put(struct MHD_Response *r, const char *name, const char *value)
{
	/* refused only for control characters, which none of our values has */
	(void)MHD_add_response_header(r, name, value);
}

static void put_number(struct MHD_Response *r, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	put(r, name, text);
}

static void put_view_headers(struct MHD_Response *r, const struct reply *reply)
{
	if (reply->server_timing[0])
		put(r, "Server-Timing", reply->server_timing);
	if (reply->status != 200)
		return;
	put(r, "Cache-Status", reply->from_cache ? "federator; hit" : "federator; fwd=miss");
	if (reply->from_cache || reply->age_s)
		put_number(r, "Age", reply->age_s);
}

struct MHD_Response *respond_make(struct exchange *x, bool close)
{
	struct reply *reply = &x->reply;
	struct MHD_Response *r =
		MHD_create_response_from_buffer(reply->len, reply->body, MHD_RESPMEM_MUST_FREE);

	if (!r)
		return NULL;
	reply->body = NULL;
	put(r, "Content-Type", reply->content_type);
	put(r, "Cache-Control", "private, no-store");
	put(r, "Vary", "Accept, Accept-Language, Authorization");
	put(r, "X-Content-Type-Options", "nosniff");
	put(r, "X-Request-Id", x->request_id);
	if (x->is_view)
		put_view_headers(r, reply);
	if (x->allow[0])
		put(r, "Allow", x->allow);
	if (reply->retry_after_s)
		put_number(r, "Retry-After", reply->retry_after_s);
	if (close)
		put(r, "Connection", "close");
	return r;
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
