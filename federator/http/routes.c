#include "federator/http/handlers.h"

static const struct route table[] = {
	/* method  path                             handler */
	{ "QUERY", "/v1/customers",                 customers_look_up },
	{ "POST",  "/v1/customers/lookup",          customers_look_up },
	{ "GET",   "/v1/customers",                 customers_find },
	{ "GET",   "/v1/customers/{id}",            customers_get },
	{ "GET",   "/v1/customers/{id}/timeline",   customers_timeline },
	{ "GET",   "/v1/customers/{id}/explain",    customers_explain },
	{ "QUERY", "/v1/routing",                   routing_look_up },
	{ "GET",   "/v1/routing",                   routing_find },
	{ "GET",   "/v1/cnam/{number}",             routing_name },
	{ "GET",   "/v1/cnam/",                     routing_name }, /* of a caller without a number */
	{ "GET",   "/v1/mappings",                  mappings_list },
	{ "GET",   "/v1/mappings/{revision}/{file}", mappings_file },
	{ "GET",   "/schema/mapping-1.xsd",         mappings_schema },
	{ "GET",   "/schema/view.xsd",              schemas_view_xsd },
	{ "GET",   "/schema/view.schema.json",      schemas_view_json },
	{ "GET",   "/schema/provenance.xsd",        schemas_provenance_xsd },
	{ "GET",   "/schema/problem.schema.json",   schemas_problem_json },
	{ "GET",   "/schema/routing.xsd",           schemas_routing_xsd },
	{ "GET",   "/schema/routing.schema.json",   schemas_routing_json },
	{ "GET",   "/schema/explain.xsd",           schemas_explain_xsd },
	{ "GET",   "/schema/explain.schema.json",   schemas_explain_json },
	{ "GET",   "/livez",                        health_live },
	{ "GET",   "/readyz",                       health_ready },
};

const struct routes public_routes = { table, ARRAY_LEN(table) };
