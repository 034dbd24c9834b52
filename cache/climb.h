/* climb.h - which share of a shelf newcomers should have, found by trying: a step is taken, and the next goes the same
 * way if there were more hits than before, else the other way. Where agents ask again for whom they just had, a large
 * window serves best; where the same customers come back over days, a small one. One thread at a time. */
#ifndef CACHE_CLIMB_H
#define CACHE_CLIMB_H

#include "base/base.h"

/* The caller's to embed; `share` is to be read, the rest is the climb's. */
struct climb {
	double share; /* of the room, 0.01 to 0.8 */
	double step, rate;
	uint64_t asked, hits;
};

/* Begin with the usual small window. */
void climb_begin(struct climb *c) NONNULL(1);
/* Something was asked for, and found or not. `sample`: after how many of these a step is taken. */
void climb_asked(struct climb *c, bool hit, uint64_t sample) NONNULL(1);

#endif
