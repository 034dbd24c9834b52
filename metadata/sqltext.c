#include "metadata/sqltext.h"

#include <strings.h>

#include "base/text.h"

enum { FINDINGS_MOST = 20, SHOWN_MOST = 60 };

/* One walk over the SQL of a query. */
struct scan {
	struct str sql;
	size_t at;
	struct span where;
	struct arena *mem;
	struct diags *ds;
	unsigned findings; /* of this query */
	const struct by_key *by;
	size_t n_by;
	bool *used; /* per key of `by` */
	bool list; /* some parameter is a list */
	struct str word; /* the last one */
	bool started;
	unsigned depth; /* of parentheses */
	struct str limit; /* an outer LIMIT, TOP or FETCH */
	size_t text_from; /* where the current stretch of text began */
	struct piece *pieces;
	size_t n_pieces;
};

struct span sqltext_span(struct str sql, struct span where, size_t at, size_t n)
{
	for (size_t i = 0; i < at; i++) {
		where.column++;
		if (sql.p[i] == '\n') {
			where.line++;
			where.column = 1;
		}
	}
	where.length = (uint32_t)n;
	return where;
}

#define FIND(s, code, at, n, help, ...)                                                                          \
	do {                                                                                                     \
		if ((s)->findings++ < FINDINGS_MOST)                                                             \
			diag_add((s)->ds, (code), sqltext_span((s)->sql, (s)->where, (at), (n)), (help),         \
				 __VA_ARGS__);                                                                   \
	} while (0)

/* A word for a message: whole characters, not too many. */
static struct str shown(struct str word)
{
	if (word.n <= SHOWN_MOST)
		return word;
	word.n = SHOWN_MOST;
	while (word.n > 0 && ((unsigned char)word.p[word.n] & 0xC0) == 0x80)
		word.n--;
	return word;
}

static char at(const struct scan *s, size_t i)
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

static bool is_word(struct str word, const char *keyword)
{
	return word.n == strlen(keyword) && strncasecmp(word.p, keyword, word.n) == 0;
}

/* ---- what hides its contents: quotes and comments ---- */

/* Go behind `close`, or report that it is missing. `from` is where its opening stands, `body` what follows
 * it. */
static void skip_past(struct scan *s, size_t from, size_t body, struct str close, const char *what)
{
	const char *end = memmem(s->sql.p + body, s->sql.n - body, close.p, close.n);

	if (!end) {
		FIND(s, "M0403", from, close.n, NULL, "%s begins here and does not end", what);
		s->at = s->sql.n;
		return;
	}
	s->at = (size_t)(end - s->sql.p) + close.n;
}

/* Two quotes inside a quoted text are two texts side by side: nothing to do for them. */
static void skip_quoted(struct scan *s)
{
	struct str quote = { s->sql.p + s->at, 1 };

	skip_past(s, s->at, s->at + 1, quote, *quote.p == '\'' ? "a quoted text" : "a quoted name");
}

/* E'...' of PostgreSQL, where a backslash hides the next byte. */
static void skip_escaped(struct scan *s)
{
	for (size_t i = s->at + 1; i < s->sql.n; i++) {
		if (s->sql.p[i] == '\\') {
			i++;
		} else if (s->sql.p[i] == '\'' && at(s, i + 1) == '\'') {
			i++;
		} else if (s->sql.p[i] == '\'') {
			s->at = i + 1;
			return;
		}
	}
	FIND(s, "M0403", s->at, 1, NULL, "a quoted text begins here and does not end");
	s->at = s->sql.n;
}

/* $$...$$ or $tag$...$tag$; any other `$` is text. */
static void skip_dollar(struct scan *s)
{
	size_t end = s->at + 1;

	if (is_name_start(at(s, end)))
		while (is_name(at(s, end)))
			end++;
	if (at(s, end) != '$') {
		s->at++;
		return;
	}
	skip_past(s, s->at, end + 1, (struct str){ s->sql.p + s->at, end + 1 - s->at }, "a dollar quote");
}

