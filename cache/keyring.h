/* keyring.h - the keys that values in Redis are sealed with: one seals, all open. Made once, then read from any
 * thread. */
#ifndef CACHE_KEYRING_H
#define CACHE_KEYRING_H

#include "base/err.h"

enum { KEYRING_KEY_BYTES = 32 };

struct keyring; /* opaque */

/* A ring of the one key, which has the number 0. The caller owns it: end it with keyring_free(). */
struct keyring *keyring_of(const unsigned char key[KEYRING_KEY_BYTES]) NONNULL(1) __attribute__((returns_nonnull));
/* Read a ring: lines of a number (1 to 4294967295), blanks and 64 hexadecimal digits. The first line's key seals.
 * Empty lines and those that begin with # are nothing. NULL with ERR_CONFIG, which names `where` and the line, and
 * never holds any of it. The caller owns the result. */
struct keyring *keyring_parse(struct str text, const char *where, struct err *err) MUST_CHECK NONNULL(2, 3);
/* Wipe and free. Accepts NULL inside; sets *ring to NULL. */
void keyring_free(struct keyring **ring) NONNULL(1);

/* The key that seals, and its number. */
const unsigned char *keyring_first(const struct keyring *ring, uint32_t *number_out) NONNULL(1, 2)
	__attribute__((returns_nonnull));
/* The key with this number, or NULL. */
const unsigned char *keyring_find(const struct keyring *ring, uint32_t number) NONNULL(1) MUST_CHECK;

#endif
