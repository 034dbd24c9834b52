/* schema.c - the command schema: what the answers of a mapping look like. */
#include "base/text.h"
#include "federator/cli/commands.h"
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

static int print_view(const struct args *args, const struct options *opt)
{
	SCOPED(catalog_unref) const struct catalog *cat = NULL;
	SCOPED(buf_free) struct buf out = { 0 };
	struct diags *ds = diags_new(args->mem);
	struct str lang = str_of(args_flag(args, "lang"));
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
	if (!view_find(args, cat, &view))
		return EXIT_USAGE;
	if (args_flag(args, "xsd"))
		view_schema_xsd(cat, view, lang, &out);
	else
		view_schema_json(cat, view, lang, &out);
	return message_data(&out);
}

int command_schema(struct args *args)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct options opt;
	struct err err;

	if (!!args_flag(args, "json") + !!args_flag(args, "xsd") + !!args_flag(args, "provenance-xsd") > 1) {
		message_error("--json, --xsd and --provenance-xsd exclude each other");
		return EXIT_USAGE;
	}
	if (args_flag(args, "provenance-xsd")) {
		buf_put_str(&out, view_schema_provenance_xsd());
		return message_data(&out);
	}
	if (!options_read(&opt, args->config, args->argc, args->argv, args->mem, &err))
		return message_err(&err);
	return print_view(args, &opt);
}
