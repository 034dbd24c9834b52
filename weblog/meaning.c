#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "weblog/meaning_state.h"

enum {
	AGENTS = 1 << 16,
	VISITS = 1 << 16,
	NAMES = 1 << 12,
	CLIENT_GONE = 499, /* nginx: closed by the client before there was an answer */
};

#define DAY_US INT64_C(86400000000)
#define HOUR_US INT64_C(3600000000)
#define BACK_US INT64_C(300000000) /* how far lines of one log go back: servers write them when the answer ends */

struct weblog_meaning *weblog_meaning_new(const struct weblog *conf, const struct weblog_rules *rules,
					  const unsigned char salt[16])
{
	struct weblog_meaning *m = memory_new(sizeof(*m));

	m->conf = conf;
	m->rules = rules;
	memcpy(m->salt, salt, sizeof(m->salt));
	m->decoder = weblog_decoder_new();
	m->agents = weblog_memo_new(AGENTS, sizeof(struct weblog_agent));
	m->visits = weblog_memo_new(VISITS, sizeof(struct weblog_visit));
	m->names = weblog_memo_new(NAMES, sizeof(struct weblog_name));
	return m;
}

void weblog_meaning_free(struct weblog_meaning **meaning)
{
	struct weblog_meaning *m = *meaning;

	if (!m)
		return;
	weblog_decoder_free(&m->decoder);
	weblog_memo_free(&m->agents);
	weblog_memo_free(&m->visits);
	weblog_memo_free(&m->names);
	buf_free(&m->scratch);
	buf_free(&m->again);
	free(m);
	*meaning = NULL;
}

const char *const weblog_result_words[WEBLOG_RESULTS] = {
	[WEBLOG_DONE] = "done",
	[WEBLOG_MOVED] = "moved",
	[WEBLOG_REFUSED] = "refused",
	[WEBLOG_FAILED] = "failed",
};

/* ---- time ---- */

/* In the hour that an autumn change repeats, the second one when the line in front was there already. */
static int64_t instant_of(const struct weblog_meaning *m, int64_t wall_us)
{
	const struct zone *zone = m->conf->zone;
	int64_t first = zone_instant_us(zone, wall_us), second;

	if (first + BACK_US >= m->last_us || first + 2 * HOUR_US < m->last_us)
		return first;
	second = wall_us - zone_offset_at(zone, first + 2 * HOUR_US) * CIVIL_SECOND_US;
	if (second > first && second + zone_offset_at(zone, second) * CIVIL_SECOND_US == wall_us)
		return second;
	return first;
}

void weblog_meaning_behind(struct weblog_meaning *meaning, int64_t us)
{
	meaning->last_us = us;
}

/* False: there is none, or it is more than a day ahead, which no clock of a server that is looked after is. */
static bool time_read(struct weblog_meaning *m, struct weblog_event *event)
{
	const struct weblog_record *record = m->line.record;

	if (record->time_us <= 0)
		return false;
	event->at_us = record->has_offset ? record->time_us : instant_of(m, record->time_us);
	if (event->at_us > m->horizon_us) {
		m->horizon_us = clock_wall_ms() * 1000 + DAY_US;
		if (event->at_us > m->horizon_us)
			return false;
	}
	m->last_us = event->at_us;
	return true;
}

/* ---- what is kept ---- */

static bool is_page_method(struct str method)
{
	static const struct str pages[] = { STR("GET"), STR("POST"), STR("PUT"), STR("PATCH"), STR("DELETE") };

	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		if (str_eq(method, pages[i]))
			return true;
	return method.p == NULL; /* the log does not say */
}

