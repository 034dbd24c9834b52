/* test_weblog_store - the event store in SQLite, PostgreSQL and MariaDB. The environment names the servers. */
#include "tests/weblog/store_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY_MS (INT64_C(86400) * 1000)

static const struct weblog shop = { .name = "shop", .window_ms = 3600000 };

static void a_store_opens_again_and_the_newer_one_writes(void **state)
{
	(void)state;
	struct weblog_event event = bed_event("v1", "0000000000000001", bed_at(0));
	struct weblog_batch batch = { .events = &event, .n_events = 1 };
	struct weblog_store *first = bed_open(&shop), *second;

	bed_write(first, &batch);
	second = bed_open(&shop);
	assert_int_equal(bed_write_class(first, &batch), ERR_BUSY);
	bed_write(second, &batch);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 2);
	assert_int_equal(bed_number("SELECT epoch AS n FROM web_log WHERE log='shop'"), 2);
	weblog_store_close(&first);
	weblog_store_close(&second);
}

#define COLUMNS \
	"log at visitor session kind method path query status result product category order_no terms hits engine " \
	"engine_terms referrer campaign client took_ms bytes agent_text device is_bot"

static void an_event_is_kept_as_it_is(void **state)
{
	(void)state;
	static const char *const want[] = {
		"shop", "2026-11-27 00:00:01.234", "v1", "00000000000000ab", "search", "GET", "/찾기", "q=a%20b",
		"200",	"done", "P-1", "shoes", "O-77", "빨간 신발", "0", "google", "red shoes", "www.google.com/search",
		"mail/news/may", "10.1.2.0", "12", "5120", "Mozilla/5.0 (X)", "mobile", "0",
	};
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	struct weblog_store *store = bed_open(&shop);
	struct weblog_event e = {
		.at_us = bed_at(1234), .visitor = STR("v1"), .session = STR("00000000000000ab"), .kind = "search",
		.method = STR("GET"), .path = STR("/찾기"), .query = STR("q=a%20b"), .status = 200,
		.result = WEBLOG_DONE, .product = STR("P-1"), .category = STR("shoes"), .order = STR("O-77"),
		.terms = STR("빨간 신발"), .hits = 0, .engine = STR("google"), .engine_terms = STR("red shoes"),
		.referrer = STR("www.google.com/search"), .campaign = STR("mail/news/may"), .client = STR("10.1.2.0"),
		.agent = STR("Mozilla/5.0 (X)"), .device = "mobile", .took_us = 12999, .bytes = 5120,
	};
	const struct rows *rows;

	bed_write(store, &(struct weblog_batch){ .events = &e, .n_events = 1 });
	rows = bed_rows(&mem,
			"SELECT e.*, a.agent AS agent_text, a.device, a.is_bot "
			"FROM web_event e JOIN web_agent a ON a.id=e.agent",
			COLUMNS);
	assert_int_equal(rows->n_rows, 1);
	for (uint32_t c = 0; c < ARRAY_LEN(want); c++)
		support_cell(rows, 0, c, want[c]);
	weblog_store_close(&store);
}

static void what_is_absent_is_null(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	struct weblog_store *store = bed_open(&shop);
	struct weblog_event e = bed_event("v1", "0000000000000001", bed_at(0));
	const struct rows *rows;

	bed_write(store, &(struct weblog_batch){ .events = &e, .n_events = 1 });
	rows = bed_rows(&mem, "SELECT * FROM web_event",
			"method path query status product category order_no terms hits engine engine_terms referrer "
			"campaign client agent took_ms bytes");
	assert_int_equal(rows->n_rows, 1);
	for (uint32_t c = 0; c < rows->n_cols; c++)
		support_cell(rows, 0, c, NULL);
	weblog_store_close(&store);
}

static void texts_that_no_column_takes_are_cut_and_mended(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	struct weblog_store *store = bed_open(&shop);
	struct weblog_event e = bed_event("v1", "0000000000000001", bed_at(0));
	char path[1100], want[1100];
	const struct rows *rows;

	memset(path, 'a', sizeof(path));
	memcpy(path + 1022, "\xea\xb0\x80", 3); /* ends behind byte 1024 */
	e.path = (struct str){ path, sizeof(path) };
	e.query = (struct str){ "a\0b\xff", 4 };
	e.method = STR("");
	bed_write(store, &(struct weblog_batch){ .events = &e, .n_events = 1 });
	rows = bed_rows(&mem, "SELECT path,query,method FROM web_event", "path query method");
	memset(want, 'a', 1022);
	want[1022] = '\0';
	support_cell(rows, 0, 0, want);
	support_cell(rows, 0, 1, "a\xef\xbf\xbd"
				 "b\xef\xbf\xbd");
	support_cell(rows, 0, 2, "");
	weblog_store_close(&store);
}

