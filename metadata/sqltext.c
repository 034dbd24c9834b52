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

bool sqlscan_starts_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80);
}

bool sqlscan_in_name(char c)
{
	return sqlscan_starts_name(c) || (c >= '0' && c <= '9');
}

bool sqlscan_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
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

/* Does a blank part the name from its dots? */
static bool dots_apart(const struct sqlscan *s, size_t name_end)
{
	size_t i = name_end;

	while (sqlscan_is_blank(sqlscan_byte(s, i)))
		i++;
	return i > name_end && sqlscan_byte(s, i) == '.' && sqlscan_byte(s, i + 1) == '.';
}

static void check_dots(struct sqlscan *s, size_t name_end, size_t dots)
{
	static const char help[] = "write IN (:name...)";
	size_t n = name_end + dots - s->at;

	if (dots == 0 && dots_apart(s, name_end))
		SQLSCAN_FIND(s, "M0409", s->at, n, help, "no blank stands before the dots of a list parameter");
	else if (dots != 0 && dots != 3)
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

/* Advice about a parameter that is none. The key that was probably meant counts as used. */
static const char *param_help(struct sqlscan *s, struct str name)
{
	const char **names = arena_array_of(s->mem, const char *, s->n_by + 1);
	const char *near;

	for (size_t i = 0; i < s->n_by; i++)
		names[i] = s->by[i].key->name;
	near = text_nearest(sqlscan_shown(name), names, s->n_by);
	for (size_t i = 0; near && i < s->n_by; i++)
		s->used[i] |= names[i] == near;
	return near ? arena_printf(s->mem, "did you mean `:%s`?", near).p :
		      "a parameter is a key named in by=\"...\" of the query, written :name";
}

static void unknown_param(struct sqlscan *s, struct str name)
{
	const char *help = param_help(s, name);

	SQLSCAN_FIND(s, "M0405", s->at, name.n + 1, help, ":%.*s is not a key of this query",
		     STR_ARG(sqlscan_shown(name)));
}

/* $name or @name, to which the driver would bind nothing, so that nobody is ever found. */
static bool take_own_param(struct sqlscan *s)
{
	char sign = sqlscan_byte(s, s->at);
	struct str name = { s->sql.p + s->at + 1, 0 };
	const char *help;

	if (!s->quotes->signs || (sign != '$' && sign != '@'))
		return false;
	while (sqlscan_in_name(sqlscan_byte(s, s->at + 1 + name.n)))
		name.n++;
	if (name.n == 0)
		return false;
	help = param_help(s, name);
	SQLSCAN_FIND(s, "M0405", s->at, name.n + 1, help, "%c%.*s is a parameter that is never given a value", sign,
		     STR_ARG(sqlscan_shown(name)));
	s->at += 1 + name.n;
	return true;
}

/* Behind a name, a number or a closing bracket a colon is no parameter: arr[lo:hi]. */
static bool behind_operand(const struct sqlscan *s)
{
	char c = s->at > 0 ? s->sql.p[s->at - 1] : ' ';

	return sqlscan_in_name(c) || strchr(")]'\"", c) != NULL;
}

static void take_colon(struct sqlscan *s)
{
	struct str name = { s->sql.p + s->at + 1, 0 };
	const struct by_key *by;
	const char *dash;

	if (sqlscan_byte(s, s->at + 1) == '=')
		sqlselect_assign(s);
	if (sqlscan_byte(s, s->at + 1) == ':') {
		s->at += 2;
		return;
	}
	if (sqlscan_starts_name(sqlscan_byte(s, s->at + 1)))
		while (sqlscan_in_name(sqlscan_byte(s, s->at + 1 + name.n)) ||
		       sqlscan_byte(s, s->at + 1 + name.n) == '-')
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

	while (sqlscan_in_name(sqlscan_byte(s, s->at)) || (sqlscan_byte(s, s->at) == '$' && s->at > from))
		s->at++;
	word.n = s->at - from;
	if (!sqlquote_behind(s, word))
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

	if (c == ':')
		take_colon(s);
	else if (sqlscan_in_name(c))
		take_word(s);
	else if (!sqlquote_skip(s) && !take_own_param(s))
		take_other(s, c);
	s->last = c == ':' ? 'x' : s->sql.p[s->at - 1]; /* dots of a list are no dot of a name */
	if (s->word.p != s->sql.p + from)
		s->word = s->before = STR("");
}

static void take_next(struct sqlscan *s)
{
	if (sqlscan_is_blank(sqlscan_byte(s, s->at)))
		s->at++;
	else if (!sqlquote_comment(s))
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

bool sqltext_split(const struct sqltext *text, struct arena *mem, struct diags *ds, const struct piece **pieces_out,
		   size_t *n_pieces_out)
{
	struct str sql = text->sql.p ? text->sql : STR("");
	struct sqlscan s = {
		.sql = sql,
		.quotes = sqlquote_rules(text->dialect),
		.where = text->where,
		.mem = mem,
		.ds = ds,
		.by = text->by,
		.n_by = text->n_by,
		.used = arena_array_of(mem, bool, text->n_by + 1),
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
