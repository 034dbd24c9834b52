#include "federator/access/tokens.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"

enum { WAYS = 4, SETS = TOKENS_MOST / WAYS };

struct slot {
	unsigned char hash[DIGEST_SIP128_BYTES];
	uint64_t epoch, used; /* `used`: the tick of the last look-up; 0: empty */
	int64_t until_s;
	struct caller caller;
};

struct tokens {
	pthread_mutex_t lock;
	uint64_t tick;
	struct slot slots[TOKENS_MOST];
};

struct tokens *tokens_new(void)
{
	struct tokens *t = memory_new(sizeof(*t));

	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void tokens_free(struct tokens **tp)
{
	struct tokens *t = *tp;

	if (!t)
		return;
	explicit_bzero(t->slots, sizeof(t->slots));
	pthread_mutex_destroy(&t->lock);
	free(t);
	*tp = NULL;
}

static struct slot *set_of(struct tokens *t, const unsigned char hash[DIGEST_SIP128_BYTES])
{
	uint32_t at;

	memcpy(&at, hash, sizeof(at));
	return &t->slots[at % SETS * WAYS];
}

/* The slot of the token, or NULL. */
static struct slot *slot_of(struct slot *set, const unsigned char hash[DIGEST_SIP128_BYTES])
{
	for (size_t i = 0; i < WAYS; i++)
		if (set[i].used && memcmp(set[i].hash, hash, DIGEST_SIP128_BYTES) == 0)
			return &set[i];
	return NULL;
}

/* Its own, else an empty one, else the one that was not asked for longest. */
static struct slot *slot_for(struct slot *set, const unsigned char hash[DIGEST_SIP128_BYTES])
{
	struct slot *known = slot_of(set, hash), *oldest = set;

	for (size_t i = 1; i < WAYS; i++)
		if (set[i].used < oldest->used)
			oldest = &set[i];
	return known ? known : oldest;
}

bool tokens_find(struct tokens *t, struct str token, uint64_t epoch, int64_t now_s, struct caller *caller_out,
		 int64_t *until_out)
{
	unsigned char hash[DIGEST_SIP128_BYTES];
	struct slot *slot;
	bool found;

	digest_sip128(token, hash);
	pthread_mutex_lock(&t->lock);
	slot = slot_of(set_of(t, hash), hash);
	found = slot && slot->epoch == epoch && now_s < slot->until_s;
	if (found) {
		slot->used = ++t->tick;
		*caller_out = slot->caller;
		*until_out = slot->until_s;
	}
	pthread_mutex_unlock(&t->lock);
	return found;
}

void tokens_keep(struct tokens *t, struct str token, uint64_t epoch, int64_t until_s, const struct caller *caller)
{
	unsigned char hash[DIGEST_SIP128_BYTES];
	struct slot *slot;

	digest_sip128(token, hash);
	pthread_mutex_lock(&t->lock);
	slot = slot_for(set_of(t, hash), hash);
	*slot = (struct slot){ .epoch = epoch, .used = ++t->tick, .until_s = until_s, .caller = *caller };
	memcpy(slot->hash, hash, sizeof(hash));
	pthread_mutex_unlock(&t->lock);
}
