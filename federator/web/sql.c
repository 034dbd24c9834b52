#include "federator/web/sql.h"

#include <assert.h>

#include "base/civil.h"

#define SESSION_COLUMNS \
	"SELECT s.session, s.visitor, s.started_at, s.last_at, s.events, s.searches, s.failures, s.entry_path, " \
	"s.last_path, s.referrer, s.campaign, s.engine_terms, s.client, a.agent, a.device, a.is_bot"
#define EVENT_COLUMNS \
	"SELECT e.id, e.at, e.visitor, e.session, e.kind, e.method, e.path, e.query, e.status, e.result, e.product, " \
	"e.category, e.order_no, e.terms, e.hits, e.engine, e.engine_terms, e.referrer, e.campaign, e.took_ms, e.bytes"
#define NO_BOT "(a.is_bot IS NULL OR a.is_bot = 0)"

static const char *const session_columns[WEB_S_COLUMNS] = {
	"session", "visitor", "started_at", "last_at", "events", "searches", "failures", "entry_path", "last_path",
	"referrer", "campaign", "engine_terms", "client", "agent", "device", "is_bot", "links", "linked",
	"proved_least", "proved_most" };
static const char *const event_columns[WEB_E_COLUMNS] = {
	"id", "at", "visitor", "session", "kind", "method", "path", "query", "status", "result", "product", "category",
	"order_no", "terms", "hits", "engine", "engine_terms", "referrer", "campaign", "took_ms", "bytes" };
static const char *const term_columns[WEB_T_COLUMNS] = { "terms", "searches", "visitors", "last_at", "known" };
static const char *const total_columns[WEB_N_COLUMNS] = { "searches", "visitors" };
static const char *const link_columns[WEB_L_COLUMNS] = { "key_name", "value", "confidence", "first_at", "last_at",
							 "since" };
static const char *const evidence_columns[WEB_V_COLUMNS] = { "session", "key_name", "value", "evidence",
							     "confidence", "first_at", "last_at" };

void web_sql_free(struct web_sql *sql)
{
	buf_free(&sql->text);
}

struct str web_sql_time(int64_t us, struct arena *mem)
{
	int64_t ms = civil_floor_div(us, 1000), s = civil_floor_div(ms, 1000), days = civil_floor_div(s, CIVIL_DAY_S);
	struct civil_date date = civil_date_of(days);
	int in_day = (int)(s - days * CIVIL_DAY_S);

	return arena_printf(mem, "%04d-%02u-%02u %02d:%02d:%02d.%03d", (int)date.year, date.month, date.day,
			    in_day / 3600, in_day / 60 % 60, in_day % 60, (int)(ms - s * 1000));
}

/* Text with at most one `?`, and its value. */
static void put(struct web_sql *sql, const char *text, struct str value)
{
	assert(sql->n_params < WEB_SQL_PARAMS_MAX);
	buf_puts(&sql->text, text);
	sql->params[sql->n_params++] = value;
}

static void begin(struct web_sql *sql, const char *const *columns, uint32_t n, uint32_t most)
{
	sql->columns = columns;
	sql->n_columns = n;
	sql->most = most;
}

/* ---- which ---- */

/* Not by LIKE: it knows no case in SQLite, which also prepares the statement anew for each value, and a backslash means
 * something else to each of the databases. */
static void put_path(struct web_sql *sql, const char *column, struct str path)
{
	struct str start = { path.p, path.n - (path.p[path.n - 1] == '*') };
	size_t chars = 0;

	for (size_t i = 0; i < start.n; i++)
		chars += ((unsigned char)start.p[i] & 0xc0) != 0x80;
	if (start.n == path.n)
		buf_printf(&sql->text, " AND %s", column);
	else
		buf_printf(&sql->text, " AND SUBSTR(%s, 1, %zu)", column, chars);
	put(sql, " = ?", start);
}

