/* play.h - a story, played from beginning to end on virtual time. */
#ifndef TESTS_SCENARIOS_PLAY_H
#define TESTS_SCENARIOS_PLAY_H

#include "base/buf.h"
#include "tests/scenarios/story.h"

/* What came of it. */
struct outcome {
	struct buf complaints; /* a line each; empty: all is as expected */
	struct buf transcript; /* who asked what when, what was answered when, and the log */
	struct buf bodies; /* answers in the order of the requests, without what tells where values come from */
};

/* Play it in this process, which has no other thread, with this cache. Paths in the story are relative to `base`, an
 * absolute one. */
void play_story(struct story *story, const char *cache, const char *base, struct outcome *out) NONNULL(1, 2, 3, 4);
/* Free its buffers. */
void outcome_free(struct outcome *o) NONNULL(1);

#endif
