#include "tests/cmocka_all.h"

#include "adapters/odbc.h"

static void errors_of_each_driver_have_their_class(void **state)
{
	(void)state;
	static const struct {
		const char *sqlstate;
		SQLINTEGER native;
		const char *text;
		enum err_class cls;
		bool lost, stale_plan;
	} cases[] = {
		/* psqlODBC */
		{ "08001", 101, "connection to server at \"h\" failed: Connection refused", ERR_REFUSED, true,
		  false },
		{ "08001", 101, "FATAL:  password authentication failed for user \"app\"", ERR_AUTH, true,
		  false },
		{ "08001", 101, "FATAL:  no pg_hba.conf entry for host", ERR_AUTH, true, false },
		{ "08S01", 35, "no connection to the server", ERR_REFUSED, true, false },
		{ "57P01", 1, "FATAL: terminating connection due to administrator command", ERR_REFUSED, true,
		  false },
		{ "HY000", 1, "FATAL:  terminating connection due to administrator command", ERR_REFUSED, true, false },
		{ "HY000", 1, "치명적오류:  관리자 요청에 의해서 연결을 끝냅니다", ERR_REFUSED, true, false },
		{ "57014", 1, "ERROR: canceling statement due to statement timeout", ERR_LATE, false, false },
		{ "0A000", 1, "ERROR: cached plan must not change result type", ERR_SOURCE, false, true },
		{ "26000", 1, "ERROR: prepared statement does not exist", ERR_SOURCE, false, true },
		{ "42703", 1, "ERROR: column \"x\" does not exist", ERR_SCHEMA, false, false },
		{ "42P01", 1, "ERROR: relation \"x\" does not exist", ERR_SCHEMA, false, false },
		{ "25006", 1, "ERROR: cannot execute INSERT in a read-only transaction", ERR_SOURCE, false,
		  false },
		{ "22P02", 1, "ERROR: invalid input syntax", ERR_SOURCE, false, false },
		/* MariaDB */
		{ "28000", 1045, "Access denied for user 'app'@'h'", ERR_AUTH, true, false },
		{ "HY000", 2002, "Can't connect to server on '127.0.0.1'", ERR_REFUSED, true, false },
		{ "08S01", 2013, "Lost connection to server during query", ERR_REFUSED, true, false },
		{ "HY000", 2055, "Lost connection to server at 'x', system error: 104", ERR_REFUSED, true,
		  false },
		{ "HY000", 2014, "Commands out of sync; you can't run this command now", ERR_REFUSED, true,
		  false },
		{ "HY000", 2006, "Server has gone away", ERR_REFUSED, true, false },
		{ "HY018", 1969, "Query execution was interrupted (max_statement_time exceeded)", ERR_LATE,
		  false, false },
		{ "70100", 1317, "Query execution was interrupted", ERR_LATE, false, false },
		{ "42S22", 1054, "Unknown column 'x' in 'field list'", ERR_SCHEMA, false, false },
		{ "42S02", 1146, "Table 'fed.x' doesn't exist", ERR_SCHEMA, false, false },
		{ "42000", 1064, "You have an error in your SQL syntax", ERR_SOURCE, false, false },
		/* SQLite */
		{ "HY000", 9, "interrupted (9)", ERR_LATE, false, false },
		{ "HY000", 5, "database is locked (5)", ERR_LATE, false, false },
		{ "HY000", 1, "no such column: x (1)", ERR_SCHEMA, false, false },
		{ "HY000", 1, "near \"selec\": syntax error (1)", ERR_SOURCE, false, false },
		/* the driver manager */
		{ "HYT00", 0, "Login timeout expired", ERR_LATE, true, false },
		{ "IM002", 0, "Data source name not found", ERR_SOURCE, false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct odbc_diag d = { .native = cases[i].native };

		memcpy(d.state, cases[i].sqlstate, sizeof(d.state));
		odbc_diag_classify(&d, cases[i].text);
		if (d.cls != cases[i].cls || d.lost != cases[i].lost || d.stale_plan != cases[i].stale_plan)
			fail_msg("%s %s: class %d, lost %d, stale %d", cases[i].sqlstate, cases[i].text,
				 d.cls, d.lost, d.stale_plan);
	}
}

static void messages_lose_values_components_and_further_lines(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool keep_quoted;
		const char *clean;
	} cases[] = {
		{ "[unixODBC][psqlODBC]ERROR: relation \"crm.x\" does not exist;\nError while executing",
		  true, "ERROR: relation \"crm.x\" does not exist" },
		{ "ERROR: invalid input syntax for type bigint: \"010-1234\"", false,
		  "ERROR: invalid input syntax for type bigint: ?" },
		{ "Incorrect value: 'it''s' for column `phone` at row 1", false,
		  "Incorrect value: ?? for column ? at row 1" },
		{ "bad value 'a@b.kr", false, "bad value ?" },
		{ "key 01012345678 at row 1234", false, "key # at row 1234" },
		{ "key 01012345678 \"n\"", true, "key # \"n\"" },
		{ "\xea\xb0\x92 \xe2\x80\x9c\xea\xb9\x80\xe2\x80\x9d \xec\x98\xa4\xeb\xa5\x98", false,
		  "\xea\xb0\x92 ? \xec\x98\xa4\xeb\xa5\x98" },
		{ "raw \xb1\xe8 bytes", false, "" },
		{ "Can't find 'x' and doesn't", false, "Can't find ? and doesn't" },
		{ "[half", false, "[half" },
		{ "", false, "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[128];

		odbc_diag_clean(cases[i].text, cases[i].keep_quoted, NULL, out, sizeof(out));
		assert_string_equal(out, cases[i].clean);
	}
}

static void quoted_pieces_of_the_query_are_kept(void **state)
{
	(void)state;
	static const char query[] = "SELECT Nope FROM t WHERE a == ?";
	static const struct {
		const char *text;
		const char *clean;
	} cases[] = {
		{ "no column \"nope\"", "no column \"nope\"" },
		{ "near '== ?' at line 1", "near '== ?' at line 1" },
		{ "bad value '010' in `t`", "bad value ? in `t`" },
		{ "near '' at line 1", "near ? at line 1" },
		{ "open 'nope", "open ?" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char out[128];

		odbc_diag_clean(cases[i].text, false, query, out, sizeof(out));
		assert_string_equal(out, cases[i].clean);
	}
}

static void what_code_in_the_database_says_is_told_apart(void **state)
{
	(void)state;
	static const struct {
		const char *sqlstate;
		SQLINTEGER native;
		bool raised;
	} cases[] = {
		{ "P0001", 1, true },	   { "P0004", 7, true },     { "45000", 1644, true },
		{ "01000", 1644, true },   { "42000", 50000, true }, { "HY000", 20001, true },
		{ "P0002", 1, false },	   { "42703", 1, false },    { "42S22", 1054, false },
		{ "HY000", 19999, false }, { "42000", 208, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct odbc_diag d = { .native = cases[i].native };

		memcpy(d.state, cases[i].sqlstate, sizeof(d.state));
		if (odbc_diag_raised(&d) != cases[i].raised)
			fail_msg("%s %d", cases[i].sqlstate, (int)cases[i].native);
	}
}

static void a_long_message_is_cut_and_reported_in_one_sentence(void **state)
{
	(void)state;
	struct odbc_diag d = { .state = "42703", .native = 7, .cls = ERR_SCHEMA, .text = "no column" };
	struct err err = { 0 };
	char out[8];

	assert_false(odbc_diag_fail(&d, "crm", "part calls", &err));
	assert_int_equal(err.cls, ERR_SCHEMA);
	assert_string_equal(err.where, "crm");
	assert_string_equal(err.text, "part calls: no column (42703, 7)");
	odbc_diag_clean("a long message", false, NULL, out, sizeof(out));
	assert_string_equal(out, "a long ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_of_each_driver_have_their_class),
		cmocka_unit_test(messages_lose_values_components_and_further_lines),
		cmocka_unit_test(quoted_pieces_of_the_query_are_kept),
		cmocka_unit_test(what_code_in_the_database_says_is_told_apart),
		cmocka_unit_test(a_long_message_is_cut_and_reported_in_one_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