enum { MANY = 1000 };

/* Blocks of all sizes, and texts that grow from row to row. */
static void many_events_are_all_kept_in_order(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new(), *found = NULL;
	struct weblog_event *events = arena_array_of(mem, struct weblog_event, MANY);
	struct weblog_store *store = bed_open(&shop);
	const struct rows *rows;

	for (size_t i = 0; i < MANY; i++) {
		events[i] = bed_event("v1", "0000000000000001", bed_at((int64_t)i));
		events[i].path = arena_printf(mem, "/%zu/%0*d", i, (int)(i % 700) + 1, 7);
		events[i].agent = arena_printf(mem, "agent %zu", i % 300);
	}
	for (size_t from = 0, n = 1; from < MANY; from += n, n = 2 * n + 1) {
		if (n > MANY - from)
			n = MANY - from;
		bed_write(store, &(struct weblog_batch){ .events = events + from, .n_events = n });
	}
	rows = bed_rows(&found,
			"SELECT path,a.agent AS agent FROM web_event e JOIN web_agent a ON a.id=e.agent "
			"ORDER BY at,e.id",
			"path agent");
	assert_int_equal(rows->n_rows, MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		assert_true(str_eq(rows_cell(rows, i, 0), events[i].path));
		assert_true(str_eq(rows_cell(rows, i, 1), events[i].agent));
	}
	weblog_store_close(&store);
}

static struct weblog_position position(uint64_t number, uint64_t offset, bool ended)
{
	return (struct weblog_position){ .number = number,
					 .id = { .device = 2049,
						 .inode = UINT64_MAX,
						 .head_bytes = 1000,
						 .head = { 1, 2, 0xff } },
					 .path = STR("/var/log/a.log"),
					 .offset = offset,
					 .lines = offset / 10,
					 .rejected = 3,
					 .ended = ended };
}

static void positions_come_back(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct weblog_store *store = bed_open(&shop);
	struct weblog_position written[] = { position(1, 500, false), position(2, UINT32_MAX * UINT64_C(9), true) };
	const struct weblog_position *p;
	struct err err;
	size_t n;

	bed_write(store, &(struct weblog_batch){ .positions = written, .n_positions = 2 });
	written[0].offset = 900;
	bed_write(store, &(struct weblog_batch){ .positions = written, .n_positions = 1 });
	weblog_store_close(&store);
	store = bed_open(&shop);
	assert_true(weblog_store_positions(store, mem, &p, &n, &err));
	assert_int_equal(n, 2);
	assert_int_equal(p[0].number, 1);
	assert_int_equal(p[0].offset, 900);
	assert_false(p[0].ended);
	assert_int_equal(p[1].offset, UINT32_MAX * UINT64_C(9));
	assert_true(p[1].ended);
	assert_int_equal(p[1].id.device, 2049);
	assert_true(p[1].id.inode == UINT64_MAX);
	assert_int_equal(p[1].id.head_bytes, 1000);
	assert_memory_equal(p[1].id.head, written[1].id.head, sizeof(p[1].id.head));
	assert_true(str_eq(p[1].path, written[1].path));
	assert_int_equal(p[1].rejected, 3);
	bed_run("UPDATE web_file SET seen_at='2026-11-01 00:00:00.000'");
	assert_true(weblog_store_positions(store, mem, &p, &n, &err));
	assert_int_equal(n, 1);
	weblog_store_close(&store);
}

static void a_batch_that_fails_leaves_nothing(void **state)
{
	(void)state;
	struct weblog_store *store = bed_open(&shop);
	struct weblog_event e = bed_event("v1", "0000000000000001", bed_at(0));
	struct weblog_session w = bed_session("v1", "0000000000000001", bed_at(0));
	struct weblog_position p = position(1, 500, false);
	struct weblog_batch batch = { &e, 1, &w, 1, &p, 1, false };

	e.agent = STR("one");
	bed_run("ALTER TABLE web_file RENAME TO web_file_away");
	assert_int_not_equal(bed_write_class(store, &batch), ERR_NONE);
	weblog_store_close(&store);
	bed_run("ALTER TABLE web_file_away RENAME TO web_file");
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 0);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_agent"), 0);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_session"), 0);
	assert_int_equal(bed_number("SELECT batches AS n FROM web_log"), 0);
	store = bed_open(&shop);
	bed_write(store, &batch);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 1);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_file"), 1);
	weblog_store_close(&store);
}

