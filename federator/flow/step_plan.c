/* step_plan.c - what this caller gets of the view, and which parts must be asked for it. */
#include "base/text.h"
#include "federator/flow/steps.h"
#include "metadata/plan.h"

static bool visible(const struct flow *flow, const struct class_ *cls)
{
	return ((flow->rights.show | flow->rights.mask) >> cls->index) & 1;
}

static struct str path_of(const struct use *use)
{
	switch (use->kind) {
	case USE_FIELD:
		return use->field->path;
	case USE_LIST:
		return use->list->path;
	case USE_TIMELINE:
		return use->timeline->path;
	}
	return STR("");
}

static void withhold(struct flow *flow, struct str path)
{
	struct str *more = arena_array_of(flow->mem, struct str, flow->n_withheld + 1);

	for (size_t i = 0; i < flow->n_withheld; i++) {
		if (str_eq(flow->withheld[i], path))
			return;
		more[i] = flow->withheld[i];
	}
	more[flow->n_withheld++] = path;
	flow->withheld = more;
}

/* Name what is withheld of a list; true when something of it is left to show. */
static bool list_left(struct flow *flow, const struct list *list, uint64_t only, struct str prefix)
{
	bool left = false;

	for (size_t f = 0; f < list->n_fields; f++) {
		const struct field *field = &list->fields[f].field;

		if (f < 32 && !((only >> f) & 1))
			continue;
		if (visible(flow, field->cls))
			left = true;
		else
			withhold(flow, field->path.n ? arena_printf(flow->mem, "%.*s.%.*s", STR_ARG(prefix),
								     STR_ARG(field->path))
						     : prefix);
	}
	for (size_t i = 0; i < list->n_lists; i++)
		if (i >= 32 || (only >> (32 + i)) & 1)
			left = list_left(flow, &list->lists[i], UINT64_MAX,
					 arena_printf(flow->mem, "%.*s.%.*s", STR_ARG(prefix),
						      STR_ARG(list->lists[i].path))) ||
			       left;
	return left;
}

static bool use_left(struct flow *flow, const struct use *use)
{
	switch (use->kind) {
	case USE_FIELD:
		if (visible(flow, use->field->cls))
			return true;
		withhold(flow, use->field->path);
		return flow->view->shape == SHAPE_FLAT; /* its default is shown */
	case USE_LIST:
		return list_left(flow, use->list, use->only, use->list->path);
	case USE_TIMELINE:
		return true; /* its entries are filtered one by one */
	}
	return false;
}

/* The next name of a comma-separated list. */
static bool next_name(struct str *rest, struct str *name_out)
{
	const char *comma = rest->n ? memchr(rest->p, ',', rest->n) : NULL;
	size_t n = comma ? (size_t)(comma - rest->p) : rest->n;

	if (rest->n == 0)
		return false;
	*name_out = (struct str){ rest->p, n };
	rest->p += n + (comma != NULL);
	rest->n -= n + (comma != NULL);
	return true;
}

static bool starts_with(struct str s, struct str head)
{
	return s.n > head.n && memcmp(s.p, head.p, head.n) == 0 && s.p[head.n] == '.';
}

/* The bit of a field or nested list inside a list; 0: no such thing. */
static uint64_t bit_in_list(const struct list *list, struct str path)
{
	for (size_t f = 0; f < list->n_fields && f < 32; f++)
		if (str_eq(list->fields[f].field.path, path))
			return UINT64_C(1) << f;
	for (size_t i = 0; i < list->n_lists && i < 32; i++)
		if (str_eq(list->lists[i].path, path))
			return UINT64_C(1) << (32 + i);
	return 0;
}

/* Does `name` of fields= choose this use? Inside a list the bits chosen are added to *bits. */
static bool chooses(const struct use *use, struct str name, uint64_t *bits)
{
	struct str path = path_of(use);

	if (str_eq(path, name) || starts_with(path, name)) {
		*bits = UINT64_MAX;
		return true;
	}
	if (use->kind == USE_LIST && starts_with(name, path)) {
		uint64_t bit = bit_in_list(use->list, (struct str){ name.p + path.n + 1, name.n - path.n - 1 });

		*bits |= bit;
		return bit != 0;
	}
	return false;
}

