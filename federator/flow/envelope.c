/* envelope.c - what stands around the customer in an answer: who was matched by what, how each part did. */
#include <time.h>

#include "base/civil.h"
#include "base/text.h"
#include "federator/flow/request.h"

const char *envelope_outcome(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_ONE:
		return "one";
	case OUTCOME_NONE:
		return "none";
	case OUTCOME_MANY:
		return "many";
	case OUTCOME_UNLINKED:
		return "unlinked";
	case OUTCOME_TOO_MANY:
		return "too_many";
	case OUTCOME_BLOCKED:
		return "blocked";
	}
	return "none";
}

/* Evidence of an asked identity: the columns of the confirming parts that carry it. */
static void put_confirmed(struct flow *flow, struct node *evidence)
{
	const struct key *identity = flow->world->cat->identity;

	for (size_t i = 0; i < flow->n_confirms; i++) {
		const struct fact *fact = &flow->confirms[i]->fact;

		for (size_t c = 0; c < fact->part->n_columns && fact_rows(fact); c++)
			if (fact->part->columns[c].proves == identity)
				tree_text(flow->mem, evidence, STR(""),
					  arena_printf(flow->mem, "%s.%s", fact->part->name,
						       fact->part->columns[c].name));
	}
}

/* "a b" of names that are put one after the other. */
static void add_name(struct flow *flow, struct str *names, struct str name)
{
	*names = names->n ? arena_printf(flow->mem, "%.*s %.*s", STR_ARG(*names), STR_ARG(name)) : name;
}

struct str asked_names(struct flow *flow, uint32_t bits)
{
	struct str by = STR("");

	if (flow->ask.n_by == 0)
		return STR("id");
	for (size_t i = 0; i < flow->n_asked; i++)
		if ((bits >> i) & 1)
			add_name(flow, &by, str_of(flow->asked[i].key->name));
	return by;
}

/* The keys of the question, and those of them that were left out. */
static void put_keys(struct flow *flow, struct node *match)
{
	struct str by = flow->ask.n_by ? STR("") : STR("id"), blocked = STR("");

	for (size_t i = 0; i < flow->ask.n_by; i++)
		add_name(flow, &by, flow->ask.by[i].name);
	for (size_t i = 0; i < flow->n_blocked; i++)
		add_name(flow, &blocked, str_of(flow->blocked[i]->name));
	tree_text(flow->mem, match, STR("by"), by);
	if (blocked.n)
		tree_text(flow->mem, match, STR("blocked"), blocked);
}

void envelope_match(struct flow *flow, struct node *root)
{
	struct node *match = tree_object(flow->mem, root, STR("match"));
	struct node *evidence;

	tree_text(flow->mem, match, STR("outcome"), str_of(envelope_outcome(flow->match.outcome)));
	put_keys(flow, match);
	if (flow->match.stale)
		tree_text(flow->mem, match, STR("state"), STR("stale"));
	if (!flow->match.complete)
		tree_bool(flow->mem, match, STR("complete"), false);
	if (flow->match.outcome != OUTCOME_ONE)
		return;
	evidence = tree_array(flow->mem, match, STR("evidence"), STR("column"));
	for (size_t i = 0; flow->match.n_candidates && i < flow->match.candidates[0].n_evidence; i++)
		tree_text(flow->mem, evidence, STR(""), flow->match.candidates[0].evidence[i]);
	put_confirmed(flow, evidence);
}

const char *envelope_state(enum fact_state state)
{
	switch (state) {
	case FACT_UNASKED:
		return "unasked";
	case FACT_LIVE:
		return "live";
	case FACT_FRESH:
		return "fresh";
	case FACT_STALE:
		return "stale";
	case FACT_SKIPPED:
		return "skipped";
	case FACT_MISSING:
		return "missing";
	}
	return "missing";
}

static void put_column(struct flow *flow, const struct column *column, const char *code, uint32_t cells,
		       struct node *array)
{
	struct node *one = tree_object(flow->mem, array, STR(""));

	tree_text(flow->mem, one, STR("column"), str_of(column->name));
	tree_text(flow->mem, one, STR("code"), str_of(code));
	tree_number(flow->mem, one, STR("cells"), cells);
}

