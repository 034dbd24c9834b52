/* fixed.c - schemas that are files of this folder, built in. */
#include "federator/schema/view_schema.h"

static const char provenance_xsd[] = {
#include "federator/schema/provenance.xsd.inc"
};
static const char problem_json[] = {
#include "federator/schema/problem.schema.json.inc"
};
static const char explain_xsd[] = {
#include "federator/schema/explain.xsd.inc"
};
static const char explain_json[] = {
#include "federator/schema/explain.schema.json.inc"
};
static const char export_xsd[] = {
#include "federator/schema/export.xsd.inc"
};
static const char export_json[] = {
#include "federator/schema/export.schema.json.inc"
};
static const char web_xsd[] = {
#include "federator/schema/web.xsd.inc"
};
static const char web_json[] = {
#include "federator/schema/web.schema.json.inc"
};
static const char openapi_headers[] = {
#include "federator/schema/openapi/headers.json.inc"
};
static const char openapi_parameters[] = {
#include "federator/schema/openapi/parameters.json.inc"
};
static const char openapi_schemas[] = {
#include "federator/schema/openapi/schemas.json.inc"
};
static const char openapi_security[] = {
#include "federator/schema/openapi/security.json.inc"
};

struct str view_schema_fixed(enum fixed_schema which)
{
	static const struct str texts[] = {
		[FIXED_PROVENANCE_XSD] = { provenance_xsd, sizeof(provenance_xsd) },
		[FIXED_PROBLEM_JSON] = { problem_json, sizeof(problem_json) },
		[FIXED_EXPLAIN_XSD] = { explain_xsd, sizeof(explain_xsd) },
		[FIXED_EXPLAIN_JSON] = { explain_json, sizeof(explain_json) },
		[FIXED_EXPORT_XSD] = { export_xsd, sizeof(export_xsd) },
		[FIXED_EXPORT_JSON] = { export_json, sizeof(export_json) },
		[FIXED_WEB_XSD] = { web_xsd, sizeof(web_xsd) },
		[FIXED_WEB_JSON] = { web_json, sizeof(web_json) },
		[FIXED_OPENAPI_HEADERS] = { openapi_headers, sizeof(openapi_headers) },
		[FIXED_OPENAPI_PARAMETERS] = { openapi_parameters, sizeof(openapi_parameters) },
		[FIXED_OPENAPI_SCHEMAS] = { openapi_schemas, sizeof(openapi_schemas) },
		[FIXED_OPENAPI_SECURITY] = { openapi_security, sizeof(openapi_security) },
	};

	return texts[which];
}

struct str view_schema_inside(enum fixed_schema which, const char *at, struct arena *mem)
{
	static const struct str own = STR("\"#/$defs/");
	SCOPED(buf_free) struct buf out = { 0 };
	struct str rest = view_schema_fixed(which);
	const char *found, *schema = memmem(rest.p, rest.n, "\"$schema\"", 9);

	if (schema) {
		found = memchr(schema, ',', rest.n - (size_t)(schema - rest.p));
		rest = (struct str){ found + 1, rest.n - (size_t)(found + 1 - rest.p) };
		buf_putc(&out, '{');
	}
	while ((found = memmem(rest.p, rest.n, own.p, own.n))) {
		buf_put(&out, rest.p, (size_t)(found - rest.p));
		buf_printf(&out, "\"%s/$defs/", at);
		rest = (struct str){ found + own.n, rest.n - (size_t)(found - rest.p) - own.n };
	}
	while (rest.n && rest.p[rest.n - 1] == '\n')
		rest.n--;
	buf_put_str(&out, rest);
	return arena_str(mem, buf_str(&out));
}

bool view_schema_any_flat(const struct catalog *cat)
{
	for (size_t i = 0; i < cat->n_views; i++)
		if (cat->views[i].shape == SHAPE_FLAT)
			return true;
	return false;
}
