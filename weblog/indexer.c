#include "weblog/indexer.h"

#include <poll.h>

#include "base/clock.h"
#include "weblog/indexer_parts.h"

enum {
	POSITIONS_MS = 1000, /* and where lines without events were read to */
	LOOK_MS = 1000, /* files that nobody tells of */
	REST_MOST_MS = 10000,
	PROGRESS_MS = 60000,
	BAD_LINE_MS = 10000,
	VISITORS = 65536, /* whose last session is remembered */
};

static void tell(struct indexer *x, enum weblog_news news, const struct err *err, const struct weblog_bad_line *bad)
{
	if (x->reading)
		x->state.read = weblog_reading_counts(x->reading);
	if (x->tail)
		x->state.files = weblog_tail_counts(x->tail);
	x->conf->news(x->conf->owner, news, &x->state, err, bad);
}

/* Wait for `ms` at most, for the files when `watched`, and for what is done beside. */
static void wait_ms(struct indexer *x, uint64_t ms, bool watched)
{
	struct pollfd fds[3] = {
		{ .fd = x->conf->stop_fd, .events = POLLIN },
		{ .fd = watched ? weblog_tail_fd(x->tail) : -1, .events = POLLIN },
		{ .fd = x->busy ? weblog_side_fd(x->side) : -1, .events = POLLIN },
	};

	if (poll(fds, ARRAY_LEN(fds), (int)ms) > 0 && fds[0].revents)
		x->stopping = true;
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
	weblog_meaning_behind(x->meaning, weblog_store_last(x->store));
	weblog_sessions_away(x->sessions, weblog_store_last(x->store));
	if (x->tail) { /* a batch may have been written though nobody said so */
		weblog_tail_to(x->tail, known, n);
		return true;
	}
	x->tail = weblog_tail_new(x->conf->conf->files, x->conf->conf->n_files, known, n, err);
	if (!x->tail)
		return false;
	x->reading = weblog_reading_new(x->conf->rules, x->conf->format, x->tail, x->meaning);
	return true;
}

static bool is_final(const struct err *err)
{
	return err->cls == ERR_CONFIG || err->cls == ERR_SYSTEM || err->cls == ERR_MAPPING;
}

void indexer_store_failed(struct indexer *x, const struct err *err)
{
	weblog_store_close(&x->store);
	if (x->tail)
		weblog_tail_back(x->tail);
	weblog_gathered_clear(x->current);
	weblog_sessions_forget(x->sessions);
	x->held = (struct weblog_held){ 0 };
	x->write_due = (struct deadline){ 0 };
	x->state.failures++;
	if (x->rest_ms == 0)
		tell(x, WEBLOG_NEWS_STORE_DOWN, err, NULL);
	x->rest_ms = x->rest_ms ? 2 * x->rest_ms : INDEXER_REST_FIRST_MS;
	if (x->rest_ms > REST_MOST_MS)
		x->rest_ms = REST_MOST_MS;
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
		if (is_final(err) || x->conf->once)
			return false;
		indexer_store_failed(x, err);
	}
	return true;
}

/* ---- a turn ---- */

/* Told once: the path may be misspelt. */
static void news_of_none(struct indexer *x)
{
	struct err err;

	if (!x->looked && !weblog_tail_sees(x->tail)) {
		(void)err_set(&err, ERR_SYSTEM, "log file", "%.*s: no file is there yet",
			      STR_ARG(x->conf->conf->files[0]));
		tell(x, WEBLOG_NEWS_TROUBLE, &err, NULL);
	}
	x->looked = true;
}

static void news_of_files(struct indexer *x)
{
	struct weblog_bad_line bad;
	struct err err;

	while (weblog_tail_trouble(x->tail, &err))
		tell(x, WEBLOG_NEWS_TROUBLE, &err, NULL);
	if (weblog_reading_bad(x->reading, &bad) && (x->bad_due.at_us == 0 || deadline_left_us(x->bad_due) == 0)) {
		tell(x, WEBLOG_NEWS_BAD_LINE, NULL, &bad);
		x->bad_due = deadline_after_ms(BAD_LINE_MS);
	}
	if (deadline_left_us(x->progress_due) == 0) {
		tell(x, WEBLOG_NEWS_PROGRESS, NULL, NULL);
		x->progress_due = deadline_after_ms(PROGRESS_MS);
	}
}

/* What is left of the time until the batch is written, and of a second. */
static uint64_t until_ms(const struct indexer *x)
{
	uint64_t ms = deadline_left_us(x->write_due) / 1000 + 1;

	return ms < LOOK_MS ? ms : LOOK_MS;
}

static void write_due_set(struct indexer *x)
{
	if (x->current->n)
		x->write_due = deadline_min(x->write_due, deadline_after_ms(INDEXER_BATCH_MS));
	else if (x->write_due.at_us == 0)
		x->write_due = deadline_after_ms(POSITIONS_MS);
}

/* Read some, have it written when it is time. False: *err is final. *done_out: all that can be is written. */
static bool turn(struct indexer *x, bool *done_out, struct err *err)
{
	enum weblog_read_outcome outcome = weblog_reading_lines(x->reading, x->current);
	bool last = x->stopping || (outcome == WEBLOG_READ_ALL && x->conf->once), full = outcome == WEBLOG_READ_FULL;

	if (outcome == WEBLOG_READ_UNKNOWN)
		return err_set(err, ERR_MAPPING, x->conf->conf->name,
			       "no known format reads the first lines; say which one with format=\"...\"");
	news_of_files(x);
	if (outcome == WEBLOG_READ_ALL)
		news_of_none(x);
	write_due_set(x);
	if ((full || last || deadline_left_us(x->write_due) == 0) && !indexer_batch_write(x, full && !last, err))
		return false;
	if (last && !indexer_task_wait(x, err))
		return false;
	*done_out = last && (x->store || x->stopping);
	indexer_old_remove(x);
	wait_ms(x, outcome == WEBLOG_READ_ALL && !last ? until_ms(x) : 0, true);
	return !x->busy || !weblog_side_over(x->side) || indexer_task_over(x, err);
}

static bool run(struct indexer *x, struct err *err)
{
	bool done = false;

	while (!done) {
		if (!x->store && !store_wait(x, err))
			return false;
		if (!x->store)
			return true; /* told to end while the database is away: the rest is read at the next start */
		if (!turn(x, &done, err))
			return false;
	}
	return true;
}

bool weblog_index(const struct weblog_indexer_conf *conf, struct err *err)
{
	struct indexer x = {
		.conf = conf,
		.meaning = weblog_meaning_new(conf->conf, conf->rules, conf->salt),
		.sessions = weblog_sessions_new(conf->conf, VISITORS),
		.purge_due = deadline_after_ms(INDEXER_PURGE_MS),
		.progress_due = deadline_after_ms(PROGRESS_MS),
	};
	bool ok;

	weblog_refusals_begin(&x.refusals);
	weblog_gathered_begin(&x.batches[0]);
	weblog_gathered_begin(&x.batches[1]);
	x.current = &x.batches[0];
	x.side = weblog_side_new(indexer_work, &x, err);
	ok = x.side && run(&x, err);
	weblog_side_free(&x.side);
	if (ok && x.reading)
		tell(&x, WEBLOG_NEWS_PROGRESS, NULL, NULL);
	weblog_reading_free(&x.reading);
	weblog_tail_free(&x.tail);
	weblog_store_close(&x.store);
	weblog_sessions_free(&x.sessions);
	weblog_meaning_free(&x.meaning);
	weblog_gathered_end(&x.batches[0]);
	weblog_gathered_end(&x.batches[1]);
	return ok;
}
