#include "metadata/weblogs.h"

const struct weblog *catalog_weblog(const struct catalog *cat, struct str name)
{
	for (size_t i = 0; i < cat->n_weblogs; i++)
		if (str_eq(str_of(cat->weblogs[i].name), name))
			return &cat->weblogs[i];
	return NULL;
}

static struct str past(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

/* Bytes before the next `c`, or all of them. */
static size_t until(struct str s, char c)
{
	const char *found = s.n ? memchr(s.p, c, s.n) : NULL;

	return found ? (size_t)(found - s.p) : s.n;
}

/* ---- matching ---- */

static void add_place(struct weblog_captures *captures, struct str name, struct str text)
{
	captures->of[captures->n].name = name;
	captures->of[captures->n++].text = text;
}

/* At `{` in the pattern: take the rest of the segment from both. */
static bool match_place(struct str *pattern, struct str *path, struct weblog_captures *captures)
{
	size_t close = until(*pattern, '}'), segment = until(*path, '/');
	struct str name = { pattern->p + 1, close - 1 }, behind = past(*pattern, close + 1);

	behind.n = until(behind, '/');
	if (segment <= behind.n || memcmp(path->p + segment - behind.n, behind.p, behind.n) != 0)
		return false;
	add_place(captures, name, (struct str){ path->p, segment - behind.n });
	*pattern = past(*pattern, close + 1 + behind.n);
	*path = past(*path, segment);
	return true;
}

bool weblog_pattern_match(const struct weblog_pattern *pattern, struct str path, struct weblog_captures *captures)
{
	struct str at = pattern->text;

	captures->n = 0;
	if (at.n == 0)
		return true;
	while (at.n) {
		if (at.p[0] == '*')
			return true;
		if (at.p[0] == '{') {
			if (!match_place(&at, &path, captures))
				return false;
			continue;
		}
		if (path.n == 0 || path.p[0] != at.p[0])
			return false;
		at = past(at, 1);
		path = past(path, 1);
	}
	return path.n == 0;
}

void weblog_pattern_places(const struct weblog_pattern *pattern, struct weblog_captures *places)
{
	struct str at = pattern->text;

	places->n = 0;
	for (size_t open = until(at, '{'); open < at.n; open = until(at, '{')) {
		size_t close = until(at, '}');

		add_place(places, (struct str){ at.p + open + 1, close - open - 1 }, (struct str){ 0 });
		at = past(at, close + 1);
	}
}

struct str weblog_captured(const struct weblog_captures *captures, struct str name)
{
	for (size_t i = 0; i < captures->n; i++)
		if (str_eq(captures->of[i].name, name))
			return captures->of[i].text;
	return (struct str){ 0 };
}

/* ---- what is wrong ---- */

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') &&
		    !(i && ((name.p[i] >= '0' && name.p[i] <= '9') || name.p[i] == '_')))
			return false;
	return name.n > 0;
}

/* `at` begins with `{`; *n_out: its bytes as far as they are read. */
static const char *place_fault(struct str at, struct weblog_captures *seen, bool second, size_t *n_out)
{
	size_t close = until(at, '}');
	struct str name = { at.p + 1, close - 1 };

	*n_out = close < at.n ? close + 1 : at.n;
	if (close == at.n)
		return "no } ends the place";
	if (!is_name(name))
		return "a place is called by lower-case letters, digits and _, beginning with a letter";
	if (second)
		return "a segment has one place at most";
	if (weblog_captured(seen, name).p)
		return "two places of the path have the same name";
	if (seen->n == WEBLOG_PLACES_MAX)
		return "a path has 4 places at most";
	add_place(seen, name, name);
	return NULL;
}

const char *weblog_pattern_fault(struct str text, size_t *at_out, size_t *n_out)
{
	struct weblog_captures seen = { 0 };
	const char *fault = NULL;
	bool place = false; /* in this segment */
	size_t i = 0;

	*n_out = 1;
	if (text.n == 0 || text.p[0] != '/')
		fault = "a path begins with /";
	while (!fault && i < text.n) {
		char c = text.p[i];

		*n_out = 1;
		if (c == '{') {
			fault = place_fault(past(text, i), &seen, place, n_out);
			place = true;
		} else if (c == '}') {
			fault = "no { begins the place";
		} else if (c == '?' || c == '#') {
			fault = "a path has no query and no fragment";
		} else if (c == '*' && i + 1 < text.n) {
			fault = "* stands at the end only";
		} else if (c == '*' && place) {
			fault = "* does not stand in the segment of a place";
		}
		place = place && c != '/';
		i += fault ? 0 : *n_out;
	}
	*at_out = i;
	return fault;
}
