#include "weblog/effect.h"

#include <stdlib.h>

#include "base/map.h"
#include "weblog/meaning_state.h"
#include "weblog/personal.h"

enum { LINE_BYTES = 1 << 16 }; /* of what lines leave behind, until it is given back */

struct visitor {
	uint64_t events;
	bool is_named, is_linked;
	struct visitor *next;
};

/* Texts and how often they came. */
struct tally {
	struct map *by_name;
	struct counted {
		struct weblog_counted it;
		struct counted *next;
	} *first;
};

struct weblog_effect {
	const struct weblog *conf;
	struct arena *mem, *line_mem;
	struct weblog_meaning *meaning;
	struct map *visitors;
	struct visitor *first_visitor;
	struct tally kinds, hidden, terms, products, categories, orders;
	struct weblog_counted *evidence;
	struct weblog_effect_sums sums;
};

struct weblog_effect *weblog_effect_new(const struct weblog *conf, const struct weblog_rules *rules,
					  struct arena *mem)
{
	static const unsigned char salt[WEBLOG_SALT_BYTES]; /* nothing that is hashed leaves */
	struct weblog_effect *o = arena_new_of(mem, struct weblog_effect);
	struct tally *tallies[] = { &o->kinds, &o->hidden, &o->terms, &o->products, &o->categories, &o->orders };

	o->conf = conf;
	o->mem = mem;
	o->line_mem = arena_new();
	o->meaning = weblog_meaning_new(conf, rules, salt);
	o->visitors = map_new(mem);
	for (size_t i = 0; i < ARRAY_LEN(tallies); i++)
		tallies[i]->by_name = map_new(mem);
	o->evidence = arena_array_of(mem, struct weblog_counted, conf->n_evidence);
	for (size_t i = 0; i < conf->n_evidence; i++)
		o->evidence[i].name = str_of(conf->evidence[i].name);
	return o;
}

void weblog_effect_end(struct weblog_effect **effect)
{
	if (!*effect)
		return;
	weblog_meaning_free(&(*effect)->meaning);
	arena_wipe_free(&(*effect)->line_mem);
	*effect = NULL;
}

static void tally_add(struct weblog_effect *o, struct tally *to, struct str name)
{
	struct counted *counted;

	if (!name.n)
		return;
	counted = map_get(to->by_name, name);
	if (!counted) {
		if (map_count(to->by_name) >= WEBLOG_EFFECT_MAX)
			return;
		counted = arena_new_of(o->mem, struct counted);
		counted->it.name = arena_str(o->mem, name);
		counted->next = to->first;
		to->first = counted;
		(void)map_set(to->by_name, counted->it.name, counted);
	}
	counted->it.n++;
}

static void visitor_add(struct weblog_effect *o, const struct weblog_event *event)
{
	struct visitor *visitor = map_get(o->visitors, event->visitor);

	if (!visitor) {
		if (map_count(o->visitors) >= WEBLOG_EFFECT_MAX)
			return;
		visitor = arena_new_of(o->mem, struct visitor);
		visitor->is_named = event->visitor.p[0] != '~';
		visitor->next = o->first_visitor;
		o->first_visitor = visitor;
		(void)map_set(o->visitors, arena_str(o->mem, event->visitor), visitor);
	}
	visitor->events++;
	visitor->is_linked |= event->n_links > 0;
}

/* A name that is one; others are hidden for what they are. */
static bool is_shown(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || (unsigned char)name.p[i] >= 0x7f)
			return false;
	return name.n <= 64 && !weblog_is_personal_or_card(name);
}

static void hidden_add(struct weblog_effect *o)
{
	const struct weblog_line *line = &o->meaning->line;

	for (size_t i = 0; i < line->n_pairs; i++)
		if (line->pairs[i].means.is_hidden)
			tally_add(o, &o->hidden,
				  is_shown(line->pairs[i].name) ? line->pairs[i].name : STR("(not shown)"));
}

