#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/digest.h"
#include "federator/demo/person.h"
#include "federator/demo/write_sql.h"
#include "federator/demo/write_sqlite.h"

enum { CUSTOMERS = 400 };

static const struct generate_conf conf = {CUSTOMERS, 1};

/* The SQL text of one database; the caller frees it. */
static char *text_of(const struct generate_conf *c, enum database db, enum dialect dialect, size_t *n)
{
	struct err err = {0};
	char *text = NULL;
	FILE *out = open_memstream(&text, n);

	assert_non_null(out);
	assert_true(write_sql(c, db, dialect, out, &err));
	fclose(out);
	return text;
}

static void same_seed_gives_the_same_bytes(void **state)
{
	(void)state;
	for (int db = 0; db < DATABASES; db++) {
		size_t n, m;
		char *first = text_of(&conf, (enum database)db, DIALECT_POSTGRESQL, &n);
		char *second = text_of(&conf, (enum database)db, DIALECT_POSTGRESQL, &m);

		assert_int_equal(n, m);
		assert_memory_equal(first, second, n);
		free(first);
		free(second);
	}
}

static void another_seed_gives_other_people(void **state)
{
	const struct generate_conf other = {CUSTOMERS, 2};
	size_t n, m;
	char *first = text_of(&conf, CALLCENTER, DIALECT_SQLITE, &n);
	char *second = text_of(&other, CALLCENTER, DIALECT_SQLITE, &m);

	(void)state;
	assert_true(n != m || memcmp(first, second, n) != 0);
	free(first);
	free(second);
}

/* Documentation and other tests name these customers: whoever compiles the generator must get them. */
static void the_bytes_do_not_depend_on_the_compiler(void **state)
{
	static const char *const expected[DATABASES] = {
		"f3dc59b9e082910bc0a443146043895f4ca8e6bdf0db6185223f0cc70cf88a54",
		"2feaaebab017f9b2fe88a87385f426b80b22eb7e436e757e22a4aab3c503f025",
		"8716c46a9e1af897dbe0bc9af5642c884fc305309dc4f04e93169c319098241e",
	};

	(void)state;
	for (int db = 0; db < DATABASES; db++) {
		unsigned char digest[DIGEST_BYTES];
		char hex[2 * DIGEST_BYTES + 1];
		struct digest d;
		size_t n;
		char *text = text_of(&conf, (enum database)db, DIALECT_SQLITE, &n);

		digest_begin(&d, (struct str){0});
		digest_add(&d, text, n);
		digest_end(&d, digest);
		digest_hex(digest, DIGEST_BYTES, hex);
		assert_string_equal(hex, expected[db]);
		free(text);
	}
}

/* The first customers stay who they are when the company grows. */
static void a_customer_does_not_depend_on_how_many_there_are(void **state)
{
	struct person a = person_make(7, 42), b = person_make(7, 42);

	(void)state;
	assert_string_equal(a.mobile, b.mobile);
	assert_string_equal(person_order_no(&a, 0).text, person_order_no(&b, 0).text);
	assert_string_equal(person_make(7, 1).mobile, "010-0123-4567");
	assert_string_equal(person_make(7, 3).mobile, person_make(7, 2).mobile);
}

struct counter {
	struct sink sink;
	size_t rows[TABLES];
	size_t nulls;
};

static bool count_row(struct sink *sink, enum table t, const struct cell *cells, struct err *err)
{
	struct counter *c = (struct counter *)sink;

	(void)err;
	c->rows[t]++;
	for (size_t i = 0; i < schema_width(t); i++)
		c->nulls += cells[i].kind == VALUE_NULL;
	return true;
}

static void every_table_has_rows_and_some_cells_are_null(void **state)
{
	struct counter c = {.sink.row = count_row};
	struct err err = {0};

	(void)state;
	for (int db = 0; db < DATABASES; db++)
		assert_true(generate(&conf, (enum database)db, &c.sink, &err));
	for (int t = 0; t < TABLES; t++)
		assert_true(c.rows[t] > 0);
	assert_int_equal(c.rows[TABLE_tb_cust], CUSTOMERS);
	assert_int_equal(c.rows[TABLE_prd], PRODUCTS);
	assert_true(c.rows[TABLE_page_view] > 4 * CUSTOMERS);
	assert_true(c.nulls > CUSTOMERS);
}

static bool refuse_row(struct sink *sink, enum table t, const struct cell *cells, struct err *err)
{
	(void)sink;
	(void)t;
	(void)cells;
	return err_set(err, ERR_SYSTEM, "test", "full");
}

static void a_sink_that_fails_ends_the_generation(void **state)
{
	struct sink sink = {refuse_row};
	struct err err = {0};

	(void)state;
	assert_false(generate(&conf, WEB, &sink, &err));
	assert_int_equal(err.cls, ERR_SYSTEM);
	assert_string_equal(err.text, "full");
}

static void a_company_without_customers_is_refused(void **state)
{
	const struct generate_conf none = {0, 1};
	struct counter c = {.sink.row = count_row};
	struct err err = {0};

	(void)state;
	assert_false(generate(&none, WEB, &c.sink, &err));
	assert_int_equal(err.cls, ERR_CALLER);
	assert_int_equal(c.rows[TABLE_page_view], 0);
}

static int64_t number_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	number = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return number;
}

static void a_sqlite_file_is_whole_and_families_share_phones(void **state)
{
	char path[] = "/tmp/test_generate_XXXXXX";
	struct err err = {0};
	sqlite3 *db;

	(void)state;
	close(mkstemp(path));
	assert_true(write_sqlite(&conf, CALLCENTER, path, &err));
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(number_of(db, "SELECT count(*) FROM tb_cust"), CUSTOMERS);
	assert_true(number_of(db,
			      "SELECT count(*) FROM (SELECT 1 FROM tb_cust GROUP BY replace(hp_no, '-', '') "
			      "HAVING count(*) > 1)") >= CUSTOMERS / 25);
	assert_int_equal(number_of(db, "SELECT count(*) FROM tb_cust WHERE cust_nm LIKE '한별'"), 1);
	assert_int_equal(
		number_of(db, "SELECT count(*) FROM pragma_index_list('tb_cust') WHERE name LIKE 'ix%'"), 3);
	sqlite3_close(db);
	unlink(path);
}

static void a_directory_that_is_not_there_is_an_error(void **state)
{
	struct err err = {0};

	(void)state;
	assert_false(write_sqlite(&conf, CALLCENTER, "/nonexistent/callcenter.db", &err));
	assert_int_equal(err.cls, ERR_SYSTEM);
}

static void quotes_are_doubled_and_backslashes_left_alone(void **state)
{
	size_t n;
	char *text = text_of(&conf, CALLCENTER, DIALECT_MARIADB, &n);

	(void)state;
	assert_non_null(strstr(text, "NO_BACKSLASH_ESCAPES"));
	assert_non_null(strstr(text, "'O''Brien Seán'"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_gives_the_same_bytes),
		cmocka_unit_test(another_seed_gives_other_people),
		cmocka_unit_test(the_bytes_do_not_depend_on_the_compiler),
		cmocka_unit_test(a_customer_does_not_depend_on_how_many_there_are),
		cmocka_unit_test(every_table_has_rows_and_some_cells_are_null),
		cmocka_unit_test(a_sink_that_fails_ends_the_generation),
		cmocka_unit_test(a_company_without_customers_is_refused),
		cmocka_unit_test(a_sqlite_file_is_whole_and_families_share_phones),
		cmocka_unit_test(a_directory_that_is_not_there_is_an_error),
		cmocka_unit_test(quotes_are_doubled_and_backslashes_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
