#include "metadata/sqljoin.h"

#include <ctype.h>
#include <strings.h>

#include "metadata/sqlscan.h"
#include "metadata/sqlwords.h"

enum kind { WORD, NAME, SIGN, LIST, OTHER };

struct token {
	enum kind kind;
	struct str text; /* a quoted name: without its quotes */
	unsigned depth; /* of parentheses */
};

/* The tokens of a query, but for those of subqueries that have no list. */
struct tokens {
	struct token *of;
	size_t n;
	unsigned depth;
};

static void add(struct tokens *t, enum kind kind, struct str text)
{
	if (kind == SIGN && text.p[0] == ')' && t->depth > 0)
		t->depth--;
	t->of[t->n++] = (struct token){ kind, text, t->depth };
	if (kind == SIGN && text.p[0] == '(')
		t->depth++;
}

static void add_word(struct tokens *t, struct sqlscan *s, size_t from)
{
	struct str word;

	while (s->at < s->sql.n && sqlscan_in_name(s->sql.p[s->at]))
		s->at++;
	word = (struct str){ s->sql.p + from, s->at - from };
	if (sqlquote_behind(s, word))
		add(t, OTHER, word);
	else
		add(t, WORD, word);
}

static void add_text(struct tokens *t, struct str sql, const char *dialect)
{
	/* what is wrong with quotes has been told when the query was split */
	struct sqlscan s = { .sql = sql, .quotes = sqlquote_rules(dialect), .findings = SQLSCAN_FINDINGS_MOST };

	while (s.at < sql.n) {
		size_t from = s.at;
		char c = sql.p[from];

		if (sqlscan_is_blank(c))
			s.at++;
		else if (sqlquote_comment(&s))
			continue;
		else if (sqlquote_skip(&s))
			add(t, c == '\'' ? OTHER : NAME, (struct str){ sql.p + from + 1, s.at - from - 2 });
		else if (sqlscan_starts_name(c) || isdigit((unsigned char)c))
			add_word(t, &s, from);
		else
			add(t, SIGN, (struct str){ sql.p + s.at++, 1 });
	}
}

static bool is(const struct tokens *t, size_t i, const char *word)
{
	return i < t->n && t->of[i].kind == WORD && sqlscan_is(t->of[i].text, word);
}

static bool is_sign(const struct tokens *t, size_t i, char sign)
{
	return i < t->n && t->of[i].kind == SIGN && t->of[i].text.p[0] == sign;
}

/* Where the parentheses that open at `i` end. */
static size_t end_of(const struct tokens *t, size_t i)
{
	size_t end = i + 1;

	while (end < t->n && t->of[end].depth > t->of[i].depth)
		end++;
	return end;
}

static bool has_list(const struct tokens *t, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++)
		if (t->of[i].kind == LIST)
			return true;
	return false;
}

/* What a subquery without the list gives is the same whatever is asked. */
static void drop_subqueries(struct tokens *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		bool subquery = is_sign(t, i, '(') && is(t, i + 1, "select");

		if (subquery && !has_list(t, i, end_of(t, i)))
			i = end_of(t, i);
		else
			t->of[n++] = t->of[i];
	}
	t->n = n;
}

static size_t count(const struct tokens *t, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		n += is(t, i, word);
	return n;
}

/* The column in `column IN (list)`; the NULL view: it is something else. */
static struct str compared(const struct tokens *t, size_t list)
{
	const struct token *column = list >= 3 ? &t->of[list - 3] : NULL;

	if (!column || !is_sign(t, list - 1, '(') || !is(t, list - 2, "in") || !is_sign(t, list + 1, ')') ||
	    (column->kind != WORD && column->kind != NAME) || is(t, list - 3, "not"))
		return (struct str){ 0 };
	return column->text;
}

