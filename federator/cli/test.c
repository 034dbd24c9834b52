/* test.c - the command test: the tests that stand in a mapping. */
#include <stdio.h>

#include "base/log.h"
#include "federator/cli/commands.h"
#include "federator/cli/trial.h"
#include "metadata/load.h"
#include "metadata/test.h"

static int no_test(const struct catalog *cat, const char *dir, const char *pattern)
{
	if (!cat->n_tests)
		message_error("%s has no test; docs/mapping.md says how one is written", dir);
	else
		message_error("no test of %s has a name like '%s'; the first one is '%s'", dir, pattern,
			      cat->tests[0].name);
	return EXIT_FINDINGS;
}

/* Run and print; the catalog is NULL when the mapping has errors. */
static int run_and_print(const struct catalog *cat, const char *dir, const char *pattern, struct diags *ds,
			 void (*print)(struct diags *ds, struct buf *out))
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct trial_count count = { 0 };
	struct err err;
	int code;

	if (cat && !trial_run_all(cat, pattern, ds, &count, &err))
		return message_err(&err);
	if (cat && count.passed + count.failed == 0)
		return no_test(cat, dir, pattern);
	print(ds, &out);
	code = message_data(&out);
	if (cat)
		fprintf(stderr, "%s: %zu passed, %zu failed\n", dir, count.passed, count.failed);
	else
		fprintf(stderr, "%s: errors in the mapping: %zu; no test was run\n", dir,
			diags_count(ds, DIAG_ERROR));
	if (code == EXIT_OK && (!cat || count.failed))
		code = EXIT_FINDINGS;
	return code;
}

int command_test(struct args *args)
{
	const char *format = args_flag(args, "format"), *pattern = args_flag(args, "name");
	void (*print)(struct diags *ds, struct buf *out);
	SCOPED(catalog_unref) const struct catalog *cat = NULL;
	struct diags *ds = diags_new(args->mem);

	if (args->n_operands != 1) {
		message_error("test takes one directory of mapping files: federator test DIR");
		return EXIT_USAGE;
	}
	if (!message_format(format ? format : "human", &print))
		return EXIT_USAGE;
	log_set_level(LOG_ERROR);
	cat = catalog_load(args->operands[0], ds);
	return run_and_print(cat, args->operands[0], pattern ? pattern : "*", ds, print);
}
