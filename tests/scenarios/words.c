/* words.c - a line of a story as words. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"
#include "tests/scenarios/story.h"

enum { WORDS_MOST = 64 };

bool words_wrong(const struct words *w, struct err *err, const char *what)
{
	char line[16];

	snprintf(line, sizeof(line), "%u", w->line);
	return err_set(err, ERR_CONFIG, line, "%s", what);
}

struct word words_take(struct words *w)
{
	struct word first = {0};

	if (w->n) {
		first = w->of[0];
		w->of++;
		w->n--;
	}
	return first;
}

bool words_take_if(struct words *w, const char *text)
{
	if (w->n == 0 || w->of[0].quoted || strcmp(w->of[0].text.p, text) != 0)
		return false;
	words_take(w);
	return true;
}

static uint64_t unit_us(const char **at)
{
	static const struct {
		const char *name;
		uint64_t us;
	} units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {"m", 60000000}, {"h", UINT64_C(3600000000)}};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(*at, units[i].name, n) == 0 && !isalpha((unsigned char)(*at)[n])) {
			*at += n;
			return units[i].us;
		}
	}
	return 0;
}

bool words_duration(struct str text, uint64_t *us_out)
{
	const char *at = text.p;
	uint64_t us = 0;

	if (!at || !*at)
		return false;
	while (*at) {
		char *end;
		uint64_t n, unit;

		if (!isdigit((unsigned char)*at))
			return false;
		n = strtoull(at, &end, 10);
		at = end;
		unit = unit_us(&at);
		if (unit == 0)
			return false;
		us += n * unit;
	}
	*us_out = us;
	return true;
}

bool words_take_duration(struct words *w, uint64_t *us_out, struct err *err)
{
	if (!words_duration(words_take(w).text, us_out))
		return words_wrong(w, err, "a time is written like 40ms, 2s, 10m or 1h30m");
	return true;
}

/* ---- cutting ---- */

struct cutter {
	struct str line;
	size_t at;
	struct arena *mem;
};

static char now(const struct cutter *c)
{
	return c->at < c->line.n ? c->line.p[c->at] : '\0';
}

static int hex(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

/* What stands behind a backslash. */
static void put_escape(struct cutter *c, struct buf *out)
{
	static const char from[] = "nrt0", to[] = "\n\r\t";
	char what = now(c);
	const char *found = what ? strchr(from, what) : NULL;

	c->at++;
	if (what == 'x' && c->at + 1 < c->line.n && hex(c->line.p[c->at]) >= 0 &&
	    hex(c->line.p[c->at + 1]) >= 0) {
		buf_putc(out, (char)(hex(c->line.p[c->at]) * 16 + hex(c->line.p[c->at + 1])));
		c->at += 2;
	} else {
		buf_putc(out, found ? to[found - from] : what);
	}
}

static bool cut_quoted(struct cutter *c, struct word *out)
{
	SCOPED(buf_free) struct buf text = {0};

	c->at++;
	while (now(c) != '"') {
		if (c->at >= c->line.n)
			return false;
		if (now(c) == '\\') {
			c->at++;
			put_escape(c, &text);
		} else {
			buf_putc(&text, now(c));
			c->at++;
		}
	}
	c->at++;
	*out = (struct word){{arena_cstr(c->mem, buf_str(&text)), text.len}, true};
	if (text.len) { /* with any NUL */
		char *copy = arena_alloc(c->mem, text.len + 1);

		memcpy(copy, text.data, text.len);
		out->text.p = copy;
	}
	return true;
}

/* From a bracket to the one that closes it. */
static bool cut_json(struct cutter *c, struct word *out)
{
	size_t from = c->at;
	bool in_text = false;
	int depth = 0;

	do {
		char ch = now(c);

		if (c->at >= c->line.n)
			return false;
		if (in_text && ch == '\\')
			c->at++;
		else if (ch == '"')
			in_text = !in_text;
		else if (!in_text && strchr("{[", ch))
			depth++;
		else if (!in_text && strchr("}]", ch))
			depth--;
		c->at++;
	} while (depth > 0);
	*out = (struct word){arena_str(c->mem, (struct str){c->line.p + from, c->at - from}), false};
	return true;
}

static bool cut_bare(struct cutter *c, struct word *out)
{
	size_t from = c->at;

	while (c->at < c->line.n && !isspace((unsigned char)now(c)))
		c->at++;
	*out = (struct word){arena_str(c->mem, (struct str){c->line.p + from, c->at - from}), false};
	return true;
}

bool words_cut(struct str line, unsigned number, struct arena *mem, struct words *out, struct err *err)
{
	struct cutter c = {.line = line, .mem = mem};
	struct word *of = arena_array_of(mem, struct word, WORDS_MOST);

	*out = (struct words){.of = of, .line = number};
	for (;;) {
		bool good;

		while (isspace((unsigned char)now(&c)))
			c.at++;
		if (c.at >= line.n || now(&c) == '#')
			return true;
		if (out->n == WORDS_MOST)
			return words_wrong(out, err, "there are more than 64 words in the line");
		good = now(&c) == '"'          ? cut_quoted(&c, &of[out->n])
		       : strchr("{[", now(&c)) ? cut_json(&c, &of[out->n])
					       : cut_bare(&c, &of[out->n]);
		if (!good)
			return words_wrong(out, err, "a quote or bracket does not end in this line");
		out->n++;
	}
}
