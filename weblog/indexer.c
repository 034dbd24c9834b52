#include "weblog/indexer.h"

#include <poll.h>

#include "base/clock.h"
#include "base/digest.h"
#include "weblog/held.h"
#include "weblog/placing.h"
#include "weblog/refusals.h"
#include "weblog/side.h"

enum {
	BATCH_MS = 150, /* an event waits for others so long */
	POSITIONS_MS = 1000, /* and where lines without events were read to */
	LOOK_MS = 1000, /* files that nobody tells of */
	REST_FIRST_MS = 250,
	REST_ONCE_MS = 1, /* what a store refuses alone it refuses again */
	REST_MOST_MS = 10000,
	PURGE_MS = 10000,
	PROGRESS_MS = 60000,
	BAD_LINE_MS = 10000,
	VISITORS = 65536, /* whose last session is remembered */
	ONCE_FAILURES = 100, /* enough to find what the database does not take, and to leave it out */
};

/* What is done beside the reading: a batch is written, or old events are removed. */
struct task {
	struct weblog_gathered *batch; /* NULL: none */
	bool held; /* the transaction goes on with the next batch */
	const struct weblog_position *positions;
	size_t n_positions;
	int64_t purge_us; /* remove what is older; 0: nothing */
	bool more; /* there is more to remove */
	struct err err; /* cls: ERR_NONE when all went well */
};

struct indexer {
	const struct weblog_indexer_conf *conf;
	struct weblog_side *side; /* while it works, `store`, `sessions`, `task` and the batch in it are its own */
	struct weblog_store *store;
	struct weblog_sessions *sessions;
	struct task task;
	struct weblog_tail *tail;
	struct weblog_meaning *meaning;
	struct weblog_reading *reading;
	struct weblog_gathered batches[2], *current;
	bool busy;
	struct weblog_held held;
	struct weblog_indexer_state state;
	struct deadline write_due, purge_due, progress_due, bad_due;
	uint32_t rest_ms; /* 0: all is well */
	struct weblog_refusals refusals;
	bool stopping;
	bool looked; /* for files, at least once */
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
	int64_t last_us;
	size_t n = 0;

	if (!x->conf->connect_text(x->conf->owner, mem, &connect, err))
		return false;
	x->store = weblog_store_open(x->conf->conf, connect, err);
	if (!x->store)
		return false;
	if (!weblog_store_positions(x->store, mem, &known, &n, err) || !weblog_store_last(x->store, &last_us, err))
		return false;
	weblog_meaning_behind(x->meaning, last_us);
	weblog_sessions_away(x->sessions, last_us);
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

/* Read again what was not written, with a new connection. */
static void store_failed(struct indexer *x, const struct err *err)
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
	x->rest_ms = x->rest_ms ? 2 * x->rest_ms : REST_FIRST_MS;
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
		store_failed(x, err);
	}
	return true;
}

/* ---- beside the reading ---- */

static bool batch_store(struct indexer *x, struct err *err)
{
	const struct task *task = &x->task;
	struct weblog_batch batch = { .events = task->batch->events,
				      .n_events = task->batch->n,
				      .held = task->held,
				      .positions = task->positions,
				      .n_positions = task->n_positions };

	if (!weblog_place(x->sessions, x->store, x->conf->conf, task->batch, err))
		return false;
	if (task->held)
		return weblog_store_write(x->store, &batch, err);
	batch.sessions = weblog_sessions_changed(x->sessions, &batch.n_sessions);
	if ((batch.n_positions || batch.n_sessions) && !weblog_store_write(x->store, &batch, err))
		return false;
	weblog_sessions_written(x->sessions);
	return true;
}

/* On the other thread. */
static void task_work(void *owner)
{
	struct indexer *x = owner;
	struct task *task = &x->task;
	bool ok = true;

	if (task->batch)
		ok = batch_store(x, &task->err);
	if (ok && task->purge_us)
		ok = weblog_store_purge(x->store, task->purge_us, &task->more, &task->err);
	if (ok)
		task->err.cls = ERR_NONE;
}

static void task_begin(struct indexer *x, const struct task *task)
{
	x->task = *task;
	x->busy = true;
	weblog_side_begin(x->side);
}

static void batch_done(struct indexer *x, struct weblog_gathered *batch, bool held)
{
	x->held.batches++;
	x->held.events += batch->n;
	if (!held) {
		weblog_tail_keep(x->tail);
		x->state.batches += x->held.batches;
		x->state.events += x->held.events;
		x->held = (struct weblog_held){ 0 };
	}
	for (size_t i = 0; i < batch->n; i++)
		if (batch->events[i].at_us > x->state.last_us)
			x->state.last_us = batch->events[i].at_us;
	weblog_taken(&x->refusals, x->reading, batch);
	weblog_gathered_clear(batch);
	x->rest_ms = 0;
}

