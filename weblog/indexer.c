#include "weblog/indexer.h"

#include <poll.h>

#include "base/clock.h"

enum {
	BATCH_MS = 150, /* an event waits for others so long */
	POSITIONS_MS = 1000, /* and where lines without events were read to */
	LOOK_MS = 1000, /* files that nobody tells of */
	REST_FIRST_MS = 250,
	REST_MOST_MS = 10000,
	PURGE_MS = 10000,
	PROGRESS_MS = 60000,
	BAD_LINE_MS = 10000,
	VISITORS = 65536, /* whose last session is remembered */
	ASKED_AT_ONCE = 256,
	TRIES = 3, /* of a batch that the database refuses, before it is made smaller */
};

struct indexer {
	const struct weblog_indexer_conf *conf;
	struct weblog_store *store;
	struct weblog_tail *tail;
	struct weblog_meaning *meaning;
	struct weblog_reading *reading;
	struct weblog_sessions *sessions;
	struct weblog_indexer_state state;
	struct deadline write_due, purge_due, progress_due, bad_due;
	uint32_t rest_ms; /* 0: all is well */
	size_t limit; /* events of a batch */
	uint32_t refusals; /* in a row */
	bool stopping;
};

static void tell(struct indexer *x, enum weblog_news news, const struct err *err, const struct weblog_bad_line *bad)
{
	if (x->reading)
		x->state.read = weblog_reading_counts(x->reading);
	if (x->tail)
		x->state.files = weblog_tail_counts(x->tail);
	x->conf->news(x->conf->owner, news, &x->state, err, bad);
}

/* Wait for `ms` at most, for the files when `watched`. */
static void wait_ms(struct indexer *x, uint64_t ms, bool watched)
{
	struct pollfd fds[2] = {
		{ .fd = x->conf->stop_fd, .events = POLLIN },
		{ .fd = watched ? weblog_tail_fd(x->tail) : -1, .events = POLLIN },
	};

	if (poll(fds, ARRAY_LEN(fds), (int)ms) > 0 && fds[0].revents)
		x->stopping = true;
}

static bool is_past(struct deadline due)
{
	return due.at_us != 0 && deadline_left_us(due) == 0;
}

/* ---- the store ---- */

static bool store_open(struct indexer *x, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct weblog_position *known = NULL;
	const char *connect;
	size_t n = 0;

	if (!x->conf->connect_text(x->conf->owner, mem, &connect, err))
		return false;
	x->store = weblog_store_open(x->conf->conf, connect, err);
	if (!x->store)
		return false;
	if (!weblog_store_positions(x->store, mem, &known, &n, err))
		return false;
	if (x->tail) { /* a batch may have been written though nobody said so */
		weblog_tail_to(x->tail, known, n);
		return true;
	}
	x->tail = weblog_tail_new(x->conf->conf->files, x->conf->conf->n_files, known, n, err);
	if (!x->tail)
		return false;
	x->reading = weblog_reading_new(x->conf->conf, x->conf->rules, x->conf->format, x->tail, x->meaning);
	return true;
}

static bool is_final(const struct err *err)
{
	return err->cls == ERR_CONFIG || err->cls == ERR_SYSTEM || err->cls == ERR_MAPPING;
}

/* Read again what was not written, with a new connection. */
static void store_failed(struct indexer *x, const struct err *err)
{
	weblog_store_close(&x->store);
	if (x->tail)
		weblog_tail_back(x->tail);
	if (x->reading)
		weblog_reading_clear(x->reading);
	weblog_sessions_forget(x->sessions);
	x->write_due = (struct deadline){ 0 };
	x->state.failures++;
	if (x->rest_ms == 0)
		tell(x, WEBLOG_NEWS_STORE_DOWN, err, NULL);
	x->rest_ms = x->rest_ms ? 2 * x->rest_ms : REST_FIRST_MS;
	if (x->rest_ms > REST_MOST_MS)
		x->rest_ms = REST_MOST_MS;
}

/* A batch that the database refuses again and again has something in it that it does not take: the batch is made
 * smaller until it is one event, which is dropped. */
