/* diff.c - the command diff: what one mapping shows beyond another. */
#include "federator/cli/commands.h"
#include "metadata/load.h"
#include "metadata/widen.h"

/* NULL: a message is out. */
static const struct catalog *load(const char *dir, struct arena *mem)
{
	struct diags *unsaid = diags_new(mem); /* `federator check` of that directory says them */
	const struct catalog *cat = catalog_load(dir, unsaid);

	if (!cat)
		message_error("%s: errors in the mapping: %zu; see: federator check %s", dir,
			      diags_count(unsaid, DIAG_ERROR), dir);
	return cat;
}

int command_diff(struct args *args)
{
	SCOPED(catalog_unref) const struct catalog *was = NULL, *is = NULL;
	const char *format = args_flag(args, "format");
	void (*print)(struct diags *ds, struct buf *out);
	struct diags *ds = diags_new(args->mem);
	SCOPED(buf_free) struct buf out = { 0 };
	int code;

	if (args->n_operands != 2) {
		message_error("diff takes two directories of mapping files: federator diff OLD NEW");
		return EXIT_USAGE;
	}
	if (!message_format(format ? format : "human", &print))
		return EXIT_USAGE;
	was = load(args->operands[0], args->mem);
	is = was ? load(args->operands[1], args->mem) : NULL;
	if (!is)
		return EXIT_FINDINGS;
	(void)widen_check(was, is, ds);
	print(ds, &out);
	code = message_data(&out);
	if (code != EXIT_OK)
		return code;
	return diags_count(ds, DIAG_WARNING) ? EXIT_FINDINGS : EXIT_OK;
}
