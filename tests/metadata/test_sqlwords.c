#include "metadata/sqlwords.h"

#include "tests/cmocka_all.h"

static void a_plain_condition_gives_every_row(void **state)
{
	static const struct str plain[] = {
		STR("SELECT id, email FROM person WHERE email IN (:email...)"),
		STR("SELECT p.id, COALESCE(p.email, '') AS limited FROM person p LEFT JOIN club c ON c.id = p.id "
		    "ORDER BY p.id"),
		STR("WITH x AS (SELECT * FROM topics) SELECT countries, maximum FROM x"),
		STR(""),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		assert_true(sqlwords_gives_every_row(plain[i]));
}

static void a_collation_is_named_by_its_words(void **state)
{
	(void)state;
	assert_true(sqlwords_names_collation(STR("SELECT a FROM t WHERE n collate utf8mb4_bin IN (:n...)")));
	assert_true(sqlwords_names_collation(STR("SELECT a FROM t WHERE BINARY n IN (:n...)")));
	assert_false(sqlwords_names_collation(STR("SELECT collated, binaries FROM t")));
}

static void words_that_limit_or_merge_rows_are_seen_in_any_case(void **state)
{
	static const struct str fewer[] = {
		STR("SELECT id FROM person WHERE email = :email LIMIT 1"),
		STR("select top(3) id from person"),
		STR("SELECT id FROM person ORDER BY id\nOFFSET 2 ROWS FETCH\tNEXT 1 ROWS ONLY"),
		STR("SELECT id, ROW_NUMBER() OVER(PARTITION BY email) FROM person"),
		STR("SELECT Distinct email FROM person"),
		STR("SELECT email,max(id) FROM person"),
		STR("SELECT email FROM a union all SELECT email FROM b"),
		STR("SELECT email FROM person WHERE ROWNUM<3"),
		STR("SELECT email FROM person GROUP BY email"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fewer); i++)
		assert_false(sqlwords_gives_every_row(fewer[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_condition_gives_every_row),
		cmocka_unit_test(a_collation_is_named_by_its_words),
		cmocka_unit_test(words_that_limit_or_merge_rows_are_seen_in_any_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
