#include "tests/cmocka_all.h"
#include "tests/faultodbc/query.h"

static struct query read_ok(const char *sql)
{
	struct query q;

	if (!query_read(str_of(sql), &q))
		fail_msg("not read: %s", sql);
	return q;
}

static void names_come_from_the_select_list(void **state)
{
	(void)state;
	struct query q = read_ok("SELECT o.no, title AS \"headline\", COALESCE(a, 'x, y') AS b_n FROM orders o "
				 "WHERE o.member IN (?, ?)");

	assert_int_equal(q.n_columns, 3);
	assert_string_equal(q.columns[0], "no");
	assert_string_equal(q.columns[1], "headline");
	assert_string_equal(q.columns[2], "b_n");
	assert_string_equal(q.table, "orders");
	assert_string_equal(q.key, "member");
	assert_int_equal(q.n_params, 2);
}

static void the_innermost_table_counts(void **state)
{
	(void)state;
	struct query q = read_ok("SELECT no, member FROM (SELECT o.*, ROW_NUMBER() OVER (PARTITION BY member "
				 "ORDER BY at) AS rn FROM orders o WHERE member IN (?)) x WHERE rn <= 20");

	assert_int_equal(q.n_columns, 2);
	assert_string_equal(q.table, "orders");
	assert_string_equal(q.key, "member");
}

static void a_query_may_have_no_parameter_and_no_table(void **state)
{
	(void)state;
	struct query q = read_ok("SELECT '?' AS a");

	assert_string_equal(q.columns[0], "a");
	assert_string_equal(q.key, "");
	assert_string_equal(q.table, "");
	assert_int_equal(q.n_params, 0);
}

static void stars_and_other_statements_are_refused(void **state)
{
	(void)state;
	struct query q;

	assert_false(query_read(STR("SELECT * FROM a"), &q));
	assert_false(query_read(STR("DELETE FROM a"), &q));
	assert_false(query_read(STR(""), &q));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_come_from_the_select_list),
		cmocka_unit_test(the_innermost_table_counts),
		cmocka_unit_test(a_query_may_have_no_parameter_and_no_table),
		cmocka_unit_test(stars_and_other_statements_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
