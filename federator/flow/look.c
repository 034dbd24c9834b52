/* look.c - what a run does before its source is asked: it looks for a copy; else for a fetch that is under way in this
 * process; else it begins, which tells of one under way in another, and gives the ticket for what comes. */
#include "federator/flow/each.h"
#include "federator/view/tuples.h"

static struct run *run_of(struct cache_ask *ask)
{
	return CONTAINER_OF(ask, struct run, look);
}

/* ---- the key of the copy ---- */

/* For each key its name, its values and an end; then for each set of keys that were given together its tuples. */
static size_t put_asked(const struct run *run, struct str *out)
{
	const struct tuples *tuples = run->fact.tuples;
	size_t n = 0;

	for (size_t i = 0; i < run->query->n_by; i++) {
		out[n++] = str_of(run->keys[i].key->name);
		for (size_t v = 0; v < run->keys[i].n; v++)
			out[n++] = run->keys[i].values[v];
		out[n++] = (struct str){ 0 };
	}
	for (size_t s = 0; tuples && s < tuples->n; s++) {
		for (size_t v = 0; v < tuples->of[s].n * tuples->of[s].n_keys; v++)
			out[n++] = tuples->of[s].values[v];
		out[n++] = (struct str){ 0 };
	}
	return n;
}

/* Is it asked by one value of one key? */
static bool is_single(const struct run *run)
{
	return run->query->n_by == 1 && run->keys[0].n == 1 && (!run->fact.tuples || run->fact.tuples->n == 0);
}

/* Whose it is: the customer's whose view it serves, or of the value it is asked by: on the way to a customer, or of a
 * thing. NULL: it is asked by several. `alone`: and by nothing else. */
static const struct cache_name *tag_of(const struct run *run, bool *alone)
{
	struct flow *flow = run->flow;
	const struct key *key = flow->world->cat->identity;
	bool single = is_single(run);
	struct str value;

	if (!run->of_things && !run->walk && flow->match.outcome == OUTCOME_ONE) {
		value = flow->match.subject;
	} else if (single) {
		key = run->keys[0].key;
		value = run->keys[0].values[0];
	} else {
		return NULL;
	}
	*alone = single && run->keys[0].key == key && str_eq(run->keys[0].values[0], value);
	if (!flow->tagged.p || flow->tagged_by != key || !str_eq(flow->tagged, value)) {
		flow->tagged = value;
		flow->tagged_by = key;
		cache_name_make(&flow->tag, flow->ask.tenant, service_salt(flow->lane->service), str_of(key->name),
				value);
	}
	return &flow->tag;
}

static void make_cache_key(struct run *run)
{
	struct flow *flow = run->flow;
	const struct tuples *tuples = run->fact.tuples;
	bool alone = false;
	struct cache_asked of = { .tenant = flow->ask.tenant,
				  .salt = service_salt(flow->lane->service),
				  .definition = flow->world->part_ids[run->part->index],
				  .tag = tag_of(run, &alone) };
	struct str *asked;
	size_t n = 0;

	if (!alone) {
		for (size_t i = 0; i < run->query->n_by; i++)
			n += 2 + run->keys[i].n;
		for (size_t s = 0; tuples && s < tuples->n; s++)
			n += 1 + tuples->of[s].n * tuples->of[s].n_keys;
		asked = arena_array_of(flow->mem, struct str, n);
		of.n_values = put_asked(run, asked);
		of.values = asked;
	}
	cache_key_make(&run->cache_key, &of);
}

/* ---- looking ---- */

/* Keep what was found, if it counts as a copy for this run. True: it answers it. */
static bool take_found(struct run *run, struct cache_hit hit)
{
	struct flow *flow = run->flow;
	struct fact copy = { .part = run->part, .state = FACT_FRESH, .rows = hit.rows, .tuples = run->fact.tuples };
	enum freshness freshness;
	bool alike;

	if (!hit.rows)
		return false;
	run->seen = hit.began;
	freshness = run->each ? run->each->least : freshness_of(run, hit.rows, freshness_age_ms(run, hit.stored_ms));
	if (freshness == COPY_NOT || hit.rows->n_cols != run->part->n_columns ||
	    !proof_rows(run->query, run->keys, &copy, flow->mem, &alike))
		return false;
	combine_keep(&copy, flow->mem);
	run->copy = hit;
	run->copy.rows = copy.rows;
	if (freshness < COPY_OLD)
		return false;
	if (freshness == COPY_REFRESHED && progress_bridges(run))
		return false;
	run->forward = FORWARD_NOT;
	if (freshness == COPY_REFRESHED)
		run->fact.refreshing = refresh_begin(run);
	run_take_copy(run, freshness == COPY_FRESH ? FACT_FRESH : FACT_STALE);
	return true;
}

void look_ask(struct run *run, void (*found)(struct cache_ask *, struct cache_hit))
{
	run->look = (struct cache_ask){ .key = run->cache_key,
					.wholes = run->flow->world->wholes[run->part->index],
					.mem = run->flow->mem,
					.reread = &run->flow->reread,
					.found = found };
	run->flow->holds++;
}

