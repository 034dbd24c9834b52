/* What is done beside the reading: batches are written, old events removed. */
#include "base/clock.h"
#include "base/digest.h"
#include "weblog/indexer_parts.h"
#include "weblog/placing.h"

enum {
	REST_ONCE_MS = 1, /* what a store refuses alone it refuses again */
	ONCE_FAILURES = 100, /* enough to find what the database does not take, and to leave it out */
};

static bool batch_store(struct indexer *x, struct err *err)
{
	const struct indexer_task *task = &x->task;
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

void indexer_work(void *owner)
{
	struct indexer *x = owner;
	struct indexer_task *task = &x->task;
	bool ok = true;

	if (task->batch)
		ok = batch_store(x, &task->err);
	if (ok && task->purge_us)
		ok = weblog_store_purge(x->store, task->purge_us, &task->more, &task->err);
	if (ok)
		task->err.cls = ERR_NONE;
}

static void task_begin(struct indexer *x, const struct indexer_task *task)
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
static void give_up(const struct indexer_task *task, struct err *err)
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

bool indexer_task_over(struct indexer *x, struct err *err)
{
	struct indexer_task task = x->task;
	bool alone;

	x->busy = false;
	if (task.err.cls == ERR_NONE) {
		if (task.batch)
			batch_done(x, task.batch, task.held);
		if (task.more)
			x->purge_due = deadline_after_ms(INDEXER_BATCH_MS);
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
	indexer_store_failed(x, err);
	if (err->cls == ERR_SOURCE) /* it is there, and answers */
		x->rest_ms = alone && x->conf->once ? REST_ONCE_MS : INDEXER_REST_FIRST_MS;
	return true;
}

bool indexer_task_wait(struct indexer *x, struct err *err)
{
	if (!x->busy)
		return true;
	weblog_side_wait(x->side);
	return indexer_task_over(x, err);
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

bool indexer_batch_write(struct indexer *x, bool full, struct err *err)
{
	struct indexer_task task = { .batch = x->current };

	if (!indexer_task_wait(x, err))
		return false;
	if (!x->store)
		return true; /* that failed: what is read now is read again */
	task.held = full && may_hold(x);
	if (!task.held)
		task.positions = weblog_tail_positions(x->tail, x->current->mem, &task.n_positions);
	x->write_due = task.held ? deadline_after_ms(INDEXER_BATCH_MS) : (struct deadline){ 0 };
	x->current = x->current == &x->batches[0] ? &x->batches[1] : &x->batches[0];
	task_begin(x, &task);
	return true;
}

void indexer_old_remove(struct indexer *x)
{
	if (x->busy || !x->store || x->held.batches || deadline_left_us(x->purge_due) > 0)
		return;
	x->purge_due = deadline_after_ms(INDEXER_PURGE_MS);
	task_begin(x, &(struct indexer_task){ .purge_us = (clock_wall_ms() - (int64_t)x->conf->conf->keep_ms) * 1000 });
}
