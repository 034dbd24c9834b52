/* keep.c - answers made only of fresh copies are kept as bytes. */
#include "cache/shelf.h"
#include "federator/flow/each.h"
#include "federator/flow/recall.h"

/* What has to be known of the runs of an answer that may be kept. */
struct keeping {
	struct flow *flow;
	struct recall kept;
	struct cache_pin *pins;
	struct recall_count *counts;
};

static void add_count(struct keeping *k, size_t source, enum source_meter meter)
{
	size_t i = 0;

	while (i < k->kept.n_counts && (k->counts[i].source != source || k->counts[i].meter != meter))
		i++;
	if (i == k->kept.n_counts)
		k->counts[k->kept.n_counts++] = (struct recall_count){ .source = source, .meter = meter };
	k->counts[i].n++;
}

static void add_counts(struct keeping *k, const struct run *run)
{
	size_t meters[TALLY_MOST], n = tally_meters(run, meters);

	for (size_t i = 0; i < n; i++)
		add_count(k, run->part->source->index, (enum source_meter)meters[i]);
}

/* False: nobody knows whether all that it found stands. */
static bool add_pins(struct keeping *k, const struct run *run)
{
	struct cache_pin *pins = &k->pins[k->kept.n_pins];
	size_t n = each_pins(run, pins);

	for (size_t i = 0; i < n; i++)
		if (!cache_pin_holds(k->flow->lane->cache, &pins[i]))
			return false;
	k->kept.n_pins += (uint32_t)n;
	return true;
}

static int64_t fresh_until_ms(const struct run *run)
{
	const struct fact *fact = &run->fact;

	return run->each ? run->each->until_ms :
			   fact->stored_ms + (int64_t)freshness_ttl_ms(fact->part, fact->rows);
}

/* False: it is not a fresh copy, or nobody knows whether it stands. */
static bool add_run(struct keeping *k, const struct run *run)
{
	const struct fact *fact = &run->fact;
	bool walked = !run->begun_us; /* the rows are those of a walk, which has the pin */
	int64_t until_ms;

	add_counts(k, run);
	if (fact->state == FACT_SKIPPED || fact_withheld(fact))
		return true;
	if (fact->state != FACT_FRESH || (!walked && !add_pins(k, run)))
		return false;
	until_ms = fresh_until_ms(run);
	if (until_ms < k->kept.until_ms)
		k->kept.until_ms = until_ms;
	if (fact->stored_ms < k->kept.oldest_ms)
		k->kept.oldest_ms = fact->stored_ms;
	return true;
}

static size_t pins_most(const struct flow *flow)
{
	size_t n = flow->n_walks + flow->n_runs;

	for (size_t i = 0; i < flow->n_runs; i++)
		n += flow->runs[i].each ? flow->runs[i].each->n : 0;
	return n;
}

static bool add_runs(struct keeping *k, const struct run *runs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!add_run(k, &runs[i]))
			return false;
	return true;
}

/* The body as it is served: what takes no time took none. Notes where its ages stand. */
static void put_body(struct keeping *k, struct recall_age *ages, struct buf *out)
{
	const struct reply *reply = &k->flow->reply;
	size_t n, from = 0;
	const struct vary *vary = vary_list(k->flow, &n);

	for (size_t i = 0; i < n; i++) {
		buf_put(out, reply->body + from, vary[i].at - from);
		from = vary[i].at;
		if (vary[i].kind == VARY_AGE_MS) {
			ages[k->kept.n_ages++] = (struct recall_age){ out->len, vary[i].n, vary[i].since_ms };
		} else if (vary[i].kind == VARY_TOOK_MS) {
			buf_putc(out, '0');
			from += vary[i].n;
		}
	}
	buf_put(out, reply->body + from, reply->len - from);
}

static void put_on_shelf(struct keeping *k)
{
	struct flow *flow = k->flow;
	struct recall_age *ages = arena_array_of(flow->mem, struct recall_age, flow->n_varying);
	struct str key = { (const char *)flow->recall_key, DIGEST_SIP128_BYTES };
	SCOPED(buf_free) struct buf body = { 0 };
	SCOPED(buf_free) struct buf all = { 0 };
	uint64_t life_ms = (uint64_t)(k->kept.until_ms - k->kept.made_ms);

	put_body(k, ages, &body);
	k->kept.len = body.len;
	k->kept.n_seen = flow->reply.seen.n;
	buf_put(&all, &k->kept, sizeof(k->kept));
	buf_put(&all, k->pins, k->kept.n_pins * sizeof(*k->pins));
	buf_put(&all, ages, k->kept.n_ages * sizeof(*ages));
	buf_put(&all, k->counts, k->kept.n_counts * sizeof(*k->counts));
	buf_put_str(&all, flow->reply.seen);
	buf_put_str(&all, buf_str(&body));
	shelf_put(service_rendered(flow->lane->service), key, buf_str(&all), clock_mono_us() + 1000 * life_ms, NULL);
}

void recall_keep(struct flow *flow)
{
	const struct reply *reply = &flow->reply;
	size_t n_runs = flow->n_walks + flow->n_runs;
	struct keeping k = { .flow = flow };
	int64_t now_ms;

	if (!flow->recall_key || !reply->complete || flow->match.stale || flow->ask.no_store)
		return;
	now_ms = lane_wall_ms(flow->lane);
	k.kept = (struct recall){ .made_ms = now_ms,
				  .until_ms = INT64_MAX,
				  .oldest_ms = INT64_MAX,
				  .found = flow->found,
				  .generation = vary_generation(flow, now_ms),
				  .content_type = reply->content_type,
				  .parts = reply->parts };
	memcpy(k.kept.etag, reply->etag, sizeof(reply->etag));
	k.pins = arena_array_of(flow->mem, struct cache_pin, pins_most(flow));
	k.counts = arena_array_of(flow->mem, struct recall_count, n_runs * TALLY_MOST);
	if (add_runs(&k, flow->walks, flow->n_walks) && add_runs(&k, flow->runs, flow->n_runs) && k.kept.n_pins &&
	    k.kept.made_ms < k.kept.until_ms)
		put_on_shelf(&k);
}
