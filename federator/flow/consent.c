/* consent.c - may this part be asked about this customer at all? */
#include "federator/flow/request.h"

bool consent_given(const struct run *run)
{
	struct flow *flow = run->flow;
	struct merge m = { .cat = flow->world->cat, .mem = flow->mem };

	if (!run->part->consent || run->walk)
		return true;
	m.facts = flow_facts(flow);
	return scalar_is_true(&m, run->part->consent);
}