static void skip_line(struct scan *s)
{
	const char *end = memchr(s->sql.p + s->at, '\n', s->sql.n - s->at);

	s->at = end ? (size_t)(end - s->sql.p) : s->sql.n;
}

static void skip_comment(struct scan *s)
{
	static const char help[] = "take the comment out, or keep /* and */ in simple pairs";
	size_t from = s->at;

	skip_past(s, from, from + 2, STR("*/"), "a comment");
	if (at(s, from + 2) == '!' || (at(s, from + 2) == 'M' && at(s, from + 3) == '!'))
		FIND(s, "M0408", from, 3, help, "MariaDB runs what stands in this comment");
	else if (memmem(s->sql.p + from + 2, s->at - from - 2, "/*", 2))
		FIND(s, "M0408", from, 2, help, "databases disagree where a comment inside a comment ends");
}

/* ---- pieces ---- */

static void end_text(struct scan *s, size_t end)
{
	if (end > s->text_from)
		s->pieces[s->n_pieces++] = (struct piece){
			.kind = PIECE_TEXT,
			.text = { s->sql.p + s->text_from, end - s->text_from },
		};
}

/* The key of `by` that begins at `name`: the longest one, where `-` may belong to the name or be a minus. */
static const struct by_key *find_key(const struct scan *s, struct str name)
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

static void take_param(struct scan *s, const struct by_key *by)
{
	size_t end = s->at + 1 + strlen(by->key->name);
	bool list = at(s, end) == '.' && at(s, end + 1) == '.' && at(s, end + 2) == '.';

	end_text(s, s->at);
	s->pieces[s->n_pieces++] =
		(struct piece){ .kind = list ? PIECE_LIST : PIECE_PARAM, .key = by->key };
	s->used[by - s->by] = true;
	s->list |= list;
	s->at = s->text_from = end + (list ? 3 : 0);
}

/* :before needs no place in `by`. */
static bool take_before(struct scan *s, struct str name)
{
	if (!str_eq(name, str_of(sqltext_before.name)))
		return false;
	end_text(s, s->at);
	s->pieces[s->n_pieces++] = (struct piece){ .kind = PIECE_PARAM, .key = &sqltext_before };
	s->at = s->text_from = s->at + 1 + name.n;
	return true;
}

static void unknown_param(struct scan *s, struct str name)
{
	const char **names = arena_array_of(s->mem, const char *, s->n_by + 1);
	const char *near;

	for (size_t i = 0; i < s->n_by; i++)
		names[i] = s->by[i].key->name;
	near = text_nearest(shown(name), names, s->n_by);
	FIND(s, "M0405", s->at, name.n + 1, "a parameter is a key named in by=\"...\" of the query",
	     ":%.*s is not a key of this query%s%s%s", STR_ARG(shown(name)), near ? "; did you mean :" : "",
	     near ? near : "", near ? "?" : "");
}

/* Behind a name, a number or a closing bracket a colon is no parameter: arr[lo:hi]. */
static bool behind_operand(const struct scan *s)
{
	char c = s->at > 0 ? s->sql.p[s->at - 1] : ' ';

	return is_name(c) || strchr(")]'\"", c) != NULL;
}