static void ask_with(struct run *run, enum run_state state, void (*found)(struct cache_ask *, struct cache_hit))
{
	run->state = state;
	look_ask(run, found);
}

/* ---- beginning ---- */

static void begin_past(struct run *run);

/* With a ticket, behind another process that asked for the same things. */
static void on_looked_again(struct run *run, struct cache_hit all)
{
	struct flow *flow = run->flow;

	if (run->state != RUN_BEGINNING || take_found(run, all))
		cache_release(flow->lane->cache, &run->cache_key, run->ticket);
	else
		run_ask_source(run);
	flow_release(flow);
}

/* A younger copy that does not do leaves no more to wait for. */
static void on_begun(struct cache_ask *ask, struct cache_hit hit)
{
	struct run *run = run_of(ask);
	struct flow *flow = run->flow;

	if (run->state != RUN_BEGINNING) {
		cache_release(flow->lane->cache, &ask->key, ask->ticket);
	} else if (hit.rows && !run_fits(flow)) {
		run_fail(run, err_reason(ERR_TOO_LARGE));
	} else if (!hit.rows) {
		run->ticket = ask->ticket;
		if (ask->waited && run->each)
			each_look(run, on_looked_again);
		else
			run_ask_source(run);
	} else if (!take_found(run, hit)) {
		begin_past(run);
	}
	flow_release(flow);
}

static void begin_past(struct run *run)
{
	ask_with(run, RUN_BEGINNING, on_begun);
	run->look.how = CACHE_PAST;
	cache_begin(run->flow->lane->cache, &run->look);
}

/* The rest of its time is the source's. */
static void begin_shared(struct run *run)
{
	uint64_t left_us = deadline_left_us(run->late.due);

	ask_with(run, RUN_BEGINNING, on_begun);
	run->look.seen = run->seen;
	run->look.version = run->version;
	run->look.lease_ms = run->part->cap_ms + LEASE_SPARE_MS;
	run->look.wait_ms = (uint32_t)((left_us < UINT64_C(1000) * run->part->deadline_ms
						? left_us
						: UINT64_C(1000) * run->part->deadline_ms) / 2000);
	cache_begin(run->flow->lane->cache, &run->look);
}

static bool is_kept(const struct part *part)
{
	return part->ttl_ms || part->stale_ms || part->negative_ms;
}

static void begin(struct run *run)
{
	const struct flow *flow = run->flow;

	switch (job_join(run)) {
	case JOB_JOINED:
		run->state = RUN_FETCHING;
		return;
	case JOB_STORED:
		run->flow->reread = (struct cache_reread){ 0 };
		look_begin(run);
		return;
	case JOB_BEGUN:
	case JOB_REFUSED:
		break;
	}
	if (flow->ask.only_if_cached || flow->ask.no_store || !is_kept(run->part))
		run_ask_source(run);
	else if (run->part->ttl_ms)
		begin_shared(run);
	else
		begin_past(run); /* a copy never answers */
}

static void on_looked(struct run *run, struct cache_hit hit)
{
	struct flow *flow = run->flow;
	int64_t age_ms = freshness_age_ms(run, hit.stored_ms);

	if (run->state == RUN_LOOKING && hit.rows && !run_fits(flow)) {
		run_fail(run, err_reason(ERR_TOO_LARGE));
	} else if (run->state == RUN_LOOKING && !take_found(run, hit)) {
		run->forward = hit.rows ? freshness_forward(run->part, hit.rows, age_ms) : FORWARD_MISS;
		begin(run);
	}
	flow_release(flow);
}

static void on_found(struct cache_ask *ask, struct cache_hit hit)
{
	run_of(ask)->version = ask->version;
	on_looked(run_of(ask), hit);
}

static void look(struct run *run)
{
	job_look(run);
	if (run->of_things && run->keys[0].n > 1) {
		run->state = RUN_LOOKING;
		each_look(run, on_looked);
		return;
	}
	ask_with(run, RUN_LOOKING, on_found);
	cache_get(run->flow->lane->cache, &run->look);
}

void look_begin(struct run *run)
{
	struct flow *flow = run->flow;
	bool keeps = cache_keeps(flow->lane->cache) && !run_pages_on(run);

	run->of_things = each_suits(run);
	/* without a cache, too, many may ask the same at once */
	if (keeps || run->part->ttl_ms)
		make_cache_key(run);
	if (!keeps || (flow->ask.no_cache && (flow->ask.no_store || flow->ask.only_if_cached || !is_kept(run->part)))) {
		run->forward = keeps ? FORWARD_REQUEST : FORWARD_BYPASS;
		run_ask_source(run);
	} else if (flow->ask.no_cache) {
		run->forward = FORWARD_REQUEST;
		begin_past(run);
	} else {
		look(run);
	}
}
