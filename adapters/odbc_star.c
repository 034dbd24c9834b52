#include "adapters/odbc_star.h"

#include <ctype.h>
#include <strings.h>

struct scan {
	const char *p, *end;
	long depth; /* of parentheses */
	char before; /* the last character that is no blank; 0 at the begin */
	struct str word; /* the last word, for `before` its end */
	bool doubtful;
};

static bool at(const struct scan *s, const char *two)
{
	return s->end - s->p >= 2 && s->p[0] == two[0] && s->p[1] == two[1];
}

/* Behind a comment or a quoted text; `ends` is what closes it. */
static void skip_past(struct scan *s, const char *ends)
{
	size_t n = strlen(ends);

	while (s->p < s->end && ((size_t)(s->end - s->p) < n || memcmp(s->p, ends, n) != 0)) {
		s->doubtful = s->doubtful || (*s->p == '\\' && n == 1);
		s->p++;
	}
	s->p += s->p < s->end ? n : 0;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static void take_word(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && is_word(*s->p))
		s->p++;
	s->word = (struct str){ from, (size_t)(s->p - from) };
	s->before = s->p[-1];
}

/* Is the star at hand a sign of multiplication? Only behind what can be a factor. */
static bool is_product(const struct scan *s)
{
	static const char *const lists[] = { "select", "distinct", "all" };

	if (s->before == ')' || s->before == '"' || s->before == '`' || s->before == '\'')
		return true;
	if (!is_word(s->before) || isdigit((unsigned char)s->word.p[0])) /* TOP 5 * */
		return false;
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (s->word.n == strlen(lists[i]) && strncasecmp(s->word.p, lists[i], s->word.n) == 0)
			return false;
	return true;
}

/* One character that is no word; true: it is a star of the outermost list. */
static bool take_sign(struct scan *s)
{
	char c = *s->p;

	if (c == '*' && s->depth == 0 && !is_product(s))
		return true;
	s->p++;
	if (c == '\'' || c == '"' || c == '`')
		skip_past(s, (char[]){ c, '\0' });
	s->depth += c == '(' ? 1 : c == ')' ? -1 : 0;
	if (!isspace((unsigned char)c))
		s->before = c;
	return false;
}

bool odbc_star_selected(struct str sql)
{
	struct scan s = { .p = sql.p, .end = sql.p + sql.n };

	while (s.p < s.end) {
		if (at(&s, "--"))
			skip_past(&s, "\n");
		else if (at(&s, "/*"))
			skip_past(&s, "*/");
		else if (is_word(*s.p))
			take_word(&s);
		else if (take_sign(&s))
			return true;
	}
	return s.doubtful || s.depth != 0;
}