static void sessions_are_changed_and_found(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct weblog_store *store = bed_open(&shop);
	struct weblog_session written[] = {
		bed_session("v1", "0000000000000001", bed_at(0)),
		bed_session("v1", "0000000000000002", bed_at(5000)),
		bed_session("v2", "0000000000000003", bed_at(1000)),
		bed_session("v3", "0000000000000004", bed_at(9000)),
	};
	struct str visitors[50];
	struct weblog_asked asked = { visitors, ARRAY_LEN(visitors), bed_at(2000) };
	struct weblog_found found;
	struct err err;

	written[1].agent = STR("agent");
	written[1].device = "tablet";
	written[1].is_bot = true;
	written[1].entry_path = STR("/in");
	bed_write(store, &(struct weblog_batch){ .sessions = written, .n_sessions = 4 });
	written[1].is_new = false;
	written[1].agent = written[1].entry_path = (struct str){ 0 };
	written[1].last_us = bed_at(7000);
	written[1].events = 9;
	written[1].last_path = STR("/out");
	bed_write(store, &(struct weblog_batch){ .sessions = &written[1], .n_sessions = 1 });
	written[1].last_path = (struct str){ 0 }; /* of late lines alone */
	bed_write(store, &(struct weblog_batch){ .sessions = &written[1], .n_sessions = 1 });
	written[1].last_path = STR("/late");
	written[1].last_us = bed_at(6000);
	bed_write(store, &(struct weblog_batch){ .sessions = &written[1], .n_sessions = 1 });
	for (size_t i = 0; i < ARRAY_LEN(visitors); i++)
		visitors[i] = i == 3 ? STR("v2") : i == 48 ? STR("v1") : arena_printf(mem, "other %zu", i);
	assert_true(weblog_store_sessions(store, &asked, mem, &found, &err));
	assert_int_equal(found.n, 1);
	assert_true(str_eq(found.sessions[0].session, STR("0000000000000002")));
	assert_int_equal(found.sessions[0].started_us, bed_at(5000));
	assert_int_equal(found.sessions[0].last_us, bed_at(7000));
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_session s JOIN web_agent a ON a.id=s.agent "
				    "WHERE s.session='0000000000000002' AND s.entry_path='/in' AND s.last_path='/out' "
				    "AND a.agent='agent' AND a.device='tablet' AND a.is_bot=1 AND s.events=28"),
			 1);
	asked.since_us = bed_at(-1);
	assert_true(weblog_store_sessions(store, &asked, mem, &found, &err));
	assert_int_equal(found.n, 2);
	weblog_store_close(&store);
}

static void a_late_line_moves_the_beginning_of_a_session(void **state)
{
	(void)state;
	struct weblog_store *store = bed_open(&shop);
	struct weblog_session w = bed_session("v1", "0000000000000001", bed_at(5000));
	static const char began[] =
		"SELECT count(*) AS n FROM web_session WHERE started_at=(SELECT min(at) FROM web_event)";
	struct weblog_event e = bed_event("v1", "0000000000000001", bed_at(4000));

	bed_write(store, &(struct weblog_batch){ .sessions = &w, .n_sessions = 1 });
	w.is_new = false;
	w.started_us = bed_at(4000);
	bed_write(store, &(struct weblog_batch){ .events = &e, .n_events = 1, .sessions = &w, .n_sessions = 1 });
	assert_int_equal(bed_number(began), 0); /* as it was not said */
	w.moved = true;
	bed_write(store, &(struct weblog_batch){ .sessions = &w, .n_sessions = 1 });
	assert_int_equal(bed_number(began), 1);
	w.started_us = bed_at(4500); /* of a batch that is older */
	bed_write(store, &(struct weblog_batch){ .sessions = &w, .n_sessions = 1 });
	assert_int_equal(bed_number(began), 1);
	weblog_store_close(&store);
}

