/* world.h - mapping sets in use and the adapters they share: what service.c is made of. */
#ifndef FEDERATOR_WORLD_H
#define FEDERATOR_WORLD_H

#include <pthread.h>

#include "federator/reaper.h"
#include "federator/service.h"

/* What all mapping sets of a service have in common. */
struct home {
	const struct options *opt;
	const struct stand_in *stand_in; /* in place of sources and cache; or NULL */
	struct reaper *reaper; /* closes adapters that no set uses any more */
	pthread_mutex_t lock;  /* guards all counts of owners: of sets and of adapters */
	pthread_cond_t fewer;  /* on the monotonic clock: `owners` went down */
	size_t owners;         /* of all sets together */
	struct meter_set *source_meters, *view_meters; /* of all sets, by name; under lock */
};

/* Begin a home. `stand_in` may be NULL. */
bool home_begin(struct home *home, const struct options *opt, const struct stand_in *stand_in, struct err *err)
	MUST_CHECK NONNULL(1, 2, 4);
/* End it, with no set left. Returns the number of workers left hung. */
uint32_t home_end(struct home *home) NONNULL(1);

/* A set with one owner around `cat`, whose ownership it takes also on failure. Adapters of `former` (or NULL)
 * whose connection did not change are shared. A source that cannot be opened is logged and refuses all
 * fetches; only the system's refusal (no thread) fails. */
const struct world *world_open(struct home *home, const struct catalog *cat, const struct world *former,
			       struct err *err) MUST_CHECK NONNULL(1, 2, 4);
/* One more owner. The caller holds home->lock. */
void world_add_owner(const struct world *w) NONNULL(1);

/* Feed a connection string into a digest without its passwords (PWD, Password, any case), so that a new
 * password does not make old copies strangers and no hash of a secret leaves the process. */
void connect_digest(struct digest *d, struct str connect) NONNULL(1);

#endif
