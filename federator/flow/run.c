/* run.c - one part, asked with one query, before its deadline: cache first, then the source. */
#include <stdlib.h>

#include "federator/flow/cursor.h"
#include "federator/flow/each.h"
#include "federator/view/tuples.h"
#include "metadata/plan.h"
#include "metadata/sqltext.h"

static struct run *run_of_timer(struct loop_timer *t)
{
	return CONTAINER_OF(t, struct run, late);
}

/* May its rows be about somebody else, who shares the key they were asked by? */
static bool may_mix(const struct run *run)
{
	const struct key *identity = run->flow->world->cat->identity;
	bool by_identity = false, proves = plan_part_proves(run->part, identity);

	for (size_t i = 0; i < run->query->n_by; i++)
		by_identity = by_identity || (run->query->by[i].key == identity && !run->query->by[i].optional);
	return (proves || plan_part_gives(run->part, identity)) && !(by_identity && proves);
}

/* A view shows no row that says it is another customer's. */
static void keep_own(struct run *run)
{
	if (run->walk || !fact_rows(&run->fact) || !may_mix(run))
		return;
	run->fact.rows = candidate_rows(run->flow, &run->fact, run->flow->match.subject, WHOSE_NOBODYS);
	run->fact.keys = NULL;
}

/* The loop may look at a landed fetch later than it landed, and let a run wait for it meanwhile. 0: it never began. */
static uint64_t took_us(const struct run *run)
{
	uint64_t end_us = run->landed_us ? run->landed_us : clock_mono_us();

	return run->begun_us && end_us > run->begun_us ? end_us - run->begun_us : 0;
}

static void end_run(struct run *run, enum fact_state state)
{
	run->state = RUN_ENDED;
	run->fact.state = state;
	keep_own(run);
	guard_view(run);
	run->fact.took_us = took_us(run);
	loop_timer_cancel(run->flow->lane->loop, &run->late);
	flow_wake(run->flow);
}

static void lay_copy(struct run *run)
{
	run->fact.rows = run->copy.rows;
	run->fact.stored_ms = run->copy.stored_ms;
	run->fact.age_ms = freshness_age_ms(run, run->copy.stored_ms);
}

void run_take_copy(struct run *run, enum fact_state state)
{
	lay_copy(run);
	end_run(run, state);
}

void run_lend_copy(struct run *run)
{
	lay_copy(run);
	run->fact.state = FACT_STALE;
	run->fact.refreshing = true;
	keep_own(run);
	guard_view(run);
}

void run_fail(struct run *run, const char *reason)
{
	if (run->job)
		run->fact.refreshing = progress_awaits(run) || job_abandon(run);
	run->fact.reason = reason;
	if (run->copy.rows && !each_lost(run))
		run_take_copy(run, FACT_STALE);
	else
		end_run(run, FACT_MISSING);
}

void run_expire(struct run *run)
{
	if (run->state != RUN_ENDED)
		run_fail(run, err_reason(ERR_LATE));
}

static void on_late(struct loop_timer *t)
{
	run_expire(run_of_timer(t));
}

void run_ask_source(struct run *run)
{
	struct err err = { 0 };

	if (run->flow->ask.only_if_cached) {
		run->forward = FORWARD_NOT;
		freshness_lack(run);
		return;
	}
	run->state = RUN_FETCHING;
	switch (job_begin(run, &err)) {
	case JOB_BEGUN:
	case JOB_JOINED:
		return;
	case JOB_STORED:
		look_begin(run);
		return;
	case JOB_REFUSED:
		run_fail(run, err_reason(err.cls));
	}
}

bool run_fits(const struct flow *flow)
{
	return flow->row_bytes + arena_used(flow->mem) <= service_options(flow->lane->service)->max_request_bytes;
}

static void drop_rows(struct run *run, size_t bytes)
{
	run->flow->row_bytes -= bytes;
	job_free(run);
	run_fail(run, err_reason(ERR_TOO_LARGE));
}

