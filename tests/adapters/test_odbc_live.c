#include "tests/adapters/support.h"

#include <signal.h>
#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>

/* Both servers take the same tests; `server` points to the one of this run. */
struct server {
	const char *name;
	const char *reader, *writer; /* environment variables with connection strings; the writer may write */
	const char *slow; /* a query of ten seconds */
	const char *write; /* a write that looks like a query */
	const char *session; /* the session's own number */
	const char *midnight; /* 2026-11-22T00:00:00Z as a time with a time zone, as the session sees it */
	const char *datetime; /* type of a time without a zone */
	const char *prepares; /* how many statements are prepared in the session, ever or now */
};

static const struct server servers[] = {
	{ "PostgreSQL", "FED_TEST_PG", "FED_TEST_PG_ADMIN", "SELECT pg_sleep(10) AS a",
	  "WITH w AS (INSERT INTO adapters_t(id) VALUES('C9') RETURNING id) SELECT id AS a FROM w",
	  "SELECT pg_backend_pid() AS a", "SELECT timestamptz '2026-11-22 00:00:00+00' AS a", "TIMESTAMP",
	  "SELECT count(*) AS a FROM pg_prepared_statements" },
	{ "MariaDB", "FED_TEST_MARIADB", "FED_TEST_MARIADB_ADMIN", "SELECT SLEEP(10) AS a",
	  "INSERT INTO adapters_t(id) VALUES('C9') RETURNING id AS a", "SELECT CONNECTION_ID() AS a",
	  "SELECT FROM_UNIXTIME(1795305600) AS a", "DATETIME",
	  "SELECT VARIABLE_VALUE AS a FROM information_schema.SESSION_STATUS "
	  "WHERE VARIABLE_NAME = 'COM_STMT_PREPARE'" },
};

static const struct server *server;

enum { SKIPPED = 77, CONNECT_MS = 30000 };

static const char *connect_of(const char *variable)
{
	const char *text = getenv(variable);

	if (text == NULL)
		fail_msg("%s is not set", variable);
	return text;
}

static struct adapter *open_as(const char *variable, uint32_t pool, uint32_t cap_ms)
{
	return support_open((struct adapter_conf){ .driver = "odbc",
						   .connect = connect_of(variable),
						   .pool = pool,
						   .cap_ms = cap_ms,
						   .connect_ms = CONNECT_MS,
						   .queue = 512 });
}

static struct adapter *open_reader(void)
{
	return open_as(server->reader, 1, 0);
}

static void end(struct adapter **ad)
{
	assert_int_equal(adapter_close(ad, 30000), 0);
}

static void good(const struct fetch *f)
{
	if (f->err.cls != ERR_NONE)
		fail_msg("%s: %s", f->err.where, f->err.text);
}

/* Run a statement as the owner, past the adapters. */
static void owner_run(const char *sql)
{
	SQLHENV env;
	SQLHDBC dbc;
	SQLHSTMT h;
	SQLCHAR state[6] = "", text[512] = "", statement[1024], connect[512];
	SQLSMALLINT n;

	snprintf((char *)statement, sizeof(statement), "%s", sql);
	snprintf((char *)connect, sizeof(connect), "%s", connect_of(server->writer));
	SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &env);
	SQLSetEnvAttr(env, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0);
	SQLAllocHandle(SQL_HANDLE_DBC, env, &dbc);
	assert_true(SQL_SUCCEEDED(
		SQLDriverConnect(dbc, NULL, connect, SQL_NTS, NULL, 0, NULL, SQL_DRIVER_NOPROMPT)));
	SQLAllocHandle(SQL_HANDLE_STMT, dbc, &h);
	if (!SQL_SUCCEEDED(SQLExecDirect(h, statement, SQL_NTS))) {
		SQLGetDiagRec(SQL_HANDLE_STMT, h, 1, state, NULL, text, sizeof(text), &n);
		fail_msg("%s: %s %s", sql, state, text);
	}
	SQLFreeHandle(SQL_HANDLE_STMT, h);
	SQLDisconnect(dbc);
	SQLFreeHandle(SQL_HANDLE_DBC, dbc);
	SQLFreeHandle(SQL_HANDLE_ENV, env);
}

/* The only cell of a query. */
static void only_cell(struct adapter *ad, const char *sql, char out[64])
{
	struct fetch *f = support_run(ad, ASK(.sql = sql, .columns = "a"));

	good(f);
	assert_int_equal(f->rows->n_rows, 1);
	snprintf(out, 64, "%.*s", STR_ARG(rows_cell(f->rows, 0, 0)));
	support_free(&f);
}

