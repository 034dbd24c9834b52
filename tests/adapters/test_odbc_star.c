#include "tests/cmocka_all.h"

#include "adapters/odbc_star.h"

static void only_a_star_of_the_outermost_list_counts(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		bool star;
	} cases[] = {
		{ "SELECT * FROM t", true },
		{ "select\n*\nfrom t", true },
		{ "SELECT DISTINCT * FROM t", true },
		{ "SELECT ALL * FROM t", true },
		{ "SELECT t.* FROM t", true },
		{ "SELECT a, * FROM t", true },
		{ "SELECT TOP 5 * FROM t", true },
		{ "SELECT a, \"t\".* FROM t", true },
		{ "WITH x AS (SELECT a FROM t) SELECT * FROM x", true },
		{ "SELECT a /* ( */, * FROM t", true },
		{ "SELECT '(', t.* FROM t", true },
		{ "SELECT a -- (\n, t.* FROM t", true },
		{ "SELECT a FROM t UNION ALL SELECT * FROM u", true },
		{ "SELECT a FROM t", false },
		{ "SELECT COUNT(*) AS n FROM t", false },
		{ "SELECT a FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY a ORDER BY b) AS rn FROM t) x", false },
		{ "WITH x AS (SELECT * FROM t) SELECT a FROM x", false },
		{ "SELECT a * b AS c FROM t", false },
		{ "SELECT (a + 1) * 2 AS c, \"b\" * 2 AS d FROM t", false },
		{ "SELECT 'SELECT *' AS c FROM t", false },
		{ "SELECT a /* , * */ FROM t -- , *", false },
		{ "SELECT 이름 * 2 AS c FROM t", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (odbc_star_selected(str_of(cases[i].sql)) != cases[i].star)
			fail_msg("%s", cases[i].sql);
}

static void what_cannot_be_told_counts_as_a_star(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"SELECT 'it\\'s (' AS c, t.* FROM t", /* MariaDB and PostgreSQL read this differently */
		"SELECT a FROM (SELECT * FROM t",
		"SELECT a) FROM t",
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (!odbc_star_selected(str_of(cases[i])))
			fail_msg("%s", cases[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_star_of_the_outermost_list_counts),
		cmocka_unit_test(what_cannot_be_told_counts_as_a_star),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