static void put_unread(struct flow *flow, const struct fact *fact, struct node *array)
{
	for (uint32_t c = 0; fact->rows->bad_cells && c < fact->rows->n_cols; c++) {
		uint32_t cells = 0;

		for (uint32_t r = 0; r < fact->rows->n_rows; r++)
			cells += rows_is_unread(rows_cell(fact->rows, r, c));
		if (cells)
			put_column(flow, &fact->part->columns[c], "bad_text", cells, array);
	}
}

static void put_warnings(struct flow *flow, const struct fact *fact, struct node *part)
{
	struct node *array, *one;

	if (!fact->warnings && !(fact->rows && (fact->rows->bad_cells || fact->rows->n_alike)))
		return;
	array = tree_array(flow->mem, part, STR("warnings"), STR("warning"));
	for (const struct fact_warning *w = fact->warnings; w; w = w->next)
		put_column(flow, &fact->part->columns[w->column], w->code, w->cells, array);
	if (!fact->rows)
		return;
	put_unread(flow, fact, array);
	if (!fact->rows->n_alike)
		return;
	one = tree_object(flow->mem, array, STR(""));
	tree_text(flow->mem, one, STR("code"), STR("collation"));
	tree_number(flow->mem, one, STR("cells"), fact->rows->n_alike);
}

/* Since 1970, as RFC 3339. */
static struct str moment_text(struct arena *mem, int64_t ms)
{
	time_t s = (time_t)civil_floor_div(ms, 1000);
	struct tm tm;
	char text[32];

	gmtime_r(&s, &tm);
	return arena_str(mem, (struct str){ text, strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) });
}

static void put_ages(struct flow *flow, const struct fact *fact, struct node *part)
{
	bool copy = fact->state == FACT_FRESH || fact->state == FACT_STALE;

	if (flow->ask.canonical)
		return;
	if (fact->state != FACT_MISSING && fact->state != FACT_SKIPPED)
		flow_vary(flow, tree_number(flow->mem, part, STR("age_ms"), copy ? fact->age_ms : 0), VARY_AGE_MS)
			->since_ms = lane_wall_ms(flow->lane) - fact->age_ms;
	if (fact->state == FACT_STALE) {
		tree_text(flow->mem, part, STR("stored"), moment_text(flow->mem, fact->stored_ms));
		tree_number(flow->mem, part, STR("max_stale_ms"), (int64_t)fact->part->stale_ms);
	}
	if (fact->refreshing)
		tree_bool(flow->mem, part, STR("refreshing"), true);
	flow_vary(flow, tree_number(flow->mem, part, STR("took_ms"), (int64_t)(fact->took_us / 1000)), VARY_TOOK_MS);
	if (copy && fact->age_ms / 1000 > flow->reply.age_s)
		flow->reply.age_s = (uint32_t)(fact->age_ms / 1000);
}

static void put_state(struct flow *flow, const struct fact *fact, struct node *object)
{
	enum fact_state state = fact->state;
	struct node *node;

	if (flow->ask.canonical && state == FACT_FRESH)
		state = FACT_LIVE;
	node = tree_text(flow->mem, object, STR("state"), str_of(envelope_state(state)));
	if (state == FACT_FRESH || state == FACT_LIVE)
		flow_vary(flow, node, VARY_STATE);
	if (fact->reason)
		tree_text(flow->mem, object, STR("reason"), str_of(fact->reason));
}

/* How the part did on the way to the customer, where it may have been asked by several keys: the worst of all. NULL: it
 * was not asked there. */
static const struct fact *worst_walk(const struct flow *flow, const struct part *part)
{
	const struct fact *worst = NULL;

	for (size_t i = 0; i < flow->n_walks; i++) {
		const struct fact *fact = &flow->walks[i].fact;

		if (fact->part != part)
			continue;
		if (!worst || fact->state == FACT_MISSING ||
		    (fact->state == FACT_STALE && worst->state != FACT_MISSING))
			worst = fact;
	}
	return worst;
}

