/* step_store.c - what the sources answered goes into the cache, after the reply has left. */
#include "federator/flow/steps.h"

enum step_end step_store(struct flow *flow)
{
	for (size_t i = 0; i < flow->n_walks; i++)
		job_store(&flow->walks[i]);
	for (size_t i = 0; i < flow->n_runs; i++)
		job_store(&flow->runs[i]);
	return STEP_DONE;
}
