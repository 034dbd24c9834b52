/* trace.c - whose a key is now, for those who must know before they say that what is kept of them is void. It ends with
 * the walks: nothing is shown, so no view and no policy has a say. */
#include "federator/flow/steps.h"

enum { TRACE_BUDGET_MS = 2000 };

uint32_t trace_budget_ms(void)
{
	return TRACE_BUDGET_MS;
}

static bool knows(const struct fact *fact)
{
	return fact->state != FACT_MISSING && fact->state != FACT_STALE && !fact_cut(fact);
}

static void tell_rows(struct run *run)
{
	struct flow *flow = run->flow;
	const struct key *identity = flow->world->cat->identity;

	for (uint32_t c = 0; c < run->part->n_columns; c++)
		for (uint32_t r = 0; run->part->columns[c].gives == identity && r < fact_rows(&run->fact); r++) {
			struct str subject = fact_key(&run->fact, r, c, flow->mem);

			if (subject.p)
				flow->ask.tracer->found(flow->ask.tracer, subject);
		}
}

enum step_end trace_answer(struct flow *flow)
{
	flow->reply.status = 200;
	flow->reply.complete = true;
	for (size_t i = 0; i < flow->n_walks; i++) {
		tell_rows(&flow->walks[i]);
		flow->reply.complete = flow->reply.complete && knows(&flow->walks[i].fact);
	}
	return STEP_ANSWERED;
}
