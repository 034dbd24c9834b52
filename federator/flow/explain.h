/* explain.h - how an answer came about, shown instead of it: the plan with its critical path, each field's winner and
 * losers, the time of each step. Customer values are only those of winners and losers, after the mask. Used by the
 * files of flow/ only. */
#ifndef FEDERATOR_FLOW_EXPLAIN_H
#define FEDERATOR_FLOW_EXPLAIN_H

#include "federator/flow/request.h"

/* The whole document, once the view has been masked and rendered. Root element "explain". */
struct node *explain_make(struct flow *flow) NONNULL(1) __attribute__((returns_nonnull));

/* explain_plan.c - "critical_path", and "plan": a stage for each asked key on the way to the identity and one for the
 * view; a part stands below the part it waited for longest */
void explain_plan(struct flow *flow, struct node *root) NONNULL(1, 2);

/* explain_fields.c - "fields": what became of every field of the view, or of the one of ask.field */
void explain_fields(struct flow *flow, struct node *root) NONNULL(1, 2);
/* "mapping": file and line of a place in the mapping. */
void explain_put_place(struct flow *flow, struct node *object, const struct span *at) NONNULL(1, 2, 3);

#endif
