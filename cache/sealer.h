/* sealer.h - entries as they leave the process: packed when it pays, then sealed with XChaCha20-Poly1305 (libsodium),
 * so that who reads or writes the store can neither see customers nor show us a value of another key, another moment or
 * of their own. A sealer is of one thread at a time. */
#ifndef CACHE_SEALER_H
#define CACHE_SEALER_H

#include "base/buf.h"
#include "cache/keyring.h"

struct words; /* words.h */

/* The first `clear` bytes of an entry stay in the clear at their place, all but the magic, as scripts read them; they
 * cannot be changed either. At least SEALER_MAGIC, at most SEALER_CLEAR_MOST. */
enum { SEALER_MAGIC = 4, SEALER_CLEAR_MOST = 4096 };

struct sealer; /* opaque */

/* The ring and the words, which may be NULL, must live longer. The caller owns the sealer: end it with
 * sealer_free(). */
struct sealer *sealer_new(const struct keyring *ring, struct words *words) NONNULL(1) __attribute__((returns_nonnull));
/* Free; sets *s to NULL. Accepts NULL inside. */
void sealer_free(struct sealer **s) NONNULL(1);
/* Append the sealed entry to `out`: for this key of the store only. It is kept until then (wall clock). */
void sealer_seal(struct sealer *s, struct str key, struct str entry, size_t clear, int64_t ends_ms, struct buf *out)
	NONNULL(1, 6);
/* Append the entry to `out`. False: nothing that was sealed for this key with a key of the ring, or its book is not
 * known; `out` is as before. */
bool sealer_open(struct sealer *s, struct str key, struct str sealed, size_t clear, struct buf *out) MUST_CHECK
	NONNULL(1, 5);
/* The number of the book that the last sealer_open() wanted in vain; 0: none. */
uint32_t sealer_lacks(const struct sealer *s) NONNULL(1) MUST_CHECK;

#endif
