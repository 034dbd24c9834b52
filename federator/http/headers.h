/* headers.h - the header fields of one request, read by rules of our own. No state; safe from any thread. */
#ifndef FEDERATOR_HTTP_HEADERS_H
#define FEDERATOR_HTTP_HEADERS_H

#include "federator/flow/flow.h"

struct header {
	struct str name, value;
};

enum { HEADERS_MAX = 100 };

/* In the order they came; `of` is whose they are. */
struct headers {
	struct header *of;
	size_t n;
	bool too_many; /* more than HEADERS_MAX came */
};

/* The value of the first field of that name (any case), or the NULL view. */
struct str headers_get(const struct headers *h, const char *name) NONNULL(1, 2);

/* What must be refused before a body is read: the status to refuse with and one sentence, or 0. Catches what
 * libmicrohttpd lets pass: repeated or contradicting lengths, transfer codings, hosts, control characters,
 * methods. `version` is that of the first line: what speaks HTTP/1.0, as checks of balancers do, may say no Host. */
int headers_screen(const char *method, const char *version, const struct headers *h, size_t body_max,
		   const char **why_out) NONNULL(1, 2, 3, 5);

/* The format of the answer: JSON or XML by Accept (RFC 9110: the most specific range counts, then the
 * quality; JSON on a tie). False: neither is acceptable. */
bool headers_format(const struct headers *h, enum format *out) MUST_CHECK NONNULL(1, 2);

/* The same among the formats whose bits (1 << FORMAT_JSON ...) are set; the first of enum format on a tie. */
bool headers_choose(const struct headers *h, unsigned formats, enum format *out) MUST_CHECK NONNULL(1, 3);

/* Cut the next member off a comma-separated list, trimmed; false at the end. Quoted commas do not occur in
 * what we read. */
bool headers_next(struct str *list, struct str *member_out) MUST_CHECK NONNULL(1, 2);

/* Same text, ASCII case apart? */
bool headers_same(struct str a, const char *b) NONNULL(2);

/* 1-64 characters of A-Z a-z 0-9 . _ - : safe to log and to send back. */
bool headers_is_token(struct str s);

/* The language of labels wanted most by Accept-Language, in `mem`: "ko"; the NULL view when any will do. */
struct str headers_language(const struct headers *h, struct arena *mem) NONNULL(1, 2);

#endif
