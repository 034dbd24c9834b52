#include "federator/web/watch_state.h"

#include <stdlib.h>

#include "base/memory.h"
#include "federator/web/admit.h"

enum {
	POLL_MS = 1000,
	SETTLE_MS = 20, /* what visitors are seen as comes one by one */
	VISITS_MOST = 5000,
	AT_A_TIME = 1000, /* rows: with all texts as long as they may be they are less than a source may answer */
	WHOLE_EVERY = 10, /* polls: an indexer that is behind writes what is older than what was there */
	OVERLAP_US = 5000000, /* of the others */
	ASKED_MOST = 16, /* at once */
	ASKED_A_TURN = 32, /* copies are there at once: what else waits on the loop shall not wait for them all */
};

static struct loop *loop_of(const struct web_watch *w)
{
	return w->all->conf.lane->loop;
}

int64_t web_watch_now_us(const struct web_watch *w)
{
	return lane_wall_ms(w->all->conf.lane) * 1000;
}

/* ---- what visitors are seen as ---- */

static void watch_free(struct web_watch *w);

static void settle_later(struct web_watch *w)
{
	if (!w->settle.slot && !w->dead && !w->all->stopped)
		loop_timer_set(loop_of(w), &w->settle, deadline_after_ms(SETTLE_MS));
}

static void on_face(void *owner, struct web_face *face)
{
	struct asking_face *asking = owner;
	struct web_watch *w = asking->watch;

	w->asked--;
	w->all->conf.leave(w->all->conf.lane);
	if (asking->looks)
		looks_take(asking->looks, face);
	else
		free(face);
	free(asking);
	settle_later(w);
	if (w->dead && !w->asked)
		watch_free(w);
}

static void ask_face(struct web_watch *w, const struct world *world, const struct weblog *log, struct looks *looks)
{
	struct lane *lane = w->all->conf.lane;
	struct asking_face *asking = memory_new(sizeof(*asking));
	const struct web_face_ask ask = { .lane = lane,
					  .world = world,
					  .log = log,
					  .tenant = str_of(service_options(lane->service)->tenant),
					  .role = str_of(looks->audience->caller.role),
					  .purpose = str_of(looks->audience->caller.purpose),
					  .session = looks->visit->now };

	asking->looks = looks;
	asking->watch = w;
	looks->asking = asking;
	looks->asked_us = clock_mono_us();
	w->asked++;
	web_face_ask(&ask, on_face, asking);
}

static void ask_faces(struct web_watch *w)
{
	const struct world *world = service_world(w->all->conf.lane->service);
	const struct weblog *log = catalog_weblog(world->cat, str_of(w->log));
	struct looks *looks;
	int n = 0;

	while (log && log->live && !w->all->stopped && w->asked < ASKED_MOST && n++ < ASKED_A_TURN &&
	       (looks = visits_wanted(&w->visits))) {
		if (!w->all->conf.admit(w->all->conf.lane)) {
			visits_want_again(&w->visits, looks);
			break;
		}
		ask_face(w, world, log, looks);
	}
	world_unref(&world);
}

/* The next ones are asked here, not where one is answered: that may be inside asking. */
static void on_settle(struct loop_timer *t)
{
	struct web_watch *w = CONTAINER_OF(t, struct web_watch, settle);
	const struct world *world = service_world(w->all->conf.lane->service);
	const struct weblog *log = catalog_weblog(world->cat, str_of(w->log));

	if (log)
		web_groups_publish(w, world, log);
	world_unref(&world);
	ask_faces(w);
}

/* ---- the store ---- */

static void poll_in(struct web_watch *w, uint32_t ms)
{
	if (!w->all->stopped)
		loop_timer_set(loop_of(w), &w->poll, deadline_after_ms(ms));
}

/* Told once, until it is back. */
static void note_down(struct web_watch *w, const struct weblog *log, const struct err *err)
{
	bool was = w->down.cls != ERR_NONE;

	w->down = *err;
	if (was)
		return;
	web_groups_tell_down(w);
	if (log)
		web_fetch_note(log, err);
}

static void on_rows(void *owner, const struct rows *rows, const struct err *err);

/* Behind the last one that was taken, if there was one in this poll. */
static void ask_rows(struct web_watch *w, const struct world *world, const struct weblog *log,
		     const struct web_session *last)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(web_sql_free) struct web_sql sql = { 0 };
	struct web_which which = { .log = str_of(w->log),
				   .identity = str_of(world->cat->identity->name),
				   .people = true,
				   .has_since = true,
				   .since_us = w->since_us,
				   .has_mark = last != NULL,
				   .most = AT_A_TIME };
	struct err err;

	if (last)
		which.mark = (struct web_mark){ last->last_us, last->session };
	web_sql_sessions(&sql, &which, mem);
	w->fetch = web_fetch_begin(w->all->conf.lane, world, log->store, &sql, &err);
	if (w->fetch) {
		web_fetch_await(w->fetch, deadline_after_ms(WEB_CAP_MS), on_rows, w);
	} else {
		note_down(w, log, &err);
		poll_in(w, POLL_MS);
	}
}