/* `time` is the column of the table's moment, with its alias. */
static void put_window(struct web_sql *sql, const struct web_which *which, const char *time, struct arena *mem)
{
	if (which->has_since)
		put(sql, arena_printf(mem, " AND %s >= ?", time).p, web_sql_time(which->since_us, mem));
	if (which->has_until)
		put(sql, arena_printf(mem, " AND %s < ?", time).p, web_sql_time(which->until_us, mem));
}

/* The rest of a list that is ordered by a moment and a name. */
static void put_page(struct web_sql *sql, const struct web_which *which, bool rising, const char *time,
		     const char *name, struct arena *mem)
{
	const char *than = rising ? ">" : "<", *way = rising ? "" : " DESC";
	struct str at = which->has_mark ? web_sql_time(which->mark.at_us, mem) : STR("");

	if (which->has_mark) {
		put(sql, arena_printf(mem, " AND %s %s= ?", time, than).p, at); /* by itself: a range of the index */
		put(sql, arena_printf(mem, " AND (%s %s ?", time, than).p, at);
		put(sql, arena_printf(mem, " OR %s %s ?)", name, than).p, which->mark.name);
	}
	buf_printf(&sql->text, " ORDER BY %s%s, %s%s LIMIT %u", time, way, name, way, which->most + 1);
}

/* ---- sessions ---- */

static void put_identity(struct web_sql *sql, struct str identity)
{
	put(sql, ", (SELECT COUNT(*) FROM web_link l WHERE l.visitor = s.visitor AND l.key_name = ?) AS links",
	    identity);
	put(sql, ", (SELECT MIN(l.value) FROM web_link l WHERE l.visitor = s.visitor AND l.key_name = ?"
		 " AND l.since <= s.last_at) AS linked", identity);
	put(sql, ", (SELECT MIN(v.value) FROM web_evidence v WHERE v.visitor = s.visitor AND v.session = s.session"
		 " AND v.key_name = ?) AS proved_least", identity);
	put(sql, ", (SELECT MAX(v.value) FROM web_evidence v WHERE v.visitor = s.visitor AND v.session = s.session"
		 " AND v.key_name = ?) AS proved_most", identity);
}

void web_sql_sessions(struct web_sql *sql, const struct web_which *which, struct arena *mem)
{
	begin(sql, session_columns, WEB_S_COLUMNS, which->most + 1);
	buf_puts(&sql->text, SESSION_COLUMNS);
	put_identity(sql, which->identity);
	buf_printf(&sql->text, " FROM %s s LEFT JOIN web_agent a ON a.id = s.agent",
		   which->key.p ? "web_linked_session" : "web_session");
	put(sql, " WHERE s.log = ?", which->log);
	if (which->session.p)
		put(sql, " AND s.session = ?", which->session);
	if (which->visitor.p)
		put(sql, " AND s.visitor = ?", which->visitor);
	if (which->key.p) {
		put(sql, " AND s.key_name = ?", which->key);
		put(sql, " AND s.value = ?", which->value);
	}
	if (which->people)
		buf_puts(&sql->text, " AND " NO_BOT);
	put_window(sql, which, "s.last_at", mem);
	if (which->last_path.n)
		put_path(sql, "s.last_path", which->last_path);
	if (which->path.n) {
		buf_puts(&sql->text, " AND EXISTS (SELECT 1 FROM web_event e WHERE e.visitor = s.visitor"
				     " AND e.at >= s.started_at AND e.at <= s.last_at AND e.session = s.session");
		put_path(sql, "e.path", which->path);
		buf_putc(&sql->text, ')');
	}
	put_page(sql, which, false, "s.last_at", "s.session", mem);
}

/* ---- events ---- */

void web_sql_events(struct web_sql *sql, const struct web_which *which, struct arena *mem)
{
	begin(sql, event_columns, WEB_E_COLUMNS, which->most + 1);
	put(sql, EVENT_COLUMNS " FROM web_event e WHERE e.visitor = ?", which->visitor);
	put(sql, " AND e.log = ?", which->log);
	put(sql, " AND e.session = ?", which->session);
	put_window(sql, which, "e.at", mem);
	put_page(sql, which, true, "e.at", "e.id", mem);
}

