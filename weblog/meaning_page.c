#include <strings.h>

#include "metadata/normalize.h"
#include "base/text.h"
#include "weblog/meaning_state.h"

enum { VALUE_MOST = 1024, PRODUCT_MOST = 64, HITS_MOST = 1000000000 };

static bool method_fits(const struct weblog_meaning *m, const char *method)
{
	struct str is = m->line.record->text[WEBLOG_METHOD];

	return !method || str_eq(is, str_of(method));
}

static bool status_fits(const struct weblog_meaning *m, struct weblog_statuses wanted)
{
	return m->line.record->status >= wanted.least && m->line.record->status <= wanted.most;
}

static const struct weblog_page *page_of(const struct weblog_meaning *m, struct weblog_captures *captures)
{
	for (size_t i = 0; i < m->conf->n_pages; i++)
		if (method_fits(m, m->conf->pages[i].method) &&
		    weblog_pattern_match(&m->conf->pages[i].path, m->line.path, captures))
			return &m->conf->pages[i];
	return NULL;
}

bool weblog_is_page(const struct weblog_meaning *m)
{
	struct weblog_captures captures;

	if (page_of(m, &captures))
		return true;
	for (size_t i = 0; i < m->conf->n_evidence; i++)
		if (m->conf->evidence[i].path.text.n &&
		    weblog_pattern_match(&m->conf->evidence[i].path, m->line.path, &captures))
			return true;
	return false;
}

void weblog_page_find(struct weblog_meaning *m)
{
	m->line.page = page_of(m, &m->line.captures);
}

/* ---- values ---- */

static struct str parameter_of(const struct weblog_meaning *m, struct str name)
{
	for (size_t i = 0; i < m->line.n_pairs; i++) {
		const struct weblog_pair *pair = &m->line.pairs[i];

		if (pair->value.n && pair->name.n == name.n && strncasecmp(pair->name.p, name.p, name.n) == 0)
			return pair->value;
	}
	return (struct str){ NULL, 0 };
}

/* Of name=value; name=value, where blanks may be missing. */
static struct str cookie_in(struct str rest, struct str name)
{
	while (rest.n) {
		const char *end = memchr(rest.p, ';', rest.n);
		size_t n = end ? (size_t)(end - rest.p) : rest.n;
		struct str pair = { rest.p, n };

		rest = (struct str){ rest.p + n + (end != NULL), rest.n - n - (end != NULL) };
		while (pair.n > 0) { /* W3C logs write the blank as + or %20 */
			size_t blank = pair.p[0] == ' ' || pair.p[0] == '+'		      ? 1 :
				       pair.n > 3 && memcmp(pair.p, "%20", 3) == 0 ? 3 :
										     0;

			if (blank == 0)
				break;
			pair = (struct str){ pair.p + blank, pair.n - blank };
		}
		if (pair.n > name.n + 1 && pair.p[name.n] == '=' && memcmp(pair.p, name.p, name.n) == 0)
			return (struct str){ pair.p + name.n + 1, pair.n - name.n - 1 };
	}
	return (struct str){ NULL, 0 };
}

/* The extra field that has a value and is called so, perhaps with that in front. */
static struct str field_called(struct weblog_meaning *m, struct str front, struct str name)
{
	const struct weblog_record *record = m->line.record;

	for (size_t i = 0; i < record->n_extra; i++) {
		const struct weblog_extra *extra = &record->extra[i];

		if (!extra->value.n || extra->name.n != front.n + name.n ||
		    memcmp(extra->name.p, front.p, front.n) != 0 ||
		    memcmp(extra->name.p + front.n, name.p, name.n) != 0)
			continue;
		if (record->escape == WEBLOG_PLAIN)
			return extra->value;
		m->scratch.len = 0;
		weblog_unescape(extra->value, record->escape, &m->scratch);
		return arena_str(m->line.mem, buf_str(&m->scratch));
	}
	return (struct str){ NULL, 0 };
}

static struct str field_of(struct weblog_meaning *m, struct str name)
{
	return str_eq(name, STR("user")) ? weblog_line_text(m, WEBLOG_USER) : field_called(m, STR(""), name);
}

/* From all cookies of the request, or from a field of its own: $cookie_vid of nginx, %{vid}C of Apache. */
static struct str cookie_of(struct weblog_meaning *m, struct str name)
{
	struct str value;

	if (!m->line.cookie.p)
		m->line.cookie = weblog_line_text(m, WEBLOG_COOKIE);
	if (m->line.cookie.p)
		return cookie_in(m->line.cookie, name);
	value = field_called(m, STR("cookie_"), name);
	return value.p ? value : field_called(m, STR(""), name);
}

