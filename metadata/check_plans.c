/* check_plans.c - the plans of a catalog, and whether they are on time. */
#include "metadata/check.h"

#include "metadata/plan.h"

static bool in_plan(const struct plan *plan, const struct part *part)
{
	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].part == part)
			return true;
	return false;
}

/* The plan of a view after a walk to the identity: what the walk has asked takes no time any more. */
static struct plan after_walk(struct build *b, const struct plan *view, const struct plan *walk)
{
	struct plan_step *steps = arena_array_of(b->scratch, struct plan_step, view->n_steps + 1);

	for (size_t i = 0; i < view->n_steps; i++) {
		steps[i] = view->steps[i];
		if (in_plan(walk, steps[i].part)) {
			struct part *done = arena_new_of(b->scratch, struct part);

			*done = *steps[i].part;
			done->deadline_ms = 0;
			steps[i].part = done;
		}
	}
	return (struct plan){ steps, view->n_steps };
}

/* Adds the slowest chain of a plan to *text ("crm 120ms, orders 80ms") and returns its milliseconds. */
static uint32_t add_chain(struct build *b, const struct plan *plan, struct str *text)
{
	const struct part *const *chain;
	uint32_t ms;
	size_t n;

	ms = plan_critical_ms(plan, b->scratch, &chain, &n);
	for (size_t i = 0; i < n; i++)
		if (chain[i]->deadline_ms)
			*text = arena_printf(b->scratch, "%.*s%s%s %ums", STR_ARG(*text), text->n ? ", " : "",
					     chain[i]->name, chain[i]->deadline_ms);
	return ms;
}

/* Asked by keys, told as `by`, from which `walk` leads to the identity. */
static void check_budget(struct build *b, const struct view *view, const char *by, const struct plan *walk)
{
	struct plan rest = after_walk(b, &view->plan, walk);
	struct str chain = STR("");
	uint32_t reserve_ms = plan_reserve_ms(view->budget_ms), ms = add_chain(b, walk, &chain);

	ms += add_chain(b, &rest, &chain);
	if (ms + reserve_ms > view->budget_ms)
		diag_add(b->ds, "M0350", view->at,
			 arena_printf(b->scratch, "one after the other: %s", chain.p).p,
			 "view `%s` by `%s` may wait %ums for its parts and needs %ums to answer, its budget is %ums",
			 view->name, by, ms, reserve_ms, view->budget_ms);
}

static bool has_key(const struct way *way, const struct key *key)
{
	for (size_t i = 0; i < way->n_keys; i++)
		if (way->keys[i] == key)
			return true;
	return false;
}

/* Can the view be asked by all keys of the way? */
static bool can_go(const struct view *view, const struct way *way)
{
	for (size_t i = 0; i < way->n_keys; i++)
		if (!view_by(view, way->keys[i]))
			return false;
	return true;
}

static const char *way_names(struct build *b, const struct way *way)
{
	struct str names = STR("");

	for (size_t i = 0; i < way->n_keys; i++)
		names = arena_printf(b->scratch, "%.*s%s%s", STR_ARG(names), i ? " " : "", way->keys[i]->name);
	return names.p;
}

/* Does the key lead to the identity, be it with others? */
static void check_leads(struct build *b, const struct elem *e, const struct view *view, const struct key *key)
{
	const char *help = "give a part that gives the identity a query by that key", *alone = "";

	if (b->cat->resolve[key->index].n_steps)
		return;
	for (size_t w = 0; w < b->cat->n_ways; w++) {
		const struct way *way = &b->cat->ways[w];

		if (!has_key(way, key))
			continue;
		if (can_go(view, way))
			return;
		help = arena_printf(b->scratch, "together they do: by=\"%s\"", way_names(b, way)).p;
		alone = " alone";
	}
	diag_add(b->ds, "M0352", elem_word_at(e, "by", str_of(key->name)), help,
		 "view `%s`: no part leads from `%s`%s to `%s`", view->name, key->name, alone, b->cat->identity->name);
}

static void check_view(struct build *b, const struct elem *e, const struct view *view)
{
	static const struct plan none;

	for (size_t i = 0; i < view->n_by; i++) {
		const struct key *key = view->by[i];
		bool identity = key == b->cat->identity;

		if (!identity)
			check_leads(b, e, view, key);
		if (view->shape == SHAPE_TREE)
			check_budget(b, view, key->name, identity ? &none : &b->cat->resolve[key->index]);
	}
	for (size_t w = 0; w < b->cat->n_ways && view->shape == SHAPE_TREE; w++)
		if (can_go(view, &b->cat->ways[w]))
			check_budget(b, view, way_names(b, &b->cat->ways[w]), &b->cat->ways[w].plan);
}

static void plan_without_customer(struct build *b, struct view *view)
{
	struct plan *unlinked = arena_array_of(b->mem, struct plan, view->n_by + 1);

	for (size_t i = 0; i < view->n_by; i++)
		if (view->by[i] != b->cat->identity)
			unlinked[i] = plan_unlinked(b->cat, view, view->by[i], b->mem);
	view->unlinked = unlinked;
}

/* Plan the views that are ok; false when not all of them are. */
static bool plan_views(struct build *b)
{
	bool all = true;

	for (const struct named *n = names_first(b->names, NAMES_VIEW); n; n = n->next) {
		struct view *view = n->thing;
		size_t errors = diags_count(b->ds, DIAG_ERROR);

		if (!n->ok) {
			all = false;
			continue;
		}
		view->plan = plan_view(b->cat, view, b->mem, b->ds);
		if (diags_count(b->ds, DIAG_ERROR) == errors) {
			plan_without_customer(b, view);
			check_view(b, n->elem, view);
		} else {
			all = false;
		}
	}
	return all && names_whole(b->names, NAMES_VIEW);
}

static void check_asked(struct build *b)
{
	const struct catalog *cat = b->cat;

	for (size_t p = 0; p < cat->n_parts; p++) {
		const struct part *part = &cat->parts[p];
		bool asked = false;

		for (size_t v = 0; v < cat->n_views && !asked; v++)
			asked = in_plan(&cat->views[v].plan, part);
		for (size_t k = 0; k < cat->n_keys && !asked; k++)
			asked = in_plan(&cat->resolve[k], part);
		for (size_t w = 0; w < cat->n_ways && !asked; w++)
			asked = in_plan(&cat->ways[w].plan, part);
		if (!asked)
			diag_add(b->ds, "M0351", part->at,
				 "use a field or list of it in a view, or take it out",
				 "nothing ever asks part `%s`", part->name);
	}
}

void check_plans(struct build *b)
{
	struct plan *resolve = arena_array_of(b->mem, struct plan, b->cat->n_keys + 1);

	b->cat->resolve = resolve;
	for (size_t k = 0; k < b->cat->n_keys; k++)
		resolve[k] = plan_resolve(b->cat, &b->cat->keys[k], b->mem);
	b->cat->ways = plan_ways(b->cat, b->mem, &b->cat->n_ways);
	b->cat->candidate = catalog_view(b->cat, STR("candidate"));
	if (!plan_views(b))
		return;
	check_asked(b);
	check_single(b);
}
