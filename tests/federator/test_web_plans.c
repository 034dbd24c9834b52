/* How SQLite goes about the web team's questions, with the tables that the indexer makes: by indexes, whatever is in
 * them, and lists in the order of one. */
#include "tests/cmocka_all.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "adapters/adapter.h"
#include "base/digest.h"
#include "federator/web/sql.h"
#include "weblog/store.h"

static const struct weblog shop = { .name = "shop" };
static char path[] = "/tmp/web-plans-XXXXXX";
static sqlite3 *db;
static struct arena *mem;

static int begin(void **state)
{
	struct weblog_store *store;
	char connect[128], file[64];
	struct err err;

	(void)state;
	mem = arena_new();
	if (!digest_init(&err) || !adapters_init(ODBC_DIR, &err))
		fail_msg("%s", err.text);
	assert_non_null(mkdtemp(path));
	snprintf(file, sizeof(file), "%s/events.db", path);
	snprintf(connect, sizeof(connect), "Driver={SQLite3};Database=%s;", file);
	store = weblog_store_open(&shop, connect, &err);
	if (!store)
		fail_msg("%s", err.text);
	weblog_store_close(&store);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	return 0;
}

static int end(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char file[64];

	(void)state;
	sqlite3_close(db);
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		snprintf(file, sizeof(file), "%s/events.db%s", path, suffixes[i]);
		unlink(file);
	}
	rmdir(path);
	arena_wipe_free(&mem);
	return 0;
}

enum order {
	BY_INDEX, /* rows come in their order: the first page costs a page */
	SORTED, /* those of one visitor or one key */
};

/* Ends it. */
static void assert_plan(struct web_sql *sql, enum order order)
{
	struct str text = arena_printf(mem, "EXPLAIN QUERY PLAN %.*s", STR_ARG(buf_str(&sql->text)));
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(db, text.p, (int)text.n, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(db), text.p);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(stmt, 3);

		if (strncmp(step, "SCAN ", 5) == 0 && (order != BY_INDEX || !strstr(step, " USING INDEX ")))
			fail_msg("%s: %s", step, text.p);
		if (order == BY_INDEX && strstr(step, "TEMP B-TREE FOR ORDER BY"))
			fail_msg("%s: %s", step, text.p);
	}
	sqlite3_finalize(stmt);
	web_sql_free(sql);
	*sql = (struct web_sql){ 0 };
}

static void assert_sessions(struct web_which which, enum order order)
{
	struct web_sql sql = { 0 };

	which.log = STR("shop");
	which.identity = STR("member");
	which.most = 100;
	for (unsigned page = 0; page < 8; page++) {
		which.has_mark = page & 1;
		which.mark = (struct web_mark){ 0, STR("x") };
		which.has_since = page & 2;
		which.people = page & 4;
		web_sql_sessions(&sql, &which, mem);
		assert_plan(&sql, order);
	}
}

static void sessions_are_found_by_index(void **state)
{
	(void)state;
	assert_sessions((struct web_which){ 0 }, BY_INDEX);
	assert_sessions((struct web_which){ .path = STR("/goods/*") }, BY_INDEX);
	assert_sessions((struct web_which){ .last_path = STR("/goods/1") }, BY_INDEX);
	assert_sessions((struct web_which){ .visitor = STR("v") }, SORTED);
	assert_sessions((struct web_which){ .session = STR("s") }, SORTED);
	assert_sessions((struct web_which){ .key = STR("member"), .value = STR("7") }, SORTED);
}

/* The events of one session are what is looked at, not all of its visitor. */
static void events_of_a_session_are_a_range(void **state)
{
	struct web_which which = { .log = STR("shop"), .visitor = STR("v"), .session = STR("s"), .most = 100,
				   .has_since = true, .has_until = true };
	struct web_sql sql = { 0 };
	struct str text;
	sqlite3_stmt *stmt = NULL;
	bool range = false;

	(void)state;
	web_sql_events(&sql, &which, mem);
	text = arena_printf(mem, "EXPLAIN QUERY PLAN %.*s", STR_ARG(buf_str(&sql.text)));
	assert_int_equal(sqlite3_prepare_v2(db, text.p, (int)text.n, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW)
		range |= strstr((const char *)sqlite3_column_text(stmt, 3), "(visitor=? AND at>? AND at<?)") != NULL;
	sqlite3_finalize(stmt);
	web_sql_free(&sql);
	assert_true(range);
}

static void searches_are_found_by_index(void **state)
{
	struct web_which which = { .log = STR("shop"), .most = 100, .people = true };
	struct web_sql sql = { 0 };

	(void)state;
	web_sql_searches(&sql, &which, mem);
	assert_plan(&sql, BY_INDEX);
	which.has_since = which.has_until = true;
	web_sql_searches(&sql, &which, mem);
	assert_plan(&sql, BY_INDEX);
	web_sql_terms(&sql, &which, false, 0, mem);
	assert_plan(&sql, SORTED);
	web_sql_terms(&sql, &which, true, 1, mem);
	assert_plan(&sql, SORTED);
	web_sql_totals(&sql, &which, mem);
	assert_plan(&sql, SORTED);
}

static void links_are_found_by_index(void **state)
{
	struct web_sql sql = { 0 };

	(void)state;
	web_sql_links(&sql, STR("v"), 10);
	assert_plan(&sql, SORTED);
	web_sql_evidence(&sql, STR("shop"), STR("v"), 10);
	assert_plan(&sql, SORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_are_found_by_index),
		cmocka_unit_test(events_of_a_session_are_a_range),
		cmocka_unit_test(searches_are_found_by_index),
		cmocka_unit_test(links_are_found_by_index),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
