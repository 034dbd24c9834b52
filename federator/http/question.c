#include "federator/http/question.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/text.h"
#include "federator/http/cache_control.h"
#include "federator/http/uri.h"
#include "federator/web/web.h"

enum { BUDGET_MAX_MS = 600000, TIMELINE_MAX = 10000, NAMES_MAX = 128 };

/* One member. Most are texts that are only stored; of others `set` stores a checked value and returns NULL, or says
 * what the value should be. */
struct member {
	struct str name;
	unsigned scope; /* of enum question_scope */
	size_t text_at; /* in struct question */
	const char *text; /* what it should be, when it may not be empty */
	const char *(*set)(struct question *q, struct str value);
};

/* Names and messages of parsers may hold a piece of the question, cut anywhere: what cannot be shown is replaced. */
static const char *shown(struct question *q, struct str text)
{
	SCOPED(buf_free) struct buf out = { 0 };
	char utf8[4];
	uint32_t cp;

	while (text.n) {
		size_t used = text_next(text, &cp);

		buf_put(&out, utf8, text_encode(cp < ' ' || cp == 0x7f ? ' ' : cp, utf8));
		text = (struct str){ text.p + used, text.n - used };
	}
	return arena_cstr(q->mem, buf_str(&out));
}

bool question_refuse(struct question *q, int status, const char *type, const char *suggestion,
		     const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	q->fault = (struct fault){ status, type, shown(q, str_of(text)), suggestion };
	return false;
}

static const char *set_field(struct question *q, struct str value)
{
	q->ask.field = value;
	return value.n && !memchr(value.p, ',', value.n) ? NULL : "one path of the view";
}

static const char *set_lang(struct question *q, struct str value)
{
	q->ask.lang = value;
	return value.n <= 35 ? NULL : "a language tag such as ko";
}

static const char *set_provenance(struct question *q, struct str value)
{
	q->ask.provenance = str_eq(value, STR("full"));
	return q->ask.provenance || str_eq(value, STR("none")) ? NULL : "full or none";
}

/* "300ms", "2s", "300" (ms). */
static const char *set_budget(struct question *q, struct str value)
{
	static const char expected[] = "a time from 1ms to 600s such as 300ms";
	uint64_t factor = 1, ms;

	if (value.n > 2 && memcmp(value.p + value.n - 2, "ms", 2) == 0)
		value.n -= 2;
	else if (value.n > 1 && value.p[value.n - 1] == 's')
		value.n--, factor = 1000;
	if (!text_to_u64(value, &ms) || ms == 0 || ms > BUDGET_MAX_MS / factor)
		return expected;
	q->ask.budget_ms = (uint32_t)(ms * factor);
	return NULL;
}

static const char *set_limit(struct question *q, struct str value)
{
	bool web = (q->scope & SCOPE_WEB) != 0;
	uint64_t n;

	if (!text_to_u64(value, &n) || n == 0 || n > (web ? WEB_LIMIT_MOST : TIMELINE_MAX))
		return web ? "a number from 1 to 1000" : "a number from 1 to 10000";
	q->ask.limit = (uint32_t)n;
	return NULL;
}

static const char *set_format(struct question *q, struct str value)
{
	static const char *const names[] = { [FORMAT_JSON] = "json",
					     [FORMAT_XML] = "xml",
					     [FORMAT_FORM] = "form",
					     [FORMAT_TEXT] = "text" };

	for (unsigned f = 0; f < ARRAY_LEN(names); f++) {
		if (!str_eq(value, str_of(names[f])))
			continue;
		q->ask.format = (enum format)f;
		return NULL;
	}
	return "json, xml, form or text";
}

static const char *set_all(struct question *q, struct str value)
{
	q->purge.all = true;
	return str_eq(value, STR("true")) ? NULL : "true";
}

static const char *set_group(struct question *q, struct str value)
{
	q->web.group = value;
	return str_eq(value, STR("term")) || str_eq(value, STR("zero_result")) ? NULL : "term or zero_result";
}

static const char *set_minutes(struct question *q, struct str value)
{
	uint64_t n;

	if (!text_to_u64(value, &n) || n == 0 || n > WEB_MINUTES_MOST)
		return "a number of minutes from 1 to 1440";
	q->web.minutes = (uint32_t)n;
	return NULL;
}

/* A text: where it is stored, and what it should be (NULL: it may be empty). */
#define TEXT_OF(member_, text_) offsetof(struct question, member_), text_, NULL
/* Anything else: its function. */
#define SET_BY(function_) 0, NULL, function_