/* The answer may have left without it. What was asked with its keys is not asked any more. */
static void land_late(struct run *run, const struct fetch *fetch)
{
	if (fetch->err.cls == ERR_NONE) {
		run->flow->row_bytes += fetch_bytes(fetch);
		if (run_fits(run->flow)) {
			run->landed_us = fetch->ended_us;
			run->fact.rows = fetch->rows;
			run->fact.keys = NULL;
			run->fact.scalar_row = 0;
			run->fact.reason = NULL;
			run->fact.refreshing = false;
			end_run(run, FACT_LIVE);
		}
	}
	progress_late(run);
}

void run_landed(struct run *run, const struct fetch *fetch)
{
	size_t bytes;

	if (run->awaited) {
		land_late(run, fetch);
		return;
	}

	/* the others' time was up, or too short for the queue: it has its own; or they asked before a change */
	if (run->joined && (fetch->err.cls == ERR_LATE || fetch->err.cls == ERR_BUSY || job_overtaken(run->job, run))) {
		job_free(run);
		look_begin(run);
		return;
	}
	run->landed_us = fetch->ended_us;
	if (fetch->err.cls == ERR_SUBJECT)
		run->copy.rows = NULL; /* the query is wrong, so what it brought before is doubtful, too */
	if (fetch->err.cls != ERR_NONE) {
		run_fail(run, err_reason(fetch->err.cls));
		return;
	}
	bytes = fetch_bytes(fetch);
	run->flow->row_bytes += bytes;
	if (!run_fits(run->flow)) {
		drop_rows(run, bytes);
		return;
	}
	run->fact.rows = fetch->rows;
	end_run(run, FACT_LIVE);
}

bool run_pages_on(const struct run *run)
{
	return cursor_bounds(run->flow) && sqltext_pages(run->query);
}

void run_add_value(struct key_set *rk, struct str value)
{
	if (!value.p)
		return;
	for (size_t i = 0; i < rk->n; i++)
		if (str_eq(rk->values[i], value))
			return;
	if (rk->n == rk->key->values)
		rk->crowded = true;
	else
		rk->values[rk->n++] = value;
}

static int value_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void add_given(struct key_set *rk, struct fact *fact, struct arena *mem)
{
	for (uint32_t c = 0; c < fact->part->n_columns; c++)
		for (uint32_t r = 0; fact->part->columns[c].gives == rk->key && r < fact_rows(fact); r++)
			run_add_value(rk, fact_key(fact, r, c, mem));
}

/* The customer, or all candidates. */
static void gather_subjects(struct flow *flow, struct key_set *rk)
{
	size_t n = flow->match.outcome == OUTCOME_MANY ? flow->match.n_candidates : 0;

	rk->values = arena_array_of(flow->mem, struct str, n + 1);
	for (size_t i = 0; i < n; i++)
		rk->values[rk->n++] = flow->match.candidates[i].subject;
	if (!n)
		rk->values[rk->n++] = flow->match.subject;
}

const struct asked *run_asked(const struct run *run, const struct key *key)
{
	const struct flow *flow = run->flow;

	for (size_t i = 0; i < flow->n_asked; i++)
		if (((run->asked_bits >> i) & 1) && flow->asked[i].key == key)
			return &flow->asked[i];
	return NULL;
}

/* The values of one key of the query: the subject, the asked value, or what earlier parts gave, unless they were
 * gathered together with other keys. */
