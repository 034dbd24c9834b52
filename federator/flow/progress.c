/* progress.c - what somebody who looks on is told while an answer grows. The view so far is made by the steps that make
 * the answer, merge and mask, on a copy of the request in which parts under way are missing: so nothing is told that
 * the answer would not show. What is told next is the difference to what was told before. */
#include "federator/flow/each.h"
#include "federator/flow/job.h"
#include "federator/flow/steps.h"
#include "federator/render/render.h"

struct progress {
	struct arena *mem; /* of `shown`; NULL: the flow's, or nothing was shown */
	const struct node *shown; /* the view as it was told last */
	size_t ended; /* runs that had ended then */
	size_t awaited; /* runs that ended without their job */
	bool answered;
	bool over; /* the last news is told */
};

struct progress *progress_new(struct arena *mem)
{
	return arena_new_of(mem, struct progress);
}

static void tell(struct flow *flow, enum news what, const struct node *root)
{
	struct buf out = { 0 };

	if (flow->lane->audit && !flow->ask.onlooker->seen.p)
		flow->ask.onlooker->seen = seen_coming(flow);
	render_json(root, false, &out);
	flow->ask.onlooker->tell(flow->ask.onlooker, what, buf_str(&out));
	buf_free(&out);
}

/* ---- the view so far ---- */

static void show_unfinished(struct run *run)
{
	if (run->bridged && !each_lost(run)) {
		run_lend_copy(run);
		return;
	}
	run->fact.state = FACT_MISSING;
	run->fact.reason = "pending";
}

/* Keys that are looked up in the copy would be kept in its arena. */
static struct node *snapshot(const struct flow *flow, struct arena *mem)
{
	struct flow shot = *flow;

	shot.mem = mem;
	shot.reply = (struct reply){ 0 };
	shot.runs = arena_array_of(mem, struct run, flow->n_runs);
	for (size_t i = 0; i < flow->n_runs; i++) {
		shot.runs[i] = flow->runs[i];
		shot.runs[i].flow = &shot;
		shot.runs[i].fact.keys = NULL;
		if (flow->runs[i].state != RUN_ENDED)
			show_unfinished(&shot.runs[i]);
	}
	if (step_merge(&shot) == STEP_REFUSED)
		return NULL;
	step_mask(&shot);
	return shot.root;
}

static void keep(struct progress *p, const struct node *shown, struct arena *mem)
{
	if (p->mem)
		arena_wipe_free(&p->mem);
	p->mem = mem;
	p->shown = shown;
}

void progress_free(struct flow *flow)
{
	if (flow->progress)
		keep(flow->progress, NULL, NULL);
}

/* ---- what is different ---- */

static bool same(const struct node *a, const struct node *b)
{
	const struct node *x = a->first, *y = b->first;

	/* what a provenance says is in the nodes it is of */
	if (a->kind != b->kind || a->kind == NODE_PROVENANCE || !str_eq(a->name, b->name) ||
	    !str_eq(a->value, b->value))
		return false;
	while (x && y && same(x, y)) {
		x = x->next;
		y = y->next;
	}
	return !x && !y;
}

static void graft(struct arena *mem, struct node *parent, const struct node *node)
{
	struct node *copy = tree_null(mem, parent, node->name);

	*copy = *node;
	copy->next = NULL;
}

/* The members of `now` that are not in `before`, or not so; null stands for those that are gone. `depth` levels down
 * objects are compared member by member. */
static void differ(struct arena *mem, const struct node *before, const struct node *now, int depth, struct node *out)
{
	for (const struct node *n = now->first; n; n = n->next) {
		const struct node *old = tree_member(before, n->name);

		if (!old || (!same(old, n) && (depth == 0 || old->kind != NODE_OBJECT || n->kind != NODE_OBJECT)))
			graft(mem, out, n);
		else if (!same(old, n))
			differ(mem, old, n, depth - 1, tree_object(mem, out, n->name));
	}
	for (const struct node *n = before->first; n; n = n->next)
		if (!tree_member(now, n->name))
			tree_null(mem, out, n->name);
}

/* Ids and cursors are sealed anew each time; the first ones stay good. */
static bool sealed(const struct node *n)
{
	return str_eq(n->name, STR("id")) || str_eq(n->name, STR("links"));
}

static struct node *without_sealed(struct arena *mem, const struct node *root)
{
	struct node *out = tree_object(mem, NULL, root->name);

	for (const struct node *n = root->first; n; n = n->next)
		if (!sealed(n))
			graft(mem, out, n);
	return out;
}

