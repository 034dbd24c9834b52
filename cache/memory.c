#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cache/cache_driver.h"
#include "cache/entry.h"
#include "cache/home.h"
#include "cache/memory_store.h"

static const uint64_t ttl_most_ms = UINT64_C(3652) * 24 * 3600 * 1000; /* ten years */

struct memory {
	struct cache base;
	struct memory_store *store;
};

static size_t cost(const struct node *node)
{
	return sizeof(*node) + node->n + sizeof(struct node *) +
	       (node->n_links + node->n_given) * (sizeof(struct name_link) + sizeof(struct name_link *));
}

static struct node *node_of(struct resident *resident)
{
	return CONTAINER_OF(resident, struct node, as_resident);
}

static uint64_t hash_of(const struct cache_key *key)
{
	return digest_sip(str_of(key->text));
}

/* The link that points to the key's node, or the NULL link at the end of its chain. */
static struct node **link_of(struct memory_store *store, const struct cache_key *key)
{
	struct node **link = &store->buckets[hash_of(key) & (store->n_buckets - 1)];

	while (*link && strcmp((*link)->key.text, key->text) != 0)
		link = &(*link)->chain;
	return link;
}

static void free_node(struct node *node)
{
	free(node->links);
	free(node->given);
	explicit_bzero(node, sizeof(*node) + node->n);
	free(node);
}

static _Atomic uint64_t *count_of(struct memory_store *store, uint32_t slot)
{
	return &store->counts[slot % MEMORY_COUNTS];
}

static uint32_t slot_of(const struct cache_key *key)
{
	return (uint32_t)hash_of(key) % MEMORY_COUNTS;
}

/* Pins of the key, and of those that share its counter, hold no more. */
static void unpin(struct memory_store *store, const struct cache_key *key)
{
	atomic_fetch_add(count_of(store, slot_of(key)), 1);
}

/* Of one that is no resident any more. Its pins break also when it only makes room: with its names gone, nobody would
 * know that a change was about it. */
static void detach(struct memory_store *store, struct node **link)
{
	struct node *node = *link;

	unpin(store, &node->key);
	*link = node->chain;
	memory_names_remove(&store->names, node);
	free_node(node);
}

static void remove_at(struct memory_store *store, struct node **link)
{
	residents_remove(&store->residents, &(*link)->as_resident);
	detach(store, link);
}

/* Nothing that it says has changed: its time is over, or a newer one comes. */
static void forget(struct memory_store *store, struct node **link)
{
	memory_lapsed_add(&store->names.lapsed, *link);
	remove_at(store, link);
}

/* It makes room. */
static void gone(struct resident *resident, void *owner)
{
	struct memory_store *store = owner;
	struct node **link = link_of(store, &node_of(resident)->key);

	memory_lapsed_add(&store->names.lapsed, *link);
	detach(store, link);
}

struct memory_store *memory_store_new(size_t max_bytes, struct heard *heard)
{
	struct memory_store *store = memory_new(sizeof(*store));

	if (pthread_mutex_init(&store->lock, NULL) != 0)
		abort();
	store->heard = heard;
	store->n_buckets = residents_buckets(max_bytes);
	store->buckets = memory_new_array(store->n_buckets, sizeof(struct node *));
	residents_begin(&store->residents, max_bytes, store->n_buckets * sizeof(struct node *), gone, store);
	memory_names_begin(&store->names, max_bytes);
	return store;
}

static void free_list(struct resident *newest)
{
	for (struct resident *resident = newest, *older; resident; resident = older) {
		older = resident->older;
		free_node(node_of(resident));
	}
}

void memory_store_free(struct memory_store **store)
{
	if (!*store)
		return;
	for (size_t i = 0; i < SEGMENTS; i++)
		free_list((*store)->residents.lists[i].newest);
	residents_end(&(*store)->residents);
	memory_names_end(&(*store)->names);
	pthread_mutex_destroy(&(*store)->lock);
	free((*store)->buckets);
	free(*store);
	*store = NULL;
}

static struct cache_pin pin_of(struct memory_store *store, const struct cache_key *key)
{
	uint32_t slot = slot_of(key);

	return (struct cache_pin){ .slot = slot, .count = *count_of(store, slot), .epoch = store->epoch, .set = true };
}

/* Under the lock. NULL: no copy that may be given out, or a bad one (*bad); what was there is gone then. */
static struct node *take(struct memory_store *store, struct cache_ask *ask, uint64_t now_us, struct cache_hit *hit,
			 bool *bad)
{
	struct node **link = link_of(store, &ask->key), *node = *link;

	if (!node)
		return NULL;
	if (now_us < node->as_resident.expires_us && node->began > memory_names_floor(&store->names, &ask->wholes)) {
		if (entry_decode((struct str){ node->bytes, node->n }, ask->mem, hit))
			return node;
		*bad = true;
	}
	forget(store, link);
	return NULL;
}

