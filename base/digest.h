/* digest.h - hashes: keyed BLAKE2b for what leaves the process, SipHash for tables (libsodium).
 * Safe from any thread after digest_init(). */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/err.h"

#define DIGEST_BYTES 32u
#define DIGEST_SIP128_BYTES 16u
#define DIGEST_SIP_KEY_BYTES 16u

/* Once, in main(), before threads: initialises libsodium and the process's SipHash key. */
bool digest_init(struct err *err) MUST_CHECK NONNULL(1);

/* A running BLAKE2b-256. */
struct digest {
	_Alignas(64) unsigned char state[384];
};
/* Begin anew. `key` may be the NULL view (no key) or up to 64 bytes. */
void digest_begin(struct digest *d, struct str key) NONNULL(1);
/* Feed bytes as they are. */
void digest_add(struct digest *d, const void *bytes, size_t n) NONNULL(1);
/* Feed a view with its length and NULL-ness in front, so that ("ab","c") and ("a","bc") differ. */
void digest_add_str(struct digest *d, struct str s) NONNULL(1);
/* Finish; `out` takes DIGEST_BYTES. */
void digest_end(struct digest *d, unsigned char out[DIGEST_BYTES]) NONNULL(1, 2);
/* Lower-case hex of n bytes; `out` takes 2 * n + 1. */
void digest_hex(const unsigned char *bytes, size_t n, char *out) NONNULL(1, 3);
/* SipHash-2-4 under the process's random key: for hash tables only. */
uint64_t digest_sip(struct str s);
/* The same under a key of the caller's: for tables that several processes fill. */
uint64_t digest_sip_keyed(struct str s, const unsigned char key[DIGEST_SIP_KEY_BYTES]) NONNULL(2);
/* Under the process's key with 128 bits, which nobody who lacks the key makes meet: for keys of this process that stand
 * for a text. */
void digest_sip128(struct str s, unsigned char out[DIGEST_SIP128_BYTES]) NONNULL(2);

#endif
