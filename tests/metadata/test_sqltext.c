#include "metadata/sqltext.h"

#include <stdio.h>

#include "tests/cmocka_all.h"

static const struct key member = { .name = "member" }, phone = { .name = "phone" },
			no_1 = { .name = "no-1" };
static const struct by_key by_member[] = { { .key = &member } };
static const struct by_key by_two[] = { { .key = &member }, { .key = &phone, .optional = true } };
static const struct by_key by_dash[] = { { .key = &no_1 } };

struct world {
	struct arena *mem;
	struct diags *ds;
	const char *dialect;
	const struct piece *pieces;
	size_t n_pieces;
};

static int begin(void **state)
{
	static struct world w;

	w = (struct world){ .mem = arena_new() };
	w.ds = diags_new(w.mem);
	*state = &w;
	return 0;
}

static int end(void **state)
{
	arena_wipe_free(&((struct world *)*state)->mem);
	return 0;
}

static bool split_by(struct world *w, const char *sql, const struct by_key *by, size_t n_by)
{
	static const struct span where = { .file = "a.xml", .line = 10, .column = 5, .length = 1 };

	const struct sqltext text = { str_of(sql), w->dialect, by, n_by, where };

	return sqltext_split(&text, w->mem, w->ds, &w->pieces, &w->n_pieces);
}

static bool split(struct world *w, const char *sql)
{
	return split_by(w, sql, by_member, 1);
}

/* The pieces in one line: text as it is, <name> for a parameter, <name...> for a list. */
static void check_pieces(struct world *w, const char *want)
{
	SCOPED(buf_free) struct buf got = { 0 };

	for (size_t i = 0; i < w->n_pieces; i++) {
		const struct piece *piece = &w->pieces[i];

		if (piece->kind == PIECE_TEXT)
			buf_put_str(&got, piece->text);
		else
			buf_printf(&got, "<%s%s>", piece->key->name,
				   piece->kind == PIECE_LIST ? "..." : "");
	}
	assert_string_equal(got.data, want);
}

static void check_loads(struct world *w, const char *sql)
{
	w->ds = diags_new(w->mem);
	if (!split(w, sql)) {
		SCOPED(buf_free) struct buf out = { 0 };

		diags_print_gcc(w->ds, &out);
		fail_msg("%s\n%s", sql, out.data);
	}
}

static void check_fine(struct world *w, const char *sql, const char *want)
{
	check_loads(w, sql);
	check_pieces(w, want);
}

static void check_finding(struct world *w, const char *sql, const char *code, uint32_t line,
			  uint32_t column, uint32_t length)
{
	const struct diag *all;
	size_t n;

	w->ds = diags_new(w->mem);
	assert_false(split(w, sql));
	all = diags_all(w->ds, &n);
	if (n != 1 || strcmp(all[0].code, code) != 0 || all[0].at.line != line ||
	    all[0].at.column != column || all[0].at.length != length)
		fail_msg("%s\n%zu findings, the first %s %u:%u+%u", sql, n, all[0].code, all[0].at.line,
			 all[0].at.column, all[0].at.length);
}

static void check_help(struct world *w, const char *words)
{
	size_t n;
	const char *help = diags_all(w->ds, &n)[0].help;

	if (!help || !strstr(help, words))
		fail_msg("`%s` is not in the help: %s", words, help ? help : "(none)");
}

static void parameters_and_lists_are_cut_out(void **state)
{
	check_fine(*state, "SELECT a FROM t WHERE m=:member", "SELECT a FROM t WHERE m=<member>");
	check_fine(*state, "select a from t where m in(:member...)",
		   "select a from t where m in(<member...>)");
	check_fine(*state, "WITH x AS (SELECT :member AS m) SELECT m FROM x, t WHERE m IN (:member...) AND 1",
		   "WITH x AS (SELECT <member> AS m) SELECT m FROM x, t WHERE m IN (<member...>) AND 1");
}

static void several_keys_are_told_apart(void **state)
{
	struct world *w = *state;

	assert_true(split_by(w, "SELECT 1 WHERE a = :phone OR b IN (:member...)", by_two, 2));
	check_pieces(w, "SELECT 1 WHERE a = <phone> OR b IN (<member...>)");
	assert_true(split_by(w, "SELECT 1 WHERE a=:no-1-1", by_dash, 1));
	check_pieces(w, "SELECT 1 WHERE a=<no-1>-1");
	assert_true(split(w, "SELECT :member-1"));
	check_pieces(w, "SELECT <member>-1");
}

