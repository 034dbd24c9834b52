/* web.h - what the web team asks of the logs of a web site: sessions, searches, who is on the site now, and why a
 * visitor is taken for a customer. The events are asked live from the log's store. No HTTP in here. */
#ifndef FEDERATOR_WEB_WEB_H
#define FEDERATOR_WEB_WEB_H

#include "federator/service.h"
#include "federator/view/tree.h"

#define WEB_NAMESPACE "urn:federator:web:1"

enum { WEB_PAIRS_MAX = 5, WEB_LIMIT_MOST = 1000, WEB_MINUTES_MOST = 24 * 60 };

enum web_what {
	WEB_SESSIONS,
	WEB_SESSION, /* `name`: with its events */
	WEB_SEARCHES,
	WEB_TERMS, /* searches by term */
	WEB_ZERO, /* the same of searches that found nothing */
	WEB_LIVE, /* sessions that may go on */
	WEB_STITCH, /* `name`: a visitor */
};

/* Texts live as long as the run; NULL views: not given. */
struct web_ask {
	enum web_what what;
	struct str role, purpose;
	struct limits_who who; /* whose limits count */
	struct str log; /* needed where the mapping has several */
	struct str name; /* of the session or the visitor */
	struct str visitor, path;
	struct str customer; /* a sealed id */
	struct {
		struct str name, value;
	} pairs[WEB_PAIRS_MAX]; /* of sessions: a key; live: fields of the log's `live` view */
	size_t n_pairs;
	struct str since, until, cursor;
	uint32_t limit, minutes; /* 0: not given */
	struct str self; /* the question as a URL that ends in `?` or `&`: the next page's cursor goes behind it */
};

/* Why there is no answer. */
struct web_fault {
	int status; /* 0: there is one */
	const char *type, *detail;
	const char *suggestion; /* or NULL */
	uint32_t retry_after_s; /* 0: none */
	struct limits_state over; /* the limit that was reached; its quota 0: none was */
};

/* Gets the answer, whose texts are gone when it returns, or what is wrong. Once, on the lane's loop. */
typedef void web_done(void *owner, const struct node *root, const struct web_fault *fault);

/* Ask, on the lane's loop. `ask` and `mem` live until done() was called, perhaps before this returns. */
void web_start(struct lane *lane, const struct web_ask *ask, struct arena *mem, web_done *done, void *owner)
	NONNULL(1, 2, 3, 4);

/* Is the question understood, and allowed? False: *fault says why not; its texts live in `mem`. On the lane's loop. */
bool web_check(struct lane *lane, const struct web_ask *ask, struct arena *mem, struct web_fault *fault) MUST_CHECK
	NONNULL(1, 2, 3, 4);

/* Names that a question about sessions may have as parameters: of the keys that lead to a visitor. In `mem`. */
const char **web_keys(const struct catalog *cat, struct arena *mem, size_t *n_out) NONNULL(1, 2, 3);
/* The same for who is on the site now: names of the fields of all `live` views. */
const char **web_fields(const struct catalog *cat, struct arena *mem, size_t *n_out) NONNULL(1, 2, 3);

#endif
