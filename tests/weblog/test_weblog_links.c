/* test_weblog_links - which events and sessions belong to whom, against an oracle; how the views are asked. */
#include "tests/weblog/store_bed.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	VISITORS = 12,
	SESSIONS_EACH = 5,
	EVENTS = 900,
	VALUES = 6,
	KEYS = 2,
	BATCHES = 9,
	STEP_MS = 60000,
	WINDOW_MS = 40 * STEP_MS,
};

static const struct weblog shop = { .name = "shop", .window_ms = WINDOW_MS };
static const struct key keys[KEYS] = { { .name = "member" }, { .name = "order" } };
static const struct weblog_evidence evidence[] = {
	{ .name = "login", .gives = &keys[0], .confidence = 90 },
	{ .name = "mail", .gives = &keys[0], .confidence = 100 },
	{ .name = "thanks", .gives = &keys[1], .confidence = 60 },
};

/* What the test wrote. */
struct fact {
	uint32_t visitor, session, at;
	int value[KEYS]; /* of the evidence in it; -1: none */
};

static struct fact facts[EVENTS];
static uint64_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

/* Few visitors have several values of a key. */
static struct fact fact_new(uint32_t at)
{
	struct fact f = { .visitor = draw(VISITORS), .at = at, .value = { -1, -1 } };

	f.session = f.visitor * SESSIONS_EACH + draw(SESSIONS_EACH);
	if (draw(8) == 0)
		f.value[0] = (int)(f.visitor % 3 ? f.visitor % VALUES : draw(VALUES));
	if (draw(12) == 0)
		f.value[1] = (int)(f.visitor % 2 ? f.visitor % VALUES : draw(VALUES));
	return f;
}

static struct weblog_event event_of(const struct fact *f, struct arena *mem)
{
	struct weblog_event e = bed_event(arena_printf(mem, "v%u", f->visitor).p,
					  arena_printf(mem, "%016u", f->session).p, bed_at((int64_t)f->at * STEP_MS));

	for (uint32_t k = 0; k < KEYS; k++) {
		if (f->value[k] < 0)
			continue;
		e.links[e.n_links++] = (struct weblog_link){ &evidence[k ? 2 : draw(2)],
							     arena_printf(mem, "m%d", f->value[k]) };
	}
	e.path = arena_printf(mem, "/%u", f->at);
	return e;
}

static void write_facts(struct weblog_store *store)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct weblog_event *events = arena_array_of(mem, struct weblog_event, EVENTS);
	struct weblog_session *sessions = arena_array_of(mem, struct weblog_session, VISITORS * SESSIONS_EACH);

	for (uint32_t i = 0; i < EVENTS; i++) {
		facts[i] = fact_new(i);
		events[i] = event_of(&facts[i], mem);
	}
	for (uint32_t i = 0; i < BATCHES; i++)
		bed_write(store, &(struct weblog_batch){ .events = events + i * (EVENTS / BATCHES),
							 .n_events = EVENTS / BATCHES });
	for (uint32_t i = 0; i < VISITORS * SESSIONS_EACH; i++)
		sessions[i] = bed_session(arena_printf(mem, "v%u", i / SESSIONS_EACH).p,
					  arena_printf(mem, "%016u", i).p, bed_at(0));
	for (uint32_t i = 0; i < EVENTS; i++)
		sessions[facts[i].session].last_us = bed_at((int64_t)i * STEP_MS);
	bed_write(store, &(struct weblog_batch){ .sessions = sessions, .n_sessions = VISITORS * SESSIONS_EACH });
}

/* What is known of a visitor and a value of a key. */
struct oracle {
	bool linked, shared;
	uint32_t first; /* evidence */
	bool in[VISITORS * SESSIONS_EACH]; /* sessions with evidence for this value alone */
	bool others[VISITORS * SESSIONS_EACH]; /* with evidence for another one */
};

static struct oracle ask_oracle(uint32_t visitor, uint32_t key, int value)
{
	struct oracle o = { .first = EVENTS };

	for (uint32_t i = 0; i < EVENTS; i++) {
		const struct fact *f = &facts[i];

		if (f->visitor != visitor || f->value[key] < 0)
			continue;
		if (f->value[key] != value) {
			o.shared = o.others[f->session] = true;
			continue;
		}
		o.linked = true;
		o.in[f->session] = true;
		if (f->at < o.first)
			o.first = f->at;
	}
	for (uint32_t i = 0; i < ARRAY_LEN(o.in); i++)
		o.in[i] = o.in[i] && !o.others[i];
	return o;
}

static bool is_since(const struct oracle *o, uint32_t at)
{
	return (int64_t)at * STEP_MS >= (int64_t)o->first * STEP_MS - WINDOW_MS;
}

