/* ways.c - keys that name a customer together. */
#include "federator/flow/request.h"

/* The place of the key among those asked; -1: not asked. */
static int place_of(const struct flow *flow, const struct key *key)
{
	for (size_t i = 0; i < flow->n_asked; i++)
		if (flow->asked[i].key == key)
			return (int)i;
	return -1;
}

uint32_t ways_asked(const struct flow *flow, const struct way *way)
{
	uint32_t bits = 0;

	for (size_t k = 0; k < way->n_keys; k++) {
		int place = place_of(flow, way->keys[k]);

		if (place < 0)
			return 0;
		bits |= UINT32_C(1) << place;
	}
	return bits;
}

/* Was anybody looked for, or is anything shown that is found by the asked keys themselves? */
static bool anything_asked(const struct flow *flow)
{
	bool any = flow->n_walks > 0;

	for (size_t i = 0; i < flow->n_runs; i++)
		any = any || flow->runs[i].shown;
	return any;
}

/* Does the way begin with asked keys? Then *lacking_out is the first one that is not asked. */
static bool begins(const struct flow *flow, const struct way *way, const struct key **lacking_out)
{
	bool begun = false;

	*lacking_out = NULL;
	for (size_t k = 0; k < way->n_keys; k++) {
		if (place_of(flow, way->keys[k]) >= 0)
			begun = true;
		else if (!*lacking_out)
			*lacking_out = way->keys[k];
	}
	return begun && *lacking_out && view_by(flow->view, *lacking_out);
}

static bool is_blocked(const struct flow *flow, const struct key *key)
{
	for (size_t i = 0; i < flow->n_blocked; i++)
		if (flow->blocked[i] == key)
			return true;
	return false;
}

static enum step_end lack(struct flow *flow, const struct key *lacking)
{
	flow->n_runs = 0;
	if (is_blocked(flow, lacking)) {
		flow->match.outcome = OUTCOME_BLOCKED;
		return STEP_DONE;
	}
	if (flow->view->shape == SHAPE_TREE || (flow->ask.strict && !flow->ask.flat))
		return flow_refuse(flow, 400, "lacking-key", "A key names customers only with another one",
				   arena_printf(flow->mem, "by `%.*s` a customer is found together with `%s`",
						STR_ARG(asked_names(flow, UINT32_MAX)), lacking->name),
				   "give that key as well, or ask by another one");
	flow->match.outcome = OUTCOME_NONE;
	flow->match.complete = false;
	flow->lacking = true;
	return STEP_DONE;
}

enum step_end ways_check(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	const struct key *lacking;

	for (size_t w = 0; w < cat->n_ways && !anything_asked(flow); w++)
		if (begins(flow, &cat->ways[w], &lacking))
			return lack(flow, lacking);
	return STEP_DONE;
}
