/* explain_plan.c - the plan as it ran: which part waited for which, since when, how long, and with what result. */
#include "federator/flow/explain.h"

/* Runs that start from one key, or all on the way to the identity resp. of the view. */
struct stage {
	const struct run *runs;
	size_t n;
	bool *critical; /* by run */
	struct node *path; /* "critical_path" */
};

/* Was it asked, be it of the cache only? One without keys took over the rows of a walk, had no consent or came too
 * late to begin. */
static bool took_part(const struct run *run)
{
	return run->keys && run->fact.state != FACT_SKIPPED && !run->fact.depends_on;
}

static uint64_t ended_us(const struct run *run)
{
	return took_part(run) ? run->begun_us + run->fact.took_us : 0;
}

/* The part that it waited for longest; NULL: it waited for none. */
static const struct run *waited_for(const struct run *run)
{
	const struct run *last = run->n_after ? run->after[0] : NULL;

	for (size_t i = 1; i < run->n_after; i++)
		if (ended_us(run->after[i]) > ended_us(last))
			last = run->after[i];
	return last;
}

/* The run of the same stage that it stands below. */
static const struct run *above_of(const struct stage *stage, const struct run *run)
{
	const struct run *before = waited_for(run);

	return before && before >= stage->runs && before < stage->runs + stage->n ? before : NULL;
}

static const struct run *ended_last(const struct stage *stage)
{
	const struct run *last = NULL;

	for (size_t i = 0; i < stage->n; i++)
		if (ended_us(&stage->runs[i]) > (last ? ended_us(last) : 0))
			last = &stage->runs[i];
	return last;
}

/* First asked, first named. */
static void name_path(struct flow *flow, struct stage *stage, const struct run *run)
{
	const struct run *before = waited_for(run);

	if (before && took_part(before))
		name_path(flow, stage, before);
	stage->critical[run - stage->runs] = true;
	tree_text(flow->mem, stage->path, STR(""), str_of(run->part->name));
}

static void put_ms(struct flow *flow, struct node *object, struct str name, uint64_t us)
{
	struct node *node = tree_number(flow->mem, object, name, 0);

	node->value = arena_printf(flow->mem, "%llu.%03u", (unsigned long long)(us / 1000), (unsigned)(us % 1000));
}

static struct str by_of(struct flow *flow, const struct query *query)
{
	struct str by = STR("");

	for (size_t i = 0; i < query->n_by; i++)
		by = arena_printf(flow->mem, "%.*s%s%s%s", STR_ARG(by), i ? " " : "", query->by[i].key->name,
				  query->by[i].optional ? "?" : "");
	return by;
}

static void put_times(struct flow *flow, const struct run *run, struct node *part)
{
	tree_number(flow->mem, part, STR("deadline_ms"), run->part->deadline_ms);
	if (!run->begun_us && run->fact.state != FACT_MISSING)
		tree_bool(flow->mem, part, STR("from_walk"), true);
	if (!run->begun_us)
		return;
	put_ms(flow, part, STR("start_ms"), run->begun_us - flow->started_us);
	put_ms(flow, part, STR("took_ms"), run->fact.took_us);
}

static void put_result(struct flow *flow, const struct run *run, struct node *part)
{
	const struct fact *fact = &run->fact;
	bool copy = fact->state == FACT_FRESH || fact->state == FACT_STALE;

	tree_text(flow->mem, part, STR("state"), str_of(envelope_state(fact->state)));
	if (fact->reason)
		tree_text(flow->mem, part, STR("reason"), str_of(fact->reason));
	if (fact->depends_on)
		tree_text(flow->mem, part, STR("depends_on"), str_of(fact->depends_on));
	if (copy)
		tree_number(flow->mem, part, STR("age_ms"), fact->age_ms);
	if (fact->refreshing)
		tree_bool(flow->mem, part, STR("refreshing"), true);
	tree_number(flow->mem, part, STR("ttl_ms"), (int64_t)run->part->ttl_ms);
	tree_number(flow->mem, part, STR("stale_ms"), (int64_t)run->part->stale_ms);
	if (fact->rows)
		tree_number(flow->mem, part, STR("rows"), fact->rows->n_rows);
	if (fact_excess(fact))
		tree_bool(flow->mem, part, STR("truncated"), true);
}

