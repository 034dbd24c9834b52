/* rules.h - what is known of logs as data: named formats, bots, devices, assets, where searches and campaigns stand,
 * what is not kept. Built in; a directory with files of the same names takes their place. Immutable once read; may be
 * shared by threads. */
#ifndef WEBLOG_RULES_H
#define WEBLOG_RULES_H

#include "weblog/format.h"

enum { WEBLOG_SUFFIX_MAX = 12 };

struct weblog_named {
	struct str name;
	const struct weblog_format *format;
};

struct weblog_engine {
	struct str host; /* whole labels of a host name, such as "google" or "search.naver.com" */
	struct str parameter; /* that holds the term */
};

/* A name of parameters that are not kept, as lower-case letters and digits alone. */
struct weblog_hidden {
	enum weblog_hiding {
		WEBLOG_HIDES_WHOLE, /* the name is this */
		WEBLOG_HIDES_WORD, /* a word of it is */
		WEBLOG_HIDES_PART, /* it stands anywhere in it */
		WEBLOG_HIDES_BEHIND, /* of a path: what opens a door stands behind a segment that has it */
	} how;
	struct str name;
};

/* Who has this piece in the agent string has this device. */
struct weblog_device {
	const char *device; /* "mobile", "tablet", "desktop", "other" */
	struct str piece; /* in lower case */
};

/* A parameter that advertising puts on links. */
struct weblog_mark {
	struct str parameter, campaign; /* "source/medium" */
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
	struct weblog_hidden *hidden;
	size_t n_hidden;
	struct str *suffixes; /* of paths that are assets, in lower case */
	size_t n_suffixes;
	struct str *asset_paths; /* with * at the end: all that begin so */
	size_t n_asset_paths;
	struct weblog_device *devices; /* the first whose piece is there counts */
	size_t n_devices;
	struct weblog_mark *marks;
	size_t n_marks;
};

/* Read formats.conf, bots.conf, searches.conf, hidden.conf, assets.conf, devices.conf and campaigns.conf of `dir`,
 * those that are there, else the built-in ones; NULL: all of these. The result lives in `mem`. NULL with ERR_CONFIG:
 * the file, the line and what is wrong. */
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
/* The device that it names, of devices.conf, or "other"; likewise. */
const char *weblog_device_of(const struct weblog_rules *rules, struct str agent) NONNULL(1)
	__attribute__((returns_nonnull));

#endif