static void batch_refused(struct indexer *x)
{
	if (++x->refusals < TRIES)
		return;
	x->refusals = 0;
	if (x->limit > 1)
		x->limit = x->limit / 8 ? x->limit / 8 : 1;
	else
		weblog_reading_drop_one(x->reading);
	weblog_reading_limit(x->reading, x->limit);
}

/* Until there is one, or the end. */
static bool store_wait(struct indexer *x, struct err *err)
{
	while (!x->store && !x->stopping) {
		if (x->rest_ms)
			wait_ms(x, x->rest_ms, false);
		if (x->stopping)
			break;
		if (store_open(x, err)) {
			tell(x, WEBLOG_NEWS_BEGUN, NULL, NULL);
			break;
		}
		if (is_final(err))
			return false;
		store_failed(x, err);
	}
	return true;
}

/* ---- a batch ---- */

static bool sessions_ask(struct indexer *x, const struct weblog_asked *asked, struct err *err)
{
	struct weblog_found found;

	if (asked->n == 0)
		return true;
	if (!weblog_store_sessions(x->store, asked, weblog_reading_mem(x->reading), &found, err))
		return false;
	for (size_t i = 0; i < found.n; i++)
		weblog_sessions_learn(x->sessions, found.sessions[i].visitor, &found.sessions[i]);
	for (size_t i = 0; i < asked->n; i++) /* those who had none; nothing for the others */
		weblog_sessions_learn(x->sessions, asked->visitors[i], NULL);
	return true;
}

/* Ask for the last session of everybody in the batch of whom it is not known. */
static bool sessions_find(struct indexer *x, const struct weblog_event *events, size_t n, struct err *err)
{
	struct str visitors[ASKED_AT_ONCE];
	struct weblog_asked asked = { .visitors = visitors };
	int64_t reach_us = (int64_t)(x->conf->conf->idle_ms + x->conf->conf->longest_ms) * 1000;

	for (size_t i = 0; i < n; i++) {
		if (weblog_sessions_knows(x->sessions, events[i].visitor))
			continue;
		if (asked.n == 0 || events[i].at_us - reach_us < asked.since_us)
			asked.since_us = events[i].at_us - reach_us;
		visitors[asked.n++] = events[i].visitor;
		if (asked.n < ASKED_AT_ONCE)
			continue;
		if (!sessions_ask(x, &asked, err))
			return false;
		asked.n = 0;
	}
	return sessions_ask(x, &asked, err);
}

