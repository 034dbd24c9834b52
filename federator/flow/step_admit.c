/* step_admit.c - is this a question we can answer? Everything malformed is refused here, before any source is asked. */
#include "base/text.h"
#include "federator/flow/cursor.h"
#include "federator/flow/steps.h"
#include "metadata/normalize.h"
#include "metadata/plan.h"

/* The name that was meant, or all there are. */
static const char *advice(struct flow *flow, struct str name, const char *which, const char *const *names, size_t n)
{
	const char *near = text_nearest(name, names, n);
	struct str list = STR("");

	if (near)
		return arena_printf(flow->mem, "did you mean `%s`?", near).p;
	for (size_t i = 0; i < n; i++)
		list = arena_printf(flow->mem, "%.*s%s`%s`", STR_ARG(list), i ? ", " : "", names[i]);
	return n ? arena_printf(flow->mem, "%s: %.*s", which, STR_ARG(list)).p : NULL;
}

static enum step_end unknown_view(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	const char **names = arena_array_of(flow->mem, const char *, cat->n_views);

	for (size_t i = 0; i < cat->n_views; i++)
		names[i] = cat->views[i].name;
	return flow_refuse(flow, 400, "unknown-view", "There is no such view",
			   arena_printf(flow->mem, "view `%.*s` is not in the mapping", STR_ARG(flow->ask.view)),
			   advice(flow, flow->ask.view, "its views", names, cat->n_views));
}

static const struct view *default_view(const struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	const struct view *view = flow->ask.timeline ? NULL : catalog_view(cat, STR("pop"));

	for (size_t i = 0; i < cat->n_views && !view; i++) {
		const struct view *v = &cat->views[i];
		bool fits = v->shape == SHAPE_TREE && v != cat->candidate && !flow->ask.timeline;

		for (size_t u = 0; u < v->n_uses && !fits; u++)
			fits = flow->ask.timeline && v->uses[u].kind == USE_TIMELINE;
		if (fits)
			view = v;
	}
	return view;
}

static enum step_end admit_view(struct flow *flow)
{
	if (flow->ask.view.n)
		flow->view = catalog_view(flow->world->cat, flow->ask.view);
	else
		flow->view = flow->ask.flat ? flat_view(flow) : default_view(flow);
	if (flow->ask.flat && !(flow->view && flow->view->shape == SHAPE_FLAT))
		return flat_refuse_view(flow);
	if (flow->view)
		return STEP_DONE;
	if (flow->ask.view.n)
		return unknown_view(flow);
	return flow_refuse(flow, 400, "no-view", "Name a view", STR("the mapping has no view to fall back on"), NULL);
}

static enum step_end admit_rights(struct flow *flow)
{
	flow->rights = catalog_rights(flow->world->cat, flow->ask.role, flow->ask.purpose);
	if (flow->rights.known)
		return STEP_DONE;
	return flow_refuse(flow, 403, "not-allowed", "No policy allows this",
			   arena_printf(flow->mem, "no policy of the mapping names role `%.*s` with purpose `%.*s`",
					STR_ARG(flow->ask.role), STR_ARG(flow->ask.purpose)),
			   NULL);
}

static bool may_unmask(const struct flow *flow, const struct class_ *cls)
{
	const struct ask *ask = &flow->ask;
	uint32_t minutes = cls ? catalog_unmask_minutes(flow->world->cat, ask->role, ask->purpose, cls) : 0;

	return minutes && lane_wall_ms(flow->lane) < ask->unmask_given_ms + INT64_C(60000) * minutes;
}

/* What a grant names is shown if the policies of the running set allow it, and for no longer than they do. */
static enum step_end admit_unmask(struct flow *flow)
{
	struct str rest = flow->ask.unmask;

	while (rest.n) {
		const char *blank = memchr(rest.p, ' ', rest.n);
		struct str name = { rest.p, blank ? (size_t)(blank - rest.p) : rest.n };
		const struct class_ *cls = catalog_class(flow->world->cat, name);

		if (!may_unmask(flow, cls))
			return flow_refuse(flow, 403, "unmask-refused", "No policy allows this",
					   arena_printf(flow->mem,
							"no policy lets role `%.*s` with purpose `%.*s` unmask "
							"`%.*s` any more",
							STR_ARG(flow->ask.role), STR_ARG(flow->ask.purpose),
							STR_ARG(name)),
					   NULL);
		flow->rights.show |= UINT64_C(1) << cls->index;
		rest = blank ? (struct str){ blank + 1, rest.n - name.n - 1 } : (struct str){ 0 };
	}
	flow->rights.mask &= ~flow->rights.show;
	return STEP_DONE;
}

