#include "weblog/store_state.h"

#include <stdlib.h>

#include "base/civil.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/text.h"

enum {
	AGENTS_KNOWN_MAX = 16384, /* agent strings remembered; then all are forgotten and told once more */
	AGENT_MAX = 512,
};

#define DAY_US ((int64_t)CIVIL_DAY_S * CIVIL_SECOND_US)

struct store_agent {
	int64_t id;
	struct str text;
	const char *device;
	bool is_bot;
	int64_t seen_us; /* end of the day of its last event, so that it is told of once a day */
	bool is_news;
};

/* The same in every process, and not to be met on purpose. */
static int64_t agent_id(struct str text)
{
	unsigned char hash[DIGEST_BYTES];
	struct digest d;
	int64_t id;

	digest_begin(&d, (struct str){ 0 });
	digest_add(&d, text.p, text.n);
	digest_end(&d, hash);
	memcpy(&id, hash, sizeof(id));
	return id;
}

/* Agents of a batch to tell of. */
struct news {
	struct store_agent **agents;
	size_t n;
};

static struct store_agent *agent_new(struct weblog_store *s, struct str text)
{
	struct store_agent *a = arena_new_of(s->agents_mem, struct store_agent);

	*a = (struct store_agent){ .id = agent_id(text),
				   .text = arena_str(s->agents_mem, text),
				   .seen_us = INT64_MIN };
	map_set(s->agents, a->text, a);
	return a;
}

static void agent_learn(struct weblog_store *s, struct str text, const struct store_agent *is, struct news *news)
{
	struct store_agent *a;

	if (text.p == NULL)
		return;
	text = store_text(s, text, AGENT_MAX);
	a = map_get(s->agents, text);
	if (!a)
		a = agent_new(s, text);
	if (a->seen_us > is->seen_us)
		return;
	a->device = is->device;
	a->is_bot = is->is_bot;
	a->seen_us = (civil_floor_div(is->seen_us, DAY_US) + 1) * DAY_US;
	if (!a->is_news)
		news->agents[news->n++] = a;
	a->is_news = true;
}

