/* flow.h - one request from question to bytes: the steps of steps.def, on one loop from start to reply. No HTTP in
 * here: the command line runs the same flow. */
#ifndef FEDERATOR_FLOW_FLOW_H
#define FEDERATOR_FLOW_FLOW_H

#include "federator/flow/repeat.h"

/* FORM, TEXT and LINE are for flat answers only; their problem documents are JSON. */
enum format { FORMAT_JSON, FORMAT_XML, FORMAT_FORM, FORMAT_TEXT, FORMAT_LINE };

enum { ASK_KEYS_MAX = 5 };

/* What is told of an answer that grows. The last of an answer is NEWS_PROBLEM or NEWS_DONE. */
enum news {
	NEWS_IDENTITY, /* {"id", "match"}: who it is, before the parts of the view are here */
	NEWS_VIEW, /* the view as far as it is known; parts under way are `missing`, reason `pending` */
	NEWS_PART, /* what is different since: members of the view, and of the objects in it; null: gone */
	NEWS_PROBLEM, /* a problem document in place of an answer */
	NEWS_DONE, /* {"complete"}: all parts are here or will not come, late ones too */
};

/* Somebody who looks on while an answer grows. Masked and withheld as the answer itself. */
struct onlooker {
	/* Set before the first news of a customer, if the lane keeps a record: as reply.seen, with the classes that the
	 * view may show. Gone with tell(). */
	struct str seen;
	/* Of NEWS_PROBLEM: its status and type. */
	int status;
	const char *problem;
	/* JSON of one line, gone when it returns. On the lane's loop; must not start or end a flow. */
	void (*tell)(struct onlooker *who, enum news what, struct str json);
};

/* Somebody who asks whose keys are, and nothing else. */
struct tracer {
	/* A customer, perhaps told twice; gone when it returns. On the lane's loop; must not start or end a flow. */
	void (*found)(struct tracer *who, struct str subject);
};

/* One of several to whom an answer is shown; flow_counts() has counted it. Texts live until done(). */
struct viewer {
	struct str client, agent; /* whose limits count */
	bool agent_proven;
	bool fresh; /* its keys were not all asked by in its hour before */
	const struct viewer *next;
};

/* A question, already free of HTTP. All texts must live until flow_start() returns. Empty views = not given. */
struct ask {
	struct {
		struct str name, value;
	} by[ASK_KEYS_MAX];
	size_t n_by; /* 0: asked by sealed id */
	struct str id;
	struct str tenant, role, purpose;
	struct str client, agent; /* whose limits count; both empty: nobody's, as where nobody is shown the answer */
	bool agent_proven; /* by a token; else it is the client's word */
	const struct viewer *viewers; /* who is shown it instead of these two; NULL: nobody else */
	struct str unmask; /* classes to be shown for a time, with a blank between: a grant for them was opened */
	int64_t unmask_given_ms; /* when, by the wall clock */
	struct str contact; /* the call or chat that it is for, for the record */
	struct str view; /* empty: "pop", else the first tree view; flat: "routing", else the only flat one */
	struct str fields; /* "name,tier,orders.no": only these paths of the view */
	struct str parts; /* "crm,orders": only these parts */
	struct str lang; /* of labels: "ko", "en" */
	uint32_t budget_ms; /* 0: the view's; never more than the view's */
	uint32_t nth; /* of several in one request: told with what is wrong with it; 0: it is the only one */
	bool provenance;
	bool strict; /* 404 for none, 409 for many (Prefer: handling=strict) */
	bool no_cache; /* Cache-Control (RFC 9111, 5.2.1): ask the sources */
	bool no_store; /* keep nothing that this question brings */
	bool only_if_cached; /* ask no source */
	bool has_max_age; /* no copy older than max_age_s is wanted */
	bool has_max_stale; /* copies over their ttl are wanted, too */
	uint32_t max_age_s;
	uint32_t min_fresh_s; /* a copy must stay fresh for so long */
	uint32_t max_stale_s; /* for so long; UINT32_MAX: for as long as the mapping allows */
	bool flat; /* a flat view as names and texts, nothing around it, and an answer whatever happens */
	bool explain; /* how the answer came about, instead of the answer */
	struct str field; /* explain: only this field; empty: all */
	bool canonical; /* no ids, ages, timings, source names, revision: for comparing */
	bool pretty;
	enum format format;
	/* GET .../timeline: only the time line, filtered */
	bool timeline;
	struct str cursor; /* of an earlier page of the time line */
	struct str since, until, kind; /* RFC 3339, RFC 3339, list path */
	uint32_t limit;
	/* Of a tree view in JSON; NULL: nobody. It must live until the last news and done() have come. */
	struct onlooker *onlooker;
	/* By keys, any of the mapping, with no_cache: every customer whom one of them names is told, and the answer has
	 * no body; it is `complete` when all sources that could name one said so. NULL: nobody. As `onlooker`. */
	struct tracer *tracer;
	bool repeats; /* the same was asked a moment ago: reply.repeat is wanted */
	/* NULL, or the set to answer from: the flow takes over the caller's ownership of it. */
	const struct world *world;
	/* NULL, or where the body of an answer may lie that is given before flow_start() returns: see reply.lent. */
	struct arena *at_once;
};

