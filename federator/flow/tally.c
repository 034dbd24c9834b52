/* tally.c - what an answer counts for: its view, and what became of each part it asked. */
#include "federator/flow/request.h"

size_t tally_meters(const struct run *run, size_t out[TALLY_MOST])
{
	static const enum source_meter meters[] = {
		[FACT_LIVE] = SOURCE_LIVE,	 [FACT_FRESH] = SOURCE_FRESH,	  [FACT_STALE] = SOURCE_STALE,
		[FACT_SKIPPED] = SOURCE_SKIPPED, [FACT_MISSING] = SOURCE_MISSING,
	};
	const struct fact *fact = &run->fact;
	size_t n = 0;

	if (run->state != RUN_ENDED) /* refused before it came to an end */
		return 0;
	if (!run->begun_us && fact->state != FACT_MISSING) /* the rows of a walk, which counts itself */
		return 0;
	out[n++] = meters[fact->state];
	if (fact->state == FACT_MISSING)
		out[n++] = SOURCE_WHY + meter_reason(fact->reason);
	if (fact_excess(fact))
		out[n++] = SOURCE_TRUNCATED;
	return n;
}

static void tally_run(const struct flow *flow, const struct run *run)
{
	size_t meters[TALLY_MOST], n = tally_meters(run, meters);

	for (size_t i = 0; i < n; i++)
		counters_add(flow->world->source_meters[run->part->source->index], meters[i], 1);
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
