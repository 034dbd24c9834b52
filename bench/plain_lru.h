/* plain_lru.h - which keys a plain LRU of a given number of entries would hold: what admission policies are compared
 * with. Keys are small numbers. One thread at a time. */
#ifndef BENCH_PLAIN_LRU_H
#define BENCH_PLAIN_LRU_H

#include "base/base.h"

struct plain_lru; /* opaque */

/* Empty, for keys below n_keys. The caller owns it: end it with plain_lru_free(). */
struct plain_lru *plain_lru_new(size_t max_entries, size_t n_keys) __attribute__((returns_nonnull));
/* Free; sets *lru to NULL. */
void plain_lru_free(struct plain_lru **lru) NONNULL(1);
/* Ask for a key. True: it was there. Else it is now, and the least lately used may have gone for it. */
bool plain_lru_ask(struct plain_lru *lru, size_t key) NONNULL(1);

#endif
