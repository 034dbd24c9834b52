#include "tests/cmocka_all.h"

#include "metadata/sqljoin.h"
#include "metadata/sqltext.h"

static bool separable(const char *sql, const char *dialect)
{
	static const struct key key = { .name = "m", .type = KEY_INTEGER, .values = 9 };
	const struct by_key by = { .key = &key };
	struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	struct query q = { .by = &by, .n_by = 1, .sql = str_of(sql) };
	struct sqltext text = { .sql = q.sql, .by = &by, .n_by = 1, .dialect = dialect };
	bool ok;

	if (!sqltext_split(&text, mem, ds, &q.pieces, &q.n_pieces))
		fail_msg("refused: %s", sql);
	ok = sqljoin_separable(&q, dialect, mem);
	arena_wipe_free(&mem);
	return ok;
}

static void each_row_for_itself_is_separable(void **state)
{
	static const char *const sql[] = {
		"SELECT m, x FROM t WHERE m IN (:m...)",
		"SELECT t.m, x FROM t WHERE t.m IN (:m...) ORDER BY x DESC",
		"select distinct m, x from t where m in (:m...)",
		"SELECT \"M\", x FROM t WHERE \"M\" IN (:m...) AND x <> 'LIMIT 3' -- MAX(x)\n",
		"SELECT m, x FROM t WHERE a IN (:m...) OR t.b IN (:m...)",
		"SELECT m, x FROM t JOIN u ON u.id = t.id WHERE (x > 1 OR y > 2) AND m IN (:m...)",
		"SELECT m, (SELECT COUNT(*) FROM u WHERE u.m = t.m) AS n FROM t WHERE m IN (:m...)",
		"SELECT m FROM t WHERE m IN (:m...) AND x IN (SELECT x FROM u ORDER BY x LIMIT 3)",
		"SELECT m, COUNT(*) AS n FROM t WHERE x <> '9' AND m IN (:m...) GROUP BY m",
		"SELECT t.m, ROUND(SUM(x), 2) AS n FROM t WHERE t.m IN (:m...) GROUP BY t.m, y HAVING COUNT(*) > 1 "
		"ORDER BY n",
		"SELECT m, x FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY m ORDER BY at DESC) AS rn FROM t "
		"WHERE m IN (:m...)) y WHERE rn <= 20 ORDER BY m, at",
		"WITH y AS (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY z, t.m ORDER BY at) AS rn, "
		"RANK() OVER (PARTITION BY m) AS r FROM t WHERE t.m IN (:m...)) SELECT m, x FROM y WHERE rn <= 20",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sql); i++)
		if (!separable(sql[i], "postgresql"))
			fail_msg("%s", sql[i]);
}

static void what_depends_on_the_other_values_is_not(void **state)
{
	static const char *const sql[] = {
		"SELECT m, COUNT(*) AS n FROM t WHERE m IN (:m...)", /* MariaDB and SQLite take it */
		"SELECT MAX(m) AS m, SUM(x) AS n FROM t WHERE m IN (:m...)",
		"SELECT m, STDDEV(x) AS n FROM t WHERE m IN (:m...)",
		"SELECT DISTINCT m, SUM(x) OVER () AS n FROM t WHERE m IN (:m...)",
		"SELECT m, ROW_NUMBER() OVER (PARTITION BY m ORDER BY x) AS n FROM t WHERE m IN (:m...) GROUP BY m, x",
		"SELECT m, x FROM (SELECT t.*, ROW_NUMBER() OVER (ORDER BY at) AS rn FROM t WHERE m IN (:m...)) y "
		"WHERE rn <= 2",
		"SELECT m, x FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY z ORDER BY m) AS rn FROM t "
		"WHERE m IN (:m...)) y WHERE rn <= 2",
		"SELECT m, x FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY m ORDER BY x) AS rn, "
		"SUM(x) OVER () AS s FROM t WHERE m IN (:m...)) y WHERE rn <= 2",
		"SELECT m, x FROM t WHERE m IN (:m...) AND at = (SELECT MAX(at) FROM t WHERE m IN (:m...))",
		"SELECT m, x FROM t WHERE m IN (:m...) AND other IN (:m...)",
		"SELECT m, x FROM t WHERE m IN (:m...) AND other NOT IN (:m...)",
		"SELECT m, CASE WHEN friend IN (:m...) THEN 1 END AS f FROM t WHERE m IN (:m...)",
		"SELECT m FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.x = t.x AND u.m IN (:m...))",
		"SELECT m FROM t WHERE x IN (SELECT x FROM u WHERE u.m IN (:m...))",
		"SELECT m, COUNT(*) AS n FROM t WHERE m IN (:m...) GROUP BY x",
		"SELECT m, COUNT(*) AS n FROM t WHERE m IN (:m...) GROUP BY ROLLUP (m)",
		"SELECT m, COUNT(*) AS n FROM t WHERE m IN (:m...) GROUP BY substr(m, 1)",
		"SELECT m, SUM(n) AS n FROM (SELECT m, n FROM t WHERE m IN (:m...)) x GROUP BY m",
		"SELECT m, x FROM t WHERE m IN (:m...) UNION SELECT m, x FROM u WHERE m IN (:m...)",
		"SELECT m, x FROM t WHERE lower(m) IN (:m...)", /* not known to be what the row says */
		"SELECT m, x FROM t JOIN u ON t.m IN (:m...)",
		"WITH RECURSIVE y AS (SELECT m, x, ROW_NUMBER() OVER (PARTITION BY m) AS rn FROM t WHERE m IN (:m...)) "
		"SELECT m FROM y",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(sql); i++)
		if (separable(sql[i], "postgresql"))
			fail_msg("%s", sql[i]);
}

static void a_single_parameter_is_not(void **state)
{
	(void)state;
	assert_false(separable("SELECT m, x FROM t WHERE m = :m", "sqlite"));
}

static void quotes_are_those_of_the_dialect(void **state)
{
	(void)state;
	assert_true(separable("SELECT `m`, x FROM t WHERE x <> 'it\\'s MAX(x)' AND `m` IN (:m...)", "mariadb"));
	assert_true(separable("SELECT [m], x FROM t WHERE [m] IN (:m...)", "mssql"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_for_itself_is_separable),
		cmocka_unit_test(what_depends_on_the_other_values_is_not),
		cmocka_unit_test(a_single_parameter_is_not),
		cmocka_unit_test(quotes_are_those_of_the_dialect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