static bool same_name(struct str a, struct str b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* `... list) OR name IN (list`: any of the columns is enough. */
static bool follows_by_or(const struct tokens *t, size_t first, size_t second)
{
	size_t i = first + 2;

	if (!is_sign(t, first + 1, ')') || !is(t, i, "or"))
		return false;
	if (is_sign(t, i + 2, '.'))
		i += 2;
	return i + 4 == second;
}

/* The lists stand behind WHERE, and several of them side by side. *first_out is the first one. */
static bool lists_in_where(const struct tokens *t, size_t *first_out, size_t *n_out)
{
	size_t where = t->n, before = t->n;

	*n_out = 0;
	for (size_t i = 0; i < t->n; i++) {
		if (is(t, i, "where"))
			where = i;
		if (t->of[i].kind != LIST)
			continue;
		if (where == t->n || !compared(t, i).p || t->of[i].depth != t->of[where].depth + 1 ||
		    (before < t->n && !follows_by_or(t, before, i)))
			return false;
		if (before == t->n)
			*first_out = i;
		before = i;
		++*n_out;
	}
	return *n_out > 0;
}

/* Is the column among the names from `i` on, before a word or sign that ends them? */
static bool names_column(const struct tokens *t, size_t i, struct str column)
{
	unsigned depth = i < t->n ? t->of[i].depth : 0;

	for (; i < t->n && t->of[i].depth >= depth; i++) {
		if (is(t, i, "order") || is(t, i, "having") || is(t, i, "rows") || is(t, i, "range"))
			break;
		if ((t->of[i].kind == WORD || t->of[i].kind == NAME) && t->of[i].depth == depth &&
		    same_name(t->of[i].text, column) && !is_sign(t, i + 1, '(') && !is_sign(t, i + 1, '.'))
			return true;
	}
	return false;
}

/* No word that makes fewer rows of them, but for those that `but` says. */
static bool keeps_rows(const struct tokens *t, bool (*but)(struct str word))
{
	for (size_t i = 0; i < t->n; i++)
		if (t->of[i].kind == WORD && !sqlwords_gives_every_row(t->of[i].text) && !(but && but(t->of[i].text)))
			return false;
	return true;
}

static bool is_distinct(struct str word)
{
	return sqlscan_is(word, "distinct");
}

static bool is_over(struct str word)
{
	return sqlscan_is(word, "over");
}

static bool is_grouping(struct str word)
{
	return sqlwords_is_aggregate(word) || sqlscan_is(word, "group") || sqlscan_is(word, "having") ||
	       is_distinct(word);
}

static bool is_plain(const struct tokens *t)
{
	return count(t, "select") == 1 && keeps_rows(t, is_distinct);
}

static bool is_grouped(const struct tokens *t, size_t list)
{
	if (count(t, "select") != 1 || count(t, "group") != 1 || !keeps_rows(t, is_grouping))
		return false;
	for (size_t i = list; i < t->n; i++)
		if (is(t, i, "group"))
			return is(t, i + 1, "by") && !is(t, i + 2, "rollup") && !is(t, i + 2, "cube") &&
			       !is(t, i + 2, "grouping") && names_column(t, i + 2, compared(t, list));
	return false;
}

/* Is the SELECT at `i` a table: FROM (SELECT ..., or WITH x AS (SELECT ...? */
static bool is_table(const struct tokens *t, size_t i)
{
	return i >= 2 && is_sign(t, i - 1, '(') && (is(t, i - 2, "from") || is(t, i - 2, "join") || is(t, i - 2, "as"));
}

/* The list stands in the inner one of two SELECTs, and every window is one of the column's. */
static bool is_numbered(const struct tokens *t, size_t list)
{
	size_t selects = 0, inner = 0;

	if (count(t, "select") != 2 || count(t, "recursive") || !keeps_rows(t, is_over))
		return false;
	for (size_t i = 0; i < t->n; i++) {
		if (is(t, i, "select") && (selects++ == 0 || t->of[i].depth > t->of[inner].depth))
			inner = i;
		if (is(t, i, "over") && !(is_sign(t, i + 1, '(') && is(t, i + 2, "partition") && is(t, i + 3, "by") &&
					  names_column(t, i + 4, compared(t, list))))
			return false;
	}
	return is_table(t, inner) && inner < list && t->of[list].depth == t->of[inner].depth + 1;
}

bool sqljoin_separable(const struct query *query, const char *dialect, struct arena *mem)
{
	struct tokens t = { 0 };
	size_t list = 0, n_lists, room = query->n_pieces;

	for (size_t i = 0; i < query->n_pieces; i++)
		room += query->pieces[i].text.n;
	t.of = arena_array_of(mem, struct token, room);
	for (size_t i = 0; i < query->n_pieces; i++) {
		if (query->pieces[i].kind == PIECE_PARAM)
			return false;
		if (query->pieces[i].kind == PIECE_LIST)
			add(&t, LIST, (struct str){ 0 });
		else
			add_text(&t, query->pieces[i].text, dialect);
	}
	drop_subqueries(&t);
	return lists_in_where(&t, &list, &n_lists) &&
	       (is_plain(&t) || (n_lists == 1 && (is_grouped(&t, list) || is_numbered(&t, list))));
}
