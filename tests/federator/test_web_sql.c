/* What is asked of the store of a web log: each text is read by SQLite with the tables of docs/decisions/0039, has a
 * value for each place, and gives the columns that are wanted. */
#include "tests/cmocka_all.h"

#include <sqlite3.h>

#include "federator/web/session.h"

static const char tables[] =
	"CREATE TABLE web_agent (id, agent, device, is_bot);"
	"CREATE TABLE web_event (id, log, at, visitor, session, kind, method, path, query, status, result, product,"
	" category, order_no, terms, hits, engine, engine_terms, referrer, campaign, client, agent, took_ms, bytes);"
	"CREATE TABLE web_session (session, log, visitor, started_at, last_at, events, searches, failures, entry_path,"
	" last_path, referrer, campaign, engine_terms, client, agent);"
	"CREATE TABLE web_evidence (visitor, session, key_name, value, evidence, confidence, first_at, last_at);"
	"CREATE TABLE web_link (visitor, key_name, value, confidence, first_at, last_at, since);"
	"CREATE VIEW web_linked_session AS SELECT l.key_name, l.value, l.confidence, s.* FROM web_link l"
	" JOIN web_session s ON s.visitor = l.visitor;";

static sqlite3 *db;
static struct arena *mem;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, tables, NULL, NULL, NULL), SQLITE_OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sqlite3_close(db);
	arena_wipe_free(&mem);
	return 0;
}

/* Ends it. */
static void assert_sound(struct web_sql *sql)
{
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, sql->text.data, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(db), sql->text.data);
	assert_int_equal(sqlite3_bind_parameter_count(stmt), sql->n_params);
	assert_int_equal(sqlite3_column_count(stmt), sql->n_columns);
	for (uint32_t c = 0; c < sql->n_columns; c++)
		assert_string_equal(sqlite3_column_name(stmt, (int)c), sql->columns[c]);
	sqlite3_finalize(stmt);
	web_sql_free(sql);
	*sql = (struct web_sql){ 0 };
}

static struct web_which which_of(unsigned bits)
{
	struct web_which w = { .log = STR("shop"), .identity = STR("member"), .most = 10 };

	w.visitor = bits & 1 ? STR("v") : w.visitor;
	w.session = bits & 2 ? STR("s") : w.session;
	w.path = bits & 4 ? STR("/checkout") : w.path;
	w.last_path = bits & 8 ? STR("/check*") : w.last_path;
	w.key = bits & 16 ? STR("member") : w.key;
	w.value = bits & 16 ? STR("7") : w.value;
	w.has_since = bits & 32;
	w.has_until = bits & 64;
	w.has_mark = bits & 128;
	w.mark = (struct web_mark){ 0, STR("x") };
	w.people = bits & 256;
	return w;
}

static void every_question_about_sessions_is_sound(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 512; bits++) {
		struct web_which which = which_of(bits);
		struct web_sql sql = { 0 };

		web_sql_sessions(&sql, &which, mem);
		assert_sound(&sql);
	}
}

static void every_question_about_events_is_sound(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 16; bits++) {
		struct web_which which = which_of(bits << 5 | 3);
		struct web_sql sql = { 0 };

		web_sql_events(&sql, &which, mem);
		assert_sound(&sql);
		web_sql_searches(&sql, &which, mem);
		assert_sound(&sql);
		web_sql_totals(&sql, &which, mem);
		assert_sound(&sql);
		web_sql_terms(&sql, &which, false, 0, mem);
		assert_sound(&sql);
		web_sql_terms(&sql, &which, true, bits & 1, mem);
		assert_sound(&sql);
	}
}

static void every_question_about_links_is_sound(void **state)
{
	struct web_sql sql = { 0 };

	(void)state;
	web_sql_links(&sql, STR("v"), 10);
	assert_sound(&sql);
	web_sql_evidence(&sql, STR("shop"), STR("v"), 10);
	assert_sound(&sql);
}

static void a_moment_is_written_as_the_store_has_it(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = { { 0, "1970-01-01 00:00:00.000" },
		      { 1763600401089000, "2025-11-20 01:00:01.089" },
		      { 1763600401089999, "2025-11-20 01:00:01.089" },
		      { -1, "1969-12-31 23:59:59.999" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_string_equal(web_sql_time(cases[i].us, mem).p, cases[i].text);
	assert_int_equal(web_time(str_of(cases[1].text)), cases[1].us);
	assert_int_equal(web_time(STR("2025-11-20 01:00:01.08")), 1763600401080000); /* PostgreSQL */
	assert_int_equal(web_time((struct str){ 0 }), 0);
}

static void a_star_stands_for_what_follows(void **state)
{
	(void)state;
	assert_true(web_path_fits(STR("/checkout*"), STR("/checkout/pay")));
	assert_true(web_path_fits(STR("/checkout*"), STR("/checkout")));
	assert_false(web_path_fits(STR("/checkout*"), STR("/check")));
	assert_true(web_path_fits(STR("/checkout"), STR("/checkout")));
	assert_false(web_path_fits(STR("/checkout"), STR("/checkout/pay")));
	assert_false(web_path_fits(STR("/checkout*"), (struct str){ 0 }));
	assert_true(web_path_fits(STR("/*"), STR("/")));
}

static void a_path_is_cut_by_characters(void **state)
{
	struct web_which which = { .log = STR("shop"), .identity = STR("m"), .last_path = STR("/반품*"), .most = 1 };
	SCOPED(web_sql_free) struct web_sql sql = { 0 };

	(void)state;
	web_sql_sessions(&sql, &which, mem);
	assert_non_null(strstr(sql.text.data, "SUBSTR(s.last_path, 1, 3) = ?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_question_about_sessions_is_sound, begin, end),
		cmocka_unit_test_setup_teardown(every_question_about_events_is_sound, begin, end),
		cmocka_unit_test_setup_teardown(every_question_about_links_is_sound, begin, end),
		cmocka_unit_test_setup_teardown(a_moment_is_written_as_the_store_has_it, begin, end),
		cmocka_unit_test_setup_teardown(a_path_is_cut_by_characters, begin, end),
		cmocka_unit_test(a_star_stands_for_what_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
