/* limit.c - how many customers one actor asks for (federator/limits/). */
#include "base/log.h"
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

static void tell(const struct flow *flow, const struct limits_who *who, enum limits_notice notice)
{
	if (!notice)
		return;
	counters_add(flow->lane->meters, METER_SCRAPING + notice - 1, 1);
	log_event(LOG_WARN, "scraping_suspected", LOG_STR("client", who->client), LOG_STR("agent", who->agent),
		  LOG_CSTR("text", notice == NOTICE_SEQUENCE ?
					   "asks by keys that lie side by side, as in a range that is counted through" :
					   "asks by many keys, and most of them are nobody's"));
}

static enum step_end refuse(struct flow *flow, const struct limits_state *state)
{
	counters_add(flow->lane->meters, METER_LIMITED_CUSTOMERS, 1);
	flow->reply.retry_after_s = state->reset_s;
	return flow_refuse(flow, 429, "too-many-customers", "Too many different customers",
			   arena_printf(flow->mem, "%s may ask for %u customers an hour",
					state->kind == ACTOR_AGENT ? "an agent" : "a client", state->quota),
			   "ask again when Retry-After is over; who needs more talks to the operator");
}

/* Sealed ids come from lists of candidates and of the web site as well, by the hundred. */
static enum step_end limit_subject(struct flow *flow, struct limits *limits, const struct limits_who *who)
{
	uint64_t subject = limits_hash(str_of(flow->asked[0].key->name), flow->asked[0].value);
	struct limits_told told = limits_subject(limits, who, subject, flow->started_us);

	return told.verdict == LIMITS_PASS ? STEP_DONE : refuse(flow, &told.state);
}

enum step_end limit_customers(struct flow *flow)
{
	struct limits *limits = service_limits(flow->lane->service);
	struct limits_who who = who_asks(flow);

	if (!limits || flow->ask.viewers || (!who.agent.n && !who.client.n))
		return STEP_DONE;
	if (!flow->ask.n_by)
		return limit_subject(flow, limits, &who);
	for (size_t i = 0; i < flow->n_asked; i++) {
		struct limits_told told = limits_customer(limits, &who, str_of(flow->asked[i].key->name),
							  flow->asked[i].value, flow->started_us);

		if (told.verdict != LIMITS_PASS)
			return refuse(flow, &told.state);
		flow->new_keys = flow->new_keys || told.fresh;
		tell(flow, &who, told.notice);
	}
	return STEP_DONE;
}

void limit_found(struct flow *flow)
{
	if (service_limits(flow->lane->service) && flow->ask.n_by)
		limit_found_again(flow, limits_hash(str_of(flow->world->cat->identity->name), flow->match.subject));
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

static void miss(struct flow *flow, const struct limits_who *who)
{
	tell(flow, who, limits_nobody(service_limits(flow->lane->service), who, flow->started_us));
}

void limit_nobody(struct flow *flow)
{
	struct limits_who who = who_asks(flow);

	if (flow->new_keys)
		miss(flow, &who);
	for (const struct viewer *v = flow->ask.viewers; v; v = v->next) {
		who = who_sees(v);
		if (v->fresh)
			miss(flow, &who);
	}
}
