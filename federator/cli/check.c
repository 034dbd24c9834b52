/* check.c - the command check: what is wrong with a mapping, by itself, against another one, and by its sources. */
#include <stdio.h>
#include <unistd.h>

#include "federator/cli/check_weblog.h"
#include "federator/cli/commands.h"
#include "federator/live/live.h"
#include "metadata/load.h"
#include "metadata/widen.h"

static void summary(const struct catalog *cat, const struct diags *ds, const char *dir)
{
	size_t errors = diags_count(ds, DIAG_ERROR), warnings = diags_count(ds, DIAG_WARNING);

	if (cat && errors == 0)
		fprintf(stderr,
			"%s: ok, revision %s: files: %zu, sources: %zu, parts: %zu, views: %zu, tests: %zu, "
			"warnings: %zu\n",
			dir, cat->revision, cat->n_files, cat->n_sources, cat->n_parts, cat->n_views,
			cat->n_tests, warnings);
	else
		fprintf(stderr, "%s: errors: %zu, warnings: %zu\n", dir, errors, warnings);
}

/* Warnings for what `cat` shows beyond the mapping in `dir`. False: there is none to compare with. */
static bool compare_with(const char *dir, const struct catalog *cat, struct arena *mem, struct diags *ds)
{
	struct diags *unsaid = diags_new(mem); /* `federator check` of that directory says them */
	SCOPED(catalog_unref) const struct catalog *was = catalog_load(dir, unsaid);

	if (!was) {
		message_error("--against %s: errors in the mapping: %zu; see: federator check %s", dir,
			      diags_count(unsaid, DIAG_ERROR), dir);
		return false;
	}
	(void)widen_check(was, cat, ds);
	return true;
}

/* The directory to check: the operand, or that of --map and --config; NULL: a message is out. */
static const char *dir_of(const struct args *args, const struct options *opt)
{
	if (args->n_operands == 1 && strcmp(options_origin(opt, "map"), "--map") == 0) {
		message_error("check takes DIR or --map, not both");
		return NULL;
	}
	if (args->n_operands == 1)
		return args->operands[0];
	if (args->n_operands == 0 && *opt->map)
		return opt->map;
	message_error("check takes one directory of mapping files: federator check DIR");
	return NULL;
}

/* The options; only with --live are drivers of any use. */
static int options_of(const struct args *args, bool live, struct options *out)
{
	struct err err;

	if (live)
		return setup_options(args, true, out);
	return options_read(out, args->config, args->argc, args->argv, args->mem, &err) ? EXIT_OK : message_err(&err);
}

static void live_summary(const struct catalog *cat, const struct live *live, const char *dir)
{
	fprintf(stderr, "%s: asked live: sources: %zu of %zu, queries: %zu\n", dir, live->reached, cat->n_sources,
		live->queries);
}

/* What the whole comes to. */
static int verdict(const struct catalog *cat, const struct diags *ds, const struct live *live)
{
	if (live && cat && live->reached < cat->n_sources)
		return EXIT_UNREACHABLE;
	return cat && diags_count(ds, DIAG_ERROR) == 0 ? EXIT_OK : EXIT_FINDINGS;
}

int command_check(struct args *args)
{
	const char *format = args_flag(args, "format"), *against = args_flag(args, "against"), *dir;
	void (*print)(struct diags *ds, struct buf *out);
	SCOPED(catalog_unref) const struct catalog *cat = NULL;
	SCOPED(buf_free) struct buf out = { 0 };
	struct diags *ds = diags_new(args->mem);
	struct live live = { 0 };
	bool with_live = args_flag(args, "live") != NULL, compared = true;
	struct options opt;
	struct err err;
	int code = options_of(args, with_live, &opt);

	if (code != EXIT_OK)
		return code;
	dir = dir_of(args, &opt);
	if (!dir || !message_format(format ? format : "human", &print))
		return EXIT_USAGE;
	opt.map = dir;
	cat = catalog_load(dir, ds);
	if (cat && !check_weblogs(cat, args_flag(args, "rules"), args->mem, ds, &err))
		return message_err(&err);
	if (cat && against)
		compared = compare_with(against, cat, args->mem, ds);
	if (cat && with_live)
		live = live_check(&opt, cat, ds);
	print(ds, &out);
	code = message_data(&out);
	summary(cat, ds, dir);
	if (cat && with_live)
		live_summary(cat, &live, dir);
	if (code == EXIT_OK)
		code = compared ? verdict(cat, ds, with_live ? &live : NULL) : EXIT_FINDINGS;
	if (live.hung > 0)
		_exit(code); /* a driver hangs; nothing may be freed under it */
	return code;
}