static void what_is_quoted_is_no_parameter(void **state)
{
	check_fine(*state, "SELECT ':member ?;', m FROM t WHERE m=:member",
		   "SELECT ':member ?;', m FROM t WHERE m=<member>");
	check_fine(*state, "SELECT 'it''s :member', \"a:\"\":member\", `:member` WHERE m=:member",
		   "SELECT 'it''s :member', \"a:\"\":member\", `:member` WHERE m=<member>");
	check_fine(*state, "SELECT $$ ' :member $$, $a$ $$ :member ; $a$, :member",
		   "SELECT $$ ' :member $$, $a$ $$ :member ; $a$, <member>");
	check_fine(*state, "SELECT E'it\\'s ''\\\\', 'c:\\', :member",
		   "SELECT E'it\\'s ''\\\\', 'c:\\', <member>");
	check_fine(*state,
		   "SELECT '12:30' AS at -- :member ; ? '\n, :member /* ; ' :member */ FROM v$session",
		   "SELECT '12:30' AS at -- :member ; ? '\n, <member> /* ; ' :member */ FROM v$session");
	check_fine(*state, "SELECT :member --", "SELECT <member> --");
}

static void check_dialect(struct world *w, const char *dialect, const char *sql, const char *want)
{
	w->dialect = dialect;
	check_fine(w, sql, want);
	w->dialect = NULL;
}

/* What hides a key in one dialect does not in another: the piece behind it is what shows it. */
static void quotes_and_comments_are_those_of_the_dialect(void **state)
{
	check_dialect(*state, "mariadb", "SELECT 'it\\'s :member' FROM t WHERE m = :member",
		      "SELECT 'it\\'s :member' FROM t WHERE m = <member>");
	check_dialect(*state, "mariadb", "SELECT 'c:\\\\' FROM t WHERE m = :member",
		      "SELECT 'c:\\\\' FROM t WHERE m = <member>");
	check_dialect(*state, "mariadb", "SELECT a # it's :member ;\nFROM t WHERE m = :member",
		      "SELECT a # it's :member ;\nFROM t WHERE m = <member>");
	check_dialect(*state, "mariadb", "SELECT 5--1, `:member` FROM t WHERE m = :member",
		      "SELECT 5--1, `:member` FROM t WHERE m = <member>");
	check_dialect(*state, "mariadb", "SELECT 5-- 1, :member\n FROM t WHERE m = :member",
		      "SELECT 5-- 1, :member\n FROM t WHERE m = <member>");
	check_dialect(*state, "mariadb", "SELECT $$, :member, '$$' FROM t", "SELECT $$, <member>, '$$' FROM t");
	check_dialect(*state, "mssql", "SELECT [it's :member], [a]]:member] FROM #t WHERE m = :member",
		      "SELECT [it's :member], [a]]:member] FROM #t WHERE m = <member>");
	check_dialect(*state, "sqlite", "SELECT [it's :member], 'c:\\', `:member` FROM t WHERE m = :member",
		      "SELECT [it's :member], 'c:\\', `:member` FROM t WHERE m = <member>");
	check_dialect(*state, "oracle", "SELECT q'[it's :member]', nq'!it's :member!' FROM t WHERE m = :member",
		      "SELECT q'[it's :member]', nq'!it's :member!' FROM t WHERE m = <member>");
	check_dialect(*state, "postgresql", "SELECT 'c:\\', E'it\\'s :member', a # b, x[1] FROM t WHERE m = :member",
		      "SELECT 'c:\\', E'it\\'s :member', a # b, x[1] FROM t WHERE m = <member>");
	check_dialect(*state, "postgresql", "SELECT 5--1, :member\n, $$it's :member$$ FROM t WHERE m = :member",
		      "SELECT 5--1, :member\n, $$it's :member$$ FROM t WHERE m = <member>");
}

