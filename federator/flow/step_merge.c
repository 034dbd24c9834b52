/* step_merge.c - the answer as one tree: the customer, and around it how the answer came about. */
#include <stdlib.h>

#include "federator/flow/steps.h"

/* What the merge learned about a part goes back to its run: warnings, `more`. */
static void return_facts(struct flow *flow, const struct fact *facts)
{
	for (size_t i = 0; i < flow->n_runs; i++)
		flow->runs[i].fact = facts[flow->runs[i].part->index];
}

/* "currency": the code of every amount by its path; the map is made when the first one is met. */
static void add_currency(struct flow *flow, struct node *root, const struct field *field, struct str path)
{
	struct node *map = tree_member(root, STR("currency"));

	if (!field->currency || !(flow_visible(flow) >> field->cls->index & 1))
		return;
	if (!map)
		map = tree_map(flow->mem, root, STR("currency"), STR("field"));
	tree_text(flow->mem, map, path, str_of(field->currency));
}

static void add_list_currency(struct flow *flow, struct node *root, const struct list *list, struct str path,
			      uint64_t only)
{
	for (size_t f = 0; f < list->n_fields; f++)
		if (list->fields[f].field.currency && (f >= 32 || (only >> f) & 1))
			add_currency(flow, root, &list->fields[f].field,
				     arena_printf(flow->mem, "%.*s.%.*s", STR_ARG(path),
						  STR_ARG(list->fields[f].field.path)));
	for (size_t i = 0; i < list->n_lists; i++)
		if (i >= 32 || (only >> (32 + i)) & 1)
			add_list_currency(flow, root, &list->lists[i],
					  arena_printf(flow->mem, "%.*s.%.*s", STR_ARG(path),
						       STR_ARG(list->lists[i].path)),
					  UINT64_MAX);
}

static void put_currency(struct flow *flow, struct node *root)
{
	for (size_t i = 0; i < flow->n_uses; i++) {
		const struct use *use = &flow->uses[i];

		switch (use->kind) {
		case USE_FIELD:
			add_currency(flow, root, use->field, use->field->path);
			break;
		case USE_LIST:
			add_list_currency(flow, root, use->list, use->list->path, use->only);
			break;
		case USE_TIMELINE:
			break;
		}
	}
}

/* An array of paths; nothing when there are none. */
static void put_paths(struct flow *flow, struct str name, const struct str *paths, size_t n)
{
	struct node *array;

	if (!n)
		return;
	array = tree_array(flow->mem, flow->root, name, STR("field"));
	for (size_t i = 0; i < n; i++)
		tree_text(flow->mem, array, STR(""), paths[i]);
}

static void put_customer(struct flow *flow, struct node *root, bool known)
{
	struct merge m = { .cat = flow->world->cat,
			   .mem = flow->mem,
			   .facts = flow_facts(flow),
			   .visible = flow_visible(flow),
			   .masked = flow->rights.mask,
			   .provenance = flow->ask.provenance || flow->ask.explain };
	struct node *customer = tree_object(flow->mem, root, STR("customer"));
	struct node *labels;

	m.timeline = flow->timeline;
	switch (flow->view->shape) {
	case SHAPE_TREE:
		merge_uses(&m, flow->uses, flow->n_uses, customer);
		break;
	case SHAPE_FLAT:
		merge_flat(&m, flow->uses, flow->n_uses, customer);
		break;
	}
	flow->timeline = m.timeline;
	if (!known)
		return;
	labels = tree_object(flow->mem, NULL, STR("labels"));
	merge_labels(&m, flow->ask.lang, labels);
	if (labels->first) {
		root->last->next = labels;
		root->last = labels;
	}
	put_currency(flow, root);
	put_paths(flow, STR("no_consent"), m.no_consent, m.n_no_consent);
	return_facts(flow, m.facts);
}

