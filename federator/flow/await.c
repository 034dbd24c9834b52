/* await.c - runs that wait for one job. Whoever comes first asks the source; the others, on whatever loop, get the same
 * rows or the same failure. A run is in its job's list until it leaves or is given the job; both take the lock, so it
 * never is in between. The flow of a run on another loop lives on until the post that gives it the job was run. */
#include "federator/flow/job.h"

void await_job(struct job *job, struct run *run)
{
	run->job = job;
	run->next = job->waiting;
	run->link = &job->waiting;
	if (run->next)
		run->next->link = &run->next;
	job->waiting = run;
}

bool await_end(struct run *run)
{
	if (!run->link)
		return false;
	*run->link = run->next;
	if (run->next)
		run->next->link = run->link;
	run->link = NULL;
	return true;
}

/* The next run that waits now has the job; NULL: none does. */
static struct run *hand_over(struct job *job)
{
	struct run *run;

	underway_lock(job->world->underway);
	run = job->waiting;
	if (run) {
		await_end(run);
		atomic_fetch_add(&job->owners, 1);
	}
	underway_unlock(job->world->underway);
	return run;
}

/* On the loop of a run that waits for another loop's job. */
static void on_landed_elsewhere(struct loop_post *p)
{
	struct run *run = CONTAINER_OF(p, struct run, landed);
	struct flow *flow = run->flow;

	if (run->state != RUN_ENDED || run->awaited)
		run_landed(run, run->job->fetch);
	flow_release(flow);
}

bool await_over(struct job *job)
{
	struct run *run;
	bool any = false;

	while ((run = hand_over(job))) {
		any = true;
		if (run->flow->lane != job->lane)
			loop_post(run->flow->lane->loop, &run->landed);
		else
			run_landed(run, job->fetch);
	}
	return any;
}

/* May the run have what a fetch brings that began before it? Behind its cap it hangs in a driver and brings nothing. */
static bool may_join(const struct run *run, const struct job *job)
{
	uint64_t age_us = clock_mono_us() - job->asked_us;

	return freshness_joins(run, age_us) && !job_overtaken(job, run) && age_us < UINT64_C(1000) * run->part->cap_ms;
}

static void wait_with_others(struct job *job, struct run *run)
{
	await_job(job, run);
	run->joined = true;
	run->landed.run = on_landed_elsewhere;
	if (job->begun)
		flight_hurry(&job->flight);
	if (job->begun && job->behind)
		refresh_promote(job);
	if (job->lane == run->flow->lane)
		return;
	run->flow->holds++;
	loop_wake(job->lane->loop); /* it may have landed there quietly */
}

enum job_begun await_others(struct run *run)
{
	struct underway *underway = run->flow->world->underway;
	struct underway_entry *e = underway_find(underway, run->part, &run->cache_key);

	if (e && may_join(run, CONTAINER_OF(e, struct job, entry))) {
		wait_with_others(CONTAINER_OF(e, struct job, entry), run);
		return JOB_JOINED;
	}
	return underway_stored(underway, &run->cache_key) == run->stored ? JOB_BEGUN : JOB_STORED;
}

bool job_abandon(struct run *run)
{
	struct flow *flow = run->flow;
	struct job *job = run->job;
	bool waited, keeps, elsewhere = job->lane != flow->lane;

	underway_lock(flow->world->underway);
	waited = await_end(run);
	keeps = job->shared && !job->entry.outdated && job->ticket.era &&
		run->part->ttl_ms + run->part->stale_ms > 0;
	if (waited && !run->joined)
		flight_hurry(&job->flight);
	underway_unlock(flow->world->underway);
	if (!waited)
		return false; /* it has the job, or gets it with a post that is on its way */
	run->job = NULL;
	if (elsewhere)
		flow_release(flow);
	return keeps;
}

void job_look(struct run *run)
{
	struct underway *underway = run->flow->world->underway;

	underway_lock(underway);
	run->stored = underway_stored(underway, &run->cache_key);
	underway_unlock(underway);
}
