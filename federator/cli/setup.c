#include <stdlib.h>
#include <unistd.h>

#include "adapters/adapter.h"
#include "base/log.h"
#include "federator/cli/cli.h"
#include "federator/process.h"

static bool log_level_of(const char *name, enum log_level *out)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* The directory with the odbcinst.ini that belongs to this executable: installed, or beside it in the build
 * tree. */
static const char *odbc_dir(const struct options *opt, struct arena *mem)
{
	static const char *const places[] = { "../share/federator/odbc", "../odbc" };
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (strcmp(opt->odbc_ini, "system") == 0)
		return NULL;
	if (*opt->odbc_ini)
		return opt->odbc_ini;
	exe[n > 0 ? n : 0] = '\0';
	slash = strrchr(exe, '/');
	for (size_t i = 0; i < ARRAY_LEN(places) && slash; i++) {
		const char *dir = arena_printf(mem, "%.*s/%s", (int)(slash - exe), exe, places[i]).p;

		if (access(arena_printf(mem, "%s/odbcinst.ini", dir).p, R_OK) == 0)
			return dir;
	}
	return FEDERATOR_ODBC_INSTALLED;
}

int setup_options(const struct args *args, bool quiet, struct options *out)
{
	enum log_level level;
	struct options opt;
	struct err err;

	if (!options_read(&opt, args->config, args->argc, args->argv, args->mem, &err))
		return message_err(&err);
	if (!log_level_of(opt.log, &level)) {
		err_set(&err, ERR_CONFIG, "log", "'%s' is not debug, info, warn or error", opt.log);
		return message_err(&err);
	}
	log_set_level(quiet && strcmp(options_origin(&opt, "log"), "default") == 0 ? LOG_WARN : level);
	if (!opt.core_dumps)
		process_keep_private();
	if (!adapters_init(odbc_dir(&opt, args->mem), &err))
		return message_err(&err);
	*out = opt;
	return EXIT_OK;
}
