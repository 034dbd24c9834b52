/* memory_store.h - the inside of the store in memory, for memory*.c; home.c makes one. */
#ifndef CACHE_MEMORY_STORE_H
#define CACHE_MEMORY_STORE_H

#include <pthread.h>

#include "cache/heard.h"
#include "cache/residents.h"

enum {
	MEMORY_COUNTS = 1 << 18, /* of changes, by key: so many that those of others seldom break a pin */
	MEMORY_TOMBS = 16384,
	MEMORY_FLOORS = 64,
	MEMORY_DEPTH_MOST = 3, /* of names given by what others gave */
	MEMORY_LAPSED_MOST = 8,
	MEMORY_ERA = 1, /* the store lasts as long as the process */
};

/* One copy: encoded, as in Redis, so that a slip here is noticed by the same checks. */
struct node {
	struct resident as_resident;
	struct node *chain; /* next in its bucket */
	uint64_t began; /* of its ticket */
	struct cache_key key;
	struct name_link *links; /* one for each name */
	size_t n_links;
	struct cache_name *given;
	size_t n_given;
	size_t n;
	char bytes[];
};

/* A copy under one of its names. Of those with the same name one is in the bucket, and the others hang on it: a name
 * may have many, and neither they nor those of other names are walked through. */
struct name_link {
	struct name_link *next; /* in its bucket, another name */
	struct name_link *before, *after; /* of the same name; before: NULL in the bucket */
	struct cache_name name;
	struct node *node;
};

/* What copies gave that are not there any more; of each name a few. */
struct lapsed {
	struct lapsed_pair {
		struct cache_name name, given; /* blank: free */
	} *pairs;
	size_t n_pairs; /* a power of two */
	bool lost; /* there was no place for one */
};

/* What copies are found by, and when that was voided last. */
struct names {
	struct name_link **buckets;
	size_t n_buckets; /* a power of two */
	uint64_t tick;
	uint64_t tombs[MEMORY_TOMBS]; /* by hash of the name; of several the last: a fill is refused too often */
	struct floor {
		struct cache_name name;
		uint64_t at;
	} floors[MEMORY_FLOORS];
	size_t n_floors;
	uint64_t all; /* everything was voided last */
	struct lapsed lapsed;
};

struct memory_store {
	pthread_mutex_t lock; /* over everything below, but the counts */
	struct node **buckets;
	size_t n_buckets; /* a power of two */
	struct residents residents; /* who stays when it is full */
	struct names names;
	struct heard *heard; /* the home's */
	_Atomic uint64_t epoch; /* read on any thread, as the counts; they go up when what was read holds no more */
	_Atomic uint64_t counts[MEMORY_COUNTS];
};

/* A bounded store, which tells `heard` of what is voided; the caller owns it and ends it after all caches on it. */
struct memory_store *memory_store_new(size_t max_bytes, struct heard *heard) NONNULL(2)
	__attribute__((returns_nonnull));
/* Wipe and free; sets *store to NULL. */
void memory_store_free(struct memory_store **store) NONNULL(1);

/* Under the store's lock: the copy goes, and pins of it break. */
void memory_remove(struct memory_store *store, const struct cache_key *key) NONNULL(1, 2);

/* memory_void.c; under the store's lock */

/* Void what the change says; sets change->removed. */
void memory_void(struct memory_store *store, struct cache_change *change) NONNULL(1, 2);

/* memory_names.c; all under the store's lock but the first two */

/* For a store of that size. */
void memory_names_begin(struct names *names, size_t max_bytes) NONNULL(1);
/* Free what it holds; no node is in it. */
void memory_names_end(struct names *names) NONNULL(1);
/* Give a new node the names of a fill; false: no memory. Any thread. */
bool memory_names_copy(struct node *node, const struct cache_fill *fill) MUST_CHECK NONNULL(1, 2);
/* May the node be kept: was none of its names, nor its part, voided since it began? */
bool memory_names_admit(const struct names *names, const struct node *node, const struct cache_wholes *wholes)
	MUST_CHECK NONNULL(1, 2, 3);
/* Find it by its names. */
void memory_names_add(struct names *names, struct node *node) NONNULL(1, 2);
/* And no more. */
void memory_names_remove(struct names *names, struct node *node) NONNULL(1, 2);
/* Any node with the name, or NULL. */
const struct node *memory_names_find(const struct names *names, const struct cache_name *name) NONNULL(1, 2);
/* The name is voided by the present tick. */
void memory_names_bury(struct names *names, const struct cache_name *name) NONNULL(1, 2);
/* A source, a part or everything is. */
void memory_names_raise(struct names *names, const struct cache_name *name) NONNULL(1, 2);
/* When everything, the source or the part was voided last; 0: never. */
uint64_t memory_names_floor(const struct names *names, const struct cache_wholes *wholes) NONNULL(1, 2);

/* memory_lapsed.c; all under the store's lock */

/* For so many pairs, a power of two. */
void memory_lapsed_begin(struct lapsed *lapsed, size_t n) NONNULL(1);
/* Free it. */
void memory_lapsed_end(struct lapsed *lapsed) NONNULL(1);
/* The node goes, though nothing it says has changed. */
void memory_lapsed_add(struct lapsed *lapsed, const struct node *node) NONNULL(1, 2);
/* What was to be kept does not fit. */
void memory_lapsed_fill(struct lapsed *lapsed, const struct cache_fill *fill) NONNULL(1, 2);
/* What copies with this name gave, which are not there any more; forgets it. Returns how many. */
size_t memory_lapsed_take(struct lapsed *lapsed, const struct cache_name *name,
			  struct cache_name given[MEMORY_LAPSED_MOST]) MUST_CHECK NONNULL(1, 2, 3);
/* Is it not known of all what they gave? Then everything must go; begins anew. */
bool memory_lapsed_all(struct lapsed *lapsed) MUST_CHECK NONNULL(1);

#endif
