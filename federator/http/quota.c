#include "federator/http/quota.h"

static struct limits_told take(const struct lane *lane, const struct caller *caller, uint64_t now_us)
{
	struct limits *limits = lane && lane->service ? service_limits(lane->service) : NULL;
	const struct limits_who who = { .agent = str_of(caller->agent),
					.client = str_of(caller->client),
					.agent_proven = caller->agent_proven };
	struct limits_told told = { .verdict = LIMITS_PASS };

	if (limits)
		told = limits_request(limits, &who, now_us);
	if (told.crowded)
		lane_count_public(lane, METER_LIMITS_CROWDED);
	return told;
}

bool quota_take(struct exchange *x)
{
	struct limits_told told;
	struct reply reply;

	if (x->route->may == MAY_ASK_OPENLY)
		return true; /* as without a credential */
	told = take(x->lane, &x->caller, x->begun_us);
	reply = (struct reply){ .retry_after_s = told.state.reset_s };
	x->quota = told.state;
	if (told.verdict == LIMITS_PASS)
		return true;
	lane_count_public(x->lane, METER_LIMITED_REQUESTS);
	problem_reply(&reply, x->format, 429, "too-many-requests", exchange_title(429),
		      arena_printf(x->mem, "%s may make %u requests a minute",
				   told.state.kind == ACTOR_AGENT ? "an agent" : "a client", told.state.quota)
			      .p,
		      "ask again when Retry-After is over");
	exchange_reply(x, &reply);
	return false;
}

bool quota_take_again(const struct lane *lane, const struct caller *caller, uint64_t now_us)
{
	return take(lane, caller, now_us).verdict == LIMITS_PASS;
}