static void when_the_last_session_ended(void **state)
{
	(void)state;
	static const struct weblog other = { .name = "other" };
	struct weblog_store *store = bed_open(&shop), *others = bed_open(&other);
	struct weblog_session sessions[] = { bed_session("v1", "0000000000000001", bed_at(9000) + 300),
					     bed_session("v2", "0000000000000002", bed_at(8000)) };
	struct weblog_session foreign = bed_session("v3", "0000000000000003", bed_at(99000));

	bed_write(others, &(struct weblog_batch){ .sessions = &foreign, .n_sessions = 1 });
	assert_true(weblog_store_last(store) == 0);
	bed_write(store, &(struct weblog_batch){ .sessions = sessions, .n_sessions = 2 });
	assert_true(weblog_store_last(store) == bed_at(9000) + 1300);
	bed_write(store, &(struct weblog_batch){ .sessions = sessions + 1, .n_sessions = 1 });
	weblog_store_close(&store);
	store = bed_open(&shop);
	assert_true(weblog_store_last(store) == bed_at(9001));
	weblog_store_close(&store);
	weblog_store_close(&others);
}

static void batches_that_are_held_are_there_together_or_not_at_all(void **state)
{
	(void)state;
	struct weblog_store *store = bed_open(&shop);
	struct weblog_event e = bed_event("v1", "0000000000000001", bed_at(0));
	struct weblog_session w = bed_session("v1", "0000000000000001", bed_at(0));
	struct weblog_position p = position(1, 500, false);
	struct weblog_batch held = { .events = &e, .n_events = 1, .held = true }, last = { &e, 1, &w, 1, &p, 1, false };
	static const int64_t wanted[] = { 0, 3 };

	if (!weblog_store_holds(store)) {
		weblog_store_close(&store);
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
		bed_write(store, &held);
		bed_write(store, &held);
		assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 0);
		if (wanted[i])
			bed_write(store, &last);
		weblog_store_close(&store); /* as a kill does it */
		assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), wanted[i]);
		assert_int_equal(bed_number("SELECT count(*) AS n FROM web_file"), wanted[i] > 0);
		store = bed_open(&shop);
	}
	assert_int_equal(bed_number("SELECT batches AS n FROM web_log"), 1);
	weblog_store_close(&store);
}

static void events_lie_by_visitor(void **state)
{
	(void)state;
	static const char *const visitors[] = { "visitor-b", "visitor-a", "visitor-bb", "b", "visitor-a" };
	struct weblog_event events[ARRAY_LEN(visitors)];
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	struct weblog_store *store = bed_open(&shop);
	const struct rows *rows;

	for (size_t i = 0; i < ARRAY_LEN(visitors); i++) {
		events[i] = bed_event(visitors[i], "0000000000000001", bed_at(0));
		events[i].hits = (int64_t)i;
	}
	bed_write(store, &(struct weblog_batch){ .events = events, .n_events = ARRAY_LEN(visitors) });
	rows = bed_rows(&mem, "SELECT hits FROM web_event ORDER BY id", "hits");
	assert_int_equal(rows->n_rows, ARRAY_LEN(visitors));
	for (uint32_t i = 0; i < rows->n_rows; i++)
		assert_int_equal(rows_cell(rows, i, 0).p[0], "31402"[i]);
	weblog_store_close(&store);
}

static void old_sessions_go_with_all_that_belongs_to_them(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	static const struct weblog other = { .name = "other" };
	static const struct key member = { .name = "member" };
	static const struct weblog_evidence login = { .name = "login", .gives = &member, .confidence = 90 };
	enum { OLD = 300 };
	struct weblog_event *events = arena_array_of(mem, struct weblog_event, OLD + 1);
	struct weblog_session *sessions = arena_array_of(mem, struct weblog_session, OLD + 1);
	struct weblog_store *store = bed_open(&shop), *others = bed_open(&other);
	struct weblog_session foreign = bed_session("w", "00000000000000ff", bed_at(0));
	struct err err;
	bool more = false;

	for (size_t i = 0; i <= OLD; i++) {
		/* the last session is young; its visitor has an old one, too */
		const char *visitor = arena_printf(mem, "v%zu", i == OLD ? 0 : i).p;
		const char *session = arena_printf(mem, "%016zu", i).p;
		int64_t at = bed_at(i == OLD ? DAY_MS : (int64_t)i);

		events[i] = bed_event(visitor, session, at);
		events[i].links[0] = (struct weblog_link){ &login, STR("m1") };
		events[i].n_links = i < OLD;
		sessions[i] = bed_session(visitor, session, at);
	}
	bed_write(store, &(struct weblog_batch){ events, OLD + 1, sessions, OLD + 1, NULL, 0, false });
	bed_write(others, &(struct weblog_batch){ .sessions = &foreign, .n_sessions = 1 });
	assert_true(weblog_store_purge(store, bed_at(1000), &more, &err));
	assert_true(more);
	assert_true(weblog_store_purge(store, bed_at(1000), &more, &err));
	assert_false(more);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 1);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_session WHERE log='shop'"), 1);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_session WHERE log='other'"), 1);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_evidence"), 0);
	/* who came back is still known */
	assert_int_equal(
		bed_number("SELECT count(*) AS n FROM web_linked_event WHERE key_name='member' AND value='m1'"), 1);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_link"), 1);
	weblog_store_close(&store);
	weblog_store_close(&others);
}