/* With `once`: nobody waits for a store that goes on refusing. Say where the log was when it did last. */
static void give_up(const struct task *task, struct err *err)
{
	const struct weblog_position *at = task->n_positions ? task->positions : NULL;
	const struct err last = *err;

	for (size_t i = 0; task->batch && i < task->n_positions; i++)
		if (digest_sip(task->positions[i].path) == task->batch->last.file)
			at = &task->positions[i];
	if (at)
		(void)err_set(err, last.cls, last.where, "given up after %d failures, at line %llu of %.*s: %s",
			      ONCE_FAILURES, (unsigned long long)at->lines, STR_ARG(at->path), last.text);
	else
		(void)err_set(err, last.cls, last.where, "given up after %d failures: %s", ONCE_FAILURES, last.text);
}

/* See how it went; false: *err is final. */
static bool task_over(struct indexer *x, struct err *err)
{
	struct task task = x->task;
	bool alone;

	x->busy = false;
	if (task.err.cls == ERR_NONE) {
		if (task.batch)
			batch_done(x, task.batch, task.held);
		if (task.more)
			x->purge_due = deadline_after_ms(BATCH_MS);
		return true;
	}
	*err = task.err;
	alone = task.batch && task.batch->n == 1;
	if (err->cls == ERR_BUSY)
		return false;
	if (x->conf->once && x->state.failures + 1 >= ONCE_FAILURES) {
		give_up(&task, err);
		return false;
	}
	if (err->cls == ERR_SOURCE && task.batch)
		weblog_refused(&x->refusals, x->reading, task.batch);
	if (task.batch)
		weblog_gathered_clear(task.batch);
	store_failed(x, err);
	if (err->cls == ERR_SOURCE)
		x->rest_ms = alone && x->conf->once ? REST_ONCE_MS : REST_FIRST_MS; /* it is there, and answers */
	return true;
}

/* Wait until nothing is done beside. The same. */
static bool task_wait(struct indexer *x, struct err *err)
{
	if (!x->busy)
		return true;
	weblog_side_wait(x->side);
	return task_over(x, err);
}

/* May the batch's transaction go on with the next one? It is full, so there is one soon; none are in small ones, which
 * find what is refused. */
static bool may_hold(struct indexer *x)
{
	size_t n_sessions;

	(void)weblog_sessions_changed(x->sessions, &n_sessions);
	return weblog_store_holds(x->store) && x->refusals.limit == WEBLOG_BATCH_EVENTS &&
	       weblog_held_more(&x->held, n_sessions);
}

/* Have what is read written, and go on reading. False: *err is final. */
static bool batch_write(struct indexer *x, bool full, struct err *err)
{
	struct task task = { .batch = x->current };

	if (!task_wait(x, err))
		return false;
	if (!x->store)
		return true; /* that failed: what is read now is read again */
	task.held = full && may_hold(x);
	if (!task.held)
		task.positions = weblog_tail_positions(x->tail, x->current->mem, &task.n_positions);
	x->write_due = task.held ? deadline_after_ms(BATCH_MS) : (struct deadline){ 0 };
	x->current = x->current == &x->batches[0] ? &x->batches[1] : &x->batches[0];
	task_begin(x, &task);
	return true;
}

/* Remove what is too old, a little at a time. */
static void old_remove(struct indexer *x)
{
	if (x->busy || !x->store || x->held.batches || deadline_left_us(x->purge_due) > 0)
		return;
	x->purge_due = deadline_after_ms(PURGE_MS);
	task_begin(x, &(struct task){ .purge_us = (clock_wall_ms() - (int64_t)x->conf->conf->keep_ms) * 1000 });
}

/* ---- a turn ---- */

/* Told once: the path may be misspelt. */
static void news_of_none(struct indexer *x)
{
	struct err err;

	if (!x->looked && weblog_tail_counts(x->tail).files == 0) {
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
		x->write_due = deadline_min(x->write_due, deadline_after_ms(BATCH_MS));
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
	if ((full || last || deadline_left_us(x->write_due) == 0) && !batch_write(x, full && !last, err))
		return false;
	if (last && !task_wait(x, err))
		return false;
	*done_out = last && (x->store || x->stopping);
	old_remove(x);
	wait_ms(x, outcome == WEBLOG_READ_ALL && !last ? until_ms(x) : 0, true);
	return !x->busy || !weblog_side_over(x->side) || task_over(x, err);
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
		.purge_due = deadline_after_ms(PURGE_MS),
		.progress_due = deadline_after_ms(PROGRESS_MS),
	};
	bool ok;

	weblog_refusals_begin(&x.refusals);
	weblog_gathered_begin(&x.batches[0]);
	weblog_gathered_begin(&x.batches[1]);
	x.current = &x.batches[0];
	x.side = weblog_side_new(task_work, &x, err);
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