static void quotes_of_a_dialect_that_do_not_end_are_refused(void **state)
{
	struct world *w = *state;

	w->dialect = "mariadb";
	check_finding(w, "SELECT :member, 'it\\'", "M0403", 10, 21, 1);
	w->dialect = "mssql";
	check_finding(w, "SELECT :member, [a", "M0403", 10, 21, 1);
	check_finding(w, "SELECT :member, [a]]", "M0403", 10, 24, 1);
	w->dialect = "oracle";
	check_finding(w, "SELECT :member, q'[a]", "M0403", 10, 22, 2);
	check_finding(w, "SELECT :member, q'", "M0403", 10, 22, 1);
	w->dialect = NULL;
}

/* They would loosen the session for all queries after this one, or run a text that nobody has looked at. */
static void functions_that_run_or_set_anything_are_refused(void **state)
{
	check_finding(*state, "SELECT set_config('a','b',false) FROM t WHERE m=:member", "M0401", 10, 12, 10);
	check_finding(*state, "SELECT pg_catalog . SET_CONFIG ('a','b',false) FROM t WHERE m=:member", "M0401", 10,
		      25, 10);
	check_finding(*state, "SELECT pg_catalog.\"set_config\"('a','b',false) FROM t WHERE m=:member", "M0401", 10,
		      24, 10);
	check_finding(*state, "SELECT query_to_xml(a, true, false, '') FROM t WHERE m=:member", "M0401", 10, 12, 12);
	check_finding(*state, "SELECT a FROM dblink(:member) AS x", "M0401", 10, 19, 6);
	check_fine(*state, "SELECT set_config, 'set_config(1)' FROM t WHERE m=:member",
		   "SELECT set_config, 'set_config(1)' FROM t WHERE m=<member>");
}

#define BY " FROM t WHERE m IN (:member...)"

static void so_they_are_in_each_dialect(void **state)
{
	struct world *w = *state;

	w->dialect = "postgresql";
	check_finding(w, "SELECT pg_advisory_lock(m)" BY, "M0401", 10, 12, 16);
	check_finding(w, "SELECT pg_try_advisory_xact_lock (m)" BY, "M0401", 10, 12, 25);
	check_finding(w, "SELECT dblink_connect(:member)", "M0401", 10, 12, 14);
	check_finding(w, "SELECT U&\"set\\005fconfig\"(a, b, false)" BY, "M0401", 10, 15, 14);
	w->dialect = "mariadb";
	check_finding(w, "SELECT get_lock('a', 1)" BY, "M0401", 10, 12, 8);
	check_finding(w, "SELECT `GET_LOCK`('a', 1)" BY, "M0401", 10, 13, 8);
	check_finding(w, "SELECT @a := m" BY, "M0401", 10, 15, 2);
	check_finding(w, "SELECT @\"a\":=:member", "M0401", 10, 16, 2);
	w->dialect = "sqlite";
	check_finding(w, "SELECT load_extension('/x')" BY, "M0401", 10, 12, 14);
	w->dialect = "mssql";
	check_finding(w, "SELECT m FROM OPENROWSET('a', 'b', 'c') t WHERE m = :member", "M0401", 10, 19, 10);
	check_finding(w, "SELECT m FROM OpenQuery(x, 'c') t WHERE m = :member", "M0401", 10, 19, 9);
	check_finding(w, "SELECT m FROM t WITH (NOLOCK, UPDLOCK) WHERE m = :member", "M0401", 10, 35, 7);
	w->dialect = "oracle";
	check_finding(w, "SELECT dbms_xmlgen.getxml('c')" BY, "M0401", 10, 12, 11);
	check_loads(w, "SELECT dbms_lob.substr(a, 9, 1), dbms_lock" BY);
	w->dialect = "postgresql";
	check_loads(w, "SELECT f(a := 1), u&\"a\", U&'b', get_lock, pg_advisory_lock.a" BY);
	w->dialect = NULL;
}

static void casts_and_slices_are_no_parameters(void **state)
{
	check_fine(*state, "SELECT a::numeric, b::member, :member::text, arr[lo:hi], c[1:2]",
		   "SELECT a::numeric, b::member, <member>::text, arr[lo:hi], c[1:2]");
}

static void anything_but_a_select_is_refused(void **state)
{
	check_finding(*state, "DELETE FROM t WHERE m=:member", "M0401", 10, 5, 6);
	check_finding(*state, "\n  UPDATE t SET m=:member", "M0401", 11, 3, 6);
	check_fine(*state, " /* c */ -- d\n (SELECT :member)", " /* c */ -- d\n (SELECT <member>)");
}

