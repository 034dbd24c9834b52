#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cache/cache_driver.h"
#include "cache/entry.h"
#include "cache/home.h"
#include "cache/memory_store.h"
#include "cache/stamp.h"

enum { BUCKETS_LEAST = 1024 };
static const uint64_t ttl_most_ms = UINT64_C(3652) * 24 * 3600 * 1000; /* ten years */

struct memory {
	struct cache base;
	struct memory_store *store;
};

struct memory_store *memory_store_new(size_t max_bytes, struct heard *heard)
{
	struct memory_store *store = memory_new(sizeof(*store));

	if (pthread_mutex_init(&store->lock, NULL) != 0)
		abort();
	store->max_bytes = max_bytes;
	store->heard = heard;
	store->n_buckets = BUCKETS_LEAST;
	store->buckets = memory_new_array(store->n_buckets, sizeof(struct node *));
	memory_names_begin(&store->names, max_bytes);
	return store;
}

static size_t cost(const struct node *node)
{
	return sizeof(*node) + node->n + sizeof(struct node *) +
	       (node->n_links + node->n_given) * (sizeof(struct name_link) + sizeof(struct name_link *));
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
	return (uint32_t)digest_sip(str_of(key->text)) % MEMORY_COUNTS;
}

/* Pins of the key, and of those that share its counter, hold no more. */
static void unpin(struct memory_store *store, const struct cache_key *key)
{
	atomic_fetch_add(count_of(store, slot_of(key)), 1);
}

/* Also of one that only makes room: with its names gone, nobody would know that a change was about it. */
static void remove_at(struct memory_store *store, struct node **link)
{
	struct node *node = *link;

	unpin(store, &node->key);
	*link = node->chain;
	unlist(store, node);
	memory_names_remove(&store->names, node);
	store->bytes -= cost(node);
	store->entries--;
	free_node(node);
}

/* Nothing that it says has changed: it makes room, or its time is over. */
static void forget(struct memory_store *store, struct node **link)
{
	memory_lapsed_add(&store->names.lapsed, *link);
	remove_at(store, link);
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
	if (node->began <= memory_names_floor(&store->names, &ask->wholes)) {
		forget(store, link);
		return false;
	}
	if (!entry_decode((struct str){ node->bytes, node->n }, ask->mem, hit)) {
		*bad = true;
		forget(store, link);
		return false;
	}
	unlist(store, node);
	list_newest(store, node);
	hit->pin = pin_of(store, &ask->key);
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

/* Under the lock. False: nobody shall find it. */
static bool insert(struct memory_store *store, struct node *node, const struct cache_wholes *wholes)
{
	struct node **link = link_of(store, &node->key);

	if ((*link && (*link)->began > node->began) || !memory_names_admit(&store->names, node, wholes))
		return false;
	unpin(store, &node->key);
	if (*link)
		forget(store, link);
	while (store->bytes + cost(node) > store->max_bytes)
		forget(store, link_of(store, &store->oldest->key));
	grow(store);
	link = bucket_of(store, &node->key);
	node->chain = *link;
	*link = node;
	list_newest(store, node);
	memory_names_add(&store->names, node);
	store->bytes += cost(node);
	store->entries++;
	return true;
}

/* NULL: no room. */
static struct node *new_node(const struct memory_store *store, const struct cache_fill *fill, struct str bytes)
{
	struct node *node = bytes.n <= store->max_bytes ? memory_try(sizeof(*node) + bytes.n) : NULL;

	if (!node)
		return NULL;
	*node = (struct node){
		.key = *fill->key,
		.n = bytes.n,
		.began = fill->ticket.began,
		.expires_us = clock_mono_us() + 1000 * (fill->ttl_ms < ttl_most_ms ? fill->ttl_ms : ttl_most_ms),
	};
	memcpy(node->bytes, bytes.p, bytes.n);
	if (memory_names_copy(node, fill) && cost(node) <= store->max_bytes)
		return node;
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
	if (node) {
		pthread_mutex_lock(&store->lock);
		kept = insert(store, node, fill->wholes);
		pthread_mutex_unlock(&store->lock);
	}
	if (node && !kept)
		free_node(node);
	cache_add(kept ? &c->count.puts : &c->count.put_failures, 1);
}

/* Within a process nobody waits here for another. */
static void memory_release(struct cache *c, const struct cache_key *key, struct cache_ticket ticket)
{
	(void)c, (void)key, (void)ticket;
}

static void remove_node(struct memory_store *store, const struct cache_key *key)
{
	struct node **link = link_of(store, key);

	unpin(store, key);
	if (*link)
		remove_at(store, link);
}

/* Under the lock: all that carries the name, and what was asked by what was given there. */
static uint64_t void_name(struct memory_store *store, const struct cache_name *name, unsigned depth)
{
	struct cache_name given[CACHE_NAMES_MOST];
	size_t lapsed = memory_lapsed_take(&store->names.lapsed, name, given);
	const struct node *node;
	uint64_t removed = 0;

	memory_names_bury(&store->names, name);
	heard_name(store->heard, name);
	for (size_t i = 0; i < lapsed && depth < MEMORY_DEPTH_MOST; i++)
		removed += void_name(store, &given[i], depth + 1);
	while ((node = memory_names_find(&store->names, name))) {
		size_t n = node->n_given;

		if (n)
			memcpy(given, node->given, n * sizeof(*given));
		remove_node(store, &node->key);
		removed++;
		for (size_t i = 0; i < n && depth < MEMORY_DEPTH_MOST; i++)
			removed += void_name(store, &given[i], depth + 1);
	}
	return removed;
}

static void void_whole(struct memory_store *store, const struct cache_name *name)
{
	memory_names_raise(&store->names, name);
	store->epoch++;
	heard_name(store->heard, name);
}

static void memory_invalidate(struct cache *c, struct cache_change *change)
{
	static const struct cache_name all = { STAMP_ALL };
	struct memory_store *store = ((struct memory *)c)->store;

	pthread_mutex_lock(&store->lock);
	store->names.tick++;
	if (change->whole)
		void_whole(store, &change->name);
	else
		change->removed = void_name(store, &change->name, 0);
	if (!change->whole && memory_lapsed_all(&store->names.lapsed))
		void_whole(store, &all);
	pthread_mutex_unlock(&store->lock);
	change->done(change, &(const struct err){ 0 });
}

static bool memory_hold(struct cache *c, const struct cache_pin *pins, size_t n)
{
	struct memory_store *store = ((struct memory *)c)->store;

	for (size_t i = 0; i < n; i++)
		if (*count_of(store, pins[i].slot) != pins[i].count || store->epoch != pins[i].epoch)
			return false;
	return true;
}

static bool memory_lost(struct cache *c, const struct cache_pin *pin)
{
	return !memory_hold(c, pin, 1);
}

static void memory_drop(struct cache *c, const struct cache_key *key)
{
	struct memory_store *store = ((struct memory *)c)->store;

	pthread_mutex_lock(&store->lock);
	remove_node(store, key);
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
