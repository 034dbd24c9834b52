/* print.c - the commands that only print: config, completion, docs. */
#include "federator/admin/metrics.h"
#include "federator/cli/commands.h"

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
	} else if (strcmp(what, "metrics") == 0) {
		metrics_page(&out);
	} else {
		message_error("docs prints man, completion or metrics");
		return EXIT_USAGE;
	}
	return message_data(&out);
}
