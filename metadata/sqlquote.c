/* sqlquote.c - what hides its contents in SQL: quotes and comments, as each dialect has them. */
#include "metadata/sqlscan.h"

/* MariaDB's sessions have ANSI_QUOTES, so "..." is a name there, too; backslashes escape in texts unless its sql_mode
 * says NO_BACKSLASH_ESCAPES. */
static const struct sqlquote_rules dialects[] = {
	{ .dialect = "postgresql", .e_texts = true, .dollars = true },
	{ .dialect = "mariadb", .backslashes = true, .backquotes = true, .hashes = true, .dash_blank = true },
	{ .dialect = "sqlite", .brackets = true, .backquotes = true, .signs = true },
	{ .dialect = "mssql", .brackets = true },
	{ .dialect = "oracle", .q_texts = true },
};
static const struct sqlquote_rules others = { .e_texts = true, .dollars = true, .backquotes = true };

const struct sqlquote_rules *sqlquote_rules(const char *dialect)
{
	for (size_t i = 0; dialect && i < ARRAY_LEN(dialects); i++)
		if (strcmp(dialects[i].dialect, dialect) == 0)
			return &dialects[i];
	return &others;
}

static const char *end_help(struct sqlscan *s, struct str close)
{
	bool quote = close.n == 1 && strchr("'\"`", close.p[0]);

	return arena_printf(s->mem, "write %.*s where it ends%s", STR_ARG(close),
			    quote ? "; inside it, write it twice" : "")
		.p;
}

/* Go behind `close`, or report that it is missing. `from` is where its opening stands, `body` what follows
 * it. */
static void skip_past(struct sqlscan *s, size_t from, size_t body, struct str close, const char *what)
{
	const char *end = memmem(s->sql.p + body, s->sql.n - body, close.p, close.n);

	if (!end) {
		SQLSCAN_FIND(s, "M0403", from, close.n, end_help(s, close), "%s begins here and does not end", what);
		s->at = s->sql.n;
		return;
	}
	s->at = (size_t)(end - s->sql.p) + close.n;
}

/* Two quotes inside a quoted text are two texts side by side: nothing to do for them. */
static void skip_quoted(struct sqlscan *s, char close)
{
	skip_past(s, s->at, s->at + 1, (struct str){ &close, 1 }, close == '\'' ? "a quoted text" : "a quoted name");
}

/* A name in brackets. SQL Server doubles a closing one inside; in SQLite the first one ends the name, and what follows
 * is no SQL then. */
static void skip_brackets(struct sqlscan *s)
{
	skip_quoted(s, ']');
	while (s->at < s->sql.n && s->sql.p[s->at] == ']')
		skip_quoted(s, ']');
}

/* A text in which a backslash hides the next byte. */
static void skip_escaped(struct sqlscan *s)
{
	for (size_t i = s->at + 1; i < s->sql.n; i++) {
		if (s->sql.p[i] == '\\') {
			i++;
		} else if (s->sql.p[i] == '\'' && sqlscan_byte(s, i + 1) == '\'') {
			i++;
		} else if (s->sql.p[i] == '\'') {
			s->at = i + 1;
			return;
		}
	}
	SQLSCAN_FIND(s, "M0403", s->at, 1, end_help(s, STR("'")), "a quoted text begins here and does not end");
	s->at = s->sql.n;
}

/* $$...$$ or $tag$...$tag$; any other `$` is text. */
static bool skip_dollar(struct sqlscan *s)
{
	size_t end = s->at + 1;

	if (sqlscan_starts_name(sqlscan_byte(s, end)))
		while (sqlscan_in_name(sqlscan_byte(s, end)))
			end++;
	if (sqlscan_byte(s, end) != '$')
		return false;
	skip_past(s, s->at, end + 1, (struct str){ s->sql.p + s->at, end + 1 - s->at }, "a dollar quote");
	return true;
}