static void event_shown(struct weblog_effect *o, const struct weblog_event *event)
{
	const struct {
		const char *name;
		struct str text;
	} texts[] = {
		{ "product", event->product }, { "category", event->category }, { "order", event->order },
		{ "terms", event->terms },     { "engine", event->engine },	{ "engine_terms", event->engine_terms },
		{ "query", event->query },     { "referrer", event->referrer }, { "campaign", event->campaign },
		{ "client", event->client },
	};
	SCOPED(buf_free) struct buf out = { 0 };

	if (o->sums.n_shown == WEBLOG_EFFECT_SHOWN)
		return;
	buf_printf(&out, "%s %s %s %.*s:", event->kind, weblog_result_words[event->result],
		   event->visitor.p[0] == '~' ? "unnamed" : "named", STR_ARG(event->path));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].text.p)
			buf_printf(&out, " %s", texts[i].name);
	for (uint32_t i = 0; i < event->n_links; i++)
		buf_printf(&out, " %s=%s", event->links[i].by->name, event->links[i].by->gives->name);
	o->sums.shown[o->sums.n_shown++] = arena_str(o->mem, buf_str(&out));
}

static void event_add(struct weblog_effect *o, const struct weblog_event *event)
{
	o->sums.results[event->result]++;
	o->sums.searches += event->terms.p != NULL;
	tally_add(o, &o->kinds, str_of(event->kind));
	tally_add(o, &o->terms, event->terms);
	tally_add(o, &o->products, event->product);
	tally_add(o, &o->categories, event->category);
	tally_add(o, &o->orders, event->order);
	for (uint32_t i = 0; i < event->n_links; i++)
		o->evidence[event->links[i].by - o->conf->evidence].n++;
	visitor_add(o, event);
	hidden_add(o);
	event_shown(o, event);
}

void weblog_effect_add(struct weblog_effect *o, const struct weblog_record *record)
{
	struct weblog_event event;
	enum weblog_verdict verdict = weblog_meaning_of(o->meaning, record, o->line_mem, &event);

	o->sums.verdicts[verdict]++;
	if (verdict == WEBLOG_EVENT)
		event_add(o, &event);
	if (arena_used(o->line_mem) > LINE_BYTES) {
		arena_wipe_free(&o->line_mem);
		o->line_mem = arena_new();
	}
}

static int by_count(const void *a, const void *b)
{
	const struct weblog_counted *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return str_cmp(x->name, y->name);
}

static const struct weblog_counted *tally_sorted(const struct weblog_effect *o, const struct tally *tally)
{
	struct weblog_counted *all = arena_array_of(o->mem, struct weblog_counted, map_count(tally->by_name));
	size_t n = 0;

	for (const struct counted *c = tally->first; c; c = c->next)
		all[n++] = c->it;
	if (n)
		qsort(all, n, sizeof(*all), by_count);
	return all;
}

void weblog_effect_sums(const struct weblog_effect *o, struct weblog_effect_sums *out)
{
	const struct weblog_counted *hidden = tally_sorted(o, &o->hidden);

	*out = o->sums;
	out->kinds = tally_sorted(o, &o->kinds);
	out->n_kinds = map_count(o->kinds.by_name);
	out->evidence = o->evidence;
	out->n_evidence = o->conf->n_evidence;
	for (size_t i = 0; i < WEBLOG_EFFECT_TOP && i < map_count(o->hidden.by_name); i++)
		out->hidden[i] = hidden[i];
	out->distinct_terms = map_count(o->terms.by_name);
	out->products = map_count(o->products.by_name);
	out->categories = map_count(o->categories.by_name);
	out->orders = map_count(o->orders.by_name);
	for (const struct visitor *v = o->first_visitor; v; v = v->next) {
		out->visitors++;
		out->named += v->is_named;
		out->linked_visitors += v->is_linked;
		out->linked_events += v->is_linked ? v->events : 0;
	}
}
