#include "federator/admin/metrics.h"

#include <stdio.h>

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

#define SEE_PROCESS (void)at
#define SEE_LISTENER (void)at
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

static void look_at_process(struct service *svc, const struct counters *meters, struct scrape *m)
{
	*m = (struct scrape){ .service = svc,
			      .meters = meters,
			      .now_us = clock_mono_us(),
			      .process = process_state(),
			      .arenas = arena_totals() };
}

static void look(struct service *svc, struct arena *mem, struct scrape *m)
{
	const struct world *world = service_world(svc);
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
	if (service_limits(svc))
		limits_count(service_limits(svc), m->actors);
	for (size_t i = 0; i < cat->n_sources; i++)
		m->sources[i] = (struct seen_source){ cat->sources[i].name, adapter_state(world->adapters[i]),
						      world->source_meters[i] };
	for (size_t i = 0; i < cat->n_views; i++)
		m->views[i] = (struct seen_view){ cat->views[i].name, world->view_meters[i] };
}

/* ---- the text ---- */

/* The series that a line is of. */
struct series {
	const struct scrape *m;
	const struct metric *metric;
	size_t at; /* of the source or view */
};

/* Tenant and scope as labels; false: there are none. */
static bool put_whose(const struct series *s, struct buf *out)
{
	if (s->m->tenant)
		label_put(out, "tenant", s->m->tenant);
	if (s->metric->scope != SOURCE && s->metric->scope != VIEW)
		return s->m->tenant;
	if (s->m->tenant)
		buf_putc(out, ',');
	if (s->metric->scope == SOURCE)
		label_put(out, "source", s->m->sources[s->at].name);
	else
		label_put(out, "view", s->m->views[s->at].name);
	return true;
}

/* The labels in braces, `more` behind those of the series; nothing when there are none. */
static void put_labels(const struct series *s, struct str more, struct buf *out)
{
	size_t from = out->len;

	buf_putc(out, '{');
	if (put_whose(s, out) && more.n)
		buf_putc(out, ',');
	buf_put_str(out, more);
	if (out->len == from + 1)
		out->len = from;
	else
		buf_putc(out, '}');
}

/* All counts of ours are whole in a double for ages. */
static void put_values(const struct series *s, struct buf *out)
{
	const struct metric *metric = s->metric;
	size_t n = metric->words && metric->words->n ? metric->words->n : 1;

	for (size_t i = 0; i < n; i++) {
		SCOPED(buf_free) struct buf words = { 0 };

		if (metric->words)
			metric->words->put(s->m, i, &words);
		buf_puts(out, metric->name);
		put_labels(s, buf_str(&words), out);
		buf_printf(out, " %.15g\n", metric->value(s->m, s->at, i));
	}
}

static void put_times(const struct series *s, struct buf *out)
{
	struct histogram h = s->metric->times(s->m, s->at);
	uint64_t n = 0;

	for (size_t i = 0; i < HISTOGRAM_STEPS; i++) {
		char bound[32] = "le=\"+Inf\"";

		n += h.in_step[i];
		if (i < HISTOGRAM_BOUNDS)
			snprintf(bound, sizeof(bound), "le=\"%g\"", (double)histogram_bounds_us[i] / 1e6);
		buf_printf(out, "%s_bucket", s->metric->name);
		put_labels(s, str_of(bound), out);
		buf_printf(out, " %llu\n", (unsigned long long)n);
	}
	for (int sum = 1; sum >= 0; sum--) {
		buf_printf(out, "%s_%s", s->metric->name, sum ? "sum" : "count");
		put_labels(s, STR(""), out);
		buf_printf(out, " %.15g\n", sum ? (double)h.sum_us / 1e6 : (double)n);
	}
}

/* How many series of the metric there are in it, but for those of words. */
static size_t count_in(const struct scrape *m, const struct metric *metric)
{
	switch (metric->scope) {
	case PROCESS:
		return !m->tenant;
	case LISTENER:
		return 1;
	case ONCE:
		return m->world != NULL;
	case SOURCE:
		return m->world ? m->world->cat->n_sources : 0;
	case VIEW:
		return m->world ? m->world->cat->n_views : 0;
	}
	return 0;
}

static void put_metric(const struct scrape *of, size_t n, const struct metric *metric, struct buf *out)
{
	static const char *const kinds[] = { [GAUGE] = "gauge", [COUNTER] = "counter", [HISTOGRAM] = "histogram" };

	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, kinds[metric->kind]);
	for (size_t i = 0; i < n; i++) {
		for (size_t at = 0; at < count_in(&of[i], metric); at++) {
			const struct series s = { &of[i], metric, at };

			if (metric->kind == HISTOGRAM)
				put_times(&s, out);
			else
				put_values(&s, out);
		}
	}
}

static void put_table(const struct scrape *of, size_t n, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].kind != GROUP_BEGIN)
			put_metric(of, n, &table[i], out);
}

void metrics_put(struct service *svc, struct buf *out)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct scrape m;

	look(svc, mem, &m);
	put_table(&m, 1, out);
	world_unref(&m.world);
}

void metrics_put_all(struct service *const *services, size_t n, const struct counters *own, struct buf *out)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct scrape *of = arena_array_of(mem, struct scrape, n + 1);

	look_at_process(services[0], own, &of[0]);
	for (size_t i = 0; i < n; i++) {
		look(services[i], mem, &of[i + 1]);
		of[i + 1].tenant = service_options(services[i])->tenant;
	}
	put_table(of, n + 1, out);
	for (size_t i = 0; i < n; i++)
		world_unref(&of[i + 1].world);
}