/* How many values of each key it was asked with, never which. */
static void put_asked(struct flow *flow, const struct run *run, struct node *part)
{
	struct node *map;

	if (!run->keys)
		return;
	map = tree_map(flow->mem, part, STR("asked"), STR("key"));
	for (size_t i = 0; i < run->query->n_by; i++)
		tree_number(flow->mem, map, str_of(run->keys[i].key->name), (int64_t)run->keys[i].n);
}

static void put_waits(struct flow *flow, const struct run *run, struct node *part)
{
	struct node *array;

	if (!run->n_after)
		return;
	array = tree_array(flow->mem, part, STR("waited_for"), STR("part"));
	for (size_t i = 0; i < run->n_after; i++)
		tree_text(flow->mem, array, STR(""), str_of(run->after[i]->part->name));
}

/* The runs of the stage that stand directly below `above` (NULL: at its top). */
static void put_runs(struct flow *flow, const struct stage *stage, const struct run *above, struct node *array)
{
	for (size_t i = 0; i < stage->n; i++) {
		const struct run *run = &stage->runs[i];
		struct node *part, *then;

		if (above_of(stage, run) != above)
			continue;
		part = tree_object(flow->mem, array, STR(""));
		tree_text(flow->mem, part, STR("part"), str_of(run->part->name));
		tree_text(flow->mem, part, STR("source"), str_of(run->part->source->name));
		tree_text(flow->mem, part, STR("by"), by_of(flow, run->query));
		tree_bool(flow->mem, part, STR("critical"), stage->critical[i]);
		put_waits(flow, run, part);
		put_times(flow, run, part);
		put_result(flow, run, part);
		put_asked(flow, run, part);
		tree_text(flow->mem, part, STR("sql"), run->query->sql);
		explain_put_place(flow, part, &run->query->at);
		then = tree_array(flow->mem, NULL, STR("then"), STR("part"));
		put_runs(flow, stage, run, then);
		if (then->first) {
			part->last->next = then;
			part->last = then;
		}
	}
}

static void put_stage(struct flow *flow, const struct stage *stage, const char *to, struct node *plan)
{
	uint32_t asked = stage->runs[0].asked_bits;
	struct str from = asked ? asked_names(flow, asked) : str_of(flow->world->cat->identity->name);
	struct node *object = tree_object(flow->mem, plan, STR(""));

	tree_text(flow->mem, object, STR("from"), from);
	tree_text(flow->mem, object, STR("to"), str_of(to));
	put_runs(flow, stage, NULL, tree_array(flow->mem, object, STR("parts"), STR("part")));
}

/* A stage for each key, or set of keys, that runs start from; those of one stand together. */
static void put_stages(struct flow *flow, const struct stage *all, const char *to, struct node *plan)
{
	for (size_t from = 0, end; from < all->n; from = end) {
		struct stage one = { .runs = all->runs + from, .critical = all->critical + from };

		for (end = from; end < all->n && all->runs[end].asked_bits == one.runs->asked_bits; end++)
			one.n++;
		put_stage(flow, &one, to, plan);
	}
}

static struct stage find_path(struct flow *flow, const struct run *runs, size_t n, struct node *path)
{
	struct stage stage = { .runs = runs,
			       .n = n,
			       .critical = arena_array_of(flow->mem, bool, n + 1),
			       .path = path };
	const struct run *last = ended_last(&stage);

	if (last)
		name_path(flow, &stage, last);
	return stage;
}

/* With several customers what is asked serves the view of each. */
static const struct view *shown_view(const struct flow *flow)
{
	const struct view *candidate = flow->world->cat->candidate;

	return flow->match.outcome == OUTCOME_MANY && candidate ? candidate : flow->view;
}

void explain_plan(struct flow *flow, struct node *root)
{
	struct node *path = tree_array(flow->mem, root, STR("critical_path"), STR("part"));
	struct stage walks = find_path(flow, flow->walks, flow->n_walks, path);
	struct stage view = find_path(flow, flow->runs, flow->n_runs, path);
	struct node *plan = tree_array(flow->mem, root, STR("plan"), STR("stage"));

	put_stages(flow, &walks, flow->world->cat->identity->name, plan);
	put_stages(flow, &view, shown_view(flow)->name, plan);
}
