/* headers.h - the header fields of one request, read by rules of our own. No state; safe from any thread. */
#ifndef FEDERATOR_HTTP_HEADERS_H
#define FEDERATOR_HTTP_HEADERS_H

#include <strings.h>

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

/* Same text, ASCII case apart? Here, since most differ in length, which the compiler knows of `b`. */
static inline bool headers_same(struct str a, const char *b)
{
	return a.n == strlen(b) && (a.n == 0 || strncasecmp(a.p, b, a.n) == 0);
}

/* The value of the first field of that name (any case), or the NULL view. */
static inline struct str headers_get(const struct headers *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (headers_same(h->of[i].name, name))
			return h->of[i].value;
	return (struct str){ 0 };
}

/* What must be refused before a body is read: the status to refuse with and one sentence, or 0. Catches what
 * libmicrohttpd lets pass: repeated or contradicting lengths, transfer codings, hosts, control characters,
 * methods. 413 says that nothing but the length is wrong. `version` is that of the first line: what speaks
 * HTTP/1.0, as checks of balancers do, may say no Host. */
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

/* 1-64 characters of A-Z a-z 0-9 . _ - : safe to log and to send back. */
bool headers_is_token(struct str s);

/* The language of labels wanted most by Accept-Language, in `mem`: "ko"; the NULL view when any will do. */
struct str headers_language(const struct headers *h, struct arena *mem) NONNULL(1, 2);

#endif
