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

/* What the chosen uses need of the parts of a plan, by part index. */
static unsigned char *needed_parts(struct flow *flow, const struct plan *plan)
{
	unsigned char *parts = arena_array_of(flow->mem, unsigned char, flow->world->cat->n_parts);
	bool *askable = arena_array_of(flow->mem, bool, flow->world->cat->n_parts);

	for (size_t i = 0; i < plan->n_steps; i++)
		askable[plan->steps[i].part->index] = true;
	for (size_t i = 0; i < flow->n_uses; i++)
		plan_use_needs(&flow->uses[i], flow_visible(flow), askable, parts);
	for (size_t i = 0; i < flow->view->n_extra_parts && !flow->ask.fields.n; i++)
		parts[flow->view->extra_parts[i]->index] |= NEED_ASKED;
	return parts;
}

/* needed[step]: those parts, with all that they wait for. */
static bool *needed_steps(struct flow *flow, const struct plan *plan, const unsigned char *parts)
{
	bool *steps = arena_array_of(flow->mem, bool, plan->n_steps);

	for (size_t i = plan->n_steps; i-- > 0;) {
		const struct plan_step *st = &plan->steps[i];

		steps[i] = steps[i] || (parts[st->part->index] &&
					(!flow->ask.parts.n || named(flow->ask.parts, str_of(st->part->name))));
		for (size_t a = 0; steps[i] && a < st->n_after; a++)
			steps[st->after[a]] = true;
	}
	return steps;
}

static bool one_row_each(const struct catalog *cat, const struct part *part)
{
	return part->rows_max == 1 || plan_part_single(cat, part);
}

/* Some rows of a walk serve the view. */
static void take_walk(struct run *run, const struct fact *from, const struct rows *rows)
{
	run->fact = *from;
	run->fact.rows = rows;
	run->fact.keys = NULL;
	run->fact.scalar_row = 0;
	run->state = RUN_ENDED;
	guard_view(run);
}

/* The customer's row of a walk serves the view when a query by the identity could not give another one. */
static void reuse_walk(struct flow *flow, struct run *run)
{
	if (run->part->consent || !one_row_each(flow->world->cat, run->part))
		return;
	for (size_t i = 0; i < flow->n_walks; i++) {
		struct fact *from = &flow->walks[i].fact;
		const struct rows *rows;

		if (from->part != run->part || !fact_rows(from))
			continue;
		rows = candidate_rows(flow, from, flow->match.subject, WHOSE_OWN);
		if (rows->n_rows == 0)
			continue;
		take_walk(run, from, rows);
		return;
	}
}

/* Nobody was found: a walk that asked the same is not asked again. Rows that name somebody are not shown. */
static void reuse_asked(struct flow *flow, struct run *run)
{
	for (size_t i = 0; i < flow->n_walks && !run->part->consent; i++) {
		struct run *walk = &flow->walks[i];

		if (walk->asked_bits != run->asked_bits || walk->query != run->query || walk->n_after || run->n_after)
			continue;
		take_walk(run, &walk->fact,
			  candidate_rows(flow, &walk->fact, (struct str){ 0 }, WHOSE_NOBODYS));
		return;
	}
}

static struct run *run_of_part(struct flow *flow, const struct part *part)
{
	for (size_t r = 0; r < flow->n_runs; r++)
		if (flow->runs[r].part == part)
			return &flow->runs[r];
	return NULL;
}

static struct run *add_run(struct flow *flow, const struct plan_step *st)
{
	struct run *run = &flow->runs[flow->n_runs++];

	*run = (struct run){ .flow = flow, .part = st->part, .query = st->query };
	run->fact.part = st->part;
	return run;
}

/* The runs of a plan, but for parts that an earlier asked key has brought. `asked` is NULL when it starts from the
 * identity. */
static void make_runs(struct flow *flow, const struct plan *plan, const struct asked *asked)
{
	const unsigned char *parts = needed_parts(flow, plan);
	const bool *steps = needed_steps(flow, plan, parts);
	size_t before = flow->n_runs;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct plan_step *st = &plan->steps[i];
		struct run *run = run_of_part(flow, st->part);

		if (!steps[i] || (run && run < flow->runs + before))
			continue;
		run = add_run(flow, st);
		run->asked = asked;
		run->asked_bits = asked ? UINT32_C(1) << (asked - flow->asked) : 0;
		run->shown = parts[st->part->index] & NEED_SHOWN;
		run->after = arena_array_of(flow->mem, struct run *, st->n_after);
		for (size_t a = 0; a < st->n_after; a++)
			run->after[run->n_after++] = run_of_part(flow, plan->steps[st->after[a]].part);
		if (asked)
			reuse_asked(flow, run);
		else
			reuse_walk(flow, run);
	}
}

