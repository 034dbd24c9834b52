/* metrics_words.c - the labels of metrics.def. No value of a customer is ever one of them. */
#include <stdio.h>

#include "federator/admin/metrics.h"

void label_put(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\n') {
			buf_puts(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			buf_putc(out, '\\');
		buf_putc(out, *value);
	}
	buf_putc(out, '"');
}

static void status_put(const struct scrape *m, size_t i, struct buf *out)
{
	char text[16];

	(void)m;
	snprintf(text, sizeof(text), "%d", meter_statuses[i]);
	label_put(out, "status", meter_statuses[i] ? text : "other");
}

/* The complete ones first: VIEW_COMPLETE, VIEW_OTHERS. */
static void answer_put(const struct scrape *m, size_t i, struct buf *out)
{
	status_put(m, i ? i - 1 : 0, out);
	buf_putc(out, ',');
	label_put(out, "complete", i ? "false" : "true");
}

static void state_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const states[] = { "live", "fresh", "stale", "skipped", "missing" };

	(void)m;
	label_put(out, "state", states[i]);
}

static void reason_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "reason", meter_reasons[i]);
}

static void skip_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "reason", i ? "down" : "busy");
}

static void worker_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const states[] = { "idle", "busy", "connecting", "spare", "hung" };

	(void)m;
	label_put(out, "state", states[i]);
}

static void breaker_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "state", breaker_word((enum breaker_state)i));
}

static void shed_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "reason", admission_word((enum shed)(i + SHED_NOT + 1)));
}

static void auth_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const outcomes[AUTH_METERS] = { "open",    "key",	 "token",   "certificate",
							   "missing", "refused", "unclear", "forbidden" };

	(void)m;
	label_put(out, "outcome", outcomes[i]);
}

static void listener_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "listener", i == ENTRANCE_PUBLIC ? "public" : "admin");
}

static void kind_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)i;
	label_put(out, "kind", m->cache.kind);
}

static void revision_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)i;
	label_put(out, "revision", m->world->cat->revision);
}

static void reload_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "outcome", i ? "refused" : "loaded");
}

static void listening_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "listening", i ? "yes" : "no");
}

static void message_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const outcomes[] = { "sent", "lost", "refused" };

	(void)m;
	label_put(out, "outcome", outcomes[i]);
}

static void warm_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const outcomes[] = { "answered", "failed", "skipped" };

	(void)m;
	label_put(out, "outcome", outcomes[i]);
}

static void web_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const outcomes[] = { "answered", "refused", "failed" };

	(void)m;
	label_put(out, "outcome", outcomes[i]);
}

static void purge_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "outcome", i ? "failed" : "committed");
}

static void told_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const outcomes[] = { "committed", "refused", "again" };

	(void)m;
	label_put(out, "outcome", outcomes[i]);
}

static void watermark_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const outcomes[] = { "same", "changed", "failed", "skipped" };

	(void)m;
	label_put(out, "outcome", outcomes[i]);
}

static void version_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	(void)i;
	label_put(out, "version", FEDERATOR_VERSION);
}

static void arena_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "state", i ? "kept" : "used");
}

const struct words answer_words = { "status, complete", 1 + METER_STATUSES, answer_put };
const struct words state_words = { "state", SOURCE_MISSING + 1, state_put };
const struct words reason_words = { "reason", METER_REASONS, reason_put };
const struct words skip_words = { "reason", SOURCE_REFRESHES_LAST - SOURCE_REFRESHES_SKIPPED + 1, skip_put };
const struct words fault_words = { "reason", METER_FAULTS, reason_put };
const struct words worker_words = { "state", 5, worker_put };
const struct words breaker_words = { "state", BREAKER_STATES, breaker_put };
const struct words status_words = { "status", METER_STATUSES, status_put };
static void limit_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "of", i ? "customers" : "requests");
}

static void scraping_put(const struct scrape *m, size_t i, struct buf *out)
{
	(void)m;
	label_put(out, "by", i ? "sequence" : "misses");
}

static void sort_put(const struct scrape *m, size_t i, struct buf *out)
{
	static const char *const sorts[] = { "clients", "persons", "names" };

	(void)m;
	label_put(out, "of", sorts[i]);
}

const struct words sort_words = { "of", LIMITS_SORTS, sort_put };
const struct words limit_words = { "of", 2, limit_put };
const struct words scraping_words = { "by", 2, scraping_put };
const struct words shed_words = { "reason", METER_SHEDS, shed_put };
const struct words auth_words = { "outcome", AUTH_METERS, auth_put };
const struct words listener_words = { "listener", ENTRANCES, listener_put };
const struct words cache_words = { "kind", 0, kind_put };
const struct words revision_words = { "revision", 0, revision_put };
const struct words reload_words = { "outcome", 2, reload_put };
const struct words pop_words = { "listening", 2, listening_put };
const struct words pop_message_words = { "outcome", 3, message_put };
const struct words warm_words = { "outcome", 3, warm_put };
const struct words web_words = { "outcome", 3, web_put };
const struct words purge_words = { "outcome", 2, purge_put };
const struct words told_words = { "outcome", 3, told_put };
const struct words watermark_words = { "outcome", 4, watermark_put };
const struct words version_words = { "version", 0, version_put };
const struct words arena_words = { "state", 2, arena_put };
