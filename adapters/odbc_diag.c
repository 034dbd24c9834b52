#include "adapters/odbc.h"

#include <ctype.h>
#include <stdio.h>

#include "base/text.h"

/* An SQLSTATE or its beginning, a native code (0: any), words of the message (NULL: any), and what they mean.
 * The first row that fits counts, so the drivers that have one SQLSTATE for everything come first. */
struct meaning {
	const char *state;
	SQLINTEGER native;
	const char *words;
	enum err_class cls;
	enum { STAYS, LOST, STALE_PLAN } then;
};

static const struct meaning meanings[] = {
	/* MariaDB and MySQL */
	{ "", 1045, "Access denied", ERR_AUTH, LOST },
	{ "", 1044, "Access denied", ERR_AUTH, LOST },
	{ "", 1698, "Access denied", ERR_AUTH, LOST },
	{ "", 1317, "interrupted", ERR_LATE, STAYS },
	{ "", 1969, "max_statement_time", ERR_LATE, STAYS },
	{ "", 3024, "maximum statement execution time", ERR_LATE, STAYS },
	{ "", 1054, "Unknown column", ERR_SCHEMA, STAYS },
	{ "", 1146, "doesn't exist", ERR_SCHEMA, STAYS },
	{ "", 2002, NULL, ERR_REFUSED, LOST },
	{ "", 2003, NULL, ERR_REFUSED, LOST },
	{ "", 2006, NULL, ERR_REFUSED, LOST },
	{ "", 2013, NULL, ERR_REFUSED, LOST },
	{ "", 2014, "out of sync", ERR_REFUSED, LOST },
	{ "", 2027, "Malformed", ERR_REFUSED, LOST },
	{ "", 2055, "Lost connection", ERR_REFUSED, LOST },
	/* SQLite */
	{ "HY000", 1, "no such column", ERR_SCHEMA, STAYS },
	{ "HY000", 1, "no such table", ERR_SCHEMA, STAYS },
	{ "HY000", 5, "locked", ERR_LATE, STAYS },
	{ "HY000", 6, "locked", ERR_LATE, STAYS },
	{ "HY000", 9, "interrupted", ERR_LATE, STAYS },
	{ "HY000", 14, "unable to open", ERR_REFUSED, LOST },
	/* libpq says why a login failed by words only, in the server's language */
	{ "08001", 0, "authentication", ERR_AUTH, LOST },
	{ "08001", 0, "password", ERR_AUTH, LOST },
	{ "08001", 0, "pg_hba.conf", ERR_AUTH, LOST },
	{ "08001", 0, "\xec\x9d\xb8\xec\xa6\x9d", ERR_AUTH, LOST }, /* Korean: authentication */
	/* psqlODBC has HY000 for what ended the session under a query; the word is in the server's language */
	{ "HY000", 1, "FATAL:", ERR_REFUSED, LOST },
	{ "HY000", 1, "\xec\xb9\x98\xeb\xaa\x85\xec\xa0\x81\xec\x98\xa4\xeb\xa5\x98:", ERR_REFUSED, LOST }, /* Korean */
	/* the standard, and PostgreSQL's */
	{ "08", 0, NULL, ERR_REFUSED, LOST },
	{ "57P0", 0, NULL, ERR_REFUSED, LOST },
	{ "28", 0, NULL, ERR_AUTH, LOST },
	{ "57014", 0, NULL, ERR_LATE, STAYS },
	{ "HYT0", 0, NULL, ERR_LATE, LOST },
	{ "HY018", 0, NULL, ERR_LATE, STAYS },
	{ "0A000", 0, NULL, ERR_SOURCE, STALE_PLAN },
	{ "26000", 0, NULL, ERR_SOURCE, STALE_PLAN },
	{ "42703", 0, NULL, ERR_SCHEMA, STAYS },
	{ "42P01", 0, NULL, ERR_SCHEMA, STAYS },
	{ "42S02", 0, NULL, ERR_SCHEMA, STAYS },
	{ "42S22", 0, NULL, ERR_SCHEMA, STAYS },
	{ "", 0, NULL, ERR_SOURCE, STAYS },
};

static bool means(const struct meaning *m, const struct odbc_diag *d, const char *text)
{
	return strncmp(d->state, m->state, strlen(m->state)) == 0 &&
	       (m->native == 0 || m->native == d->native) &&
	       (m->words == NULL || strstr(text, m->words) != NULL);
}

void odbc_diag_classify(struct odbc_diag *d, const char *text)
{
	const struct meaning *m = meanings;

	while (!means(m, d, text))
		m++;
	d->cls = m->cls;
	d->lost = m->then == LOST;
	d->stale_plan = m->then == STALE_PLAN;
}

