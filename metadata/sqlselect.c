/* sqlselect.c - a query is one SELECT that only reads, and what cuts its rows cuts those of each value by itself. */
#include "base/text.h"
#include "metadata/sqlscan.h"

static bool is_any(struct str word, const char *const *keywords, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sqlscan_is(word, keywords[i]))
			return true;
	return false;
}

static size_t place(const struct sqlscan *s, struct str word)
{
	return (size_t)(word.p - s->sql.p);
}

/* ---- one SELECT ---- */

/* The first word that does not belong into a query; what follows from it is not told as well. */
static void refuse(struct sqlscan *s, struct str from, struct str to, const char *help)
{
	size_t n = (size_t)(to.p + to.n - from.p);

	if (!s->refused)
		SQLSCAN_FIND(s, "M0401", place(s, from), n, help, "a query only reads, but `%.*s` does not",
			     STR_ARG(sqlscan_shown((struct str){ from.p, n })));
	s->refused = true;
}

static bool is_dialect(const struct sqlscan *s, const char *dialect)
{
	return s->quotes->dialect && strcmp(s->quotes->dialect, dialect) == 0;
}

static void check_begin(struct sqlscan *s, struct str word)
{
	if (s->started || sqlscan_is(word, "SELECT") || sqlscan_is(word, "WITH"))
		return;
	SQLSCAN_FIND(s, "M0401", place(s, word), word.n, "a part reads: write one SELECT, or WITH ... SELECT",
		     "a query begins with SELECT or WITH, not %.*s", STR_ARG(sqlscan_shown(word)));
	s->refused = true;
}

/* INSERT and the like where a statement begins: in parentheses behind AS, and behind all of a WITH. */
static void check_statement(struct sqlscan *s, const struct sqlscan_level *level, bool first, struct str word)
{
	static const char *const writing[] = { "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE" };
	bool named = s->last == ',' || sqlscan_is(s->word, "WITH") || sqlscan_is(s->word, "RECURSIVE");

	if (!is_any(word, writing, ARRAY_LEN(writing)))
		return;
	if ((first && level->cte) || (level->with && !level->main && !named))
		refuse(s, word, word, "a part reads: only SELECT stands in WITH and behind it");
}

/* Words that make a SELECT write or lock, wherever they stand. */
static void check_reading(struct sqlscan *s, struct str word)
{
	static const char *const hints[] = { "UPDLOCK", "XLOCK", "TABLOCKX" }; /* WITH (UPDLOCK) */
	static const char unlock[] = "take the lock out: other users of the database would wait for it";
	bool lock = sqlscan_is(word, "UPDATE") || sqlscan_is(word, "SHARE");

	if (sqlscan_is(word, "INTO"))
		refuse(s, word, word, "take INTO and what follows it out: rows come back, they are not stored");
	else if (lock && (sqlscan_is(s->word, "FOR") || sqlscan_is(s->word, "KEY")))
		refuse(s, s->word, word, unlock);
	else if (is_dialect(s, "mssql") && s->last && strchr("(,", s->last) && is_any(word, hints, ARRAY_LEN(hints)))
		refuse(s, word, word, unlock);
	else if (sqlscan_is(word, "SHARE") && sqlscan_is(s->word, "IN") && sqlscan_is(s->before, "LOCK"))
		refuse(s, s->before, word, unlock);
}

static const char no_session[] = "take it out: a query neither changes its session nor runs other SQL";

/* Begins it with `head`, in any case? */
static bool begins(struct str word, const char *head)
{
	size_t n = strlen(head);

	return word.n >= n && sqlscan_is((struct str){ word.p, n }, head);
}

/* Functions that change the session for all queries behind this one, its read-only mode too, keep a lock on it, load
 * code into it, or run a text that nobody has looked at. */
static void check_function(struct sqlscan *s, struct str name)
{
	static const char *const functions[] = {
		/* PostgreSQL, beside those by their first letters */
		"set_config", "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "cursor_to_xml",
		"cursor_to_xmlschema",
		"get_lock", /* MariaDB */
		"load_extension", /* SQLite */
		"openrowset", "openquery", "opendatasource", /* SQL Server */
	};
	static const char *const packages[] = { "dbms_lock", "dbms_session", "dbms_sql", "dbms_xmlgen" }; /* Oracle */
	char next = sqlscan_next(s, s->at);
	bool refused = is_any(name, functions, ARRAY_LEN(functions)) || begins(name, "pg_advisory_") ||
		       begins(name, "pg_try_advisory_") || begins(name, "dblink");

	if ((next == '(' && refused) || (next == '.' && is_any(name, packages, ARRAY_LEN(packages))))
		refuse(s, name, name, no_session);
}

/* U&"..." of PostgreSQL, which may write any letter as its number. */
static bool is_coded(const struct sqlscan *s, struct str name)
{
	size_t at = place(s, name);

	return s->quotes->e_texts && at >= 3 && s->sql.p[at - 2] == '&' && (s->sql.p[at - 3] | 0x20) == 'u';
}

void sqlselect_quoted(struct sqlscan *s, struct str name)
{
	if (is_coded(s, name) && sqlscan_next(s, s->at) == '(')
		refuse(s, name, name, "write the name of the function as it is, without U&");
	else
		check_function(s, name);
}