/* A copy whose texts live in `mem`; `to` may be `from`. */
void ask_copy(struct ask *to, const struct ask *from, struct arena *mem) NONNULL(1, 2, 3);

/* The answer: the caller owns `body` (reply_free()) when done() was called. */
struct reply {
	int status; /* HTTP status code */
	const char *content_type;
	char *body;
	bool lent; /* the body lies in ask.at_once */
	size_t len;
	uint32_t retry_after_s; /* 0: none */
	struct limits_state over; /* the limit of customers that was reached; its quota 0: none was */
	uint32_t age_s; /* of the oldest copy used; 0 when none was */
	bool shed; /* nothing was done: the queue of a source is too long */
	bool from_cache; /* all that was asked for came from the cache */
	char cache_status[64]; /* value of the header, "" when nothing was asked for */
	bool rendered; /* it was kept whole */
	struct repeat *repeat; /* if that may be told again as it is: repeat.h; owned like the body */
	bool complete; /* of a view: all that was needed answered, with all its rows */
	char view[64]; /* for logs and headers */
	char revision[17];
	const char *server_timing; /* value of the header, gone when done() returns; NULL: none, as when canonical */
	char etag[32]; /* of a view: `W/"..."`, the same while nothing but ages, timings and seals differs; else "" */
	struct str next_page; /* of a time line: its cursor, gone when done() returns; the NULL view: there is none */
	uint32_t parts, missing; /* for the request log */
	const char *problem; /* the type of a problem document, static; NULL: it is none */
	struct str seen; /* members of the record: of whom it is, and what it shows; gone when done() returns. Only if
			  * the lane keeps one, and it is known whose the keys are */
	uint64_t shown, masked; /* with it: the classes that are in the answer */
	uint64_t took_us;
};

/* Start. done(owner, reply) is called exactly once on the lane's loop, perhaps before this returns; it may set the
 * status to the one that is sent, such as 304, by which the answer is counted. The flow frees itself after that; parts
 * still running go on into the cache. */
void flow_start(struct lane *lane, const struct ask *ask, void (*done)(void *owner, struct reply *reply),
		void *owner) NONNULL(1, 2, 3);

/* Is the question one that flow_start() would refuse before it asks anything? Then *reply is the refusal, as there. */
bool flow_refused(struct lane *lane, const struct ask *ask, struct reply *reply) MUST_CHECK NONNULL(1, 2, 3);

/* The same, and the question counts for the viewer from now on, whose flow is to have it among ask.viewers. */
bool flow_counts(struct lane *lane, const struct ask *ask, struct viewer *viewer, struct reply *refusal) MUST_CHECK
	NONNULL(1, 2, 3, 4);

/* A step of steps.def: its name and what it leaves behind. */
struct step_doc {
	const char *name, *leaves;
};
/* The steps in their order; static. */
const struct step_doc *flow_steps(size_t *n_out) NONNULL(1) __attribute__((returns_nonnull));

/* Wipe and end the body, unless it is lent, and `repeat`; what else is known stays. */
void reply_free(struct reply *reply) NONNULL(1);

/* A problem document (RFC 9457) as bytes, for errors found before a flow starts. `suggestion` may be NULL. */
void problem_reply(struct reply *reply, enum format format, int status, const char *type, const char *title,
		   const char *detail, const char *suggestion) NONNULL(1, 4, 5, 6);

#endif
