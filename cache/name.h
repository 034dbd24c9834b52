/* name.h - texts of keys and names, for the files of cache/ only. No state; safe from any thread. */
#ifndef CACHE_NAME_H
#define CACHE_NAME_H

#include "cache/cache.h"

enum { NAME_BYTES = 12, NAME_CHARS = 16, TENANT_MOST = 64 };

/* A tenant's name as it is, or "~" and its hash when it is too long or holds anything a key should not. */
void name_tenant(struct str tenant, char out[TENANT_MOST + 1]) NONNULL(2);
/* Begin a hash keyed by a salt of any length. */
void name_hash_begin(struct digest *d, struct str salt) NONNULL(1);
/* Are they the same? */
bool name_same(const struct cache_name *a, const struct cache_name *b) NONNULL(1, 2);
/* The tenant in a key. */
struct str name_key_tenant(const struct cache_key *key) NONNULL(1);
/* The key of the sheaf that the copy lies in: all up to and including "}". */
struct str name_key_sheaf(const struct cache_key *key) NONNULL(1);
/* The tag in a key: the name of the customer, or of what is asked. */
struct str name_key_tag(const struct cache_key *key) NONNULL(1);
/* Where in its sheaf the copy lies: a hash of its definition and of what is asked by. */
uint64_t name_key_place(const struct cache_key *key) NONNULL(1);
/* The bytes that a name's text stands for. */
void name_bytes(struct str text, unsigned char out[NAME_BYTES]) NONNULL(2);

#endif
