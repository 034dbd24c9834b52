#include "cache/shelf.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/memory.h"
#include "cache/residents.h"

enum {
	STAMPS_BITS = 18, /* so many that changes of others seldom break a stamp */
	STAMPS = 1 << STAMPS_BITS,
	HEAP_HEADER = 8, /* glibc's, per block */
	HEAP_UNIT = 16,
};

struct node {
	struct resident as_resident;
	struct node *chain; /* next in its bucket */
	size_t n;
	uint32_t key_n;
	char text[]; /* the key, then n bytes */
};

struct shelf {
	pthread_mutex_t lock; /* over all but epoch and stamps, which are written under it and read without */
	struct node **buckets;
	size_t n_buckets; /* a power of two */
	struct residents residents;
	_Atomic uint64_t epoch;
	_Atomic uint64_t stamps[STAMPS];
};

/* ---- entries ---- */

static struct node *node_of(struct resident *resident)
{
	return CONTAINER_OF(resident, struct node, as_resident);
}

static size_t cost(size_t key_n, size_t n)
{
	size_t bytes = sizeof(struct node) + key_n + n + HEAP_HEADER;

	return (bytes + HEAP_UNIT - 1) / HEAP_UNIT * HEAP_UNIT;
}

static struct str key_of(const struct node *node)
{
	return (struct str){ node->text, node->key_n };
}

static struct str bytes_of(const struct node *node)
{
	return (struct str){ node->text + node->key_n, node->n };
}

/* The link that points to the key's node, or the NULL link at the end of its chain. */
static struct node **link_of(struct shelf *s, struct str key, uint64_t hash)
{
	struct node **link = &s->buckets[hash & (s->n_buckets - 1)];

	while (*link && ((*link)->as_resident.hash != hash || !str_eq(key_of(*link), key)))
		link = &(*link)->chain;
	return link;
}

static void free_node(struct node *node)
{
	explicit_bzero(node, sizeof(*node) + node->key_n + node->n);
	free(node);
}

/* A resident has to go. */
static void gone(struct resident *resident, void *owner)
{
	struct node *node = node_of(resident), **link = link_of(owner, key_of(node), resident->hash);

	*link = node->chain;
	free_node(node);
}

static void forget(struct shelf *s, struct node **link)
{
	struct node *node = *link;

	*link = node->chain;
	residents_remove(&s->residents, &node->as_resident);
	free_node(node);
}

static void free_list(struct resident *newest)
{
	for (struct resident *resident = newest, *older; resident; resident = older) {
		older = resident->older;
		free_node(node_of(resident));
	}
}

struct shelf *shelf_new(size_t max_bytes)
{
	struct shelf *s = memory_new(sizeof(*s));

	if (pthread_mutex_init(&s->lock, NULL) != 0)
		abort();
	s->n_buckets = residents_buckets(max_bytes);
	s->buckets = memory_new_array(s->n_buckets, sizeof(struct node *));
	residents_begin(&s->residents, max_bytes, s->n_buckets * sizeof(struct node *), gone, s);
	return s;
}

void shelf_free(struct shelf **s)
{
	if (!*s)
		return;
	for (size_t i = 0; i < SEGMENTS; i++)
		free_list((*s)->residents.lists[i].newest);
	pthread_mutex_destroy(&(*s)->lock);
	residents_end(&(*s)->residents);
	free((*s)->buckets);
	free(*s);
	*s = NULL;
}

/* ---- stamps ---- */

static struct shelf_stamp stamp_of(const struct shelf *s, uint64_t hash)
{
	uint32_t slot = (uint32_t)(hash >> (64 - STAMPS_BITS));

	return (struct shelf_stamp){
		.slot = slot,
		.count = atomic_load_explicit(&s->stamps[slot], memory_order_acquire),
		.epoch = atomic_load_explicit(&s->epoch, memory_order_acquire),
	};
}

static void break_stamps(struct shelf *s, uint64_t hash)
{
	atomic_fetch_add_explicit(&s->stamps[hash >> (64 - STAMPS_BITS)], 1, memory_order_release);
}

struct shelf_stamp shelf_stamp(const struct shelf *s, struct str key)
{
	return stamp_of(s, digest_sip(key));
}

bool shelf_stamp_holds(const struct shelf *s, const struct shelf_stamp *stamp)
{
	return atomic_load_explicit(&s->stamps[stamp->slot], memory_order_acquire) == stamp->count &&
	       atomic_load_explicit(&s->epoch, memory_order_acquire) == stamp->epoch;
}

/* ---- use ---- */

