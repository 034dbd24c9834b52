#include "federator/waiting.h"

#include <stdlib.h>

#include "base/memory.h"

enum {
	LOOK_EVERY_US = 2 * 1000,
	COUNT_EVERY_US = 50 * 1000,
	WEIGHT = 8, /* of the mean against one fetch */
	OUTLIER = 4, /* times the mean */
	FORGET_US = 60 * 1000 * 1000,
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
	g->pool = s->limit;
	g->free = s->busy < s->limit ? s->limit - s->busy : 0;
	g->queued = s->queued;
	count_ended(g, s, now_us);
}

/* One that hung is no measure: a source that thaws is as quick as before. One that is slower now is followed. */
void gauge_took(struct gauge *g, uint64_t us)
{
	uint64_t most = g->took_us * OUTLIER;

	g->took_us = mean(g->took_us, most && us > most ? most : us + 1);
}

bool gauge_admits(const struct gauge *g, uint64_t left_us)
{
	uint64_t each = g->pool ? g->took_us / g->pool : 0, wait_us;

	if (g->queued < g->free)
		return true;
	if (g->every_us && g->every_us < each)
		each = g->every_us;
	wait_us = (g->queued - g->free) * each;
	/* a worker is half through with what it does, then comes the queue, then the fetch itself */
	return wait_us <= left_us / 4 && wait_us + g->took_us + g->took_us / 2 <= left_us / 2;
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

bool waiting_admits(struct lane *lane, struct adapter *ad, uint64_t left_us, const char *source, struct err *err)
{
	struct gauge *g = gauge_of(lane, ad);
	uint64_t now_us = clock_mono_us();

	if (now_us - g->looked_us > LOOK_EVERY_US) {
		struct adapter_state s = adapter_state(ad);

		gauge_look(g, &s, now_us);
	}
	return gauge_admits(g, left_us) ||
	       err_set(err, ERR_BUSY, source, "%u fetches wait already, for too long", g->queued);
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