static enum step_end unknown_key(struct flow *flow, struct str name)
{
	const struct view *view = flow->view;
	const char **names;

	if (!view)
		return flow_refuse(flow, 400, "unknown-key", "There is no such key",
				   arena_printf(flow->mem, "the mapping has no key `%.*s`", STR_ARG(name)), NULL);
	names = arena_array_of(flow->mem, const char *, view->n_by);
	for (size_t i = 0; i < view->n_by; i++)
		names[i] = view->by[i]->name;
	return flow_refuse(flow, 400, "unknown-key", "The view cannot be asked by this key",
			   arena_printf(flow->mem, "view `%s` is not asked by `%.*s`", view->name, STR_ARG(name)),
			   advice(flow, name, "its keys", names, view->n_by));
}

static bool given_before(const struct flow *flow, const struct key *key)
{
	for (size_t i = 0; i < flow->n_asked; i++)
		if (flow->asked[i].key == key)
			return true;
	for (size_t i = 0; i < flow->n_blocked; i++)
		if (flow->blocked[i] == key)
			return true;
	return false;
}

static enum step_end admit_key(struct flow *flow, struct str name, struct str value)
{
	const struct key *key = catalog_key(flow->world->cat, name);
	struct str canonical;

	if (!key || !(flow->ask.tracer || view_by(flow->view, key)))
		return unknown_key(flow, name);
	if (given_before(flow, key))
		return flow_refuse(flow, 400, "repeated-key", "A key was given twice",
				   arena_printf(flow->mem, "`%s` was given twice", key->name), NULL);
	switch (normalize_key(key, value, flow->mem, &canonical)) {
	case KEY_OK:
		flow->asked[flow->n_asked++] = (struct asked){ .key = key, .value = canonical };
		break;
	case KEY_BLOCKED:
		flow->blocked[flow->n_blocked++] = key;
		break;
	case KEY_MALFORMED:
		if (flow->ask.flat)
			return STEP_DONE; /* asked without it */
		return flow_refuse(flow, 422, "malformed-key", "The value does not fit its key",
				   arena_printf(flow->mem, "the value given for `%s` cannot be read as %s", key->name,
						normalize_expects(key->type)),
				   NULL);
	}
	return STEP_DONE;
}

static enum step_end admit_keys(struct flow *flow)
{
	enum step_end end = STEP_DONE;

	if (flow->ask.n_by == 0) {
		struct asked *asked = &flow->asked[0];

		if (!unseal_id(flow->lane->service, flow->ask.tenant, flow->ask.id, flow->mem, &asked->value))
			return flow_refuse(flow, 404, "unknown-id", "No customer by this id",
					   STR("the id is not one of ours, or it has expired"),
					   "look the customer up again by a key");
		asked->key = flow->world->cat->identity;
		flow->n_asked = 1;
		return STEP_DONE;
	}
	for (size_t i = 0; i < flow->ask.n_by && end == STEP_DONE; i++)
		end = admit_key(flow, flow->ask.by[i].name, flow->ask.by[i].value);
	return end;
}

static void set_due(struct flow *flow)
{
	uint32_t budget_ms = flow->view ? flow->view->budget_ms : trace_budget_ms();
	uint32_t reserve_ms;

	if (flow->ask.budget_ms && flow->ask.budget_ms < budget_ms)
		budget_ms = flow->ask.budget_ms;
	reserve_ms = plan_reserve_ms(budget_ms);
	flow->budget_ms = budget_ms;
	flow->reserve_ms = reserve_ms;
	flow->due.at_us = flow->started_us + 1000 * (uint64_t)(budget_ms > reserve_ms ? budget_ms - reserve_ms : 1);
}

/* Nothing will be shown. */
static enum step_end admit_trace(struct flow *flow)
{
	enum step_end end = admit_keys(flow);

	if (end == STEP_DONE)
		set_due(flow);
	return end;
}

enum step_end step_admit(struct flow *flow)
{
	enum step_end end;

	if (flow->ask.tracer)
		return admit_trace(flow);
	end = admit_view(flow);

	if (end == STEP_DONE)
		end = admit_rights(flow);
	if (end == STEP_DONE)
		end = admit_unmask(flow);
	if (end == STEP_DONE)
		end = choice_check(flow);
	if (end == STEP_DONE)
		end = admit_keys(flow);
	if (end == STEP_DONE)
		end = cursor_read(flow);
	if (end == STEP_DONE)
		end = limit_customers(flow);
	if (end != STEP_DONE)
		return end;
	set_due(flow);
	memcpy(flow->reply.revision, flow->world->cat->revision, sizeof(flow->reply.revision));
	strncpy(flow->reply.view, flow->view->name, sizeof(flow->reply.view) - 1);
	return STEP_DONE;
}
