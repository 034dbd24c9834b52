/* answer.h - what an answer says beside the customer, and how. Used by the files of flow/ only; on the loop of the
 * request. */
#ifndef FEDERATOR_FLOW_ANSWER_H
#define FEDERATOR_FLOW_ANSWER_H

#include "federator/flow/flow.h"
#include "federator/view/fact.h"
#include "federator/view/tree.h"

struct flow;

enum outcome { OUTCOME_ONE, OUTCOME_NONE, OUTCOME_MANY, OUTCOME_UNLINKED, OUTCOME_TOO_MANY, OUTCOME_BLOCKED };

/* envelope.c - what stands around the customer in an answer */

/* "match" from flow->match. */
void envelope_match(struct flow *flow, struct node *root) NONNULL(1, 2);
/* "parts" from the facts of all runs; returns how many are missing. */
uint32_t envelope_parts(struct flow *flow, struct node *root) NONNULL(1, 2);
/* The word of the interface for a state. */
const char *envelope_state(enum fact_state state) __attribute__((returns_nonnull));
/* Value of the Server-Timing header. */
void envelope_timing(struct flow *flow) NONNULL(1);
/* The word of the interface for an outcome. */
const char *envelope_outcome(enum outcome outcome) __attribute__((returns_nonnull));

/* vary.c - what differs from one answer to the next though nothing has changed */

/* Note that a value of the answer is of that kind. Once for a node. */
struct vary *flow_vary(struct flow *flow, struct node *node, enum vary_kind kind) NONNULL(1, 2)
	__attribute__((returns_nonnull));
/* Those that were written, in their order in the body; in the flow's arena. */
const struct vary *vary_list(struct flow *flow, size_t *n_out) NONNULL(1, 2) __attribute__((returns_nonnull));
/* Which of the times it is by which sealed ids are renewed: one that is told again, with 304 or from what is kept, is
 * good for half of its time at least. `now_ms` is the lane's wall clock. */
uint64_t vary_generation(const struct flow *flow, int64_t now_ms) NONNULL(1);
/* When that time ends: wall clock. */
int64_t vary_generation_ends_ms(const struct flow *flow, uint64_t generation) NONNULL(1);
/* Set reply->etag from the body, unless it is no view, or canonical. */
void vary_tag(struct flow *flow) NONNULL(1);

/* links.c - the question again, as URLs */

/* "links" of a customer whose sealed id is `id`: nothing when it is the NULL view, or the answer canonical. */
void links_put(struct flow *flow, struct node *root, struct str id) NONNULL(1, 2);

/* cache_status.c - what the cache was good for, as a header field says it */

/* Value of Cache-Status (RFC 9211); empty when no copy was looked for. */
void cache_status_make(struct flow *flow) NONNULL(1);

/* flat.c - answers for telephone systems */

/* The view of a flat question that names none: "routing", else the only flat one beside "cnam"; NULL: no such one. */
const struct view *flat_view(const struct flow *flow) NONNULL(1);
/* Refuse: the view of a flat question is not there or not flat. */
enum step_end flat_refuse_view(struct flow *flow) NONNULL(1);
/* Make flow->root of a flat question: the outcome, then every name of the view with its value or its default. */
void flat_put(struct flow *flow) NONNULL(1);

#endif
