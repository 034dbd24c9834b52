#include "tests/adapters/support.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* Run SQL on a file of the test directory with SQLite's own API. */
static void sqlite_run(const char *file, const char *sql)
{
	sqlite3 *db = NULL;
	char *message = NULL;

	assert_int_equal(sqlite3_open(support_path(file), &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s", message);
	sqlite3_close(db);
}

static struct adapter *open_limited(const char *file, uint32_t cap_ms)
{
	char connect[256];

	snprintf(connect, sizeof(connect), "Driver={SQLite3};Database=%s", support_path(file));
	return support_open((struct adapter_conf){ .driver = "odbc", .connect = connect, .cap_ms = cap_ms });
}

static struct adapter *open_file(const char *file)
{
	return open_limited(file, 0);
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

static void every_type_comes_as_its_text(void **state)
{
	(void)state;
	sqlite_run(
		"types",
		"CREATE TABLE t(i INTEGER, r REAL, n TEXT, e TEXT, k TEXT, d TIMESTAMP, any BLOB);"
		"INSERT INTO t VALUES(-9223372036854775808, 1.5, NULL, '',"
		" '\xea\xb9\x80\xed\x95\x9c\xeb\xb3\x84 \xf0\x9f\x8e\x81', '2026-11-22 09:38:51', 'x\ny')");
	struct adapter *ad = open_file("types");
	struct fetch *f = support_run(ad, ASK(.sql = "SELECT * FROM t", .columns = "i r n e k d any"));

	good(f);
	assert_int_equal(f->rows->n_rows, 1);
	support_cell(f->rows, 0, 0, "-9223372036854775808");
	support_cell(f->rows, 0, 1, "1.5");
	support_cell(f->rows, 0, 2, NULL);
	support_cell(f->rows, 0, 3, "");
	support_cell(f->rows, 0, 4, "\xea\xb9\x80\xed\x95\x9c\xeb\xb3\x84 \xf0\x9f\x8e\x81");
	support_cell(f->rows, 0, 5, "2026-11-22 09:38:51");
	support_cell(f->rows, 0, 6, "x\ny");
	support_free(&f);
	end(&ad);
}

static void parameters_are_bound_never_spliced(void **state)
{
	(void)state;
	sqlite_run("p",
		   "CREATE TABLE t(id TEXT, v TEXT); INSERT INTO t VALUES('a''b; --', '1'), ('', 'empty'),"
		   "('\xec\x84\x9c\xec\x9a\xb8', 'seoul')");
	static char long_key[5000];
	struct adapter *ad = open_file("p");
	const char *sql = "SELECT v, ? AS back FROM t WHERE id = ?";
	struct fetch *f =
		support_run(ad, ASK(.sql = sql, .columns = "v back", PARAMS(STR("?"), STR("a'b; --"))));

	good(f);
	support_cell(f->rows, 0, 0, "1");
	support_cell(f->rows, 0, 1, "?");
	support_free(&f);
	f = support_run(ad, ASK(.sql = sql, .columns = "v back", PARAMS({ NULL, 0 }, STR(""))));
	support_cell(f->rows, 0, 0, "empty");
	support_cell(f->rows, 0, 1, NULL);
	support_free(&f);
	memset(long_key, 'k',
	       sizeof(long_key) - 1); /* longer than the buffer of a parameter, and of a cell */
	f = support_run(ad, ASK(.sql = sql, .columns = "v back",
				PARAMS(str_of(long_key), STR("\xec\x84\x9c\xec\x9a\xb8"))));
	support_cell(f->rows, 0, 0, "seoul");
	support_cell(f->rows, 0, 1, long_key);
	support_free(&f);
	f = support_run(ad, ASK(.sql = sql, .columns = "v back", PARAMS(STR("short"), STR(""))));
	support_cell(f->rows, 0, 1, "short");
	support_free(&f);
	end(&ad);
}

static void long_texts_come_whole(void **state)
{
	(void)state;
	sqlite_run("long", "CREATE TABLE t(id INTEGER, v VARCHAR(10));"
			   "INSERT INTO t VALUES(1, '\xea\xb9\x80' || hex(zeroblob(524288))), (2, 'short'),"
			   "(3, hex(zeroblob(20))), (4, hex(zeroblob(20)) || 'x')");
	struct adapter *ad = open_file("long");
	struct fetch *f = support_run(ad, ASK(.sql = "SELECT id, v FROM t ORDER BY id", .columns = "id v"));
	struct str large;

	good(f);
	assert_int_equal(f->rows->n_rows, 4);
	large = rows_cell(f->rows, 0, 1);
	assert_int_equal(large.n, 1048576 + 3);
	assert_int_equal(large.p[large.n - 1], '0');
	support_cell(f->rows, 1, 1, "short");
	assert_int_equal(rows_cell(f->rows, 2, 1).n, 40); /* fills the described size's buffer to the brim */
	assert_int_equal(rows_cell(f->rows, 3, 1).n, 41);
	support_free(&f);
	assert_int_equal(
		support_run_class(ad, ASK(.sql = "SELECT v FROM t", .columns = "v", .max_bytes = 1000000)),
		ERR_TOO_LARGE);
	end(&ad);
}

static void bad_utf8_is_null_and_told(void **state)
{
	(void)state;
	sqlite_run("bad", "CREATE TABLE t(v TEXT); INSERT INTO t VALUES(CAST(x'b1e8' AS TEXT)), ('ok')");
	struct adapter *ad = open_file("bad");
	struct fetch *f = support_run(ad, ASK(.sql = "SELECT v FROM t", .columns = "v"));

	good(f);
	assert_int_equal(f->rows->n_rows, 2);
	assert_true(rows_is_unread(rows_cell(f->rows, 0, 0)));
	support_cell(f->rows, 1, 0, "ok");
	assert_int_equal(f->rows->flags, ROWS_BAD_TEXT);
	assert_int_equal(f->rows->bad_cells, 1);
	support_free(&f);
	end(&ad);
}

static void too_many_rows_are_cut_and_told(void **state)
{
	(void)state;
	sqlite_run(
		"rows",
		"CREATE TABLE t(v); WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM g WHERE i<5)"
		"INSERT INTO t SELECT i FROM g");
	struct adapter *ad = open_file("rows");
	const char *sql = "SELECT v FROM t WHERE v <> ? ORDER BY v";
	struct fetch *f = support_run(ad, ASK(.sql = sql, .columns = "v", PARAMS(STR("9")), .max_rows = 5));

	assert_int_equal(f->rows->n_rows, 5);
	assert_int_equal(f->rows->flags, 0);
	support_free(&f);
	f = support_run(ad, ASK(.sql = sql, .columns = "v",
				.params = (struct str[]){ STR("1"), STR("2"), STR("3") }, .n_params = 1,
				.n_runs = 3, .max_rows = 4));
	good(f);
	assert_int_equal(f->rows->n_rows, 4); /* 2 to 5; the second run would bring 1 */
	assert_int_equal(f->rows->flags, ROWS_TRUNCATED);
	support_free(&f);
	end(&ad);
}

static void a_row_that_two_spellings_find_comes_once(void **state)
{
	(void)state;
	sqlite_run("spellings",
		   "CREATE TABLE t(k INTEGER, v TEXT); INSERT INTO t VALUES(4587,'x'),(4587,'y'),(4587,'y')");
	struct adapter *ad = open_file("spellings");
	struct fetch *f = support_run(ad, ASK(.sql = "SELECT k, v FROM t WHERE k = ? ORDER BY v", .columns = "k v",
					      .params = (struct str[]){ STR("4587"), STR("4587.0"), STR("C4587") },
					      .n_params = 1, .n_runs = 3, .max_rows = 3));

	good(f);
	assert_int_equal(f->rows->n_rows, 3); /* y twice, as in the table */
	assert_int_equal(f->rows->flags, 0);
	support_cell(f->rows, 0, 1, "x");
	support_cell(f->rows, 2, 1, "y");
	support_free(&f);
	end(&ad);
}

static void runs_are_appended(void **state)
{
	(void)state;
	sqlite_run("runs",
		   "CREATE TABLE t(k TEXT, v TEXT); INSERT INTO t VALUES('a','1'),('b','2'),('b','3')");
	struct adapter *ad = open_file("runs");
	struct fetch *f =
		support_run(ad, ASK(.sql = "SELECT k, v FROM t WHERE k = ? ORDER BY v", .columns = "v k",
				    .params = (struct str[]){ STR("b"), STR("none"), STR("a") },
				    .n_params = 1, .n_runs = 3));

	good(f);
	assert_int_equal(f->rows->n_rows, 3);
	support_cell(f->rows, 0, 0, "2");
	support_cell(f->rows, 1, 0, "3");
	support_cell(f->rows, 2, 0, "1");
	support_cell(f->rows, 2, 1, "a");
	support_free(&f);
	end(&ad);
}

static void columns_are_bound_by_name_and_missing_ones_named(void **state)
{
	(void)state;
	sqlite_run("schema",
		   "CREATE TABLE t(id TEXT, name TEXT, tier TEXT); INSERT INTO t VALUES('C1','Han','VIP')");
	struct adapter *ad = open_file("schema");
	struct fetch *f = support_run(ad, ASK(.sql = "SELECT tier, id, name FROM t", .columns = "ID NAME"));

	good(f);
	support_cell(f->rows, 0, 0, "C1");
	support_cell(f->rows, 0, 1, "Han");
	support_free(&f);
	f = support_run(ad, ASK(.part = "crm", .sql = "SELECT tier FROM t", .columns = "tier vip"));
	assert_int_equal(f->err.cls, ERR_SCHEMA);
	assert_string_equal(f->err.where, "source");
	assert_string_equal(f->err.text, "part crm: the answer has no column \"vip\"");
	assert_null(f->rows);
	support_free(&f);
	f = support_run(ad, ASK(.part = "crm", .sql = "SELECT grade FROM t", .columns = "grade"));
	assert_int_equal(f->err.cls, ERR_SCHEMA);
	assert_non_null(strstr(f->err.text, "no such column: grade"));
	support_free(&f);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT 1 AS a, 2 AS A", .columns = "a")),
			 ERR_SCHEMA);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT x FROM nowhere", .columns = "x")),
			 ERR_SCHEMA);
	end(&ad);
}

static void the_same_statement_serves_other_columns_and_a_changed_table(void **state)
{
	(void)state;
	sqlite_run("ddl", "CREATE TABLE t(id TEXT, name TEXT); INSERT INTO t VALUES('C1','Han')");
	struct adapter *ad = open_file("ddl");
	const struct ask *ask = ASK(.sql = "SELECT * FROM t", .columns = "id name");
	struct fetch *f = support_run(ad, ask);

	support_cell(f->rows, 0, 1, "Han");
	support_free(&f);
	f = support_run(ad, ASK(.sql = "SELECT * FROM t", .columns = "name"));
	assert_int_equal(f->rows->n_cols, 1);
	support_cell(f->rows, 0, 0, "Han");
	support_free(&f);
	sqlite_run("ddl", "DROP TABLE t; CREATE TABLE t(name TEXT, x TEXT, id TEXT);"
			  "INSERT INTO t VALUES('Kim','x','C2')");
	f = support_run(ad, ask);
	good(f);
	support_cell(f->rows, 0, 0, "C2");
	support_cell(f->rows, 0, 1, "Kim");
	support_free(&f);
	sqlite_run("ddl", "ALTER TABLE t RENAME COLUMN name TO full_name");
	assert_int_equal(support_run_class(ad, ask), ERR_SCHEMA);
	sqlite_run("ddl", "ALTER TABLE t RENAME COLUMN full_name TO name");
	assert_int_equal(support_run_class(ad, ask), ERR_NONE);
	end(&ad);
}

static void more_statements_than_a_connection_keeps(void **state)
{
	(void)state;
	struct adapter *ad = open_file("schema");
	char sql[64];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 50; i++) {
			char expected[16];

			snprintf(sql, sizeof(sql), "SELECT %d + ? AS n", i);
			snprintf(expected, sizeof(expected), "%d", i + round);
			struct fetch *f = support_run(ad, ASK(.sql = sql, .columns = "n",
							      PARAMS(round == 0	  ? STR("0")
								     : round == 1 ? STR("1")
										  : STR("2"))));
			good(f);
			support_cell(f->rows, 0, 0, expected);
			support_free(&f);
		}
	}
	end(&ad);
}

