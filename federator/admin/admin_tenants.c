/* admin_tenants.c - the admin listener of many tenants. */
#include "federator/admin/admin_state.h"
#include "federator/admin/metrics.h"
#include "federator/admin/tenants.h"
#include "federator/http/handlers.h"
#include "federator/http/uri.h"
#include "federator/view/tree.h"

/* The place of ?tenant=NAME; TENANTS_MOST without it. False: it names none, and that is answered. */
static bool tenant_take(struct exchange *x, size_t *place_out)
{
	struct str rest = x->query, name, raw, value;

	*place_out = TENANTS_MOST;
	while (uri_next_pair(&rest, &name, &raw)) {
		if (!str_eq(name, STR("tenant")) || !uri_decode(raw, URI_QUERY, x->mem, &value)) {
			exchange_problem(x, 400, "unknown-parameter", "the only parameter here is tenant", NULL);
			return false;
		}
		*place_out = tenants_place(x->context, value);
		if (*place_out == TENANTS_MOST) {
			exchange_problem(x, 404, "unknown-tenant", "the service has no tenant of this name",
					 "GET /readyz?verbose lists them");
			return false;
		}
	}
	return true;
}

static void reloaded_put(struct tenants *t, size_t place, struct buf *out)
{
	const char *before = "";

	buf_puts(out, "\"tenants\":[");
	for (size_t i = 0; i < tenants_count(t); i++) {
		struct service *svc = tenants_service(t, i);

		if (place != TENANTS_MOST && place != i)
			continue;
		buf_printf(out, "%s{\"name\":\"%s\",", before, service_options(svc)->tenant);
		admin_revision_put(svc, out);
		buf_putc(out, '}');
		before = ",";
	}
	buf_putc(out, ']');
}

static void reload(struct exchange *x)
{
	SCOPED(buf_free) struct buf what = { 0 };
	struct diags *ds = diags_new(x->mem);
	struct err err;
	size_t place;

	if (!tenant_take(x, &place))
		return;
	if (!tenants_reload(x->context, place, ds, &err)) {
		admin_reload_refused(x, ds, &err);
		return;
	}
	reloaded_put(x->context, place, &what);
	admin_reload_done(x, ds, &what);
}

static void purge(struct exchange *x)
{
	size_t place;

	if (!tenant_take(x, &place))
		return;
	if (place == TENANTS_MOST) {
		exchange_problem(x, 400, "tenant-needed", "of which tenant the copies are void is not said",
				 "append ?tenant=NAME; at the terminal: --tenants DIR --tenant NAME");
		return;
	}
	x->lane = x->seats[place].lane;
	x->query = (struct str){ 0 }; /* of purging_body() it would be a mistake */
	purging_body(x);
}

static void metrics(struct exchange *x)
{
	struct service *services[TENANTS_MOST];
	struct tenants *t = x->context;
	struct buf out = { 0 };

	for (size_t i = 0; i < tenants_count(t); i++)
		services[i] = tenants_service(t, i);
	metrics_put_all(services, tenants_count(t), tenants_meters(t), &out);
	exchange_bytes(x, 200, METRICS_TYPE, &out);
}

static void ready(struct exchange *x)
{
	struct tenants *t = x->context;
	struct node *root, *list;

	if (!health_is_verbose(x)) {
		health_ready(x);
		return;
	}
	root = tree_object(x->mem, NULL, STR("ready"));
	tree_bool(x->mem, root, STR("ready"), !x->draining);
	list = tree_array(x->mem, root, STR("tenants"), STR("tenant"));
	for (size_t i = 0; i < tenants_count(t); i++) {
		struct node *of = tree_object(x->mem, list, STR(""));
		struct service *svc = tenants_service(t, i);

		tree_text(x->mem, of, STR("name"), str_of(service_options(svc)->tenant));
		tree_bool(x->mem, of, STR("ready"), !service_is_vacant(svc));
		health_put(x->mem, of, svc);
	}
	health_reply(x, x->draining ? 503 : 200, root);
}

static const struct route table[] = {
	{ "POST", "/admin/reload", reload, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "POST", "/v1/cache/purge", purge, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/metrics", metrics, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/livez", health_live, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET", "/readyz", ready, ROUTE_ALWAYS, MAY_ASK_OPENLY },
};

const struct routes admin_tenants_routes = { table, ARRAY_LEN(table) };