/* Under the lock. */
static bool look_up(struct memory_store *store, struct cache_ask *ask, struct cache_hit *hit, bool *bad)
{
	uint64_t now_us = clock_mono_us();
	struct node *node = take(store, ask, now_us, hit, bad);

	residents_asked(&store->residents, hash_of(&ask->key), node ? &node->as_resident : NULL, now_us);
	if (node)
		hit->pin = pin_of(store, &ask->key);
	return node;
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

static void memory_begin(struct cache *c, struct cache_ask *ask)
{
	struct memory_store *store = ((struct memory *)c)->store;
	struct cache_hit hit = { 0 };
	struct node *node;
	bool bad = false;

	pthread_mutex_lock(&store->lock);
	node = ask->how == CACHE_PAST ? NULL : *link_of(store, &ask->key);
	if (!node || node->began <= ask->seen || !look_up(store, ask, &hit, &bad))
		ask->ticket = (struct cache_ticket){ .began = ++store->names.tick, .era = MEMORY_ERA };
	pthread_mutex_unlock(&store->lock);
	cache_add(&c->count.bad_values, bad);
	if (hit.rows)
		cache_found(c, ask, hit);
	else
		ask->found(ask, hit);
}

/* Under the lock. The node is the store's afterwards. False: nobody shall find it, it is gone. */
static bool insert(struct memory_store *store, struct node *node, const struct cache_wholes *wholes)
{
	struct node **link = link_of(store, &node->key);

	if ((*link && (*link)->began > node->began) || !memory_names_admit(&store->names, node, wholes)) {
		free_node(node);
		return false;
	}
	unpin(store, &node->key);
	if (*link)
		forget(store, link);
	link = &store->buckets[node->as_resident.hash & (store->n_buckets - 1)];
	node->chain = *link;
	*link = node;
	memory_names_add(&store->names, node);
	return residents_add(&store->residents, &node->as_resident);
}

/* NULL: it would never fit, or there is no memory. */
static struct node *new_node(const struct memory_store *store, const struct cache_fill *fill, struct str bytes)
{
	struct node *node = bytes.n <= SIZE_MAX / 4 ? memory_try(sizeof(*node) + bytes.n) : NULL;

	if (!node)
		return NULL;
	*node = (struct node){
		.key = *fill->key,
		.n = bytes.n,
		.began = fill->ticket.began,
	};
	memcpy(node->bytes, bytes.p, bytes.n);
	if (memory_names_copy(node, fill) && residents_fit(&store->residents, cost(node))) {
		node->as_resident.hash = hash_of(fill->key);
		node->as_resident.expires_us =
			clock_mono_us() + 1000 * (fill->ttl_ms < ttl_most_ms ? fill->ttl_ms : ttl_most_ms);
		node->as_resident.bytes = cost(node);
		return node;
	}
	free_node(node);
	return NULL;
}

static void memory_put(struct cache *c, const struct cache_fill *fill)
{
	struct memory_store *store = ((struct memory *)c)->store;
	SCOPED(buf_free) struct buf bytes = { 0 };
	struct node *node;
	bool kept = false;

	entry_encode(fill, &bytes);
	node = new_node(store, fill, buf_str(&bytes));
	pthread_mutex_lock(&store->lock);
	if (node)
		kept = insert(store, node, fill->wholes);
	else
		memory_lapsed_fill(&store->names.lapsed, fill);
	pthread_mutex_unlock(&store->lock);
	cache_add(kept ? &c->count.puts : &c->count.put_failures, 1);
}

/* Within a process nobody waits here for another. */
static void memory_release(struct cache *c, const struct cache_key *key, struct cache_ticket ticket)
{
	(void)c, (void)key, (void)ticket;
}

void memory_remove(struct memory_store *store, const struct cache_key *key)
{
	struct node **link = link_of(store, key);

	unpin(store, key);
	if (*link)
		remove_at(store, link);
}

static void memory_invalidate(struct cache *c, struct cache_change *change)
{
	struct memory_store *store = ((struct memory *)c)->store;

	pthread_mutex_lock(&store->lock);
	memory_void(store, change);
	pthread_mutex_unlock(&store->lock);
	change->done(change, &(const struct err){ 0 });
}

static bool memory_hold(struct cache *c, const struct cache_pin *pins, size_t n, uint64_t now_us)
{
	struct memory_store *store = ((struct memory *)c)->store;

	(void)now_us; /* nothing has to be heard of */
	for (size_t i = 0; i < n; i++)
		if (*count_of(store, pins[i].slot) != pins[i].count || store->epoch != pins[i].epoch)
			return false;
	return true;
}

static bool memory_lost(struct cache *c, const struct cache_pin *pin)
{
	return !memory_hold(c, pin, 1, 0);
}

static void memory_drop(struct cache *c, const struct cache_key *key)
{
	struct memory_store *store = ((struct memory *)c)->store;

	pthread_mutex_lock(&store->lock);
	memory_remove(store, key);
	pthread_mutex_unlock(&store->lock);
}

static void memory_state(struct cache *c, struct cache_state *out)
{
	struct memory_store *store = ((struct memory *)c)->store;

	pthread_mutex_lock(&store->lock);
	out->up = true;
	out->entries = store->residents.entries;
	for (size_t i = 0; i < SEGMENTS; i++)
		out->bytes += store->residents.lists[i].bytes;
	pthread_mutex_unlock(&store->lock);
}

static void memory_free(struct cache *c)
{
	free(c);
}

struct cache *cache_on_memory(struct cache_home *home)
{
	static const struct cache_driver driver = {
		.kind = "memory",
		.get = memory_get,
		.begin = memory_begin,
		.put = memory_put,
		.release = memory_release,
		.invalidate = memory_invalidate,
		.hold = memory_hold,
		.lost = memory_lost,
		.drop = memory_drop,
		.state = memory_state,
		.free = memory_free,
	};
	struct memory *m = memory_new(sizeof(*m));

	m->base.driver = &driver;
	m->base.heard = &home->heard;
	m->store = home->store;
	return &m->base;
}
