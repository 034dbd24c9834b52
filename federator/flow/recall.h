/* recall.h - whole answers that are kept as bytes, and served again while the copies they were made of stand
 * (docs/decisions/0032-rendered-answers.md). On the loop of the request. */
#ifndef FEDERATOR_FLOW_RECALL_H
#define FEDERATOR_FLOW_RECALL_H

#include "federator/flow/request.h"

/* What is kept of an answer; behind it stand the arrays in this order, then `seen`, then the body. */
struct recall {
	int64_t made_ms, until_ms; /* wall clock: when; and when a copy of it is not fresh any more */
	int64_t oldest_ms; /* wall clock: when the source gave the oldest copy */
	uint64_t found; /* flow->found */
	uint64_t generation; /* of sealed ids: vary_generation() */
	const char *content_type; /* static */
	char etag[32];
	uint32_t parts;
	uint32_t n_pins, n_ages, n_counts;
	size_t n_seen; /* bytes of reply.seen */
	size_t len;
};
/* An age in the body, of what a source gave at a moment. */
struct recall_age {
	size_t at, n;
	int64_t since_ms;
};
/* What it counts for: parts of a source. */
struct recall_count {
	size_t source;
	enum source_meter meter;
	uint32_t n;
};

/* Keep the answer, if it was made only of fresh copies that still stand. Nothing for a question that step_recall() did
 * not look up. */
void recall_keep(struct flow *flow) NONNULL(1);

/* repeat.c - what allows to give an answer again as it is; NULL: there is no memory. `pins` and `counts` are those that
 * stand behind `kept`. The caller ends it with repeat_free(). */
struct repeat *repeat_new(const struct flow *flow, const struct recall *kept, const char *pins, const char *counts)
	NONNULL(1, 2, 3, 4);

#endif
