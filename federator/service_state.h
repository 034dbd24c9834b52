/* service_state.h - the inside of struct service, for service.c, lane.c and seal.c only. */
#ifndef FEDERATOR_SERVICE_STATE_H
#define FEDERATOR_SERVICE_STATE_H

#include <stdatomic.h>

#include "federator/world.h"

struct service {
	const struct options *opt;
	struct home home;
	const struct world *world; /* the running set; under home.lock */
	_Atomic(const struct world *) running; /* the same, to compare with */
	atomic_bool vacant;        /* it has nothing in it, in place of one that could not be loaded */
	atomic_uint room;          /* for fetches at its sources */
	pthread_mutex_t reloading; /* one reload at a time; taken before home.lock */
	struct arena *mem;         /* secrets of the service itself */
	unsigned char salt[DIGEST_BYTES];
	unsigned char seal_key[DIGEST_BYTES];
	unsigned char tag_secret[SERVICE_TAG_SECRET_BYTES];
	struct cache_home *cache;   /* NULL: something stands in */
	struct shelf *rendered; /* answers; NULL: none are kept */
	struct limits *limits;  /* NULL: none */
	struct contacts *contacts; /* NULL: in Redis */
	struct redis_conf redis;    /* address NULL: copies are not kept there; texts of the options and mem */
	struct counters *meters;    /* enum meter */
	struct lane *lanes;         /* under home.lock */
	int64_t began_ms;
};

#endif
