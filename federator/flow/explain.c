/* explain.c - how an answer came about: what was asked by whom under which limits, and the time of each step. */
#include "federator/flow/explain.h"

void explain_put_place(struct flow *flow, struct node *object, const struct span *at)
{
	tree_text(flow->mem, object, STR("mapping"),
		  arena_printf(flow->mem, "%s:%u", at->name, at->line));
}

/* How long each step took, with all its waiting; the step under way, render, has just ended. */
static void put_steps(struct flow *flow, struct node *root)
{
	struct node *array = tree_array(flow->mem, root, STR("steps"), STR("step"));
	const struct step_doc *docs;
	size_t n;

	docs = flow_steps(&n);
	for (size_t i = 0; i <= flow->step && i < n; i++) {
		struct node *step = tree_object(flow->mem, array, STR(""));
		uint64_t end_us = i < flow->step ? flow->step_began_us[i + 1] : clock_mono_us();

		tree_text(flow->mem, step, STR("name"), str_of(docs[i].name));
		tree_number(flow->mem, step, STR("start_us"), (int64_t)(flow->step_began_us[i] - flow->started_us));
		tree_number(flow->mem, step, STR("took_us"), (int64_t)(end_us - flow->step_began_us[i]));
	}
}

static void put_request(struct flow *flow, struct node *root)
{
	const struct node *complete = tree_member(flow->root, STR("complete"));

	tree_text(flow->mem, root, STR("view"), str_of(flow->view->name));
	tree_text(flow->mem, root, STR("revision"), str_of(flow->world->cat->revision));
	tree_text(flow->mem, root, STR("role"), flow->ask.role);
	tree_text(flow->mem, root, STR("purpose"), flow->ask.purpose);
	tree_number(flow->mem, root, STR("budget_ms"), flow->budget_ms);
	tree_number(flow->mem, root, STR("reserve_ms"), flow->reserve_ms);
	tree_number(flow->mem, root, STR("took_us"), (int64_t)(clock_mono_us() - flow->started_us));
	if (complete)
		tree_bool(flow->mem, root, STR("complete"), str_eq(complete->value, STR("true")));
}

struct node *explain_make(struct flow *flow)
{
	struct node *root = tree_object(flow->mem, NULL, STR("explain"));

	put_request(flow, root);
	put_steps(flow, root);
	envelope_match(flow, root);
	explain_plan(flow, root);
	explain_fields(flow, root);
	return root;
}
