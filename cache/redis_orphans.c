/* redis_orphans.c - leases in Redis that nobody here will end: the answer to a begin never came, or what it began ended
 * while there was no connection. Others would wait for nobody until the lease is over. */
#include "cache/name.h"
#include "cache/redis_state.h"

enum { WORDS_BYTES = 1024 };

/* With no room left: the lease ends with its time. */
void redis_orphan(struct redis *r, const struct cache_key *key)
{
	if (r->n_orphans < ARRAY_LEN(r->orphans))
		r->orphans[r->n_orphans++] = *key;
}

/* By the process, for the rest of the token is not known. A lease that another loop of it has got since ends as well:
 * then somebody asks who need not have. */
void redis_orphans_release(struct redis *r)
{
	struct redis_keys keys;

	while (r->n_orphans > 0 && redis_ready_for(r, WORDS_BYTES)) {
		const struct cache_key *key = &r->orphans[--r->n_orphans];

		redis_keys_make(&keys, name_key_tenant(key), key);
		REDIS_SEND(r, REDIS_RELEASE, STR("EVALSHA"), str_of(r->sha[SCRIPT_RELEASE]), STR("1"),
			   str_of(keys.lease), str_of(r->home->process));
	}
}
