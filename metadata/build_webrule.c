/* build_webrule.c - rules of a web site's log: where values stand, what pages are, what is evidence. */
#include "metadata/build.h"
#include "metadata/weblogs.h"

/* ---- paths and values ---- */

/* `n` bytes at byte `at` of an attribute's value, white space in front of it left out. */
static struct span value_span(const struct elem *e, const char *attribute, size_t at, size_t n)
{
	const struct attr *a = elem_attr(e, attribute);
	struct span span = elem_at(e, attribute);

	if (a && a->verbatim) {
		span.column += (uint32_t)((size_t)(elem_token(e, attribute).p - a->value.p) + at);
		span.length = (uint32_t)n;
	}
	return span;
}

/* The path attribute; an empty pattern when there is none, or a finding. */
static struct weblog_pattern build_pattern(struct build *b, const struct elem *e)
{
	struct weblog_pattern pattern = { STR("") };
	struct str text = elem_token(e, "path");
	size_t at, n;
	const char *fault;

	if (!text.p)
		return pattern;
	fault = weblog_pattern_fault(text, &at, &n);
	if (fault)
		diag_add(b->ds, "M1007", value_span(e, "path", at, n), "write it like /goods/{product} or /help/*",
			 "%s", fault);
	else
		pattern.text = str_of(build_keep(b, text));
	return pattern;
}

static struct weblog_value value_of(struct build *b, struct str text)
{
	static const struct {
		struct str word;
		enum weblog_from from;
	} words[] = { { STR("cookie:"), WEBLOG_FROM_COOKIE },
		      { STR("parameter:"), WEBLOG_FROM_PARAMETER },
		      { STR("path:"), WEBLOG_FROM_PATH },
		      { STR("field:"), WEBLOG_FROM_FIELD } };
	struct weblog_value value = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t n = words[i].word.n;

		if (text.n > n && memcmp(text.p, words[i].word.p, n) == 0)
			value = (struct weblog_value){ words[i].from,
						       str_of(build_keep(b, (struct str){ text.p + n, text.n - n })) };
	}
	return value;
}

static const char *near_place(struct build *b, struct str name, const struct weblog_captures *places)
{
	const char *known[WEBLOG_PLACES_MAX];

	for (size_t i = 0; i < places->n; i++)
		known[i] = arena_cstr(b->scratch, places->of[i].name);
	return names_near(b->scratch, name, known, places->n);
}

static bool has_place(const struct weblog_captures *places, struct str name)
{
	for (size_t i = 0; i < places->n; i++)
		if (str_eq(places->of[i].name, name))
			return true;
	return false;
}

/* Where the value of an attribute stands, else in the place of that name of the path, if there is one. */
static struct weblog_value build_web_value(struct build *b, const struct elem *e, const char *attribute,
					   const struct weblog_pattern *pattern, struct str place)
{
	struct weblog_value value = value_of(b, elem_token(e, attribute));
	const struct attr *path = elem_attr(e, "path");
	struct weblog_captures places;

	weblog_pattern_places(pattern, &places);
	if (value.from == WEBLOG_FROM_NOWHERE && has_place(&places, place))
		return (struct weblog_value){ WEBLOG_FROM_PATH, str_of(build_keep(b, place)) };
	if (value.from != WEBLOG_FROM_PATH || has_place(&places, value.name))
		return value;
	if (!path || pattern->text.n) /* else the path has a finding of its own */
		diag_add(b->ds, "M1008", value_span(e, attribute, sizeof("path:") - 1, value.name.n),
			 near_place(b, value.name, &places),
			 path ? "the path has no place {%.*s}" : "there is no path, so no place {%.*s}",
			 STR_ARG(value.name));
	return value;
}

/* ---- lists of one attribute ---- */

static const struct str *build_texts(struct build *b, const struct elem *e, const char *name, size_t *n_out)
{
	struct str *texts = arena_array_of(b->mem, struct str, elem_count(e, name) + 1);

	for (const struct elem *c = elem_child(e, name); c; c = elem_sibling(c))
		texts[(*n_out)++] = str_of(build_keep(b, elem_token(c, "parameter")));
	return texts;
}

