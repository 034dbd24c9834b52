#include "tests/faultodbc/query.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

struct reader {
	const char *p, *end;
	struct query *to;
	int depth; /* of parentheses */
	bool listing; /* in the outermost select list */
	bool tabling; /* behind a FROM */
	char word[QUERY_NAME]; /* the last one */
	char compared[QUERY_NAME]; /* the last one in front of = or IN */
	bool ok;
};

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static void copy_name(char to[QUERY_NAME], const char *from, size_t n)
{
	snprintf(to, QUERY_NAME, "%.*s", (int)n, from);
}

/* The end of a select list's item. */
static void column_end(struct reader *r)
{
	if (r->word[0] == '\0' || r->to->n_columns == QUERY_COLUMNS)
		r->ok = false;
	else
		memcpy(r->to->columns[r->to->n_columns++], r->word, QUERY_NAME);
	r->word[0] = '\0';
}

static bool word_is(const char *word, size_t n, const char *keyword)
{
	return n == strlen(keyword) && strncasecmp(word, keyword, n) == 0;
}

static void take_word(struct reader *r, const char *word, size_t n)
{
	if (word_is(word, n, "SELECT")) {
		r->listing = r->depth == 0;
		r->tabling = false;
		r->word[0] = '\0';
	} else if (word_is(word, n, "FROM")) {
		if (r->listing && r->depth == 0) {
			column_end(r);
			r->listing = false;
		}
		r->tabling = true;
	} else if (word_is(word, n, "IN")) {
		memcpy(r->compared, r->word, QUERY_NAME);
	} else {
		copy_name(r->word, word, n);
		if (r->tabling)
			copy_name(r->to->table, word, n);
		r->tabling = false;
	}
}

static void take_sign(struct reader *r, char sign)
{
	r->depth += sign == '(' ? 1 : sign == ')' ? -1 : 0;
	if (sign == '=')
		memcpy(r->compared, r->word, QUERY_NAME);
	if (sign == '*' && r->listing && r->depth == 0)
		r->ok = false;
	if (sign == ',' && r->listing && r->depth == 0)
		column_end(r);
	if (sign == '?' && r->to->n_params++ == 0)
		memcpy(r->to->key, r->compared, QUERY_NAME);
}

/* Behind a quoted name or text; only names count. */
static void take_quoted(struct reader *r)
{
	char quote = *r->p++;
	const char *from = r->p;

	while (r->p < r->end && *r->p != quote)
		r->p++;
	if (quote != '\'')
		take_word(r, from, (size_t)(r->p - from));
	r->p += r->p < r->end;
}

bool query_read(struct str sql, struct query *out)
{
	struct reader r = { .p = sql.p, .end = sql.p + sql.n, .to = out, .ok = true };

	*out = (struct query){ 0 };
	while (r.p < r.end) {
		const char *from = r.p;

		if (strchr("'\"`", *r.p)) {
			take_quoted(&r);
		} else if (is_word(*r.p)) {
			while (r.p < r.end && is_word(*r.p))
				r.p++;
			take_word(&r, from, (size_t)(r.p - from));
		} else {
			take_sign(&r, *r.p++);
		}
	}
	if (r.listing)
		column_end(&r);
	return r.ok && out->n_columns > 0;
}
