/* flow.c - drives one request through the steps of steps.def. */
#include "federator/flow/flow.h"

#include <assert.h>
#include <stdlib.h>

#include "federator/flow/flight.h"
#include "federator/flow/steps.h"

static const struct {
	struct step_doc doc;
	enum step_end (*run)(struct flow *flow);
} steps[] = {
#define STEP(name, leaves) { { #name, leaves }, step_##name },
#include "federator/flow/steps.def"
#undef STEP
};

const struct step_doc *flow_steps(size_t *n_out)
{
	static struct step_doc docs[ARRAY_LEN(steps)];

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		docs[i] = steps[i].doc;
	*n_out = ARRAY_LEN(steps);
	return docs;
}

void ask_copy(struct ask *to, const struct ask *from, struct arena *mem)
{
	struct str *texts[] = { &to->id,     &to->tenant, &to->client, &to->agent, &to->role,  &to->purpose,
				&to->unmask, &to->view,   &to->fields, &to->parts, &to->lang,
				&to->since,  &to->until,  &to->kind,   &to->cursor, &to->field, &to->contact };

	*to = *from;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = arena_str(mem, *texts[i]);
	for (size_t i = 0; i < to->n_by; i++) {
		to->by[i].name = arena_str(mem, to->by[i].name);
		to->by[i].value = arena_str(mem, to->by[i].value);
	}
}

void reply_free(struct reply *reply)
{
	if (!reply->lent)
		buf_taken_free(reply->body);
	reply->body = NULL;
	reply->lent = false;
	repeat_free(&reply->repeat);
}

static void run_end(struct run *run)
{
	loop_timer_cancel(run->flow->lane->loop, &run->late);
	if (run->job)
		job_free(run);
}

void flow_release(struct flow *flow)
{
	struct arena *mem = flow->mem;

	assert(flow->holds > 0);
	if (--flow->holds > 0)
		return;
	for (size_t i = 0; i < flow->n_walks; i++)
		run_end(&flow->walks[i]);
	for (size_t i = 0; i < flow->n_runs; i++)
		run_end(&flow->runs[i]);
	progress_free(flow);
	if (flow->crew)
		crew_drop(flow->crew);
	world_unref(&flow->world);
	arena_wipe_free(&mem);
}

/* Places of steps. */
enum {
#define STEP(name, leaves) AT_##name,
#include "federator/flow/steps.def"
#undef STEP
};

/* Also what is refused tells of somebody, once it is known whose the keys are. */
static void put_seen(struct flow *flow)
{
	flow->reply.shown = flow->shown;
	flow->reply.masked = flow->masked;
	if (flow->lane->audit && !flow->reply.seen.p && flow->step > AT_resolve)
		flow->reply.seen = seen_text(flow);
}

static void give_reply(struct flow *flow)
{
	put_seen(flow);
	flow->reply.took_us = clock_mono_us() - flow->started_us;
	loop_timer_cancel(flow->lane->loop, &flow->timer);
	room_leave(flow);
	progress_answer(flow);
	flow->done(flow->owner, &flow->reply);
	tally_reply(flow);
}

/* A step that waits is called again: its time begins with the first call. */
static void note_step(struct flow *flow)
{
	if (flow->step_began_us && !flow->step_began_us[flow->step])
		flow->step_began_us[flow->step] = clock_mono_us();
}

static void flow_step(struct flow *flow)
{
	enum step_end end = STEP_DONE;

	while (flow->step < ARRAY_LEN(steps) && end == STEP_DONE) {
		note_step(flow);
		end = steps[flow->step].run(flow);
		if (end == STEP_DONE)
			flow->step++;
	}
	if (end == STEP_WAIT)
		return;
	give_reply(flow);
	flow->step = ARRAY_LEN(steps);
}

void flow_wake(struct flow *flow)
{
	if (flow->stepping) {
		flow->again = true;
		return;
	}
	if (flow->step == ARRAY_LEN(steps))
		return;
	flow->stepping = true;
	do {
		flow->again = false;
		flow_step(flow);
	} while (flow->again && flow->step < ARRAY_LEN(steps));
	flow->stepping = false;
	if (flow->step == ARRAY_LEN(steps))
		flow_release(flow);
}

static void on_budget(struct loop_timer *t)
{
	struct flow *flow = CONTAINER_OF(t, struct flow, timer);

	flow->expired = true;
	flow_wake(flow);
}

