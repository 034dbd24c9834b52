#include "metadata/sqltext.h"

#include <strings.h>

#include "base/text.h"
#include "metadata/sqlscan.h"

enum { SHOWN_MOST = 60 };

struct str sqlscan_shown(struct str word)
{
	if (word.n <= SHOWN_MOST)
		return word;
	word.n = SHOWN_MOST;
	while (word.n > 0 && ((unsigned char)word.p[word.n] & 0xC0) == 0x80)
		word.n--;
	return word;
}

bool sqlscan_is(struct str word, const char *keyword)
{
	return word.n == strlen(keyword) && strncasecmp(word.p, keyword, word.n) == 0;
}

char sqlscan_byte(const struct sqlscan *s, size_t i)
{
	return i < s->sql.n ? s->sql.p[i] : '\0';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bytes above ASCII belong to names, as PostgreSQL and MariaDB have it. */
static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

static bool is_name(char c)
{
	return is_name_start(c) || is_digit(c);
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- what hides its contents: quotes and comments ---- */

/* Go behind `close`, or report that it is missing. `from` is where its opening stands, `body` what follows
 * it. */
static void skip_past(struct sqlscan *s, size_t from, size_t body, struct str close, const char *what)
{
	const char *end = memmem(s->sql.p + body, s->sql.n - body, close.p, close.n);

	if (!end) {
		SQLSCAN_FIND(s, "M0403", from, close.n, NULL, "%s begins here and does not end", what);
		s->at = s->sql.n;
		return;
	}
	s->at = (size_t)(end - s->sql.p) + close.n;
}

/* Two quotes inside a quoted text are two texts side by side: nothing to do for them. */
static void skip_quoted(struct sqlscan *s)
{
	struct str quote = { s->sql.p + s->at, 1 };

	skip_past(s, s->at, s->at + 1, quote, *quote.p == '\'' ? "a quoted text" : "a quoted name");
}

/* E'...' of PostgreSQL, where a backslash hides the next byte. */
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
	SQLSCAN_FIND(s, "M0403", s->at, 1, NULL, "a quoted text begins here and does not end");
	s->at = s->sql.n;
}

/* $$...$$ or $tag$...$tag$; any other `$` is text. */
static void skip_dollar(struct sqlscan *s)
{
	size_t end = s->at + 1;

	if (is_name_start(sqlscan_byte(s, end)))
		while (is_name(sqlscan_byte(s, end)))
			end++;
	if (sqlscan_byte(s, end) != '$') {
		s->at++;
		return;
	}
	skip_past(s, s->at, end + 1, (struct str){ s->sql.p + s->at, end + 1 - s->at }, "a dollar quote");
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

char sqlscan_next(const struct sqlscan *s, size_t i)
{
	for (;;) {
		const char *end;

		while (is_blank(sqlscan_byte(s, i)))
			i++;
		if (sqlscan_byte(s, i) == '-' && sqlscan_byte(s, i + 1) == '-') {
			i = line_end(s, i);
		} else if (sqlscan_byte(s, i) == '/' && sqlscan_byte(s, i + 1) == '*') {
			end = memmem(s->sql.p + i + 2, s->sql.n - i - 2, "*/", 2);
			i = end ? (size_t)(end - s->sql.p) + 2 : s->sql.n;
		} else {
			return sqlscan_byte(s, i);
		}
	}
}

/* ---- pieces ---- */

static void end_text(struct sqlscan *s, size_t end)
{
	if (end > s->text_from)
		s->pieces[s->n_pieces++] = (struct piece){
			.kind = PIECE_TEXT,
			.text = { s->sql.p + s->text_from, end - s->text_from },
		};
}

/* The key of `by` that begins at `name`: the longest one, where `-` may belong to the name or be a minus. */
static const struct by_key *find_key(const struct sqlscan *s, struct str name)
{
	while (name.n > 0) {
		for (size_t i = 0; i < s->n_by; i++)
			if (str_eq(str_of(s->by[i].key->name), name))
				return &s->by[i];
		while (name.n > 0 && name.p[--name.n] != '-')
			;
	}
	return NULL;
}

/* As many markers as values: only in parentheses (PostgreSQL: an ARRAY's brackets) does SQL take several. */
static bool encloses(char before, char behind)
{
	return before && strchr("([,", before) && behind && strchr(")],", behind);
}

static void check_dots(struct sqlscan *s, size_t name_end, size_t dots)
{
	static const char help[] = "write IN (:name...)";
	size_t n = name_end + dots - s->at;

	if (dots != 0 && dots != 3)
		SQLSCAN_FIND(s, "M0409", s->at, n, help, "a list parameter has three dots");
	else if (dots && !encloses(s->last, sqlscan_next(s, s->at + n)))
		SQLSCAN_FIND(s, "M0409", s->at, n, help, "a list parameter stands in parentheses");
}

static void take_param(struct sqlscan *s, const struct by_key *by)
{
	size_t end = s->at + 1 + strlen(by->key->name), dots = 0;

	while (sqlscan_byte(s, end + dots) == '.')
		dots++;
	check_dots(s, end, dots);
	end_text(s, s->at);
	s->pieces[s->n_pieces++] =
		(struct piece){ .kind = dots ? PIECE_LIST : PIECE_PARAM, .key = by->key };
	s->used[by - s->by] = true;
	if (dots)
		sqlselect_list(s);
	s->at = s->text_from = end + dots;
}

/* :before needs no place in `by`. */
static bool take_before(struct sqlscan *s, struct str name)
{
	if (!str_eq(name, str_of(sqltext_before.name)))
		return false;
	end_text(s, s->at);
	s->pieces[s->n_pieces++] = (struct piece){ .kind = PIECE_PARAM, .key = &sqltext_before };
	s->at = s->text_from = s->at + 1 + name.n;
	return true;
}

/* The key that was probably meant counts as used. */
static void unknown_param(struct sqlscan *s, struct str name)
{
	const char **names = arena_array_of(s->mem, const char *, s->n_by + 1);
	const char *help = "a parameter is a key named in by=\"...\" of the query", *near;

	for (size_t i = 0; i < s->n_by; i++)
		names[i] = s->by[i].key->name;
	near = text_nearest(sqlscan_shown(name), names, s->n_by);
	for (size_t i = 0; near && i < s->n_by; i++)
		s->used[i] |= names[i] == near;
	if (near)
		help = arena_printf(s->mem, "did you mean `:%s`?", near).p;
	SQLSCAN_FIND(s, "M0405", s->at, name.n + 1, help, ":%.*s is not a key of this query",
		     STR_ARG(sqlscan_shown(name)));
}

/* Behind a name, a number or a closing bracket a colon is no parameter: arr[lo:hi]. */
static bool behind_operand(const struct sqlscan *s)
{
	char c = s->at > 0 ? s->sql.p[s->at - 1] : ' ';

	return is_name(c) || strchr(")]'\"", c) != NULL;
}

static void take_colon(struct sqlscan *s)
{
	struct str name = { s->sql.p + s->at + 1, 0 };
	const struct by_key *by;
	const char *dash;

	if (sqlscan_byte(s, s->at + 1) == ':') {
		s->at += 2;
		return;
	}
	if (is_name_start(sqlscan_byte(s, s->at + 1)))
		while (is_name(sqlscan_byte(s, s->at + 1 + name.n)) || sqlscan_byte(s, s->at + 1 + name.n) == '-')
			name.n++;
	by = find_key(s, name);
	if (by) {
		take_param(s, by);
		return;
	}
	dash = memchr(name.p, '-', name.n);
	name.n = dash ? (size_t)(dash - name.p) : name.n;
	if (take_before(s, name))
		return;
	if (name.n > 0 && !behind_operand(s))
		unknown_param(s, name);
	s->at += 1 + name.n;
}

/* ---- everything else ---- */

static void take_word(struct sqlscan *s)
{
	size_t from = s->at;
	struct str word = { s->sql.p + from, 0 };

	while (is_name(sqlscan_byte(s, s->at)) || (sqlscan_byte(s, s->at) == '$' && s->at > from))
		s->at++;
	word.n = s->at - from;
	if (sqlscan_byte(s, s->at) == '\'' && sqlscan_is(word, "E"))
		skip_escaped(s);
	else
		sqlselect_word(s, word);
}

static void take_other(struct sqlscan *s, char c)
{
	if (c == ';')
		SQLSCAN_FIND(s, "M0402", s->at, 1, "one statement per query; leave the ; at its end out too",
		     "a query holds no ;");
	else if (c == '?')
		SQLSCAN_FIND(s, "M0404", s->at, 1,
		     "write the key as :name; for the operator ? of PostgreSQL use its function",
		     "a bare ? would be taken for a parameter");
	else if (c == '(')
		sqlselect_open(s);
	else if (c == ')')
		sqlselect_close(s);
	s->at++;
}

static void take_token(struct sqlscan *s)
{
	char c = sqlscan_byte(s, s->at);
	size_t from = s->at;

	if (c == '\'' || c == '"' || c == '`')
		skip_quoted(s);
	else if (c == '$')
		skip_dollar(s);
	else if (c == ':')
		take_colon(s);
	else if (is_name(c))
		take_word(s);
	else
		take_other(s, c);
	s->last = c == ':' ? 'x' : s->sql.p[s->at - 1]; /* dots of a list are no dot of a name */
	if (s->word.p != s->sql.p + from)
		s->word = s->before = STR("");
}

static void take_next(struct sqlscan *s)
{
	char c = sqlscan_byte(s, s->at), next = sqlscan_byte(s, s->at + 1);

	if (c == '-' && next == '-')
		s->at = line_end(s, s->at);
	else if (c == '/' && next == '*')
		skip_comment(s);
	else if (is_blank(c))
		s->at++;
	else
		take_token(s);
}

static void check_end(struct sqlscan *s)
{
	sqlselect_end(s);
	for (size_t i = 0; i < s->n_by; i++)
		if (!s->used[i])
			SQLSCAN_FIND(s, "M0406", 0, 1, "use it in the WHERE clause, or take it out of by=\"...\"",
				     "the query never uses :%s", s->by[i].key->name);
}

/* A parameter makes two pieces at most: itself and the text before it. */
static size_t count_bytes(struct str sql, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < sql.n; i++)
		n += sql.p[i] == c;
	return n;
}

bool sqltext_split(struct str sql, const struct by_key *by, size_t n_by, struct span where,
		   struct arena *mem, struct diags *ds, const struct piece **pieces_out,
		   size_t *n_pieces_out)
{
	struct sqlscan s = {
		.sql = sql.p ? sql : STR(""),
		.where = where,
		.mem = mem,
		.ds = ds,
		.by = by,
		.n_by = n_by,
		.used = arena_array_of(mem, bool, n_by + 1),
		.word = STR(""),
		.before = STR(""),
		.pieces = arena_array_of(mem, struct piece, 2 * count_bytes(sql, ':') + 1),
		.levels = arena_array_of(mem, struct sqlscan_level, count_bytes(sql, '(') + 1),
	};

	while (s.at < s.sql.n)
		take_next(&s);
	end_text(&s, s.sql.n);
	check_end(&s);
	if (s.findings > 0)
		return false;
	*pieces_out = s.pieces;
	*n_pieces_out = s.n_pieces;
	return true;
}
