#include "tests/adapters/support.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>

static struct adapter *open_sqlite(void)
{
	char connect[256];

	snprintf(connect, sizeof(connect), "Driver={SQLite3};Database=%s", support_path("db"));
	return support_open((struct adapter_conf){ .driver = "odbc", .connect = connect, .cap_ms = 30000 });
}

static void fill(void)
{
	sqlite3 *db = NULL;
	char *message = NULL;

	assert_int_equal(sqlite3_open(support_path("db"), &db), SQLITE_OK);
	if (sqlite3_exec(db,
			 "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, at TIMESTAMP, day DATE, raw BLOB,"
			 " n NUMERIC);"
			 "INSERT INTO t(id, name) VALUES(1, 'a'), (2, 'b');"
			 "CREATE TABLE \"large one\"(id INTEGER PRIMARY KEY, v TEXT, w TEXT);"
			 "CREATE INDEX large_w ON \"large one\"(w);"
			 "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n <= 10000)"
			 "INSERT INTO \"large one\" SELECT n, 'v' || n, 'w' || n FROM s",
			 NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

/* Ask for a description with one parameter for each `?`. */
static struct fetch *describe(struct adapter *ad, const char *sql)
{
	struct str params[] = { STR("7"), STR("8") };
	uint32_t n = 0;

	for (const char *p = sql; *p; p++)
		n += *p == '?';
	struct fetch *f = support_fetch(ASK(.sql = sql, .params = params, .n_params = n));

	f->describe = true;
	support_start(ad, f);
	support_wait(f);
	return f;
}

static void a_session_is_told(void **state)
{
	(void)state;
	struct adapter *ad = open_sqlite();
	struct fetch *f = describe(ad, "");

	assert_int_equal(f->err.cls, ERR_NONE);
	assert_string_equal(f->description->product, "SQLite");
	assert_int_equal(f->description->access, ACCESS_READ_ONLY);
	assert_false(f->description->text_is_lost);
	assert_false(f->description->zone_is_offset);
	support_free(&f);
	adapter_close(&ad, 30000);
}

static void columns_are_told_with_their_types(void **state)
{
	(void)state;
	static const enum described_type types[] = { DESCRIBED_NUMBER, DESCRIBED_TEXT,	DESCRIBED_TIMESTAMP,
						     DESCRIBED_DATE,   DESCRIBED_BYTES, DESCRIBED_NUMBER };
	struct adapter *ad = open_sqlite();
	struct fetch *f = describe(ad, "SELECT id, name, at, day, raw, n AS total FROM t WHERE id IN (?,?)");
	const struct description *d = f->description;

	assert_int_equal(f->err.cls, ERR_NONE);
	assert_null(f->rows);
	assert_true(d->loose);
	assert_int_equal(d->n_columns, ARRAY_LEN(types));
	for (size_t i = 0; i < d->n_columns; i++)
		assert_int_equal(d->columns[i].type, types[i]);
	assert_string_equal(d->columns[2].type_name, "TIMESTAMP");
	assert_string_equal(d->columns[5].name, "total");
	assert_int_equal(d->n_scans, 0);
	support_free(&f);
	adapter_close(&ad, 30000);
}

static void a_refusal_is_told_with_its_place(void **state)
{
	(void)state;
	struct adapter *ad = open_sqlite();
	static const struct {
		const char *sql;
		const char *says;
		size_t at, n;
	} cases[] = {
		{ "SELECT t.name, t.id, nope FROM t WHERE id = ?", "no such column: nope", 21, 4 },
		{ "WITH w AS (SELECT 1) SELEC ? FROM w", "near \"SELEC\": syntax error", 21, 5 },
		{ "SELECT id FROM t WHERE id = ? AND", "incomplete input", 33, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fetch *f = describe(ad, cases[i].sql);

		assert_int_not_equal(f->err.cls, ERR_NONE);
		assert_non_null(strstr(f->description->refusal, cases[i].says));
		assert_true(f->description->place.known);
		assert_int_equal(f->description->place.at, cases[i].at);
		assert_int_equal(f->description->place.n, cases[i].n);
		assert_false(f->description->writes);
		support_free(&f);
	}
	adapter_close(&ad, 30000);
}

static void a_write_is_told_as_one(void **state)
{
	(void)state;
	struct adapter *ad = open_sqlite();
	struct fetch *f = describe(ad, "INSERT INTO t(id) VALUES(?)");

	assert_int_not_equal(f->err.cls, ERR_NONE);
	assert_true(f->description->writes);
	support_free(&f);
	adapter_close(&ad, 30000);
}

static void only_large_tables_that_no_index_serves_are_told(void **state)
{
	(void)state;
	static const char *const served[] = {
		"SELECT name FROM t WHERE name = ?",
		"SELECT v FROM \"large one\" WHERE id = ?",
		"SELECT v FROM \"large one\" WHERE w IN (?,?)",
		"SELECT l.v FROM t JOIN \"large one\" l ON l.id = t.id WHERE t.name = ?",
	};
	static const char *const whole[] = {
		"SELECT w FROM \"large one\" WHERE v = ?",
		"SELECT a.w FROM \"large one\" AS a, \"large one\" AS b WHERE a.v = ? AND b.id = a.id",
		"SELECT l.w FROM t JOIN \"large one\" l ON l.v = t.name WHERE t.id = ?",
		"SELECT w FROM \"large one\" WHERE upper(w) = ?",
	};
	struct adapter *ad = open_sqlite();

	for (size_t i = 0; i < ARRAY_LEN(served); i++) {
		struct fetch *f = describe(ad, served[i]);

		assert_int_equal(f->err.cls, ERR_NONE);
		if (f->description->n_scans != 0)
			fail_msg("%s", served[i]);
		support_free(&f);
	}
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		struct fetch *f = describe(ad, whole[i]);

		assert_int_equal(f->err.cls, ERR_NONE);
		if (f->description->n_scans != 1)
			fail_msg("%s: %zu", whole[i], f->description->n_scans);
		assert_string_equal(f->description->scans[0].table, "large one");
		assert_true(f->description->scans[0].place.known);
		support_free(&f);
	}
	adapter_close(&ad, 30000);
}

static void a_fixture_tells_its_columns(void **state)
{
	(void)state;
	struct adapter *ad = support_open((struct adapter_conf){
		.driver = "fixture", .connect = support_file("fx", "part part\ncolumns id name\n1\ta\n") });
	struct fetch *session = describe(ad, ""), *f = describe(ad, "SELECT 1");

	assert_int_equal(session->err.cls, ERR_NONE);
	assert_int_equal(session->description->access, ACCESS_UNKNOWN);
	assert_int_equal(f->description->n_columns, 2);
	assert_string_equal(f->description->columns[1].name, "name");
	assert_int_equal(f->description->columns[1].type, DESCRIBED_UNKNOWN);
	support_free(&session);
	support_free(&f);
	adapter_close(&ad, 30000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_is_told),
		cmocka_unit_test(columns_are_told_with_their_types),
		cmocka_unit_test(a_refusal_is_told_with_its_place),
		cmocka_unit_test(a_write_is_told_as_one),
		cmocka_unit_test(only_large_tables_that_no_index_serves_are_told),
		cmocka_unit_test(a_fixture_tells_its_columns),
	};
	struct err err = { 0 };
	int failed;

	signal(SIGPIPE, SIG_IGN);
	if (!adapters_init(ODBC_DIR, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	fill();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	support_dir_drop();
	return failed;
}