/* Behind FROM: the searches that are meant. */
static void put_searches(struct web_sql *sql, const struct web_which *which, struct arena *mem)
{
	buf_printf(&sql->text, " FROM web_event e%s",
		   which->people ? " LEFT JOIN web_agent a ON a.id = e.agent" : "");
	put(sql, " WHERE e.terms IS NOT NULL AND e.log = ?", which->log);
	if (which->people)
		buf_puts(&sql->text, " AND " NO_BOT);
	put_window(sql, which, "e.at", mem);
}

void web_sql_searches(struct web_sql *sql, const struct web_which *which, struct arena *mem)
{
	begin(sql, event_columns, WEB_E_COLUMNS, which->most + 1);
	buf_puts(&sql->text, EVENT_COLUMNS);
	put_searches(sql, which, mem);
	put_page(sql, which, false, "e.at", "e.id", mem);
}

static void put_zero(struct web_sql *sql, int64_t unseen_before_us, struct arena *mem)
{
	buf_puts(&sql->text, " AND (e.hits = 0");
	if (unseen_before_us) {
		put(sql, " OR (e.hits IS NULL AND e.at < ?", web_sql_time(unseen_before_us, mem));
		buf_puts(&sql->text, " AND NOT EXISTS (SELECT 1 FROM web_event p WHERE p.visitor = e.visitor"
				     " AND p.at > e.at AND p.at <= (SELECT MAX(s.last_at) FROM web_session s"
				     " WHERE s.session = e.session) AND p.session = e.session"
				     " AND p.product IS NOT NULL))");
	}
	buf_putc(&sql->text, ')');
}

void web_sql_terms(struct web_sql *sql, const struct web_which *which, bool zero, int64_t unseen_before_us,
		   struct arena *mem)
{
	begin(sql, term_columns, WEB_T_COLUMNS, which->most);
	buf_puts(&sql->text, "SELECT e.terms, COUNT(*) AS searches, COUNT(DISTINCT e.visitor) AS visitors,"
			     " MAX(e.at) AS last_at, COUNT(e.hits) AS known");
	put_searches(sql, which, mem);
	if (zero)
		put_zero(sql, unseen_before_us, mem);
	buf_printf(&sql->text, " GROUP BY e.terms ORDER BY COUNT(*) DESC, MAX(e.at) DESC, e.terms LIMIT %u",
		   which->most);
}

void web_sql_totals(struct web_sql *sql, const struct web_which *which, struct arena *mem)
{
	begin(sql, total_columns, WEB_N_COLUMNS, 1);
	buf_puts(&sql->text, "SELECT COUNT(*) AS searches, COUNT(DISTINCT e.visitor) AS visitors");
	put_searches(sql, which, mem);
}

/* ---- who ---- */

void web_sql_links(struct web_sql *sql, struct str visitor, uint32_t most)
{
	begin(sql, link_columns, WEB_L_COLUMNS, most);
	put(sql, "SELECT l.key_name, l.value, l.confidence, l.first_at, l.last_at, l.since FROM web_link l"
		 " WHERE l.visitor = ?", visitor);
	buf_printf(&sql->text, " ORDER BY l.key_name, l.first_at, l.value LIMIT %u", most);
}

void web_sql_evidence(struct web_sql *sql, struct str log, struct str visitor, uint32_t most)
{
	begin(sql, evidence_columns, WEB_V_COLUMNS, most);
	put(sql, "SELECT v.session, v.key_name, v.value, v.evidence, v.confidence, v.first_at, v.last_at"
		 " FROM web_evidence v WHERE v.visitor = ?", visitor);
	put(sql, " AND EXISTS (SELECT 1 FROM web_session s WHERE s.session = v.session AND s.log = ?)", log);
	buf_printf(&sql->text, " ORDER BY v.last_at DESC, v.session, v.key_name, v.value, v.evidence LIMIT %u", most);
}
