/* jwks.h - the public keys that tokens are signed with: a JSON Web Key Set (RFC 7517) from a file; nothing it names is
 * ever fetched. Made once, then read from any thread. */
#ifndef FEDERATOR_ACCESS_JWKS_H
#define FEDERATOR_ACCESS_JWKS_H

#include <gnutls/abstract.h>

#include "base/arena.h"
#include "base/err.h"

enum { JWKS_BYTES_MOST = 256 * 1024, JWKS_KEYS_MOST = 64 };

/* A kind of signature; each goes with one kind of key. */
struct jws_alg {
	const char *name; /* "ES256" */
	gnutls_sign_algorithm_t sign;
	gnutls_pk_algorithm_t pk;
	size_t rs_bytes; /* of each half of the signature; 0: it is one piece */
};

struct jwk {
	struct str kid; /* the NULL view: none */
	const struct jws_alg *alg;
	gnutls_pubkey_t key;
};

struct jwks {
	struct jwk *of;
	size_t n;
};

/* The kind of signature of that name, among ES256, RS256 and EdDSA (Ed25519); NULL: no other is taken. */
const struct jws_alg *jws_alg_named(struct str name) MUST_CHECK;
/* Read a set; texts live in `mem` or point into `text`. Keys for other signatures or for encryption are passed over, as
 * RFC 7517 wants. ERR_CONFIG names `where`: it is no such set, holds a secret or private key, a key that is broken or
 * weak (RSA under 2048 bits), two with one kid, two of which one has none, or none that can be used. The caller ends
 * the result with jwks_free(). */
bool jwks_parse(struct str text, const char *where, struct arena *mem, struct jwks *out, struct err *err) MUST_CHECK
	NONNULL(2, 3, 4, 5);
/* Free the keys. Harmless for a zeroed one. */
void jwks_free(struct jwks *set) NONNULL(1);
/* The key for a token's kid (the NULL view: it has none, which does when there is one key only) and kind of signature,
 * or NULL. */
const struct jwk *jwks_find(const struct jwks *set, struct str kid, const struct jws_alg *alg) MUST_CHECK NONNULL(1, 3);
/* Is `signature` that of the key over `text`? */
bool jwk_verify(const struct jwk *key, struct str text, struct str signature) MUST_CHECK NONNULL(1);

#endif
