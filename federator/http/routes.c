#include "federator/http/handlers.h"

static const struct route table[] = {
	/* method  path                             handler */
	{ "QUERY", "/v1/customers",                 customers_look_up, ROUTE_WORK, MAY_VIEW },
	{ "POST",  "/v1/customers/lookup",          customers_look_up, ROUTE_WORK, MAY_VIEW },
	{ "GET",   "/v1/customers",                 customers_find, ROUTE_WORK, MAY_VIEW },
	{ "GET",   "/v1/customers/{id}",            customers_get, ROUTE_WORK, MAY_VIEW },
	{ "GET",   "/v1/customers/{id}/timeline",   customers_timeline, ROUTE_WORK, MAY_VIEW },
	{ "GET",   "/v1/customers/{id}/explain",    customers_explain, ROUTE_WORK, MAY_VIEW },
	{ "GET",   "/v1/customers/{id}/export",    customers_export, ROUTE_WORK, MAY_EXPORT },
	{ "GET",   "/v1/customers/{id}/stream",     pops_customer, ROUTE_WORK, MAY_VIEW },
	{ "POST",  "/v1/unmask",                    unmask_grant, ROUTE_WORK, MAY_UNMASK },
	{ "PUT",   "/v1/contacts/{id}",             contact_put, ROUTE_WORK, MAY_CONTACT },
	{ "DELETE", "/v1/contacts/{id}",            contact_delete, ROUTE_ALWAYS, MAY_CONTACT },
	{ "GET",   "/v1/agents/{agent}/pops",       pops_listen, ROUTE_WORK, MAY_POP },
	{ "POST",  "/v1/agents/{agent}/pops",       pops_ring, ROUTE_WORK, MAY_POP },
	{ "POST",  "/v1/warm",                      pops_warm, ROUTE_WORK, MAY_WARM },
	{ "POST",  "/v1/customers/{id}/refresh",    customers_refresh, ROUTE_WORK, MAY_VIEW },
	{ "QUERY", "/v1/routing",                   routing_look_up, ROUTE_WORK, MAY_ROUTE },
	{ "GET",   "/v1/routing",                   routing_find, ROUTE_WORK, MAY_ROUTE },
	{ "GET",   "/v1/cnam/{number}",             routing_name, ROUTE_WORK, MAY_ROUTE },
	{ "GET",   "/v1/cnam/",                     routing_name, ROUTE_WORK, MAY_ROUTE }, /* withheld number */
	{ "GET",   "/v1/web/sessions",              web_sessions, ROUTE_WORK, MAY_WEB },
	{ "GET",   "/v1/web/sessions/{id}",         web_session, ROUTE_WORK, MAY_WEB },
	{ "GET",   "/v1/web/searches",              web_searches, ROUTE_WORK, MAY_WEB },
	{ "GET",   "/v1/web/live",                  web_live, ROUTE_WORK, MAY_WEB },
	{ "GET",   "/v1/web/visitors/{visitor}/stitch", web_stitch, ROUTE_WORK, MAY_WEB },
	{ "GET",   "/v1/mappings",                  mappings_list, ROUTE_WORK, MAY_MAP },
	{ "GET",   "/v1/mappings/{revision}/{file}", mappings_file, ROUTE_WORK, MAY_MAP },
	{ "GET",   "/schema/mapping-1.xsd",         mappings_schema, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/schema/view.xsd",              schemas_view_xsd, ROUTE_WORK, MAY_MAP },
	{ "GET",   "/schema/view.schema.json",      schemas_view_json, ROUTE_WORK, MAY_MAP },
	{ "GET",   "/schema/provenance.xsd",        schemas_provenance_xsd, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/schema/problem.schema.json",   schemas_problem_json, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/schema/routing.xsd",           schemas_routing_xsd, ROUTE_WORK, MAY_MAP },
	{ "GET",   "/schema/routing.schema.json",   schemas_routing_json, ROUTE_WORK, MAY_MAP },
	{ "GET",   "/schema/events.schema.json",    schemas_events_json, ROUTE_WORK, MAY_MAP },
	{ "GET",   "/schema/explain.xsd",           schemas_explain_xsd, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/schema/explain.schema.json",   schemas_explain_json, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/schema/export.xsd",            schemas_export_xsd, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/schema/export.schema.json",    schemas_export_json, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/schema/web.xsd",               schemas_web_xsd, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/schema/web.schema.json",       schemas_web_json, ROUTE_WORK, MAY_ASK_OPENLY },
	{ "GET",   "/openapi.json",                 schemas_openapi, ROUTE_WORK, MAY_MAP },
	{ "GET",   "/livez",                        health_live, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	{ "GET",   "/readyz",                       health_ready, ROUTE_ALWAYS, MAY_ASK_OPENLY },
	/* what voids copies and answers nothing: the last PURGES of them */
	{ "DELETE", "/v1/customers/{id}",           customers_erase, ROUTE_ALWAYS, MAY_ERASE },
	{ "DELETE", "/v1/cache",                    purging_query, ROUTE_ALWAYS, MAY_PURGE },
	{ "POST",  "/v1/cache/purge",               purging_body, ROUTE_ALWAYS, MAY_PURGE },
};

enum { PURGES = 3 };

const struct routes public_routes = { table, ARRAY_LEN(table) };
const struct routes asking_routes = { table, ARRAY_LEN(table) - PURGES };