/* The closing quote of an opening one, or "" when it is none. */
static const char *quote_end(const char *s)
{
	static const char *const pairs[][2] = {
		{ "'", "'" },
		{ "\"", "\"" },
		{ "`", "`" },
		{ "\xe2\x80\x9c", "\xe2\x80\x9d" },
		{ "\xc2\xab", "\xc2\xbb" },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (strncmp(s, pairs[i][0], strlen(pairs[i][0])) == 0)
			return pairs[i][1];
	return "";
}

/* Behind the [component] names in front of a message. */
static const char *skip_components(const char *s)
{
	while (*s == '[') {
		const char *end = strchr(s, ']');

		if (end == NULL)
			break;
		s = end + 1;
	}
	return s + strspn(s, " ");
}

enum { DIGITS_SHOWN = 4 };

/* Is what stands between the quotes a piece of the query? */
static bool is_known(const char *open, const char *close, const char *query)
{
	SCOPED(buf_free) struct buf quoted = { 0 };

	if (query == NULL || close == NULL || close == open)
		return false;
	buf_put(&quoted, open, (size_t)(close - open));
	return strcasestr(query, quoted.data) != NULL;
}

void odbc_diag_clean(const char *text, bool keep_quoted, const char *query, char *out, size_t out_bytes)
{
	SCOPED(buf_free) struct buf clean = { 0 };
	const char *s = skip_components(text);

	while (*s != '\0' && *s != '\n' && *s != '\r') {
		bool in_word = clean.len > 0 && isalnum((unsigned char)clean.data[clean.len - 1]);
		const char *close = in_word ? "" : quote_end(s); /* "can't" */
		const char *end = *close && !keep_quoted ? strstr(s + 1, close) : NULL;
		size_t digits = strspn(s, "0123456789");

		if (end && is_known(s + strlen(close), end, query)) {
			buf_put(&clean, s, (size_t)(end - s) + strlen(close));
			s = end + strlen(close);
		} else if (end || (*close && !keep_quoted)) { /* an unclosed quote hides the rest */
			buf_putc(&clean, '?');
			s = end ? end + strlen(close) : "";
		} else if (digits > DIGITS_SHOWN) {
			buf_putc(&clean, '#');
			s += digits;
		} else {
			size_t n = digits ? digits : 1;

			buf_put(&clean, s, n);
			s += n;
		}
	}
	while (clean.len > 0 && strchr(" ;", clean.data[clean.len - 1]))
		clean.len--;
	if (!text_is_utf8(buf_str(&clean)))
		clean.len = 0;
	snprintf(out, out_bytes, "%.*s", STR_ARG(buf_str(&clean)));
}

/* The message quotes the query's own words, which are the mapping's, or a driver's file; never a value. */
static bool names_only(const struct odbc_diag *d, const char *text)
{
	return d->cls == ERR_SCHEMA || strcmp(d->state, "42601") == 0 ||
	       strncmp(text, "[unixODBC][Driver Manager]", 26) == 0;
}

bool odbc_diag_raised(const struct odbc_diag *d)
{
	return strcmp(d->state, "P0001") == 0 || strcmp(d->state, "P0004") == 0 || strcmp(d->state, "45000") == 0 ||
	       d->native == 1644 || (d->native >= 20000 && d->native <= 20999) || d->native >= 50000;
}

void odbc_diag_read(SQLSMALLINT type, SQLHANDLE handle, struct odbc_diag *out)
{
	SQLCHAR state[SQL_SQLSTATE_SIZE + 1] = "", text[sizeof(out->message)] = "";
	SQLSMALLINT n = 0;

	*out = (struct odbc_diag){ 0 };
	if (!SQL_SUCCEEDED(SQLGetDiagRec(type, handle, 1, state, &out->native, text, sizeof(text), &n)))
		snprintf((char *)text, sizeof(text), "the driver gives no reason");
	memcpy(out->state, state, sizeof(state));
	if (odbc_diag_raised(out))
		snprintf((char *)text, sizeof(text), "the database raised an error of its own (not shown)");
	memcpy(out->message, text, sizeof(out->message));
	odbc_diag_classify(out, (char *)text);
	odbc_diag_clean((char *)text, names_only(out, (char *)text), NULL, out->text, sizeof(out->text));
}

bool odbc_diag_fail(const struct odbc_diag *d, const char *source, const char *doing, struct err *err)
{
	return err_set(err, d->cls, source, "%s: %s (%s, %d)", doing, d->text, d->state, (int)d->native);
}
