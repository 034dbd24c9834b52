#include "federator/purge/watermarks.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/flow/flight.h"
#include "federator/purge/follower.h"
#include "federator/purge/purge.h"

/* A set that is loaded is looked at within a second. */
enum { LOOK_MS = 1000 };

/* What is known of one part; stays when a later set does not have it. */
struct mark {
	struct watermarks *all;
	struct mark *next;
	char *part;
	unsigned char id[DIGEST_BYTES]; /* of the part, its connection and the query that `seen` is of */
	unsigned char seen[DIGEST_BYTES]; /* the value that copies were last void for, if `known` */
	bool known, failing, busy;
	uint64_t due_us;
	/* while busy: */
	const struct world *world;
	const struct part *of;
	struct flight flight;
	struct loop_post landed;
	struct fetch *fetch;
	unsigned char now[DIGEST_BYTES];
	struct arena *mem; /* of the purge */
	struct purge purge;
};

struct watermarks {
	struct follower own;
	struct loop_timer look;
	struct mark *marks;
	bool draining; /* on the thread */
	struct loop_post begin, drain;
};

static void count(const struct mark *m, size_t meter)
{
	counters_add(m->all->own.lane.meters, meter, 1);
}

/* ---- one question ---- */

static void rest(struct mark *m)
{
	m->due_us = clock_mono_us() + m->of->watermark->every_ms * 1000;
	m->of = NULL;
	m->busy = false;
	world_unref(&m->world);
	if (!m->all->draining)
		loop_timer_set(m->all->own.lane.loop, &m->all->look, (struct deadline){ 1 });
}

/* Told once, until it is well again. */
static void fail(struct mark *m, const struct err *err)
{
	count(m, METER_WATERMARK_FAILED);
	if (!m->failing)
		log_event(LOG_WARN, "watermark_failed", LOG_CSTR("part", m->part),
			  LOG_CSTR("source", m->of->source->name), LOG_CSTR("reason", err_reason(err->cls)),
			  LOG_CSTR("text", err->text));
	m->failing = true;
	rest(m);
}

/* What could not be voided differs from what was seen also the next time. */
static void on_purged(struct purge *purge)
{
	struct mark *m = CONTAINER_OF(purge, struct mark, purge);
	const struct err err = purge->err;

	arena_wipe_free(&m->mem);
	if (err.cls != ERR_NONE) {
		fail(m, &err);
		return;
	}
	memcpy(m->seen, m->now, DIGEST_BYTES);
	m->failing = false;
	count(m, METER_WATERMARK_CHANGED);
	rest(m);
}

static void void_part(struct mark *m)
{
	struct str part = str_of(m->part);

	m->mem = arena_new();
	purge_begin(&m->purge, &m->all->own.lane, m->mem);
	if (purge_add(&m->purge, PURGE_PART, part, STR(""))) {
		purge_run(&m->purge, on_purged);
		return;
	}
	purge_drop(&m->purge); /* the set that runs now has no such part */
	arena_wipe_free(&m->mem);
	rest(m);
}

static void digest_make(const struct rows *rows, unsigned char out[DIGEST_BYTES])
{
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		struct str cell = rows_cell(rows, r, 0);

		digest_add(&d, cell.p ? "v" : "n", 1);
		digest_add_str(&d, cell);
	}
	digest_end(&d, out);
}

/* The first value says only what to compare with: copies from before may be as old as their ttl says. */
static void compare(struct mark *m)
{
	if (m->known && memcmp(m->now, m->seen, DIGEST_BYTES) != 0) {
		void_part(m);
		return;
	}
	if (!m->known)
		memcpy(m->seen, m->now, DIGEST_BYTES);
	m->known = true;
	m->failing = false;
	count(m, METER_WATERMARK_SAME);
	rest(m);
}

static void on_landed(struct loop_post *p)
{
	struct mark *m = CONTAINER_OF(p, struct mark, landed);
	struct err err = m->fetch->err;

	flight_end(&m->flight);
	adapter_promote(m->flight.adapter);
	if (err.cls == ERR_NONE && m->fetch->rows->flags)
		err_set(&err, ERR_MAPPING, m->part,
			"the watermark has several rows, or none that can be read: select one value");
	if (err.cls == ERR_NONE)
		digest_make(m->fetch->rows, m->now);
	fetch_free(&m->fetch);
	if (err.cls == ERR_NONE)
		compare(m);
	else
		fail(m, &err);
}

/* On a worker's thread. */
static void on_fetched(struct fetch *fetch)
{
	struct mark *m = fetch->owner;

	flight_land(&m->flight, &m->landed);
}

