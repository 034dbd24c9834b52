#include "federator/cli/cli.h"

/* Text for roff: `-` and `\` escaped, a leading dot defused. */
static void roff_put(const char *text, struct buf *out)
{
	if (*text == '.' || *text == '\'')
		buf_puts(out, "\\&");
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			buf_putc(out, '\\');
		if (*text == '\\')
			buf_putc(out, 'e');
		else
			buf_putc(out, *text);
	}
}

static void roff_flag(const char *name, const char *value, const char *about, struct buf *out)
{
	buf_puts(out, ".TP\n\\fB\\-\\-");
	roff_put(name, out);
	buf_puts(out, "\\fR");
	if (*value) {
		buf_puts(out, " \\fI");
		roff_put(value, out);
		buf_puts(out, "\\fR");
	}
	buf_putc(out, '\n');
	roff_put(about, out);
	buf_putc(out, '\n');
}

static void man_commands(struct buf *out)
{
	const struct command *commands;
	const struct flag *flags;
	size_t n, n_flags;

	buf_puts(out, ".SH COMMANDS\n");
	commands = cli_commands(&n);
	flags = cli_flags(&n_flags);
	for (size_t i = 0; i < n; i++) {
		if (commands[i].takes & IS_HIDDEN)
			continue;
		buf_printf(out, ".SS %s %s\n", commands[i].name, commands[i].operands);
		roff_put(commands[i].about, out);
		buf_putc(out, '\n');
		for (size_t f = 0; f < n_flags; f++)
			if (strcmp(flags[f].command, commands[i].name) == 0)
				roff_flag(flags[f].name, flags[f].value, flags[f].about, out);
	}
}

static void man_options(struct buf *out)
{
	const struct option *table;
	size_t n;

	buf_puts(out, ".SH OPTIONS\nOf the commands, "
		      "whose \\fB\\-\\-help\\fR lists those that each heeds; also in the file of "
		      "\\fB\\-\\-config\\fR, one \\fIname\\fR = \\fIvalue\\fR a line.\n");
	table = options_table(&n);
	for (size_t i = 0; i < n; i++) {
		roff_flag(table[i].name, option_value(&table[i]), table[i].about, out);
		if (table[i].type != OPTION_TEXT && table[i].type != OPTION_FLAG)
			buf_printf(out, "From %llu to %llu.\n", (unsigned long long)table[i].least,
				   (unsigned long long)table[i].most);
		if (!*table[i].fallback)
			continue;
		buf_puts(out, "Default ");
		roff_put(table[i].fallback, out);
		buf_printf(out, "%s%s.\n", *table[i].unit ? " " : "", table[i].unit);
	}
}

void docs_man(struct buf *out)
{
	buf_puts(
		out,
		".TH FEDERATOR 1 \"\" \"federator " FEDERATOR_VERSION "\" \"User Commands\"\n"
		".SH NAME\nfederator \\- one live view of each customer, from the databases as they are\n"
		".SH SYNOPSIS\n\\fBfederator\\fR \\fICOMMAND\\fR [\\fIFLAG\\fR...]\n"
		".SH DESCRIPTION\nReads XML mappings, asks several databases live through ODBC, merges the "
		"answers into one customer view in JSON or XML, and keeps copies of the parts in memory or Redis.\n");
	man_commands(out);
	man_options(out);
	buf_puts(out,
		 ".SH EXIT STATUS\n.TP\n0\nDone.\n.TP\n1\n"
		 "Errors in the mapping, a failed test, or a log that does not read.\n"
		 ".TP\n2\nWrong usage, options or question.\n"
		 ".TP\n3\nA source or the service cannot be reached.\n"
		 ".TP\n4\nAnything else, such as an address in use.\n");
}

/* Names of all commands, between blanks. */
static void names_put(struct buf *out)
{
	const struct command *commands;
	size_t n;

	commands = cli_commands(&n);
	for (size_t i = 0; i < n; i++)
		if (!(commands[i].takes & IS_HIDDEN))
			buf_printf(out, "%s%s", i ? " " : "", commands[i].name);
}

/* What may stand behind the command, unless that is a directory or nothing. */
static void completion_operands(const struct command *command, struct buf *out)
{
	if (strcmp(command->operands, "[COMMAND]") == 0) {
		buf_puts(out, " names='");
		names_put(out);
		buf_putc(out, '\'');
	} else if (*command->operands >= 'a') {
		buf_puts(out, " names='");
		for (const char *c = command->operands; *c && *c != ' '; c++) /* FILE completes anyway */
			buf_putc(out, *c == '|' ? ' ' : *c);
		buf_putc(out, '\'');
	}
}

static void completion_words(const struct command *command, struct buf *out)
{
	const struct option *options;
	const struct flag *flags;
	size_t n;

	buf_printf(out, "\t%s) words='--help", command->name);
	flags = cli_flags(&n);
	for (size_t i = 0; i < n; i++)
		if (strcmp(flags[i].command, command->name) == 0)
			buf_printf(out, " --%s", flags[i].name);
	if (cli_takes_options(command))
		buf_puts(out, " --config");
	options = options_table(&n);
	for (size_t i = 0; i < n; i++)
		if (command->takes & options[i].use)
			buf_printf(out, " --%s", options[i].name);
	buf_puts(out, "'");
	completion_operands(command, out);
	buf_puts(out, " ;;\n");
}

void docs_completion(struct buf *out)
{
	const struct command *commands;
	size_t n;

	commands = cli_commands(&n);
	buf_puts(out, "_federator() {\n\tlocal words='' names='' word=${COMP_WORDS[COMP_CWORD]}\n"
		      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W '");
	names_put(out);
	buf_puts(out, "' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < n; i++)
		if (!(commands[i].takes & IS_HIDDEN))
			completion_words(&commands[i], out);
	buf_puts(out, "\tesac\n\tcase $word in\n\t-*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
		      "\t*)\n\t\tif [ -n \"$names\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then\n"
		      "\t\t\tCOMPREPLY=($(compgen -W \"$names\" -- \"$word\"))\n"
		      "\t\telse\n\t\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n\t\tfi\n\t\t;;\n\tesac\n}\n"
		      "complete -o filenames -F _federator federator\n");
}
