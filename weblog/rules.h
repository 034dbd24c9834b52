/* rules.h - what is known of logs as data: named formats, bots, and where searches stand. Built in; a directory with
 * files of the same names takes their place. Immutable once read; may be shared by threads. */
#ifndef WEBLOG_RULES_H
#define WEBLOG_RULES_H

#include "weblog/format.h"

struct weblog_named {
	struct str name;
	const struct weblog_format *format;
};

struct weblog_engine {
	struct str host; /* whole labels of a host name, such as "google" or "search.naver.com" */
	struct str parameter; /* that holds the term */
};

struct weblog_rules {
	struct weblog_named *formats; /* in the order of their file, which decides between equals */
	size_t n_formats;
	struct str *bots; /* lower-case pieces of agent strings */
	size_t n_bots;
	struct str *people; /* the same of agents that only look like bots */
	size_t n_people;
	struct str *parameters; /* of the site's own searches */
	size_t n_parameters;
	struct weblog_engine *engines;
	size_t n_engines;
};

/* Read formats.conf, bots.conf and searches.conf of `dir`, those that are there, else the built-in ones; NULL: all of
 * these. The result lives in `mem`. NULL with ERR_CONFIG: the file, the line and what is wrong. */
const struct weblog_rules *weblog_rules_new(const char *dir, struct arena *mem, struct err *err)
	MUST_CHECK NONNULL(2, 3);
/* The format of that name, or NULL. */
const struct weblog_format *weblog_rules_format(const struct weblog_rules *rules, struct str name) NONNULL(1);
/* What a format is called or is: that of this name, else the string compiled in `mem`. NULL with ERR_CONFIG. */
const struct weblog_format *weblog_rules_format_of(const struct weblog_rules *rules, struct str text, struct arena *mem,
						   struct err *err) MUST_CHECK NONNULL(1, 3, 4);

/* Does this agent string (its first KiB) belong to a bot? Costs a pass over the list: remember it for each distinct
 * string. */
bool weblog_is_bot(const struct weblog_rules *rules, struct str agent) NONNULL(1);

#endif
