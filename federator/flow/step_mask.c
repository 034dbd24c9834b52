/* step_mask.c - the policy of this role and purpose, on every value of the tree; the last thing before bytes. */
#include "federator/flow/steps.h"
#include "federator/view/mask.h"

static struct str masked(struct flow *flow, const struct class_ *cls, struct str value)
{
	enum mask_kind kind = cls->mask == MASK_NONE ? MASK_ALL : cls->mask;

	return value.p ? mask_text(kind, value, flow->mem) : value;
}

/* Losers of the merge show no more than the winner. */
static const struct origin *masked_origin(struct flow *flow, const struct class_ *cls, const struct origin *origin)
{
	struct origin *o = arena_new_of(flow->mem, struct origin);
	struct lost *lost = arena_array_of(flow->mem, struct lost, origin->n_lost);

	*o = *origin;
	o->lost = lost;
	for (size_t i = 0; i < origin->n_lost; i++) {
		lost[i] = origin->lost[i];
		lost[i].value = masked(flow, cls, lost[i].value);
	}
	return o;
}

static void mask_node(struct flow *flow, struct node *node)
{
	for (struct node *child = node->first; child; child = child->next)
		mask_node(flow, child);
	if (!node->cls || (flow->rights.show >> node->cls->index) & 1)
		return;
	if (node->kind == NODE_TEXT || node->kind == NODE_LITERAL) {
		node->kind = NODE_TEXT;
		node->value = masked(flow, node->cls, node->value);
	}
	if (node->origin)
		node->origin = masked_origin(flow, node->cls, node->origin);
}

enum step_end step_mask(struct flow *flow)
{
	mask_node(flow, flow->root);
	return STEP_DONE;
}