static void rows_take(struct web_watch *w, const struct world *world, const struct weblog *log,
		      const struct rows *rows)
{
	struct web_session s = { 0 };
	uint32_t n = rows->n_rows < AT_A_TIME ? rows->n_rows : AT_A_TIME;

	for (uint32_t r = 0; r < n; r++) {
		s = web_session_read(rows, r);
		if (s.last_us > w->newest_us)
			w->newest_us = s.last_us;
		visits_take(&w->visits, &s, w->audiences, log->live != NULL);
	}
	w->taken += n;
	if (n < rows->n_rows && w->taken < VISITS_MOST)
		ask_rows(w, world, log, &s);
	else
		poll_in(w, POLL_MS);
}

static void on_rows(void *owner, const struct rows *rows, const struct err *err)
{
	struct web_watch *w = owner;
	struct web_fetch *over = w->fetch;
	const struct world *world = service_world(w->all->conf.lane->service);
	const struct weblog *log = catalog_weblog(world->cat, str_of(w->log));

	w->fetch = NULL;
	if (rows && log) {
		w->down.cls = ERR_NONE;
		rows_take(w, world, log, rows);
		web_groups_publish(w, world, log);
	} else {
		if (!rows)
			note_down(w, log, err);
		poll_in(w, POLL_MS);
	}
	world_unref(&world);
	web_fetch_free(&over);
	ask_faces(w);
}

static void ask_store(struct web_watch *w, const struct world *world, const struct weblog *log)
{
	bool whole = w->polls++ % WHOLE_EVERY == 0 || w->down.cls != ERR_NONE;
	int64_t oldest_us = web_watch_now_us(w) - web_groups_widest_us(w, log), since_us = w->newest_us - OVERLAP_US;

	w->since_us = whole || since_us < oldest_us ? oldest_us : since_us;
	w->taken = 0;
	ask_rows(w, world, log, NULL);
}

/* A reload may have taken the log away, or the right to see it. */
static const struct weblog *still_shown(struct web_watch *w, const struct world *world)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const struct weblog *log = catalog_weblog(world->cat, str_of(w->log));
	struct web_fault fault;

	for (struct web_group *g = w->groups, *next; g; g = next) {
		next = g->next;
		if (!web_admit(world->cat, &g->ask, mem, &fault))
			w->all->conf.end(g);
	}
	return log;
}

static void on_poll(struct loop_timer *t)
{
	struct web_watch *w = CONTAINER_OF(t, struct web_watch, poll);
	const struct world *world = service_world(w->all->conf.lane->service);
	const struct weblog *log = still_shown(w, world);

	if (log)
		ask_store(w, world, log);
	else
		poll_in(w, POLL_MS);
	world_unref(&world);
}

/* ---- from beginning to end ---- */

static void watch_free(struct web_watch *w)
{
	free(w->log);
	free(w);
}

void web_watch_end(struct web_watch *w)
{
	struct web_watch **at = &w->all->first;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
	loop_timer_cancel(loop_of(w), &w->poll);
	loop_timer_cancel(loop_of(w), &w->settle);
	web_fetch_free(&w->fetch);
	visits_end(&w->visits);
	w->dead = true;
	if (!w->asked)
		watch_free(w);
}

struct web_watch *web_watch_named(struct web_watches *all, struct str log)
{
	struct web_watch *w = all->first;

	while (w && !str_eq(str_of(w->log), log))
		w = w->next;
	if (w)
		return w;
	w = memory_new(sizeof(*w));
	w->all = all;
	w->log = memory_raw(log.n + 1);
	memcpy(w->log, log.p, log.n);
	w->log[log.n] = '\0';
	w->poll.fire = on_poll;
	w->settle.fire = on_settle;
	visits_begin(&w->visits);
	w->next = all->first;
	all->first = w;
	poll_in(w, 0);
	return w;
}

struct web_watches *web_watches_new(const struct web_watches_conf *conf)
{
	struct web_watches *all = memory_new(sizeof(*all));

	all->conf = *conf;
	return all;
}

void web_watches_stop(struct web_watches *all)
{
	all->stopped = true;
	for (struct web_watch *w = all->first; w; w = w->next) {
		loop_timer_cancel(loop_of(w), &w->poll);
		loop_timer_cancel(loop_of(w), &w->settle);
		web_fetch_free(&w->fetch);
	}
}

void web_watches_free(struct web_watches **all)
{
	free(*all);
	*all = NULL;
}
