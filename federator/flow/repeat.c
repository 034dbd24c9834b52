#include "federator/flow/repeat.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "federator/flow/recall.h"

/* What it counts for at a source. */
struct repeat_count {
	struct counters *of;
	enum source_meter meter;
	uint32_t n;
};

struct repeat {
	struct lane *lane;
	const struct world *world;
	struct counters *view_meters; /* the world's */
	int64_t from_ms, until_ms; /* wall clock */
	uint32_t n_counts, n_pins;
	struct repeat_count *counts; /* behind the pins */
	struct cache_pin pins[];
};

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When Age, ttl or the generation of seals is another one, whichever is first. `max-age` and `min-fresh` are whole
 * seconds, too. */
static int64_t until_ms(const struct flow *flow, const struct recall *kept, int64_t now_ms)
{
	int64_t age_s = (now_ms - kept->oldest_ms) / 1000, left_s = (kept->until_ms - now_ms - 1) / 1000;

	return sooner(vary_generation_ends_ms(flow, kept->generation),
		      sooner(kept->oldest_ms + (age_s + 1) * 1000, kept->until_ms - left_s * 1000));
}

struct repeat *repeat_new(const struct flow *flow, const struct recall *kept, const char *pins, const char *counts)
{
	size_t pins_bytes = kept->n_pins * sizeof(struct cache_pin);
	struct repeat *r = memory_try(sizeof(*r) + pins_bytes + kept->n_counts * sizeof(struct repeat_count));
	int64_t now_ms = lane_wall_ms(flow->lane);

	if (!r)
		return NULL;
	*r = (struct repeat){ .lane = flow->lane,
			      .world = world_ref(flow->world),
			      .view_meters = flow->world->view_meters[flow->view->index],
			      .from_ms = now_ms,
			      .until_ms = until_ms(flow, kept, now_ms),
			      .n_counts = kept->n_counts,
			      .n_pins = kept->n_pins };
	memcpy(r->pins, pins, pins_bytes);
	static_assert(sizeof(struct cache_pin) % _Alignof(struct repeat_count) == 0, "counts are aligned behind pins");
	r->counts = (struct repeat_count *)(r->pins + r->n_pins);
	for (uint32_t i = 0; i < kept->n_counts; i++) {
		struct recall_count c;

		memcpy(&c, counts + i * sizeof(c), sizeof(c));
		r->counts[i] = (struct repeat_count){ flow->world->source_meters[c.source], c.meter, c.n };
	}
	return r;
}

bool repeat_is_over(const struct repeat *r)
{
	int64_t now_ms = lane_wall_ms(r->lane);

	return now_ms < r->from_ms || now_ms >= r->until_ms || !service_runs(r->lane->service, r->world);
}

bool repeat_holds(const struct repeat *r, uint64_t now_us)
{
	return !repeat_is_over(r) && cache_pins_hold(r->lane->cache, r->pins, r->n_pins, now_us);
}

void repeat_count(const struct repeat *r, int status, uint64_t took_us)
{
	for (uint32_t i = 0; i < r->n_counts; i++)
		counters_add(r->counts[i].of, r->counts[i].meter, r->counts[i].n);
	counters_add(r->view_meters, VIEW_RENDERED, 1);
	counters_add(r->view_meters, status == 200 ? VIEW_COMPLETE : VIEW_OTHERS + meter_status(status), 1);
	histogram_count_in(r->view_meters, VIEW_TOOK, took_us);
}

void repeat_free(struct repeat **rp)
{
	struct repeat *r = *rp;

	if (!r)
		return;
	world_unref(&r->world);
	free(r);
	*rp = NULL;
}