static void a_missing_file_is_refused_and_not_made(void **state)
{
	(void)state;
	struct adapter *ad = open_file("missing");
	struct fetch *f = support_fetch(ASK(.sql = "SELECT 1 AS a", .columns = "a"));
	struct err err = { 0 };

	if (adapter_submit(ad, f, &err)) {
		support_wait(f);
		err = f->err;
	}
	assert_int_equal(err.cls, ERR_REFUSED);
	assert_null(fopen(support_path("missing"), "re"));
	support_free(&f);
	sqlite_run("missing", "CREATE TABLE t(a)");
	support_until(support_is_up, ad);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT 1 AS a", .columns = "a")), ERR_NONE);
	end(&ad);
}

static void an_unknown_driver_is_refused_with_the_names_of_those_there(void **state)
{
	static const char *const connects[][2] = {
		{ "Driver={No Such};PWD={hush}", "no ODBC driver `No Such`;" },
		{ "Driver=SQLite PWD=hush;", "no ODBC driver `...`;" },
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(connects); i++) {
		struct adapter_conf conf = { .name = "s", .driver = "odbc", .zone = "UTC", .pool = 1, .queue = 1,
					     .connect = connects[i][0] };
		struct err err = { 0 };

		assert_null(adapter_open(&conf, &err));
		assert_int_equal(err.cls, ERR_CONFIG);
		assert_non_null(strstr(err.text, connects[i][1]));
		assert_non_null(strstr(err.text, "has PostgreSQL Unicode, MariaDB Unicode, SQLite3, FreeTDS"));
		assert_null(strstr(err.text, "hush"));
	}
}

