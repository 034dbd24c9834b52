/* question.h - a question being read from a body, a query string or header fields into a struct ask: one
 * table of members for all of them. No libmicrohttpd; one thread at a time. */
#ifndef FEDERATOR_HTTP_QUESTION_H
#define FEDERATOR_HTTP_QUESTION_H

#include "federator/http/headers.h"

/* Why a question is refused, for a problem document. */
struct fault {
	int status;
	const char *type;
	const char *detail;
	const char *suggestion; /* or NULL */
};

/* Which members may be given. */
enum question_scope {
	SCOPE_VIEW = 1,     /* view fields parts provenance budget lang */
	SCOPE_TIMELINE = 2, /* since until kind limit */
	SCOPE_ROUTING = 4, /* view budget format */
	SCOPE_LINE = 8, /* budget */
	SCOPE_EXPLAIN = 16, /* field */
	SCOPE_SCHEMA = 32, /* view lang */
	SCOPE_PURGE = 64, /* customer source part all */
	SCOPE_WEB = 128, /* log limit */
	SCOPE_WEB_SESSIONS = 256, /* visitor path customer since until cursor */
	SCOPE_WEB_PAGES = 512, /* cursor */
	SCOPE_WEB_SEARCHES = 1024, /* group since until cursor */
	SCOPE_WEB_LIVE = 2048, /* path minutes */
	SCOPE_LANG = 4096, /* lang */
};

/* What is void, beside keys; the NULL view: not given. */
struct purge_words {
	struct str customer, source, part;
	bool all;
};

/* What is asked of the log of a web site; NULL views and 0: not given. */
struct web_words {
	struct str log, visitor, path, group;
	uint32_t minutes;
};

struct question {
	struct arena *mem;
	unsigned scope;          /* of enum question_scope */
	const char *const *also; /* names for a did-you-mean that are no members: "by", key names */
	size_t n_also;
	bool of_customer;   /* the answer is about one, and comes at once: X-Unmask may be given */
	bool any_value;     /* keys may have values that are no text: they become the empty one */
	struct ask ask;
	struct purge_words purge;
	struct web_words web;
	unsigned given;     /* bit per member of the table */
	struct fault fault; /* status 0: none */
};

/* Set a member from text. False: unknown (with a suggestion), given twice, or malformed; q->fault is set. */
bool question_member(struct question *q, struct str name, struct str value) MUST_CHECK NONNULL(1);
/* Is there a member of that name in the question's scope? */
bool question_has_member(const struct question *q, struct str name) NONNULL(1);
/* The name of member `i` if it is in the scope; "": it is not; NULL: there are no more. */
const char *question_member_name(size_t i, unsigned scope) MUST_CHECK;
/* Add a key to ask by. False: more than ASK_KEYS_MAX, twice the same name, an empty value (unless any_value). */
bool question_key(struct question *q, struct str name, struct str value) MUST_CHECK NONNULL(1);
/* Read the query string; names in `keys` are keys to ask by. */
bool question_query(struct question *q, struct str query, const char *const *keys, size_t n_keys) MUST_CHECK
	NONNULL(1);
/* Read Prefer, Cache-Control, X-Purpose, X-Contact, Accept-Language; what the question said itself wins. */
bool question_headers(struct question *q, const struct headers *h) MUST_CHECK NONNULL(1, 2);
/* Set q->fault and return false. */
bool question_refuse(struct question *q, int status, const char *type, const char *suggestion,
		     const char *fmt, ...) NONNULL(1, 3, 5) PRINTF_LIKE(5, 6);

/* Read a JSON body: {"by":{"phone":"..."},"view":"pop",...}. */
bool question_json(struct question *q, struct str body) MUST_CHECK NONNULL(1);
/* Read a JSON body with many questions that differ in their keys: {"by":[{"phone":"..."},...],"view":"pop",...}. take()
 * gets each; when the body is refused (as above, or for none or more than `most`), perhaps some of them before. */
bool question_json_each(struct question *q, struct str body, size_t most,
			void (*take)(void *owner, const struct ask *one), void *owner) MUST_CHECK NONNULL(1, 4);
/* Read an XML body: <ask xmlns="urn:federator:ask:1"><by key="phone">...</by><view>pop</view>...</ask>. */
bool question_xml(struct question *q, struct str body) MUST_CHECK NONNULL(1);

#endif
