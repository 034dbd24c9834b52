/* access.h - who may speak to the service: keys, tokens and certificates, read again within a second of a change. What
 * cannot be read changes nothing. Safe from any thread, but for beginning and end. */
#ifndef FEDERATOR_ACCESS_ACCESS_H
#define FEDERATOR_ACCESS_ACCESS_H

#include "federator/access/caller.h"
#include "federator/access/keyfile.h"
#include "federator/tenancy.h"

struct access; /* opaque */

/* What a request brought along. The NULL view: nothing. */
struct credential {
	struct str authorization; /* value of the header */
	struct str api_key;       /* of X-API-Key */
	struct str certificate;   /* name of the TLS client, proven */
	struct str agent;         /* of X-Agent */
	bool twice; /* one of the headers came more than once */
};

enum access_answer {
	ACCESS_GIVEN,
	ACCESS_NOBODY,  /* no credential */
	ACCESS_REFUSED, /* one that is no good */
	ACCESS_UNCLEAR, /* several, or a header twice: RFC 6750 calls it invalid_request */
	ACCESS_AGENT,   /* X-Agent is no name, or somebody else than the token's subject */
};
enum { ACCESS_ANSWERS = ACCESS_AGENT + 1 };

/* For how long what was found out about a caller holds, without the credential itself. */
struct access_pass {
	uint64_t epoch;
	int64_t until_s; /* since 1970; INT64_MAX: for ever */
	char key_id[KEY_ID_CHARS + 1]; /* of the key file; "": not by that */
};

/* Begin with --keys, --jwks and so on. ERR_CONFIG: one of the files is no good, or an option is missing beside
 * another, or there are many tenants and nothing that tells them apart. Options and tenants must live as long. The
 * caller owns the result: end with access_close(). */
struct access *access_open(const struct options *opt, const struct tenancy *tenants, struct err *err) MUST_CHECK
	NONNULL(1, 2, 3);
/* End the thread that looks for changes, wipe and free. Accepts NULL inside; sets *a to NULL. */
void access_close(struct access **a) NONNULL(1);
/* Is anything configured that proves who asks? Else each caller is PROOF_NONE and what the options say. */
bool access_is_guarded(const struct access *a) NONNULL(1);

/* Read what has changed now, not within half a second. */
void access_reread(struct access *a) NONNULL(1);

/* Who asks? Only ACCESS_GIVEN sets the outputs. `now_s`: since 1970; `mem` for what is needed meanwhile. */
enum access_answer access_identify(struct access *a, const struct credential *c, int64_t now_s, struct arena *mem,
				   struct caller *caller_out, struct access_pass *pass_out)
	MUST_CHECK NONNULL(1, 2, 4, 5, 6);
/* The same by the proven name of a TLS client alone; false: no key in force has it. */
bool access_by_certificate(struct access *a, struct str name, int64_t now_s, struct caller *caller_out,
			   struct access_pass *pass_out) MUST_CHECK NONNULL(1, 4, 5);
/* Does it still hold, word for word? False after any change of keys: then ask again. Takes no lock. */
bool access_is_same(const struct access *a, const struct access_pass *pass, int64_t now_s) MUST_CHECK NONNULL(1, 2);
/* Does it still hold for a caller who stays, as they were? A change of other keys does no harm; one of the keys for
 * tokens does, as which one it was is not known any more: then ask again. */
bool access_holds(struct access *a, struct access_pass *pass, const struct caller *caller, int64_t now_s) MUST_CHECK
	NONNULL(1, 2, 3);

#endif