/* q'[...]' of Oracle: the byte behind the quote, or the bracket that closes it, and a quote. */
static void skip_alternative(struct sqlscan *s)
{
	static const char open[] = "[{<(", closing[] = "]}>)";
	char mark = sqlscan_byte(s, s->at + 1);
	const char *bracket = mark ? strchr(open, mark) : NULL;
	char close[] = { bracket ? closing[bracket - open] : mark, '\'' };

	if (s->at + 2 > s->sql.n)
		skip_quoted(s, '\'');
	else
		skip_past(s, s->at, s->at + 2, (struct str){ close, sizeof(close) }, "a quoted text");
}

/* The first byte behind the line. */
static size_t line_end(const struct sqlscan *s, size_t from)
{
	const char *end = memchr(s->sql.p + from, '\n', s->sql.n - from);

	return end ? (size_t)(end - s->sql.p) : s->sql.n;
}

static void skip_comment(struct sqlscan *s)
{
	static const char help[] = "take the comment out, or keep /* and */ in simple pairs";
	size_t from = s->at;

	skip_past(s, from, from + 2, STR("*/"), "a comment");
	if (sqlscan_byte(s, from + 2) == '!' || (sqlscan_byte(s, from + 2) == 'M' && sqlscan_byte(s, from + 3) == '!'))
		SQLSCAN_FIND(s, "M0408", from, 3, help, "MariaDB runs what stands in this comment");
	else if (memmem(s->sql.p + from + 2, s->at - from - 2, "/*", 2))
		SQLSCAN_FIND(s, "M0408", from, 2, help, "databases disagree where a comment inside a comment ends");
}

/* Does a comment begin that ends with the line? */
static bool is_line_comment(const struct sqlscan *s, size_t i)
{
	char third = sqlscan_byte(s, i + 2);

	if (s->quotes->hashes && sqlscan_byte(s, i) == '#')
		return true;
	return sqlscan_byte(s, i) == '-' && sqlscan_byte(s, i + 1) == '-' &&
	       (!s->quotes->dash_blank || i + 2 >= s->sql.n || (third > 0 && third <= ' '));
}

static bool is_comment(const struct sqlscan *s, size_t i)
{
	return sqlscan_byte(s, i) == '/' && sqlscan_byte(s, i + 1) == '*';
}

char sqlscan_next(const struct sqlscan *s, size_t i)
{
	for (;;) {
		const char *end;

		while (sqlscan_is_blank(sqlscan_byte(s, i)))
			i++;
		if (is_line_comment(s, i)) {
			i = line_end(s, i);
		} else if (is_comment(s, i)) {
			end = memmem(s->sql.p + i + 2, s->sql.n - i - 2, "*/", 2);
			i = end ? (size_t)(end - s->sql.p) + 2 : s->sql.n;
		} else {
			return sqlscan_byte(s, i);
		}
	}
}

bool sqlquote_comment(struct sqlscan *s)
{
	if (is_line_comment(s, s->at))
		s->at = line_end(s, s->at);
	else if (is_comment(s, s->at))
		skip_comment(s);
	else
		return false;
	return true;
}

bool sqlquote_skip(struct sqlscan *s)
{
	const struct sqlquote_rules *rules = s->quotes;
	char c = sqlscan_byte(s, s->at);
	size_t from = s->at + 1;

	if (c == '$')
		return rules->dollars && skip_dollar(s);
	if (c == '\'' && rules->backslashes)
		skip_escaped(s);
	else if (c == '\'' || c == '"' || (c == '`' && rules->backquotes))
		skip_quoted(s, c);
	else if (c == '[' && rules->brackets)
		skip_brackets(s);
	else
		return false;
	if (c != '\'' && s->at > from)
		sqlselect_quoted(s, (struct str){ s->sql.p + from, s->at - from - 1 });
	return true;
}

bool sqlquote_behind(struct sqlscan *s, struct str word)
{
	if (sqlscan_byte(s, s->at) != '\'')
		return false;
	if (s->quotes->e_texts && sqlscan_is(word, "E"))
		skip_escaped(s);
	else if (s->quotes->q_texts && (sqlscan_is(word, "q") || sqlscan_is(word, "nq")))
		skip_alternative(s);
	else
		return false;
	return true;
}
