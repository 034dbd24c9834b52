#include "federator/options.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static const struct option table[] = {
#define OPTION(member, ctype, type, flag, least, most, fallback, unit, use, about)                           \
	{ flag, type, least, most, fallback, unit, use, about, offsetof(struct options, member) },
#include "federator/options.def"
#undef OPTION
};

enum { OPTIONS = ARRAY_LEN(table) };

/* A number may carry a unit; the unit of the table is 1. */
struct suffix {
	enum option_type type;
	const char *text;
	uint64_t factor;
};

static const struct suffix suffixes[] = {
	{ OPTION_MS, "ms", 1 },
	{ OPTION_MS, "s", 1000 },
	{ OPTION_MS, "m", 60000 },
	{ OPTION_SECONDS, "s", 1 },
	{ OPTION_SECONDS, "m", 60 },
	{ OPTION_SECONDS, "h", 3600 },
	{ OPTION_SECONDS, "d", 86400 },
	{ OPTION_BYTES, "K", 1024 },
	{ OPTION_BYTES, "M", 1024 * 1024 },
	{ OPTION_BYTES, "G", 1024 * 1024 * 1024 },
};

/* The state of one options_read() or options_over(). */
struct reading {
	struct options opt;
	const char *origin[OPTIONS];
	const struct option_file *part; /* NULL: all may be said */
	struct arena *mem;
};

const struct option *options_table(size_t *n_out)
{
	*n_out = OPTIONS;
	return table;
}

const char *option_value(const struct option *option)
{
	return option->type == OPTION_FLAG ? "" : option->type == OPTION_TEXT ? "TEXT" : "NUMBER";
}

static const struct option *option_named(struct str name)
{
	for (size_t i = 0; i < OPTIONS; i++)
		if (str_eq(name, str_of(table[i].name)))
			return &table[i];
	return NULL;
}

static bool option_unknown(struct str name, const char *place, struct err *err)
{
	const char *names[OPTIONS];
	const char *near;

	for (size_t i = 0; i < OPTIONS; i++)
		names[i] = table[i].name;
	near = text_nearest(name, names, OPTIONS);
	if (near)
		return err_set(err, ERR_CONFIG, place, "no option is called '%.*s'; did you mean '%s'?",
			       STR_ARG(name), near);
	return err_set(err, ERR_CONFIG, place, "no option is called '%.*s'", STR_ARG(name));
}

static bool number_read(enum option_type type, struct str text, uint64_t *out)
{
	uint64_t factor = 1;

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		size_t n = strlen(suffixes[i].text);

		if (suffixes[i].type != type || text.n <= n ||
		    memcmp(text.p + text.n - n, suffixes[i].text, n) != 0)
			continue;
		text.n -= n;
		factor = suffixes[i].factor;
		break;
	}
	return text_to_u64(text, out) && !__builtin_mul_overflow(*out, factor, out);
}

bool options_seconds(struct str text, uint64_t *out)
{
	return number_read(OPTION_SECONDS, text, out);
}

/* ", or with a unit: ms, s, m"; nothing for what has none. */
static void units_put(enum option_type type, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		bool first = i == 0 || suffixes[i - 1].type != type;

		if (suffixes[i].type == type)
			buf_printf(out, "%s%s", first ? ", or with a unit: " : ", ", suffixes[i].text);
	}
}

static bool number_refuse(const struct option *o, struct str value, const char *place, struct err *err)
{
	SCOPED(buf_free) struct buf units = { 0 };

	units_put(o->type, &units);
	return err_set(err, ERR_CONFIG, place, "'%s' takes a whole number from %llu to %llu%s%s%.*s, not '%.*s'",
		       o->name, (unsigned long long)o->least, (unsigned long long)o->most, *o->unit ? " " : "",
		       o->unit, STR_ARG(buf_str(&units)), STR_ARG(value));
}

static bool option_set(struct reading *rd, const struct option *o, struct str value, const char *place,
		       struct err *err)
{
	char *member = (char *)&rd->opt + o->offset;
	uint64_t number;

	switch (o->type) {
	case OPTION_TEXT:
		*(const char **)(void *)member = arena_cstr(rd->mem, value);
		break;
	case OPTION_FLAG:
		*(bool *)(void *)member = str_eq(value, STR("true"));
		break;
	case OPTION_COUNT:
	case OPTION_MS:
	case OPTION_BYTES:
	case OPTION_SECONDS:
		if (!number_read(o->type, value, &number) || number < o->least || number > o->most)
			return number_refuse(o, value, place, err);
		*(uint64_t *)(void *)member = number;
		break;
	}
	rd->origin[o - table] = place;
	return true;
}

static struct str trim(struct str s)
{
	while (s.n && strchr(" \t\r", s.p[0]))
		s.p++, s.n--;
	while (s.n && strchr(" \t\r", s.p[s.n - 1]))
		s.n--;
	return s;
}

static bool is_allowed(const struct reading *rd, const struct option *o)
{
	for (size_t i = 0; rd->part && i < rd->part->n_allowed; i++)
		if (strcmp(rd->part->allowed[i], o->name) == 0)
			return true;
	return !rd->part;
}

