/* event.h - one request of a visitor as it is kept, and what it belongs to. Views; who fills them says how long they
 * live. The columns of the store (store.h) have the same names. */
#ifndef WEBLOG_EVENT_H
#define WEBLOG_EVENT_H

#include "metadata/weblogs.h"

enum { WEBLOG_LINKS_MAX = 4 }; /* pieces of evidence in one request */

/* Evidence of who the visitor is. */
struct weblog_link {
	const struct weblog_evidence *by;
	struct str value; /* canonical, as the key has it */
};

enum weblog_result {
	WEBLOG_DONE, /* 1xx, 2xx, 304 */
	WEBLOG_MOVED, /* other 3xx */
	WEBLOG_REFUSED, /* 4xx: the customer met an error */
	WEBLOG_FAILED, /* 5xx, 499, or no status at all */
};
enum { WEBLOG_RESULTS = WEBLOG_FAILED + 1 };
/* The words for them, in the store and in what is printed. */
extern const char *const weblog_result_words[WEBLOG_RESULTS];

/* NULL views are absent. */
struct weblog_event {
	int64_t at_us; /* since 1970, UTC */
	struct str visitor;
	struct str session; /* 16 letters and digits, in the order of time; filled by sessions.h */
	void *known; /* where sessions.h has the visitor; NULL: nobody has looked */
	const char *kind; /* "page", "search", or that of the rule */
	struct str method, path; /* path decoded, without query */
	struct str query; /* what may be kept of it, as it was written */
	int status; /* 0: unknown */
	enum weblog_result result;
	struct str product, category, order, terms;
	int64_t hits; /* of a search; -1: unknown */
	struct str engine, engine_terms; /* from the referrer */
	struct str referrer; /* host and path, without query; NULL when it is the site itself */
	struct str campaign; /* source/medium/name, of utm_* or of gclid, fbclid … */
	struct str client; /* as far as the mapping keeps it */
	struct str agent; /* its first 512 bytes */
	const char *device; /* "mobile", "tablet", "desktop", "bot", "other" */
	bool is_bot;
	int64_t took_us, bytes; /* -1: unknown */
	struct weblog_link links[WEBLOG_LINKS_MAX];
	uint32_t n_links;
};

#endif
