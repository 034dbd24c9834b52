#include "tests/cmocka_all.h"

#include "adapters/odbc.h"

static void messages_point_at_what_they_speak_of(void **state)
{
	(void)state;
	static const struct {
		const char *message, *sql;
		const char *points; /* NULL: nowhere */
	} cases[] = {
		/* PostgreSQL */
		{ "ERROR: column \"nope\" does not exist;\nError", "SELECT id, NOPE FROM t", "NOPE" },
		{ "ERROR: column b.nope does not exist", "SELECT nope2, b.nope FROM t b", "b.nope" },
		{ "ERROR: relation \"bigg\" does not exist", "SELECT id FROM crm.bigg", "bigg" },
		{ "ERROR: permission denied for table secret", "SELECT id FROM secret", "secret" },
		{ "ERROR: function foo(bigint) does not exist", "SELECT foo2(1), foo(id) FROM t", "foo" },
		{ "ERROR: missing FROM-clause entry for table \"b\"", "SELECT b.x FROM bb", "b" },
		{ "ERROR: syntax error at or near \"FRM\"", "SELECT id FRM t", "FRM" },
		{ "ERROR: syntax error at or near \"id\"", "SELECT id id id FROM t", NULL },
		{ "ERROR: syntax error at end of input", "SELECT id FROM t WHERE  ", "" },
		{ "ERROR: operator does not exist: text = integer", "SELECT id FROM t WHERE a = 1", NULL },
		/* Korean: no column of the name */
		{ "\xec\x98\xa4\xeb\xa5\x98: \"nope\" \xec\xb9\xbc\xeb\x9f\xbc \xec\x97\x86\xec\x9d\x8c",
		  "SELECT nope FROM t", "nope" },
		/* MariaDB */
		{ "Unknown column 'b.nope' in 'SELECT'", "SELECT b.nope FROM t b", "b.nope" },
		{ "Table 'fed.bigg' doesn't exist", "SELECT id FROM bigg", "bigg" },
		{ "error in your SQL syntax; the right syntax to use near '== ?' at line 1",
		  "SELECT a FROM t WHERE a = b == ?", "=" },
		{ "error in your SQL syntax; the right syntax to use near '' at line 1", "SELECT a FROM t AND\n", "" },
		{ "SELECT command denied to user 'app'@'127.0.0.1' for table `other`.`s`",
		  "SELECT app FROM other.s", "other" },
		/* SQLite, should it give no position */
		{ "no such column: nope", "SELECT nope FROM t", "nope" },
		{ "no such table: t2", "SELECT 1 FROM t22, t2", "t2" },
		/* what is nowhere, and what is no message */
		{ "ERROR: column \"other\" does not exist", "SELECT id FROM t", NULL },
		{ "it's 'half", "SELECT half", NULL },
		{ "''\"\"``", "SELECT 1", NULL },
		{ "", "", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct described_place place = odbc_place_find(cases[i].message, str_of(cases[i].sql));
		struct str got = { cases[i].sql + place.at, place.n };

		if (place.known != (cases[i].points != NULL) ||
		    (place.known && !str_eq(got, str_of(cases[i].points))))
			fail_msg("%s: %s at '%.*s'", cases[i].message, place.known ? "known" : "unknown", STR_ARG(got));
	}
}

static void a_name_is_found_qualified_and_quoted(void **state)
{
	(void)state;
	struct str sql = STR("SELECT a FROM crm.big b JOIN \"Odd Name\" o");

	assert_int_equal(odbc_place_name(STR("public.big"), sql).at, 18);
	assert_int_equal(odbc_place_name(STR("crm.big"), sql).n, 3);
	assert_int_equal(odbc_place_name(STR("public.\"Odd Name\""), sql).at, 30);
	assert_false(odbc_place_name(STR("public.other"), sql).known);
	assert_int_equal(odbc_place_at(sql, 14).n, 3);
	assert_int_equal(odbc_place_at(sql, sql.n).n, 0);
}

/* The tables of a plan whose lines end with \n, separated by blanks. */
static void check_plan(const char *plan, const char *want)
{
	struct str lines[32], tables[32];
	SCOPED(buf_free) struct buf got = { 0 };
	size_t n = 0;

	for (const char *end; (end = strchr(plan, '\n')); plan = end + 1)
		lines[n++] = (struct str){ plan, (size_t)(end - plan) };
	n = odbc_plan_whole(lines, n, tables);
	for (size_t i = 0; i < n; i++)
		buf_printf(&got, "%s%.*s", i ? " " : "", STR_ARG(tables[i]));
	buf_putc(&got, '\0');
	assert_string_equal(got.data, want);
}

static void a_plan_names_the_tables_it_reads_whole(void **state)
{
	(void)state;
	check_plan("Seq Scan on public.big  \n  Output: id\n  Filter: (x)\n", "public.big");
	check_plan("Nested Loop\n  Output: b.id\n  Join Filter: (b.id = s.id)\n  ->  Seq Scan on public.small s\n"
		   "  ->  Index Only Scan using big_pkey on public.big b\n        Index Cond: (b.id = 1)\n",
		   "public.small");
	check_plan("Gather\n  ->  Parallel Seq Scan on crm.\"Odd Name\" o\n        Filter: x\n", "crm.\"Odd Name\"");
	check_plan("Nested Loop\n  ->  Index Scan using i on public.a\n        Output: a.id\n"
		   "  ->  Index Scan Backward using j on public.b\n        Index Cond: (b.id = 2)\n"
		   "  ->  Index Only Scan using k on public.c x\n",
		   "public.a public.c");
	check_plan("Result\n  Output: 'Seq Scan on public.big'\n", "");
	check_plan("\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_point_at_what_they_speak_of),
		cmocka_unit_test(a_name_is_found_qualified_and_quoted),
		cmocka_unit_test(a_plan_names_the_tables_it_reads_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