static bool has_more_links(const struct node *before, const struct node *now)
{
	const struct node *old = tree_member(before, STR("links")), *links = tree_member(now, STR("links"));

	for (const struct node *n = links ? links->first : NULL; n; n = n->next)
		if (!old || !tree_member(old, n->name))
			return true;
	return false;
}

/* Tell how `now` differs from what was shown; then that is shown. `mem` as in struct progress. */
static void tell_difference(struct flow *flow, const struct node *now, struct arena *mem)
{
	SCOPED(arena_wipe_free) struct arena *scratch = arena_new();
	struct progress *p = flow->progress;
	struct node *out = tree_object(scratch, NULL, STR("view"));

	differ(scratch, without_sealed(scratch, p->shown), without_sealed(scratch, now), 1, out);
	if (has_more_links(p->shown, now))
		graft(scratch, out, tree_member(now, STR("links")));
	if (out->first)
		tell(flow, NEWS_PART, out);
	keep(p, now, mem);
}

/* ---- when it is told ---- */

static void tell_identity(struct flow *flow, const struct node *root)
{
	SCOPED(arena_wipe_free) struct arena *scratch = arena_new();
	struct node *out = tree_object(scratch, NULL, STR("identity"));

	for (const struct node *n = root->first; n; n = n->next)
		if (str_eq(n->name, STR("id")) || str_eq(n->name, STR("match")))
			graft(scratch, out, n);
	tell(flow, NEWS_IDENTITY, out);
}

static void tell_snapshot(struct flow *flow)
{
	struct arena *mem = arena_new();
	struct node *root = snapshot(flow, mem);

	if (!root) {
		arena_wipe_free(&mem);
		return;
	}
	if (flow->progress->shown) {
		tell_difference(flow, root, mem);
		return;
	}
	tell_identity(flow, root);
	tell(flow, NEWS_VIEW, root);
	keep(flow->progress, root, mem);
}

void progress_show(struct flow *flow)
{
	struct progress *p = flow->progress;
	size_t ended = 0;

	if (!p || (flow->match.outcome != OUTCOME_ONE && flow->match.outcome != OUTCOME_UNLINKED))
		return;
	for (size_t i = 0; i < flow->n_runs; i++) {
		if (flow->runs[i].state == RUN_LOOKING && !p->shown)
			return; /* copies come first, all at once */
		ended += flow->runs[i].state == RUN_ENDED;
	}
	if (p->shown && ended == p->ended)
		return;
	p->ended = ended;
	tell_snapshot(flow);
}

static void tell_done(struct flow *flow)
{
	SCOPED(arena_wipe_free) struct arena *scratch = arena_new();
	struct node *out = tree_object(scratch, NULL, STR("done"));

	graft(scratch, out, tree_member(flow->progress->shown, STR("complete")));
	flow->progress->over = true;
	tell(flow, NEWS_DONE, out);
}

void progress_answer(struct flow *flow)
{
	struct progress *p = flow->progress;

	if (!p)
		return;
	p->answered = true;
	if (flow->reply.status != 200) {
		p->over = true;
		flow->ask.onlooker->seen = flow->reply.seen;
		flow->ask.onlooker->status = flow->reply.status;
		flow->ask.onlooker->problem = flow->reply.problem;
		flow->ask.onlooker->tell(flow->ask.onlooker, NEWS_PROBLEM,
					 (struct str){ flow->reply.body, flow->reply.len });
		return;
	}
	if (p->shown) {
		tell_difference(flow, flow->root, NULL);
	} else {
		tell_identity(flow, flow->root);
		tell(flow, NEWS_VIEW, flow->root);
		keep(p, flow->root, NULL);
	}
	if (!p->awaited)
		tell_done(flow);
}

bool progress_bridges(struct run *run)
{
	run->bridged = run->flow->progress && !run->walk;
	return run->bridged;
}

bool progress_awaits(struct run *run)
{
	struct flow *flow = run->flow;

	if (!flow->progress || run->walk || run->landed_us)
		return false;
	run->awaited = true;
	flow->progress->awaited++;
	if (run->job->lane == flow->lane) /* else it is held for the post that brings the job */
		flow->holds++;
	return true;
}

void progress_late(struct run *run)
{
	struct flow *flow = run->flow;
	struct progress *p = flow->progress;
	bool held = run->job->lane == flow->lane;

	run->awaited = false;
	p->awaited--;
	if (!p->over && p->shown)
		tell_snapshot(flow);
	if (!p->over && p->answered && !p->awaited)
		tell_done(flow);
	if (held)
		flow_release(flow);
}
