/* name.h - texts of keys and names, for the files of cache/ only. No state; safe from any thread. */
#ifndef CACHE_NAME_H
#define CACHE_NAME_H

#include "cache/cache.h"

enum { NAME_BYTES = 12, NAME_CHARS = 16, TENANT_MOST = 64 };

/* A tenant's name as it is, or "~" and its hash when it is too long or holds anything a key should not. */
void name_tenant(struct str tenant, char out[TENANT_MOST + 1]) NONNULL(2);
/* Begin a hash keyed by a salt of any length. */
void name_hash_begin(struct digest *d, struct str salt) NONNULL(1);
/* The first bytes of a hash as text, without padding; `out` takes the text and a NUL. */
void name_text(const unsigned char *bytes, size_t n, char *out, size_t out_n) NONNULL(1, 3);
/* Are they the same? */
bool name_same(const struct cache_name *a, const struct cache_name *b) NONNULL(1, 2);
/* The tenant in a key. */
struct str name_key_tenant(const struct cache_key *key) NONNULL(1);
/* What follows "fed2:c:{TENANT:" in a key. */
struct str name_key_rest(const struct cache_key *key) NONNULL(1);

#endif
