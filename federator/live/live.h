/* live.h - check a mapping against its real sources: is each reached, and does each query run with values that are
 * nobody's, give the columns that the mapping names and read no large table whole? Only reads; rows that come are
 * not looked at. One thread; adapters do the rest. */
#ifndef FEDERATOR_LIVE_LIVE_H
#define FEDERATOR_LIVE_LIVE_H

#include "federator/options.h"
#include "metadata/diag.h"

struct live {
	size_t reached; /* sources; the findings of the others say why not */
	size_t queries; /* that were asked */
	uint32_t hung; /* workers left behind in a driver: the process must end with _exit() */
};

/* Ask all sources of `cat`, put what is wrong into `ds`. Takes no longer than the caps of all queries together and
 * some seconds for each source that is silent. */
struct live live_check(const struct options *opt, const struct catalog *cat, struct diags *ds) NONNULL(1, 2, 3);

#endif
