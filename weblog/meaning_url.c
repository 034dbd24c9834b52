#include "base/text.h"
#include "weblog/meaning_state.h"

/* Servers take no more; what a log has behind it is no name of a page. */
enum { TARGET_MOST = 8192 };

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

struct str weblog_line_text(struct weblog_meaning *m, enum weblog_text which)
{
	const struct weblog_record *record = m->line.record;

	if (!record->text[which].p || !(record->escaped >> which & 1u))
		return record->text[which];
	m->scratch.len = 0;
	weblog_text_put(record, which, &m->scratch);
	return arena_str(m->line.mem, buf_str(&m->scratch));
}

/* Neither escapes nor bytes that are to be looked at. */
static bool is_clean(struct str raw, bool form)
{
	for (size_t i = 0; i < raw.n; i++) {
		unsigned char c = (unsigned char)raw.p[i];

		if (c == '%' || c >= 0x7f || c < 0x20 || (form && c == '+'))
			return false;
	}
	return true;
}

/* Bytes of a control character of ASCII, or of U+0080 to U+009F, that begins there. */
static size_t control_at(struct str s, size_t i)
{
	unsigned char c = (unsigned char)s.p[i];

	if (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0)
		return 2;
	return c < 0x20 || c == 0x7f;
}

bool weblog_has_controls(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (control_at(s, i))
			return true;
	return false;
}

/* In place. */
static void controls_fill(struct buf *text, char filler)
{
	struct str s = { text->data, text->len };
	size_t n = 0;

	for (size_t i = 0, control; i < s.n; i += control ? control : 1) {
		control = control_at(s, i);
		text->data[n++] = control ? filler : text->data[i];
	}
	text->len = n;
}

/* What is in the scratch, for the event. */
static struct str scratch_taken(struct weblog_meaning *m, char filler, size_t most)
{
	if (m->scratch.len == 0)
		return STR("");
	if (filler)
		controls_fill(&m->scratch, filler);
	return arena_str(m->line.mem, text_cut(buf_str(&m->scratch), most));
}

struct str weblog_plain(struct weblog_meaning *m, struct str text, char filler)
{
	if (text.n == 0 || (text_is_utf8(text) && !(filler && weblog_has_controls(text))))
		return text;
	m->scratch.len = 0;
	for (struct str rest = text; rest.n;) {
		uint32_t cp;
		size_t n = text_next(rest, &cp);
		char utf8[4];

		buf_put(&m->scratch, utf8, text_encode(cp, utf8));
		rest = past(rest, n);
	}
	return scratch_taken(m, filler, SIZE_MAX);
}

struct str weblog_clean(struct weblog_meaning *m, struct str raw, bool form, char filler, size_t most)
{
	if (!raw.p || is_clean(raw, form))
		return text_cut(raw, most);
	m->scratch.len = 0;
	(void)weblog_decode(m->decoder, raw, form, &m->scratch);
	return scratch_taken(m, filler, most);
}

/* Servlets put the session behind a `;` of a segment. */
static struct str without_parameters(struct str path, struct arena *mem)
{
	char *out;
	size_t n = 0;

	if (until(path, ';') == path.n)
		return path;
	out = arena_alloc(mem, path.n + 1);
	while (path.n) {
		size_t segment = until(path, '/'), kept = until((struct str){ path.p, segment }, ';');

		memcpy(out + n, path.p, kept);
		n += kept;
		path = past(path, segment);
		if (path.n) {
			out[n++] = '/';
			path = past(path, 1);
		}
	}
	return (struct str){ out, n };
}

struct str weblog_path_of(struct weblog_meaning *m, struct str target)
{
	const char *slashes = target.n && target.p[0] != '/' ? memmem(target.p, target.n, "://", 3) : NULL;
	struct str path = target;
	size_t end = 0;

	if (slashes) {
		path = past(target, (size_t)(slashes - target.p) + 3);
		while (end < path.n && !memchr("/?#", path.p[end], 3))
			end++;
		path = past(path, end);
	}
	for (end = 0; end < path.n && path.p[end] != '?' && path.p[end] != '#'; end++)
		;
	path.n = end;
	if (path.n == 0)
		return slashes ? STR("/") : (struct str){ NULL, 0 };
	path.n = path.n < TARGET_MOST ? path.n : TARGET_MOST;
	return weblog_clean(m, without_parameters(path, m->line.mem), false, '_', TARGET_MOST);
}

static void pairs_read(struct weblog_meaning *m, struct str query)
{
	struct weblog_line *line = &m->line;

	query.n = query.n < TARGET_MOST ? query.n : TARGET_MOST;
	while (query.n && line->n_pairs < WEBLOG_PAIRS_MAX) {
		struct weblog_pair *pair = &line->pairs[line->n_pairs];
		size_t end = 0, equals;

		while (end < query.n && query.p[end] != '&' && query.p[end] != ';')
			end++;
		equals = until((struct str){ query.p, end }, '=');
		pair->name = (struct str){ query.p, equals };
		pair->value = equals < end ? (struct str){ query.p + equals + 1, end - equals - 1 } :
					     (struct str){ NULL, 0 };
		if (end) {
			pair->means = weblog_name_of(m, pair->name);
			line->n_pairs++;
		}
		query = past(query, end + (end < query.n));
	}
}

bool weblog_target_read(struct weblog_meaning *m)
{
	struct weblog_line *line = &m->line;

	line->target = weblog_line_text(m, WEBLOG_TARGET);
	line->path = weblog_path_of(m, line->target);
	return line->path.p && line->path.p[0] == '/';
}

void weblog_query_read(struct weblog_meaning *m)
{
	struct weblog_line *line = &m->line;
	struct str query = weblog_query_of(line->target);

	line->host = line->target.p[0] == '/' ? weblog_line_text(m, WEBLOG_HOST) : weblog_host_of(line->target);
	if (!query.p && line->record->text[WEBLOG_QUERY].p) {
		query = weblog_line_text(m, WEBLOG_QUERY);
		query = query.n && query.p[0] == '?' ? past(query, 1) : query;
		query.n = until(query, '#');
	}
	line->n_pairs = 0;
	pairs_read(m, query);
}
