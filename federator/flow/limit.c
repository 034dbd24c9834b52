/* limit.c - how many customers one actor asks for (federator/limits/). */
#include "federator/charge.h"
#include "federator/flow/steps.h"

static struct limits_who who_asks(const struct flow *flow)
{
	return (struct limits_who){
		.agent = flow->ask.agent, .client = flow->ask.client, .agent_proven = flow->ask.agent_proven
	};
}

static struct limits_who who_sees(const struct viewer *viewer)
{
	return (struct limits_who){
		.agent = viewer->agent, .client = viewer->client, .agent_proven = viewer->agent_proven
	};
}

static enum step_end refuse(struct flow *flow, const struct limits_state *over)
{
	flow->reply.retry_after_s = over->reset_s;
	flow->reply.over = *over;
	return flow_refuse(flow, 429, CHARGE_TYPE, CHARGE_TITLE, charge_detail(over, flow->mem), CHARGE_SUGGESTION);
}

/* Sealed ids come from lists of candidates and of the web site as well, by the hundred. */
static enum step_end limit_subject(struct flow *flow, const struct limits_who *who)
{
	uint64_t subject = limits_hash(service_limits(flow->lane->service), str_of(flow->asked[0].key->name),
				       flow->asked[0].value);
	struct limits_told told = charge_subject(flow->lane, who, subject, flow->started_us);

	return told.verdict == LIMITS_PASS ? STEP_DONE : refuse(flow, &told.state);
}

enum step_end limit_customers(struct flow *flow)
{
	struct limits_who who = who_asks(flow);

	if (!service_limits(flow->lane->service) || flow->ask.viewers || (!who.agent.n && !who.client.n))
		return STEP_DONE;
	if (!flow->ask.n_by)
		return limit_subject(flow, &who);
	for (size_t i = 0; i < flow->n_asked; i++) {
		struct limits_told told = charge_key(flow->lane, &who, str_of(flow->asked[i].key->name),
						     flow->asked[i].value, flow->started_us);

		if (told.verdict != LIMITS_PASS)
			return refuse(flow, &told.state);
		flow->new_keys = flow->new_keys || told.fresh;
	}
	return STEP_DONE;
}

void limit_found(struct flow *flow)
{
	const struct limits *limits = service_limits(flow->lane->service);

	if (limits && flow->ask.n_by)
		limit_found_again(flow, limits_hash(limits, str_of(flow->world->cat->identity->name),
						    flow->match.subject));
}

void limit_found_again(struct flow *flow, uint64_t found)
{
	struct limits *limits = service_limits(flow->lane->service);
	struct limits_who who = who_asks(flow);

	flow->found = found;
	if (!found)
		return;
	if (!flow->ask.viewers)
		limits_found(limits, &who, found, flow->started_us);
	for (const struct viewer *v = flow->ask.viewers; v; v = v->next) {
		who = who_sees(v);
		limits_found(limits, &who, found, flow->started_us);
	}
}

void limit_nobody(struct flow *flow)
{
	struct limits_who who = who_asks(flow);

	if (flow->new_keys)
		charge_nobody(flow->lane, &who, flow->started_us);
	for (const struct viewer *v = flow->ask.viewers; v; v = v->next) {
		who = who_sees(v);
		if (v->fresh)
			charge_nobody(flow->lane, &who, flow->started_us);
	}
}
