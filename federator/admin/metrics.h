/* metrics.h - what the service counts, as text for Prometheus and as a page for people: both from metrics.def. */
#ifndef FEDERATOR_ADMIN_METRICS_H
#define FEDERATOR_ADMIN_METRICS_H

#include "base/buf.h"
#include "federator/http/admission.h"
#include "federator/process.h"
#include "federator/service.h"

/* What was seen of a source and a view. */
struct seen_source {
	const char *name;
	struct adapter_state ad;
	const struct counters *counters; /* enum source_meter */
};
struct seen_view {
	const char *name;
	const struct counters *counters; /* enum view_meter */
};

/* All that values are made of, seen at once. */
struct scrape {
	const struct service *service; /* the process': that of the first tenant */
	const char *tenant; /* NULL: there is only one, or it is the process */
	const struct world *world; /* NULL: it is the process */
	const struct counters *meters; /* enum meter */
	struct cache_state cache;
	struct cache_near_state near;
	struct cache_words_state words;
	uint32_t actors[LIMITS_SORTS];
	uint64_t now_us; /* clock_mono_us() */
	struct process_state process;
	struct arena_totals arenas;
	struct seen_source *sources;
	struct seen_view *views;
};

/* Labels that a metric has beside those of its scope. */
struct words {
	const char *labels; /* their names */
	size_t n; /* series; 0: one, whose label is only known while the service runs */
	void (*put)(const struct scrape *m, size_t i, struct buf *out); /* name="value", ... of the series */
};

enum metric_kind { GROUP_BEGIN, GAUGE, COUNTER, HISTOGRAM };
enum metric_scope { PROCESS, LISTENER, ONCE, SOURCE, VIEW };

/* A row of metrics.def; of a group only `name` (its title) and `help`. */
struct metric {
	const char *name;
	enum metric_kind kind;
	enum metric_scope scope;
	const struct words *words; /* or NULL */
	const char *help;
	/* of the source or view `at` and its words' `i` */
	double (*value)(const struct scrape *m, size_t at, size_t i);
	struct histogram (*times)(const struct scrape *m, size_t at); /* HISTOGRAM */
};

/* The table. */
const struct metric *metrics_table(size_t *n_out) NONNULL(1) __attribute__((returns_nonnull));

/* metrics_words.c */
extern const struct words answer_words, state_words, reason_words, skip_words, fault_words, worker_words, breaker_words,
	auth_words, status_words, shed_words, listener_words, cache_words, revision_words, reload_words, version_words,
	arena_words, purge_words, told_words, watermark_words, pop_words, pop_message_words, warm_words, web_words,
	limit_words, scraping_words, sort_words;
/* name="value", the value escaped. */
void label_put(struct buf *out, const char *name, const char *value) NONNULL(1, 2, 3);

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Everything in Prometheus' text format 0.0.4. Safe from any thread; not for a loop that answers requests. */
void metrics_put(struct service *svc, struct buf *out) NONNULL(1, 2);
/* The same of many tenants, one at least, by the label `tenant`; `own` is counted for none of them, enum meter. */
void metrics_put_all(struct service *const *services, size_t n, const struct counters *own, struct buf *out)
	NONNULL(1, 3, 4);
/* docs/metrics.md. */
void metrics_page(struct buf *out) NONNULL(1);

#endif