/* The driver manager takes a name in any case, and a library by its file. */
static void a_driver_is_known_by_its_name_or_file(void **state)
{
	static const char *const connects[] = { "Driver=sqlite3", "Driver=/nonexistent/lib", "Driver=libno.so",
						"DSN=x" };
	(void)state;

	for (size_t i = 0; i < ARRAY_LEN(connects); i++) {
		struct adapter *ad = support_open((struct adapter_conf){ .driver = "odbc", .connect = connects[i] });

		assert_non_null(ad);
		end(&ad);
	}
}

static void a_runaway_query_ends_at_its_cap(void **state)
{
	(void)state;
	struct adapter *ad = open_file("schema");
	const char *forever =
		"WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM g) SELECT count(*) AS n FROM g";

	assert_int_equal(
		support_run_class(ad, ASK(.sql = forever, .columns = "n", .cap = deadline_after_ms(50))),
		ERR_LATE);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT 1 AS n", .columns = "n")), ERR_NONE);
	assert_int_equal(adapter_state(ad).connected, 1); /* the connection was kept */
	end(&ad);
}

static void nothing_can_be_written(void **state)
{
	(void)state;
	static const char *const writes[] = {
		"INSERT INTO t VALUES('C9','x','y')",
		"WITH w(a) AS (SELECT 'C9') INSERT INTO t(id) SELECT a FROM w RETURNING id",
		"UPDATE t SET id = 'C9'",
		"DELETE FROM t",
		"CREATE TABLE u(a)",
	};
	struct adapter *ad = open_file("schema");
	struct fetch *f;

	for (size_t i = 0; i < ARRAY_LEN(writes); i++) {
		f = support_run(ad, ASK(.sql = writes[i], .columns = "id"));
		assert_int_equal(f->err.cls, ERR_SOURCE);
		if (strstr(f->err.text, "readonly") == NULL)
			fail_msg("%s: %s", writes[i], f->err.text);
		support_free(&f);
	}
	f = support_run(ad, ASK(.sql = "SELECT id FROM t", .columns = "id"));
	assert_int_equal(f->rows->n_rows, 1);
	support_cell(f->rows, 0, 0, "C1");
	support_free(&f);
	end(&ad);
}

