/* metrics_page.c - docs/metrics.md. */
#include "federator/admin/metrics.h"

/* "`state`: `live`, `fresh`": a label and all its values, read off the series. Of two labels the names alone. */
static void put_words(const struct words *words, struct buf *out)
{
	buf_printf(out, "`%s`", words->labels);
	if (strchr(words->labels, ','))
		return;
	for (size_t i = 0; i < words->n; i++) {
		SCOPED(buf_free) struct buf series = { 0 };
		const char *value, *end;

		words->put(NULL, i, &series);
		value = strchr(series.data, '"') + 1;
		end = strchr(value, '"');
		buf_printf(out, "%s`%.*s`", i ? ", " : ": ", (int)(end - value), value);
	}
}

static void put_labels(const struct metric *metric, struct buf *out)
{
	static const char *const scopes[] = {
		[PROCESS] = "", [LISTENER] = "", [ONCE] = "", [SOURCE] = "`source`", [VIEW] = "`view`"
	};

	buf_puts(out, scopes[metric->scope]);
	if (*scopes[metric->scope] && metric->words)
		buf_puts(out, "; ");
	if (metric->words)
		put_words(metric->words, out);
}

static void put_row(const struct metric *metric, struct buf *out)
{
	static const char *const kinds[] = { [GAUGE] = "gauge", [COUNTER] = "counter", [HISTOGRAM] = "histogram" };

	if (metric->kind == GROUP_BEGIN) {
		buf_printf(out, "\n## %s\n%s%s| metric | kind | labels | meaning |\n|---|---|---|---|\n", metric->name,
			   metric->help, *metric->help ? "\n\n" : "");
		return;
	}
	buf_printf(out, "| `%s` | %s | ", metric->name, kinds[metric->kind]);
	put_labels(metric, out);
	buf_printf(out, " | %s |\n", metric->help);
}

void metrics_page(struct buf *out)
{
	const struct metric *table;
	size_t n;

	buf_puts(out, "# Metrics\n\n"
		      "Written by `federator docs metrics` from `federator/admin/metrics.def`; edit that.\n\n"
		      "`GET /metrics` of the admin listener answers in the text format of Prometheus (0.0.4).\n"
		      "Example rules for alarms are in [alerts.yml](alerts.yml). Every series that can be is there\n"
		      "from the start, at 0; those of a source or view are gone with the reload that removes it.\n"
		      "Values of customers, and keys, are in no label.\n\n"
		      "With `--tenants` every series that is a tenant's has the label `tenant` in front.\n"
		      "Connections and the process are nobody's, nor is what comes before it is known who\n"
		      "asks: those series are without.\n\n"
		      "Histograms are in seconds, with the bounds");
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++)
		buf_printf(out, " %g", (double)histogram_bounds_us[i] / 1e6);
	buf_puts(out, ".\n");
	table = metrics_table(&n);
	for (size_t i = 0; i < n; i++)
		put_row(&table[i], out);
}
