/* footprint.h - how much memory the process has, looked at now and then. One thread. */
#ifndef FEDERATOR_FOOTPRINT_H
#define FEDERATOR_FOOTPRINT_H

#include "base/base.h"

/* Zeroed: not looked at yet. */
struct footprint {
	uint64_t looked_us;
	bool over;
};

/* Has the process more than `most_bytes` resident? Looks ten times a second at most, and then gives back to the system
 * what malloc() keeps, so that a peak does not count for ever. 0: never. */
bool footprint_over(struct footprint *fp, uint64_t most_bytes, uint64_t now_us) NONNULL(1);
/* Resident bytes of the process; 0 when the system does not say. */
uint64_t footprint_bytes(void);

#endif
