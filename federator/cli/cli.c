#include "federator/cli/commands.h"

#include <stdio.h>

#include "base/text.h"

static const struct command commands[] = {
#define COMMAND(name, operands, takes, about) { #name, operands, takes, about, command_##name },
#define FLAG(...)
#include "federator/cli/commands.def"
#undef COMMAND
#undef FLAG
};

static const struct flag flags[] = {
#define COMMAND(...)
#define FLAG(command, name, value, about) { #command, name, value, about },
#include "federator/cli/commands.def"
#undef COMMAND
#undef FLAG
};

const struct command *cli_commands(size_t *n_out)
{
	*n_out = ARRAY_LEN(commands);
	return commands;
}

const struct flag *cli_flags(size_t *n_out)
{
	*n_out = ARRAY_LEN(flags);
	return flags;
}

const struct command *cli_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[ARRAY_LEN(commands)];
	const char *near;

	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		names[i] = commands[i].name;
	near = text_nearest(str_of(name), names, ARRAY_LEN(names));
	if (near)
		message_error("there is no command '%s'; did you mean '%s'?", name, near);
	else
		message_error("there is no command '%s'; see: federator help", name);
	return EXIT_USAGE;
}

static int print_help(const struct command *command)
{
	SCOPED(buf_free) struct buf out = { 0 };

	help_print(command, &out);
	return message_data(&out);
}

static int run_command(const struct command *command, int argc, char **argv)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct args args;

	if (!args_read(&args, command, argc, argv, mem))
		return EXIT_USAGE;
	return args.help ? print_help(command) : command->run(&args);
}

int cli_main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "help";
	const struct command *command;

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0)
		name = "version";
	command = cli_command(name);
	if (!command)
		return unknown_command(name);
	return run_command(command, argc > 2 ? argc - 2 : 0, argv + (argc > 2 ? 2 : argc));
}

int command_help(struct args *args)
{
	const struct command *command = NULL;

	if (args->n_operands) {
		command = cli_command(args->operands[0]);
		if (!command)
			return unknown_command(args->operands[0]);
	}
	return print_help(command);
}

int command_version(struct args *args)
{
	(void)args;
	return printf("federator %s\n", FEDERATOR_VERSION) < 0 ? EXIT_INTERNAL : EXIT_OK;
}