static const struct member members[] = {
	{ STR("view"), SCOPE_VIEW | SCOPE_ROUTING | SCOPE_SCHEMA, TEXT_OF(ask.view, NULL) },
	{ STR("budget"), SCOPE_VIEW | SCOPE_ROUTING | SCOPE_LINE, SET_BY(set_budget) },
	{ STR("format"), SCOPE_ROUTING, SET_BY(set_format) },
	{ STR("fields"), SCOPE_VIEW, TEXT_OF(ask.fields, NULL) },
	{ STR("field"), SCOPE_EXPLAIN, SET_BY(set_field) },
	{ STR("parts"), SCOPE_VIEW, TEXT_OF(ask.parts, NULL) },
	{ STR("provenance"), SCOPE_VIEW, SET_BY(set_provenance) },
	{ STR("lang"), SCOPE_VIEW | SCOPE_SCHEMA | SCOPE_LANG, SET_BY(set_lang) },
	{ STR("since"), SCOPE_TIMELINE | SCOPE_WEB_SESSIONS | SCOPE_WEB_SEARCHES, TEXT_OF(ask.since, NULL) },
	{ STR("until"), SCOPE_TIMELINE | SCOPE_WEB_SESSIONS | SCOPE_WEB_SEARCHES, TEXT_OF(ask.until, NULL) },
	{ STR("kind"), SCOPE_TIMELINE, TEXT_OF(ask.kind, NULL) },
	{ STR("limit"), SCOPE_TIMELINE | SCOPE_WEB, SET_BY(set_limit) },
	{ STR("cursor"), SCOPE_TIMELINE | SCOPE_WEB_SESSIONS | SCOPE_WEB_PAGES | SCOPE_WEB_SEARCHES,
	  TEXT_OF(ask.cursor, "the cursor of a `next` link") },
	{ STR("customer"), SCOPE_PURGE | SCOPE_WEB_SESSIONS, TEXT_OF(purge.customer, "a sealed id") },
	{ STR("source"), SCOPE_PURGE, TEXT_OF(purge.source, "the name of a source") },
	{ STR("part"), SCOPE_PURGE, TEXT_OF(purge.part, "the name of a part") },
	{ STR("all"), SCOPE_PURGE, SET_BY(set_all) },
	{ STR("log"), SCOPE_WEB, TEXT_OF(web.log, "the name of a weblog of the mapping") },
	{ STR("visitor"), SCOPE_WEB_SESSIONS, TEXT_OF(web.visitor, "the name of a visitor") },
	{ STR("path"), SCOPE_WEB_SESSIONS | SCOPE_WEB_LIVE,
	  TEXT_OF(web.path, "a path of the web site, such as /checkout*") },
	{ STR("group"), SCOPE_WEB_SEARCHES, SET_BY(set_group) },
	{ STR("minutes"), SCOPE_WEB_LIVE, SET_BY(set_minutes) },
};

enum { MEMBERS = ARRAY_LEN(members) };

static const struct member *member_named(const struct question *q, struct str name)
{
	for (size_t i = 0; i < MEMBERS; i++)
		if ((q->scope & members[i].scope) && str_eq(name, members[i].name))
			return &members[i];
	return NULL;
}

bool question_has_member(const struct question *q, struct str name)
{
	return member_named(q, name) != NULL;
}

const char *question_member_name(size_t i, unsigned scope)
{
	if (i >= MEMBERS)
		return NULL;
	return (scope & members[i].scope) ? members[i].name.p : "";
}

static const char *did_you_mean(struct question *q, const char *near)
{
	return near ? arena_printf(q->mem, "did you mean `%s`?", near).p : NULL;
}

static bool refuse_unknown(struct question *q, struct str name)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < MEMBERS; i++)
		if (q->scope & members[i].scope)
			names[n++] = members[i].name.p;
	for (size_t i = 0; i < q->n_also && n < NAMES_MAX; i++)
		names[n++] = q->also[i];
	return question_refuse(q, 400, "unknown-parameter", did_you_mean(q, text_nearest(name, names, n)),
			       "`%.*s` is not a parameter of this request", (int)(name.n < 64 ? name.n : 64),
			       name.p);
}

static const char *member_set(struct question *q, const struct member *m, struct str value)
{
	if (m->set)
		return m->set(q, value);
	*(struct str *)(void *)((char *)q + m->text_at) = value;
	return value.n ? NULL : m->text;
}

bool question_member(struct question *q, struct str name, struct str value)
{
	const struct member *m = member_named(q, name);
	const char *expected;
	unsigned bit;

	if (!m)
		return refuse_unknown(q, name);
	bit = 1u << (m - members);
	if (q->given & bit)
		return question_refuse(q, 400, "repeated-parameter", NULL, "`%s` is given more than once",
				       m->name.p);
	q->given |= bit;
	expected = member_set(q, m, value);
	if (expected)
		return question_refuse(q, 400, "bad-parameter", NULL, "`%s` takes %s", m->name.p, expected);
	return true;
}