static void take_colon(struct scan *s)
{
	struct str name = { s->sql.p + s->at + 1, 0 };
	const struct by_key *by;
	const char *dash;

	if (at(s, s->at + 1) == ':') {
		s->at += 2;
		return;
	}
	if (is_name_start(at(s, s->at + 1)))
		while (is_name(at(s, s->at + 1 + name.n)) || at(s, s->at + 1 + name.n) == '-')
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

/* ---- words ---- */

/* TOP is a word of SQL Server only before a number; elsewhere it may be a column. */
static bool is_top(const struct scan *s, struct str word)
{
	size_t next = s->at;

	while (at(s, next) == ' ' || (at(s, next) >= '\t' && at(s, next) <= '\r'))
		next++;
	return is_word(word, "TOP") && (is_digit(at(s, next)) || at(s, next) == '(') &&
	       (is_word(s->word, "SELECT") || is_word(s->word, "DISTINCT") || is_word(s->word, "ALL"));
}

static bool is_limit(const struct scan *s, struct str word)
{
	return is_word(word, "LIMIT") || is_top(s, word) ||
	       (is_word(s->word, "FETCH") && (is_word(word, "FIRST") || is_word(word, "NEXT")));
}

static void take_word(struct scan *s)
{
	size_t from = s->at;
	struct str word = { s->sql.p + from, 0 };

	while (is_name(at(s, s->at)) || (at(s, s->at) == '$' && s->at > from))
		s->at++;
	word.n = s->at - from;
	if (at(s, s->at) == '\'' && is_word(word, "E")) {
		skip_escaped(s);
		return;
	}
	if (!s->started && !is_word(word, "SELECT") && !is_word(word, "WITH"))
		FIND(s, "M0401", from, word.n, "a part reads: write one SELECT, or WITH ... SELECT",
		     "a query begins with SELECT or WITH, not %.*s", STR_ARG(shown(word)));
	s->started = true;
	if (s->depth == 0 && !s->limit.p && (from == 0 || s->sql.p[from - 1] != '.') &&
	    is_limit(s, word))
		s->limit = word;
	s->word = word;
}

static void take_other(struct scan *s, char c)
{
	if (c == ';')
		FIND(s, "M0402", s->at, 1, "one statement per query; leave the ; at its end out too",
		     "a query holds no ;");
	else if (c == '?')
		FIND(s, "M0404", s->at, 1,
		     "write the key as :name; for the operator ? of PostgreSQL use its function",
		     "a bare ? would be taken for a parameter");
	else if (c == '(')
		s->depth++;
	else if (c == ')' && s->depth > 0)
		s->depth--;
	s->at++;
}

static void take_next(struct scan *s)
{
	char c = at(s, s->at), next = at(s, s->at + 1);

	if (c == '\'' || c == '"' || c == '`')
		skip_quoted(s);
	else if (c == '-' && next == '-')
		skip_line(s);
	else if (c == '/' && next == '*')
		skip_comment(s);
	else if (c == '$')
		skip_dollar(s);
	else if (c == ':')
		take_colon(s);
	else if (is_name(c))
		take_word(s);
	else
		take_other(s, c);
}

static void check_end(struct scan *s)
{
	if (!s->started)
		FIND(s, "M0401", 0, 1, "write one SELECT, or WITH ... SELECT", "the query has no text");
	for (size_t i = 0; i < s->n_by; i++)
		if (!s->used[i])
			FIND(s, "M0406", 0, 1, "use it in the WHERE clause, or take it out of by=\"...\"",
			     "the query never uses :%s", s->by[i].key->name);
	if (s->list && s->limit.p)
		FIND(s, "M0407", (size_t)(s->limit.p - s->sql.p), s->limit.n,
		     "limit the rows of each value: ROW_NUMBER() OVER (PARTITION BY key ORDER BY ...)",
		     "%.*s cuts the rows of all values of a list parameter together", STR_ARG(s->limit));
}

/* A parameter makes two pieces at most: itself and the text before it. */
static size_t count_colons(struct str sql)
{
	size_t n = 0;

	for (size_t i = 0; i < sql.n; i++)
		n += sql.p[i] == ':';
	return n;
}

bool sqltext_split(struct str sql, const struct by_key *by, size_t n_by, struct span where,
		   struct arena *mem, struct diags *ds, const struct piece **pieces_out,
		   size_t *n_pieces_out)
{
	struct scan s = {
		.sql = sql.p ? sql : STR(""),
		.where = where,
		.mem = mem,
		.ds = ds,
		.by = by,
		.n_by = n_by,
		.used = arena_array_of(mem, bool, n_by + 1),
		.word = STR(""),
		.pieces = arena_array_of(mem, struct piece, 2 * count_colons(sql) + 1),
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
