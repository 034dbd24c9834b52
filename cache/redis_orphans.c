/* redis_orphans.c - leases in Redis that nobody here will end: the answer to a begin never came, or what it began ended
 * while there was no connection, or the connection was lost with a fill. Others would wait for nobody until the lease
 * is over. */
#include <stdio.h>

#include "cache/name.h"
#include "cache/redis_state.h"

enum { WORDS_BYTES = 1024 };

/* With no room left: the lease ends with its time. */
void redis_orphan(struct redis *r, const struct cache_key *key, uint64_t began)
{
	for (size_t i = 0; i < r->n_orphans; i++)
		if (strcmp(r->orphans[i].key.text, key->text) == 0 &&
		    (r->orphans[i].began == began || r->orphans[i].began == 0))
			return;
	if (r->n_orphans < ARRAY_LEN(r->orphans))
		r->orphans[r->n_orphans++] = (struct redis_orphan){ *key, began };
}

/* By the process, where the rest of the token is not known: a lease that another loop of it has got since ends as well,
 * and then somebody asks who need not have. */
void redis_orphans_release(struct redis *r)
{
	char token[REDIS_TOKEN_BYTES];
	struct redis_keys keys;

	while (r->n_orphans > 0 && redis_ready_for(r, WORDS_BYTES)) {
		const struct redis_orphan *orphan = &r->orphans[--r->n_orphans];

		if (orphan->began)
			redis_token_make(r, orphan->began, token);
		else
			snprintf(token, sizeof(token), "%s", r->home->process);
		redis_keys_make(&keys, name_key_tenant(&orphan->key), &orphan->key);
		REDIS_SEND(r, REDIS_RELEASE, STR("EVALSHA"), str_of(r->sha[SCRIPT_RELEASE]), STR("1"),
			   str_of(keys.lease), str_of(token));
	}
}
