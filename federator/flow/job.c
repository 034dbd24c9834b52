/* job.c - a fetch on its way to a source and back. When the answer leaves without it, its rows still go to the
 * cache. */
#include <stdlib.h>

#include "base/log.h"
#include "base/handoff.h"
#include "base/memory.h"
#include "federator/flow/cursor.h"
#include "federator/flow/each.h"
#include "federator/flow/job.h"
#include "federator/waiting.h"

/* Wall clock: when the source answered. Rows are kept only once the answer left, which may have waited for others. */
static int64_t answered_ms(const struct job *job)
{
	return lane_wall_ms(job->lane) - (int64_t)((clock_mono_us() - job->fetch->ended_us) / 1000);
}

/* Have younger rows landed, perhaps on another loop? */
static bool is_outdated(const struct job *job)
{
	bool outdated;

	underway_lock(job->world->underway);
	outdated = job->entry.outdated;
	underway_unlock(job->world->underway);
	return outdated;
}

static bool is_kept(const struct job *job)
{
	return cache_keeps(job->lane->cache) && job->fetch->rows->flags == 0 && job->shared && !is_outdated(job);
}

/* What was begun with its ticket brings nothing. */
static void release(const struct job *job)
{
	cache_release(job->lane->cache, &job->entry.key, job->ticket);
}

/* True: its rows are in the cache now. */
static bool store(const struct job *job)
{
	const struct part *part = job->part;
	uint64_t keep_ms = freshness_keep_ms(job->world->cat, part, job->fetch->rows);
	const struct job_names *names = job->names;

	if (!keep_ms || !is_kept(job) || !names) {
		release(job);
		return false;
	}
	if (job->wanted) {
		bool stored = each_store(job, answered_ms(job));

		release(job); /* behind them: who waits looks for them then */
		return stored;
	}
	cache_put(job->lane->cache, &(const struct cache_fill){ .key = &job->entry.key,
								.wholes = &job->world->wholes[part->index],
								.rows = job->fetch->rows,
								.stored_ms = answered_ms(job),
								.ttl_ms = keep_ms,
								.ticket = job->ticket,
								.names = names->of,
								.n_names = names->n,
								.n_asked = names->n_asked,
								.n_leads = names->n_leads,
								.of_customer = names->of_customer,
								.common = job->world->common[part->index],
								.given = names->of + names->n,
								.n_given = names->n_given });
	return true;
}

void job_drop(struct job *job)
{
	handoff_give(&job->owners);
	if (atomic_fetch_sub(&job->owners, 1) > 1)
		return;
	handoff_take(&job->owners);
	fetch_free(&job->fetch);
	world_unref(&job->world);
	free(job);
}

/* Keep the rows that were asked for. Rows that only a collation takes for them are told, as the cure is in the SQL. */
static void check_rows(struct job *job)
{
	static const char cure[] = "rows differ from the key asked for in case or accents only: compare by a binary "
				   "collation (COLLATE)";
	struct fetch *f = job->fetch;
	struct fact fact = { .part = job->part, .state = FACT_LIVE, .rows = f->rows, .tuples = job->tuples };
	bool alike = false, proved = proof_rows(job->query, job->keys, &fact, f->mem, &alike);

	if (alike)
		log_event(LOG_WARN, "collation", LOG_CSTR("part", job->part->name),
			  LOG_CSTR("source", job->part->source->name), LOG_CSTR("text", cure));
	if (proved) {
		combine_keep(&fact, f->mem);
		guard_rows(job->world->cat, job->query, job->keys, &fact, f->mem);
		f->rows = fact.rows;
		return;
	}
	err_set(&f->err, ERR_SUBJECT, job->part->name, "%s",
		alike ? cure : "a row does not carry the key it was asked for");
	counters_add(job->world->source_meters[job->part->source->index], SOURCE_WRONG_SUBJECT, 1);
	log_event(LOG_ERROR, "wrong_subject", LOG_CSTR("part", job->part->name),
		  LOG_CSTR("source", job->part->source->name));
	if (!cache_keeps(job->lane->cache))
		return;
	cache_drop(job->lane->cache, &job->entry.key);
	if (job->wanted)
		each_drop(job);
}

static void log_failure(const struct job *job)
{
	const struct err *err = &job->fetch->err;

	log_event(LOG_WARN, "fetch_failed", LOG_CSTR("part", job->part->name),
		  LOG_CSTR("source", job->part->source->name), LOG_CSTR("reason", err_reason(err->cls)),
		  LOG_CSTR("text", err->text));
}

