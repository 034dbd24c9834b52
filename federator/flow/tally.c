/* tally.c - what an answer counts for: its view, and what became of each part it asked. */
#include "federator/flow/request.h"

static void tally_run(const struct flow *flow, const struct run *run)
{
	static const enum source_meter meters[] = {
		[FACT_LIVE] = SOURCE_LIVE,	 [FACT_FRESH] = SOURCE_FRESH,	  [FACT_STALE] = SOURCE_STALE,
		[FACT_SKIPPED] = SOURCE_SKIPPED, [FACT_MISSING] = SOURCE_MISSING,
	};
	const struct fact *fact = &run->fact;
	struct counters *c;

	if (run->state != RUN_ENDED) /* refused before it came to an end */
		return;
	if (!run->begun_us && fact->state != FACT_MISSING) /* the rows of a walk, which counts itself */
		return;
	c = flow->world->source_meters[run->part->source->index];
	counters_add(c, meters[fact->state], 1);
	if (fact->state == FACT_MISSING)
		counters_add(c, SOURCE_WHY + meter_reason(fact->reason), 1);
	if (fact_excess(fact))
		counters_add(c, SOURCE_TRUNCATED, 1);
}

void tally_reply(const struct flow *flow)
{
	const struct reply *reply = &flow->reply;
	struct counters *c;

	for (size_t i = 0; i < flow->n_walks; i++)
		tally_run(flow, &flow->walks[i]);
	for (size_t i = 0; i < flow->n_runs; i++)
		tally_run(flow, &flow->runs[i]);
	if (!flow->view) /* the question named none that there is */
		return;
	c = flow->world->view_meters[flow->view->index];
	if (reply->status == 200 && reply->complete)
		counters_add(c, VIEW_COMPLETE, 1);
	else
		counters_add(c, VIEW_OTHERS + meter_status(reply->status), 1);
	histogram_count_in(c, VIEW_TOOK, reply->took_us);
}
