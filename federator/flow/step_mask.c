/* step_mask.c - the policy of this role and purpose, on every value of the tree; the last thing before bytes. */
#include "federator/flow/steps.h"
#include "federator/view/mask.h"

/* Losers of the merge show no more than the winner. */
static const struct origin *masked_origin(struct flow *flow, enum mask_kind mask, const struct origin *origin)
{
	struct origin *o = arena_new_of(flow->mem, struct origin);
	struct lost *lost = arena_array_of(flow->mem, struct lost, origin->n_lost);

	*o = *origin;
	o->lost = lost;
	for (size_t i = 0; i < origin->n_lost; i++) {
		lost[i] = origin->lost[i];
		lost[i].value = mask_text(mask, lost[i].value, flow->mem);
	}
	return o;
}

static void mask_value(struct flow *flow, struct node *node)
{
	if (node->kind == NODE_TEXT || node->kind == NODE_LITERAL) {
		node->kind = NODE_TEXT;
		node->value = mask_text(node->mask, node->value, flow->mem);
	}
	if (node->origin)
		node->origin = masked_origin(flow, node->mask, node->origin);
}

static void mask_children(struct flow *flow, const struct node *parent)
{
	for (struct node *node = parent->first; node; node = node->next) {
		if (node->first)
			mask_children(flow, node);
		if (!node->cls)
			continue;
		if (flow->rights.show >> node->cls->index & 1) {
			flow->shown |= UINT64_C(1) << node->cls->index;
		} else {
			flow->masked |= UINT64_C(1) << node->cls->index;
			mask_value(flow, node);
		}
	}
}

enum step_end step_mask(struct flow *flow)
{
	mask_children(flow, flow->root); /* the root itself is no value */
	return STEP_DONE;
}