static void what_writes_or_locks_is_refused_wherever_it_stands(void **state)
{
	check_finding(*state, "WITH d AS (DELETE FROM t RETURNING *) SELECT m" BY, "M0401", 10, 16, 6);
	check_finding(*state, "WITH d AS NOT MATERIALIZED (\ninsert INTO t SELECT 1) SELECT m" BY, "M0401", 11, 1, 6);
	check_finding(*state, "WITH d AS (WITH e AS (SELECT 1) MERGE INTO t USING e) SELECT m" BY, "M0401", 10, 37, 5);
	check_finding(*state, "WITH x AS (SELECT 1), y AS (SELECT 2) UPDATE t SET m=:member", "M0401", 10, 43, 6);
	check_finding(*state, "WITH x AS (SELECT 1) SEARCH DEPTH FIRST BY a SET o DELETE" BY, "M0401", 10, 56, 6);
	check_finding(*state, "WITH x AS (SELECT m" BY ")", "M0401", 10, 5, 1);
	check_finding(*state, "SELECT m INTO t2" BY, "M0401", 10, 14, 4);
	check_finding(*state, "SELECT m" BY " INTO OUTFILE '/tmp/x'", "M0401", 10, 45, 4);
	check_finding(*state, "SELECT m" BY " FOR UPDATE NOWAIT", "M0401", 10, 45, 10);
	check_finding(*state, "SELECT m" BY " for /* */ share", "M0401", 10, 45, 15);
	check_finding(*state, "SELECT m" BY " FOR NO KEY UPDATE", "M0401", 10, 52, 10);
	check_finding(*state, "SELECT m" BY " LOCK IN SHARE MODE", "M0401", 10, 45, 13);
	check_finding(*state, "SELECT m FROM (SELECT m" BY " FOR UPDATE) x", "M0401", 10, 60, 10);
}

static void names_and_functions_like_keywords_are_fine(void **state)
{
	static const char *const fine[] = {
		"SELECT \"update\", 'INTO t', `delete`, t.into, a AS merge" BY " -- FOR UPDATE",
		"SELECT REPLACE(a, 'x', 'y'), INSERT(a, 1, 2, 'z'), (REPLACE(b, 'x', 'y'))" BY,
		"SELECT SUBSTRING(a FROM 1 FOR 3), last_update, update_time" BY,
		"WITH \"delete\" AS (SELECT 1), update AS (SELECT 2) SELECT m" BY,
		"WITH RECURSIVE merge (insert) AS (SELECT 1) SELECT m" BY,
		"WITH x AS (SELECT 1) (SELECT m" BY ")",
		"(WITH x AS (SELECT m" BY ") SELECT m FROM x)",
		"WITH x AS (WITH y AS (SELECT 1) SELECT m" BY ") SELECT m FROM x",
		"SELECT CAST(a AS decimal(9,2)), COUNT(*) OVER (PARTITION BY m) AS into" BY,
	};

	for (size_t i = 0; i < ARRAY_LEN(fine); i++)
		check_loads(*state, fine[i]);
}

static void an_empty_query_is_refused(void **state)
{
	struct world *w = *state;

	assert_false(split_by(w, " -- nothing", NULL, 0));
	assert_int_equal(diags_count(w->ds, DIAG_ERROR), 1);
}

static void semicolons_are_refused_also_at_the_end(void **state)
{
	check_finding(*state, "SELECT :member;", "M0402", 10, 19, 1);
	check_finding(*state, "SELECT 1,\n:member; DROP TABLE t", "M0402", 11, 8, 1);
}

static void open_quotes_and_comments_are_refused(void **state)
{
	check_finding(*state, "SELECT :member, 'abc", "M0403", 10, 21, 1);
	check_help(*state, "write ' where it ends; inside it, write it twice");
	check_finding(*state, "SELECT :member, \"abc", "M0403", 10, 21, 1);
	check_finding(*state, "SELECT :member, E'abc\\'", "M0403", 10, 22, 1);
	check_finding(*state, "SELECT :member, $x$abc$$", "M0403", 10, 21, 3);
	check_finding(*state, "SELECT :member /*", "M0403", 10, 20, 2);
	check_help(*state, "write */ where it ends");
}

static void a_bare_question_mark_is_refused(void **state)
{
	check_finding(*state, "SELECT :member WHERE a = ?", "M0404", 10, 30, 1);
}

