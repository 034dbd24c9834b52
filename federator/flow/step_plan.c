/* step_plan.c - which parts must be asked for what the caller gets of the view. */
#include "federator/flow/steps.h"
#include "metadata/plan.h"

static bool named(struct str list, struct str wanted)
{
	struct str name;

	while (choice_next(&list, &name))
		if (str_eq(name, wanted))
			return true;
	return false;
}

/* needed[step]: steps of the view's plan that serve the chosen uses, with all that they wait for. */
static bool *needed_steps(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	const struct plan *plan = &flow->view->plan;
	bool *parts = arena_array_of(flow->mem, bool, cat->n_parts);
	bool *steps = arena_array_of(flow->mem, bool, plan->n_steps);

	for (size_t i = 0; i < flow->n_uses; i++)
		plan_use_needs(&flow->uses[i], flow->rights.show | flow->rights.mask, parts);
	for (size_t i = 0; i < flow->view->n_extra_parts && !flow->ask.fields.n; i++)
		parts[flow->view->extra_parts[i]->index] = true;
	for (size_t i = plan->n_steps; i-- > 0;) {
		const struct plan_step *st = &plan->steps[i];

		steps[i] = steps[i] || (parts[st->part->index] &&
					(!flow->ask.parts.n || named(flow->ask.parts, str_of(st->part->name))));
		for (size_t a = 0; steps[i] && a < st->n_after; a++)
			steps[st->after[a]] = true;
	}
	return steps;
}

/* A part that scalars are taken from has at most one row per customer. */
static bool one_row_each(const struct catalog *cat, const struct part *part)
{
	for (size_t i = 0; i < cat->n_fields; i++)
		for (size_t c = 0; c < cat->fields[i].n_from; c++)
			if (cat->fields[i].from[c].part == part)
				return true;
	return part->rows_max == 1;
}

/* The customer's row of a walk serves the view when a query by the identity could not give another one. */
static bool reuse_walk(struct flow *flow, struct run *run)
{
	if (!one_row_each(flow->world->cat, run->part))
		return false;
	for (size_t i = 0; i < flow->n_walks; i++) {
		struct fact *from = &flow->walks[i].fact;
		const struct rows *rows;

		if (from->part != run->part || !fact_rows(from))
			continue;
		rows = candidate_rows(flow, from, flow->match.subject, WHOSE_OWN);
		if (rows->n_rows == 0)
			continue;
		run->fact = *from;
		run->fact.rows = rows;
		run->fact.keys = NULL;
		run->fact.scalar_row = 0;
		run->state = RUN_ENDED;
		return true;
	}
	return false;
}

static void make_runs(struct flow *flow)
{
	const struct plan *plan = &flow->view->plan;
	const bool *steps = needed_steps(flow);
	struct run **by_step = arena_array_of(flow->mem, struct run *, plan->n_steps);

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct plan_step *st = &plan->steps[i];
		struct run *run = &flow->runs[flow->n_runs];

		if (!steps[i])
			continue;
		*run = (struct run){ .flow = flow, .part = st->part, .query = st->query };
		run->fact.part = st->part;
		run->after = arena_array_of(flow->mem, struct run *, st->n_after);
		for (size_t a = 0; a < st->n_after; a++)
			run->after[run->n_after++] = by_step[st->after[a]];
		by_step[i] = run;
		flow->n_runs++;
		reuse_walk(flow, run);
	}
}

/* An asked identity is confirmed by the parts that know customers; those not in the view run beside it. */
static void add_confirms(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	const struct plan *plan = &cat->resolve[cat->identity->index];
	bool asked = false;

	for (size_t i = 0; i < flow->n_asked; i++)
		asked = asked || flow->asked[i].key == cat->identity;
	flow->confirms = arena_array_of(flow->mem, const struct run *, plan->n_steps);
	for (size_t i = 0; asked && i < plan->n_steps; i++) {
		const struct run *found = NULL;

		for (size_t r = 0; r < flow->n_runs && !found; r++)
			if (flow->runs[r].part == plan->steps[i].part)
				found = &flow->runs[r];
		if (!found) {
			struct run *run = &flow->runs[flow->n_runs++];

			*run = (struct run){ .flow = flow,
					     .part = plan->steps[i].part,
					     .query = plan->steps[i].query };
			run->fact.part = run->part;
			found = run;
		}
		flow->confirms[flow->n_confirms++] = found;
	}
}

enum step_end step_plan(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;

	choice_make(flow);
	if (flow->match.outcome != OUTCOME_ONE)
		return STEP_DONE;
	flow->runs = arena_array_of(flow->mem, struct run,
				    flow->view->plan.n_steps + cat->resolve[cat->identity->index].n_steps);
	make_runs(flow);
	add_confirms(flow);
	return STEP_DONE;
}
