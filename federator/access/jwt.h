/* jwt.h - signed tokens: a JSON Web Token (RFC 7519) in the compact form of a JSON Web Signature (RFC 7515), read by
 * the rules of RFC 8725. Safe from any thread. */
#ifndef FEDERATOR_ACCESS_JWT_H
#define FEDERATOR_ACCESS_JWT_H

#include "federator/access/caller.h"
#include "federator/access/jwks.h"

enum {
	JWT_BYTES_MOST = 8192,
	JWT_LEEWAY_S = 60, /* clocks differ */
};

/* Which tokens are for us. */
struct jwt_rules {
	struct str issuer, audience;
	int64_t now_s; /* since 1970 */
};

struct jwt {
	struct str tenant, client, agent, role;
	unsigned may; /* those that are known here; others are for somebody else */
	int64_t until_s; /* from then on it is no good: its exp, with the leeway */
};

/* Has it the shape of a token, three texts with dots between them? */
bool jwt_is_token(struct str text);
/* Verify a token and read its claims, which live in `mem` or point into the token. False, without a reason: it is
 * malformed in any way, not signed by a key of the set with the kind of signature that the key is for, not from the
 * issuer, not for the audience, over, not begun, or does not say for which tenant, who (`sub`), by which program
 * (`azp`, else `client_id`) and in which role. */
bool jwt_verify(const struct jwks *keys, struct str token, const struct jwt_rules *rules, struct arena *mem,
		struct jwt *out) MUST_CHECK NONNULL(1, 3, 4, 5);

#endif