/* name = value; a `#` begins a comment only as the first character of a line, so values may hold one. */
static bool line_read(struct reading *rd, struct str line, const char *place, struct err *err)
{
	const struct option *o;
	const char *equals;
	struct str name;

	line = trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return true;
	equals = memchr(line.p, '=', line.n);
	if (!equals)
		return err_set(err, ERR_CONFIG, place, "expected: name = value");
	name = trim((struct str){ line.p, (size_t)(equals - line.p) });
	o = option_named(name);
	if (!o)
		return option_unknown(name, place, err);
	if (!is_allowed(rd, o))
		return err_set(err, ERR_CONFIG, place, "'%s' is the same for all: it has no place here", o->name);
	return option_set(rd, o, trim((struct str){ equals + 1, (size_t)(line.p + line.n - equals - 1) }),
			  place, err);
}

static void file_close(FILE **f)
{
	if (*f)
		fclose(*f);
}

static void line_free(char **line)
{
	free(*line);
}

static bool file_read(struct reading *rd, const char *path, const char *shown, struct err *err)
{
	SCOPED(file_close) FILE *f = fopen(path, "re");
	SCOPED(line_free) char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	if (!f)
		return err_set(err, ERR_CONFIG, path, "cannot be read: %s", strerror(errno));
	for (int number = 1; (n = getline(&line, &cap, f)) >= 0; number++) {
		struct str s = { line, (size_t)n };

		if (s.n && s.p[s.n - 1] == '\n')
			s.n--;
		if (!line_read(rd, s, arena_printf(rd->mem, "%s:%d", shown, number).p, err))
			return false;
	}
	if (!feof(f)) /* also when getline() had no memory, which ferror() does not know of */
		return err_set(err, ERR_CONFIG, path, "cannot be read: %s", strerror(errno));
	return true;
}

static bool flags_read(struct reading *rd, int argc, char *const *argv, struct err *err)
{
	for (int i = 0; i < argc; i++) {
		struct str name = str_of(argv[i]);
		const char *place, *equals;
		const struct option *o;
		struct str value = STR("true");

		if (name.n < 3 || memcmp(name.p, "--", 2) != 0)
			return err_set(err, ERR_CONFIG, "command line", "'%s' is not an option", argv[i]);
		equals = strchr(argv[i], '=');
		if (equals)
			name.n = (size_t)(equals - name.p);
		place = arena_cstr(rd->mem, name);
		o = option_named((struct str){ name.p + 2, name.n - 2 });
		if (!o)
			return option_unknown((struct str){ name.p + 2, name.n - 2 }, "command line", err);
		if (equals)
			value = str_of(equals + 1);
		else if (o->type != OPTION_FLAG && i + 1 == argc)
			return err_set(err, ERR_CONFIG, place, "a value must follow");
		else if (o->type != OPTION_FLAG)
			value = str_of(argv[++i]);
		if (!option_set(rd, o, value, place, err))
			return false;
	}
	return true;
}

static void options_give(const struct reading *rd, struct options *out)
{
	const char **origin = arena_array_of(rd->mem, const char *, OPTIONS);

	memcpy(origin, rd->origin, sizeof(rd->origin));
	*out = rd->opt;
	out->origin = origin;
}

bool options_read(struct options *opt, const char *file, int argc, char *const *argv, struct arena *mem,
		  struct err *err)
{
	struct reading rd = { .mem = mem };

	for (size_t i = 0; i < OPTIONS; i++)
		if (!option_set(&rd, &table[i], str_of(table[i].fallback), "default", err))
			return false;
	if (file && !file_read(&rd, file, file, err))
		return false;
	if (!flags_read(&rd, argc, argv, err))
		return false;
	options_give(&rd, opt);
	return true;
}

bool options_over(const struct options *base, const struct option_file *file, struct arena *mem, struct options *out,
		  struct err *err)
{
	struct reading rd = { .opt = *base, .part = file, .mem = mem };

	memcpy(rd.origin, base->origin, sizeof(rd.origin));
	if (!file_read(&rd, file->path, file->shown, err))
		return false;
	options_give(&rd, out);
	return true;
}

const char *options_origin(const struct options *opt, const char *name)
{
	const struct option *o = option_named(str_of(name));

	assert(o);
	return opt->origin[o - table];
}

static void value_print(const struct options *opt, const struct option *o, struct buf *out)
{
	const char *member = (const char *)opt + o->offset;

	switch (o->type) {
	case OPTION_TEXT:
		buf_puts(out, *(const char *const *)(const void *)member);
		return;
	case OPTION_FLAG:
		buf_puts(out, *(const bool *)(const void *)member ? "true" : "false");
		return;
	case OPTION_COUNT:
	case OPTION_MS:
	case OPTION_BYTES:
	case OPTION_SECONDS:
		buf_printf(out, "%llu", *(const unsigned long long *)(const void *)member);
		return;
	}
}

void options_print(const struct options *opt, bool origin, struct buf *out)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		buf_printf(out, "%s = ", table[i].name);
		value_print(opt, &table[i], out);
		if (origin)
			buf_printf(out, "   # %s", opt->origin[i]);
		buf_putc(out, '\n');
	}
}