static int by_id(const void *a, const void *b)
{
	const struct store_agent *const *x = a, *const *y = b;

	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

static bool agents_send(struct weblog_store *s, const struct news *news, struct err *err)
{
	store_rows_begin(s, STORE_AGENTS);
	for (size_t i = 0; i < news->n; i++) {
		struct store_agent *a = news->agents[i];

		a->is_news = false;
		store_put_number(s, a->id);
		store_put_text(s, a->text);
		store_put_text(s, str_of(a->device));
		store_put_number(s, a->is_bot);
		store_put_time(s, a->seen_us);
		if (!store_row_end(s, err))
			return false;
	}
	return store_rows_end(s, err);
}

/* Agents that this process has not told of yet on this day. */
static bool agents_write(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	struct news news = { .agents = arena_array_of(s->batch, struct store_agent *,
						      batch->n_events + batch->n_sessions) };

	if (map_count(s->agents) > AGENTS_KNOWN_MAX) {
		arena_wipe_free(&s->agents_mem);
		s->agents_mem = arena_new();
		s->agents = map_new(s->agents_mem);
	}
	for (size_t i = 0; i < batch->n_events; i++) {
		const struct weblog_event *e = &batch->events[i];

		agent_learn(s, e->agent,
			    &(struct store_agent){ .device = e->device, .is_bot = e->is_bot, .seen_us = e->at_us },
			    &news);
	}
	for (size_t i = 0; i < batch->n_sessions; i++) {
		const struct weblog_session *w = &batch->sessions[i];

		agent_learn(s, w->agent,
			    &(struct store_agent){ .device = w->device, .is_bot = w->is_bot, .seen_us = w->last_us },
			    &news);
	}
	qsort(news.agents, news.n, sizeof(*news.agents), by_id);
	return agents_send(s, &news, err);
}

static void put_agent(struct weblog_store *s, struct str text)
{
	const struct store_agent *a =
		text.p ? map_get(s->agents, store_text(s, text, AGENT_MAX)) : NULL;

	if (a == NULL)
		store_put_count(s, -1);
	else
		store_put_number(s, a->id);
}

static void put_event(struct weblog_store *s, const struct weblog_event *e)
{
	store_put_text(s, s->log);
	store_put_time(s, e->at_us);
	store_put_text(s, e->visitor);
	store_put_text(s, e->session);
	store_put_text(s, str_of(e->kind));
	store_put_text(s, e->method);
	store_put_text(s, e->path);
	store_put_text(s, e->query);
	store_put_count(s, e->status ? e->status : -1);
	store_put_text(s, str_of(weblog_result_words[e->result]));
	store_put_text(s, e->product);
	store_put_text(s, e->category);
	store_put_text(s, e->order);
	store_put_text(s, e->terms);
	store_put_count(s, e->hits);
	store_put_text(s, e->engine);
	store_put_text(s, e->engine_terms);
	store_put_text(s, e->referrer);
	store_put_text(s, e->campaign);
	store_put_text(s, e->client);
	put_agent(s, e->agent);
	store_put_count(s, e->took_us < 0 ? -1 : e->took_us / 1000);
	store_put_count(s, e->bytes);
}

/* By visitor: each page of the index by visitors is come to once in a batch, and what one did lies side by side. */
static bool events_write(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	const struct store_place *order =
		store_order(s, batch->events, sizeof(*batch->events), batch->n_events,
			    offsetof(struct weblog_event, visitor));

	store_rows_begin(s, STORE_EVENTS);
	for (size_t i = 0; i < batch->n_events; i++) {
		put_event(s, order[i].row);
		if (!store_row_end(s, err))
			return false;
	}
	return store_rows_end(s, err);
}

static void put_session(struct weblog_store *s, const struct weblog_session *w)
{
	store_put_text(s, w->session);
	store_put_text(s, s->log);
	store_put_text(s, w->visitor);
	store_put_time(s, w->started_us);
	store_put_time(s, w->last_us);
	store_put_number(s, w->events);
	store_put_number(s, w->searches);
	store_put_number(s, w->failures);
	store_put_text(s, w->entry_path);
	store_put_text(s, w->last_path);
	store_put_text(s, w->referrer);
	store_put_text(s, w->campaign);
	store_put_text(s, w->engine_terms);
	store_put_text(s, w->client);
	put_agent(s, w->agent);
}

/* A column of an index by itself: to write it with the others would move every session within the index. */
static bool session_move(struct weblog_store *s, const struct weblog_session *w, struct err *err)
{
	char began[STORE_TIME_BYTES + 1];
	struct str params[] = { { began, STORE_TIME_BYTES }, w->session, { began, STORE_TIME_BYTES } };

	store_time(s, w->started_us, began);
	return store_execute(s, "UPDATE web_session SET started_at=? WHERE session=? AND started_at>?", params,
			     ARRAY_LEN(params), NULL, err);
}

static bool sessions_move(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	bool good = true;

	for (size_t i = 0; i < batch->n_sessions && good; i++)
		good = !batch->sessions[i].moved || session_move(s, &batch->sessions[i], err);
	return good;
}

/* Sessions may come later than the single events of their time went, from a file that was long in the way: then these
 * are to go, too. Said in the transaction that has them. */
static bool events_recall(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	char to[STORE_TIME_BYTES + 1];
	struct str params[] = { { to, STORE_TIME_BYTES }, s->log };
	int64_t from_us = s->events_us;

	for (size_t i = 0; i < batch->n_sessions; i++)
		if (batch->sessions[i].last_us < from_us)
			from_us = batch->sessions[i].last_us;
	if (from_us == s->events_us)
		return true;
	store_time(s, from_us, to);
	s->events_us = store_time_of((struct str){ to, STORE_TIME_BYTES });
	s->events_past[0] = '\0';
	return store_execute(s, "UPDATE web_log SET events_to=? WHERE log=?", params, ARRAY_LEN(params), NULL, err);
}

/* Whoever opens the log next need not look for its last session among those of all logs. */
static bool last_note(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	char at[STORE_TIME_BYTES + 1];
	struct str params[] = { { at, STORE_TIME_BYTES }, s->log };
	int64_t last_us = s->last_us;

	for (size_t i = 0; i < batch->n_sessions; i++)
		if (batch->sessions[i].last_us > last_us)
			last_us = batch->sessions[i].last_us;
	if (last_us == s->last_us)
		return true;
	s->last_us = last_us;
	store_time(s, last_us, at);
	return store_execute(s, "UPDATE web_log SET last_at=? WHERE log=?", params, ARRAY_LEN(params), NULL, err);
}

static bool sessions_write(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	const struct store_place *order =
		store_order(s, batch->sessions, sizeof(*batch->sessions), batch->n_sessions,
			    offsetof(struct weblog_session, session));

	store_rows_begin(s, STORE_SESSIONS);
	for (size_t i = 0; i < batch->n_sessions; i++) {
		put_session(s, order[i].row);
		if (!store_row_end(s, err))
			return false;
	}
	return store_rows_end(s, err) && sessions_move(s, batch, err) && events_recall(s, batch, err) &&
	       last_note(s, batch, err);
}

static void put_unsigned(struct weblog_store *s, uint64_t value)
{
	store_put_text(s, arena_printf(s->batch, "%llu", (unsigned long long)value));
}

static void put_position(struct weblog_store *s, const struct weblog_position *p)
{
	char *head = arena_alloc(s->batch, 2 * sizeof(p->id.head) + 1);

	digest_hex(p->id.head, sizeof(p->id.head), head);
	store_put_text(s, s->log);
	store_put_number(s, (int64_t)p->number);
	put_unsigned(s, p->id.device);
	put_unsigned(s, p->id.inode);
	store_put_text(s, str_of(head));
	store_put_number(s, p->id.head_bytes);
	store_put_text(s, p->path);
	store_put_number(s, (int64_t)p->offset);
	store_put_number(s, (int64_t)p->lines);
	store_put_number(s, (int64_t)p->rejected);
	store_put_number(s, p->ended);
	store_put_time(s, clock_wall_ms() * 1000);
}

static bool positions_write(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	store_rows_begin(s, STORE_FILES);
	for (size_t i = 0; i < batch->n_positions; i++) {
		put_position(s, &batch->positions[i]);
		if (!store_row_end(s, err))
			return false;
	}
	return store_rows_end(s, err);
}

/* Are we still the one who writes this log? Who comes next waits for our commit behind this row. */
static bool epoch_check(struct weblog_store *s, struct err *err)
{
	struct str params[] = { s->log, str_of(s->epoch) };
	uint64_t n = 0;

	if (!store_execute(s, "UPDATE web_log SET batches=batches+1 WHERE log=? AND epoch=?", params, 2, &n, err))
		return false;
	return n == 1 || err_set(err, ERR_BUSY, s->conf->name, "another indexer writes this log now");
}

static bool begin(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	return store_partitions(s, batch->events, batch->n_events, err) && writer_begin(s->writer, err);
}

static bool batch_write(struct weblog_store *s, const struct weblog_batch *batch, struct err *err)
{
	return (s->under_way || epoch_check(s, err)) && agents_write(s, batch, err) && events_write(s, batch, err) &&
	       sessions_write(s, batch, err) && store_links(s, batch, err) && positions_write(s, batch, err) &&
	       (batch->held || writer_commit(s->writer, err));
}

bool weblog_store_holds(const struct weblog_store *store)
{
	return writer_dialect(store->writer) == WRITER_SQLITE;
}

bool weblog_store_write(struct weblog_store *store, const struct weblog_batch *batch, struct err *err)
{
	bool ok = store->under_way || begin(store, batch, err);

	if (ok && !batch_write(store, batch, err)) {
		writer_rollback(store->writer);
		ok = false;
	}
	store->under_way = ok && batch->held;
	arena_wipe_free(&store->batch);
	store->batch = arena_new();
	return ok;
}