static struct flow *flow_new(struct lane *lane, const struct ask *ask)
{
	struct arena *mem = arena_new();
	struct flow *flow = arena_new_of(mem, struct flow);

	flow->mem = mem;
	flow->lane = lane;
	flow->world = ask->world ? ask->world : service_world(lane->service); /* one mapping set per request */
	flow->ask = *ask;
	flow->holds = 1;
	flow->started_us = clock_mono_us();
	flow->timer.fire = on_budget;
	return flow;
}

void flow_start(struct lane *lane, const struct ask *ask, void (*done)(void *owner, struct reply *reply),
		void *owner)
{
	struct flow *flow = flow_new(lane, ask);

	flow->done = done;
	flow->owner = owner;
	if (ask->onlooker)
		flow->progress = progress_new(flow->mem);
	if (ask->explain)
		flow->step_began_us = arena_array_of(flow->mem, uint64_t, ARRAY_LEN(steps));
	flow_wake(flow);
}

/* *fresh_out is untouched when it is refused. */
static bool admits(struct lane *lane, const struct ask *ask, bool *fresh_out, struct reply *refusal)
{
	struct flow *flow = flow_new(lane, ask);
	bool good = step_admit(flow) == STEP_DONE;

	if (good)
		*fresh_out = flow->new_keys;
	else
		*refusal = flow->reply;
	loop_timer_cancel(lane->loop, &flow->timer);
	flow_release(flow);
	return good;
}

bool flow_refused(struct lane *lane, const struct ask *ask, struct reply *reply)
{
	bool fresh;

	return !admits(lane, ask, &fresh, reply);
}

bool flow_counts(struct lane *lane, const struct ask *ask, struct viewer *viewer, struct reply *refusal)
{
	struct ask its = *ask;

	its.client = viewer->client;
	its.agent = viewer->agent;
	its.agent_proven = viewer->agent_proven;
	its.viewers = NULL;
	return admits(lane, &its, &viewer->fresh, refusal);
}

enum step_end flow_refuse(struct flow *flow, int status, const char *type, const char *title, struct str detail,
			  const char *suggestion)
{
	if (flow->ask.nth)
		detail = arena_printf(flow->mem, "object %u of `by`: %.*s", flow->ask.nth, STR_ARG(detail));
	problem_reply(&flow->reply, flow->ask.format, status, type, title, arena_cstr(flow->mem, detail), suggestion);
	return STEP_REFUSED;
}

enum step_end flow_refuse_unanswered(struct flow *flow, const struct run *runs, size_t n_runs)
{
	const struct fact *first = NULL;
	const char *advice = "the log says more";
	bool late, passing = false;

	for (size_t i = 0; i < n_runs && !first; i++)
		if (runs[i].fact.state == FACT_MISSING || (runs[i].fact.state == FACT_STALE && runs[i].fact.reason))
			first = &runs[i].fact;
	assert(first != NULL);
	late = str_eq(str_of(first->reason), str_of(err_reason(ERR_LATE)));
	if (flow->world->troubles[first->part->source->index])
		advice = "its source cannot be opened as it is set up; the log says why, asking again will not help";
	else
		passing = late || str_eq(str_of(first->reason), str_of(err_reason(ERR_REFUSED))) ||
			  str_eq(str_of(first->reason), str_of(err_reason(ERR_BUSY)));
	if (passing)
		advice = "ask again in a moment";
	flow->reply.retry_after_s = passing ? 1 : 0;
	flow->reply.shed = str_eq(str_of(first->reason), str_of(err_reason(ERR_BUSY)));
	flow->reply.missing = 1;
	return flow_refuse(flow, late ? 504 : 503, late ? "identity-late" : "identity-unavailable",
			   "The source that knows who this is did not answer",
			   arena_printf(flow->mem, "part `%s`: %s", first->part->name, first->reason),
			   advice);
}

uint64_t flow_visible(const struct flow *flow)
{
	return flow->rights.show | flow->rights.mask;
}

struct fact *flow_facts(struct flow *flow)
{
	const struct catalog *cat = flow->world->cat;
	struct fact *facts = arena_array_of(flow->mem, struct fact, cat->n_parts);

	for (size_t p = 0; p < cat->n_parts; p++)
		facts[p].part = &cat->parts[p];
	for (size_t i = 0; i < flow->n_runs; i++)
		facts[flow->runs[i].part->index] = flow->runs[i].fact;
	return facts;
}
