/* The command `federator demo`: the company's directory, then `get` or `serve` on it. */
#include <stdio.h>

#include "base/text.h"
#include "federator/cli/commands.h"
#include "federator/demo/place.h"
#include "federator/demo/write_sql.h"

enum { CUSTOMERS_DEFAULT = 10000 };

/* The first customer of every seed. */
#define GUIDE_PHONE  "010-0123-4567"
#define GUIDE_EMAIL  "hanbyul1@example.com"
#define GUIDE_MEMBER "M00000001"

static bool number_of(const struct args *args, const char *flag, uint64_t fallback, uint64_t *out)
{
	const char *text = args_flag(args, flag);

	if (!text) {
		*out = fallback;
		return true;
	}
	if (text_to_u64(str_of(text), out))
		return true;
	message_error("--%s: '%s' is not a number", flag, text);
	return false;
}

static bool conf_of(const struct args *args, struct generate_conf *out)
{
	uint64_t customers, seed;

	if (!number_of(args, "customers", CUSTOMERS_DEFAULT, &customers) ||
	    !number_of(args, "seed", 1, &seed))
		return false;
	if (customers == 0 || customers > GENERATE_CUSTOMERS_MAX) {
		message_error("--customers: 1 to %d", GENERATE_CUSTOMERS_MAX);
		return false;
	}
	*out = (struct generate_conf){(uint32_t)customers, seed};
	return true;
}

/* The place of `name` among `names`, or -1 with a message. */
static int choice_of(const char *flag, const char *name, const char *const *names, size_t n)
{
	SCOPED(buf_free) struct buf all = {0};

	for (size_t i = 0; i < n; i++) {
		if (name && strcmp(name, names[i]) == 0)
			return (int)i;
		buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
	}
	message_error("--%s must be one of %s", flag, all.data);
	return -1;
}

static int print_sql(const struct args *args, const struct generate_conf *conf)
{
	static const char *const dialects[] = {[DIALECT_SQLITE] = "sqlite",
					       [DIALECT_POSTGRESQL] = "postgresql",
					       [DIALECT_MARIADB] = "mariadb"};
	const char *databases[DATABASES];
	int dialect = choice_of("sql", args_flag(args, "sql"), dialects, ARRAY_LEN(dialects)), db;
	struct err err;

	for (int i = 0; i < DATABASES; i++)
		databases[i] = schema_database_name((enum database)i);
	db = dialect < 0 ? -1 : choice_of("database", args_flag(args, "database"), databases, DATABASES);
	if (db < 0)
		return EXIT_USAGE;
	if (!write_sql(conf, (enum database)db, (enum dialect)dialect, stdout, &err))
		return message_err(&err);
	return EXIT_OK;
}

static char *copy_of(struct arena *mem, const char *text)
{
	return memcpy(arena_alloc(mem, strlen(text) + 1), text, strlen(text) + 1);
}

enum { EXTRA_MAX = 6 };

/* The arguments of another command on the demo's mapping: this one's options and behind them `extra` up to NULL. */
static bool args_of(const struct args *args, const char *command, const char *mapping, const char *const extra[],
		    struct args *out)
{
	char **argv = arena_array_of(args->mem, char *, (size_t)args->argc + EXTRA_MAX + 2);
	int n = 0;

	argv[n++] = copy_of(args->mem, "--map");
	argv[n++] = copy_of(args->mem, mapping);
	for (int i = 0; i < args->argc; i++)
		argv[n++] = args->argv[i];
	for (size_t i = 0; i < EXTRA_MAX && extra[i]; i++)
		argv[n++] = copy_of(args->mem, extra[i]);
	if (!args_read(out, cli_command(command), n, argv, args->mem))
		return false;
	out->config = args->config;
	return true;
}

/* How curl is told of a server at that address: "http://127.0.0.1:8080". */
static const char *curl_target(struct arena *mem, const char *address)
{
	static const char unix_prefix[] = "unix:";

	if (strncmp(address, unix_prefix, strlen(unix_prefix)) == 0)
		return arena_printf(mem, "--unix-socket %s http://localhost", address + strlen(unix_prefix)).p;
	return arena_printf(mem, "http://%s", address).p;
}

static void print_lines(const char *address)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	static const struct {
		const char *title, *accept, *body;
	} lines[] = {
		{"Who is calling? A screen pop by phone number", "application/json",
		 "{\"by\":{\"phone\":\"" GUIDE_PHONE "\"},\"view\":\"pop\"}"},
		{"The same customer by e-mail, as XML", "application/xml",
		 "{\"by\":{\"email\":\"" GUIDE_EMAIL "\"},\"view\":\"pop\"}"},
		{"Everything, with orders, deliveries and the journey, by member number", "application/json",
		 "{\"by\":{\"member\":\"" GUIDE_MEMBER "\"},\"view\":\"full\"}"},
	};

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		printf("# %s\ncurl -s -X QUERY %s/v1/customers -H 'Accept: %s' -H 'Content-Type: "
		       "application/json' "
		       "-d '%s'\n\n",
		       lines[i].title, curl_target(mem, address), lines[i].accept, lines[i].body);
	fflush(stdout);
}

static int serve(const struct args *args, const char *mapping)
{
	const char *const extra[] = {NULL};
	struct args serving;

	if (!args_of(args, "serve", mapping, extra, &serving))
		return EXIT_USAGE;
	printf("The mapping is in %s\n\n", mapping);
	fflush(stdout);
	return serve_run(&serving, print_lines);
}

static int run_demo(const struct args *args, const char *mapping)
{
	static const char *const pop[] = {"--by", "phone=" GUIDE_PHONE, "--view", "pop", NULL};
	struct args asking;

	if (args_flag(args, "generate-only"))
		return printf("%s\n", mapping) < 0 ? EXIT_INTERNAL : EXIT_OK;
	if (args_flag(args, "once"))
		return args_of(args, "get", mapping, pop, &asking) ? command_get(&asking) : EXIT_USAGE;
	return serve(args, mapping);
}

int command_demo(struct args *args)
{
	const char *dir = args_flag(args, "dir"), *example, *mapping;
	struct generate_conf conf;
	struct err err;

	if (!conf_of(args, &conf))
		return EXIT_USAGE;
	if (args_flag(args, "sql") || args_flag(args, "database"))
		return print_sql(args, &conf);
	if (!place_example(args->mem, &example, &err) ||
	    !place_make(dir ? dir : place_default(args->mem), example, &conf, args->mem, &mapping, &err))
		return message_err(&err);
	return run_demo(args, mapping);
}