static void build_visitors(struct build *b, const struct elem *e, struct weblog *log)
{
	struct weblog_value *visitors = arena_array_of(b->mem, struct weblog_value, elem_count(e, "visitor") + 1);
	const struct weblog_pattern none = { STR("") };

	log->visitors = visitors;
	for (const struct elem *c = elem_child(e, "visitor"); c; c = elem_sibling(c))
		visitors[log->n_visitors++] = build_web_value(b, c, "from", &none, STR(""));
}

static void build_assets(struct build *b, const struct elem *e, struct weblog *log)
{
	struct weblog_pattern *assets = arena_array_of(b->mem, struct weblog_pattern, elem_count(e, "asset") + 1);

	log->assets = assets;
	for (const struct elem *c = elem_child(e, "asset"); c; c = elem_sibling(c))
		assets[log->n_assets++] = build_pattern(b, c);
}

static const char *keep_method(struct build *b, const struct elem *e)
{
	return elem_attr(e, "method") ? build_keep(b, elem_token(e, "method")) : NULL;
}

/* ---- pages ---- */

/* A path that fits the pattern and, but for its letters, stands for all that do: what fits it by a place or
 * by `*` fits whatever stands there, since no pattern has the byte 1. */
static struct str sample(struct build *b, struct str pattern, const char *rest)
{
	struct buf out = { 0 };
	struct str kept;

	for (size_t i = 0; i < pattern.n; i++) {
		if (pattern.p[i] == '*') {
			buf_puts(&out, rest);
		} else if (pattern.p[i] == '{') {
			buf_putc(&out, '\1');
			i += (size_t)((const char *)memchr(pattern.p + i, '}', pattern.n - i) - (pattern.p + i));
		} else {
			buf_putc(&out, pattern.p[i]);
		}
	}
	kept = arena_str(b->scratch, buf_str(&out));
	buf_free(&out);
	return kept;
}

/* Does `page` fit every request that `later` fits? */
static bool covers(struct build *b, const struct weblog_page *page, const struct weblog_page *later)
{
	struct weblog_captures unused;

	if (page->path.text.n == 0 || later->path.text.n == 0)
		return false; /* a finding already */
	if (page->method && (!later->method || strcmp(page->method, later->method) != 0))
		return false;
	return weblog_pattern_match(&page->path, sample(b, later->path.text, ""), &unused) &&
	       weblog_pattern_match(&page->path, sample(b, later->path.text, "\1/\1"), &unused);
}

static void check_reached(struct build *b, const struct elem *e, const struct weblog *log,
			  const struct weblog_page *page)
{
	for (size_t i = 0; i < log->n_pages; i++) {
		if (!covers(b, &log->pages[i], page))
			continue;
		diag_add(b->ds, "M1009", elem_at(e, "path"), "put the page with the narrower path first",
			 "the page of line %u fits whatever fits this one", log->pages[i].at.line);
		return;
	}
}

static void build_pages(struct build *b, const struct elem *e, struct weblog *log)
{
	struct weblog_page *pages = arena_array_of(b->mem, struct weblog_page, elem_count(e, "page") + 1);

	log->pages = pages;
	for (const struct elem *c = elem_child(e, "page"); c; c = elem_sibling(c)) {
		struct weblog_page *page = &pages[log->n_pages];

		*page = (struct weblog_page){ .kind = build_keep(b, elem_token(c, "kind")),
					      .path = build_pattern(b, c),
					      .method = keep_method(b, c),
					      .labels = build_labels(b, c),
					      .at = c->at };
		page->product = build_web_value(b, c, "product", &page->path, STR("product"));
		page->category = build_web_value(b, c, "category", &page->path, STR("category"));
		page->order = build_web_value(b, c, "order", &page->path, STR("order"));
		page->terms = build_web_value(b, c, "terms", &page->path, STR("terms"));
		page->hits = build_web_value(b, c, "hits", &page->path, STR("hits"));
		check_reached(b, c, log, page);
		log->n_pages++;
	}
}

