/* rings.h - the key file and the JWKS as they are now: a thread looks twice a second whether one of them has changed.
 * What cannot be read changes nothing but the log. Safe from any thread, but for beginning and end. */
#ifndef FEDERATOR_ACCESS_RINGS_H
#define FEDERATOR_ACCESS_RINGS_H

#include "federator/access/jwks.h"
#include "federator/access/keyfile.h"

enum ring_kind { RING_KEYS, RING_JWKS };
enum { RING_KINDS = RING_JWKS + 1 };

/* What was in one of the files. Immutable; it has owners. */
struct ring {
	struct arena *mem;
	struct keyfile keys; /* RING_KEYS */
	struct jwks jwks;    /* RING_JWKS */
	unsigned owners;     /* with __atomic */
};

struct rings; /* opaque */

/* Who wants to know what was read. */
struct rings_owner {
	/* Each key file, before it is in force: at the beginning, and on the thread that found the change. */
	void (*keys_read)(void *arg, const struct keyfile *keys);
	void *arg;
};

/* Read both files, "": there is none. ERR_CONFIG: one is no good. The paths must live as long. The caller owns the
 * result: end with rings_close(). */
struct rings *rings_open(const char *keys, const char *jwks, const struct rings_owner *owner, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);
/* End the thread and free; no ring may be held. Accepts NULL inside; sets *r to NULL. */
void rings_close(struct rings **r) NONNULL(1);
/* Look for changes now, not within half a second. */
void rings_look(struct rings *r) NONNULL(1);
/* Differs after each change of a file that could be read. Takes no lock. */
uint64_t rings_epoch(const struct rings *r) NONNULL(1);
/* One more owner of what was read last, and its epoch; NULL: there is no such file. Ended with rings_give(). */
struct ring *rings_take(struct rings *r, enum ring_kind kind, uint64_t *epoch_out) MUST_CHECK NONNULL(1, 3);
/* One owner less. Accepts NULL inside; sets *ring to NULL. */
void rings_give(struct ring **ring) NONNULL(1);

#endif
