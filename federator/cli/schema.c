/* schema.c - the command schema: what the answers of a mapping look like. */
#include "base/text.h"
#include "federator/cli/commands.h"
#include "federator/http/handlers.h"
#include "federator/http/openapi.h"
#include "federator/schema/view_schema.h"
#include "metadata/load.h"

static bool view_find(const struct args *args, const struct catalog *cat, const struct view **view_out)
{
	const char *wanted = args_flag(args, "view"), *near;
	const char **names = arena_array_of(args->mem, const char *, cat->n_views);

	*view_out = wanted ? catalog_view(cat, str_of(wanted)) : NULL;
	if (!wanted || *view_out)
		return true;
	for (size_t i = 0; i < cat->n_views; i++)
		names[i] = cat->views[i].name;
	near = text_nearest(str_of(wanted), names, cat->n_views);
	if (near)
		message_error("the mapping has no view '%s'; did you mean '%s'?", wanted, near);
	else
		message_error("the mapping has no view '%s'", wanted);
	return false;
}

/* Is there a flat view to make a schema of? */
static bool flat_found(const struct catalog *cat, const struct view *view)
{
	if (view ? view->shape == SHAPE_FLAT : view_schema_any_flat(cat))
		return true;
	if (view)
		message_error("the view '%s' is not flat", view->name);
	else
		message_error("the mapping has no flat view");
	return false;
}

static void write_schema(const struct args *args, const struct catalog *cat, const struct view *view, struct buf *out)
{
	struct str lang = str_of(args_flag(args, "lang"));
	bool xsd = args_flag(args, "xsd") != NULL;

	if (args_flag(args, "events"))
		view_schema_events_json(cat, view, lang, out);
	else if (args_flag(args, "routing"))
		(xsd ? view_schema_routing_xsd : view_schema_routing_json)(cat, view, lang, out);
	else
		(xsd ? view_schema_xsd : view_schema_json)(cat, view, lang, out);
}

/* Of the public listener, of which callers prove who they are. */
static int print_openapi(const struct args *args, const struct catalog *cat)
{
	SCOPED(buf_free) struct buf out = { 0 };
	const struct openapi_of of = { .routes = &public_routes, .cat = cat, .lang = str_of(args_flag(args, "lang")) };

	openapi_write(&of, &out);
	return message_data(&out);
}

static int print_view(const struct args *args, const struct options *opt)
{
	SCOPED(catalog_unref) const struct catalog *cat = NULL;
	SCOPED(buf_free) struct buf out = { 0 };
	struct diags *ds = diags_new(args->mem);
	const struct view *view;

	if (!*opt->map) {
		message_error("schema needs a directory of mapping files: --map DIR");
		return EXIT_USAGE;
	}
	cat = catalog_load(opt->map, ds);
	if (!cat) {
		message_findings(ds);
		return EXIT_FINDINGS;
	}
	if (args_flag(args, "openapi"))
		return print_openapi(args, cat);
	if (!view_find(args, cat, &view) || (args_flag(args, "routing") && !flat_found(cat, view)))
		return EXIT_USAGE;
	write_schema(args, cat, view, &out);
	return message_data(&out);
}

static int print_fixed(enum fixed_schema which)
{
	SCOPED(buf_free) struct buf out = { 0 };

	buf_put_str(&out, view_schema_fixed(which));
	return message_data(&out);
}

/* Do the flags go together? Else it is told. */
static bool are_alone(const struct args *args)
{
	bool xsd = args_flag(args, "xsd") != NULL, openapi = args_flag(args, "openapi") != NULL;
	int kinds = !!args_flag(args, "routing") + !!args_flag(args, "events") + !!args_flag(args, "explain") +
		    !!args_flag(args, "export") + !!args_flag(args, "provenance-xsd") + openapi;

	if (!!args_flag(args, "json") + xsd + !!args_flag(args, "provenance-xsd") > 1)
		message_error("--json, --xsd and --provenance-xsd exclude each other");
	else if (kinds > 1)
		message_error("--routing, --events, --explain, --export, --openapi and --provenance-xsd exclude each "
			      "other");
	else if (xsd && args_flag(args, "events"))
		message_error("--events takes no --xsd: events are JSON");
	else if (openapi && (xsd || args_flag(args, "view")))
		message_error("--openapi takes no --xsd and no --view: it is one document, and JSON");
	else
		return true;
	return false;
}

int command_schema(struct args *args)
{
	bool xsd = args_flag(args, "xsd") != NULL;
	struct options opt;
	struct err err;

	if (!are_alone(args))
		return EXIT_USAGE;
	if (args_flag(args, "provenance-xsd"))
		return print_fixed(FIXED_PROVENANCE_XSD);
	if (args_flag(args, "explain"))
		return print_fixed(xsd ? FIXED_EXPLAIN_XSD : FIXED_EXPLAIN_JSON);
	if (args_flag(args, "export"))
		return print_fixed(xsd ? FIXED_EXPORT_XSD : FIXED_EXPORT_JSON);
	if (!options_read(&opt, args->config, args->argc, args->argv, args->mem, &err))
		return message_err(&err);
	return print_view(args, &opt);
}
