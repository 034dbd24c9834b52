#include "federator/admin/metrics.h"

/* ---- the table ---- */

/* Faults are shown under the words that answers have for them. */
static uint64_t faults_of(const struct adapter_state *ad, size_t reason)
{
	uint64_t n = 0;

	for (enum err_class cls = ERR_NONE + 1; cls < (enum err_class)ERR_CLASSES; cls++)
		if (meter_reason(err_reason(cls)) == reason)
			n += ad->faults[cls];
	return n;
}

/* In the order of worker_words. */
static uint64_t workers_in(const struct adapter_state *ad, size_t state)
{
	uint32_t running = ad->busy - ad->connecting - ad->hung;
	const uint32_t n[] = { ad->connected - running, running, ad->connecting, ad->spare, ad->hung };

	return n[state];
}

#define SEE_ONCE (void)at
#define SEE_SOURCE const struct seen_source *s = &m->sources[at]
#define SEE_VIEW const struct seen_view *v = &m->views[at]
#define GROUP(title, about)
#define METRIC(scope, name, kind, help, expr) METRIC_BY(scope, name, kind, , help, expr)
#define METRIC_BY(scope, name, kind, words, help, expr)                               \
	static double value_of_##name(const struct scrape *m, size_t at, size_t i) \
	{                                                                             \
		SEE_##scope;                                                          \
		(void)m;                                                              \
		(void)i;                                                              \
		return (double)(expr);                                                \
	}
#define METRIC_TIMES(scope, name, help, expr)                                      \
	static struct histogram value_of_##name(const struct scrape *m, size_t at) \
	{                                                                          \
		SEE_##scope;                                                       \
		return expr;                                                       \
	}
#include "federator/admin/metrics.def"
#undef GROUP
#undef METRIC
#undef METRIC_BY
#undef METRIC_TIMES

static const struct metric table[] = {
#define GROUP(title, about) { .name = (title), .kind = GROUP_BEGIN, .help = (about) },
#define METRIC(scope, name, kind, help, expr) { #name, kind, scope, NULL, help, value_of_##name, NULL },
#define METRIC_BY(scope, name, kind, words, help, expr) { #name, kind, scope, &(words), help, value_of_##name, NULL },
#define METRIC_TIMES(scope, name, help, expr) { #name, HISTOGRAM, scope, NULL, help, NULL, value_of_##name },
#include "federator/admin/metrics.def"
#undef GROUP
#undef METRIC
#undef METRIC_BY
#undef METRIC_TIMES
};

const struct metric *metrics_table(size_t *n_out)
{
	*n_out = ARRAY_LEN(table);
	return table;
}

/* ---- what is seen ---- */

static void look(struct service *svc, const struct world *world, struct arena *mem, struct scrape *m)
{
	const struct catalog *cat = world->cat;

	*m = (struct scrape){ .service = svc,
			      .world = world,
			      .meters = service_meters(svc),
			      .cache = service_cache(svc),
			      .near = service_near(svc),
			      .words = service_words(svc),
			      .now_us = clock_mono_us(),
			      .process = process_state(),
			      .arenas = arena_totals(),
			      .sources = arena_array_of(mem, struct seen_source, cat->n_sources),
			      .views = arena_array_of(mem, struct seen_view, cat->n_views) };
	for (size_t i = 0; i < cat->n_sources; i++)
		m->sources[i] = (struct seen_source){ cat->sources[i].name, adapter_state(world->adapters[i]),
						      world->source_meters[i] };
	for (size_t i = 0; i < cat->n_views; i++)
		m->views[i] = (struct seen_view){ cat->views[i].name, world->view_meters[i] };
}

/* ---- the text ---- */

/* The labels of a scope, with a comma behind when there are more. */
static void put_scope(const struct scrape *m, const struct metric *metric, size_t at, bool more, struct buf *out)
{
	if (metric->scope == ONCE)
		return;
	if (metric->scope == SOURCE)
		label_put(out, "source", m->sources[at].name);
	else
		label_put(out, "view", m->views[at].name);
	if (more)
		buf_putc(out, ',');
}

/* All counts of ours are whole in a double for ages. */
static void put_values(const struct scrape *m, const struct metric *metric, size_t at, struct buf *out)
{
	size_t n = metric->words && metric->words->n ? metric->words->n : 1;

	for (size_t i = 0; i < n; i++) {
		buf_puts(out, metric->name);
		if (metric->words || metric->scope != ONCE)
			buf_putc(out, '{');
		put_scope(m, metric, at, metric->words, out);
		if (metric->words)
			metric->words->put(m, i, out);
		if (metric->words || metric->scope != ONCE)
			buf_putc(out, '}');
		buf_printf(out, " %.15g\n", metric->value(m, at, i));
	}
}

static void put_times(const struct scrape *m, const struct metric *metric, size_t at, struct buf *out)
{
	struct histogram h = metric->times(m, at);
	uint64_t n = 0;

	for (size_t i = 0; i < HISTOGRAM_STEPS; i++) {
		n += h.in_step[i];
		buf_printf(out, "%s_bucket{", metric->name);
		put_scope(m, metric, at, true, out);
		if (i < HISTOGRAM_BOUNDS)
			buf_printf(out, "le=\"%g\"", (double)histogram_bounds_us[i] / 1e6);
		else
			buf_puts(out, "le=\"+Inf\"");
		buf_printf(out, "} %llu\n", (unsigned long long)n);
	}
	for (int sum = 1; sum >= 0; sum--) {
		buf_printf(out, "%s_%s%s", metric->name, sum ? "sum" : "count", metric->scope == ONCE ? "" : "{");
		put_scope(m, metric, at, false, out);
		buf_puts(out, metric->scope == ONCE ? " " : "} ");
		buf_printf(out, "%.15g\n", sum ? (double)h.sum_us / 1e6 : (double)n);
	}
}

static void put_metric(const struct scrape *m, const struct metric *metric, struct buf *out)
{
	static const char *const kinds[] = { [GAUGE] = "gauge", [COUNTER] = "counter", [HISTOGRAM] = "histogram" };
	const size_t n[] = { [ONCE] = 1, [SOURCE] = m->world->cat->n_sources, [VIEW] = m->world->cat->n_views };

	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, kinds[metric->kind]);
	for (size_t at = 0; at < n[metric->scope]; at++) {
		if (metric->kind == HISTOGRAM)
			put_times(m, metric, at, out);
		else
			put_values(m, metric, at, out);
	}
}

void metrics_put(struct service *svc, struct buf *out)
{
	const struct world *world = service_world(svc);
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct scrape m;

	look(svc, world, mem, &m);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].kind != GROUP_BEGIN)
			put_metric(&m, &table[i], out);
	world_unref(&world);
}
