/* odbc_place.c - where in the SQL a driver's message points. Only SQLite tells a position; the others quote. */
#include "adapters/odbc.h"

#include <ctype.h>
#include <strings.h>

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

/* The next place from `at` on where the word stands as a whole; sql.n: nowhere. ASCII case is ignored, because
 * PostgreSQL lowers the names that it tells. */
static size_t word_find(struct str sql, struct str word, size_t at)
{
	for (; word.n > 0 && at + word.n <= sql.n; at++) {
		bool begins = at == 0 || !is_name(word.p[0]) || !is_name(sql.p[at - 1]);
		bool ends = at + word.n == sql.n || !is_name(word.p[word.n - 1]) || !is_name(sql.p[at + word.n]);

		if (begins && ends && strncasecmp(sql.p + at, word.p, word.n) == 0)
			return at;
	}
	return sql.n;
}

/* The name behind the last dot of a qualified one. */
static struct str last_name(struct str word)
{
	const char *dot = word.n ? memrchr(word.p, '.', word.n) : NULL;

	return dot ? (struct str){ dot + 1, word.n - (size_t)(dot + 1 - word.p) } : word;
}

static bool place_word(struct str sql, struct str word, struct described_place *out)
{
	size_t at = word_find(sql, word, 0);

	if (at == sql.n) {
		word = last_name(word);
		at = word_find(sql, word, 0);
	}
	if (at == sql.n)
		return false;
	*out = (struct described_place){ true, at, word.n };
	return true;
}

static struct str first_word(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_name(s.p[n]))
		n++;
	return (struct str){ s.p, n ? n : s.n > 0 };
}

/* Behind the last byte that is no white space: where something is missing. */
static struct described_place place_end(struct str sql)
{
	while (sql.n > 0 && isspace((unsigned char)sql.p[sql.n - 1]))
		sql.n--;
	return (struct described_place){ true, sql.n, 0 };
}

/* MariaDB and MySQL quote the rest of the query, at most 80 characters of it. */
static bool place_rest(struct str sql, const char *message, struct described_place *out)
{
	static const char lead[] = "syntax to use near '";
	const char *from = strstr(message, lead), *to, *at;

	if (from == NULL)
		return false;
	from += sizeof(lead) - 1;
	to = strstr(from, "' at line ");
	if (to == NULL)
		return false;
	if (to == from) {
		*out = place_end(sql);
		return true;
	}
	at = memmem(sql.p, sql.n, from, (size_t)(to - from));
	if (at == NULL)
		return false;
	*out = odbc_place_at(sql, (size_t)(at - sql.p));
	return true;
}

/* PostgreSQL quotes one word, which may stand in several places. */
static bool place_near(struct str sql, const char *message, struct described_place *out)
{
	static const char lead[] = "at or near \"";
	const char *from = strstr(message, lead), *to;
	size_t at;

	if (strstr(message, "at end of input") || strstr(message, "incomplete input")) {
		*out = place_end(sql);
		return true;
	}
	to = from ? strchr(from + sizeof(lead) - 1, '"') : NULL;
	if (to == NULL)
		return false;
	from += sizeof(lead) - 1;
	at = word_find(sql, (struct str){ from, (size_t)(to - from) }, 0);
	if (at == sql.n || word_find(sql, (struct str){ from, (size_t)(to - from) }, at + 1) < sql.n)
		return false;
	*out = (struct described_place){ true, at, (size_t)(to - from) };
	return true;
}

/* A bare name behind a word that says what it is. */
static bool place_named(struct str sql, const char *message, struct described_place *out)
{
	static const char *const leads[] = { "column ", "table ", "relation ", "function ", "view ", "sequence ",
					     "schema ", "such column: ", "such table: ", "such function: " };

	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		const char *at = strstr(message, leads[i]);
		struct str word = { at ? at + strlen(leads[i]) : "", 0 };

		while (is_name(word.p[word.n]) || word.p[word.n] == '.')
			word.n++;
		if (place_word(sql, word, out))
			return true;
	}
	return false;
}

/* Something in quotes that the SQL has as well; 'user'@'host' is no name of it. */
static bool place_quoted(struct str sql, const char *message, struct described_place *out)
{
	for (const char *p = message; *p; p++) {
		const char *end = strchr("'\"`", *p) ? strchr(p + 1, *p) : NULL;

		if (end == NULL)
			continue;
		if (end[1] != '@' && (p == message || p[-1] != '@') &&
		    place_word(sql, (struct str){ p + 1, (size_t)(end - p) - 1 }, out))
			return true;
		p = end;
	}
	return false;
}

struct described_place odbc_place_at(struct str sql, size_t at)
{
	return (struct described_place){ true, at, first_word((struct str){ sql.p + at, sql.n - at }).n };
}

struct described_place odbc_place_find(const char *message, struct str sql)
{
	struct described_place place = { 0 };

	if (strstr(message, "syntax error") || strstr(message, "error in your SQL syntax") ||
	    strstr(message, "incomplete input"))
		(void)(place_rest(sql, message, &place) || place_near(sql, message, &place));
	else
		(void)(place_named(sql, message, &place) || place_quoted(sql, message, &place));
	return place;
}

struct described_place odbc_place_name(struct str name, struct str sql)
{
	struct described_place place = { 0 };

	if (name.n > 1 && name.p[name.n - 1] == '"')
		name.n--;
	name = last_name(name);
	if (name.n > 1 && name.p[0] == '"')
		name = (struct str){ name.p + 1, name.n - 1 };
	(void)place_word(sql, name, &place);
	return place;
}