bool question_key(struct question *q, struct str name, struct str value)
{
	struct ask *ask = &q->ask;

	for (size_t i = 0; i < ask->n_by; i++)
		if (str_eq(ask->by[i].name, name))
			return question_refuse(q, 400, "repeated-parameter", NULL,
					       "the key `%.*s` is given more than once", STR_ARG(name));
	if (ask->n_by == ASK_KEYS_MAX)
		return question_refuse(q, 400, "too-many-keys", NULL, "at most %d keys can be asked by",
				       ASK_KEYS_MAX);
	if (name.n == 0 || (value.n == 0 && !q->any_value))
		return question_refuse(q, 400, "bad-parameter", NULL, "a key to ask by has no %s",
				       name.n ? "value" : "name");
	ask->by[ask->n_by].name = name;
	ask->by[ask->n_by++].value = value;
	return true;
}

static bool is_one_of(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(name, str_of(names[i])))
			return true;
	return false;
}

static bool refuse_query(struct question *q)
{
	return question_refuse(q, 400, "bad-query", NULL,
			       "the query string holds a bad escape, a control character or bytes that "
			       "are not UTF-8");
}

/* The value of a key. What telephone systems put there is taken for what it must be: a leading `+`, which
 * stands for a blank in a query string, for the one of a number; what is no text for nothing. */
static bool key_value(struct question *q, struct str raw, struct str *out)
{
	bool plus = raw.n && raw.p[0] == '+';

	if (!q->any_value)
		return uri_decode(raw, URI_QUERY, q->mem, out);
	if (!uri_decode(raw, URI_QUERY, q->mem, out))
		*out = STR("");
	else if (plus)
		*out = arena_printf(q->mem, "+%.*s", (int)out->n - 1, out->p + 1);
	return true;
}

bool question_query(struct question *q, struct str query, const char *const *keys, size_t n_keys)
{
	struct str raw_name, raw_value, name, value;

	q->also = keys;
	q->n_also = n_keys;
	while (uri_next_pair(&query, &raw_name, &raw_value)) {
		bool key, good;

		if (!uri_decode(raw_name, URI_QUERY, q->mem, &name))
			return refuse_query(q);
		key = !question_has_member(q, name) && is_one_of(name, keys, n_keys);
		good = key ? key_value(q, raw_value, &value) : uri_decode(raw_value, URI_QUERY, q->mem, &value);
		if (!good)
			return refuse_query(q);
		if (!(key ? question_key(q, name, value) : question_member(q, name, value)))
			return false;
	}
	return true;
}

/* Prefer: wait=2, handling=strict. What is not known is ignored, as RFC 7240 says. */
static void prefer_read(struct question *q, struct str list)
{
	struct str member;
	uint64_t seconds;

	while (headers_next(&list, &member)) {
		if (headers_same(member, "handling=strict")) {
			q->ask.strict = true;
		} else if (member.n > 5 && headers_same((struct str){ member.p, 5 }, "wait=") &&
			   text_to_u64((struct str){ member.p + 5, member.n - 5 }, &seconds) && seconds > 0 &&
			   seconds <= BUDGET_MAX_MS / 1000 && q->ask.budget_ms == 0) {
			q->ask.budget_ms = (uint32_t)seconds * 1000;
		}
	}
}

bool question_headers(struct question *q, const struct headers *h)
{
	const char *wrong = cache_control_read(&q->ask, h);
	struct str purpose = headers_get(h, "X-Purpose");

	if (wrong)
		return question_refuse(q, 400, "bad-header", NULL, "Cache-Control: %s", wrong);
	q->ask.contact = headers_get(h, "X-Contact");
	if (q->ask.contact.p && !headers_is_token(q->ask.contact))
		return question_refuse(q, 400, "bad-header", NULL,
				       "X-Contact takes 1 to 64 letters, digits, '.', '_' or '-'");
	if (!q->of_customer && headers_get(h, "X-Unmask").p)
		return question_refuse(q, 400, "bad-header", NULL,
				       "X-Unmask is for answers about one customer that come at once");
	prefer_read(q, headers_get(h, "Prefer"));
	if (purpose.p && !headers_is_token(purpose))
		return question_refuse(q, 400, "bad-header", NULL,
				       "X-Purpose takes 1 to 64 letters, digits, '.', '_' or '-'");
	if (purpose.p)
		q->ask.purpose = purpose;
	if (!q->ask.lang.p)
		q->ask.lang = headers_language(h, q->mem);
	return true;
}