#define KOREAN \
	"\xea\xb9\x80\xed\x95\x9c\xeb\xb3\x84 " \
	"\xeb\x98\xa0\xeb\xb0\xa9\xea\xb0\x81\xed\x95\x98 \xf0\x9f\x8e\x81"

static void types_and_texts_come_as_they_are(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	struct fetch *f = support_run(
		ad, ASK(.sql = "SELECT id, i, d, t, e, n, v, s FROM adapters_types WHERE v = ? AND id = ?",
			.columns = "ID i d t e n v s", PARAMS(STR(KOREAN), STR("C1"))));

	good(f);
	assert_int_equal(f->rows->n_rows, 1);
	support_cell(f->rows, 0, 0, "C1");
	support_cell(f->rows, 0, 1, "-9223372036854775808");
	support_cell(f->rows, 0, 2, "1234567890123456.78");
	support_cell(f->rows, 0, 3, "2026-11-22 09:38:51");
	support_cell(f->rows, 0, 4, "");
	support_cell(f->rows, 0, 5, NULL);
	support_cell(f->rows, 0, 6, KOREAN);
	support_cell(f->rows, 0, 7, "2026-11-22");
	support_free(&f);
	end(&ad);
}

static void long_texts_come_whole(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	const char *sql = "SELECT REPEAT(?, 350000) AS a";
	struct fetch *f = support_run(ad, ASK(.sql = sql, .columns = "a", PARAMS(STR("\xea\xb9\x80"))));
	struct str cell;

	good(f);
	cell = rows_cell(f->rows, 0, 0);
	assert_int_equal(cell.n, 1050000);
	assert_memory_equal(cell.p + cell.n - 3, "\xea\xb9\x80", 3);
	assert_int_equal(f->rows->flags, 0);
	support_free(&f);
	assert_int_equal(support_run_class(ad, ASK(.sql = sql, .columns = "a", .max_bytes = 1000000,
						   PARAMS(STR("\xea\xb9\x80")))),
			 ERR_TOO_LARGE);
	end(&ad);
}

static void runs_lists_and_guards_work(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	const char *one = "SELECT id FROM adapters_n WHERE id = ?";
	struct str keys[128];
	char sql[1024] = "SELECT id FROM adapters_n WHERE id IN (?";
	struct fetch *f =
		support_run(ad, ASK(.sql = one, .columns = "id", .n_params = 1, .n_runs = 4,
				    .params = (struct str[]){ STR("3"), STR("no"), { NULL, 0 }, STR("1") }));

	good(f);
	assert_int_equal(f->rows->n_rows, 2);
	support_cell(f->rows, 0, 0, "3");
	support_cell(f->rows, 1, 0, "1");
	support_free(&f);
	f = support_run(ad, ASK(.sql = "SELECT n FROM (SELECT 4587 AS n) t WHERE n = CAST(? AS DECIMAL(9,1))",
				.columns = "n", .n_params = 1, .n_runs = 2,
				.params = (struct str[]){ STR("4587"), STR("4587.0") }));
	good(f);
	assert_int_equal(f->rows->n_rows, 1); /* one row, found by two spellings */
	support_free(&f);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		keys[i] = i < 4 ? STR("4") : STR("5");
		strcat(sql, i + 1 < ARRAY_LEN(keys) ? ",?" : ") ORDER BY id");
	}
	f = support_run(ad, ASK(.sql = sql, .columns = "id", .params = keys, .n_params = 128));
	good(f);
	assert_int_equal(f->rows->n_rows, 2);
	support_free(&f);
	f = support_run(ad,
			ASK(.sql = "SELECT id FROM adapters_n ORDER BY id", .columns = "id", .max_rows = 3));
	assert_int_equal(f->rows->n_rows, 3);
	assert_int_equal(f->rows->flags, ROWS_TRUNCATED);
	support_free(&f);
	end(&ad);
}

static void the_server_ends_a_slow_query_at_the_limit(void **state)
{
	(void)state;
	struct adapter *ad = open_as(server->reader, 1, 1000);
	char before[64], after[64];

	only_cell(ad, server->session, before);
	assert_int_equal(support_run_class(ad, ASK(.sql = server->slow, .columns = "a")), ERR_LATE);
	only_cell(ad, server->session, after);
	assert_string_equal(before, after); /* the connection was kept */
	end(&ad);
}

