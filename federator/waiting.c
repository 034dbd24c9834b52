#include "federator/waiting.h"

#include <stdlib.h>

#include "base/memory.h"

enum {
	LOOK_EVERY_US = 2 * 1000,
	COUNT_EVERY_US = 50 * 1000,
	WEIGHT = 8, /* of the mean against one fetch */
	OUTLIER = 4, /* times the mean */
	FORGET_US = 60 * 1000 * 1000,
	STUCK_LEAST_US = 20 * 1000,
	STUCK = 3, /* times what a fetch takes */
};

static uint64_t mean(uint64_t old, uint64_t one)
{
	return old ? old - old / WEIGHT + one / WEIGHT : one;
}

/* While some wait all through, how often one ends says what the source can do, joined fetches and all. */
static void count_ended(struct gauge *g, const struct adapter_state *s, uint64_t now_us)
{
	bool full = s->queued > 0;

	if (now_us - g->counted_us < COUNT_EVERY_US && g->counted_us)
		return;
	if (full && g->counted_full && s->fetches > g->fetches)
		g->every_us = mean(g->every_us, (now_us - g->counted_us) / (s->fetches - g->fetches) + 1);
	else
		g->every_us = 0;
	g->counted_us = now_us;
	g->fetches = s->fetches;
	g->counted_full = full;
}

void gauge_look(struct gauge *g, const struct adapter_state *s, uint64_t now_us)
{
	g->looked_us = now_us;
	g->refuses = s->breaker != BREAKER_CLOSED;
	g->pool = s->limit;
	g->free = s->busy < s->limit ? s->limit - s->busy : 0;
	g->queued = s->queued;
	if (s->queued == 0 || s->fetches - s->failures != g->good)
		g->good_us = now_us;
	g->good = s->fetches - s->failures;
	count_ended(g, s, now_us);
}

/* One that hung is no measure: a source that thaws is as quick as before. One that is slower now is followed. */
void gauge_took(struct gauge *g, uint64_t us)
{
	uint64_t most = g->took_us * OUTLIER;

	g->took_us = mean(g->took_us, most && us > most ? most : us + 1);
}

static bool is_stuck(const struct gauge *g, uint64_t now_us)
{
	return now_us - g->good_us > STUCK_LEAST_US + STUCK * g->took_us;
}

/* How long the queue is; false: a worker is free, nothing is known of the source, or it is not asked. */
static bool queue_us(const struct gauge *g, uint64_t *out)
{
	uint64_t each = g->pool ? g->took_us / g->pool : 0;
	uint32_t before = g->queued + g->coming;

	if (g->refuses || before < g->free || !each)
		return false;
	if (g->every_us && g->every_us < each)
		each = g->every_us;
	*out = (before - g->free) * each;
	return true;
}

enum wait gauge_wait(const struct gauge *g, uint64_t left_us, uint64_t now_us)
{
	uint64_t wait_us;

	if (!queue_us(g, &wait_us))
		return WAIT_NOT;
	/* a worker is half through with what it does, then comes the queue, then the fetch itself */
	if (wait_us <= left_us / 4 && wait_us + g->took_us + g->took_us / 2 <= left_us / 2)
		return WAIT_SHORT;
	return is_stuck(g, now_us) ? WAIT_STUCK : WAIT_LONG;
}

bool gauge_spares(const struct gauge *g, uint64_t left_us)
{
	uint64_t wait_us;

	return !queue_us(g, &wait_us) || wait_us <= left_us / 32;
}

/* Of sources that a reload has closed. */
static void forget_unused(struct lane *lane, uint64_t now_us)
{
	struct gauge **at = &lane->gauges, *g;

	while ((g = *at) != NULL) {
		if (g->looked_us + FORGET_US > now_us) {
			at = &g->next;
			continue;
		}
		*at = g->next;
		free(g);
	}
}

static struct gauge *gauge_of(struct lane *lane, const struct adapter *ad)
{
	struct gauge *g = lane->gauges;

	while (g && g->adapter != ad)
		g = g->next;
	if (g)
		return g;
	forget_unused(lane, clock_mono_us());
	g = memory_new(sizeof(*g));
	g->adapter = ad;
	g->next = lane->gauges;
	lane->gauges = g;
	return g;
}

static struct gauge *gauge_now(struct lane *lane, struct adapter *ad, uint64_t now_us)
{
	struct gauge *g = gauge_of(lane, ad);

	if (now_us - g->looked_us > LOOK_EVERY_US) {
		struct adapter_state s = adapter_state(ad);

		gauge_look(g, &s, now_us);
	}
	return g;
}

enum wait waiting_at(struct lane *lane, struct adapter *ad, uint64_t left_us)
{
	uint64_t now_us = clock_mono_us();

	return gauge_wait(gauge_now(lane, ad, now_us), left_us, now_us);
}

bool waiting_spares(struct lane *lane, struct adapter *ad, uint64_t left_us)
{
	return gauge_spares(gauge_now(lane, ad, clock_mono_us()), left_us);
}

void waiting_expect(struct lane *lane, const struct adapter *ad, int32_t n)
{
	struct gauge *g = gauge_of(lane, ad);

	if (n >= 0)
		g->coming += (uint32_t)n;
	else
		g->coming -= g->coming < (uint32_t)-n ? g->coming : (uint32_t)-n; /* it was forgotten meanwhile */
}

void waiting_queued(struct lane *lane, const struct adapter *ad)
{
	gauge_of(lane, ad)->queued++;
}

void waiting_landed(struct lane *lane, const struct adapter *ad, const struct fetch *f)
{
	if ((f->err.cls == ERR_NONE || f->err.cls == ERR_LATE) && f->begun_us)
		gauge_took(gauge_of(lane, ad), f->ended_us - f->begun_us);
}

void waiting_end(struct lane *lane)
{
	struct gauge *next;

	for (struct gauge *g = lane->gauges; g; g = next) {
		next = g->next;
		free(g);
	}
	lane->gauges = NULL;
}
