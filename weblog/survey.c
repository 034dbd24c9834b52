#include "weblog/survey.h"

#include "base/map.h"
#include "base/text.h"
#include "weblog/decode.h"

#define IDLE_US (INT64_C(30) * 60 * 1000000)
#define LONGEST_US (INT64_C(24) * 3600 * 1000000)

enum { TERM_MAX = 200, CLIENT_MAX = 256 };

struct agent {
	bool bot;
	struct agent *next;
};

struct visitor {
	const struct agent *agent;
	bool robots; /* asked for robots.txt, which browsers never do */
	int64_t begin_us, last_us;
	uint64_t requests, sessions, searches, engine_searches;
	struct visitor *next;
};

struct term {
	struct weblog_term it;
	struct term *next;
};

/* Terms of one kind. */
struct terms {
	struct map *by_text;
	struct term *first;
	uint64_t n, korean, broken;
};

struct weblog_survey {
	const struct weblog_rules *rules;
	struct arena *mem;
	struct weblog_decoder *decoder;
	struct map *agents, *visitors;
	struct agent *first_agent;
	struct visitor *first_visitor;
	struct terms site, engines;
	struct buf scratch, text;
	uint64_t requests, not_followed;
	int64_t first_us, last_us;
};

struct weblog_survey *weblog_survey_new(const struct weblog_rules *rules, struct arena *mem)
{
	struct weblog_survey *s = arena_new_of(mem, struct weblog_survey);

	s->rules = rules;
	s->mem = mem;
	s->decoder = weblog_decoder_new();
	s->agents = map_new(mem);
	s->visitors = map_new(mem);
	s->site.by_text = map_new(mem);
	s->engines.by_text = map_new(mem);
	return s;
}

void weblog_survey_end(struct weblog_survey **survey)
{
	if (!*survey)
		return;
	weblog_decoder_free(&(*survey)->decoder);
	buf_free(&(*survey)->scratch);
	buf_free(&(*survey)->text);
	*survey = NULL;
}

/* What is known of an agent string, looked up in the list once. NULL: there are too many. */
static struct agent *agent_of(struct weblog_survey *s, struct str text)
{
	struct agent *agent;

	if (!text.p)
		text = STR("");
	agent = map_get(s->agents, text);
	if (agent || map_count(s->agents) >= WEBLOG_SURVEY_MAX)
		return agent;
	agent = arena_new_of(s->mem, struct agent);
	agent->bot = weblog_is_bot(s->rules, text);
	agent->next = s->first_agent;
	s->first_agent = agent;
	(void)map_set(s->agents, arena_str(s->mem, text), agent);
	return agent;
}

/* A client with an agent: the agent stands in the key by its address, which is shorter than its text. */
static struct visitor *visitor_of(struct weblog_survey *s, struct str client, const struct agent *agent)
{
	char bytes[sizeof(agent) + CLIENT_MAX];
	size_t n = client.n < CLIENT_MAX ? client.n : CLIENT_MAX;
	struct str key = { bytes, sizeof(agent) + n };
	struct visitor *visitor;

	memcpy(bytes, &agent, sizeof(agent));
	if (n)
		memcpy(bytes + sizeof(agent), client.p, n);
	visitor = map_get(s->visitors, key);
	if (visitor || map_count(s->visitors) >= WEBLOG_SURVEY_MAX)
		return visitor;
	visitor = arena_new_of(s->mem, struct visitor);
	visitor->agent = agent;
	visitor->next = s->first_visitor;
	s->first_visitor = visitor;
	(void)map_set(s->visitors, arena_str(s->mem, key), visitor);
	return visitor;
}

/* Servers write a line when its answer ends, so a line may be a little older than the one in front of it. */
static void session_add(struct visitor *v, int64_t at_us)
{
	bool new = v->requests == 0 || at_us - v->last_us > IDLE_US || at_us - v->begin_us > LONGEST_US;

	if (new) {
		v->sessions++;
		v->begin_us = at_us;
	}
	if (new || at_us > v->last_us)
		v->last_us = at_us;
	v->requests++;
}

/* How many bytes of a blank, or of a character that would drive the terminal it is shown on, begin there. */
static size_t blank_at(const struct buf *text, size_t i)
{
	unsigned char c = (unsigned char)text->data[i];

	if (c == 0xc2 && (unsigned char)text->data[i + 1] < 0xa0) /* U+0080 to U+009F */
		return 2;
	return c <= ' ' || c == 0x7f;
}

/* Blanks at the ends and doubled ones make no other term; nor does the case of ASCII letters. In place. */
static struct str tidy(struct buf *text)
{
	size_t n = 0;

	for (size_t i = 0, blank; i < text->len; i += blank ? blank : 1) {
		char c = text->data[i];

		blank = blank_at(text, i);
		if (blank && (n == 0 || text->data[n - 1] == ' '))
			continue;
		if (blank)
			c = ' ';
		text->data[n++] = text_lower(c);
	}
	while (n && text->data[n - 1] == ' ')
		n--;
	return (struct str){ text->data, n };
}

