#include "federator/admin/admin.h"

#include "base/log.h"
#include "federator/admin/metrics.h"
#include "federator/http/handlers.h"
#include "federator/render/render.h"

bool admin_reload(struct service *svc, struct diags *ds, struct err *err)
{
	const struct world *world;

	if (!service_reload(svc, ds, err)) {
		log_event(LOG_ERROR, "reload_refused", LOG_CSTR("where", err->where),
			  LOG_CSTR("why", err->text));
		return false;
	}
	world = service_world(svc);
	log_event(LOG_INFO, "reloaded", LOG_CSTR("revision", world->cat->revision),
		  LOG_NUM("warnings", diags_count(ds, DIAG_WARNING)));
	world_unref(&world);
	return true;
}

/* `federator reload` asks for text, for people to read. */
static bool wants_text(const struct exchange *x)
{
	return headers_same(headers_get(&x->headers, "Accept"), "text/plain");
}

/* The revision, with warnings as a list; as text the warnings stand in front of a last line with the revision. */
static void reload_done(struct exchange *x, struct diags *ds)
{
	const struct world *world = service_world(x->lane->service);
	bool text = wants_text(x);
	struct buf out = { 0 };

	if (text && diags_count(ds, DIAG_WARNING))
		diags_print_human(ds, &out);
	buf_printf(&out, "{\"revision\":\"%s\"", world->cat->revision);
	world_unref(&world);
	if (!text) {
		buf_puts(&out, ",\"diagnostics\":");
		diags_print_json(ds, &out);
	}
	buf_puts(&out, "}\n");
	exchange_bytes(x, 200, text ? "text/plain" : "application/json", &out);
}

/* Findings as a problem document with the list of them, or as text. */
static void reload_refused(struct exchange *x, struct diags *ds, const struct err *err)
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
	struct diags *ds = diags_new(x->mem);
	struct err err;

	if (admin_reload(x->lane->service, ds, &err))
		reload_done(x, ds);
	else
		reload_refused(x, ds, &err);
}

static void metrics(struct exchange *x)
{
	struct buf out = { 0 };

	metrics_put(x->lane->service, &out);
	exchange_bytes(x, 200, "text/plain; version=0.0.4; charset=utf-8", &out);
}

static const struct route table[] = {
	{ "POST", "/admin/reload", reload, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "POST", "/v1/cache/purge", purging_body, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/metrics", metrics, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/livez", health_live, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/readyz", health_ready, ROUTE_ALWAYS, MAY_ASK_OPENLY },
};

const struct routes admin_routes = { table, ARRAY_LEN(table) };