/* Under the lock. NULL: nothing, or it has expired. */
static struct node *look_up(struct shelf *s, struct node **link, uint64_t now_us)
{
	if (!*link || now_us < (*link)->as_resident.expires_us)
		return *link;
	forget(s, link);
	return NULL;
}

bool shelf_get(struct shelf *s, struct str key, uint64_t now_us,
	       void (*take)(void *arg, const struct shelf_item *item), void *arg)
{
	uint64_t hash = digest_sip(key);
	struct node *node;

	pthread_mutex_lock(&s->lock);
	node = look_up(s, link_of(s, key, hash), now_us);
	residents_asked(&s->residents, hash, node ? &node->as_resident : NULL, now_us);
	if (node)
		take(arg, &(struct shelf_item){ bytes_of(node), node->as_resident.expires_us, stamp_of(s, hash) });
	pthread_mutex_unlock(&s->lock);
	return node;
}

/* NULL: without memory, or it would never fit. */
static struct node *node_new(const struct shelf *s, struct str key, struct str bytes, uint64_t expires_us)
{
	size_t most = SIZE_MAX / 4;
	struct node *node;

	if (key.n > UINT32_MAX || bytes.n > most || !residents_fit(&s->residents, cost(key.n, bytes.n)))
		return NULL;
	node = memory_try(sizeof(*node) + key.n + bytes.n);
	if (!node)
		return NULL;
	*node = (struct node){
		.as_resident = { .hash = digest_sip(key), .expires_us = expires_us, .bytes = cost(key.n, bytes.n) },
		.n = bytes.n,
		.key_n = (uint32_t)key.n,
	};
	memcpy(node->text, key.p, key.n);
	if (bytes.n > 0)
		memcpy(node->text + key.n, bytes.p, bytes.n);
	return node;
}

/* Under the lock: the key's entry goes. Stamps of what is put again unchanged hold. */
static void make_way(struct shelf *s, struct str key, uint64_t hash, struct str bytes)
{
	struct node **link = link_of(s, key, hash);

	if (!*link)
		return;
	if (!str_eq(bytes_of(*link), (struct str){ bytes.n > 0 ? bytes.p : "", bytes.n }))
		break_stamps(s, hash);
	forget(s, link);
}

/* Under the lock. The node is the shelf's afterwards. False: it is gone again. */
static bool insert(struct shelf *s, struct node *node)
{
	struct node **bucket = &s->buckets[node->as_resident.hash & (s->n_buckets - 1)];

	node->chain = *bucket;
	*bucket = node;
	return residents_add(&s->residents, &node->as_resident);
}

bool shelf_put(struct shelf *s, struct str key, struct str bytes, uint64_t expires_us,
	       const struct shelf_stamp *stamp)
{
	struct node *node = node_new(s, key, bytes, expires_us);
	uint64_t hash = node ? node->as_resident.hash : digest_sip(key);
	bool kept = false;

	pthread_mutex_lock(&s->lock);
	if (!stamp || shelf_stamp_holds(s, stamp)) {
		make_way(s, key, hash, bytes);
		if (node) {
			kept = insert(s, node);
			node = NULL;
		}
	}
	pthread_mutex_unlock(&s->lock);
	if (node)
		free_node(node);
	return kept;
}

void shelf_drop(struct shelf *s, struct str key)
{
	uint64_t hash = digest_sip(key);
	struct node **link;

	pthread_mutex_lock(&s->lock);
	break_stamps(s, hash);
	link = link_of(s, key, hash);
	if (*link)
		forget(s, link);
	pthread_mutex_unlock(&s->lock);
}

void shelf_flush(struct shelf *s)
{
	struct resident *all[SEGMENTS];

	pthread_mutex_lock(&s->lock);
	atomic_fetch_add_explicit(&s->epoch, 1, memory_order_release);
	for (size_t i = 0; i < SEGMENTS; i++)
		all[i] = s->residents.lists[i].newest;
	residents_forget_all(&s->residents);
	memset(s->buckets, 0, s->n_buckets * sizeof(struct node *));
	pthread_mutex_unlock(&s->lock);
	for (size_t i = 0; i < SEGMENTS; i++)
		free_list(all[i]);
}

struct shelf_state shelf_state(struct shelf *s)
{
	struct shelf_state state;

	pthread_mutex_lock(&s->lock);
	state = (struct shelf_state){
		.entries = s->residents.entries,
		.bytes = s->n_buckets * sizeof(struct node *) + residents_bytes(&s->residents),
		.displaced = s->residents.displaced,
		.refused = s->residents.refused,
	};
	pthread_mutex_unlock(&s->lock);
	return state;
}