static void nothing_can_be_written_even_with_the_right_to(void **state)
{
	(void)state;
	struct adapter *ad = open_as(server->writer, 1, 0);
	struct fetch *f = support_run(ad, ASK(.sql = server->write, .columns = "a"));
	char n[64];

	assert_int_equal(f->err.cls, ERR_SOURCE);
	assert_non_null(strstr(f->err.text, "25006"));
	support_free(&f);
	only_cell(ad, "SELECT count(*) AS a FROM adapters_t WHERE id = 'C9'", n);
	assert_string_equal(n, "0");
	end(&ad);
}

static void a_session_killed_while_idle_is_replaced_unseen(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	char before[64], after[64], sql[128];

	only_cell(ad, server->session, before);
	snprintf(sql, sizeof(sql),
		 strcmp(server->name, "MariaDB") == 0 ? "KILL %s" : "SELECT pg_terminate_backend(%s)",
		 before);
	owner_run(sql);
	only_cell(ad, server->session, after);
	assert_string_not_equal(before, after);
	assert_int_equal(adapter_state(ad).failures, 0);
	end(&ad);
}

static void times_are_in_the_zone_of_the_session(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	char at[64];

	only_cell(ad, server->midnight, at);
	assert_string_equal(at, "2026-11-22 09:00:00");
	end(&ad);
}

static void one_query_text_serves_all_products(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	struct fetch *f = support_run(
		ad, ASK(.sql = "SELECT 'a' || ? || 'c' AS \"Both\"", .columns = "both", PARAMS(STR("b"))));

	good(f);
	support_cell(f->rows, 0, 0, "abc");
	support_free(&f);
	end(&ad);
}

static void a_statement_is_prepared_once(void **state)
{
	(void)state;
	static const char *const sql[] = { "SELECT id AS a FROM adapters_n WHERE id = ?",
					   "SELECT id AS a FROM (SELECT n.* FROM adapters_n n WHERE id = ?) x" };
	struct adapter *ad = open_reader();
	char before[64], after[64], key[16];

	only_cell(ad, server->prepares, before);
	only_cell(ad, server->prepares, before);
	for (int i = 0; i < 5; i++) {
		snprintf(key, sizeof(key), "%d", i);
		for (size_t s = 0; s < ARRAY_LEN(sql); s++)
			assert_int_equal(support_run_class(
						 ad, ASK(.sql = sql[s], .columns = "a", PARAMS(str_of(key)))),
					 ERR_NONE);
	}
	only_cell(ad, server->prepares, after);
	assert_int_equal(atoi(after), atoi(before) + 2);
	end(&ad);
}

static void a_changed_table_under_select_star_heals_without_reconnect(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	const struct ask *ask = ASK(.part = "crm", .sql = "SELECT * FROM adapters_ddl", .columns = "id name");
	char before[64], after[64];
	struct fetch *f;

	owner_run("CREATE TABLE adapters_ddl(id VARCHAR(9), name VARCHAR(9))");
	owner_run("INSERT INTO adapters_ddl VALUES('C1','Han')");
	only_cell(ad, server->session, before);
	f = support_run(ad, ask);
	good(f);
	support_cell(f->rows, 0, 1, "Han");
	support_free(&f);
	owner_run("DROP TABLE adapters_ddl");
	assert_int_equal(support_run_class(ad, ask), ERR_SCHEMA);
	owner_run("CREATE TABLE adapters_ddl(name VARCHAR(9), x INTEGER, id VARCHAR(9))");
	owner_run("INSERT INTO adapters_ddl VALUES('Kim',1,'C2')");
	f = support_run(ad, ask);
	good(f);
	support_cell(f->rows, 0, 0, "C2");
	support_cell(f->rows, 0, 1, "Kim");
	support_free(&f);
	owner_run("DROP TABLE adapters_ddl"); /* the same number of columns under the same statement */
	owner_run("CREATE TABLE adapters_ddl(id VARCHAR(9), x INTEGER, name VARCHAR(9))");
	owner_run("INSERT INTO adapters_ddl VALUES('C2',1,'Kim')");
	f = support_run(ad, ask);
	good(f);
	support_cell(f->rows, 0, 0, "C2");
	support_cell(f->rows, 0, 1, "Kim");
	support_free(&f);
	owner_run("ALTER TABLE adapters_ddl DROP COLUMN x");
	f = support_run(ad, ask);
	good(f);
	support_cell(f->rows, 0, 0, "C2");
	support_cell(f->rows, 0, 1, "Kim");
	support_free(&f);
	owner_run("ALTER TABLE adapters_ddl RENAME COLUMN name TO full_name");
	f = support_run(ad, ask);
	assert_int_equal(f->err.cls, ERR_SCHEMA);
	assert_string_equal(f->err.text, "part crm: the answer has no column \"name\"");
	support_free(&f);
	only_cell(ad, server->session, after);
	assert_string_equal(before, after);
	owner_run("DROP TABLE adapters_ddl");
	end(&ad);
}

