/* tokens.h - tokens that were found good a moment ago: to verify a signature takes as long as a hundred answers. What
 * is kept is a keyed hash of each, and who it is. Safe from any thread. */
#ifndef FEDERATOR_ACCESS_TOKENS_H
#define FEDERATOR_ACCESS_TOKENS_H

#include "base/digest.h"
#include "federator/access/caller.h"

enum { TOKENS_MOST = 4096 };

struct tokens; /* opaque */

/* A table of up to TOKENS_MOST. The caller owns it: end with tokens_free(). */
struct tokens *tokens_new(void) __attribute__((returns_nonnull));
/* Wipe and free. Accepts NULL inside; sets *t to NULL. */
void tokens_free(struct tokens **t) NONNULL(1);
/* Whose is the token? The second since 1970 from which on it is no good goes to *until_out. False: it is not known in
 * this epoch, or was good before `now_s` only. */
bool tokens_find(struct tokens *t, struct str token, uint64_t epoch, int64_t now_s, struct caller *caller_out,
		 int64_t *until_out) MUST_CHECK NONNULL(1, 5, 6);
/* It is this caller's until then, in this epoch. Takes the place of one that was not asked for longest. */
void tokens_keep(struct tokens *t, struct str token, uint64_t epoch, int64_t until_s, const struct caller *caller)
	NONNULL(1, 5);

#endif
