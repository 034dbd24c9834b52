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
static const char web_xsd[] = {
#include "federator/schema/web.xsd.inc"
};
static const char web_json[] = {
#include "federator/schema/web.schema.json.inc"
};

struct str view_schema_fixed(enum fixed_schema which)
{
	static const struct str texts[] = {
		[FIXED_PROVENANCE_XSD] = { provenance_xsd, sizeof(provenance_xsd) },
		[FIXED_PROBLEM_JSON] = { problem_json, sizeof(problem_json) },
		[FIXED_EXPLAIN_XSD] = { explain_xsd, sizeof(explain_xsd) },
		[FIXED_EXPLAIN_JSON] = { explain_json, sizeof(explain_json) },
		[FIXED_WEB_XSD] = { web_xsd, sizeof(web_xsd) },
		[FIXED_WEB_JSON] = { web_json, sizeof(web_json) },
	};

	return texts[which];
}

bool view_schema_any_flat(const struct catalog *cat)
{
	for (size_t i = 0; i < cat->n_views; i++)
		if (cat->views[i].shape == SHAPE_FLAT)
			return true;
	return false;
}