static void a_star_in_a_subquery_sees_the_changed_table(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	const struct ask *ask = ASK(.sql = "SELECT name, id FROM (SELECT t.* FROM adapters_ddl t) x",
				    .columns = "id name");
	struct fetch *f;

	owner_run("CREATE TABLE adapters_ddl(id VARCHAR(9), x INTEGER, name VARCHAR(9))");
	owner_run("INSERT INTO adapters_ddl VALUES('C1',1,'Han')");
	assert_int_equal(support_run_class(ad, ask), ERR_NONE);
	owner_run("ALTER TABLE adapters_ddl DROP COLUMN x");
	f = support_run(ad, ask);
	good(f);
	support_cell(f->rows, 0, 0, "C1");
	support_cell(f->rows, 0, 1, "Han");
	support_free(&f);
	owner_run("DROP TABLE adapters_ddl");
	owner_run("CREATE TABLE adapters_ddl(name VARCHAR(40), id VARCHAR(40))");
	owner_run("INSERT INTO adapters_ddl VALUES('a much longer name','C2')");
	f = support_run(ad, ask);
	good(f);
	support_cell(f->rows, 0, 0, "C2");
	support_cell(f->rows, 0, 1, "a much longer name");
	support_free(&f);
	owner_run("DROP TABLE adapters_ddl");
	end(&ad);
}

static void a_column_that_gets_another_type_heals_without_reconnect(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	const struct ask *ask = ASK(.sql = "SELECT id, name FROM adapters_ddl", .columns = "id name");
	char before[64], after[64];
	struct fetch *f;

	owner_run("CREATE TABLE adapters_ddl(id VARCHAR(9), name VARCHAR(9))");
	owner_run("INSERT INTO adapters_ddl VALUES('C1','Han')");
	only_cell(ad, server->session, before);
	assert_int_equal(support_run_class(ad, ask), ERR_NONE);
	owner_run("DROP TABLE adapters_ddl");
	owner_run("CREATE TABLE adapters_ddl(name TEXT, id INTEGER)");
	owner_run("INSERT INTO adapters_ddl VALUES('a name that is longer than it was', 2)");
	f = support_run(ad, ask);
	good(f);
	support_cell(f->rows, 0, 0, "2");
	support_cell(f->rows, 0, 1, "a name that is longer than it was");
	support_free(&f);
	if (strcmp(server->name, "PostgreSQL") == 0) { /* a session that lost its statements */
		assert_int_equal(support_run_class(ad, ASK(.sql = "DEALLOCATE ALL", .columns = "a")),
				 ERR_SCHEMA);
		assert_int_equal(support_run_class(ad, ask), ERR_NONE);
	}
	only_cell(ad, server->session, after);
	assert_string_equal(before, after);
	owner_run("DROP TABLE adapters_ddl");
	end(&ad);
}

static void mistakes_of_the_mapping_are_named_and_values_are_not(void **state)
{
	(void)state;
	struct adapter *ad = open_reader();
	struct fetch *f =
		support_run(ad, ASK(.part = "crm", .sql = "SELECT vip FROM adapters_t", .columns = "vip"));

	assert_int_equal(f->err.cls, ERR_SCHEMA);
	assert_non_null(strstr(f->err.text, "vip"));
	support_free(&f);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT id FROM adapters_none", .columns = "id")),
			 ERR_SCHEMA);
	f = support_run(ad, ASK(.sql = "SELEC id FROM adapters_t WHERE id = ?", .columns = "id",
				PARAMS(STR("01012345678"))));
	assert_int_equal(f->err.cls, ERR_SOURCE);
	assert_null(strstr(f->err.text, "0101"));
	support_free(&f);
	f = support_run(ad, ASK(.sql = "SELECT id FROM adapters_n WHERE id = CAST(? AS DECIMAL(5,0))",
				.columns = "id", PARAMS(STR("hong-gildong"))));
	assert_null(strstr(f->err.text, "hong"));
	support_free(&f);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT 1 AS a", .columns = "a")), ERR_NONE);
	end(&ad);
}

