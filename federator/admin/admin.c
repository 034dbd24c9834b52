#include "federator/admin/admin_state.h"

#include "base/log.h"
#include "federator/admin/metrics.h"
#include "federator/admin/tenants.h"
#include "federator/http/handlers.h"
#include "federator/render/render.h"

/* `federator reload` asks for text, for people to read. */
static bool wants_text(const struct exchange *x)
{
	return headers_same(headers_get(&x->headers, "Accept"), "text/plain");
}

void admin_reload_done(struct exchange *x, struct diags *ds, struct buf *what)
{
	bool text = wants_text(x);
	struct buf out = { 0 };

	if (text && diags_count(ds, DIAG_WARNING))
		diags_print_human(ds, &out);
	buf_putc(&out, '{');
	buf_put_str(&out, buf_str(what));
	if (!text) {
		buf_puts(&out, ",\"diagnostics\":");
		diags_print_json(ds, &out);
	}
	buf_puts(&out, "}\n");
	exchange_bytes(x, 200, text ? "text/plain" : "application/json", &out);
}

void admin_revision_put(struct service *svc, struct buf *out)
{
	const struct world *world = service_world(svc);

	buf_printf(out, "\"revision\":\"%s\"", world->cat->revision);
	world_unref(&world);
}

void admin_reload_refused(struct exchange *x, struct diags *ds, const struct err *err)
{
	struct buf out = { 0 };

	if (wants_text(x)) {
		diags_print_human(ds, &out);
		buf_printf(&out, "%s: %s\n", err->where, err->text);
		exchange_bytes(x, 422, "text/plain", &out);
		return;
	}
	buf_puts(&out,
		 "{\"type\":\"urn:federator:problem:bad-mapping\",\"title\":\"The mapping was not loaded\","
		 "\"status\":422,\"detail\":");
	render_json_string(str_of(err->text), &out);
	buf_puts(&out, ",\"diagnostics\":");
	diags_print_json(ds, &out);
	buf_puts(&out, "}\n");
	exchange_bytes(x, 422, "application/problem+json", &out);
}

static void reload(struct exchange *x)
{
	SCOPED(buf_free) struct buf what = { 0 };
	struct diags *ds = diags_new(x->mem);
	struct err err;

	if (!tenants_reload(x->context, 0, ds, &err)) {
		admin_reload_refused(x, ds, &err);
		return;
	}
	admin_revision_put(x->lane->service, &what);
	admin_reload_done(x, ds, &what);
}

static void metrics(struct exchange *x)
{
	struct buf out = { 0 };

	metrics_put(x->lane->service, &out);
	exchange_bytes(x, 200, METRICS_TYPE, &out);
}

static const struct route table[] = {
	{ "POST", "/admin/reload", reload, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "POST", "/v1/cache/purge", purging_body, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/metrics", metrics, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/openapi.json", schemas_openapi, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/livez", health_live, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/readyz", health_ready, ROUTE_ALWAYS, MAY_ASK_OPENLY },
};

const struct routes admin_routes = { table, ARRAY_LEN(table) };
