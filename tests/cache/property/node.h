/* node.h - a node of the property test: a thread with its loop and cache, and actors who look up, fetch, keep, change
 * and void at random, many at a time. */
#ifndef TESTS_CACHE_PROPERTY_NODE_H
#define TESTS_CACHE_PROPERTY_NODE_H

#include "cache/cache.h"

#include "tests/cache/property/truth.h"

/* What all nodes count together. */
struct tally {
	_Atomic uint64_t operations, hits, younger, tickets, without_ticket, kept, released, left, voided, not_voided;
	_Atomic uint64_t stale, foreign;
};

/* What all nodes share. */
struct field {
	struct truth *truth;
	struct tally tally;
	unsigned customers, actors; /* of each node */
	uint64_t seed, operations; /* how many are wanted */
};

struct node; /* opaque */

/* Start the actors of a node on a cache of that home, which stays the caller's. */
struct node *node_start(struct field *field, struct cache_home *home, unsigned number) NONNULL(1, 2);
/* When no actor begins anything any more, wait for the last; sets *node to NULL. */
void node_end(struct node **node) NONNULL(1);

#endif