static void a_wrong_password_is_told_apart(void **state)
{
	(void)state;
	char connect[512];
	struct err err = { 0 };

	snprintf(connect, sizeof(connect), "%s", connect_of(server->reader));
	char *password = strstr(connect, "PWD={app}");
	assert_non_null(password);
	memcpy(password, "PWD={ppa}", 9);
	struct adapter *ad = support_open(
		(struct adapter_conf){ .driver = "odbc", .connect = connect, .connect_ms = CONNECT_MS });
	struct fetch *f = support_fetch(ASK(.sql = "SELECT 1 AS a", .columns = "a"));

	if (adapter_submit(ad, f, &err)) {
		support_wait(f);
		err = f->err;
	}
	assert_int_equal(err.cls, ERR_AUTH);
	assert_null(strstr(err.text, "ppa"));
	support_free(&f);
	end(&ad);
}

static void workers_side_by_side_never_mix_answers(void **state)
{
	(void)state;
	struct adapter *ad = open_as(server->reader, 8, 0);
	struct fetch *f[400];
	char key[16];

	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		snprintf(key, sizeof(key), "%zu", i);
		f[i] = support_fetch(ASK(.sql = "SELECT 'k' || ? AS k FROM adapters_n WHERE id = '1'",
					 .columns = "k", PARAMS(str_of(key))));
		support_start(ad, f[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		snprintf(key, sizeof(key), "k%zu", i);
		support_wait(f[i]);
		good(f[i]);
		support_cell(f[i]->rows, 0, 0, key);
		support_free(&f[i]);
	}
	end(&ad);
}

static int tables_drop(void **state)
{
	(void)state;
	owner_run("DROP TABLE IF EXISTS adapters_t");
	owner_run("DROP TABLE IF EXISTS adapters_n");
	owner_run("DROP TABLE IF EXISTS adapters_types");
	owner_run("DROP TABLE IF EXISTS adapters_ddl");
	return 0;
}

static int tables_make(void **state)
{
	char sql[256];

	tables_drop(state);
	owner_run("CREATE TABLE adapters_t(id VARCHAR(9))");
	owner_run("CREATE TABLE adapters_n(id VARCHAR(9) PRIMARY KEY)");
	owner_run("INSERT INTO adapters_n VALUES('1'),('2'),('3'),('4'),('5')");
	snprintf(sql, sizeof(sql),
		 "CREATE TABLE adapters_types(id VARCHAR(9), i BIGINT, d DECIMAL(18,2), t %s, e VARCHAR(9),"
		 " n VARCHAR(9), v TEXT, s DATE)",
		 server->datetime);
	owner_run(sql);
	owner_run("INSERT INTO adapters_types VALUES('C1', -9223372036854775808, 1234567890123456.78,"
		  " '2026-11-22 09:38:51', '', NULL, '" KOREAN "', '2026-11-22')");
	return 0;
}

static int run_all(const struct server *s)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_and_texts_come_as_they_are),
		cmocka_unit_test(long_texts_come_whole),
		cmocka_unit_test(runs_lists_and_guards_work),
		cmocka_unit_test(the_server_ends_a_slow_query_at_the_limit),
		cmocka_unit_test(nothing_can_be_written_even_with_the_right_to),
		cmocka_unit_test(a_session_killed_while_idle_is_replaced_unseen),
		cmocka_unit_test(times_are_in_the_zone_of_the_session),
		cmocka_unit_test(one_query_text_serves_all_products),
		cmocka_unit_test(a_statement_is_prepared_once),
		cmocka_unit_test(a_changed_table_under_select_star_heals_without_reconnect),
		cmocka_unit_test(a_star_in_a_subquery_sees_the_changed_table),
		cmocka_unit_test(a_column_that_gets_another_type_heals_without_reconnect),
		cmocka_unit_test(mistakes_of_the_mapping_are_named_and_values_are_not),
		cmocka_unit_test(a_wrong_password_is_told_apart),
		cmocka_unit_test(workers_side_by_side_never_mix_answers),
	};

	server = s;
	return cmocka_run_group_tests_name(s->name, tests, tables_make, tables_drop);
}

int main(void)
{
	struct err err = { 0 };
	int failed = 0;

	for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
		if (getenv(servers[i].reader) && getenv(servers[i].writer))
			continue;
		fprintf(stderr, "SKIPPED: %s and %s are not set; run this by ctest\n", servers[i].reader,
			servers[i].writer);
		return SKIPPED;
	}
	signal(SIGPIPE, SIG_IGN);
	if (!adapters_init(ODBC_DIR, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(servers); i++)
		failed += run_all(&servers[i]);
	return failed;
}
