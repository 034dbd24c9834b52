#include "tests/faultodbc/client.h"

#include <stdio.h>

/* What is odd in rows and columns. */

static void there_are_other_rows_than_expected(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		int rows;
	} faults[] = { { "* huge rows=5000\n", 5000 }, { "* duplicate\n", 6 }, { "* twins\n", 3 } };

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct client c;

		client_control(faults[i].fault);
		assert_true(client_connect(&c, "crm"));
		assert_true(client_ask(&c, ORDERS, "4711"));
		assert_int_equal(client_count(&c), faults[i].rows);
		client_end(&c);
	}
}

static void twins_share_the_key(void **state)
{
	(void)state;
	struct client c;

	client_control("* twins\n");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, "SELECT phone, member FROM person WHERE phone IN (?)", "01000004711"));
	assert_true(client_fetch(&c));
	assert_string_equal(client_cell(&c, 2), "4711");
	assert_true(client_fetch(&c));
	assert_string_equal(client_cell(&c, 1), "01000004711");
	assert_string_equal(client_cell(&c, 2), "45004711");
	client_end(&c);
}

static void rows_of_another_customer_say_so(void **state)
{
	(void)state;
	struct client c;

	client_control("* other-key after=1\n");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, ORDERS, "4711"));
	assert_true(client_fetch(&c));
	assert_string_equal(client_cell(&c, 1), "4711");
	assert_true(client_fetch(&c));
	assert_string_equal(client_cell(&c, 1), "4712");
	assert_string_equal(client_cell(&c, 3), "crm.orders.title:00004712:1");
	client_end(&c);
}

static void cells_are_spoilt(void **state)
{
	(void)state;
	struct client c;

	client_control("* bad-utf8\n* wrong-type\n");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, ORDERS, "4711"));
	assert_true(client_fetch(&c));
	assert_string_equal(client_cell(&c, 3), "crm.orders.title:00004711:0\xff\xc3");
	assert_string_equal(client_cell(&c, 4), "several");
	assert_string_equal(client_cell(&c, 5), "2023-13-45 25:61:61");
	client_control("* nulls\n");
	assert_true(client_execute(&c, "4711"));
	assert_true(client_fetch(&c));
	assert_null(client_cell(&c, 3));
	assert_string_equal(client_cell(&c, 1), "4711");
	client_end(&c);
}

static void texts_have_a_nul_or_are_long(void **state)
{
	(void)state;
	struct client c;
	static char text[300000];
	SQLLEN n, all = 0;
	SQLRETURN rc;

	client_control("* nul-byte\n");
	assert_true(client_connect(&c, "crm"));
	assert_true(client_ask(&c, ORDERS, "4711"));
	assert_true(client_fetch(&c));
	assert_true(SQL_SUCCEEDED(SQLGetData(c.stmt, 3, SQL_C_CHAR, text, sizeof(text), &n)));
	assert_int_equal(n, strlen(text) + 6);
	client_control("* long-text bytes=250000\n");
	assert_true(client_execute(&c, "4711"));
	assert_true(client_fetch(&c));
	while ((rc = SQLGetData(c.stmt, 3, SQL_C_CHAR, text, 1000, &n)) != SQL_NO_DATA) {
		assert_true(SQL_SUCCEEDED(rc));
		assert_true(all > 0 || n == 250000);
		all += n < 1000 ? n : 999;
	}
	assert_int_equal(all, 250000);
	client_end(&c);
}

static void a_changed_table_invalidates_the_statement(void **state)
{
	(void)state;
	static const struct {
		const char *fault;
		SQLSMALLINT columns;
		const char *first, *last;
	} faults[] = { { "* column-drop\n", 4, "member", "pieces_n" },
		       { "* column-rename\n", 5, "member", "renamed" },
		       { "* column-reorder\n", 5, "placed_at", "member" } };

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct client c;
		SQLCHAR name[32];
		SQLSMALLINT n, x;
		SQLULEN size;

		client_control("");
		assert_true(client_connect(&c, "crm"));
		assert_true(client_ask(&c, ORDERS, "4711"));
		client_control(faults[i].fault);
		assert_false(client_execute(&c, "4711"));
		assert_string_equal(c.state, "0A000");
		assert_true(client_ask(&c, ORDERS, "4711"));
		assert_true(SQL_SUCCEEDED(SQLNumResultCols(c.stmt, &n)));
		assert_int_equal(n, faults[i].columns);
		SQLDescribeCol(c.stmt, 1, name, sizeof(name), &x, &x, &size, &x, &x);
		assert_string_equal((char *)name, faults[i].first);
		SQLDescribeCol(c.stmt, (SQLUSMALLINT)n, name, sizeof(name), &x, &x, &size, &x, &x);
		assert_string_equal((char *)name, faults[i].last);
		client_end(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_are_other_rows_than_expected),
		cmocka_unit_test(twins_share_the_key),
		cmocka_unit_test(rows_of_another_customer_say_so),
		cmocka_unit_test(cells_are_spoilt),
		cmocka_unit_test(texts_have_a_nul_or_are_long),
		cmocka_unit_test(a_changed_table_invalidates_the_statement),
	};

	return client_begin() ? cmocka_run_group_tests(tests, NULL, client_drop) : 1;
}
