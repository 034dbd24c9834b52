/* format.h - log formats: a format string becomes a program that reads lines.
 *
 * One string says all of it, in the words web servers use:
 *   $remote_addr - $remote_user [$time_local] "$request" $status     nginx's log_format
 *   %h %l %u %t "%r" %>s %b "%{Referer}i"                            Apache's LogFormat
 *   {"ts":$msec,"request":{"uri":"$request_uri"}}                    JSON lines: where each value stands
 *   #Fields: date time c-ip cs-uri-stem                              W3C extended; `#Fields:` alone: the file says it
 * A format is immutable and may be shared by threads; a parser is one thread's, for one file. */
#ifndef WEBLOG_FORMAT_H
#define WEBLOG_FORMAT_H

#include "base/arena.h"
#include "base/err.h"
#include "weblog/slot.h"

struct weblog_format; /* opaque */
struct weblog_parser; /* opaque */

enum weblog_outcome {
	WEBLOG_READ,
	WEBLOG_NOTHING, /* an empty line, or one that is about the log, such as #Fields */
	WEBLOG_REJECTED,
};

/* Why a line was rejected, and at which byte. */
struct weblog_fault {
	size_t at; /* <= the line's length */
	const char *what; /* static */
	struct str name; /* the field or literal of the format at fault, or NULL; lives as long as the parser */
};

/* Compile a format string. The result lives in `mem`. NULL with ERR_CONFIG: what is wrong, and at which byte. */
const struct weblog_format *weblog_format_new(struct str text, struct arena *mem, struct err *err)
	MUST_CHECK NONNULL(2, 3);

/* Do lines about the log say how those behind them are to be read? Then a parser that begins in the middle of a file
 * needs them first. */
bool weblog_format_remembers(const struct weblog_format *format) NONNULL(1);
/* Can its lines have an extra field of that name, or with `user` a user? Of columns that the file says: any. */
bool weblog_format_has_field(const struct weblog_format *format, struct str name) NONNULL(1);
/* Can they have cookies? The same. */
bool weblog_format_has_cookies(const struct weblog_format *format) NONNULL(1);

/* A parser for one file. It lives in `mem`, and the format must too, or longer. */
struct weblog_parser *weblog_parser_new(const struct weblog_format *format, struct arena *mem)
	NONNULL(1, 2) __attribute__((returns_nonnull));
/* Read one line, without its line feed; a carriage return at its end is dropped. *record is whole only when the line is
 * READ, *fault only when it is REJECTED. Views point into the line. */
enum weblog_outcome weblog_parse(struct weblog_parser *parser, struct str line, struct weblog_record *record,
				 struct weblog_fault *fault) MUST_CHECK NONNULL(1, 3, 4);

#endif
