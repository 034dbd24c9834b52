/* cache_status.c - what the cache was good for, as a header field says it: one word for all parts of an answer. */
#include <stdio.h>

#include "base/civil.h"
#include "federator/flow/request.h"

struct status {
	bool hit; /* some run was served by a copy */
	bool missed; /* some run asked its source */
	bool collapsed; /* all of these waited for what others asked */
	enum forward forward; /* why, the most important reason */
	int64_t ttl_ms; /* of the copy that is outdated first */
};

static void add_copy(struct status *s, const struct fact *fact)
{
	int64_t ttl_ms = (int64_t)freshness_ttl_ms(fact->part, fact->rows) - fact->age_ms;

	s->ttl_ms = s->hit && s->ttl_ms < ttl_ms ? s->ttl_ms : ttl_ms;
	s->hit = true;
}

static void add_forward(struct status *s, const struct run *run)
{
	s->forward = s->missed && s->forward < run->forward ? s->forward : run->forward;
	s->collapsed = (s->collapsed || !s->missed) && run->joined;
	s->missed = true;
}

/* Those that took over the rows of a walk began nothing. */
static void add_runs(struct status *s, const struct run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct run *run = &runs[i];

		if (run->forward != FORWARD_NOT)
			add_forward(s, run);
		else if (run->begun_us && (run->fact.state == FACT_FRESH || run->fact.state == FACT_STALE))
			add_copy(s, &run->fact);
	}
}

static const char *word_of(enum forward forward)
{
	switch (forward) {
	case FORWARD_NOT:
	case FORWARD_MISS:
		return "miss";
	case FORWARD_STALE:
		return "stale";
	case FORWARD_REQUEST:
		return "request";
	case FORWARD_BYPASS:
		return "bypass";
	}
	return "miss";
}

void cache_status_make(struct flow *flow)
{
	struct reply *reply = &flow->reply;
	struct status s = { 0 };

	add_runs(&s, flow->walks, flow->n_walks);
	add_runs(&s, flow->runs, flow->n_runs);
	reply->from_cache = s.hit && !s.missed;
	if (reply->from_cache)
		snprintf(reply->cache_status, sizeof(reply->cache_status), "federator; hit; ttl=%lld",
			 (long long)civil_floor_div(s.ttl_ms, 1000));
	else if (s.missed)
		snprintf(reply->cache_status, sizeof(reply->cache_status), "federator; fwd=%s%s",
			 s.hit ? "partial" : word_of(s.forward), s.collapsed ? "; collapsed" : "");
}
