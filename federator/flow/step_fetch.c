/* step_fetch.c - all parts of the view, side by side, each as soon as its keys are known. */
#include "federator/flow/steps.h"

/* An asked identity that every part which knows customers answered with no row is nobody. */
static void confirm(struct flow *flow)
{
	bool all_answered = flow->n_confirms > 0, any_row = false;

	for (size_t i = 0; i < flow->n_confirms; i++) {
		all_answered = all_answered && fact_known(&flow->confirms[i]->fact);
		any_row = any_row || fact_rows(&flow->confirms[i]->fact) > 0;
	}
	if (flow->n_confirms && !any_row && all_answered)
		flow->match.outcome = OUTCOME_NONE;
	if (flow->n_confirms && !all_answered)
		flow->match.complete = false;
}

/* Nobody is known by the asked keys, and every part answered that there is nothing to show either. A part that is
 * only asked for the keys it gives shows nothing, whatever its rows. */
static bool nothing_there(const struct flow *flow)
{
	for (size_t i = 0; i < flow->n_runs; i++)
		if (flow->runs[i].shown &&
		    (!fact_known(&flow->runs[i].fact) || fact_rows(&flow->runs[i].fact) > 0))
			return false;
	return true;
}

/* An asked identity that no source vouched for: of which nothing at all is known, while somebody who could know has
 * not answered. Flat views always have their defaults. */
static bool nobody_answered(const struct flow *flow)
{
	bool missing = false, known = false;

	if (flow->match.outcome != OUTCOME_ONE || flow->view->shape != SHAPE_TREE ||
	    flow->match.candidates[0].n_evidence)
		return false;
	for (size_t i = 0; i < flow->n_runs; i++) {
		known = known || fact_known(&flow->runs[i].fact);
		if (fact_rows(&flow->runs[i].fact))
			return false;
	}
	for (size_t i = 0; i < flow->n_confirms; i++)
		missing = missing || !fact_known(&flow->confirms[i]->fact);
	return missing || (flow->n_runs > 0 && !known);
}

enum step_end step_fetch(struct flow *flow)
{
	bool walked;

	for (size_t i = 0; flow->expired && i < flow->n_runs; i++)
		run_expire(&flow->runs[i]);
	if (!runs_advance(flow->runs, flow->n_runs)) {
		progress_show(flow);
		return STEP_WAIT;
	}
	if (freshness_check(flow, flow->runs, flow->n_runs) == STEP_REFUSED)
		return STEP_REFUSED;
	if (nobody_answered(flow))
		return flow_refuse_unanswered(flow, flow->runs, flow->n_runs);
	walked = flow->match.complete;
	confirm(flow);
	if (flow->match.outcome == OUTCOME_NONE && !walked && flow->view->shape == SHAPE_TREE)
		return flow_refuse_unanswered(flow, flow->walks, flow->n_walks); /* another key may name somebody */
	if (flow->match.outcome == OUTCOME_UNLINKED && nothing_there(flow))
		flow->match.outcome = OUTCOME_NONE;
	return STEP_DONE;
}