static size_t count_oracle(uint32_t key, int value, bool *events_out)
{
	size_t n = 0;

	for (uint32_t v = 0; v < VISITORS; v++) {
		struct oracle o = ask_oracle(v, key, value);

		for (uint32_t i = 0; i < EVENTS; i++) {
			if (!o.linked || facts[i].visitor != v)
				continue;
			events_out[i] = o.shared ? o.in[facts[i].session] : is_since(&o, facts[i].at);
			n += events_out[i];
		}
	}
	return n;
}

static void check_events(uint32_t key, int value)
{
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	bool want[EVENTS] = { false };
	size_t n = count_oracle(key, value, want);
	const struct rows *rows;
	char sql[160];

	snprintf(sql, sizeof(sql), "SELECT path FROM web_linked_event WHERE key_name='%s' AND value='m%d' ORDER BY at",
		 keys[key].name, value);
	rows = bed_rows(&mem, sql, "path");
	assert_int_equal(rows->n_rows, n);
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		unsigned at = (unsigned)strtoul(arena_cstr(mem, rows_cell(rows, r, 0)) + 1, NULL, 10);

		assert_true(want[at]);
		want[at] = false; /* none twice */
	}
}

static bool session_seen(uint32_t session)
{
	for (uint32_t i = 0; i < EVENTS; i++)
		if (facts[i].session == session)
			return true;
	return false;
}

static uint32_t session_last(uint32_t session)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < EVENTS; i++)
		if (facts[i].session == session)
			last = i;
	return last;
}

static void check_sessions(uint32_t key, int value)
{
	int64_t n = 0;
	char sql[160];

	for (uint32_t i = 0; i < VISITORS * SESSIONS_EACH; i++) {
		struct oracle o = ask_oracle(i / SESSIONS_EACH, key, value);

		assert_true(session_seen(i));
		n += o.linked && (o.shared ? o.in[i] : is_since(&o, session_last(i)));
	}
	snprintf(sql, sizeof(sql),
		 "SELECT count(DISTINCT session) AS n FROM web_linked_session WHERE key_name='%s' AND value='m%d'",
		 keys[key].name, value);
	assert_int_equal(bed_number(sql), n);
	snprintf(sql, sizeof(sql), "SELECT count(*) AS n FROM web_linked_session WHERE key_name='%s' AND value='m%d'",
		 keys[key].name, value);
	assert_int_equal(bed_number(sql), n);
}

static void everybody_is_linked_as_the_oracle_says(void **state)
{
	(void)state;
	struct weblog_store *store = bed_open(&shop);

	seed = 20261127;
	write_facts(store);
	for (uint32_t key = 0; key < KEYS; key++)
		for (int value = 0; value < VALUES; value++) {
			check_events(key, value);
			check_sessions(key, value);
		}
	assert_true(bed_number("SELECT max(confidence) AS n FROM web_linked_event WHERE key_name='member'") == 100);
	weblog_store_close(&store);
}

static void a_value_that_is_too_long_is_no_other_value(void **state)
{
	(void)state;
	struct weblog_store *store = bed_open(&shop);
	struct weblog_event e = bed_event("v1", "0000000000000001", bed_at(0));
	char value[300];

	memset(value, 'm', sizeof(value));
	e.links[0] = (struct weblog_link){ &evidence[0], { value, sizeof(value) } };
	e.links[1] = (struct weblog_link){ &evidence[0], { "a\0b", 3 } };
	e.n_links = 2;
	bed_write(store, &(struct weblog_batch){ .events = &e, .n_events = 1 });
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_link"), 0);
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_event"), 1);
	weblog_store_close(&store);
}

/* Members and visitors that differ by case, accents or blanks only are different. */
static void keys_are_told_apart_byte_by_byte(void **state)
{
	(void)state;
	static const char *const names[] = { "a", "A", "a ", "\xc3\xa1" };
	struct weblog_store *store = bed_open(&shop);
	struct weblog_event events[ARRAY_LEN(names)];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		events[i] = bed_event(names[i], "0000000000000001", bed_at(0));
		events[i].links[0] = (struct weblog_link){ &evidence[0], str_of(names[i]) };
		events[i].n_links = 1;
	}
	bed_write(store, &(struct weblog_batch){ .events = events, .n_events = ARRAY_LEN(names) });
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_link"), 4);
	assert_int_equal(
		bed_number("SELECT count(*) AS n FROM web_linked_event WHERE key_name='member' AND value='A'"), 1);
	weblog_store_close(&store);
}

