/* operation.h - what the routes of all listeners take and answer, as the OpenAPI document tells it. Constant. */
#ifndef FEDERATOR_HTTP_OPERATION_H
#define FEDERATOR_HTTP_OPERATION_H

#include "base/base.h"

/* Which names of the mapping are query parameters, too. */
enum operation_keys {
	OPERATION_NO_KEYS,
	OPERATION_KEYS,         /* keys */
	OPERATION_VISITOR_KEYS, /* keys that lead to a visitor of a web site */
	OPERATION_LIVE_FIELDS,  /* names of the logs' `live` views */
};

enum operation_body {
	OPERATION_NO_BODY,
	OPERATION_ASKS,  /* `by`, and the members of `scope` */
	OPERATION_EACH,  /* the same with an array of keys; JSON only */
	OPERATION_NAMES, /* the same as OPERATION_ASKS, where `by` need not be there */
	OPERATION_UNMASKS,
	OPERATION_CONTACTS, /* may be left out */
};

/* Header fields of requests; bits. */
enum operation_header {
	OPERATION_LANGUAGE = 1 << 0,
	OPERATION_COPIES = 1 << 1, /* Cache-Control */
	OPERATION_PREFER = 1 << 2,
	OPERATION_PURPOSE = 1 << 3,
	OPERATION_CONTACT = 1 << 4,
	OPERATION_UNMASK = 1 << 5,
	OPERATION_IF_NONE = 1 << 6, /* If-None-Match: then there is 304 */
	OPERATION_LAST_ID = 1 << 7,
};

/* Statuses of problems beyond those that every route has; bits. */
enum operation_problem {
	OPERATION_404 = 1 << 0,
	OPERATION_406 = 1 << 1,
	OPERATION_409 = 1 << 2,
	OPERATION_415 = 1 << 3,
	OPERATION_422 = 1 << 4,
	OPERATION_503 = 1 << 5,
	OPERATION_504 = 1 << 6,
	OPERATION_401 = 1 << 7, /* though its route asks for no scope */
	OPERATION_204 = 1 << 8, /* no problem: there is nothing more */
	OPERATION_413 = 1 << 9,
};

enum operation_answer {
	ANSWER_VIEW, ANSWER_EXPLAIN, ANSWER_STREAM, ANSWER_ROUTING, ANSWER_NAME, ANSWER_GRANT, ANSWER_CONTACT,
	ANSWER_NOTHING, ANSWER_RUNG, ANSWER_WARMED, ANSWER_PURGED, ANSWER_SESSIONS, ANSWER_SESSION, ANSWER_SEARCHES,
	ANSWER_LIVE, ANSWER_STITCH, ANSWER_MAPPINGS, ANSWER_XML, ANSWER_SCHEMA, ANSWER_DOCUMENT, ANSWER_WORD,
	ANSWER_READY, ANSWER_EXPORT, ANSWER_RELOADED, ANSWER_METRICS,
};

enum { OPERATION_MEDIA = 4 };

/* A successful answer. */
struct operation_reply {
	int status;
	const char *about;
	struct {
		const char *type;   /* NULL: no more of them */
		const char *schema; /* below #/components/schemas/; NULL: it is said elsewhere */
	} media[OPERATION_MEDIA];
	bool of_flow; /* it tells about cache and timing */
};

struct operation {
	const char *method, *pattern; /* of the route */
	const char *summary;
	const char *args;   /* what the {names} of the pattern are; or NULL */
	unsigned scope;     /* query parameters, with a body its members: of enum question_scope */
	enum operation_keys keys;
	enum operation_body body;
	unsigned headers;   /* of enum operation_header */
	unsigned problems;  /* of enum operation_problem */
	enum operation_answer answer;
};

/* All of them, in no order. */
const struct operation *operations(size_t *n_out) NONNULL(1) __attribute__((returns_nonnull));
/* That of a route; NULL: nobody described it. */
const struct operation *operation_of(const char *method, const char *pattern) NONNULL(1, 2);
/* What it answers when all is well. */
const struct operation_reply *operation_reply(const struct operation *op) NONNULL(1) __attribute__((returns_nonnull));

#endif
