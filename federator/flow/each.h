/* each.h - copies of things. What a common part says is kept once for each thing, in its own name, for all who ask: for
 * whatever customer's view, and together with whatever other things. Used by the files of flow/ only. On the loop of
 * the request, or of the job. */
#ifndef FEDERATOR_FLOW_EACH_H
#define FEDERATOR_FLOW_EACH_H

#include "federator/flow/request.h"

struct job;

/* The copies that one run asks for. */
struct each {
	struct each_look *of; /* by asked value */
	size_t n, left; /* left: look-ups that are still to come */
	bool again; /* they were looked for a second time, behind another process */
	enum freshness least; /* what the worst of them is good for */
	int64_t until_ms; /* wall clock: when the first of them is not fresh any more */
	void (*found)(struct run *run, struct cache_hit all);
};

/* Are the copies of what the run asks kept so? Its keys are gathered. */
bool each_suits(const struct run *run) NONNULL(1);
/* Look for the copy of each value, of which there are several; sets run->each. found() is called once, perhaps from
 * inside: with the rows of them all, in the order of the values, and the moment of the oldest; or with a miss when one
 * of them has no copy. It has to release the hold on the flow that this takes. */
void each_look(struct run *run, void (*found)(struct run *run, struct cache_hit all)) NONNULL(1, 2);
/* Is it known that what the run found, of several or of one, would not be found now? */
bool each_lost(const struct run *run) NONNULL(1);
/* The pins of what it found; returns how many. There must be room for one, or for one of each value. */
size_t each_pins(const struct run *run, struct cache_pin *out) NONNULL(1, 2);

/* By asked value: is it to be kept when the source has answered? Not what has a fresh copy: that would only be taken
 * from all who have it. In `mem`. */
const bool *each_wanted(const struct run *run, struct arena *mem) NONNULL(1, 2) __attribute__((returns_nonnull));
/* Keep the rows of the job, those of each thing under its own key. False: nothing was kept. */
bool each_store(const struct job *job, int64_t stored_ms) NONNULL(1);
/* Forget the copies of all that it asked for. */
void each_drop(const struct job *job) NONNULL(1);

#endif
