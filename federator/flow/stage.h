/* stage.h - what the test of a mapping says that sources and cache answer: stand-ins for a service (service.h) that
 * otherwise runs as it does for everybody. One thread. */
#ifndef FEDERATOR_FLOW_STAGE_H
#define FEDERATOR_FLOW_STAGE_H

#include "federator/service.h"
#include "metadata/test.h"

/* The test that runs now; changed between two questions only. */
struct stage {
	const struct test *test;
	const struct part **lacking; /* asked, and the test does not say what they answer; room for all parts */
	size_t n_lacking;
};

/* struct stand_in.answer; `owner` is a stage. Of the rows that the test gives for the part those that carry an asked
 * key, by the rule that rows of a source are held to; all of them where no column proves the key. */
bool stage_answer(void *owner, const struct fetch *f, const struct rows **rows_out, struct err *err)
	MUST_CHECK NONNULL(1, 2, 3, 4);
/* struct stand_in.copy: the same rows, when the test says since when they are a copy. */
struct cache_hit stage_copy(void *owner, struct cache_ask *ask) NONNULL(1, 2);

#endif
