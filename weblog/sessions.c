#include "weblog/sessions.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/map.h"
#include "base/memory.h"

enum {
	VISITOR_MOST = 64,
	NAME_CHARS = 16,
	NAME_TIME_CHARS = 7, /* until the year 3058 */
	NOT_CHANGED = -1,
	RECENT = 2,
};

/* A session as it is remembered: without the texts that only the store needs. */
struct recent {
	char name[NAME_CHARS + 1]; /* empty: none */
	int64_t started_us, last_us;
	int32_t changed; /* index in `changed`, or NOT_CHANGED */
};

struct visitor {
	struct visitor *next; /* of its bucket */
	struct visitor *older, *newer; /* by when it was used */
	uint64_t hash;
	struct recent recent[RECENT]; /* the last one is not always the first: late lines */
	uint8_t n;
	char name[];
};

struct weblog_sessions {
	const struct weblog *conf;
	size_t n, most;
	size_t n_buckets; /* a power of two */
	struct visitor **buckets;
	struct visitor *oldest, *newest;
	struct weblog_session *changed;
	struct recent **owners; /* of each in `changed` */
	size_t n_changed, room;
	struct arena *texts; /* of those in `changed` */
	struct map *aside; /* name -> index in `changed`, and 1; in `texts`; NULL: none is without an owner */
	int64_t away_us; /* no session of a visitor who is not remembered ended later */
};

struct weblog_sessions *weblog_sessions_new(const struct weblog *conf, size_t visitors_max)
{
	struct weblog_sessions *s = memory_new(sizeof(*s));

	s->conf = conf;
	s->most = visitors_max;
	s->n_buckets = 64;
	while (s->n_buckets < visitors_max)
		s->n_buckets *= 2;
	s->buckets = memory_new_array(s->n_buckets, sizeof(struct visitor *));
	s->texts = arena_new();
	s->away_us = INT64_MAX;
	return s;
}

void weblog_sessions_free(struct weblog_sessions **sessions)
{
	struct weblog_sessions *s = *sessions;

	if (!s)
		return;
	weblog_sessions_forget(s);
	arena_wipe_free(&s->texts);
	free(s->buckets);
	free(s->changed);
	free(s->owners);
	free(s);
	*sessions = NULL;
}

static struct str visitor_name(struct str visitor)
{
	return (struct str){ visitor.p, visitor.n < VISITOR_MOST ? visitor.n : VISITOR_MOST };
}

static struct visitor *visitor_find(const struct weblog_sessions *s, struct str name, uint64_t hash)
{
	for (struct visitor *v = s->buckets[hash & (s->n_buckets - 1)]; v; v = v->next)
		if (v->hash == hash && v->n == name.n && memcmp(v->name, name.p, name.n) == 0)
			return v;
	return NULL;
}

static void order_leave(struct weblog_sessions *s, struct visitor *v)
{
	*(v->older ? &v->older->newer : &s->oldest) = v->newer;
	*(v->newer ? &v->newer->older : &s->newest) = v->older;
}

static void order_enter(struct weblog_sessions *s, struct visitor *v)
{
	v->older = s->newest;
	v->newer = NULL;
	*(s->newest ? &s->newest->newer : &s->oldest) = v;
	s->newest = v;
}

static void visitor_forget(struct weblog_sessions *s, struct visitor *v)
{
	struct visitor **at = &s->buckets[v->hash & (s->n_buckets - 1)];

	while (*at != v)
		at = &(*at)->next;
	*at = v->next;
	order_leave(s, v);
	free(v);
	s->n--;
}

void weblog_sessions_away(struct weblog_sessions *sessions, int64_t last_us)
{
	sessions->away_us = last_us;
}

int64_t weblog_sessions_last_away(const struct weblog_sessions *sessions)
{
	return sessions->away_us;
}

bool weblog_sessions_knows(struct weblog_sessions *sessions, struct weblog_event *event)
{
	struct str name = visitor_name(event->visitor);

	event->known = visitor_find(sessions, name, digest_sip(name));
	return event->known != NULL;
}

