#include "federator/charge.h"

#include "base/log.h"

static void tell(const struct lane *lane, const struct limits_who *who, enum limits_notice notice)
{
	if (!notice)
		return;
	counters_add(lane->meters, METER_SCRAPING + notice - 1, 1);
	log_event(LOG_WARN, "scraping_suspected", LOG_STR("client", who->client), LOG_STR("agent", who->agent),
		  LOG_CSTR("text", notice == NOTICE_SEQUENCE ?
					   "asks by keys that lie side by side, as in a range that is counted through" :
					   "asks by many keys, and most of them are nobody's"));
}

static struct limits_told count(const struct lane *lane, const struct limits_who *who, struct limits_told told)
{
	if (told.verdict != LIMITS_PASS)
		counters_add(lane->meters, METER_LIMITED_CUSTOMERS, 1);
	tell(lane, who, told.notice);
	return told;
}

struct limits_told charge_key(const struct lane *lane, const struct limits_who *who, struct str key, struct str value,
			      uint64_t now_us)
{
	return count(lane, who, limits_customer(service_limits(lane->service), who, key, value, now_us));
}

struct limits_told charge_subject(const struct lane *lane, const struct limits_who *who, uint64_t subject,
				  uint64_t now_us)
{
	return count(lane, who, limits_subject(service_limits(lane->service), who, subject, now_us));
}

void charge_nobody(const struct lane *lane, const struct limits_who *who, uint64_t now_us)
{
	tell(lane, who, limits_nobody(service_limits(lane->service), who, now_us));
}

struct str charge_detail(const struct limits_state *over, struct arena *mem)
{
	return arena_printf(mem, "%s may ask for %u customers an hour",
			    over->kind == ACTOR_AGENT ? "an agent" : "a client", over->quota);
}
