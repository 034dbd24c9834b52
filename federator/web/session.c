#include "federator/web/session.h"

#include "base/civil.h"
#include "base/text.h"
#include "metadata/normalize.h"

int64_t web_time(struct str cell)
{
	struct civil c;

	return cell.p && civil_parse(cell, &c) ? c.us : 0;
}

int64_t web_number(struct str cell)
{
	uint64_t n;

	return cell.p && text_to_u64(cell, &n) && n <= INT64_MAX ? (int64_t)n : -1;
}

struct str web_time_text(const struct weblog *log, int64_t us, struct arena *mem)
{
	char text[40];
	size_t n = zone_format(log->zone, us, text);

	return arena_str(mem, (struct str){ text, n });
}

bool web_visitor_is_unnamed(struct str visitor)
{
	return visitor.n && visitor.p[0] == '~';
}

bool web_path_fits(struct str pattern, struct str path)
{
	if (!pattern.n || pattern.p[pattern.n - 1] != '*')
		return str_eq(pattern, path);
	return path.n >= pattern.n - 1 && memcmp(path.p, pattern.p, pattern.n - 1) == 0;
}

/* Evidence in the session itself counts first; a visitor with several values is a device of several people, and so may
 * be one without a name of its own. */
static struct str customer_of(const struct rows *rows, uint32_t r)
{
	struct str least = rows_cell(rows, r, WEB_S_PROVED_LEAST), most = rows_cell(rows, r, WEB_S_PROVED_MOST);

	if (least.p)
		return str_eq(least, most) ? least : (struct str){ 0 };
	if (web_visitor_is_unnamed(rows_cell(rows, r, WEB_S_VISITOR)) ||
	    web_number(rows_cell(rows, r, WEB_S_LINKS)) != 1)
		return (struct str){ 0 };
	return rows_cell(rows, r, WEB_S_LINKED);
}

struct web_session web_session_read(const struct rows *rows, uint32_t r)
{
	return (struct web_session){ .session = rows_cell(rows, r, WEB_S_SESSION),
				     .visitor = rows_cell(rows, r, WEB_S_VISITOR),
				     .started_us = web_time(rows_cell(rows, r, WEB_S_STARTED)),
				     .last_us = web_time(rows_cell(rows, r, WEB_S_LAST)),
				     .events = web_number(rows_cell(rows, r, WEB_S_EVENTS)),
				     .searches = web_number(rows_cell(rows, r, WEB_S_SEARCHES)),
				     .failures = web_number(rows_cell(rows, r, WEB_S_FAILURES)),
				     .entry_path = rows_cell(rows, r, WEB_S_ENTRY),
				     .last_path = rows_cell(rows, r, WEB_S_PATH),
				     .referrer = rows_cell(rows, r, WEB_S_REFERRER),
				     .campaign = rows_cell(rows, r, WEB_S_CAMPAIGN),
				     .engine_terms = rows_cell(rows, r, WEB_S_ENGINE_TERMS),
				     .client = rows_cell(rows, r, WEB_S_CLIENT),
				     .agent = rows_cell(rows, r, WEB_S_AGENT),
				     .device = rows_cell(rows, r, WEB_S_DEVICE),
				     .is_bot = web_number(rows_cell(rows, r, WEB_S_BOT)) > 0,
				     .customer = customer_of(rows, r) };
}

void web_put_text(struct arena *mem, struct node *parent, struct str name, struct str value)
{
	if (value.p && !rows_is_unread(value))
		tree_text(mem, parent, name, value);
}

void web_put_number(struct arena *mem, struct node *parent, struct str name, struct str cell)
{
	int64_t n = web_number(cell);

	if (n >= 0)
		tree_number(mem, parent, name, n);
}

struct str web_customer_id(const struct web_shown *shown, struct str value)
{
	struct str canonical;

	if (!value.p || normalize_key(shown->identity, value, shown->mem, &canonical) != KEY_OK)
		return (struct str){ 0 };
	return seal_id(shown->service, shown->tenant, canonical, shown->mem);
}

static void put_counts(const struct web_session *s, struct arena *mem, struct node *node)
{
	tree_number(mem, node, STR("events"), s->events);
	tree_number(mem, node, STR("searches"), s->searches);
	tree_number(mem, node, STR("failures"), s->failures);
}

static void put_texts(const struct web_session *s, struct arena *mem, struct node *node)
{
	web_put_text(mem, node, STR("entry_path"), s->entry_path);
	web_put_text(mem, node, STR("last_path"), s->last_path);
	web_put_text(mem, node, STR("referrer"), s->referrer);
	web_put_text(mem, node, STR("campaign"), s->campaign);
	web_put_text(mem, node, STR("engine_terms"), s->engine_terms);
	web_put_text(mem, node, STR("client"), s->client);
	web_put_text(mem, node, STR("device"), s->device);
	web_put_text(mem, node, STR("agent"), s->agent);
}

struct node *web_session_put(const struct web_session *s, const struct web_shown *shown, struct node *parent,
			     struct str name)
{
	struct arena *mem = shown->mem;
	struct node *node = tree_object(mem, parent, name);

	tree_text(mem, node, STR("session"), s->session);
	tree_text(mem, node, STR("visitor"), s->visitor);
	web_put_text(mem, node, STR("customer"), web_customer_id(shown, s->customer));
	tree_text(mem, node, STR("started"), web_time_text(shown->log, s->started_us, mem));
	tree_text(mem, node, STR("last"), web_time_text(shown->log, s->last_us, mem));
	tree_bool(mem, node, STR("on_site"), s->last_us + (int64_t)shown->log->idle_ms * 1000 > shown->now_us);
	put_counts(s, mem, node);
	put_texts(s, mem, node);
	if (s->is_bot)
		tree_bool(mem, node, STR("bot"), true);
	return node;
}

static const struct {
	enum web_event_column column;
	bool number;
	struct str name;
} event_members[] = {
	{ WEB_E_KIND, false, STR("kind") },
	{ WEB_E_METHOD, false, STR("method") },
	{ WEB_E_PATH, false, STR("path") },
	{ WEB_E_QUERY, false, STR("query") },
	{ WEB_E_STATUS, true, STR("status") },
	{ WEB_E_RESULT, false, STR("result") },
	{ WEB_E_PRODUCT, false, STR("product") },
	{ WEB_E_CATEGORY, false, STR("category") },
	{ WEB_E_ORDER, false, STR("order") },
	{ WEB_E_TERMS, false, STR("terms") },
	{ WEB_E_HITS, true, STR("hits") },
	{ WEB_E_ENGINE, false, STR("engine") },
	{ WEB_E_ENGINE_TERMS, false, STR("engine_terms") },
	{ WEB_E_REFERRER, false, STR("referrer") },
	{ WEB_E_CAMPAIGN, false, STR("campaign") },
	{ WEB_E_TOOK, true, STR("took_ms") },
	{ WEB_E_BYTES, true, STR("bytes") },
};

struct node *web_event_put(const struct rows *rows, uint32_t r, const struct web_shown *shown, struct node *parent)
{
	struct node *node = tree_object(shown->mem, parent, STR(""));
	int64_t at_us = web_time(rows_cell(rows, r, WEB_E_AT));

	tree_text(shown->mem, node, STR("at"), web_time_text(shown->log, at_us, shown->mem));
	for (size_t i = 0; i < ARRAY_LEN(event_members); i++) {
		struct str cell = rows_cell(rows, r, event_members[i].column);

		if (event_members[i].number)
			web_put_number(shown->mem, node, event_members[i].name, cell);
		else
			web_put_text(shown->mem, node, event_members[i].name, cell);
	}
	return node;
}
