/* job.c - a fetch on its way to a source and back. When the answer leaves without it, its rows still go to the
 * cache. */
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/flow/flight.h"
#include "federator/flow/request.h"
#include "federator/waiting.h"
#include "metadata/plan.h"

struct job {
	struct fetch *fetch;
	struct loop_post landed;
	struct flight flight;
	struct run *run; /* NULL: abandoned */
	struct lane *lane;
	const struct world *world;
	const struct part *part;
	const struct query *query;
	struct key_set *keys; /* canonical, in the fetch's arena */
	const struct tuples *tuples; /* in the fetch's arena */
	struct cache_key cache_key;
	struct str before; /* of a query that takes :before, in the fetch's arena */
	bool passing; /* :before is bound: its rows are not kept */
};

/* Negative answers about who a customer is live this long at most. */
enum { NEGATIVE_TTL_MS = 5000 };

static void store(const struct job *job)
{
	const struct part *part = job->part;
	uint64_t keep_ms = part->ttl_ms + part->stale_ms;

	if (job->fetch->rows->n_rows == 0 && plan_part_gives(part, job->world->cat->identity))
		keep_ms = part->ttl_ms < NEGATIVE_TTL_MS ? part->ttl_ms : NEGATIVE_TTL_MS;
	if (keep_ms && cache_keeps(job->lane->cache) && job->fetch->rows->flags == 0 && !job->passing)
		cache_put(job->lane->cache, &job->cache_key, job->fetch->rows, lane_wall_ms(job->lane), keep_ms);
}

static void free_job(struct job *job)
{
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
	log_event(LOG_ERROR, "wrong_subject", LOG_CSTR("part", job->part->name),
		  LOG_CSTR("source", job->part->source->name));
	if (cache_keeps(job->lane->cache))
		cache_drop(job->lane->cache, &job->cache_key);
}

static void log_failure(const struct job *job)
{
	const struct err *err = &job->fetch->err;

	log_event(LOG_WARN, "fetch_failed", LOG_CSTR("part", job->part->name),
		  LOG_CSTR("source", job->part->source->name), LOG_CSTR("reason", err_reason(err->cls)),
		  LOG_CSTR("text", err->text));
}

static void on_landed(struct loop_post *p)
{
	struct job *job = CONTAINER_OF(p, struct job, landed);
	struct fetch *f = job->fetch;
	struct run *run = job->run;

	waiting_landed(job->lane, job->flight.adapter, f);
	flight_end(&job->flight);
	if (f->err.cls == ERR_NONE)
		check_rows(job);
	if (f->err.cls == ERR_NONE && run) {
		run_landed(run, f); /* the run keeps the job, and with it the rows */
		return;
	}
	if (f->err.cls == ERR_NONE)
		store(job);
	else
		log_failure(job);
	if (run) {
		job_abandon(run);
		run_landed(run, f);
	}
	free_job(job);
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

static bool write_fetch(const struct job *job, struct err *err)
{
	return wording_write(&(struct asking){ .part = job->part, .query = job->query, .keys = job->keys,
					       .tuples = job->tuples, .before = job->before },
			     job->fetch, err);
}

bool job_submit(struct run *run, struct err *err)
{
	struct flow *flow = run->flow;
	struct adapter *adapter = flow->world->adapters[run->part->source->index];
	struct job *job = memory_new(sizeof(*job));

	*job = (struct job){ .fetch = fetch_new(),
			     .landed = { .run = on_landed },
			     .run = run,
			     .lane = flow->lane,
			     .world = world_ref(flow->world),
			     .part = run->part,
			     .query = run->query,
			     .cache_key = run->cache_key };
	copy_keys(job, run);
	job->before = cursor_before(flow, job->part->source, job->fetch->mem);
	job->passing = run_pages_on(run);
	job->fetch->done = on_fetched;
	job->fetch->owner = job;
	job->fetch->batch = together_batch(job->part, job->query, job->keys, job->fetch->mem);
	job->flight.urgent = somebody_waits_for(run);
	set_limits(job, job->fetch);
	if (!write_fetch(job, err) ||
	    !flight_begin(&job->flight, flow->lane, flow->crew, adapter, job->fetch, err)) {
		free_job(job);
		return false;
	}
	waiting_queued(flow->lane, adapter);
	run->job = job;
	return true;
}

const struct run *job_run(const struct fetch *f)
{
	const struct job *job = f->owner;

	return job->run;
}

void job_abandon(struct run *run)
{
	flight_abandon(&run->job->flight);
	run->job->run = NULL;
	run->job = NULL;
}

void job_store(struct run *run)
{
	if (run->job && run->fact.state == FACT_LIVE)
		store(run->job);
}

void job_free(struct run *run)
{
	free_job(run->job);
	run->job = NULL;
}