static void a_writers_lock_is_late_not_forever(void **state)
{
	(void)state;
	sqlite_run("locked", "CREATE TABLE t(a); INSERT INTO t VALUES(1)");
	struct adapter *ad = open_limited("locked", 50);
	sqlite3 *writer = NULL;

	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT a FROM t", .columns = "a")), ERR_NONE);
	assert_int_equal(sqlite3_open(support_path("locked"), &writer), SQLITE_OK);
	assert_int_equal(sqlite3_exec(writer, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT a FROM t", .columns = "a")), ERR_LATE);
	assert_int_equal(sqlite3_exec(writer, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT a FROM t", .columns = "a")), ERR_NONE);
	sqlite3_close(writer);
	end(&ad);
}

static void a_wrong_query_does_not_tell_its_parameters(void **state)
{
	(void)state;
	struct adapter *ad = open_file("schema");
	struct fetch *f = support_run(
		ad, ASK(.sql = "SELEC id FROM t WHERE id = ?", .columns = "id", PARAMS(STR("01012345678"))));

	assert_int_equal(f->err.cls, ERR_SOURCE);
	assert_null(strstr(f->err.text, "0101"));
	support_free(&f);
	end(&ad);
}

static void eight_workers_read_side_by_side(void **state)
{
	(void)state;
	char connect[256];

	snprintf(connect, sizeof(connect), "Driver={SQLite3};Database=%s", support_path("schema"));
	struct adapter *ad = support_open(
		(struct adapter_conf){ .driver = "odbc", .connect = connect, .pool = 8, .queue = 512 });
	struct fetch *f[400];

	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		char key[16];

		snprintf(key, sizeof(key), "%zu", i);
		f[i] = support_fetch(
			ASK(.sql = "SELECT ? AS k, id FROM t", .columns = "k id", PARAMS(str_of(key))));
		support_start(ad, f[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(f); i++) {
		char key[16];

		snprintf(key, sizeof(key), "%zu", i);
		support_wait(f[i]);
		good(f[i]);
		support_cell(f[i]->rows, 0, 0, key);
		support_cell(f[i]->rows, 0, 1, "C1");
		support_free(&f[i]);
	}
	end(&ad);
}

static int begin(void **state)
{
	struct err err = { 0 };

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	if (adapters_init(ODBC_DIR, &err))
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}

static void bytes_come_whole_at_any_length(void **state)
{
	(void)state;
	sqlite_run("bytes", "CREATE TABLE b(x BLOB); INSERT INTO b VALUES(x'00ff10'), (x''), (NULL),"
			    " (zeroblob(4095)), (zeroblob(4096)), (zeroblob(4097)), (zeroblob(100000))");
	struct adapter *ad = open_file("bytes");
	static const size_t lengths[] = { 4, 0, 0, 5460, 5464, 5464, 133336 };
	struct fetch *f = support_run(ad, ASK(.sql = "SELECT x FROM b", .columns = "x", .all_bytes = true));

	good(f);
	assert_int_equal(f->rows->n_rows, ARRAY_LEN(lengths));
	support_cell(f->rows, 0, 0, "AP8Q");
	support_cell(f->rows, 1, 0, "");
	support_cell(f->rows, 2, 0, NULL);
	for (uint32_t r = 0; r < f->rows->n_rows; r++)
		assert_int_equal(rows_cell(f->rows, r, 0).n, lengths[r]);
	support_free(&f);
	/* the same statement again, now as text: another binding */
	f = support_run(ad, ASK(.sql = "SELECT x FROM b", .columns = "x"));
	good(f);
	support_cell(f->rows, 0, 0, "X'00FF10'");
	support_free(&f);
	assert_int_equal(support_run_class(ad, ASK(.sql = "SELECT x FROM b", .columns = "x",
						   .all_bytes = true, .max_bytes = 100000)),
			 ERR_TOO_LARGE);
	end(&ad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_comes_as_its_text),
		cmocka_unit_test(bytes_come_whole_at_any_length),
		cmocka_unit_test(parameters_are_bound_never_spliced),
		cmocka_unit_test(long_texts_come_whole),
		cmocka_unit_test(bad_utf8_is_null_and_told),
		cmocka_unit_test(too_many_rows_are_cut_and_told),
		cmocka_unit_test(a_row_that_two_spellings_find_comes_once),
		cmocka_unit_test(runs_are_appended),
		cmocka_unit_test(columns_are_bound_by_name_and_missing_ones_named),
		cmocka_unit_test(the_same_statement_serves_other_columns_and_a_changed_table),
		cmocka_unit_test(more_statements_than_a_connection_keeps),
		cmocka_unit_test(a_missing_file_is_refused_and_not_made),
		cmocka_unit_test(an_unknown_driver_is_refused_with_the_names_of_those_there),
		cmocka_unit_test(a_driver_is_known_by_its_name_or_file),
		cmocka_unit_test(a_runaway_query_ends_at_its_cap),
		cmocka_unit_test(nothing_can_be_written),
		cmocka_unit_test(a_writers_lock_is_late_not_forever),
		cmocka_unit_test(a_wrong_query_does_not_tell_its_parameters),
		cmocka_unit_test(eight_workers_read_side_by_side),
	};

	return cmocka_run_group_tests(tests, begin, support_group_end);
}
