/* w3c.c - W3C extended logs (IIS, CloudFront and others): lines that begin with # say what the columns are, also in the
 * middle of a file. Columns are parted by blanks and tabs. */
#include "base/civil.h"
#include "weblog/program.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static size_t blanks(struct str s)
{
	size_t n = 0;

	while (n < s.n && is_blank(s.p[n]))
		n++;
	return n;
}

/* Bytes up to the next blank. */
static size_t word(struct str s)
{
	size_t n = 0;

	while (n < s.n && !is_blank(s.p[n]))
		n++;
	return n;
}

static struct str behind(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

/* cs(User-Agent) and other headers of the request, else a word of names.def, else an extra. */
static struct weblog_slot column(struct str name)
{
	struct weblog_slot slot;

	if (name.n > 4 && memcmp(name.p, "cs(", 3) == 0 && name.p[name.n - 1] == ')')
		return weblog_slot_header((struct str){ name.p + 3, name.n - 4 }, name);
	if (weblog_slot_find(WEBLOG_W3C, name, &slot))
		return slot;
	return (struct weblog_slot){ .kind = WEBLOG_EXTRA, .name = name };
}

const char *weblog_w3c_fields(struct weblog_parser *parser, struct str words)
{
	size_t n = 0;

	if (words.n > sizeof(parser->names))
		return "a #Fields line that is too long";
	parser->n_columns = 0;
	if (words.n)
		memcpy(parser->names, words.p, words.n);
	words.p = parser->names;
	for (words = behind(words, blanks(words)); words.n; words = behind(words, blanks(words))) {
		size_t length = word(words);

		if (n == WEBLOG_STEPS_MAX)
			return "too many columns in #Fields";
		parser->columns[n++] = column((struct str){ words.p, length });
		words = behind(words, length);
	}
	parser->n_columns = n;
	return NULL;
}

static bool begins(struct str s, struct str with)
{
	return s.n >= with.n && memcmp(s.p, with.p, with.n) == 0;
}

/* #Date: and #Start-Date: tell the day of lines that have only a time. */
static void date_take(struct weblog_parser *parser, struct str rest)
{
	struct civil when;

	rest = behind(rest, blanks(rest));
	if (civil_parse((struct str){ rest.p, word(rest) }, &when) && !when.has_time)
		parser->date_us = when.us;
}

static enum weblog_outcome about_take(struct weblog_parser *parser, struct str line, struct weblog_fault *fault)
{
	static const struct str fields = STR("#Fields:"), date = STR("#Date:"), start = STR("#Start-Date:");

	if (begins(line, fields)) {
		const char *wrong = weblog_w3c_fields(parser, behind(line, fields.n));

		if (wrong) {
			(void)weblog_reject(fault, fields.n, wrong, (struct str){ NULL, 0 });
			return WEBLOG_REJECTED;
		}
	} else if (begins(line, date)) {
		date_take(parser, behind(line, date.n));
	} else if (begins(line, start)) {
		date_take(parser, behind(line, start.n));
	}
	return WEBLOG_NOTHING;
}

/* A value in quotes, in which two of them are one. Returns its bytes with the quotes, 0 when it does not end. */
static size_t quoted(struct str s, bool *doubled)
{
	for (size_t n = 1; n < s.n; n++) {
		if (s.p[n] != '"')
			continue;
		if (n + 1 == s.n || s.p[n + 1] != '"')
			return n + 1;
		*doubled = true;
		n++;
	}
	return 0;
}

static bool value_take(struct weblog_parser *parser, const struct weblog_slot *slot, struct str *rest,
		       struct weblog_record *record, struct weblog_fault *fault)
{
	bool in_quotes = rest->n && rest->p[0] == '"', doubled = false;
	size_t n = in_quotes ? quoted(*rest, &doubled) : word(*rest), at;
	struct str value = { rest->p, n };
	const char *wrong;

	if (n == 0)
		return weblog_reject(fault, 0, in_quotes ? "a quote that nothing ends" : "the line ends before this",
				     slot->name);
	if (in_quotes)
		value = (struct str){ value.p + 1, n - 2 };
	wrong = weblog_slot_put(slot, value, &parser->memo, record, &at);
	if (wrong)
		return weblog_reject(fault, at + in_quotes, wrong, slot->name);
	if (!in_quotes && slot->kind == WEBLOG_TEXT && slot->argument == WEBLOG_AGENT) {
		record->blanks_joined = true;
		record->escaped |= 1u << WEBLOG_AGENT;
	}
	if (doubled)
		record->escaped |= slot->kind == WEBLOG_TEXT ? 1u << slot->argument : ~0u;
	*rest = behind(*rest, n);
	if (rest->n && !is_blank(rest->p[0]))
		return weblog_reject(fault, 0, "a blank is expected", slot->name);
	*rest = behind(*rest, blanks(*rest));
	return true;
}

/* Date and time together. */
static bool time_put(const struct weblog_parser *parser, struct weblog_record *record)
{
	const struct weblog_memo *memo = &parser->memo;

	if (memo->has_time)
		return true;
	if (memo->clock_us < 0 || memo->date_us == -1)
		return false;
	record->time_us = memo->date_us + memo->clock_us;
	record->has_offset = !memo->local;
	return true;
}

enum weblog_outcome weblog_w3c_run(struct weblog_parser *parser, struct str line, struct weblog_record *record,
				   struct weblog_fault *fault)
{
	struct str rest = line;
	bool good = true;

	if (line.p[0] == '#')
		return about_take(parser, line, fault);
	record->escape = WEBLOG_DOUBLED;
	*fault = (struct weblog_fault){ .what = "no #Fields line says what the columns are" };
	if (parser->n_columns == 0)
		return WEBLOG_REJECTED;
	for (size_t i = 0; i < parser->n_columns && good; i++)
		good = value_take(parser, &parser->columns[i], &rest, record, fault);
	if (good && rest.n)
		good = weblog_reject(fault, 0, "more values than #Fields has names", (struct str){ NULL, 0 });
	fault->at += (size_t)(rest.p - line.p);
	if (good && !time_put(parser, record)) {
		good = weblog_reject(fault, 0, "no date and time", (struct str){ NULL, 0 });
	}
	return good ? WEBLOG_READ : WEBLOG_REJECTED;
}
