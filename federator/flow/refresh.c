/* refresh.c - what is shown though it is over its ttl is asked for again behind the answer. Such a fetch yields to all
 * others: it is begun only where a worker is free for it, and a quarter of a source is all that they get. Who asks the
 * same meanwhile waits for it, and then it is a fetch as any other. */
#include "federator/flow/job.h"
#include "federator/waiting.h"

static void count(const struct run *run, size_t meter)
{
	counters_add(run->flow->world->source_meters[run->part->source->index], meter, 1);
}

static struct adapter *adapter_of(const struct job *job)
{
	return job->world->adapters[job->part->source->index];
}

void refresh_promote(struct job *job)
{
	job->behind = false;
	adapter_promote(adapter_of(job));
}

void refresh_landed(struct job *job)
{
	underway_lock(job->world->underway);
	if (job->behind)
		refresh_promote(job);
	underway_unlock(job->world->underway);
	crew_drop(job->crew);
	job->crew = NULL;
}

/* Is it not asked already, nor stored since the run looked? Under the lock. */
static bool is_free(const struct run *run)
{
	struct underway *underway = run->flow->world->underway;

	return !underway_find(underway, run->part, &run->cache_key) &&
	       underway_stored(underway, &run->cache_key) == run->stored;
}

/* NULL: somebody else was quicker. */
static struct job *new_job(const struct run *run)
{
	struct underway *underway = run->flow->world->underway;
	struct job *job = NULL;

	underway_lock(underway);
	if (is_free(run)) {
		job = job_new(run);
		job->crew = crew_new();
		job->flight.behind = true;
	}
	underway_unlock(underway);
	return job;
}

static bool submit(struct job *job, const struct run *run, struct err *err)
{
	struct lane *lane = run->flow->lane;

	if (!job_prepare(job, run, err) ||
	    !flight_begin(&job->flight, lane, job->crew, adapter_of(job), job->fetch, err))
		return false;
	waiting_queued(lane, adapter_of(job));
	underway_lock(job->world->underway);
	job->begun = job->behind = true;
	if (job->waiting) {
		flight_hurry(&job->flight);
		refresh_promote(job);
	}
	underway_unlock(job->world->underway);
	return true;
}

static bool is_wanted(const struct run *run)
{
	bool wanted;

	underway_lock(run->flow->world->underway);
	wanted = is_free(run);
	underway_unlock(run->flow->world->underway);
	return wanted;
}

static void ask_behind(struct run *run)
{
	struct err err = { 0 };
	struct job *job = new_job(run);

	if (!job) {
		cache_release(run->flow->lane->cache, &run->cache_key, run->ticket);
		return;
	}
	if (submit(job, run, &err)) {
		count(run, SOURCE_REFRESHES);
		return;
	}
	run->fact.refreshing = false;
	count(run, SOURCE_REFRESHES_SKIPPED + (err.cls != ERR_BUSY));
	crew_drop(job->crew);
	job->crew = NULL;
	job_refuse(job, &err);
}

/* The answer may have left meanwhile. Without a ticket another process asks, or nothing could be kept. */
static void on_begun(struct cache_ask *ask, struct cache_hit hit)
{
	struct run *run = CONTAINER_OF(ask, struct run, look);

	run->ticket = ask->ticket;
	if (!hit.rows && run->ticket.era)
		ask_behind(run);
	flow_release(run->flow);
}

bool refresh_begin(struct run *run)
{
	struct lane *lane = run->flow->lane;

	run->fact.refreshing = true;
	if (lane->still_ms || !is_wanted(run)) /* nothing happens behind an answer where no time passes */
		return true;
	look_ask(run, on_begun);
	run->look.how = CACHE_BEHIND;
	run->look.seen = run->copy.began;
	run->look.version = run->version;
	run->look.lease_ms = run->part->cap_ms + LEASE_SPARE_MS;
	cache_begin(lane->cache, &run->look);
	return run->fact.refreshing;
}