/* From here on a question for the same finds the copy, or asks anew. */
static void close_job(struct job *job, bool stored)
{
	if (!job->shared)
		return;
	underway_lock(job->world->underway);
	underway_remove(job->world->underway, &job->entry, stored);
	underway_unlock(job->world->underway);
}

/* At the end of the loop's turn, when the answers that waited have left. Others may have come to wait since; true: the
 * loop must send what they were answered. */
static bool store_landed(struct loop_turn *t)
{
	struct lane *lane = CONTAINER_OF(t, struct lane, store);
	bool more = false;

	while (lane->landed) {
		struct job *job = lane->landed;

		lane->landed = job->next;
		close_job(job, store(job));
		job_note_overtaken(job);
		more = await_over(job) || more;
		job_drop(job);
	}
	return more;
}

static void store_later(struct job *job)
{
	struct lane *lane = job->lane;

	if (!lane->store.turn) { /* behind the hook that sends answers */
		lane->store.turn = store_landed;
		loop_add_turn(lane->loop, &lane->store);
	}
	job->next = lane->landed;
	lane->landed = job;
}

/* Its rows will be stored; older ones under way shall not take their place. */
static void note_landed(struct job *job)
{
	if (!job->shared)
		return;
	underway_lock(job->world->underway);
	underway_landed(&job->entry);
	underway_unlock(job->world->underway);
}

static void on_landed(struct loop_post *p)
{
	struct job *job = CONTAINER_OF(p, struct job, landed);
	struct fetch *f = job->fetch;

	waiting_landed(job->lane, job->flight.adapter, f);
	flight_end(&job->flight);
	if (job->crew)
		refresh_landed(job);
	if (f->err.cls == ERR_NONE)
		check_rows(job);
	if (f->err.cls == ERR_NONE) {
		job_note_names(job);
		note_landed(job);
		await_over(job);
		store_later(job);
		return;
	}
	close_job(job, false);
	release(job);
	log_failure(job);
	await_over(job);
	job_drop(job);
}

/* On a worker's thread. */
static void on_fetched(struct fetch *f)
{
	struct job *job = f->owner;

	flight_land(&job->flight, &job->landed);
}

static void copy_keys(struct job *job, const struct run *run)
{
	struct arena *mem = job->fetch->mem;

	job->tuples = combine_copy(run->fact.tuples, mem);
	job->keys = arena_array_of(mem, struct key_set, run->query->n_by);
	for (size_t k = 0; k < run->query->n_by; k++) {
		job->keys[k] = run->keys[k];
		job->keys[k].values = arena_array_of(mem, struct str, run->keys[k].n + 1);
		for (size_t v = 0; v < run->keys[k].n; v++)
			job->keys[k].values[v] = arena_str(mem, run->keys[k].values[v]);
	}
}

static void set_limits(const struct job *job, struct fetch *f)
{
	const struct options *opt = service_options(job->lane->service);
	const char **columns = arena_array_of(f->mem, const char *, job->part->n_columns);
	bool *bytes = arena_array_of(f->mem, bool, job->part->n_columns);

	for (size_t c = 0; c < job->part->n_columns; c++) {
		columns[c] = job->part->columns[c].name;
		bytes[c] = job->part->columns[c].type == TYPE_BYTES;
	}
	f->part = job->part->name;
	f->columns = columns;
	f->bytes = bytes;
	f->n_columns = (uint32_t)job->part->n_columns;
	f->max_rows = guard_max_rows(job->part, combine_asked(job->query, job->keys, job->tuples));
	f->max_bytes = opt->max_fetch_bytes;
	f->give_up = deadline_after_ms(job->part->deadline_ms);
	f->cap = deadline_after_ms(job->part->cap_ms);
}

/* Can another part be asked as soon as this one is here? */
static bool somebody_waits_for(const struct run *run)
{
	const struct flow *flow = run->flow;
	const struct run *runs = run->walk ? flow->walks : flow->runs;
	size_t n = run->walk ? flow->n_walks : flow->n_runs;

	for (size_t i = 0; i < n; i++)
		for (size_t a = 0; a < runs[i].n_after; a++)
			if (runs[i].after[a] == run)
				return true;
	return false;
}

