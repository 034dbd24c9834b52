/* call_head.c - what the head of a request says. */
#include "base/text.h"
#include "federator/http/front_state.h"
#include "federator/http/layout.h"
#include "federator/http/request_id.h"

static enum MHD_Result header_take(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_n,
				   const char *value, size_t value_n)
{
	struct headers *h = arg;

	(void)kind;
	if (h->n == HEADERS_MAX) {
		h->too_many = true;
		return MHD_NO;
	}
	h->of[h->n++] = (struct header){ { name, name_n }, { value ? value : "", value_n } };
	return MHD_YES;
}

static void headers_read(struct call *call)
{
	struct headers *h = &call->x.headers;
	size_t n = (size_t)MHD_get_connection_values_n(call->conn, MHD_HEADER_KIND, NULL, NULL);

	h->of = arena_array_of(call->x.mem, struct header, n < HEADERS_MAX ? n : HEADERS_MAX);
	MHD_get_connection_values_n(call->conn, MHD_HEADER_KIND, header_take, h);
}

/* A body that is too large, and not much larger, is taken and dropped before it is refused: a connection that is
 * closed with bytes in it is reset, and a client of OpenSSL that cannot write reads no more. Who asks first is told
 * at once. */
static bool is_dropped(const struct headers *h)
{
	uint64_t bytes;

	return !headers_get(h, "Expect").p && text_to_u64(headers_get(h, "Content-Length"), &bytes) &&
	       bytes <= BODY_MAX + BODY_DROPPED_MAX;
}

int call_head(struct call *call, const char *method, const char *version, size_t bytes, const char **why_out)
{
	struct exchange *x = &call->x;
	int status;

	x->method = method;
	headers_read(call);
	status = headers_screen(method, version, &x->headers, BODY_MAX, why_out);
	if (status && !(status == 413 && is_dropped(&x->headers)))
		return status;
	if (!layout_is_whole(&(struct layout){ method, call->target, &x->headers, bytes })) {
		*why_out = "the header holds a NUL, a folded line, a line without CR or a blank too many";
		return 400;
	}
	if (!x->path.p) {
		*why_out = "the request target must be a path, without blanks and `#`";
		return 400;
	}
	return 0;
}

void call_prepare(struct call *call)
{
	struct exchange *x = &call->x;
	struct str given = headers_get(&x->headers, "X-Request-Id");

	x->method = arena_cstr(x->mem, str_of(x->method));
	x->acceptable = headers_format(&x->headers, &x->format);
	if (headers_is_token(given))
		memcpy(x->request_id, given.p, given.n);
	else
		request_id_make(x->request_id);
	if (!x->access && (x->seats || x->lane->service))
		caller_everybody(service_options((x->seats ? x->seats[0].lane : x->lane)->service), &x->caller);
	x->address = x->lane->audit ? link_address(call->link) : "";
}
