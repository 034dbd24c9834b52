/* freshness.c - what a copy is good for, by the ttl and stale of its part and by the Cache-Control of the question. */
#include "federator/flow/request.h"
#include "metadata/plan.h"

enum { SKEW_MS = 2000 }; /* that the clocks of nodes may differ by */

static const char not_in_cache[] = "not_in_cache";

/* Who the customer is, and whether there is consent, is never told by an old copy while the source can be asked. */
static bool decides(const struct run *run)
{
	return run->walk || run->part->consents || plan_part_gives(run->part, run->flow->world->cat->identity);
}

uint64_t freshness_ttl_ms(const struct part *part, const struct rows *rows)
{
	return rows->n_rows ? part->ttl_ms : part->negative_ms;
}

/* That there is nobody does not stand in for a source. */
uint64_t freshness_keep_ms(const struct catalog *cat, const struct part *part, const struct rows *rows)
{
	bool nobody = !rows->n_rows && plan_part_gives(part, cat->identity);

	return freshness_ttl_ms(part, rows) + (nobody ? 0 : part->stale_ms);
}

static bool is_young(const struct ask *ask, uint64_t age_ms)
{
	return !ask->has_max_age || age_ms <= UINT64_C(1000) * ask->max_age_s;
}

static bool is_fresh(const struct run *run, uint64_t ttl_ms, uint64_t age_ms)
{
	const struct ask *ask = &run->flow->ask;

	return age_ms < ttl_ms && ttl_ms - age_ms >= UINT64_C(1000) * ask->min_fresh_s && is_young(ask, age_ms);
}

/* Is a copy taken that is over its ttl by so much? Said by the question, or, where it says nothing about ages, by the
 * mapping. min-fresh and max-stale contradict each other: then the stricter one counts. */
static bool is_taken_old(const struct run *run, uint64_t over_ms, bool refreshed)
{
	const struct ask *ask = &run->flow->ask;

	if (decides(run) || ask->min_fresh_s)
		return false;
	if (ask->has_max_stale)
		return ask->max_stale_s == UINT32_MAX || over_ms <= UINT64_C(1000) * ask->max_stale_s;
	return refreshed && !ask->has_max_age;
}

static enum freshness old_of(const struct run *run, uint64_t over_ms, uint64_t age_ms)
{
	const struct ask *ask = &run->flow->ask;
	bool refreshed = over_ms < run->part->revalidate_ms;

	if (!is_taken_old(run, over_ms, refreshed) || !is_young(ask, age_ms))
		return COPY_SPARE;
	return refreshed && !ask->only_if_cached && !ask->no_store ? COPY_REFRESHED : COPY_OLD;
}

int64_t freshness_age_ms(const struct run *run, int64_t stored_ms)
{
	int64_t age_ms = lane_wall_ms(run->flow->lane) - stored_ms;

	return age_ms < 0 && age_ms >= -SKEW_MS ? 0 : age_ms;
}

enum freshness freshness_of(const struct run *run, const struct rows *rows, int64_t age_ms)
{
	uint64_t age = (uint64_t)age_ms, ttl_ms = freshness_ttl_ms(run->part, rows);

	if (age_ms < 0 || age > freshness_keep_ms(run->flow->world->cat, run->part, rows))
		return COPY_NOT;
	if (is_fresh(run, ttl_ms, age))
		return COPY_FRESH;
	return age < ttl_ms ? COPY_SPARE : old_of(run, age - ttl_ms, age);
}

enum forward freshness_forward(const struct part *part, const struct rows *rows, int64_t age_ms)
{
	return age_ms >= 0 && (uint64_t)age_ms < freshness_ttl_ms(part, rows) ? FORWARD_REQUEST : FORWARD_STALE;
}

bool freshness_joins(const struct run *run, uint64_t age_us)
{
	return age_us < run->part->ttl_ms * 1000 && is_fresh(run, run->part->ttl_ms, (age_us + 999) / 1000);
}

void freshness_lack(struct run *run)
{
	run->copy.rows = NULL; /* it may stand in for a source that was asked, and none is */
	run_fail(run, not_in_cache);
}

enum step_end freshness_check(struct flow *flow, const struct run *runs, size_t n_runs)
{
	if (!flow->ask.only_if_cached || flow->view->shape != SHAPE_TREE)
		return STEP_DONE;
	for (size_t i = 0; i < n_runs; i++) {
		const struct fact *fact = &runs[i].fact;

		if (fact->state == FACT_MISSING && fact->reason == not_in_cache)
			return flow_refuse(flow, 504, "not-in-cache", "Not in the cache",
					   arena_printf(flow->mem, "part `%s` has no copy that can be used, and the "
						        "question allows to ask no source (only-if-cached)",
							fact->part->name),
					   "ask without only-if-cached, or with max-stale");
	}
	return STEP_DONE;
}
