/* print.c - the commands that only print: check, config, completion, docs. */
#include <stdio.h>

#include "federator/cli/commands.h"
#include "metadata/load.h"
#include "metadata/widen.h"

static void summary(const struct catalog *cat, const struct diags *ds, const char *dir)
{
	size_t errors = diags_count(ds, DIAG_ERROR), warnings = diags_count(ds, DIAG_WARNING);

	if (cat)
		fprintf(stderr,
			"%s: ok, revision %s: files: %zu, sources: %zu, parts: %zu, views: %zu, warnings: %zu\n",
			dir, cat->revision, cat->n_files, cat->n_sources, cat->n_parts, cat->n_views,
			warnings);
	else
		fprintf(stderr, "%s: errors: %zu, warnings: %zu\n", dir, errors, warnings);
}

static bool printer_of(const char *format, void (**print_out)(struct diags *ds, struct buf *out))
{
	static const struct {
		const char *name;
		void (*print)(struct diags *ds, struct buf *out);
	} printers[] = {
		{ "human", diags_print_human },
		{ "gcc", diags_print_gcc },
		{ "json", diags_print_json },
	};

	for (size_t i = 0; i < ARRAY_LEN(printers); i++) {
		if (strcmp(format, printers[i].name) == 0) {
			*print_out = printers[i].print;
			return true;
		}
	}
	message_error("--format takes human, gcc or json, not '%s'", format);
	return false;
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

int command_check(struct args *args)
{
	const char *format = args_flag(args, "format"), *against = args_flag(args, "against");
	void (*print)(struct diags *ds, struct buf *out);
	SCOPED(catalog_unref) const struct catalog *cat = NULL;
	SCOPED(buf_free) struct buf out = { 0 };
	struct diags *ds = diags_new(args->mem);
	bool compared = true;
	int code;

	if (args->n_operands != 1) {
		message_error("check takes one directory of mapping files: federator check DIR");
		return EXIT_USAGE;
	}
	if (!printer_of(format ? format : "human", &print))
		return EXIT_USAGE;
	cat = catalog_load(args->operands[0], ds);
	if (cat && against)
		compared = compare_with(against, cat, args->mem, ds);
	print(ds, &out);
	code = message_data(&out);
	summary(cat, ds, args->operands[0]);
	return code != EXIT_OK ? code : cat && compared ? EXIT_OK : EXIT_FINDINGS;
}

int command_config(struct args *args)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct options opt;
	struct err err;

	if (args->n_operands != 1 || strcmp(args->operands[0], "show") != 0) {
		message_error("did you mean: federator config show?");
		return EXIT_USAGE;
	}
	if (!options_read(&opt, args->config, args->argc, args->argv, args->mem, &err))
		return message_err(&err);
	options_print(&opt, args_flag(args, "origin") != NULL, &out);
	return message_data(&out);
}

int command_completion(struct args *args)
{
	SCOPED(buf_free) struct buf out = { 0 };

	(void)args;
	docs_completion(&out);
	return message_data(&out);
}

int command_docs(struct args *args)
{
	SCOPED(buf_free) struct buf out = { 0 };
	const char *what = args->n_operands == 1 ? args->operands[0] : "";

	if (strcmp(what, "man") == 0) {
		docs_man(&out);
	} else if (strcmp(what, "completion") == 0) {
		docs_completion(&out);
	} else {
		message_error("docs prints man or completion");
		return EXIT_USAGE;
	}
	return message_data(&out);
}
