/* options.h - every option of the service, from one table (options.def): flag, configuration file key, type, range,
 * default, unit, description. --help, the man page and `config show` are made from the table. */
#ifndef FEDERATOR_OPTIONS_H
#define FEDERATOR_OPTIONS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum option_type { OPTION_TEXT, OPTION_COUNT, OPTION_MS, OPTION_BYTES, OPTION_SECONDS, OPTION_FLAG };

/* What an option is for, so that a command lists those of what it does. */
enum option_use {
	FOR_MAPPING = 1,
	FOR_SOURCES = 2,
	FOR_ANSWERS = 4, /* from the question to its bytes */
	FOR_ADDRESS = 8, /* of the service */
	FOR_SERVING = 16,
	FOR_ACCESS = 32, /* who may ask */
	FOR_RECORD = 64, /* of who saw what */
	FOR_ANYTHING = 127,
};

/* One row of options.def. */
struct option {
	const char *name; /* "cache-bytes": --cache-bytes on the command line, cache-bytes = in the file */
	enum option_type type;
	uint64_t least, most; /* numbers only */
	const char *fallback; /* default as text; "" = not set */
	const char *unit; /* "ms", "bytes", "" */
	unsigned use; /* of enum option_use */
	const char *about; /* one sentence */
	size_t offset; /* of the member in struct options */
};

struct options {
#define OPTION(member, ctype, ...) ctype member;
#include "federator/options.def"
#undef OPTION
	const char *const *origin; /* per row: "default", "file:line" or "--flag" */
};

/* The table. */
const struct option *options_table(size_t *n_out) NONNULL(1) __attribute__((returns_nonnull));
/* What stands for its value in help: "TEXT", "NUMBER"; "" when it takes none. */
const char *option_value(const struct option *option) NONNULL(1) __attribute__((returns_nonnull));
/* Defaults, then `file` (NULL: none), then flags "--name", "value" pairs of argv (only those of the table; `--flag`
 * alone for OPTION_FLAG). Unknown names and values out of range are ERR_CONFIG with place and nearest name. Texts
 * live in `mem`. */
bool options_read(struct options *opt, const char *file, int argc, char *const *argv, struct arena *mem,
		  struct err *err) MUST_CHECK NONNULL(1, 5, 6);
/* A file with some of the options. */
struct option_file {
	const char *path, *shown; /* `shown` in messages and origins */
	const char *const *allowed; /* names of those that it may hold */
	size_t n_allowed;
};

/* `base` with what the file says over it. One that is not allowed is ERR_CONFIG, too. */
bool options_over(const struct options *base, const struct option_file *file, struct arena *mem, struct options *out,
		  struct err *err) MUST_CHECK NONNULL(1, 2, 3, 4, 5);
/* A time as options take it, in seconds: digits, with s, m, h or d behind. */
bool options_seconds(struct str text, uint64_t *out) MUST_CHECK NONNULL(2);
/* Where the value of the option of that name comes from: "default", "file:line" or "--flag". */
const char *options_origin(const struct options *opt, const char *name) NONNULL(1, 2) __attribute__((returns_nonnull));
/* name = value   # origin, one per line. */
void options_print(const struct options *opt, bool origin, struct buf *out) NONNULL(1, 3);

#endif