/* 300 sessions that ended in the same moment, more than one step takes; and one that is younger. */
static void events_go_before_their_sessions(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	static const struct weblog brief = { .name = "shop", .keep_ms = 10 * DAY_MS, .keep_events_ms = 2 * DAY_MS };
	enum { OLD = 300 };
	struct weblog_event *events = arena_array_of(mem, struct weblog_event, OLD + 1);
	struct weblog_session *sessions = arena_array_of(mem, struct weblog_session, OLD + 1);
	struct weblog_store *store = bed_open(&brief);
	int64_t before_us = bed_at(DAY_MS) - 8000 * DAY_MS; /* so events before bed_at(DAY_MS) */
	struct err err;
	bool more = false;

	for (size_t i = 0; i <= OLD; i++) {
		const char *session = arena_printf(mem, "%016zu", i).p;
		int64_t at = bed_at(i == OLD ? DAY_MS : DAY_MS - 1);

		events[i] = bed_event("v", session, at);
		sessions[i] = bed_session("v", session, at);
	}
	bed_write(store, &(struct weblog_batch){ events, OLD + 1, sessions, OLD + 1, NULL, 0, false });
	assert_true(weblog_store_purge(store, before_us, &more, &err));
	assert_true(more);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), OLD + 1 - 250);
	weblog_store_close(&store); /* and begins where it was said to be done */
	store = bed_open(&brief);
	for (int i = 0; more; i++) {
		assert_true(weblog_store_purge(store, before_us, &more, &err));
		assert_in_range(i, 0, 3);
	}
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 1);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_session"), OLD + 1);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_log WHERE events_to IS NOT NULL"), 1);
	assert_true(weblog_store_purge(store, bed_at(DAY_MS), &more, &err));
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_session"), OLD + 1 - 250);
	weblog_store_close(&store);
}

/* Files that are read late have sessions whose time is through already; also behind a restart. */
static void events_that_come_late_go_too(void **state)
{
	(void)state;
	static const struct weblog brief = {
		.name = "shop", .keep_ms = 10 * DAY_MS, .keep_events_ms = 2 * DAY_MS};
	struct weblog_event events[] = {bed_event("v", "0000000000000001", bed_at(DAY_MS - 9)),
					bed_event("w", "0000000000000002", bed_at(5))};
	struct weblog_session sessions[] = {bed_session("v", "0000000000000001", bed_at(DAY_MS - 9)),
					    bed_session("w", "0000000000000002", bed_at(5))};
	struct weblog_store *store = bed_open(&brief);
	int64_t before_us = bed_at(DAY_MS) - 8000 * DAY_MS;
	bool more = false;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		assert_true(weblog_store_purge(store, before_us, &more, &err));
		bed_write(store, &(struct weblog_batch){.events = &events[i],
							.n_events = 1,
							.sessions = &sessions[i],
							.n_sessions = 1});
		assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 1);
		if (i == 1) {
			weblog_store_close(&store);
			store = bed_open(&brief);
		}
		assert_true(weblog_store_purge(store, before_us, &more, &err));
		assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 0);
	}
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_session"), 2);
	weblog_store_close(&store);
}

static struct weblog_event agent_event(const char *session, int64_t at_us, const char *agent)
{
	struct weblog_event e = bed_event("v", session, at_us);

	e.agent = str_of(agent);
	e.device = "desktop";
	return e;
}

static int64_t agents_named(const char *agent)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT count(*) AS n FROM web_agent WHERE agent='%s'", agent);
	return bed_number(sql);
}