void weblog_sessions_learn(struct weblog_sessions *sessions, struct str visitor, const struct weblog_session *last)
{
	struct str name = visitor_name(visitor);
	uint64_t hash = digest_sip(name);
	struct visitor *v = visitor_find(sessions, name, hash);
	struct visitor **bucket = &sessions->buckets[hash & (sessions->n_buckets - 1)];

	if (v)
		return;
	v = memory_new(sizeof(*v) + name.n);
	v->hash = hash;
	v->n = (uint8_t)name.n;
	memcpy(v->name, name.p, name.n);
	v->next = *bucket;
	*bucket = v;
	order_enter(sessions, v);
	sessions->n++;
	if (!last || last->session.n != NAME_CHARS)
		return;
	v->recent[0] = (struct recent){ .started_us = last->started_us,
					.last_us = last->last_us,
					.changed = NOT_CHANGED };
	memcpy(v->recent[0].name, last->session.p, NAME_CHARS);
}

/* Does an event of that time belong to the session? */
static bool recent_fits(const struct weblog *conf, const struct recent *r, int64_t at_us)
{
	int64_t idle_us = (int64_t)conf->idle_ms * 1000, longest_us = (int64_t)conf->longest_ms * 1000;

	return r->name[0] && at_us <= r->last_us + idle_us && at_us >= r->started_us - idle_us &&
	       at_us <= r->started_us + longest_us && at_us >= r->last_us - longest_us;
}

static struct recent *recent_find(const struct weblog *conf, struct visitor *v, int64_t at_us)
{
	struct recent *best = NULL;

	for (size_t i = 0; i < RECENT; i++)
		if (recent_fits(conf, &v->recent[i], at_us) && (!best || v->recent[i].last_us > best->last_us))
			best = &v->recent[i];
	return best;
}

static void base32_put(uint64_t value, size_t n, char *out)
{
	for (size_t i = n; i > 0; i--, value >>= 5)
		out[i - 1] = "0123456789abcdefghijklmnopqrstuv"[value & 31];
}

/* When it began, then a hash: in the order of time, so that rows of now lie side by side in an index of names. */
static void name_session(const struct weblog *conf, const struct weblog_event *event, char out[NAME_CHARS + 1])
{
	unsigned char hash[DIGEST_BYTES];
	uint64_t number;
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	digest_add_str(&d, str_of(conf->name));
	digest_add_str(&d, event->visitor);
	digest_add(&d, &event->at_us, sizeof(event->at_us));
	digest_end(&d, hash);
	memcpy(&number, hash, sizeof(number));
	base32_put((uint64_t)(event->at_us / 1000000), NAME_TIME_CHARS, out);
	base32_put(number, NAME_CHARS - NAME_TIME_CHARS, out + NAME_TIME_CHARS);
	out[NAME_CHARS] = '\0';
}

/* What it has come to stays in the list. */
static void recent_aside(struct weblog_sessions *s, const struct recent *r)
{
	if (!r->name[0] || r->changed == NOT_CHANGED)
		return;
	if (!s->aside)
		s->aside = map_new(s->texts);
	map_set(s->aside, s->changed[r->changed].session, (void *)((uintptr_t)r->changed + 1));
	s->owners[r->changed] = NULL;
}

/* One that was put aside since weblog_sessions_written(), and would begin again with a late line of the same moment,
 * goes on. */
static void recent_again(struct weblog_sessions *s, struct recent *r)
{
	uintptr_t at = s->aside ? (uintptr_t)map_get(s->aside, (struct str){ r->name, NAME_CHARS }) : 0;

	if (at == 0)
		return;
	r->changed = (int32_t)(at - 1);
	r->started_us = s->changed[r->changed].started_us;
	r->last_us = s->changed[r->changed].last_us;
	s->owners[r->changed] = r;
}

/* A new session in the place of the one that was used least lately. */
static struct recent *recent_begin(struct weblog_sessions *s, struct visitor *v, const struct weblog_event *event)
{
	struct recent *r = &v->recent[v->recent[1].last_us < v->recent[0].last_us || !v->recent[1].name[0]];