static bool is_unanswered(const struct fact *fact)
{
	return fact->state == FACT_MISSING || fact->state == FACT_STALE;
}

/* A part asked on the way to the customer and for the view, of which only one was answered: the evidence of the match
 * may be from a part that is missing from the view, or an incomplete match from one that is there. */
static void put_walk(struct flow *flow, const struct fact *fact, struct node *part)
{
	const struct fact *walk = worst_walk(flow, fact->part);

	if (walk && walk->state != fact->state && (is_unanswered(walk) || is_unanswered(fact)))
		put_state(flow, walk, tree_object(flow->mem, part, STR("match")));
}

static struct node *put_part(struct flow *flow, const struct fact *fact, struct node *parts)
{
	struct node *part = tree_object(flow->mem, parts, str_of(fact->part->name));

	put_state(flow, fact, part);
	if (fact->depends_on)
		tree_text(flow->mem, part, STR("depends_on"), str_of(fact->depends_on));
	if (fact->state == FACT_MISSING && fact->reason && str_eq(str_of(fact->reason), str_of(err_reason(ERR_LATE))))
		tree_number(flow->mem, part, STR("deadline_ms"), fact->part->deadline_ms);
	put_ages(flow, fact, part);
	if (fact->rows)
		tree_number(flow->mem, part, STR("rows"), fact->rows->n_rows);
	if (fact_excess(fact))
		tree_bool(flow->mem, part, STR("truncated"), true);
	if (fact->more)
		tree_bool(flow->mem, part, STR("more"), true);
	put_warnings(flow, fact, part);
	return part;
}

static bool in_view(const struct flow *flow, const struct part *part)
{
	for (size_t i = 0; i < flow->n_runs; i++)
		if (flow->runs[i].part == part)
			return true;
	return false;
}

static uint32_t count_part(struct flow *flow, const struct fact *fact)
{
	flow->reply.parts++;
	return fact->state == FACT_MISSING && !fact_withheld(fact);
}

uint32_t envelope_parts(struct flow *flow, struct node *root)
{
	struct node *parts = tree_map(flow->mem, root, STR("parts"), STR("part"));
	uint32_t missing = 0;

	for (size_t i = 0; i < flow->n_walks; i++) {
		const struct fact *fact = worst_walk(flow, flow->walks[i].part);

		if (in_view(flow, fact->part) || tree_member(parts, str_of(fact->part->name)))
			continue;
		missing += count_part(flow, fact);
		put_part(flow, fact, parts);
	}
	for (size_t i = 0; i < flow->n_runs; i++) {
		missing += count_part(flow, &flow->runs[i].fact);
		put_walk(flow, &flow->runs[i].fact, put_part(flow, &flow->runs[i].fact, parts));
	}
	return missing;
}

/* "part;dur=1.2;desc=live", NUL-terminated; its end. */
static char *put_timing(const struct run *run, char *at)
{
	uint64_t tenths_ms = ((uint64_t)run->fact.took_us + 50) / 100;

	at = stpcpy(stpcpy(at, run->part->name), ";dur=");
	at += text_from_i64((int64_t)(tenths_ms / 10), at);
	*at++ = '.';
	*at++ = (char)('0' + tenths_ms % 10);
	return stpcpy(stpcpy(at, ";desc="), envelope_state(run->fact.state));
}

void envelope_timing(struct flow *flow)
{
	enum { ALL = 1024, MOST = sizeof(", ;dur=.0;desc=missing") + TEXT_I64_MOST }; /* beside the name */
	char *at, *end;

	if (flow->ask.canonical)
		return;
	at = arena_alloc(flow->mem, ALL);
	end = at + ALL;
	for (size_t i = 0; i < flow->n_walks + flow->n_runs; i++) {
		const struct run *run = i < flow->n_walks ? &flow->walks[i] : &flow->runs[i - flow->n_walks];

		if (!run->begun_us) /* it never began, or took over the rows of a walk */
			continue;
		if ((size_t)(end - at) < strlen(run->part->name) + MOST)
			return;
		if (flow->reply.server_timing)
			at = stpcpy(at, ", ");
		else
			flow->reply.server_timing = at;
		at = put_timing(run, at);
	}
}