static void ask(struct mark *m)
{
	static const char *const column = "watermark";
	struct adapter *adapter = m->world->adapters[m->of->source->index];
	struct fetch *fetch = fetch_new();
	struct crew *crew = crew_new();
	struct err err = { 0 };

	fetch->part = arena_str(fetch->mem, str_of(m->part)).p;
	fetch->sql = arena_str(fetch->mem, m->of->watermark->query.sql);
	fetch->n_runs = 1;
	fetch->columns = &column;
	fetch->n_columns = fetch->max_rows = 1;
	fetch->max_bytes = service_options(m->all->own.lane.service)->max_fetch_bytes;
	fetch->cap = fetch->give_up = deadline_after_ms(m->of->cap_ms);
	fetch->done = on_fetched;
	fetch->owner = m;
	m->fetch = fetch;
	m->landed.run = on_landed;
	m->flight = (struct flight){ .urgent = true, .behind = true };
	if (!flight_begin(&m->flight, &m->all->own.lane, crew, adapter, fetch, &err)) {
		fetch_free(&m->fetch);
		if (err.cls == ERR_BUSY) { /* requests first */
			count(m, METER_WATERMARK_SKIPPED);
			rest(m);
		} else {
			fail(m, &err);
		}
	}
	crew_drop(crew);
}

/* ---- which, and when ---- */

static struct mark *mark_of(struct watermarks *all, const struct part *part)
{
	struct mark *m = all->marks;

	while (m && !str_eq(str_of(m->part), str_of(part->name)))
		m = m->next;
	if (m)
		return m;
	m = memory_new(sizeof(*m));
	m->all = all;
	m->part = memory_text(part->name);
	m->next = all->marks;
	all->marks = m;
	return m;
}

/* Another query, or another database, says nothing of what was seen. */
static void know(struct mark *m, const struct world *world, const struct part *part)
{
	unsigned char id[DIGEST_BYTES];
	struct digest d;

	digest_begin(&d, (struct str){ 0 });
	digest_add(&d, world->part_ids[part->index], DIGEST_BYTES);
	digest_add_str(&d, part->watermark->query.sql);
	digest_end(&d, id);
	if (memcmp(id, m->id, DIGEST_BYTES) != 0)
		m->known = m->failing = false;
	memcpy(m->id, id, DIGEST_BYTES);
}

static uint64_t look_at(struct watermarks *all, const struct world *world, const struct part *part)
{
	struct mark *m = mark_of(all, part);

	if (m->busy)
		return UINT64_MAX;
	if (m->due_us > clock_mono_us())
		return m->due_us;
	know(m, world, part);
	m->busy = true;
	m->of = part;
	m->world = world_ref(world);
	ask(m);
	return m->busy ? UINT64_MAX : m->due_us;
}

static void on_look(struct loop_timer *t)
{
	struct watermarks *all = CONTAINER_OF(t, struct watermarks, look);
	const struct world *world = service_world(all->own.lane.service);
	uint64_t next_us = clock_mono_us() + LOOK_MS * 1000;

	for (size_t i = 0; i < world->cat->n_parts; i++)
		if (world->cat->parts[i].watermark) {
			uint64_t due_us = look_at(all, world, &world->cat->parts[i]);

			next_us = due_us < next_us ? due_us : next_us;
		}
	world_unref(&world);
	loop_timer_set(all->own.lane.loop, t, (struct deadline){ next_us });
}

/* ---- the thread ---- */

static void on_begin(struct loop_post *p)
{
	struct watermarks *all = CONTAINER_OF(p, struct watermarks, begin);

	if (!all->draining)
		on_look(&all->look);
}

static void on_drain(struct loop_post *p)
{
	struct watermarks *all = CONTAINER_OF(p, struct watermarks, drain);

	all->draining = true;
	loop_timer_cancel(all->own.lane.loop, &all->look);
}

static bool wanted(struct service *svc)
{
	const struct world *world = service_world(svc);
	bool found = false;

	for (size_t i = 0; i < world->cat->n_parts; i++)
		found |= world->cat->parts[i].watermark != NULL;
	world_unref(&world);
	return found;
}

bool watermarks_start(struct service *svc, struct watermarks **out, struct err *err)
{
	struct watermarks *all;

	*out = NULL; /* the lane has a cache of its own, so it is not opened for nothing */
	if (!wanted(svc) || strcmp(service_options(svc)->cache, "off") == 0)
		return true;
	all = memory_new(sizeof(*all));
	all->begin.run = on_begin;
	all->drain.run = on_drain;
	all->look.fire = on_look;
	if (!follower_open(&all->own, svc, err) || !follower_start(&all->own, "watermarks", err)) {
		watermarks_stop(all);
		watermarks_free(&all);
		return false;
	}
	loop_post(all->own.lane.loop, &all->begin);
	*out = all;
	return true;
}

void watermarks_drain(struct watermarks *all)
{
	if (all)
		loop_post(all->own.lane.loop, &all->drain);
}

void watermarks_stop(struct watermarks *all)
{
	if (!all)
		return;
	if (all->own.running)
		loop_stop(all->own.lane.loop);
	follower_stop(&all->own);
}

void watermarks_free(struct watermarks **allp)
{
	struct watermarks *all = *allp;

	*allp = NULL;
	if (!all)
		return;
	while (all->marks) {
		struct mark *m = all->marks;

		all->marks = m->next;
		free(m->part);
		free(m);
	}
	follower_free(&all->own);
	free(all);
}
