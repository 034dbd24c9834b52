#include "federator/audit/report.h"

#include <stdlib.h>

#include "base/jsontext.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"
#include "federator/audit/each.h"

enum { ACTORS_MOST = 10000, WORDS_MOST = 1000, PAIRS_LEAST = 1 << 12, PAIRS_MOST = 1 << 23 };

/* Different pairs of an actor and a customer: as hashes, in a table that doubles. */
struct pairs {
	uint64_t *of;
	size_t room, n;
};

/* The state of one audit_report(). */
struct count {
	struct audit_month *month;
	struct arena *mem;
	struct map *actors, *words;
	struct pairs pairs;
	struct audit_actor *others; /* NULL: all have had a place so far */
};

/* ---- different customers ---- */

static size_t place_of(const struct pairs *p, uint64_t pair)
{
	size_t at = (size_t)pair & (p->room - 1);

	while (p->of[at] && p->of[at] != pair)
		at = (at + 1) & (p->room - 1);
	return at;
}

static void pairs_grow(struct pairs *p)
{
	struct pairs more = { .room = p->room ? 2 * p->room : PAIRS_LEAST, .n = p->n };

	more.of = memory_new_array(more.room, sizeof(*more.of));
	for (size_t i = 0; i < p->room; i++)
		if (p->of[i])
			more.of[place_of(&more, p->of[i])] = p->of[i];
	free(p->of);
	*p = more;
}

/* Is it a new one? One that finds no room is none. */
static bool pairs_add(struct count *c, uint64_t pair)
{
	struct pairs *p = &c->pairs;
	size_t at;

	if (p->n * 2 >= p->room && p->room < PAIRS_MOST)
		pairs_grow(p);
	pair = pair ? pair : 1;
	at = place_of(p, pair);
	if (p->of[at])
		return false;
	if (p->n * 2 >= p->room) {
		c->month->at_least = true;
		return false;
	}
	p->of[at] = pair;
	p->n++;
	return true;
}

static uint64_t pair_of(struct str subject, uint32_t number)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < 16; i++)
		hash = hash << 4 | (uint64_t)text_hex_digit(subject.p[i]);
	return hash ^ (number * UINT64_C(0x9e3779b97f4a7c15));
}

/* ---- one record ---- */

static struct str text_of(const struct jsontext *record, const char *name)
{
	const struct jsontext *member = jsontext_member(record, str_of(name));

	return member && member->kind == JSONTEXT_STRING ? member->text : STR("");
}

static struct audit_actor *actor_new(struct count *c, const struct audit_actor *like)
{
	struct audit_actor *actor = &c->month->actors[c->month->n_actors++];

	*actor = (struct audit_actor){ .tenant = arena_str(c->mem, like->tenant),
				       .client = arena_str(c->mem, like->client),
				       .agent = arena_str(c->mem, like->agent),
				       .role = arena_str(c->mem, like->role) };
	return actor;
}

static struct audit_actor *actor_of(struct count *c, const struct jsontext *record, struct arena *scratch)
{
	struct audit_actor like = { .tenant = text_of(record, "tenant"),
				    .client = text_of(record, "client"),
				    .agent = text_of(record, "agent"),
				    .role = text_of(record, "role") };
	struct str key = arena_printf(scratch, "%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(like.tenant), STR_ARG(like.client),
				      STR_ARG(like.agent), STR_ARG(like.role));
	struct audit_actor *actor = map_get(c->actors, key);

	if (actor)
		return actor;
	if (c->month->n_actors >= ACTORS_MOST) {
		if (!c->others)
			c->others = actor_new(c, &(struct audit_actor){ .tenant = STR(""),
									.client = STR("others"),
									.agent = STR(""),
									.role = STR("") });
		return c->others;
	}
	actor = actor_new(c, &like);
	map_set(c->actors, arena_str(c->mem, key), actor);
	return actor;
}

static void tally(struct count *c, struct audit_tally *of, size_t *n, const struct audit_actor *actor, struct str word,
		  uint64_t times)
{
	SCOPED(arena_wipe_free) struct arena *scratch = arena_new();
	struct str key = arena_printf(scratch, "%p %p %.*s", (void *)of, (const void *)actor, STR_ARG(word));
	struct audit_tally *one = map_get(c->words, key);

	if (!one && *n < WORDS_MOST) {
		one = &of[(*n)++];
		*one = (struct audit_tally){ .actor = actor, .word = arena_str(c->mem, word) };
		map_set(c->words, arena_str(c->mem, key), one);
	}
	if (one)
		one->n += times;
}

/* A record of a stranger stands for those as well that were left out. */
static uint64_t denials_of(const struct jsontext *record)
{
	const struct jsontext *member = jsontext_member(record, STR("left_out"));
	uint64_t left_out;

	return 1 + (member && text_to_u64(member->text, &left_out) ? left_out : 0);
}

