/* program.h - inside of format.h: the three kinds of programs. For format.c, text.c, json.c and w3c.c. */
#ifndef WEBLOG_PROGRAM_H
#define WEBLOG_PROGRAM_H

#include "weblog/format.h"

enum {
	WEBLOG_STEPS_MAX = 64, /* fields of one format */
	WEBLOG_PATH_MAX = 8, /* members and items on the way to a value in JSON */
	WEBLOG_JSON_DEPTH = 32,
};

/* One field and the literal behind it. */
struct weblog_step {
	struct weblog_slot slot;
	struct str until; /* empty: to the end of the line */
	bool quoted; /* between quotes, where a backslash takes the meaning from one */
};

/* The way to one value in JSON. */
struct weblog_path {
	struct str names[WEBLOG_PATH_MAX];
	bool is_item[WEBLOG_PATH_MAX]; /* the name is the number of an item */
	size_t n;
	struct weblog_slot slot;
};

enum weblog_family { WEBLOG_OF_TEXT, WEBLOG_OF_JSON, WEBLOG_OF_W3C };

struct weblog_format {
	enum weblog_family family;
	struct str first; /* text: the literal at the beginning */
	struct weblog_step *steps; /* text, and W3C without `until` */
	struct weblog_path *paths; /* JSON */
	size_t n;
};

struct weblog_parser {
	const struct weblog_format *format;
	struct weblog_memo memo;
	struct weblog_slot columns[WEBLOG_STEPS_MAX]; /* W3C: as the last #Fields said */
	size_t n_columns;
	char names[4096]; /* W3C: the words of that line */
	int64_t date_us; /* W3C: of #Date, -1: none */
};

/* Compile. False: see weblog_format_new(). */
bool weblog_text_compile(struct str text, struct arena *mem, struct weblog_format *format, struct err *err)
	MUST_CHECK NONNULL(2, 3, 4);
/* See above. */
bool weblog_json_compile(struct str text, struct arena *mem, struct weblog_format *format, struct err *err)
	MUST_CHECK NONNULL(2, 3, 4);
/* Take the words of a #Fields line, without "#Fields:". NULL, or what is wrong. */
const char *weblog_w3c_fields(struct weblog_parser *parser, struct str words) NONNULL(1);

/* Read a line. False: *fault says why. */
bool weblog_text_run(struct weblog_parser *parser, struct str line, struct weblog_record *record,
		     struct weblog_fault *fault) MUST_CHECK NONNULL(1, 3, 4);
/* See above. */
bool weblog_json_run(struct weblog_parser *parser, struct str line, struct weblog_record *record,
		     struct weblog_fault *fault) MUST_CHECK NONNULL(1, 3, 4);
/* See above; a line that begins with # is taken, too, and is NOTHING when it is right. */
enum weblog_outcome weblog_w3c_run(struct weblog_parser *parser, struct str line, struct weblog_record *record,
				   struct weblog_fault *fault) MUST_CHECK NONNULL(1, 3, 4);

/* The slot of `$name`, in text and JSON. */
struct weblog_slot weblog_variable(struct str name);
/* How many bytes of `s` are letters, digits and _. */
size_t weblog_word(struct str s);
/* Fill *fault; returns false. */
bool weblog_reject(struct weblog_fault *fault, size_t at, const char *what, struct str name) NONNULL(1, 3);

#endif