/* Whoever asks for the newest events of somebody shall not wait for all that a machine ever did. */
static void of_who_never_stops_the_newest_ten_thousand_are_linked(void **state)
{
	(void)state;
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	enum { N = 10070 };
	struct weblog_event *events = arena_array_of(mem, struct weblog_event, N + 1);
	struct weblog_store *store = bed_open(&shop);

	for (uint32_t i = 0; i <= N; i++) {
		bool other = i == N;

		events[i] = bed_event(other ? "home" : "kiosk", other ? "b" : "a", bed_at((int64_t)i));
		events[i].hits = (int64_t)i;
		if (i == 0 || other)
			events[i].links[events[i].n_links++] = (struct weblog_link){ &evidence[0], STR("7") };
	}
	bed_write(store, &(struct weblog_batch){ .events = events, .n_events = N + 1 });
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_linked_event WHERE value='7'"), 10001);
	assert_int_equal(bed_number("SELECT min(hits) AS n FROM web_linked_event WHERE value='7'"), N - 10000);
	assert_int_equal(bed_number("SELECT max(hits) AS n FROM web_linked_event WHERE value='7'"), N);
	weblog_store_close(&store);
}

/* ---- plans ---- */

static void fill_for_plans(struct weblog_store *store)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	enum { N = 20000 };
	struct weblog_event *events = arena_array_of(mem, struct weblog_event, N);
	struct weblog_session *sessions = arena_array_of(mem, struct weblog_session, N / 5);

	for (uint32_t i = 0; i < N; i++) {
		events[i] = bed_event(arena_printf(mem, "v%u", i / 10).p, arena_printf(mem, "%016u", i / 5).p,
				      bed_at((int64_t)i));
		if (i % 10 == 3) {
			events[i].links[0] = (struct weblog_link){ &evidence[0], arena_printf(mem, "m%u", i / 10) };
			events[i].n_links = 1;
		}
	}
	for (uint32_t i = 0; i < N / 5; i++)
		sessions[i] = bed_session(arena_printf(mem, "v%u", i / 2).p, arena_printf(mem, "%016u", i).p,
					  bed_at(i));
	bed_write(store, &(struct weblog_batch){ events, N, sessions, N / 5, NULL, 0, false });
}

static void check_plan(const char *view)
{
	static const struct {
		const char *explain, *analyze, *columns, *whole;
		uint32_t at; /* the column that says it */
	} how[WRITER_DIALECTS] = {
		[WRITER_SQLITE] = { "EXPLAIN QUERY PLAN ", "ANALYZE", "detail", "SCAN ", 0 },
		[WRITER_POSTGRESQL] = { "EXPLAIN (COSTS OFF) ", "ANALYZE", "QUERY PLAN", "Seq Scan on web_", 0 },
		[WRITER_MARIADB] = { "EXPLAIN ", "SELECT 1", "type", "ALL", 0 },
	};
	const char *whole = how[bed.dialect].whole;
	SCOPED(arena_wipe_free) struct arena *mem = NULL;
	const struct rows *rows;
	const char *columns[] = { how[bed.dialect].columns };
	SCOPED(writer_close) struct writer *w = NULL;
	struct err err = { 0 };
	struct str sql;

	bed_run(how[bed.dialect].analyze);
	mem = arena_new();
	w = writer_open("test", bed.connect, &err);
	assert_non_null(w);
	sql = arena_printf(mem, "%sSELECT * FROM %s WHERE key_name='member' AND value='m77' ORDER BY 1 LIMIT 20",
			   how[bed.dialect].explain, view);
	if (!writer_rows(w, &(struct writer_ask){ .sql = sql, .columns = columns, .n_columns = 1 }, mem, &rows, &err))
		fail_msg("%s", err.text);
	assert_true(rows->n_rows > 0);
	for (uint32_t r = 0; r < rows->n_rows; r++)
		if (strncmp(arena_cstr(mem, rows_cell(rows, r, 0)), whole, strlen(whole)) == 0 ||
		    (bed.dialect == WRITER_POSTGRESQL && strstr(arena_cstr(mem, rows_cell(rows, r, 0)), whole)))
			fail_msg("%s: %s", view, arena_cstr(mem, rows_cell(rows, r, 0)));
}

static void the_views_read_no_table_whole(void **state)
{
	(void)state;
	struct weblog_store *store = bed_open(&shop);

	fill_for_plans(store);
	check_plan("web_linked_event");
	check_plan("web_linked_session");
	weblog_store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(everybody_is_linked_as_the_oracle_says, bed_clear),
		cmocka_unit_test_setup(a_value_that_is_too_long_is_no_other_value, bed_clear),
		cmocka_unit_test_setup(keys_are_told_apart_byte_by_byte, bed_clear),
		cmocka_unit_test_setup(of_who_never_stops_the_newest_ten_thousand_are_linked, bed_clear),
		cmocka_unit_test_setup(the_views_read_no_table_whole, bed_clear),
	};

	return bed_run_all(tests, ARRAY_LEN(tests));
}