static void an_unknown_parameter_is_refused_with_the_nearest(void **state)
{
	struct world *w = *state;
	size_t n;

	check_finding(w, "SELECT :member WHERE a = :membre", "M0405", 10, 30, 7);
	check_help(w, "did you mean `:member`?");
	check_finding(w, "SELECT a FROM t WHERE m IN (:membr...)", "M0405", 10, 33, 6); /* and not that it is unused */
	check_finding(w, "SELECT a FROM t WHERE m IN (:MEMBER...)", "M0405", 10, 33, 7);
	check_help(w, "did you mean `:member`?");
	check_finding(w, "SELECT :member WHERE a IN (:order...)", "M0405", 10, 32, 6);
	assert_null(strstr(diags_all(w->ds, &n)[0].help, "did you mean"));
}

static void parameters_that_only_sqlite_knows_are_refused_there(void **state)
{
	struct world *w = *state;

	w->dialect = "postgresql";
	check_fine(w, "SELECT @a, b$c FROM t WHERE m = :member", "SELECT @a, b$c FROM t WHERE m = <member>");
	w->dialect = "sqlite";
	check_fine(w, "SELECT b$c, '$a', \"@a\" FROM t WHERE m = :member",
		   "SELECT b$c, '$a', \"@a\" FROM t WHERE m = <member>");
	check_finding(w, "SELECT a FROM t WHERE m = $member", "M0405", 10, 31, 7); /* and not that it is unused */
	check_help(w, "did you mean `:member`?");
	check_finding(w, "SELECT a FROM t WHERE m IN (@MEMBER)", "M0405", 10, 33, 7);
	check_help(w, "did you mean `:member`?");
	check_finding(w, "SELECT @x FROM t WHERE m = :member", "M0405", 10, 12, 2);
	check_help(w, "written :name");
}

static void a_key_that_is_not_used_is_refused(void **state)
{
	check_finding(*state, "SELECT ':member'", "M0406", 10, 5, 1);
}

static void a_limit_around_a_list_is_refused(void **state)
{
	check_finding(*state, "SELECT m FROM t WHERE m IN (:member...) LIMIT 20", "M0407", 10, 45, 5);
	check_finding(*state, "SELECT TOP 20 m FROM t WHERE m IN (:member...)", "M0407", 10, 12, 3);
	check_finding(*state, "SELECT DISTINCT TOP (5) m FROM t WHERE m IN (:member...)", "M0407", 10, 21, 3);
	check_finding(*state, "SELECT m FROM t WHERE m IN (:member...) fetch first 5 rows only", "M0407", 10,
		      51, 5);
	check_finding(*state, "SELECT m" BY " OFFSET 5", "M0407", 10, 45, 6);
	check_finding(*state, "SELECT m" BY " AND ROWNUM <= 3", "M0407", 10, 49, 6);
	check_finding(*state, "SELECT m" BY " AND (3 >= rownum)", "M0407", 10, 55, 6);
	check_finding(*state, "SELECT m" BY " AND ROWNUM BETWEEN 1 AND 3", "M0407", 10, 49, 6);
	check_finding(*state, "SELECT m" BY " AND (rownum NOT IN (4, 5))", "M0407", 10, 50, 6);
	check_finding(*state, "SELECT m FROM (SELECT m" BY " ORDER BY at LIMIT 3) x", "M0407", 10, 72, 5);
	check_finding(*state, "WITH x AS (SELECT m" BY "\nLIMIT 3) SELECT m FROM x", "M0407", 11, 1, 5);
	check_finding(*state, "WITH x AS (SELECT m" BY ") SELECT m FROM x LIMIT 3", "M0407", 10, 73, 5);
	check_finding(*state, "SELECT m FROM t WHERE EXISTS (SELECT 1" BY ") LIMIT 3", "M0407", 10, 76, 5);
	check_finding(*state, "SELECT 1 FROM (SELECT 1) x, (SELECT m" BY " LIMIT 3", "M0407", 10, 74, 5);
	check_finding(*state, "(SELECT m" BY ") LIMIT 3", "M0407", 10, 47, 5);
	check_finding(*state, "SELECT m" BY " AND a < 1. LIMIT 3", "M0407", 10, 56, 5);
}