/* What stands behind the last point of the last segment. */
static bool has_suffix(const struct weblog_rules *rules, struct str path)
{
	const char *slash = memrchr(path.p, '/', path.n);
	const char *point = memrchr(path.p, '.', path.n);
	char suffix[WEBLOG_SUFFIX_MAX];
	size_t n;

	if (!point || (slash && slash > point))
		return false;
	n = (size_t)(path.p + path.n - point) - 1;
	if (n == 0 || n > sizeof(suffix))
		return false;
	for (size_t i = 0; i < n; i++)
		suffix[i] = text_lower(point[1 + i]);
	for (size_t i = 0; i < rules->n_suffixes; i++)
		if (rules->suffixes[i].n == n && memcmp(rules->suffixes[i].p, suffix, n) == 0)
			return true;
	return false;
}

static bool is_asset_path(const struct weblog_rules *rules, struct str path)
{
	for (size_t i = 0; i < rules->n_asset_paths; i++) {
		struct str asset = rules->asset_paths[i];
		bool open = asset.p[asset.n - 1] == '*';

		asset.n -= open;
		if ((open ? path.n >= asset.n : path.n == asset.n) && memcmp(path.p, asset.p, asset.n) == 0)
			return true;
	}
	return false;
}

static bool is_asset(const struct weblog_meaning *m)
{
	struct str path = m->line.path;
	struct weblog_captures captures;

	if (!is_page_method(m->line.record->text[WEBLOG_METHOD]))
		return true;
	for (size_t i = 0; i < m->conf->n_assets; i++)
		if (weblog_pattern_match(&m->conf->assets[i], path, &captures))
			return true;
	return (has_suffix(m->rules, path) || is_asset_path(m->rules, path)) && !weblog_is_page(m);
}

static enum weblog_result result_of(int status)
{
	if (status == CLIENT_GONE || status < 100 || status >= 500)
		return WEBLOG_FAILED;
	if (status >= 400)
		return WEBLOG_REFUSED;
	return status >= 300 && status != 304 ? WEBLOG_MOVED : WEBLOG_DONE;
}

static void event_fill(struct weblog_meaning *m, const struct weblog_agent *agent, struct weblog_event *event)
{
	const struct weblog_record *record = m->line.record;

	event->method = record->text[WEBLOG_METHOD];
	event->status = record->status;
	event->result = result_of(record->status);
	event->bytes = record->bytes;
	event->took_us = record->duration_us;
	event->hits = -1;
	weblog_page_find(m);
	event->path = weblog_path_masked(m, m->line.path);
	event->query = weblog_query_kept(m);
	weblog_page_read(m, event);
	weblog_from_read(m, event);
	weblog_evidence_read(m, event);
	weblog_client_read(m, agent, event);
}

/* Of a bot only that it is one is looked at, unless the mapping keeps them. */
static enum weblog_verdict visit_read(struct weblog_meaning *m, bool is_asset, struct weblog_event *event)
{
	bool is_robots = str_eq(m->line.path, STR("/robots.txt")); /* which browsers never ask for */
	struct weblog_agent *agent;
	struct weblog_visit *visit;

	if (is_asset && !is_robots)
		return WEBLOG_ASSET;
	agent = weblog_agent_of(m);
	if (agent->is_bot && !m->conf->bots)
		return WEBLOG_BOT;
	weblog_query_read(m);
	visit = weblog_visit_of(m, agent, event);
	visit->is_bot |= is_robots;
	if (is_asset)
		return visit->is_bot && !m->conf->bots ? WEBLOG_BOT : WEBLOG_ASSET;
	event->is_bot = weblog_visit_is_bot(m, visit, event->at_us) || agent->is_bot;
	if (event->is_bot && !m->conf->bots)
		return WEBLOG_BOT;
	event_fill(m, agent, event);
	return WEBLOG_EVENT;
}

enum weblog_verdict weblog_meaning_of(struct weblog_meaning *m, const struct weblog_record *record, struct arena *mem,
				      struct weblog_event *event)
{
	m->line.record = record;
	m->line.mem = mem;
	m->line.cookie = (struct str){ NULL, 0 };
	*event = (struct weblog_event){ .kind = "page" };
	if (!time_read(m, event) || !weblog_target_read(m))
		return WEBLOG_NO_REQUEST;
	return visit_read(m, is_asset(m), event);
}