/* Is a part that has one row for each customer among the view's runs that can confirm one? */
static bool view_confirms(struct flow *flow, const struct plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		if (one_row_each(flow->world->cat, plan->steps[i].part) && run_of_part(flow, plan->steps[i].part))
			return true;
	return false;
}

/* An asked identity is confirmed by the parts of the view that know customers; a view without such a part has all
 * parts that know any run beside it. */
static void add_confirms(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	const struct plan *plan = &cat->resolve[cat->identity->index];
	bool asked = false, in_view = view_confirms(flow, plan);

	for (size_t i = 0; i < flow->n_asked; i++)
		asked = asked || (flow->asked[i].key == cat->identity &&
				  str_eq(flow->asked[i].value, flow->match.subject));
	flow->confirms = arena_array_of(flow->mem, const struct run *, plan->n_steps);
	for (size_t i = 0; asked && i < plan->n_steps; i++) {
		const struct run *found = run_of_part(flow, plan->steps[i].part);

		if (found || !in_view)
			flow->confirms[flow->n_confirms++] = found ? found : add_run(flow, &plan->steps[i]);
	}
}

/* Has the walk a row of each candidate in this part? */
static bool walks_know_all(struct flow *flow, const struct part *part)
{
	for (size_t c = 0; c < flow->match.n_candidates; c++) {
		bool known = false;

		for (size_t i = 0; i < flow->n_walks && !known; i++)
			known = flow->walks[i].part == part && fact_rows(&flow->walks[i].fact) &&
				candidate_rows(flow, &flow->walks[i].fact, flow->match.candidates[c].subject, WHOSE_OWN)
					->n_rows;
		if (!known)
			return false;
	}
	return true;
}

/* A list of several customers is for queries that give each its own rows whatever the others are. */
static bool keeps_apart(const struct flow *flow, const struct query *query)
{
	for (size_t i = 0; i < query->n_pieces; i++)
		if (query->pieces[i].kind == PIECE_LIST)
			return query->separable || flow->match.n_candidates == 1;
	return true;
}

/* What is shown of each candidate is asked for all of them at once, by the identity; their rows say whose they are. */
static void plan_candidate_runs(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	unsigned char *needed = arena_array_of(flow->mem, unsigned char, cat->n_parts);

	if (!cat->candidate)
		return;
	for (size_t i = 0; i < cat->candidate->n_uses; i++)
		plan_use_needs(&cat->candidate->uses[i], flow_visible(flow), NULL, needed);
	flow->runs = arena_array_of(flow->mem, struct run, cat->candidate->plan.n_steps);
	for (size_t i = 0; i < cat->candidate->plan.n_steps; i++) {
		const struct plan_step *st = &cat->candidate->plan.steps[i];

		if (needed[st->part->index] && st->n_after == 0 && plan_part_proves(st->part, cat->identity) &&
		    keeps_apart(flow, st->query) && !walks_know_all(flow, st->part))
			add_run(flow, st);
	}
}

/* Nobody is known by the asked keys: the view starts from them, the first key that a part can be asked by wins. */
static void plan_unlinked_runs(struct flow *flow)
{
	size_t room = 0;

	for (size_t i = 0; i < flow->n_asked; i++)
		room += view_unlinked(flow->view, flow->asked[i].key)->n_steps;
	flow->runs = arena_array_of(flow->mem, struct run, room);
	for (size_t i = 0; i < flow->n_asked; i++)
		make_runs(flow, view_unlinked(flow->view, flow->asked[i].key), &flow->asked[i]);
	if (flow->n_runs)
		flow->match.outcome = OUTCOME_UNLINKED;
}

static void plan_customer_runs(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;

	flow->runs = arena_array_of(flow->mem, struct run,
				    flow->view->plan.n_steps + cat->resolve[cat->identity->index].n_steps);
	make_runs(flow, &flow->view->plan, NULL);
	add_confirms(flow);
}

enum step_end step_plan(struct flow *flow)
{
	choice_make(flow);
	switch (flow->match.outcome) {
	case OUTCOME_ONE:
		plan_customer_runs(flow);
		break;
	case OUTCOME_NONE:
		if (flow->match.complete)
			plan_unlinked_runs(flow);
		return ways_check(flow);
	case OUTCOME_MANY:
		plan_candidate_runs(flow);
		break;
	case OUTCOME_UNLINKED:
	case OUTCOME_TOO_MANY:
	case OUTCOME_BLOCKED:
		break;
	}
	return STEP_DONE;
}
