/* weblogs.h - logs of a web site, as <weblog> declares them: where they lie, how they are read, what stands for a
 * visitor, and what is evidence of who the visitor is. Part of a catalog (catalog.h), with its life time. */
#ifndef METADATA_WEBLOGS_H
#define METADATA_WEBLOGS_H

#include "metadata/catalog.h"

/* What of the address of a client is kept. */
enum weblog_client_keep {
	WEBLOG_KEEP_NETWORK, /* IPv4 without its last byte, IPv6 without its last 80 bits */
	WEBLOG_KEEP_HASH, /* a hash under the salt of the installation */
	WEBLOG_KEEP_WHOLE,
	WEBLOG_KEEP_NOTHING,
};

/* Where in a line a value stands: from="cookie:vid". */
enum weblog_from {
	WEBLOG_FROM_NOWHERE,
	WEBLOG_FROM_COOKIE,
	WEBLOG_FROM_PARAMETER, /* of the query of the request */
	WEBLOG_FROM_PATH, /* {name} in the rule's path */
	WEBLOG_FROM_FIELD, /* a field of the format: an extra one, or user */
};

struct weblog_value {
	enum weblog_from from;
	struct str name;
};

/* A path with places: "/goods/{product}", "/item-{product}.html", "/static*". `{name}` is what a segment has between
 * the literals around it, one byte at least; `*` at the end everything that follows, also nothing. */
struct weblog_pattern {
	struct str text;
};

enum { WEBLOG_PLACES_MAX = 4 }; /* in one pattern */

/* What the places of a pattern hold; views into pattern and path. */
struct weblog_captures {
	uint32_t n;
	struct {
		struct str name, text;
	} of[WEBLOG_PLACES_MAX];
};

struct weblog_statuses {
	uint16_t least, most; /* 200 to 299; 0 to 999: all */
};

/* What a request that fits stands for. The first rule that fits counts. */
struct weblog_page {
	const char *kind; /* a word of the mapping: product, category, cart, checkout, order, login, help … */
	struct weblog_pattern path;
	const char *method; /* NULL: any */
	struct weblog_value product, category, order, terms, hits;
	struct labels labels;
	struct span at;
};

/* A request that says who the visitor is. */
struct weblog_evidence {
	const char *name;
	const struct key *gives;
	struct weblog_value value;
	struct weblog_pattern path; /* an empty text: every path */
	const char *method; /* NULL: any */
	struct weblog_statuses status;
	uint32_t confidence; /* 1 to 100 */
	struct span at;
};

struct weblog {
	const char *name;
	const struct source *store; /* that the events are asked from */
	const char *writer; /* NAME of writer="secret:NAME": the connection that may write */
	const char *format; /* name or format string; NULL: guessed at the first lines */
	const struct zone *zone; /* of times without offset */
	uint64_t keep_ms; /* sessions that ended before are removed */
	uint64_t keep_events_ms; /* of those that ended before only the sums are kept; not above keep_ms */
	uint64_t partition_ms; /* 0: none; else a day or 30 days: PostgreSQL only */
	uint64_t idle_ms, longest_ms; /* end a session */
	uint64_t window_ms; /* how far before a link the pages of the visitor are the customer's, too */
	enum weblog_client_keep client;
	bool bots; /* are kept, marked so */
	const struct class_ *cls; /* of all that the log says; who does not see it is refused the web team's pages */
	const struct view *live; /* flat; what is said of a visitor who is known, or NULL */
	const struct key *visitor; /* the key that a visitor's name is a value of, or NULL */
	const struct str *files; /* paths, may be globs */
	size_t n_files;
	const struct weblog_value *visitors; /* the first that has a value; none has: a hash of client and agent */
	size_t n_visitors;
	const struct str *hide; /* names of parameters that are not kept, beside the built-in ones */
	size_t n_hide;
	const struct weblog_pattern *assets; /* not kept, beside the built-in suffixes */
	size_t n_assets;
	const struct str *searches; /* names of parameters that hold search terms, beside those of searches.conf */
	size_t n_searches;
	const struct weblog_page *pages;
	size_t n_pages;
	const struct weblog_evidence *evidence;
	size_t n_evidence;
	struct labels labels;
	struct span at;
	struct span format_at, writer_at; /* of the attributes' values */
	uint32_t index;
};

/* What is wrong with a pattern: a static text, and the bytes that are; NULL when it is right. */
const char *weblog_pattern_fault(struct str text, size_t *at_out, size_t *n_out) NONNULL(2, 3);
/* The names of the places of a pattern that is right; their texts are NULL. */
void weblog_pattern_places(const struct weblog_pattern *pattern, struct weblog_captures *places) NONNULL(1, 2);
/* Does a decoded path fit a pattern that is right? *captures is whole only then. The empty pattern fits every path. */
bool weblog_pattern_match(const struct weblog_pattern *pattern, struct str path, struct weblog_captures *captures)
	MUST_CHECK NONNULL(1, 3);
/* What the place of that name holds; the NULL view when the pattern has no such place. */
struct str weblog_captured(const struct weblog_captures *captures, struct str name) NONNULL(1);

/* The weblog of that name, or NULL. */
const struct weblog *catalog_weblog(const struct catalog *cat, struct str name) NONNULL(1);

#endif
