/* state.h - a run of random.c, and one request of it. */
#ifndef TESTS_FEDERATOR_RIGHTS_STATE_H
#define TESTS_FEDERATOR_RIGHTS_STATE_H

#include "federator/http/handlers.h"
#include "federator/http/repeats.h"
#include "tests/federator/bed.h"
#include "tests/federator/rights/oracle.h"

enum { IDS = 64, GRANTS = 64, BODIES = 2048, HEADER_FIELDS = 8 };

struct who {
	const char *role, *purpose, *agent;
	unsigned may;
};

struct given_id {
	struct str text;
	unsigned customers;
};

struct given_grant {
	struct who who;
	struct str text;
	unsigned classes;
	int64_t until_ms;
};

struct kept_body {
	const void *response;
	struct str text;
};

struct counts {
	uint64_t requests, answers, seen, repeated, rendered, unmasked, refused, onlooked, reloads;
};

struct state {
	struct bed *bed;
	struct lane *lane;
	struct made made;
	struct oracle *oracle;
	struct arena *maps; /* of the mapping, and what was given under it */
	struct repeats repeats;
	struct given_id ids[IDS];
	size_t n_ids;
	struct given_grant grants[GRANTS];
	size_t n_grants;
	struct kept_body bodies[BODIES];
	unsigned seed;
	bool wrong, done;
	bool found_out; /* what is wrong was noticed */
	struct counts n;
};

/* One request. */
struct trial {
	struct exchange x;
	struct state *s;
	struct who who;
	unsigned customers, unmasked;
	bool refused; /* it has to be */
	struct header fields[HEADER_FIELDS];
};

/* asks.c - what is asked */

/* A number below n. */
unsigned below(struct state *s, unsigned n);
/* Somebody, who mostly may use everything. */
struct who any_who(struct state *s);
/* Add a header field. */
void header_add(struct trial *t, const char *name, struct str value);
/* A key of somebody; says whose values may be told. */
struct str any_key(struct trial *t, const char **name_out);
/* An id that was given before; the same. */
struct str any_id(struct trial *t);
/* Set the line of the request. */
void ask_line(struct trial *t, const char *method, struct str path, struct str query);
/* Fill in a request of any kind. */
void make_request(struct trial *t);

#endif
