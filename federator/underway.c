#include "federator/underway.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"

enum { BUCKETS = 256 };

struct underway {
	pthread_mutex_t lock;
	struct bucket {
		struct underway_entry *first; /* the youngest */
		uint64_t stored;
	} buckets[BUCKETS];
};

struct underway *underway_new(void)
{
	struct underway *u = memory_new(sizeof(*u));

	pthread_mutex_init(&u->lock, NULL);
	return u;
}

void underway_free(struct underway **u)
{
	if (!*u)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		assert((*u)->buckets[i].first == NULL);
	pthread_mutex_destroy(&(*u)->lock);
	free(*u);
	*u = NULL;
}

void underway_lock(struct underway *u)
{
	pthread_mutex_lock(&u->lock);
}

void underway_unlock(struct underway *u)
{
	pthread_mutex_unlock(&u->lock);
}

static bool same(const struct underway_entry *e, const void *part, const struct cache_key *key)
{
	return e->part == part && strcmp(e->key.text, key->text) == 0;
}

static struct bucket *bucket_of(struct underway *u, const struct cache_key *key)
{
	return &u->buckets[digest_sip(str_of(key->text)) % BUCKETS];
}

struct underway_entry *underway_find(struct underway *u, const void *part, const struct cache_key *key)
{
	struct underway_entry *e = bucket_of(u, key)->first;

	while (e && !same(e, part, key))
		e = e->next;
	return e;
}

void underway_add(struct underway *u, struct underway_entry *e)
{
	struct bucket *bucket = bucket_of(u, &e->key);

	e->next = bucket->first;
	bucket->first = e;
}

void underway_landed(struct underway_entry *e)
{
	for (struct underway_entry *older = e->next; older; older = older->next)
		older->outdated = older->outdated || same(older, e->part, &e->key);
}

void underway_remove(struct underway *u, struct underway_entry *e, bool stored)
{
	struct bucket *bucket = bucket_of(u, &e->key);
	struct underway_entry **at = &bucket->first;

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	bucket->stored += stored;
}

uint64_t underway_stored(struct underway *u, const struct cache_key *key)
{
	return bucket_of(u, key)->stored;
}
