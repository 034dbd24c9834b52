/* route.h - which handler answers which method and path: tables of const struct route. */
#ifndef FEDERATOR_HTTP_ROUTE_H
#define FEDERATOR_HTTP_ROUTE_H

#include "base/arena.h"

struct exchange;

enum { ROUTE_ARGS_MAX = 2, ROUTE_ALLOW_BYTES = 64 };

/* Is it turned away when the service is overloaded? */
enum route_load { ROUTE_WORK, ROUTE_ALWAYS };

struct route {
	const char *method;  /* a GET route answers HEAD too */
	const char *pattern; /* "/v1/customers/{id}": a {name} takes one segment */
	void (*handle)(struct exchange *x);
	enum route_load load;
	unsigned may; /* what of enum may a caller needs; 0: nothing */
};

struct routes {
	const struct route *of;
	size_t n;
};

enum route_found {
	ROUTE_FOUND,
	ROUTE_NO_PATH,   /* no pattern fits */
	ROUTE_NO_METHOD, /* patterns fit, not the method */
	ROUTE_BAD_PATH,  /* a bad escape, a control character, a dot segment */
};

/* Find the route of a raw path; its decoded segments go to args (in `mem`). Outputs are only set by
 * ROUTE_FOUND. */
enum route_found route_find(const struct routes *routes, const char *method, struct str path,
			    struct arena *mem, const struct route **route_out,
			    struct str args[ROUTE_ARGS_MAX]) NONNULL(1, 2, 4, 5, 6);
/* The value of Allow for a path that has routes. */
void route_allow(const struct routes *routes, struct str path, char allow[ROUTE_ALLOW_BYTES]) NONNULL(1, 3);

#endif