static void gather_key(struct run *run, struct key_set *rk)
{
	struct flow *flow = run->flow;
	const struct asked *asked;

	if (rk->values) {
		qsort(rk->values, rk->n, sizeof(*rk->values), value_cmp);
		return;
	}
	rk->values = arena_array_of(flow->mem, struct str, rk->key->values + 1);
	asked = run_asked(run, rk->key);
	if (asked) {
		run_add_value(rk, asked->value);
		return;
	}
	if (rk->key == flow->world->cat->identity) {
		if (!run->asked) /* what starts from another key never goes through the identity */
			gather_subjects(flow, rk);
		return;
	}
	for (size_t i = 0; i < run->n_after; i++)
		add_given(rk, &run->after[i]->fact, flow->mem);
	qsort(rk->values, rk->n, sizeof(*rk->values), value_cmp); /* one cache key for one set */
}

/* The earlier part whose missing answer leaves the key unknown, one that failed rather than one that was withheld;
 * NULL: they all answered. */
static const struct fact *missing_giver(const struct run *run, const struct key *key)
{
	const struct fact *withheld = NULL;

	for (size_t i = 0; i < run->n_after; i++) {
		const struct fact *fact = &run->after[i]->fact;

		if (fact_known(fact) || !plan_part_gives(fact->part, key))
			continue;
		if (!fact_withheld(fact))
			return fact;
		withheld = withheld ? withheld : fact;
	}
	return withheld;
}

/* The run ends because that part did not give its key. */
static void lack_key(struct run *run, const struct fact *giver)
{
	run->fact.depends_on = giver->part->name;
	if (!fact_withheld(giver)) {
		run_fail(run, "key_unknown");
		return;
	}
	run->fact.reason = giver->reason;
	end_run(run, FACT_MISSING);
}

/* Is there enough to ask with? If not, the run ends here. */
static bool keys_suffice(struct run *run)
{
	const struct fact *missing = NULL;
	bool any = false, lacking = false;

	for (size_t i = 0; i < run->query->n_by; i++) {
		const struct key_set *rk = &run->keys[i];

		any = any || rk->n > 0;
		if (rk->n > 0)
			continue;
		if (!run->query->by[i].optional)
			lacking = true;
		if (!missing || fact_withheld(missing)) {
			const struct fact *giver = missing_giver(run, rk->key);

			missing = giver ? giver : missing;
		}
	}
	if (any && !lacking)
		return true;
	if (missing) {
		lack_key(run, missing);
	} else {
		run->fact.reason = "no_key";
		end_run(run, FACT_SKIPPED);
	}
	return false;
}

void run_start(struct run *run)
{
	struct flow *flow = run->flow;

	run->begun_us = clock_mono_us();
	run->fact.part = run->part;
	run->fact.pages = sqltext_pages(run->query);
	if (!consent_given(run)) {
		run->fact.reason = "no_consent";
		end_run(run, FACT_MISSING);
		return;
	}
	run->keys = arena_array_of(flow->mem, struct key_set, run->query->n_by);
	for (size_t i = 0; i < run->query->n_by; i++)
		run->keys[i].key = run->query->by[i].key;
	for (size_t i = 0; i < run->n_after; i++)
		run->fact.old_keys = run->fact.old_keys || run->after[i]->fact.state == FACT_STALE ||
				     run->after[i]->fact.old_keys;
	combine_gather(run);
	for (size_t i = 0; i < run->query->n_by; i++) {
		gather_key(run, &run->keys[i]);
	}
	run->fact.asked = run->keys;
	run->fact.n_asked = run->query->n_by;
	if (!keys_suffice(run))
		return;
	run->late.fire = on_late;
	lane_timer_set(flow->lane, &run->late, deadline_min(flow->due, deadline_after_ms(run->part->deadline_ms)));
	look_begin(run);
}

bool runs_advance(struct run *runs, size_t n_runs)
{
	bool all = true;

	for (size_t i = 0; i < n_runs; i++) {
		bool ready = runs[i].state == RUN_WAITING;

		for (size_t a = 0; a < runs[i].n_after && ready; a++)
			ready = runs[i].after[a]->state == RUN_ENDED;
		if (ready)
			run_start(&runs[i]);
		all = all && runs[i].state == RUN_ENDED;
	}
	return all;
}