static void other_limits_are_fine(void **state)
{
	static const char *const fine[] = {
		"SELECT m FROM t WHERE m = :member LIMIT 20",
		"SELECT top, t.limit, a AS limit, (SELECT 1 LIMIT 1)" BY,
		"SELECT limit, b" BY " AND limit = 3",
		"SELECT 'a LIMIT 3' /* LIMIT */" BY,
		"SELECT m" BY " AND a = (SELECT MAX(b) FROM c ORDER BY b LIMIT 1)",
		"SELECT m FROM a, LATERAL (SELECT * FROM b WHERE b.m = a.m LIMIT 3) x WHERE a.m IN (:member...)",
		"SELECT m FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY m ORDER BY a) AS rn" BY ") x WHERE rn <= 3",
		"SELECT m FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY m) AS rownum" BY ") x WHERE rownum <= 3",
		"SELECT m FROM (SELECT t.*, ROW_NUMBER() OVER (PARTITION BY m) rownum" BY ") x WHERE x.rownum <= 3",
		"SELECT m FROM (SELECT ROW_NUMBER() OVER (PARTITION BY m) rownum" BY ") x WHERE rownum BETWEEN 1 AND 3",
		"SELECT m" BY " AND t.rownum BETWEEN 1 AND 3",
		"SELECT m FROM (SELECT m" BY " ORDER BY at OFFSET 0 ROWS) x",
		"SELECT GROUP_CONCAT(a ORDER BY a LIMIT 3)" BY " GROUP BY m",
	};

	for (size_t i = 0; i < ARRAY_LEN(fine); i++)
		check_loads(*state, fine[i]);
}

static void a_list_stands_in_parentheses_and_has_three_dots(void **state)
{
	check_finding(*state, "SELECT m FROM t WHERE m IN :member...", "M0409", 10, 32, 10);
	check_finding(*state, "SELECT m FROM t WHERE m = :member... AND a = (1)", "M0409", 10, 31, 10);
	check_finding(*state, "SELECT m FROM t WHERE m IN (:member..)", "M0409", 10, 33, 9);
	check_finding(*state, "SELECT m FROM t WHERE m IN (:member....)", "M0409", 10, 33, 11);
	check_finding(*state, "SELECT m FROM t WHERE m IN (:member ...)", "M0409", 10, 33, 7);
	check_finding(*state, "SELECT m FROM t WHERE m IN (:member\n  ...)", "M0409", 10, 33, 7);
	check_finding(*state, "SELECT m FROM t WHERE m IN (a + :member...)", "M0409", 10, 37, 10);
	check_loads(*state, "SELECT m FROM t WHERE m IN ( /* all */ :member... -- of them\n )");
	check_loads(*state, "SELECT m FROM t WHERE m IN (0, :member..., 1) OR m = ANY(ARRAY[:member...])");
}

static void comments_that_databases_read_differently_are_refused(void **state)
{
	check_finding(*state, "SELECT :member /*! STRAIGHT_JOIN */", "M0408", 10, 20, 3);
	check_finding(*state, "SELECT :member /*M!100 x */", "M0408", 10, 20, 3);
	check_finding(*state, "SELECT :member /* a /* b */", "M0408", 10, 20, 2);
	check_fine(*state, "SELECT /*+ INDEX(t) */ :member", "SELECT /*+ INDEX(t) */ <member>");
}

static void findings_of_one_query_are_bounded(void **state)
{
	struct world *w = *state;

	assert_false(split(w, ";;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;"));
	assert_in_range(diags_count(w->ds, DIAG_ERROR), 2, 20);
}

/* ---- run time ---- */

struct expansion {
	struct str sql;
	const struct str *params;
	size_t n_params;
};

static struct expansion expand(struct world *w, const char *sql, size_t n_members, const char *a_phone)
{
	static char names[300][8];
	static struct str values[300];
	const struct str phone_value = str_of(a_phone);
	struct key_values keys[] = {
		{ .key = &phone, .values = &phone_value, .n = a_phone ? 1 : 0 },
		{ .key = &member, .values = values, .n = n_members },
	};
	struct expansion x;
	struct query query;

	for (size_t i = 0; i < n_members; i++)
		values[i] = (struct str){ names[i], (size_t)snprintf(names[i], sizeof(names[i]), "m%zu", i) };
	assert_true(split_by(w, sql, by_two, 2));
	query = (struct query){ .pieces = w->pieces, .n_pieces = w->n_pieces };
	sqltext_expand(&query, keys, ARRAY_LEN(keys), w->mem, &x.sql, &x.params, &x.n_params);
	return x;
}