void sqlselect_assign(struct sqlscan *s)
{
	struct str sign = { s->sql.p + s->at, 2 };

	if (is_dialect(s, "mariadb"))
		refuse(s, sign, sign, no_session);
}

/* ---- what cuts rows ---- */

/* TOP is a word of SQL Server only before a number; elsewhere it may be a column. */
static bool is_top(const struct sqlscan *s, struct str word)
{
	char next = sqlscan_next(s, s->at);

	return sqlscan_is(word, "TOP") && (text_is_digit(next) || next == '(') &&
	       (sqlscan_is(s->word, "SELECT") || sqlscan_is(s->word, "DISTINCT") || sqlscan_is(s->word, "ALL"));
}

/* OFFSET 0 skips nothing: SQL Server wants it behind the ORDER BY of a subquery, PostgreSQL plans by it. */
static bool is_offset(const struct sqlscan *s, struct str word)
{
	char next = sqlscan_next(s, s->at);

	return sqlscan_is(word, "OFFSET") && ((text_is_digit(next) && next != '0') || next == ':');
}

static bool is_limit(const struct sqlscan *s, struct str word)
{
	char next = sqlscan_next(s, s->at);

	if (sqlscan_is(word, "LIMIT")) /* where it is no word of the dialect it may be a column */
		return next != '\0' && !strchr(",=<>!)", next);
	return is_top(s, word) || is_offset(s, word) ||
	       (sqlscan_is(s->word, "FETCH") && (sqlscan_is(word, "FIRST") || sqlscan_is(word, "NEXT")));
}

/* Oracle's ROWNUM (MariaDB: ROWNUM()) in a comparison, unless the query calls a column of its own so. */
static bool is_rownum(const struct sqlscan *s, struct str word)
{
	char next = sqlscan_next(s, s->at);

	return sqlscan_is(word, "ROWNUM") && !s->rownum_is_column &&
	       ((next && strchr("<=(", next)) || (s->last && strchr(">=", s->last)));
}

/* ROWNUM BETWEEN, and the like: the word behind it has been read. */
static bool is_rownum_between(const struct sqlscan *s, struct str word)
{
	static const char *const behind[] = { "BETWEEN", "IN", "NOT" };

	return is_any(word, behind, ARRAY_LEN(behind)) && sqlscan_is(s->word, "ROWNUM") && !s->rownum_is_column &&
	       s->word.p > s->sql.p && s->word.p[-1] != '.';
}

static void check_limit(struct sqlscan *s, struct sqlscan_level *level, struct str word)
{
	if (is_rownum_between(s, word))
		word = s->word;
	else if (!is_rownum(s, word) && !is_limit(s, word))
		return;
	if (sqlscan_is(word, "ROWNUM")) {
		while (level > s->levels && !level->main) /* parentheses inside the WHERE clause */
			level--;
	}
	if (!level->limit.p)
		level->limit = word;
}

/* ---- what the scanner tells ---- */

static void remember(struct sqlscan *s, struct str word)
{
	s->before = s->word;
	s->word = word;
}

void sqlselect_word(struct sqlscan *s, struct str word)
{
	struct sqlscan_level *level = &s->levels[s->depth];
	bool first = !level->started, alias = sqlscan_is(s->word, "AS");

	check_begin(s, word);
	s->started = level->started = true;
	check_function(s, word);
	s->rownum_is_column |= (alias || s->last == ')') && sqlscan_is(word, "ROWNUM");
	if (!alias && !(word.p > s->sql.p && word.p[-1] == '.')) {
		check_statement(s, level, first, word);
		check_reading(s, word);
		check_limit(s, level, word);
		level->with |= first && sqlscan_is(word, "WITH");
		level->main |= sqlscan_is(word, "SELECT");
	}
	remember(s, word);
}

void sqlselect_open(struct sqlscan *s)
{
	struct sqlscan_level *level = &s->levels[s->depth];

	level->main |= level->with && s->last == ')'; /* WITH ... (SELECT ...) */
	s->levels[++s->depth] = (struct sqlscan_level){
		.cte = sqlscan_is(s->word, "AS") || sqlscan_is(s->word, "MATERIALIZED"),
	};
}

static void check_cut(struct sqlscan *s, const struct sqlscan_level *level)
{
	if (level->list && level->limit.p)
		SQLSCAN_FIND(s, "M0407", place(s, level->limit), level->limit.n,
			     "limit the rows of each value: ROW_NUMBER() OVER (PARTITION BY key ORDER BY ...)",
			     "%.*s cuts the rows of all values of a list parameter together",
			     STR_ARG(level->limit));
}

void sqlselect_close(struct sqlscan *s)
{
	if (s->depth == 0)
		return;
	check_cut(s, &s->levels[s->depth]);
	s->levels[s->depth - 1].list |= s->levels[s->depth].list;
	s->depth--;
}

void sqlselect_list(struct sqlscan *s)
{
	s->levels[s->depth].list = true;
}

void sqlselect_end(struct sqlscan *s)
{
	static const char help[] = "write one SELECT, or WITH ... SELECT";

	while (s->depth > 0)
		sqlselect_close(s);
	check_cut(s, s->levels);
	if (!s->started)
		SQLSCAN_FIND(s, "M0401", 0, 1, help, "the query has no text");
	else if (s->levels->with && !s->levels->main && !s->refused)
		SQLSCAN_FIND(s, "M0401", 0, 1, help, "no SELECT follows what WITH declares");
}
