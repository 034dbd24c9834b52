#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cache/cache_driver.h"
#include "cache/entry.h"

enum { BUCKETS_LEAST = 1024 };
static const uint64_t ttl_most_ms = UINT64_C(3652) * 24 * 3600 * 1000; /* ten years */

/* One copy: encoded, as in Redis, so that a slip here is noticed by the same checks. */
struct node {
	struct node *chain; /* next in its bucket */
	struct node *newer, *older; /* by last use */
	uint64_t expires_us;
	struct cache_key key;
	size_t n;
	char bytes[];
};

struct memory_store {
	pthread_mutex_t lock; /* over everything below */
	struct node **buckets;
	size_t n_buckets; /* a power of two */
	struct node *newest, *oldest;
	size_t max_bytes, bytes, entries;
};

struct memory {
	struct cache base;
	struct memory_store *store;
};

struct memory_store *memory_store_new(size_t max_bytes)
{
	struct memory_store *store = memory_new(sizeof(*store));

	if (pthread_mutex_init(&store->lock, NULL) != 0)
		abort();
	store->max_bytes = max_bytes;
	store->n_buckets = BUCKETS_LEAST;
	store->buckets = memory_new_array(store->n_buckets, sizeof(struct node *));
	return store;
}

static size_t cost(size_t n)
{
	return sizeof(struct node) + n + sizeof(struct node *);
}

static struct node **bucket_of(struct memory_store *store, const struct cache_key *key)
{
	return &store->buckets[digest_sip(str_of(key->text)) & (store->n_buckets - 1)];
}

/* The link that points to the key's node, or the NULL link at the end of its chain. */
static struct node **link_of(struct memory_store *store, const struct cache_key *key)
{
	struct node **link = bucket_of(store, key);

	while (*link && strcmp((*link)->key.text, key->text) != 0)
		link = &(*link)->chain;
	return link;
}

static void unlist(struct memory_store *store, struct node *node)
{
	*(node->newer ? &node->newer->older : &store->newest) = node->older;
	*(node->older ? &node->older->newer : &store->oldest) = node->newer;
}

static void list_newest(struct memory_store *store, struct node *node)
{
	node->newer = NULL;
	node->older = store->newest;
	*(store->newest ? &store->newest->newer : &store->oldest) = node;
	store->newest = node;
}

static void free_node(struct node *node)
{
	explicit_bzero(node, sizeof(*node) + node->n);
	free(node);
}

static void forget(struct memory_store *store, struct node **link)
{
	struct node *node = *link;

	*link = node->chain;
	unlist(store, node);
	store->bytes -= cost(node->n);
	store->entries--;
	free_node(node);
}

static void grow(struct memory_store *store)
{
	struct node **old = store->buckets;
	size_t n = store->n_buckets;

	if (store->entries < n)
		return;
	store->n_buckets = 2 * n;
	store->buckets = memory_new_array(store->n_buckets, sizeof(struct node *));
	for (size_t i = 0; i < n; i++)
		for (struct node *node = old[i], *next; node; node = next) {
			struct node **bucket = bucket_of(store, &node->key);

			next = node->chain;
			node->chain = *bucket;
			*bucket = node;
		}
	free(old);
}

void memory_store_free(struct memory_store **store)
{
	if (!*store)
		return;
	for (struct node *node = (*store)->newest, *older; node; node = older) {
		older = node->older;
		free_node(node);
	}
	pthread_mutex_destroy(&(*store)->lock);
	free((*store)->buckets);
	free(*store);
	*store = NULL;
}

/* Under the lock. False: no copy, or a bad one (*bad), which is gone now. */
static bool look_up(struct memory_store *store, struct cache_ask *ask, struct cache_hit *hit, bool *bad)
{
	struct node **link = link_of(store, &ask->key), *node = *link;

	if (!node)
		return false;
	if (clock_mono_us() >= node->expires_us) {
		forget(store, link);
		return false;
	}
	if (!entry_decode((struct str){ node->bytes, node->n }, &ask->key, ask->mem, hit)) {
		*bad = true;
		forget(store, link);
		return false;
	}
	unlist(store, node);
	list_newest(store, node);
	return true;
}

static void memory_get(struct cache *c, struct cache_ask *ask)
{
	struct memory_store *store = ((struct memory *)c)->store;
	struct cache_hit hit = { 0 };
	bool bad = false;

	pthread_mutex_lock(&store->lock);
	look_up(store, ask, &hit, &bad);
	pthread_mutex_unlock(&store->lock);
	cache_add(&c->count.bad_values, bad);
	cache_found(c, ask, hit);
}

/* Under the lock. */
static void insert(struct memory_store *store, struct node *node)
{
	struct node **link = link_of(store, &node->key);

	if (*link)
		forget(store, link);
	while (store->bytes + cost(node->n) > store->max_bytes)
		forget(store, link_of(store, &store->oldest->key));
	grow(store);
	link = bucket_of(store, &node->key);
	node->chain = *link;
	*link = node;
	list_newest(store, node);
	store->bytes += cost(node->n);
	store->entries++;
}

static void memory_put(struct cache *c, const struct cache_key *key, struct str bytes, uint64_t ttl_ms)
{
	struct memory_store *store = ((struct memory *)c)->store;
	struct node *node;

	node = cost(bytes.n) <= store->max_bytes ? memory_try(sizeof(*node) + bytes.n) : NULL;
	if (!node) {
		cache_add(&c->count.put_failures, 1);
		return;
	}
	*node = (struct node){
		.key = *key,
		.n = bytes.n,
		.expires_us = clock_mono_us() + 1000 * (ttl_ms < ttl_most_ms ? ttl_ms : ttl_most_ms),
	};
	memcpy(node->bytes, bytes.p, bytes.n);
	pthread_mutex_lock(&store->lock);
	insert(store, node);
	pthread_mutex_unlock(&store->lock);
	cache_add(&c->count.puts, 1);
}

static void memory_drop(struct cache *c, const struct cache_key *key)
{
	struct memory_store *store = ((struct memory *)c)->store;
	struct node **link;

	pthread_mutex_lock(&store->lock);
	link = link_of(store, key);
	if (*link)
		forget(store, link);
	pthread_mutex_unlock(&store->lock);
}

static void memory_state(struct cache *c, struct cache_state *out)
{
	struct memory_store *store = ((struct memory *)c)->store;

	pthread_mutex_lock(&store->lock);
	out->up = true;
	out->entries = store->entries;
	out->bytes = store->bytes;
	pthread_mutex_unlock(&store->lock);
}

static void memory_free(struct cache *c)
{
	free(c);
}

struct cache *cache_on_memory(struct memory_store *store)
{
	static const struct cache_driver driver = { "memory",	 memory_get,   memory_put,
						    memory_drop, memory_state, memory_free };
	struct memory *m = memory_new(sizeof(*m));

	m->base.driver = &driver;
	m->store = store;
	return &m->base;
}