/* ---- evidence ---- */

static struct weblog_statuses build_statuses(struct build *b, const struct elem *e)
{
	struct str text = elem_token(e, "status");
	struct weblog_statuses of = { 200, 399 };
	unsigned number[2] = { 0 };
	size_t which = 0;

	if (!text.p)
		return of;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '.')
			which = 1;
		else
			number[which] = 10 * number[which] + (unsigned)(text.p[i] - '0');
	}
	of = (struct weblog_statuses){ (uint16_t)number[0], (uint16_t)number[1] };
	if (of.least > of.most)
		diag_add(b->ds, "M1013", elem_at(e, "status"), NULL, "no status lies between %u and %u", number[0],
			 number[1]);
	return of;
}

static void check_gives(struct build *b, const struct elem *e, const struct weblog *log, const struct key *key)
{
	if (key->role == KEY_ITEM || key == log->visitor)
		diag_add(b->ds, "M1011", elem_at(e, "gives"), "give the identity, or a key such as an order",
			 key->role == KEY_ITEM ? "`%s` is an item key: it leads to no customer"
					       : "`%s` is the visitor, and who that is should be found",
			 key->name);
	else if (key->role == KEY_SHARED)
		diag_add(b->ds, "M1012", elem_at(e, "gives"), "give the identity, or a key with role=\"unique\"",
			 "`%s` may belong to several customers, and each would be shown these pages", key->name);
}

static void check_evidence_name(struct build *b, const struct elem *e, const struct weblog *log, const char *name)
{
	for (size_t i = 0; i < log->n_evidence; i++)
		if (strcmp(log->evidence[i].name, name) == 0)
			diag_add(b->ds, "M1014", elem_at(e, "name"), "choose another name",
				 "there is evidence called `%s` already", name);
}

static void build_one_evidence(struct build *b, const struct elem *e, const struct weblog *log,
			       struct weblog_evidence *ev)
{
	const struct key *key = names_want(b->names, NAMES_KEY, elem_token(e, "gives"), elem_at(e, "gives"));

	*ev = (struct weblog_evidence){ .name = build_keep(b, elem_token(e, "name")),
					.gives = key,
					.path = build_pattern(b, e),
					.method = keep_method(b, e),
					.status = build_statuses(b, e),
					.confidence = elem_number(e, "confidence", 0),
					.at = e->at };
	ev->value = build_web_value(b, e, "from", &ev->path, elem_token(e, "gives"));
	if (ev->value.from == WEBLOG_FROM_NOWHERE && (ev->path.text.n || !elem_attr(e, "path")))
		diag_add(b->ds, "M1010", e->at, "add from=\"cookie:...\", parameter:..., path:... or field:...",
			 "nothing says where the value of `%.*s` stands", STR_ARG(elem_token(e, "gives")));
	check_evidence_name(b, e, log, ev->name);
	if (key)
		check_gives(b, e, log, key);
}

static void build_evidence(struct build *b, const struct elem *e, struct weblog *log)
{
	struct weblog_evidence *of = arena_array_of(b->mem, struct weblog_evidence, elem_count(e, "evidence") + 1);

	log->evidence = of;
	for (const struct elem *c = elem_child(e, "evidence"); c; c = elem_sibling(c)) {
		build_one_evidence(b, c, log, &of[log->n_evidence]);
		log->n_evidence++;
	}
}

void build_webrules(struct build *b, const struct elem *e, struct weblog *log)
{
	build_visitors(b, e, log);
	log->hide = build_texts(b, e, "hide", &log->n_hide);
	build_assets(b, e, log);
	log->searches = build_texts(b, e, "search", &log->n_searches);
	build_pages(b, e, log);
	build_evidence(b, e, log);
}
