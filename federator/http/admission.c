#include "federator/http/admission.h"

#include <assert.h>

#include "base/log.h"

enum {
	LAG_MOST_US = 100 * 1000,
	TELL_EVERY_US = 1000 * 1000,
};

static const struct {
	const char *name; /* in the log and metrics */
	const char *text;
} reasons[SHED_REASONS] = {
	[SHED_NOT] = { "", "" },
	[SHED_FULL] = { "full", "too many requests are in flight" },
	[SHED_SHARE] = { "share", "the tenant has too many requests in flight" },
	[SHED_LAG] = { "lag", "the service is behind with its work" },
	[SHED_MEMORY] = { "memory", "the service has no memory to spare" },
	[SHED_CONNECTIONS] = { "connections", "all connections are taken" },
	[SHED_QUEUE] = { "queue", "too many fetches wait for a source" },
};

static bool is_of(const struct tenant_use *t, struct str tenant)
{
	return t->in_flight && strlen(t->name) == tenant.n && memcmp(t->name, tenant.p, tenant.n) == 0;
}

/* Names are cut to what a place holds: tenants that are alike so far share one. */
static struct str shortened(struct str tenant)
{
	const size_t most = sizeof(((struct tenant_use *)NULL)->name) - 1;

	return (struct str){ tenant.n ? tenant.p : "", tenant.n < most ? tenant.n : most };
}

/* The tenant's place, or a free one; NULL: there is none. */
static struct tenant_use *place_of(struct admission *a, struct str tenant)
{
	struct tenant_use *free_place = NULL;
	uint32_t active = 0;

	for (size_t i = 0; i < ADMISSION_TENANTS && (active < a->n_active || !free_place); i++) {
		struct tenant_use *t = &a->tenants[i];

		if (is_of(t, tenant))
			return t;
		active += t->in_flight != 0;
		if (!t->in_flight && !free_place)
			free_place = t;
	}
	return free_place;
}

/* The last quarter is for those who have less than an equal share. */
static bool has_its_share(const struct admission *a, const struct tenant_use *t, uint32_t most)
{
	uint32_t active = a->n_active + !t->in_flight;

	return active > 1 && a->in_flight >= most - most / 4 && t->in_flight >= most / active;
}

enum shed admission_enter(struct admission *a, struct str tenant, const struct admission_now *now)
{
	struct tenant_use *t;

	if (now->memory_short)
		return SHED_MEMORY;
	if (now->lag_us > LAG_MOST_US)
		return SHED_LAG;
	tenant = shortened(tenant);
	t = place_of(a, tenant);
	if (a->in_flight >= now->most || !t)
		return SHED_FULL;
	if ((now->most_of_tenant && t->in_flight >= now->most_of_tenant) || has_its_share(a, t, now->most))
		return SHED_SHARE;
	if (!t->in_flight) {
		memcpy(t->name, tenant.p, tenant.n);
		t->name[tenant.n] = '\0';
		a->n_active++;
	}
	t->in_flight++;
	a->in_flight++;
	return SHED_NOT;
}

void admission_leave(struct admission *a, struct str tenant)
{
	struct tenant_use *t = place_of(a, shortened(tenant));

	assert(t && t->in_flight);
	t->in_flight--;
	a->in_flight--;
	if (!t->in_flight)
		a->n_active--;
}

void admission_tell(struct admission *a, enum shed why, uint64_t now_us)
{
	uint64_t all = 0;

	a->shed[why]++;
	if (a->told_us && now_us - a->told_us < TELL_EVERY_US)
		return;
	for (size_t i = 0; i < SHED_REASONS; i++)
		all += a->shed[i];
	log_event(LOG_WARN, "shed", LOG_CSTR("reason", reasons[why].name), LOG_NUM("requests", all - a->told),
		  LOG_NUM("in_flight", a->in_flight));
	a->told = all;
	a->told_us = now_us;
}

const char *admission_word(enum shed why)
{
	return reasons[why].name;
}

const char *admission_text(enum shed why)
{
	return reasons[why].text;
}
