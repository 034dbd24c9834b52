/* minter.h - who signs tokens in tests: one key of each kind that is taken, made anew by each program. One thread. */
#ifndef TESTS_FEDERATOR_MINTER_H
#define TESTS_FEDERATOR_MINTER_H

#include <gnutls/abstract.h>

#include "base/arena.h"

enum minted { MINT_ES256, MINT_RS256, MINT_EDDSA, MINT_KINDS };

struct minter {
	struct arena *mem;
	gnutls_privkey_t keys[MINT_KINDS];
};

/* Make the keys. Ended with minter_end(). */
void minter_begin(struct minter *m) NONNULL(1);
/* See above. */
void minter_end(struct minter *m) NONNULL(1);
/* The public key as a JWK with this kid; NULL: with none. `more` are members behind it, such as `,"use":"sig"`. */
struct str minter_jwk(const struct minter *m, enum minted kind, const char *kid, const char *more) NONNULL(1, 4);
/* The set of all three, with the kids es, rs and ed. */
struct str minter_jwks(const struct minter *m) NONNULL(1);
/* A token of this header and these claims, signed by the key of that kind whatever they say. */
struct str minter_token(const struct minter *m, enum minted kind, const char *header, const char *claims)
	NONNULL(1, 3, 4);
/* The same with another signature. */
struct str minter_token_with(const struct minter *m, const char *header, const char *claims, struct str signature)
	NONNULL(1, 2, 3);
/* The signature over bytes: of ES256 as JWS wants it, or with `der` as X.509 does. */
struct str minter_sign(const struct minter *m, enum minted kind, struct str text, bool der) NONNULL(1);
/* base64url of a text. */
struct str minter_base64(const struct minter *m, struct str bytes) NONNULL(1);

#endif