static bool term_add(struct weblog_survey *s, struct terms *terms, struct str raw)
{
	enum weblog_charset charset;
	struct term *term;
	struct str text;

	s->text.len = 0;
	charset = weblog_decode(s->decoder, raw, true, &s->text);
	text = tidy(&s->text);
	if (text.n == 0 || text.n > TERM_MAX) /* nobody types so much */
		return false;
	terms->n++;
	terms->korean += charset == WEBLOG_CP949;
	terms->broken += charset == WEBLOG_BROKEN;
	term = map_get(terms->by_text, text);
	if (!term && map_count(terms->by_text) < WEBLOG_SURVEY_MAX) {
		term = arena_new_of(s->mem, struct term);
		term->it.text = arena_str(s->mem, text);
		term->next = terms->first;
		terms->first = term;
		(void)map_set(terms->by_text, term->it.text, term);
	}
	if (term)
		term->it.n++;
	return true;
}

/* A text of the record with its escapes undone, until the next one is asked for. */
static struct str plain_text(struct weblog_survey *s, const struct weblog_record *record, enum weblog_text which)
{
	if (!record->text[which].p || !(record->escaped >> which & 1u))
		return record->text[which];
	s->scratch.len = 0;
	weblog_text_put(record, which, &s->scratch);
	return buf_str(&s->scratch);
}

static void search_add(struct weblog_survey *s, const struct weblog_record *record, struct visitor *visitor)
{
	enum weblog_text where = record->text[WEBLOG_QUERY].p ? WEBLOG_QUERY : WEBLOG_TARGET;
	struct str text, query, term;

	if (record->status >= 400)
		return;
	text = plain_text(s, record, where);
	query = weblog_query_of(text);
	if (!query.p && where == WEBLOG_QUERY)
		query = text;
	term = weblog_parameter(query, s->rules->parameters, s->rules->n_parameters);
	if (term.p && term_add(s, &s->site, term))
		visitor->searches++;
}

static void engine_search_add(struct weblog_survey *s, const struct weblog_record *record, struct visitor *visitor)
{
	struct str url = plain_text(s, record, WEBLOG_REFERRER), query = weblog_query_of(url), host;

	if (!query.p)
		return;
	host = weblog_host_of(url);
	for (size_t i = 0; i < s->rules->n_engines; i++) {
		const struct weblog_engine *engine = &s->rules->engines[i];
		struct str term;

		if (!weblog_host_has(host, engine->host))
			continue;
		term = weblog_parameter(query, &engine->parameter, 1);
		if (term.p) {
			visitor->engine_searches += term_add(s, &s->engines, term);
			return;
		}
	}
}

static bool is_robots(struct str target)
{
	static const struct str robots = STR("/robots.txt");

	return target.n >= robots.n && memcmp(target.p, robots.p, robots.n) == 0 &&
	       (target.n == robots.n || target.p[robots.n] == '?');
}

void weblog_survey_add(struct weblog_survey *s, const struct weblog_record *record)
{
	struct agent *agent = agent_of(s, plain_text(s, record, WEBLOG_AGENT));
	struct visitor *visitor = agent ? visitor_of(s, record->text[WEBLOG_CLIENT], agent) : NULL;

	if (s->requests++ == 0)
		s->first_us = s->last_us = record->time_us;
	if (record->time_us < s->first_us)
		s->first_us = record->time_us;
	if (record->time_us > s->last_us)
		s->last_us = record->time_us;
	if (!visitor) {
		s->not_followed++;
		return;
	}
	session_add(visitor, record->time_us);
	visitor->robots |= is_robots(record->text[WEBLOG_TARGET]);
	if (agent->bot || visitor->robots)
		return;
	search_add(s, record, visitor);
	engine_search_add(s, record, visitor);
}

static void top_of(const struct terms *terms, struct weblog_term *top)
{
	for (const struct term *t = terms->first; t; t = t->next) {
		size_t i = WEBLOG_TOP;

		while (i > 0 && (t->it.n > top[i - 1].n ||
				 (t->it.n == top[i - 1].n && str_cmp(t->it.text, top[i - 1].text) < 0)))
			i--;
		if (i == WEBLOG_TOP)
			continue;
		memmove(&top[i + 1], &top[i], (WEBLOG_TOP - 1 - i) * sizeof(*top));
		top[i] = t->it;
	}
}

static void visitors_sum(const struct weblog_survey *s, struct weblog_sums *out)
{
	for (const struct visitor *v = s->first_visitor; v; v = v->next) {
		out->robots_visitors += v->robots;
		if (v->robots || v->agent->bot) {
			out->bot_requests += v->requests;
			continue;
		}
		out->visitors++;
		out->sessions += v->sessions;
		out->searches += v->searches;
		out->engine_searches += v->engine_searches;
	}
}

void weblog_survey_sums(const struct weblog_survey *s, struct weblog_sums *out)
{
	memset(out, 0, sizeof(*out));
	out->requests = s->requests;
	out->first_us = s->first_us;
	out->last_us = s->last_us;
	out->not_followed = s->not_followed;
	out->agents = map_count(s->agents);
	for (const struct agent *a = s->first_agent; a; a = a->next)
		out->bot_agents += a->bot;
	visitors_sum(s, out);
	out->korean_terms = s->site.korean + s->engines.korean;
	out->broken_terms = s->site.broken + s->engines.broken;
	out->distinct_terms = map_count(s->site.by_text);
	out->distinct_engine_terms = map_count(s->engines.by_text);
	top_of(&s->site, out->top);
	top_of(&s->engines, out->engine_top);
}
