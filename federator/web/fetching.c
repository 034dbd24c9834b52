#include "federator/web/fetching.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "federator/flow/flight.h"

struct web_fetch {
	struct lane *lane;
	const struct world *world; /* keeps the adapter */
	struct fetch *fetch;
	struct flight flight;
	struct loop_post landed;
	struct loop_timer late;
	web_fetch_done *done; /* NULL: nobody is to be told any more */
	void *owner;
	bool under_way;
	bool let_go; /* by its asker */
};

static void drop(struct web_fetch *f)
{
	loop_timer_cancel(f->lane->loop, &f->late);
	fetch_free(&f->fetch);
	world_unref(&f->world);
	free(f);
}

static void tell(struct web_fetch *f, const struct rows *rows, const struct err *err)
{
	web_fetch_done *done = f->done;

	f->done = NULL;
	loop_timer_cancel(f->lane->loop, &f->late);
	if (done)
		done(f->owner, rows, err);
}

static void on_landed(struct loop_post *p)
{
	struct web_fetch *f = CONTAINER_OF(p, struct web_fetch, landed);

	flight_end(&f->flight);
	f->under_way = false;
	if (f->let_go)
		drop(f);
	else
		tell(f, f->fetch->err.cls == ERR_NONE ? f->fetch->rows : NULL, &f->fetch->err);
}

static void on_late(struct loop_timer *t)
{
	struct web_fetch *f = CONTAINER_OF(t, struct web_fetch, late);
	struct err err;

	err_set(&err, ERR_LATE, f->fetch->part, "the store of the web log did not answer in time");
	tell(f, NULL, &err);
}

/* On a worker's thread. */
static void on_fetched(struct fetch *fetch)
{
	struct web_fetch *f = fetch->owner;

	flight_land(&f->flight, &f->landed);
}

static void fetch_fill(struct web_fetch *f, const struct web_sql *sql)
{
	struct fetch *fetch = fetch_new();
	struct str *params = arena_array_of(fetch->mem, struct str, sql->n_params);

	for (uint32_t i = 0; i < sql->n_params; i++)
		params[i] = arena_str(fetch->mem, sql->params[i]);
	fetch->part = "weblog";
	fetch->sql = arena_str(fetch->mem, buf_str(&sql->text));
	fetch->params = params;
	fetch->n_params = sql->n_params;
	fetch->n_runs = 1;
	fetch->columns = sql->columns;
	fetch->n_columns = sql->n_columns;
	fetch->max_rows = sql->most;
	fetch->max_bytes = service_options(f->lane->service)->max_fetch_bytes;
	fetch->cap = fetch->give_up = deadline_after_ms(WEB_CAP_MS);
	fetch->done = on_fetched;
	fetch->owner = f;
	f->fetch = fetch;
}

struct web_fetch *web_fetch_begin(struct lane *lane, const struct world *world, const struct source *source,
				  const struct web_sql *sql, struct err *err)
{
	struct web_fetch *f = memory_new(sizeof(*f));
	struct crew *crew = crew_new();

	f->lane = lane;
	f->world = world_ref(world);
	f->landed.run = on_landed;
	f->late.fire = on_late;
	fetch_fill(f, sql);
	f->flight.urgent = true;
	f->under_way = flight_begin(&f->flight, lane, crew, world->adapters[source->index], f->fetch, err);
	crew_drop(crew);
	if (f->under_way)
		return f;
	drop(f);
	return NULL;
}

void web_fetch_await(struct web_fetch *f, struct deadline due, web_fetch_done *done, void *owner)
{
	f->done = done;
	f->owner = owner;
	loop_timer_set(f->lane->loop, &f->late, due);
}

void web_fetch_note(const struct weblog *log, const struct err *err)
{
	log_event(LOG_WARN, "fetch_failed", LOG_CSTR("part", log->name), LOG_CSTR("source", log->store->name),
		  LOG_CSTR("reason", err_reason(err->cls)), LOG_CSTR("text", err->text));
}

void web_fetch_free(struct web_fetch **fp)
{
	struct web_fetch *f = *fp;

	*fp = NULL;
	if (!f)
		return;
	f->done = NULL;
	f->let_go = true;
	loop_timer_cancel(f->lane->loop, &f->late);
	if (!f->under_way)
		drop(f);
}