static void put_provenance(struct flow *flow, struct node *root)
{
	struct node *node;

	if (!flow->ask.provenance)
		return;
	node = tree_null(flow->mem, root, STR("provenance"));
	node->kind = NODE_PROVENANCE;
	node->of = tree_member(root, STR("customer"));
}

/* Did all that was needed answer, with all its rows? What may not be shown is not missing. */
static bool is_complete(const struct flow *flow)
{
	for (size_t i = 0; i < flow->n_runs; i++) {
		const struct fact *fact = &flow->runs[i].fact;

		if ((fact->state == FACT_MISSING && !fact_withheld(fact)) || fact_excess(fact))
			return false;
	}
	return flow->match.complete;
}

/* The root is begun with what callers look at first. */
static struct node *begin_root(struct flow *flow, struct str *id_out)
{
	struct node *root = tree_object(flow->mem, NULL, STR("view"));

	*id_out = (struct str){ 0 };
	if (flow->match.outcome == OUTCOME_ONE)
		*id_out = seal_id(flow->lane->service, flow->ask.tenant, flow->match.subject, flow->mem);
	if (id_out->p && !flow->ask.canonical)
		flow_vary(flow, tree_text(flow->mem, root, STR("id"), *id_out), VARY_SEALED);
	tree_text(flow->mem, root, STR("view"), str_of(flow->view->name));
	if (!flow->ask.canonical)
		tree_text(flow->mem, root, STR("revision"), str_of(flow->world->cat->revision));
	tree_bool(flow->mem, root, STR("complete"), flow->reply.complete);
	return root;
}

/* Who asked by id or strictly wants an error when there is not exactly one customer. */
static enum step_end refuse_outcome(struct flow *flow)
{
	bool by_id = flow->ask.n_by == 0;

	switch (flow->match.outcome) {
	case OUTCOME_ONE:
	case OUTCOME_BLOCKED:
		return STEP_DONE;
	case OUTCOME_NONE:
	case OUTCOME_UNLINKED:
		if (!by_id && !flow->ask.strict)
			return STEP_DONE;
		if (!flow->match.complete) /* a flat view, which has its defaults otherwise */
			return flow_refuse_unanswered(flow, flow->walks, flow->n_walks);
		return flow_refuse(flow, 404, "no-customer", "No such customer",
				   STR("every source that could know this customer answered that it does not"), NULL);
	case OUTCOME_MANY:
	case OUTCOME_TOO_MANY:
		if (!flow->ask.strict)
			return STEP_DONE;
		if (flow->match.outcome == OUTCOME_MANY && flow->match.n_candidates == 1) /* a stale one */
			return flow_refuse_unanswered(flow, flow->walks, flow->n_walks);
		return flow_refuse(flow, 409, "several-customers", "Several customers fit",
				   STR("the keys given belong to more than one customer"),
				   "ask without `Prefer: handling=strict` to see the candidates");
	}
	return STEP_DONE;
}

enum step_end step_merge(struct flow *flow)
{
	bool known = flow->match.outcome == OUTCOME_ONE || flow->match.outcome == OUTCOME_UNLINKED;
	bool customer = known || flow->view->shape == SHAPE_FLAT;
	struct str id;

	flow->reply.complete = is_complete(flow);
	if (flow->ask.flat) {
		flat_put(flow);
		return STEP_DONE;
	}
	if (refuse_outcome(flow) == STEP_REFUSED)
		return STEP_REFUSED;
	flow->root = begin_root(flow, &id);
	envelope_match(flow, flow->root);
	if (customer)
		put_customer(flow, flow->root, known);
	if (flow->match.outcome == OUTCOME_MANY)
		candidates_put(flow, flow->root);
	if (customer)
		put_paths(flow, STR("withheld"), flow->withheld, flow->n_withheld);
	flow->reply.missing = envelope_parts(flow, flow->root);
	if (customer)
		put_provenance(flow, flow->root);
	links_put(flow, flow->root, id);
	envelope_timing(flow);
	return STEP_DONE;
}
