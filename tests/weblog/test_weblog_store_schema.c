/* The event store's tables of other versions, in each product. */
#include "tests/weblog/store_bed.h"

static const struct weblog shop = {.name = "shop"};

static void tables_of_a_later_version_are_left_alone(void **state)
{
	(void)state;
	struct weblog_store *store = bed_open(&shop);

	weblog_store_close(&store);
	bed_run("UPDATE web_schema SET version=4");
	assert_int_equal(bed_open_class(&shop), ERR_CONFIG);
}

/* The tables as version 2 had them. */
static void become_version_2(void)
{
	bed_run("ALTER TABLE web_log DROP COLUMN last_at");
	bed_run("UPDATE web_schema SET version=2");
}

/* The tables as version 1 had them. */
static void become_version_1(void)
{
	bool mariadb = bed.dialect == WRITER_MARIADB;

	become_version_2();
	bed_run(mariadb ? "DROP INDEX web_agent_seen ON web_agent" : "DROP INDEX web_agent_seen");
	bed_run("ALTER TABLE web_agent DROP COLUMN seen_at");
	bed_run("ALTER TABLE web_log DROP COLUMN events_to");
	bed_run(mariadb ? "DROP INDEX web_session_visitor ON web_session" : "DROP INDEX web_session_visitor");
	bed_run("CREATE INDEX web_session_visitor ON web_session (visitor, last_at)");
	bed_run("DROP VIEW web_linked_event");
	bed_run("CREATE VIEW web_linked_event AS SELECT l.key_name, l.value, l.confidence, e.id, e.log, "
		"e.at, e.visitor, "
		"e.session, e.kind, e.method, e.path, e.query, e.status, e.result, e.product, e.category, "
		"e.order_no, "
		"e.terms, e.hits, e.engine, e.engine_terms, e.referrer, e.campaign, e.client, e.agent, "
		"e.took_ms, e.bytes "
		"FROM web_link l JOIN web_event e ON e.visitor = l.visitor");
	bed_run("UPDATE web_schema SET version=1");
}

static int64_t view_has_limit(void)
{
	static const char *const sql[WRITER_DIALECTS] = {
		[WRITER_SQLITE] = "SELECT count(*) AS n FROM sqlite_master WHERE name='web_linked_event' AND "
				  "sql LIKE '%9999%'",
		[WRITER_POSTGRESQL] = "SELECT count(*) AS n FROM pg_views WHERE viewname='web_linked_event' "
				      "AND definition LIKE '%9999%'",
		[WRITER_MARIADB] = "SELECT count(*) AS n FROM information_schema.views WHERE "
				   "table_schema=DATABASE() AND "
				   "table_name='web_linked_event' AND view_definition LIKE '%9999%'",
	};

	return bed_number(sql[bed.dialect]);
}

static int64_t session_index_has_start(void)
{
	static const char *const sql[WRITER_DIALECTS] = {
		[WRITER_SQLITE] = "SELECT count(*) AS n FROM sqlite_master WHERE name='web_session_visitor' "
				  "AND sql LIKE '%started_at%'",
		[WRITER_POSTGRESQL] =
			"SELECT count(*) AS n FROM pg_indexes WHERE indexname='web_session_visitor' "
			"AND indexdef LIKE '%started_at%'",
		[WRITER_MARIADB] = "SELECT count(*) AS n FROM information_schema.statistics WHERE "
				   "table_schema=DATABASE() "
				   "AND index_name='web_session_visitor' AND column_name='started_at'",
	};

	return bed_number(sql[bed.dialect]);
}

static void tables_of_version_1_become_as_new_ones(void **state)
{
	(void)state;
	struct weblog_event event = bed_event("v", "0000000000000001", bed_at(0));
	struct weblog_store *store = bed_open(&shop);
	bool more;
	struct err err;

	event.agent = STR("old");
	event.device = "desktop";
	bed_write(store, &(struct weblog_batch){.events = &event, .n_events = 1});
	weblog_store_close(&store);
	become_version_1();
	assert_int_equal(view_has_limit() + session_index_has_start(), 0);
	store = bed_open(&shop);
	assert_int_equal(view_has_limit(), 1);
	assert_int_equal(session_index_has_start(), 1);
	assert_int_equal(bed_number("SELECT version AS n FROM web_schema"), 3);
	assert_int_equal(
		bed_number("SELECT count(*) AS n FROM web_agent WHERE seen_at>'2026-01-01 00:00:00.000'"), 1);
	bed_write(store, &(struct weblog_batch){.events = &event, .n_events = 1});
	assert_true(weblog_store_purge(store, INT64_C(4102444800000000), &more, &err)); /* 2100 */
	assert_int_equal(bed_number("SELECT count(*) AS n FROM web_agent"), 0);
	weblog_store_close(&store);
}

static void the_last_session_is_found_in_tables_of_version_2(void **state)
{
	(void)state;
	struct weblog_session sessions[] = { bed_session("v1", "0000000000000001", bed_at(100)),
					     bed_session("v2", "0000000000000002", bed_at(50)) };
	struct weblog_store *store = bed_open(&shop);

	bed_write(store, &(struct weblog_batch){ .sessions = sessions, .n_sessions = 2 });
	weblog_store_close(&store);
	become_version_2();
	store = bed_open(&shop);
	assert_true(weblog_store_last(store) == bed_at(100) + 1000);
	weblog_store_close(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(tables_of_a_later_version_are_left_alone, bed_clear),
		cmocka_unit_test_setup(tables_of_version_1_become_as_new_ones, bed_clear),
		cmocka_unit_test_setup(the_last_session_is_found_in_tables_of_version_2, bed_clear),
	};

	return bed_run_all(tests, ARRAY_LEN(tests));
}