/* Do its rows depend on nothing but its key? */
static bool is_common(const struct run *run)
{
	return *run->cache_key.text && !run_pages_on(run);
}

struct job *job_new(const struct run *run)
{
	struct job *job = memory_new(sizeof(*job));

	*job = (struct job){ .entry = { .part = run->part, .key = run->cache_key },
			     .ticket = run->ticket,
			     .landed = { .run = on_landed },
			     .lane = run->flow->lane,
			     .shared = is_common(run) && !run->flow->ask.no_store,
			     .asked_us = clock_mono_us() };
	atomic_init(&job->owners, 1);
	if (job->shared)
		underway_add(run->flow->world->underway, &job->entry);
	return job;
}

static void make_fetch(struct job *job, const struct run *run)
{
	job->world = world_ref(run->flow->world);
	job->part = run->part;
	job->query = run->query;
	job->fetch = fetch_new();
	copy_keys(job, run);
	job->tenant = arena_str(job->fetch->mem, run->flow->ask.tenant);
	if (run->of_things && run->keys[0].n > 1)
		job->wanted = each_wanted(run, job->fetch->mem);
	else if (!run->of_things && !run->walk && run->flow->match.outcome == OUTCOME_ONE)
		job->subject = arena_str(job->fetch->mem, run->flow->match.subject);
	job->before = cursor_before(run->flow, job->part->source, job->fetch->mem);
	job->fetch->done = on_fetched;
	job->fetch->owner = job;
	job->fetch->batch = together_batch(job->part, job->query, job->keys, job->fetch->mem);
	job->flight.urgent = somebody_waits_for(run) || run->flow->progress;
	set_limits(job, job->fetch);
}

static bool write_fetch(const struct job *job, struct err *err)
{
	return wording_write(&(struct asking){ .part = job->part, .query = job->query, .keys = job->keys,
					       .tuples = job->tuples, .before = job->before },
			     job->fetch, err);
}

bool job_prepare(struct job *job, const struct run *run, struct err *err)
{
	make_fetch(job, run);
	return write_fetch(job, err);
}

void job_refuse(struct job *job, const struct err *err)
{
	job->fetch->err = *err;
	close_job(job, false);
	release(job);
	await_over(job);
	job_drop(job);
}

/* Runs of other loops may wait for it by now. */
static void refuse(struct job *job, struct run *run, const struct err *err)
{
	underway_lock(job->world->underway);
	await_end(run);
	underway_unlock(job->world->underway);
	run->job = NULL;
	job_refuse(job, err);
}

static bool submit(struct job *job, struct run *run, struct err *err)
{
	struct flow *flow = run->flow;
	struct adapter *adapter = flow->world->adapters[run->part->source->index];

	if (!flow->crew)
		flow->crew = crew_new();
	make_fetch(job, run);
	if (!room_for(run, err) || !write_fetch(job, err) ||
	    !flight_begin(&job->flight, flow->lane, flow->crew, adapter, job->fetch, err)) {
		refuse(job, run, err);
		return false;
	}
	room_taken(run);
	underway_lock(job->world->underway);
	job->begun = true;
	if (job->waiting != run || run->next)
		flight_hurry(&job->flight);
	underway_unlock(job->world->underway);
	return true;
}

enum job_begun job_join(struct run *run)
{
	enum job_begun end;

	underway_lock(run->flow->world->underway);
	end = await_others(run);
	underway_unlock(run->flow->world->underway);
	return end;
}

enum job_begun job_begin(struct run *run, struct err *err)
{
	struct underway *underway = run->flow->world->underway;
	enum job_begun end = JOB_BEGUN;
	struct job *job = NULL;

	underway_lock(underway);
	if (is_common(run) && !run->flow->ask.no_cache)
		end = await_others(run);
	if (end == JOB_BEGUN) {
		job = job_new(run);
		await_job(job, run);
		run->joined = false;
	}
	underway_unlock(underway);
	return !job || submit(job, run, err) ? end : JOB_REFUSED;
}

bool job_overtaken(const struct job *job, const struct run *run)
{
	return job->asked_us <= run->begun_us && atomic_load(&job->overtaken);
}

const struct run *job_run(const struct fetch *f)
{
	const struct job *job = f->owner;

	return job->waiting;
}

void job_free(struct run *run)
{
	struct job *job = run->job;

	run->job = NULL;
	job_drop(job);
}