struct str weblog_value_of(struct weblog_meaning *m, const struct weblog_value *value,
			   const struct weblog_captures *captures)
{
	struct str raw = { NULL, 0 };

	switch (value->from) {
	case WEBLOG_FROM_NOWHERE:
		return raw;
	case WEBLOG_FROM_PATH:
		return weblog_captured(captures, value->name);
	case WEBLOG_FROM_PARAMETER:
		return weblog_clean(m, parameter_of(m, value->name), true, 0, VALUE_MOST);
	case WEBLOG_FROM_COOKIE:
		raw = cookie_of(m, value->name);
		if (raw.n > 1 && raw.p[0] == '"' && raw.p[raw.n - 1] == '"')
			raw = (struct str){ raw.p + 1, raw.n - 2 };
		return weblog_clean(m, raw, false, 0, VALUE_MOST);
	case WEBLOG_FROM_FIELD:
		return weblog_plain(m, text_cut(field_of(m, value->name), VALUE_MOST), 0);
	}
	return raw;
}

/* Something that the shop has a number for, when `may_keep` takes it. */
static struct str thing_of(struct weblog_meaning *m, const struct weblog_value *value,
			   bool (*may_keep)(struct weblog_meaning *m, struct str text))
{
	struct str text = weblog_value_of(m, value, &m->line.captures);

	if (text.n == 0 || text.n > PRODUCT_MOST || weblog_has_controls(text) || !may_keep(m, text))
		return (struct str){ NULL, 0 };
	return text;
}

/* Product and category, of which the mapping says where they stand. Guests may have to give their telephone number
 * with that of an order, so it is not one of these. */
static const struct weblog_value *thing_at(const struct weblog_meaning *m, size_t i, enum weblog_from from)
{
	const struct weblog_page *page = m->line.page;
	const struct weblog_value *value = !page ? NULL : i ? &page->category : &page->product;

	return value && value->from == from ? value : NULL;
}

bool weblog_is_thing_segment(const struct weblog_meaning *m, struct str segment)
{
	for (size_t i = 0; i < 2; i++) {
		const struct weblog_value *value = thing_at(m, i, WEBLOG_FROM_PATH);
		struct str text = value ? weblog_captured(&m->line.captures, value->name) : (struct str){ NULL, 0 };

		if (text.n && text.p >= segment.p && text.p + text.n <= segment.p + segment.n)
			return true;
	}
	return false;
}

bool weblog_is_thing_parameter(const struct weblog_meaning *m, struct str name)
{
	for (size_t i = 0; i < 2; i++) {
		const struct weblog_value *value = thing_at(m, i, WEBLOG_FROM_PARAMETER);

		if (value && value->name.n == name.n && strncasecmp(value->name.p, name.p, name.n) == 0)
			return true;
	}
	return false;
}

/* Digits, with commas between thousands as pages show them. */
static int64_t hits_of(struct str text)
{
	int64_t hits = text.n ? 0 : -1;

	for (size_t i = 0; i < text.n && hits >= 0; i++) {
		if (text.p[i] == ',' && i)
			continue;
		hits = text.p[i] >= '0' && text.p[i] <= '9' && hits < HITS_MOST ? hits * 10 + (text.p[i] - '0') : -1;
	}
	return hits;
}

static struct str searched(struct weblog_meaning *m)
{
	for (size_t i = 0; i < m->line.n_pairs; i++)
		if (m->line.pairs[i].means.use == WEBLOG_SEARCH && m->line.pairs[i].value.n)
			return weblog_terms_of(m, m->line.pairs[i].value);
	return (struct str){ NULL, 0 };
}

/* Paths are decoded already: a + or % of theirs means itself. */
static struct str page_terms(struct weblog_meaning *m, const struct weblog_page *page,
			     const struct weblog_captures *captures)
{
	if (page && page->terms.from == WEBLOG_FROM_PARAMETER)
		return weblog_terms_of(m, parameter_of(m, page->terms.name));
	if (page && page->terms.from != WEBLOG_FROM_NOWHERE)
		return weblog_typed(m, weblog_value_of(m, &page->terms, captures));
	return searched(m);
}

void weblog_page_read(struct weblog_meaning *m, struct weblog_event *event)
{
	const struct weblog_page *page = m->line.page;

	event->terms = page_terms(m, page, &m->line.captures);
	event->kind = event->terms.p ? "search" : "page";
	if (!page)
		return;
	event->kind = page->kind;
	event->product = thing_of(m, &page->product, weblog_may_keep_thing);
	event->category = thing_of(m, &page->category, weblog_may_keep_thing);
	event->order = thing_of(m, &page->order, weblog_is_impersonal);
	event->hits = hits_of(weblog_value_of(m, &page->hits, &m->line.captures));
}

void weblog_evidence_read(struct weblog_meaning *m, struct weblog_event *event)
{
	for (size_t i = 0; i < m->conf->n_evidence && event->n_links < WEBLOG_LINKS_MAX; i++) {
		const struct weblog_evidence *by = &m->conf->evidence[i];
		struct weblog_captures captures;
		struct str raw, value;

		if (!method_fits(m, by->method) || !status_fits(m, by->status) ||
		    !weblog_pattern_match(&by->path, m->line.path, &captures))
			continue;
		raw = weblog_value_of(m, &by->value, &captures);
		if (raw.n && normalize_key(by->gives, raw, m->line.mem, &value) == KEY_OK && value.n)
			event->links[event->n_links++] = (struct weblog_link){ by, value };
	}
}
