/* cli.h - the command line: a table of commands, their arguments, and what all of them share. Data goes to
 * stdout, messages to stderr. One thread. */
#ifndef FEDERATOR_CLI_CLI_H
#define FEDERATOR_CLI_CLI_H

#include "federator/options.h"
#include "metadata/diag.h"

/* What the process ends with. */
enum exit_code { EXIT_OK = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3, EXIT_INTERNAL = 4 };

enum {
	TAKES_NOTHING = 0, /* else a set of enum option_use: it takes all options and --config FILE, and lists those */
	IS_HIDDEN = FOR_ANYTHING + 1, /* not in help, man page and completion */
};

struct args;

struct command {
	const char *name;
	const char *operands; /* "DIR", "[COMMAND]", "" */
	unsigned takes;
	const char *about;
	int (*run)(struct args *args);
};

struct flag {
	const char *command, *name, *value, *about;
};

enum { ARGS_FLAGS_MAX = 32, ARGS_OPERANDS_MAX = 64 };

/* A command line taken apart. */
struct args {
	const struct command *command;
	const char *operands[ARGS_OPERANDS_MAX];
	size_t n_operands;
	struct {
		const struct flag *flag;
		const char *value; /* "" for a switch */
	} flags[ARGS_FLAGS_MAX];
	size_t n_flags;
	int argc; /* the options among the arguments, for options_read() */
	char **argv;
	const char *config; /* of --config, or NULL */
	bool help;          /* --help was given */
	struct arena *mem;
};

/* Run `federator ARGUMENT...`; returns what the process ends with. */
int cli_main(int argc, char **argv) NONNULL(2);

/* The tables. */
const struct command *cli_commands(size_t *n_out) NONNULL(1) __attribute__((returns_nonnull));
/* See above. */
const struct flag *cli_flags(size_t *n_out) NONNULL(1) __attribute__((returns_nonnull));
/* Does it take options, and --config FILE? One file, and one set of options, serve all commands that do. */
static inline bool cli_takes_options(const struct command *command)
{
	return (command->takes & FOR_ANYTHING) != 0;
}
/* The command of that name, or NULL. */
const struct command *cli_command(const char *name) NONNULL(1);

/* Take argv (behind the command's name) apart. False: a message with advice is on stderr. */
bool args_read(struct args *args, const struct command *command, int argc, char **argv,
	       struct arena *mem) MUST_CHECK NONNULL(1, 2, 4, 5);
/* The value of a flag ("" for a switch), or NULL when it was not given. */
const char *args_flag(const struct args *args, const char *name) NONNULL(1, 2);

/* "federator: ..." on stderr, in red on a terminal without NO_COLOR. */
void message_error(const char *fmt, ...) PRINTF_LIKE(1, 2) NONNULL(1);
/* The same for an err; returns the exit code of its class. */
int message_err(const struct err *err) NONNULL(1);
/* The same for a problem document in JSON that came with an HTTP status. */
int message_problem(int status, struct str document);
/* All findings in human form on stderr. */
void message_findings(struct diags *ds) NONNULL(1);
/* How --format says that findings are printed: human, gcc or json. False: a message is on stderr. */
bool message_format(const char *format, void (**print_out)(struct diags *ds, struct buf *out))
	MUST_CHECK NONNULL(1, 2);
/* Write bytes to stdout; EXIT_INTERNAL when that fails (a full disk, a closed pipe). */
int message_data(const struct buf *data) NONNULL(1);

/* Read the options of a command, set the log's least level (`quiet`: warn, unless --log is given), prepare
 * the ODBC drivers. Returns EXIT_OK or what to end with, the message already on stderr. */
int setup_options(const struct args *args, bool quiet, struct options *out) NONNULL(1, 3);

/* serve.c: the command serve; once it listens it calls `ready` (NULL: nobody) with the address, "127.0.0.1:8080" or
 * "unix:/path". */
int serve_run(const struct args *args, void (*ready)(const char *address)) MUST_CHECK NONNULL(1);
/* help.c: the text of `help` and --help; `command` NULL: the list of commands. */
void help_print(const struct command *command, struct buf *out) NONNULL(2);
/* docs.c: federator.1 in roff, and the bash completion. */
void docs_man(struct buf *out) NONNULL(1);
/* See above. */
void docs_completion(struct buf *out) NONNULL(1);

#endif
