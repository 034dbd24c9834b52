#include "federator/cli/cli.h"

#include <stdio.h>

#include "base/text.h"

enum { NAMES_MAX = 128 };

static const struct flag *flag_of(const struct command *command, struct str name)
{
	const struct flag *flags;
	size_t n;

	flags = cli_flags(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(flags[i].command, command->name) == 0 && str_eq(name, str_of(flags[i].name)))
			return &flags[i];
	return NULL;
}

static const struct option *option_of(const struct command *command, struct str name)
{
	const struct option *table;
	size_t n;

	table = options_table(&n);
	for (size_t i = 0; i < n && cli_takes_options(command); i++)
		if (str_eq(name, str_of(table[i].name)))
			return &table[i];
	return NULL;
}

static const char *nearest_flag(const struct command *command, struct str name)
{
	const char *names[NAMES_MAX] = { "help" };
	const struct option *options;
	const struct flag *flags;
	size_t n_names = 1, n;

	flags = cli_flags(&n);
	for (size_t i = 0; i < n && n_names < NAMES_MAX; i++)
		if (strcmp(flags[i].command, command->name) == 0)
			names[n_names++] = flags[i].name;
	options = options_table(&n);
	for (size_t i = 0; i < n && n_names < NAMES_MAX && cli_takes_options(command); i++)
		names[n_names++] = options[i].name;
	return text_nearest(name, names, n_names);
}

static bool unknown_flag(const struct command *command, struct str name)
{
	const char *near = nearest_flag(command, name);

	if (near)
		message_error("%s has no flag --%.*s; did you mean --%s?", command->name, STR_ARG(name),
			      near);
	else
		message_error("%s has no flag --%.*s; see: federator %s --help", command->name, STR_ARG(name),
			      command->name);
	return false;
}

/* The text behind `=`, or the next argument. */
static bool value_take(int argc, char **argv, int *i, const char *equals, const char **value_out)
{
	if (equals)
		*value_out = equals + 1;
	else if (*i + 1 < argc)
		*value_out = argv[++*i];
	else
		message_error("a value must follow %s", argv[*i]);
	return equals || *value_out;
}

static bool flag_take(struct args *args, const struct flag *flag, int argc, char **argv, int *i)
{
	const char *equals = strchr(argv[*i], '='), *value = NULL;

	if (args->n_flags == ARGS_FLAGS_MAX) {
		message_error("too many flags");
		return false;
	}
	if (!*flag->value && equals) {
		message_error("--%s takes no value", flag->name);
		return false;
	}
	if (*flag->value && !value_take(argc, argv, i, equals, &value))
		return false;
	args->flags[args->n_flags].flag = flag;
	args->flags[args->n_flags++].value = value ? value : "";
	return true;
}

/* Options are only handed on: options_read() knows their values. */
static bool option_take(struct args *args, const struct option *o, int argc, char **argv, int *i)
{
	const char *equals = strchr(argv[*i], '='), *value = NULL;

	args->argv[args->argc++] = argv[*i];
	if (equals || o->type == OPTION_FLAG)
		return true;
	if (!value_take(argc, argv, i, NULL, &value))
		return false;
	args->argv[args->argc++] = argv[*i];
	return true;
}

static bool dashed_take(struct args *args, int argc, char **argv, int *i)
{
	const char *equals = strchr(argv[*i], '=');
	struct str name = { argv[*i] + 2, (equals ? (size_t)(equals - argv[*i]) : strlen(argv[*i])) - 2 };
	const struct option *option = option_of(args->command, name);
	const struct flag *flag = flag_of(args->command, name);

	if (str_eq(name, STR("help"))) {
		args->help = true;
		return true;
	}
	if (flag)
		return flag_take(args, flag, argc, argv, i);
	if (option)
		return option_take(args, option, argc, argv, i);
	if (str_eq(name, STR("config")) && cli_takes_options(args->command))
		return value_take(argc, argv, i, equals, &args->config);
	return unknown_flag(args->command, name);
}

static bool operand_take(struct args *args, const char *text)
{
	if (args->n_operands == ARGS_OPERANDS_MAX || !*args->command->operands) {
		message_error("%s does not take '%s'; see: federator %s --help", args->command->name, text,
			      args->command->name);
		return false;
	}
	args->operands[args->n_operands++] = text;
	return true;
}

bool args_read(struct args *args, const struct command *command, int argc, char **argv, struct arena *mem)
{
	bool good = true, only_operands = false;

	*args = (struct args){ .command = command, .mem = mem };
	args->argv = arena_array_of(mem, char *, (size_t)argc + 1);
	for (int i = 0; i < argc && good; i++) {
		if (!only_operands && strcmp(argv[i], "--") == 0)
			only_operands = true;
		else if (!only_operands && strcmp(argv[i], "-h") == 0)
			args->help = true;
		else if (!only_operands && strncmp(argv[i], "--", 2) == 0)
			good = dashed_take(args, argc, argv, &i);
		else
			good = operand_take(args, argv[i]);
	}
	return good;
}

const char *args_flag(const struct args *args, const char *name)
{
	for (size_t i = 0; i < args->n_flags; i++)
		if (strcmp(args->flags[i].flag->name, name) == 0)
			return args->flags[i].value;
	return NULL;
}