static enum step_end unknown_field(struct flow *flow, struct str name)
{
	const char **names = arena_array_of(flow->mem, const char *, flow->view->n_uses);
	const char *near;

	for (size_t i = 0; i < flow->view->n_uses; i++)
		names[i] = arena_cstr(flow->mem, path_of(&flow->view->uses[i]));
	near = text_nearest(name, names, flow->view->n_uses);
	return flow_refuse(flow, 400, "unknown-field", "The view has no such field",
			   arena_printf(flow->mem, "`%.*s` is not in view `%s`", STR_ARG(name), flow->view->name),
			   near ? arena_printf(flow->mem, "did you mean `%s`?", near).p : NULL);
}

static enum step_end check_fields(struct flow *flow)
{
	struct str rest = flow->ask.fields, name;

	while (next_name(&rest, &name)) {
		bool known = false;
		uint64_t bits = 0;

		for (size_t i = 0; i < flow->view->n_uses && !known; i++)
			known = chooses(&flow->view->uses[i], name, &bits);
		if (!known)
			return unknown_field(flow, name);
	}
	return STEP_DONE;
}

static bool chosen(const struct flow *flow, struct use *use)
{
	struct str rest = flow->ask.fields, name;
	uint64_t bits = 0;
	bool any = flow->ask.fields.n == 0;

	if (flow->ask.timeline && use->kind != USE_TIMELINE)
		return false;
	while (next_name(&rest, &name))
		any = chooses(use, name, &bits) || any;
	if (bits)
		use->only &= bits;
	return any;
}

static void choose_uses(struct flow *flow)
{
	flow->uses = arena_array_of(flow->mem, struct use, flow->view->n_uses);
	for (size_t i = 0; i < flow->view->n_uses; i++) {
		struct use use = flow->view->uses[i];

		if (chosen(flow, &use) && use_left(flow, &use))
			flow->uses[flow->n_uses++] = use;
	}
}

static bool named(struct str list, struct str wanted)
{
	struct str name;

	while (next_name(&list, &name))
		if (str_eq(name, wanted))
			return true;
	return false;
}

static enum step_end check_parts(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	struct str rest = flow->ask.parts, name;

	while (next_name(&rest, &name)) {
		const char **names = arena_array_of(flow->mem, const char *, cat->n_parts);
		const char *near;
		bool known = false;

		for (size_t p = 0; p < cat->n_parts; p++) {
			names[p] = cat->parts[p].name;
			known = known || str_eq(str_of(names[p]), name);
		}
		if (known)
			continue;
		near = text_nearest(name, names, cat->n_parts);
		return flow_refuse(flow, 400, "unknown-part", "There is no such part",
				   arena_printf(flow->mem, "part `%.*s` is not in the mapping", STR_ARG(name)),
				   near ? arena_printf(flow->mem, "did you mean `%s`?", near).p : NULL);
	}
	return STEP_DONE;
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

/* Rows of a walk serve the view when only scalars are taken from them: at most one row is the customer's. */
static bool reuse_walk(struct flow *flow, struct run *run, const bool *in_lists)
{
	if (in_lists[run->part->index])
		return false;
	for (size_t i = 0; i < flow->n_walks; i++) {
		struct fact *from = &flow->walks[i].fact;
		const struct rows *rows;

		if (from->part != run->part || !fact_rows(from))
			continue;
		rows = candidate_rows(flow, from, flow->match.subject);
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
	bool *in_lists = arena_array_of(flow->mem, bool, flow->world->cat->n_parts);
	struct run **by_step = arena_array_of(flow->mem, struct run *, plan->n_steps);

	for (size_t i = 0; i < flow->n_uses; i++)
		if (flow->uses[i].kind != USE_FIELD)
			plan_use_needs(&flow->uses[i], UINT64_MAX, in_lists);
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
		reuse_walk(flow, run, in_lists);
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
	enum step_end end = check_fields(flow);

	if (end == STEP_DONE)
		end = check_parts(flow);
	if (end != STEP_DONE)
		return end;
	choose_uses(flow);
	if (flow->match.outcome != OUTCOME_ONE)
		return STEP_DONE;
	flow->runs = arena_array_of(flow->mem, struct run,
				    flow->view->plan.n_steps + cat->resolve[cat->identity->index].n_steps);
	make_runs(flow);
	add_confirms(flow);
	return STEP_DONE;
}
