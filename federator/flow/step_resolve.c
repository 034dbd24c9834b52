/* step_resolve.c - from the asked keys to one customer, none, or candidates. An asked identity is taken at its word
 * here; the parts that can confirm it run with the view. */
#include "federator/flow/steps.h"

static void add_walk(struct flow *flow, const struct plan *plan, uint32_t asked_bits)
{
	struct run *first = &flow->walks[flow->n_walks];

	for (size_t i = 0; i < plan->n_steps; i++) {
		struct run *run = &flow->walks[flow->n_walks++];

		*run = (struct run){ .flow = flow,
				     .part = plan->steps[i].part,
				     .query = plan->steps[i].query,
				     .asked = &flow->asked[__builtin_ctz(asked_bits)],
				     .asked_bits = asked_bits,
				     .walk = true };
		run->fact.part = run->part;
		run->n_after = plan->steps[i].n_after;
		run->after = arena_array_of(flow->mem, struct run *, run->n_after);
		for (size_t a = 0; a < run->n_after; a++)
			run->after[a] = first + plan->steps[i].after[a];
	}
}

static void begin_walks(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	size_t room = 0;

	for (size_t i = 0; i < flow->n_asked; i++) /* that of an asked identity, should it be doubted */
		room += cat->resolve[flow->asked[i].key->index].n_steps;
	for (size_t w = 0; w < cat->n_ways; w++)
		room += ways_asked(flow, &cat->ways[w]) ? cat->ways[w].plan.n_steps : 0;
	flow->walks = arena_array_of(flow->mem, struct run, room);
	for (size_t i = 0; i < flow->n_asked; i++)
		if (flow->asked[i].key != cat->identity)
			add_walk(flow, &cat->resolve[flow->asked[i].key->index], UINT32_C(1) << i);
	for (size_t w = 0; w < cat->n_ways; w++)
		if (ways_asked(flow, &cat->ways[w]))
			add_walk(flow, &cat->ways[w].plan, ways_asked(flow, &cat->ways[w]));
}

/* Somebody may be hidden in what was cut off. */
static bool any_cut(const struct flow *flow)
{
	for (size_t i = 0; i < flow->n_walks; i++)
		if (flow->walks[i].asked->key != flow->world->cat->identity && fact_cut(&flow->walks[i].fact))
			return true;
	return false;
}

/* Is an asked identity one of several candidates, and no walk has met it? Then those who could know it are asked, lest
 * a customer who does not exist stand beside one who does. */
static bool doubt(struct flow *flow)
{
	const struct match *match = &flow->match;
	bool more = false;

	for (size_t i = 0; i < flow->n_asked && match->n_candidates > 1 && !flow->doubted; i++) {
		const struct asked *asked = &flow->asked[i];
		size_t before = flow->n_walks;

		for (size_t c = 0; c < match->n_candidates && asked->key == flow->world->cat->identity; c++)
			if (!match->candidates[c].n_evidence && str_eq(match->candidates[c].subject, asked->value))
				add_walk(flow, &flow->world->cat->resolve[asked->key->index], UINT32_C(1) << i);
		more = more || flow->n_walks > before;
	}
	flow->doubted = flow->doubted || more;
	return more;
}

static bool answered(const struct fact *fact)
{
	return fact->state != FACT_MISSING && fact->state != FACT_STALE;
}

static enum step_end conclude(struct flow *flow)
{
	struct match *match = &flow->match;

	*match = (struct match){ .complete = true };
	for (size_t i = 0; i < flow->n_walks; i++)
		match->complete = match->complete && answered(&flow->walks[i].fact);
	candidates_gather(flow);
	if (doubt(flow))
		return STEP_WAIT;
	if (any_cut(flow)) {
		match->outcome = OUTCOME_TOO_MANY;
	} else if (match->n_candidates == 0) {
		match->outcome = OUTCOME_NONE;
		if (!match->complete && flow->view->shape == SHAPE_TREE)
			return flow_refuse_unanswered(flow, flow->walks, flow->n_walks);
		limit_nobody(flow);
	} else if (match->n_candidates == 1 && !match->stale) {
		match->outcome = OUTCOME_ONE;
		match->subject = match->candidates[0].subject;
		limit_found(flow);
	} else {
		match->outcome = OUTCOME_MANY;
	}
	return STEP_DONE;
}

enum step_end step_resolve(struct flow *flow)
{
	if (flow->n_asked == 0) { /* all blocked, or a flat question whose keys cannot be read */
		flow->match.outcome = flow->n_blocked ? OUTCOME_BLOCKED : OUTCOME_NONE;
		flow->match.complete = flow->n_blocked > 0;
		return flow->ask.tracer ? trace_answer(flow) : STEP_DONE;
	}
	if (!flow->walks)
		begin_walks(flow);
	for (size_t i = 0; flow->expired && i < flow->n_walks; i++)
		run_expire(&flow->walks[i]);
	while (runs_advance(flow->walks, flow->n_walks)) {
		enum step_end end = freshness_check(flow, flow->walks, flow->n_walks);

		if (end == STEP_DONE)
			end = flow->ask.tracer ? trace_answer(flow) : conclude(flow);

		if (end != STEP_WAIT)
			return end;
	}
	return STEP_WAIT;
}