static bool batch_store(struct indexer *x, struct weblog_event *events, size_t n, struct err *err)
{
	struct weblog_batch batch = { .events = events, .n_events = n };

	if (!sessions_find(x, events, n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		weblog_sessions_add(x->sessions, &events[i]);
	batch.sessions = weblog_sessions_changed(x->sessions, &batch.n_sessions);
	batch.positions = weblog_tail_positions(x->tail, weblog_reading_mem(x->reading), &batch.n_positions);
	if (batch.n_positions == 0)
		return true;
	if (!weblog_store_write(x->store, &batch, err))
		return false;
	x->state.batches++;
	return true;
}

static void batch_done(struct indexer *x, const struct weblog_event *events, size_t n)
{
	weblog_tail_keep(x->tail);
	weblog_sessions_written(x->sessions);
	x->state.events += n;
	for (size_t i = 0; i < n; i++)
		if (events[i].at_us > x->state.last_us)
			x->state.last_us = events[i].at_us;
	weblog_reading_clear(x->reading);
	x->write_due = (struct deadline){ 0 };
	x->rest_ms = 0;
	x->refusals = 0;
	if (x->limit < WEBLOG_BATCH_EVENTS) { /* behind what was refused all may be well */
		x->limit *= 2;
		weblog_reading_limit(x->reading, x->limit);
	}
}

/* Write what is read. False: *err is final. */
static bool batch_write(struct indexer *x, struct err *err)
{
	struct weblog_event *events;
	size_t n;

	events = weblog_reading_events(x->reading, &n);
	if (batch_store(x, events, n, err)) {
		batch_done(x, events, n);
		return true;
	}
	if (err->cls == ERR_BUSY)
		return false;
	if (err->cls == ERR_SOURCE)
		batch_refused(x);
	store_failed(x, err);
	return true;
}

/* ---- what is done beside it ---- */

static void news_of_files(struct indexer *x)
{
	struct weblog_bad_line bad;
	struct err err;

	while (weblog_tail_trouble(x->tail, &err))
		tell(x, WEBLOG_NEWS_TROUBLE, &err, NULL);
	if (weblog_reading_bad(x->reading, &bad) && (x->bad_due.at_us == 0 || is_past(x->bad_due))) {
		tell(x, WEBLOG_NEWS_BAD_LINE, NULL, &bad);
		x->bad_due = deadline_after_ms(BAD_LINE_MS);
	}
	if (is_past(x->progress_due)) {
		tell(x, WEBLOG_NEWS_PROGRESS, NULL, NULL);
		x->progress_due = deadline_after_ms(PROGRESS_MS);
	}
}

/* Remove what is too old, a little at a time. */
static void old_remove(struct indexer *x)
{
	int64_t before_us = (clock_wall_ms() - (int64_t)x->conf->conf->keep_ms) * 1000;
	struct err err;
	bool more = false;

	if (!is_past(x->purge_due))
		return;
	if (!weblog_store_purge(x->store, before_us, &more, &err)) {
		store_failed(x, &err);
		more = false;
	}
	x->purge_due = deadline_after_ms(more ? BATCH_MS : PURGE_MS);
}

/* What is left of the time until the batch is written, and of a second. */
static uint64_t until_ms(const struct indexer *x)
{
	uint64_t ms = x->write_due.at_us ? deadline_left_us(x->write_due) / 1000 + 1 : LOOK_MS;

	return ms < LOOK_MS ? ms : LOOK_MS;
}

static void write_due_set(struct indexer *x)
{
	size_t n;

	(void)weblog_reading_events(x->reading, &n);
	if (n)
		x->write_due = deadline_min(x->write_due, deadline_after_ms(BATCH_MS));
	else if (x->write_due.at_us == 0)
		x->write_due = deadline_after_ms(POSITIONS_MS);
}

/* Read some, write when it is time. False: *err is final. *done_out: with `once`, all is written. */
static bool turn(struct indexer *x, bool *done_out, struct err *err)
{
	enum weblog_read_outcome outcome = weblog_reading_lines(x->reading);

	if (outcome == WEBLOG_READ_UNKNOWN)
		return err_set(err, ERR_MAPPING, x->conf->conf->name,
			       "no known format reads the first lines; say which one with format=\"...\"");
	news_of_files(x);
	write_due_set(x);
	*done_out = outcome == WEBLOG_READ_ALL && x->conf->once;
	if (outcome == WEBLOG_READ_FULL || *done_out || x->stopping || is_past(x->write_due)) {
		if (!batch_write(x, err))
			return false;
		*done_out &= x->store != NULL;
	}
	if (x->store)
		old_remove(x);
	if (outcome == WEBLOG_READ_ALL && x->store && !*done_out)
		wait_ms(x, until_ms(x), true);
	else
		wait_ms(x, 0, false);
	return true;
}

static bool run(struct indexer *x, struct err *err)
{
	bool done = false;

	while (!done) {
		bool last = x->stopping; /* what was read in front of that is written in this turn */

		if (!x->store && !store_wait(x, err))
			return false;
		if (!x->store)
			return true; /* told to end while the database is away: the rest is read at the next start */
		if (!turn(x, &done, err))
			return false;
		if (last)
			return true;
	}
	return true;
}

bool weblog_index(const struct weblog_indexer_conf *conf, struct err *err)
{
	struct indexer x = {
		.conf = conf,
		.meaning = weblog_meaning_new(conf->conf, conf->rules, conf->salt),
		.sessions = weblog_sessions_new(conf->conf, VISITORS),
		.purge_due = deadline_after_ms(PURGE_MS),
		.progress_due = deadline_after_ms(PROGRESS_MS),
		.limit = WEBLOG_BATCH_EVENTS,
	};
	bool ok = run(&x, err);

	if (ok && x.reading)
		tell(&x, WEBLOG_NEWS_PROGRESS, NULL, NULL);
	weblog_reading_free(&x.reading);
	weblog_tail_free(&x.tail);
	weblog_store_close(&x.store);
	weblog_sessions_free(&x.sessions);
	weblog_meaning_free(&x.meaning);
	return ok;
}
