/* purge.h - what has changed at a source, as people name it, and the cache told that its copies are void. */
#ifndef FEDERATOR_PURGE_PURGE_H
#define FEDERATOR_PURGE_PURGE_H

#include "federator/service.h"

enum { PURGE_MOST = 16, PURGE_FOUND_MOST = 256 };

enum purge_what {
	PURGE_ALL, /* every copy of the tenant */
	PURGE_SOURCE, /* by name */
	PURGE_PART, /* by name */
	PURGE_CUSTOMER, /* by sealed id */
	PURGE_KEY, /* by a key's name and value */
};

/* Why nothing can be purged by that. */
enum purge_refusal { PURGE_UNKNOWN, PURGE_EXPIRED, PURGE_MALFORMED, PURGE_TOO_MANY };

struct purge;

struct purge_one {
	struct cache_change change;
	struct purge *purge;
	struct purge_one *next; /* of those that were found */
};

/* A purge, embedded in its owner's struct. It must stay until done() was called, or purge_drop(). */
struct purge {
	struct lane *lane;
	struct arena *mem;
	const struct world *world; /* kept, so that the lane stays */
	struct purge_one of[PURGE_MOST];
	size_t n, left;
	struct purge_key {
		struct str name, value;
	} keys[PURGE_MOST]; /* that name customers: whom they name now goes as well */
	size_t n_keys;
	struct purge_one *found; /* customers whom they name */
	size_t n_found;
	struct str what; /* for the log: "key phone, part orders", no values */
	const char *request_id; /* set before purge_run(): whose it is; NULL: nobody's */
	bool often; /* set before purge_run(): one of many, and not worth a line in the log */
	/* Set when purge_add() is false: */
	enum purge_refusal refusal;
	const char *detail; /* holds no value of a key */
	const char *advice; /* or NULL */
	/* Set when done() is called: */
	struct err err; /* cls ERR_NONE: committed. Else some or all may not be: ask again */
	int64_t committed_ms; /* wall clock */
	uint64_t dropped; /* copies */
	/* Not all sources said whom the keys name, or they name more than PURGE_FOUND_MOST: what is kept of others
	 * whom they name may have stayed. */
	bool unresolved;
	bool whole; /* there were sources or parts: their copies are void, and nobody counts them */
	void (*done)(struct purge *purge);
};

/* Begin with nothing. `mem` must live as long. On the lane's loop, as what follows. */
void purge_begin(struct purge *purge, struct lane *lane, struct arena *mem) NONNULL(1, 2, 3);
/* Add what has changed: `name` of a source, part or key, `value` of a key or the sealed id. Texts need not live on.
 * False: refused, and nothing is added. */
bool purge_add(struct purge *purge, enum purge_what what, struct str name, struct str value) MUST_CHECK NONNULL(1);
/* Ask the sources whom the keys name, and void it all. done() is called once, perhaps before this returns; the purge is
 * over by then, and may go. */
void purge_run(struct purge *purge, void (*done)(struct purge *purge)) NONNULL(1, 2);
/* End one that shall not run. */
void purge_drop(struct purge *purge) NONNULL(1);

#endif
