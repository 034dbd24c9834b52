#include "federator/cli/cli.h"

enum { INDENT = 26, WIDTH = 96 };

/* `about` in lines of at most WIDTH, from column INDENT. */
static void wrapped_put(struct str about, struct buf *out)
{
	size_t column = INDENT;

	while (about.n) {
		const char *space = memchr(about.p, ' ', about.n);
		size_t n = space ? (size_t)(space - about.p) : about.n;

		if (column > INDENT && column + 1 + n > WIDTH) {
			buf_printf(out, "\n%*s", INDENT, "");
			column = INDENT;
		} else if (column > INDENT) {
			buf_putc(out, ' ');
			column++;
		}
		buf_put(out, about.p, n);
		column += n;
		n += space != NULL;
		about.p += n;
		about.n -= n;
	}
	buf_putc(out, '\n');
}

static void row_put(const char *name, const char *value, const char *about, struct buf *out)
{
	size_t before = out->len, n;

	buf_printf(out, "  %s%s%s", name, *value ? " " : "", value);
	n = out->len - before;
	if (n + 2 > INDENT)
		buf_printf(out, "\n%*s", INDENT, "");
	else
		buf_printf(out, "%*s", (int)(INDENT - n), "");
	wrapped_put(str_of(about), out);
}

static void flag_put(const char *name, const char *value, const char *about, struct buf *out)
{
	char dashed[64] = "--";

	strncat(dashed, name, sizeof(dashed) - 3);
	row_put(dashed, value, about, out);
}

static void commands_put(struct buf *out)
{
	const struct command *commands;
	size_t n;

	buf_puts(out, "federator - one live view of each customer, from the databases as they are\n\n"
		      "Usage: federator COMMAND [FLAG...]\n\nCommands:\n");
	commands = cli_commands(&n);
	for (size_t i = 0; i < n; i++)
		if (!(commands[i].takes & IS_HIDDEN))
			row_put(commands[i].name, commands[i].operands, commands[i].about, out);
	buf_puts(out, "\nTry:  federator demo          see it work\n"
		      "      federator check DIR     check your own mapping\n"
		      "      federator test DIR      run its tests\n"
		      "      federator COMMAND --help\n");
}

static void options_put(const struct command *command, struct buf *out)
{
	const struct option *table;
	size_t n;

	buf_puts(out, "\nOptions it heeds, also in the file of --config as name = value:\n");
	flag_put("config", "FILE", "Read options from a file; those of the command line win.", out);
	table = options_table(&n);
	for (size_t i = 0; i < n; i++) {
		SCOPED(buf_free) struct buf about = { 0 };

		if (!(command->takes & table[i].use))
			continue;
		buf_puts(&about, table[i].about);
		if (*table[i].fallback)
			buf_printf(&about, " Default %s%s%s.", table[i].fallback, *table[i].unit ? " " : "",
				   table[i].unit);
		flag_put(table[i].name, option_value(&table[i]), about.data, out);
	}
}

static void command_put(const struct command *command, struct buf *out)
{
	const struct flag *flags;
	size_t n;

	buf_printf(out, "Usage: federator %s%s%s [FLAG...]\n\n%s\n\nFlags:\n", command->name,
		   *command->operands ? " " : "", command->operands, command->about);
	flags = cli_flags(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(flags[i].command, command->name) == 0)
			flag_put(flags[i].name, flags[i].value, flags[i].about, out);
	flag_put("help", "", "Print this.", out);
	if (cli_takes_options(command))
		options_put(command, out);
}

void help_print(const struct command *command, struct buf *out)
{
	if (command)
		command_put(command, out);
	else
		commands_put(out);
}