static void markers_stand_for_values_in_their_order(void **state)
{
	struct expansion x = expand(*state, "SELECT :phone WHERE m IN (:member...) AND p=:phone", 3, "010");

	assert_true(str_eq(x.sql, STR("SELECT ? WHERE m IN (?,?,?,?,?,?,?,?) AND p=?")));
	assert_int_equal(x.n_params, 10);
	assert_true(str_eq(x.params[0], STR("010")));
	assert_true(str_eq(x.params[1], STR("m0")));
	assert_true(str_eq(x.params[3], STR("m2")));
	assert_true(str_eq(x.params[8], STR("m2"))); /* padded with the last one */
	assert_true(str_eq(x.params[9], STR("010")));
}

static void list_sizes_are_few(void **state)
{
	static const size_t sizes[][2] = { { 1, 1 },	 { 2, 8 },     { 8, 8 },     { 9, 32 },	  { 32, 32 },
					   { 33, 128 },	 { 128, 128 }, { 129, 256 }, { 300, 384 } };

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		struct expansion x =
			expand(*state, "SELECT :phone WHERE m IN (:member...)", sizes[i][0], "010");

		assert_int_equal(x.n_params, sizes[i][1] + 1);
	}
}

static void unknown_keys_bind_null(void **state)
{
	struct expansion x = expand(*state, "SELECT :phone WHERE m IN (:member...)", 0, NULL);

	assert_true(str_eq(x.sql, STR("SELECT ? WHERE m IN (?)")));
	assert_int_equal(x.n_params, 2);
	assert_null(x.params[0].p);
	assert_null(x.params[1].p);
}

static void bytes_of_an_expansion_are_known_by_their_origin(void **state)
{
	struct world *w = *state;
	static const struct str values[] = { STR("1"), STR("2") };
	const struct key_values keys[] = { { &member, values, 2 }, { .key = &phone } };
	struct query query = { .by = by_two,
			       .n_by = 2,
			       .sql = STR("SELECT a WHERE m IN (:member...) AND p = :phone OR x") };
	const struct str *params;
	struct str sql;
	size_t n;

	assert_true(split_by(w, query.sql.p, by_two, 2));
	query.pieces = w->pieces;
	query.n_pieces = w->n_pieces;
	sqltext_expand(&query, keys, 2, w->mem, &sql, &params, &n);
	assert_int_equal(n, 9); /* a list of 8 and one more */
	for (size_t i = 0; i < sql.n; i++) {
		size_t from = sqltext_origin(&query, keys, 2, i);

		if (strchr("?,", sql.p[i]))
			assert_int_equal(query.sql.p[from], ':');
		else
			assert_int_equal(query.sql.p[from], sql.p[i]);
	}
	assert_int_equal(sqltext_origin(&query, keys, 2, sql.n), query.sql.n);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(parameters_and_lists_are_cut_out),
		T(several_keys_are_told_apart),
		T(what_is_quoted_is_no_parameter),
		T(quotes_and_comments_are_those_of_the_dialect),
		T(quotes_of_a_dialect_that_do_not_end_are_refused),
		T(functions_that_run_or_set_anything_are_refused),
		T(so_they_are_in_each_dialect),
		T(casts_and_slices_are_no_parameters),
		T(anything_but_a_select_is_refused),
		T(what_writes_or_locks_is_refused_wherever_it_stands),
		T(names_and_functions_like_keywords_are_fine),
		T(an_empty_query_is_refused),
		T(semicolons_are_refused_also_at_the_end),
		T(open_quotes_and_comments_are_refused),
		T(a_bare_question_mark_is_refused),
		T(an_unknown_parameter_is_refused_with_the_nearest),
		T(parameters_that_only_sqlite_knows_are_refused_there),
		T(a_key_that_is_not_used_is_refused),
		T(a_limit_around_a_list_is_refused),
		T(other_limits_are_fine),
		T(a_list_stands_in_parentheses_and_has_three_dots),
		T(comments_that_databases_read_differently_are_refused),
		T(findings_of_one_query_are_bounded),
		T(markers_stand_for_values_in_their_order),
		T(list_sizes_are_few),
		T(unknown_keys_bind_null),
		T(bytes_of_an_expansion_are_known_by_their_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
