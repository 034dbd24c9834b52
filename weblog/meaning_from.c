#include <strings.h>

#include "base/text.h"
#include "weblog/meaning_state.h"

enum {
	TERMS_MOST = 256,
	TYPED_MOST = 4096, /* nobody types so much */
	REFERRER_MOST = 512,
	CAMPAIGN_MOST = 192,
	HOST_SURE = 8, /* votes */
};

static const struct str nothing = { NULL, 0 };

/* How many bytes of a blank or control character begin there. */
static size_t blank_at(struct str s, size_t i)
{
	unsigned char c = (unsigned char)s.p[i], next = i + 1 < s.n ? (unsigned char)s.p[i + 1] : 0;

	if (c == 0xc2 && next >= 0x80 && next <= 0xa0) /* U+0080 to U+00A0 */
		return 2;
	if (i + 2 < s.n && memcmp(s.p + i, "\xe3\x80\x80", 3) == 0) /* U+3000, the blank of Korean keyboards */
		return 3;
	return c <= ' ' || c == 0x7f;
}

/* Neither blanks at the ends nor doubled ones. */
static struct str tidy(struct str s, struct arena *mem)
{
	char *out = arena_alloc(mem, s.n + 1);
	size_t n = 0;

	for (size_t i = 0, blank; i < s.n; i += blank ? blank : 1) {
		blank = blank_at(s, i);
		if (!blank)
			out[n++] = s.p[i];
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n && out[n - 1] == ' ')
		n--;
	return (struct str){ out, n };
}

struct str weblog_typed(struct weblog_meaning *m, struct str text)
{
	if (!text.n)
		return nothing;
	text = tidy(text_cut(text, TYPED_MOST), m->line.mem);
	if (!weblog_may_keep(m, text))
		return STR("***");
	text = text_cut(text, TERMS_MOST);
	return text.n ? text : nothing;
}

struct str weblog_terms_of(struct weblog_meaning *m, struct str raw)
{
	return weblog_typed(m, weblog_clean(m, raw, true, 0, TYPED_MOST));
}

/* ---- referrer ---- */

/* One site has several of these. */
static struct str without_front(struct str host)
{
	static const struct str fronts[] = { STR("www."), STR("m."), STR("mobile.") };

	for (size_t i = 0; i < ARRAY_LEN(fronts); i++)
		if (host.n > fronts[i].n && strncasecmp(host.p, fronts[i].p, fronts[i].n) == 0)
			return (struct str){ host.p + fronts[i].n, host.n - fronts[i].n };
	return host;
}

static struct str without_port(struct str host)
{
	const char *colon = host.n ? memchr(host.p, ':', host.n) : NULL;

	return colon ? (struct str){ host.p, (size_t)(colon - host.p) } : host;
}

static bool is_same(struct str a, struct str b)
{
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

/* In a log that does not say the host of a request, the site is what most referrers name: a page leads to the next
 * (the majority vote of Boyer and Moore). */
static void host_vote(struct weblog_meaning *m, struct str host)
{
	struct str own = { m->own_host, m->own_host_n };

	if (is_same(own, host)) {
		m->own_host_votes++;
	} else if (m->own_host_votes) {
		m->own_host_votes--;
	} else if (host.n <= sizeof(m->own_host)) {
		memcpy(m->own_host, host.p, host.n);
		m->own_host_n = host.n;
		m->own_host_votes = 1;
	}
}

static bool is_own(struct weblog_meaning *m, struct str host)
{
	struct str asked = without_port(m->line.host);

	host = without_front(host);
	if (asked.n && memchr(asked.p, '.', asked.n)) /* else it is what servers are called among themselves */
		return is_same(without_front(asked), host);
	host_vote(m, host);
	return m->own_host_votes >= HOST_SURE && is_same((struct str){ m->own_host, m->own_host_n }, host);
}

static bool is_host(struct str host)
{
	for (size_t i = 0; i < host.n; i++) {
		char c = host.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
		      c == '-' || c == '_'))
			return false;
	}
	return host.n > 0 && host.n <= 253;
}

static struct str referrer_of(struct weblog_meaning *m, struct str url, struct str host)
{
	struct str path = weblog_path_masked(m, weblog_path_of(m, url));
	char *out = arena_alloc(m->line.mem, host.n + path.n + 1);

	for (size_t i = 0; i < host.n; i++)
		out[i] = text_lower(host.p[i]);
	if (path.n)
		memcpy(out + host.n, path.p, path.n);
	return text_cut((struct str){ out, host.n + path.n }, REFERRER_MOST);
}

static void engine_read(struct weblog_meaning *m, struct str url, struct str host, struct weblog_event *event)
{
	struct str query = weblog_query_of(url);

	for (size_t i = 0; i < m->rules->n_engines; i++) {
		const struct weblog_engine *engine = &m->rules->engines[i];

		if (!weblog_host_has(host, engine->host))
			continue;
		if (!event->engine.p)
			event->engine = engine->host;
		event->engine_terms = weblog_terms_of(m, weblog_parameter(query, &engine->parameter, 1));
		if (event->engine_terms.p)
			return;
	}
}

/* ---- campaign ---- */

/* A / would be read as the end of the piece. */
static struct str utm_of(struct weblog_meaning *m, enum weblog_use use)
{
	for (size_t i = 0; i < m->line.n_pairs; i++) {
		struct str text;
		char *out;

		if (m->line.pairs[i].means.use != use || !m->line.pairs[i].value.n)
			continue;
		text = weblog_terms_of(m, m->line.pairs[i].value);
		out = arena_alloc(m->line.mem, text.n + 1);
		for (size_t at = 0; at < text.n; at++)
			out[at] = text.p[at] == '/' ? '-' : text.p[at];
		return (struct str){ out, text.n };
	}
	return STR("");
}

static struct str campaign_of(struct weblog_meaning *m)
{
	bool utm = false;
	const struct weblog_mark *mark = NULL;

	for (size_t i = 0; i < m->line.n_pairs; i++) {
		const struct weblog_name *means = &m->line.pairs[i].means;

		utm |= means->use >= WEBLOG_UTM_SOURCE && means->use <= WEBLOG_UTM_CAMPAIGN;
		if (!mark)
			mark = means->mark;
	}
	if (utm) {
		struct str source = utm_of(m, WEBLOG_UTM_SOURCE), medium = utm_of(m, WEBLOG_UTM_MEDIUM),
			   name = utm_of(m, WEBLOG_UTM_CAMPAIGN);

		if (source.n + medium.n + name.n)
			return text_cut(arena_printf(m->line.mem, "%.*s/%.*s/%.*s", STR_ARG(source), STR_ARG(medium),
						       STR_ARG(name)),
					  CAMPAIGN_MOST);
	}
	return mark ? arena_printf(m->line.mem, "%.*s/", STR_ARG(mark->campaign)) : nothing;
}

void weblog_from_read(struct weblog_meaning *m, struct weblog_event *event)
{
	struct str url = weblog_line_text(m, WEBLOG_REFERRER), host = weblog_host_of(url);

	event->campaign = campaign_of(m);
	if (!is_host(host) || is_own(m, host))
		return;
	event->referrer = referrer_of(m, url, host);
	engine_read(m, url, host, event);
}
