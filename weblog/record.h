/* record.h - what one line of a web server's log says: views into the line, and numbers. Filled by weblog_parse();
 * valid as long as the line's bytes are. No allocation. */
#ifndef WEBLOG_RECORD_H
#define WEBLOG_RECORD_H

#include "base/buf.h"

/* Texts of a request. Absent (`-`, empty, null, or not in the log) is the NULL view. */
enum weblog_text {
	WEBLOG_CLIENT, /* address or host name of who asked */
	WEBLOG_USER,
	WEBLOG_REQUEST, /* the request line as logged; the next three are its parts when it has the form of one */
	WEBLOG_METHOD,
	WEBLOG_TARGET, /* path with query, or an absolute URL */
	WEBLOG_PROTOCOL,
	WEBLOG_QUERY, /* only where the log keeps it apart from the target; without `?`, but Apache's %q has it */
	WEBLOG_REFERRER,
	WEBLOG_AGENT,
	WEBLOG_HOST,
	WEBLOG_COOKIE,
};
enum { WEBLOG_TEXTS = WEBLOG_COOKIE + 1, WEBLOG_EXTRAS_MAX = 20 };

/* How a server wrote bytes that would break its line. */
enum weblog_escape {
	WEBLOG_PLAIN,
	WEBLOG_BACKSLASH, /* \xHH, and of Apache \" \\ \b \n \r \t \v */
	WEBLOG_JSON,
	WEBLOG_DOUBLED, /* W3C: "" in a quoted value */
};

struct weblog_extra {
	struct str name, value;
};

struct weblog_record {
	int64_t time_us; /* since 1970, UTC; of the wall clock of the server when has_offset is false */
	int32_t offset_s; /* of the server's wall clock, east of UTC */
	bool has_offset;
	int status; /* 0: unknown */
	int64_t bytes; /* -1: unknown */
	int64_t duration_us; /* -1: unknown */
	enum weblog_escape escape; /* of the texts whose bit is set in `escaped`, and of all extras */
	uint32_t escaped; /* 1u << enum weblog_text */
	bool blanks_joined; /* W3C: the agent has + (IIS) or %20 (CloudFront) for its blanks, %HH for other bytes */
	struct str text[WEBLOG_TEXTS];
	size_t n_extra;
	struct weblog_extra extra[WEBLOG_EXTRAS_MAX]; /* only the first n_extra are set */
};

/* Append a text with its escapes undone; what is no valid escape stays as it is. */
void weblog_text_put(const struct weblog_record *record, enum weblog_text which, struct buf *out) NONNULL(1, 3);
/* The same for any view that was escaped so. */
void weblog_unescape(struct str raw, enum weblog_escape escape, struct buf *out) NONNULL(3);
/* The name of a text in output: "client", "user" and so on. */
const char *weblog_text_name(enum weblog_text which) __attribute__((returns_nonnull));

#endif