	if (!v->recent[0].name[0])
		r = &v->recent[0];
	recent_aside(s, r);
	*r = (struct recent){ .started_us = event->at_us, .last_us = event->at_us, .changed = NOT_CHANGED };
	name_session(s->conf, event, r->name);
	recent_again(s, r);
	return r;
}

static struct weblog_session *changed_of(struct weblog_sessions *s, struct recent *r, const struct weblog_event *event,
					 bool is_new)
{
	if (r->changed != NOT_CHANGED)
		return &s->changed[r->changed];
	if (s->n_changed == s->room) {
		s->room = s->room ? 2 * s->room : 256;
		s->changed = memory_resize(s->changed, s->room * sizeof(*s->changed));
		s->owners = memory_resize(s->owners, s->room * sizeof(struct recent *));
	}
	r->changed = (int32_t)s->n_changed;
	s->owners[s->n_changed] = r;
	s->changed[s->n_changed] = (struct weblog_session){
		.session = arena_str(s->texts, (struct str){ r->name, NAME_CHARS }),
		.visitor = arena_str(s->texts, event->visitor),
		.is_new = is_new,
	};
	return &s->changed[s->n_changed++];
}

static void session_open(struct weblog_session *session, const struct weblog_event *event, struct arena *texts)
{
	session->entry_path = arena_str(texts, event->path);
	session->referrer = arena_str(texts, event->referrer);
	session->campaign = arena_str(texts, event->campaign);
	session->engine_terms = arena_str(texts, event->engine_terms);
	session->client = arena_str(texts, event->client);
	session->agent = arena_str(texts, event->agent);
	session->device = event->device;
	session->is_bot = event->is_bot;
}

void weblog_sessions_add(struct weblog_sessions *sessions, struct weblog_event *event)
{
	struct weblog_session *session;
	struct visitor *v;
	struct recent *r;
	bool is_new;

	if (!event->known && !weblog_sessions_knows(sessions, event)) {
		weblog_sessions_learn(sessions, event->visitor, NULL);
		event->known = sessions->newest;
	}
	v = event->known;
	order_leave(sessions, v);
	order_enter(sessions, v);
	r = recent_find(sessions->conf, v, event->at_us);
	is_new = !r;
	if (is_new)
		r = recent_begin(sessions, v, event);
	session = changed_of(sessions, r, event, is_new);
	if (session->events == 0 && is_new)
		session_open(session, event, sessions->texts);
	if (event->at_us < r->started_us) {
		r->started_us = event->at_us;
		session->moved = !session->is_new;
	}
	r->last_us = event->at_us > r->last_us ? event->at_us : r->last_us;
	session->started_us = r->started_us;
	session->last_us = r->last_us;
	session->events++;
	session->searches += event->terms.p != NULL;
	session->failures += event->result == WEBLOG_REFUSED || event->result == WEBLOG_FAILED;
	if (event->at_us == r->last_us)
		session->last_path = arena_str(sessions->texts, event->path);
	event->session = session->session;
}

const struct weblog_session *weblog_sessions_changed(struct weblog_sessions *sessions, size_t *n_out)
{
	*n_out = sessions->n_changed;
	return sessions->changed;
}

static void changed_end(struct weblog_sessions *s)
{
	s->n_changed = 0;
	arena_wipe_free(&s->texts);
	s->texts = arena_new();
	s->aside = NULL;
}

void weblog_sessions_written(struct weblog_sessions *sessions)
{
	for (size_t i = 0; i < sessions->n_changed; i++)
		if (sessions->owners[i])
			sessions->owners[i]->changed = NOT_CHANGED;
	changed_end(sessions);
	while (sessions->n > sessions->most) {
		for (size_t i = 0; i < RECENT; i++)
			if (sessions->oldest->recent[i].last_us > sessions->away_us)
				sessions->away_us = sessions->oldest->recent[i].last_us;
		visitor_forget(sessions, sessions->oldest);
	}
}

void weblog_sessions_forget(struct weblog_sessions *sessions)
{
	changed_end(sessions);
	sessions->away_us = INT64_MAX;
	while (sessions->oldest)
		visitor_forget(sessions, sessions->oldest);
}