static void count_subjects(struct count *c, const struct jsontext *record, struct audit_actor *actor)
{
	const struct jsontext *subjects = jsontext_member(record, STR("subjects"));

	for (const struct jsontext *one = subjects ? subjects->first : NULL; one; one = one->next) {
		bool digits = one->kind == JSONTEXT_STRING && one->text.n >= 16;

		for (size_t i = 0; digits && i < 16; i++)
			digits = text_hex_digit(one->text.p[i]) >= 0;
		if (!digits)
			continue;
		actor->shown++;
		actor->subjects += pairs_add(c, pair_of(one->text, (uint32_t)(actor - c->month->actors) + 1));
	}
}

/* Of the wall time in the zone. */
static bool is_off_hours(const struct audit_month *m, int64_t local_ms)
{
	int64_t days = civil_floor_div(local_ms, CIVIL_DAY_S * 1000);
	int64_t hour = (local_ms - days * CIVIL_DAY_S * 1000) / 3600000;
	int64_t weekday = (days % 7 + 11) % 7; /* 1970 began on a Thursday; 0 is Sunday */

	return weekday == 0 || weekday == 6 || hour < m->from_hour || hour >= m->to_hour;
}

static void count_record(struct count *c, const struct jsontext *record, int64_t local_ms, struct arena *scratch)
{
	struct audit_month *m = c->month;
	struct str kind = text_of(record, "kind"), reason = text_of(record, "reason");
	struct audit_actor *actor;

	if (!text_of(record, "tenant").n)
		return; /* about the record itself */
	actor = actor_of(c, record, scratch);
	m->records++;
	if (str_eq(kind, STR("denial"))) {
		actor->denials += denials_of(record);
		tally(c, m->rules, &m->n_rules, NULL, text_of(record, "rule"), denials_of(record));
	} else if (str_eq(kind, STR("view"))) {
		actor->views++;
		actor->nobody += str_eq(text_of(record, "outcome"), STR("none"));
		actor->off_hours += is_off_hours(m, local_ms);
	} else if (str_eq(kind, STR("act"))) {
		actor->acts++;
	} else if (str_eq(kind, STR("listen"))) {
		actor->listens++;
	}
	count_subjects(c, record, actor);
	if (reason.n) {
		actor->unmasked++;
		tally(c, m->reasons, &m->n_reasons, actor, reason, 1);
	}
}

static void take_line(void *owner, const char *file, uint64_t number, struct str bytes)
{
	struct count *c = owner;
	SCOPED(arena_wipe_free) struct arena *scratch = arena_new();
	char local[AUDIT_TIME_DIGITS];
	const struct jsontext *record;
	struct jsontext_fault fault;
	struct audit_line line;
	int64_t ms;

	(void)file;
	(void)number;
	if (!audit_line_read(bytes, &line) || !audit_time_read(line.time, &ms)) {
		c->month->unreadable++;
		return;
	}
	ms += INT64_C(1000) * zone_offset_at(c->month->zone, ms * 1000);
	audit_time_put(ms, local);
	if (memcmp(local, c->month->month, 7) != 0)
		return;
	record = jsontext_read(bytes, false, scratch, &fault);
	if (record)
		count_record(c, record, ms, scratch);
	else
		c->month->unreadable++;
}

/* ---- the month ---- */

static int by_views(const void *a, const void *b)
{
	const struct audit_actor *x = a, *y = b;

	if (x->views != y->views)
		return x->views < y->views ? 1 : -1;
	return str_cmp(x->agent, y->agent);
}

/* The actors of reasons move with the order: reasons keep copies. */
static void sort(struct count *c)
{
	struct audit_month *m = c->month;

	for (size_t i = 0; i < m->n_reasons; i++) {
		struct audit_actor *copy = arena_new_of(c->mem, struct audit_actor);

		*copy = *m->reasons[i].actor;
		m->reasons[i].actor = copy;
	}
	if (m->n_actors)
		qsort(m->actors, m->n_actors, sizeof(*m->actors), by_views);
}

bool audit_report(const char *dir, struct audit_month *month, struct arena *mem, struct err *err)
{
	struct count c = { .month = month, .mem = mem, .actors = map_new(mem), .words = map_new(mem) };
	bool good;

	month->actors = arena_array_of(mem, struct audit_actor, ACTORS_MOST + 1);
	month->rules = arena_array_of(mem, struct audit_tally, WORDS_MOST);
	month->reasons = arena_array_of(mem, struct audit_tally, WORDS_MOST);
	good = audit_each(dir, take_line, &c, err);
	free(c.pairs.of);
	if (good)
		sort(&c);
	return good;
}

/* ---- of one customer ---- */

struct search {
	const char *hash;
	audit_show *show;
	void *owner;
};

static void search_line(void *owner, const char *file, uint64_t number, struct str line)
{
	const struct search *s = owner;

	if (memmem(line.p, line.n, s->hash, strlen(s->hash)))
		s->show(s->owner, file, number, line);
}

bool audit_find(const char *dir, const char *hash, audit_show *show, void *owner, struct err *err)
{
	struct search s = { hash, show, owner };

	return audit_each(dir, search_line, &s, err);
}
