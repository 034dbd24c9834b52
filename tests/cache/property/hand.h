/* hand.h - what goes wrong with Redis during the property test. One thread. */
#ifndef TESTS_CACHE_PROPERTY_HAND_H
#define TESTS_CACHE_PROPERTY_HAND_H

#include "tests/cache/redis_server.h"

enum { HAND_FAULTS = 11 };

struct hand {
	struct redis_server *server;
	bool frozen; /* as the last fault left it */
	uint64_t struck[HAND_FAULTS];
};

/* Strike with fault number `which` of HAND_FAULTS. A frozen server is thawed by the next one. */
void hand_strike(struct hand *h, unsigned which) NONNULL(1);
/* End what lasts. */
void hand_rest(struct hand *h) NONNULL(1);
/* Remove what was saved. */
void hand_clean(const struct hand *h) NONNULL(1);
/* What a fault is called. */
const char *hand_name(unsigned which) __attribute__((returns_nonnull));

#endif