static void agents_go_when_no_log_has_an_event_of_theirs(void **state)
{
	(void)state;
	static const struct weblog other = { .name = "other" };
	struct weblog_store *store = bed_open(&shop), *others = bed_open(&other);
	struct weblog_event events[] = { agent_event("0000000000000001", bed_at(0), "old"),
					 agent_event("0000000000000001", bed_at(0), "both"),
					 agent_event("0000000000000001", bed_at(0), "back"),
					 agent_event("0000000000000002", bed_at(5 * DAY_MS), "young") };
	struct weblog_event foreign = agent_event("0000000000000003", bed_at(DAY_MS), "both");
	struct weblog_event again[] = { agent_event("0000000000000002", bed_at(5 * DAY_MS), "back"),
					agent_event("0000000000000002", bed_at(6 * DAY_MS), "back") };
	bool more = true;
	struct err err;

	bed_write(store, &(struct weblog_batch){ .events = events, .n_events = ARRAY_LEN(events) });
	bed_write(store, &(struct weblog_batch){ .events = again, .n_events = ARRAY_LEN(again) });
	bed_write(others, &(struct weblog_batch){ .events = &foreign, .n_events = 1 });
	assert_true(weblog_store_purge(store, bed_at(11 * DAY_MS), &more, &err));
	assert_false(more);
	assert_int_equal(agents_named("old"), 1); /* the other log did not say yet what it keeps */
	assert_true(weblog_store_purge(others, bed_at(8 * DAY_MS), &more, &err));
	assert_int_equal(agents_named("old"), 1); /* to the end of its day, and those that a session lasts */
	assert_true(weblog_store_purge(others, bed_at(8 * DAY_MS + 1), &more, &err));
	assert_int_equal(agents_named("old"), 0);
	assert_int_equal(agents_named("both"), 1);
	assert_true(weblog_store_purge(others, bed_at(11 * DAY_MS), &more, &err));
	assert_int_equal(agents_named("both"), 0);
	assert_int_equal(agents_named("back"), 1);
	assert_int_equal(agents_named("young"), 1);
	events[0].at_us = bed_at(7 * DAY_MS); /* the indexer knows that it is gone */
	bed_write(store, &(struct weblog_batch){ .events = events, .n_events = 1 });
	assert_int_equal(agents_named("old"), 1);
	weblog_store_close(&store);
	weblog_store_close(&others);
}

static void many_agents_go_a_little_at_a_time(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct weblog_event *events = arena_array_of(mem, struct weblog_event, MANY + 1);
	struct weblog_store *store = bed_open(&shop);
	bool more = false;
	struct err err;

	for (size_t i = 0; i <= MANY; i++)
		events[i] = agent_event("0000000000000001", bed_at(0), arena_printf(mem, "agent %zu", i).p);
	bed_write(store, &(struct weblog_batch){ .events = events, .n_events = MANY + 1 });
	assert_true(weblog_store_purge(store, bed_at(9 * DAY_MS), &more, &err));
	assert_true(more);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_agent"), 1);
	assert_true(weblog_store_purge(store, bed_at(9 * DAY_MS), &more, &err));
	assert_false(more);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_agent"), 0);
	weblog_store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_store_opens_again_and_the_newer_one_writes, bed_clear),
		cmocka_unit_test_setup(an_event_is_kept_as_it_is, bed_clear),
		cmocka_unit_test_setup(what_is_absent_is_null, bed_clear),
		cmocka_unit_test_setup(texts_that_no_column_takes_are_cut_and_mended, bed_clear),
		cmocka_unit_test_setup(many_events_are_all_kept_in_order, bed_clear),
		cmocka_unit_test_setup(positions_come_back, bed_clear),
		cmocka_unit_test_setup(a_batch_that_fails_leaves_nothing, bed_clear),
		cmocka_unit_test_setup(sessions_are_changed_and_found, bed_clear),
		cmocka_unit_test_setup(events_go_before_their_sessions, bed_clear),
		cmocka_unit_test_setup(events_that_come_late_go_too, bed_clear),
		cmocka_unit_test_setup(agents_go_when_no_log_has_an_event_of_theirs, bed_clear),
		cmocka_unit_test_setup(many_agents_go_a_little_at_a_time, bed_clear),
		cmocka_unit_test_setup(a_late_line_moves_the_beginning_of_a_session, bed_clear),
		cmocka_unit_test_setup(when_the_last_session_ended, bed_clear),
		cmocka_unit_test_setup(batches_that_are_held_are_there_together_or_not_at_all, bed_clear),
		cmocka_unit_test_setup(events_lie_by_visitor, bed_clear),
		cmocka_unit_test_setup(old_sessions_go_with_all_that_belongs_to_them, bed_clear),
	};

	return bed_run_all(tests, ARRAY_LEN(tests));
}
