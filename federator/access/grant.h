/* grant.h - break-glass: for a time, and for a reason that is said, a caller sees privacy classes in the clear that a
 * policy masks or withholds. A grant is a sealed text that the caller sends along; nothing is kept of it
 * (docs/decisions/0043-unmask-and-contacts.md). No state; safe from any thread. */
#ifndef FEDERATOR_ACCESS_GRANT_H
#define FEDERATOR_ACCESS_GRANT_H

#include "federator/access/caller.h"
#include "federator/service.h"

/* Whose a grant is: it is another one's with any other text here. */
struct grantee {
	struct str tenant, client, agent, role, purpose;
};

/* What it grants. Texts without NUL. */
struct grant {
	struct str classes; /* with a blank between */
	struct str reason;
	struct str contact;   /* the only one it is for; empty: any, or none */
	int64_t given_ms, until_ms; /* wall clock */
};

/* The caller, for this purpose. */
struct grantee grantee_of(const struct caller *caller, struct str tenant, struct str purpose) NONNULL(1);
/* The text, of letters, digits and `.-_`, in `mem`. */
struct str grant_seal(const struct service *svc, const struct grantee *to, const struct grant *grant, struct arena *mem)
	NONNULL(1, 2, 3, 4);
/* The way back; texts of *out live in `mem`. False: it is none, it was given to another one, or its time is over. */
bool grant_open(const struct service *svc, const struct grantee *to, struct str text, int64_t now_ms, struct arena *mem,
		struct grant *out) MUST_CHECK NONNULL(1, 2, 5, 6);

#endif
