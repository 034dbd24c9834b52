/* flat.c - answers for telephone systems: an outcome, and every name of a flat view with a text, whatever
 * happens. */
#include "base/text.h"
#include "federator/flow/request.h"

/* It is asked with one key for one line of text, so it never stands in for a view of attributes. */
static bool is_caller_name(const struct view *view)
{
	return str_eq(str_of(view->name), STR("cnam"));
}

const struct view *flat_view(const struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	const struct view *routing = catalog_view(cat, STR("routing")), *only = NULL;

	if (routing && routing->shape == SHAPE_FLAT)
		return routing;
	for (size_t i = 0; i < cat->n_views; i++) {
		if (cat->views[i].shape != SHAPE_FLAT || is_caller_name(&cat->views[i]))
			continue;
		if (only)
			return NULL;
		only = &cat->views[i];
	}
	return only;
}

/* "`a`, `b`" of the flat views; empty when there is none. */
static struct str flat_names(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	struct str names = STR("");

	for (size_t i = 0; i < cat->n_views; i++)
		if (cat->views[i].shape == SHAPE_FLAT)
			names = arena_printf(flow->mem, "%.*s%s`%s`", STR_ARG(names), names.n ? ", " : "",
					     cat->views[i].name);
	return names;
}

enum step_end flat_refuse_view(struct flow *flow)
{
	struct str detail = STR("the mapping has no view `routing`, nor just one flat view");
	const char *advice = "give a view of the mapping shape=\"flat\"";
	const char *type = flow->view ? "not-a-flat-view" : "unknown-view";
	struct str names = flat_names(flow);

	if (names.n)
		advice = arena_printf(flow->mem, "flat views: %.*s", STR_ARG(names)).p;
	if (flow->view)
		detail = arena_printf(flow->mem, "the view `%s` is not flat", flow->view->name);
	else if (flow->ask.view.n)
		detail = arena_printf(flow->mem, "view `%.*s` is not in the mapping",
				      STR_ARG(flow->ask.view));
	return flow_refuse(flow, 400, type, "Name a flat view", detail, advice);
}

/* Why the first run without an answer has none; NULL: all have one. A stale copy is one, if it will do. */
static const char *first_reason(const struct run *runs, size_t n_runs, bool stale_will_do)
{
	for (size_t i = 0; i < n_runs; i++) {
		const struct fact *fact = &runs[i].fact;

		if (fact_withheld(fact) || (fact->state == FACT_STALE && stale_will_do))
			continue;
		if (fact->state == FACT_MISSING || fact->state == FACT_STALE)
			return fact->reason;
	}
	return NULL;
}

/* Is at least one part of the view known, or none needed? */
static bool anything_known(const struct flow *flow)
{
	for (size_t i = 0; i < flow->n_runs; i++)
		if (fact_known(&flow->runs[i].fact) || fact_withheld(&flow->runs[i].fact))
			return true;
	return flow->n_runs == 0;
}

/* "stale": how old the oldest copy is that stands in, in seconds. */
static void put_stale(struct flow *flow)
{
	int64_t age_ms = -1;

	for (size_t i = 0; i < flow->n_runs; i++)
		if (flow->runs[i].fact.state == FACT_STALE && flow->runs[i].fact.age_ms > age_ms)
			age_ms = flow->runs[i].fact.age_ms;
	if (age_ms >= 0 && !flow->ask.canonical)
		flow_vary(flow,
			  tree_text(flow->mem, flow->root, STR("stale"),
				    arena_printf(flow->mem, "%lld", (long long)(age_ms / 1000))),
			  VARY_AGE_S);
}

/* "outcome", "candidates", "reason", "stale". True: something is known of whom it is. */
static bool put_outcome(struct flow *flow)
{
	enum outcome outcome = flow->match.outcome;
	bool found = outcome == OUTCOME_ONE || outcome == OUTCOME_UNLINKED;
	bool known = found && anything_known(flow);
	bool unknown = (found && !known) || (outcome == OUTCOME_NONE && !flow->match.complete);
	const char *reason = found ? first_reason(flow->runs, flow->n_runs, true)
				   : first_reason(flow->walks, flow->n_walks, false);

	if (flow->n_asked == 0 && !flow->n_blocked)
		reason = "malformed_key";
	if (flow->lacking)
		reason = "lacking_key";
	tree_text(flow->mem, flow->root, STR("outcome"),
		  str_of(unknown ? "default" : envelope_outcome(outcome)));
	if (outcome == OUTCOME_MANY)
		tree_text(flow->mem, flow->root, STR("candidates"),
			  arena_printf(flow->mem, "%zu", flow->match.n_candidates));
	if ((known || unknown) && reason)
		tree_text(flow->mem, flow->root, STR("reason"), str_of(reason));
	if (known)
		put_stale(flow);
	return known;
}

void flat_put(struct flow *flow)
{
	struct merge m = { .cat = flow->world->cat, .mem = flow->mem, .facts = flow_facts(flow) };

	flow->root = tree_object(flow->mem, NULL, STR("routing"));
	if (put_outcome(flow))
		m.visible = flow_visible(flow); /* else nothing is: all defaults */
	m.masked = flow->rights.mask;
	merge_flat(&m, flow->uses, flow->n_uses, flow->root);
	flow->reply.missing = envelope_parts(flow, tree_object(flow->mem, NULL, STR("")));
}
