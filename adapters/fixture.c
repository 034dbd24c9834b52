#include "adapters/fixture.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "adapters/adapter_driver.h"
#include "adapters/rowset.h"

struct fixture {
	struct arena *mem; /* holds this too */
	const char *source;
	const struct fixture_part *parts; /* the first one is about connecting */
};

/* Sleep until then; "never" has no end. */
static void wait_until(struct deadline due)
{
	struct timespec at = { .tv_sec = (time_t)(due.at_us / 1000000), .tv_nsec = (long)(due.at_us % 1000000) * 1000 };

	while (due.at_us == 0)
		pause();
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
		continue;
}

/* Behave as the section says before it answers. */
static bool act(const struct fixture_part *part, struct deadline cap, const char *source, struct err *err)
{
	if (part->frozen)
		wait_until((struct deadline){ 0 });
	if (part->hang)
		wait_until(cap);
	else if (part->delay_ms > 0)
		wait_until(deadline_min(deadline_after_ms(part->delay_ms), cap));
	if (deadline_left_us(cap) == 0)
		return err_set(err, ERR_LATE, source, "part %s: the fixture is silent", part->name);
	if (part->fail != ERR_NONE)
		return err_set(err, part->fail, source, "part %s: the fixture says so", part->name);
	return true;
}

static void fixture_disconnect(void **conn)
{
	struct fixture *fx = *conn;

	*conn = NULL;
	if (fx)
		arena_wipe_free(&(struct arena *){ fx->mem });
}

static bool fixture_connect(const struct adapter_conf *conf, void **conn_out, struct err *err)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct fixture *fx = arena_new_of(mem, struct fixture);

	fx->source = arena_cstr(mem, str_of(conf->name));
	fx->parts = fixture_file_read(mem, conf->connect, fx->source, err);
	if (fx->parts == NULL || !act(fx->parts, (struct deadline){ 0 }, fx->source, err))
		return false;
	fx->mem = mem;
	mem = NULL;
	*conn_out = fx;
	return true;
}

/* One answer being made. */
struct answering {
	const struct fixture_part *part;
	const struct fetch *f;
	struct rowset rows;
	size_t *at; /* where the wanted columns stand */
	size_t key; /* where the key stands; n_columns: no key */
	const char *source;
	struct err *err;
};

static bool is_asked(struct str cell, const struct str *params, uint32_t n_params)
{
	for (uint32_t i = 0; i < n_params; i++)
		if (cell.p != NULL && str_eq(cell, params[i]))
			return true;
	return false;
}

static bool find_key(struct answering *a)
{
	const struct fixture_part *part = a->part;

	a->key = part->n_columns;
	for (size_t i = 0; part->key && i < part->n_columns; i++)
		if (strcasecmp(part->columns[i], part->key) == 0)
			a->key = i;
	if (part->key && a->key == part->n_columns)
		return err_set(a->err, ERR_CONFIG, a->source, "part %s: key %s is not one of its columns", part->name,
			       part->key);
	return true;
}

static bool put_row(struct answering *a, const struct fixture_row *row)
{
	for (uint32_t c = 0; c < a->f->n_columns; c++)
		if (!rowset_put(&a->rows, row->cells[a->at[c]], a->source, a->err))
			return false;
	return true;
}

static bool put_run(struct answering *a, uint32_t run)
{
	const struct str *params = a->f->n_params ? a->f->params + (size_t)run * a->f->n_params : NULL;

	for (const struct fixture_row *row = a->part->rows; row; row = row->next) {
		if (a->key < a->part->n_columns && !is_asked(row->cells[a->key], params, a->f->n_params))
			continue;
		if (!rowset_take_row(&a->rows))
			return true;
		if (!put_row(a, row))
			return false;
	}
	return true;
}

static bool answer(struct answering *a, struct fetch *f)
{
	bool ok;

	a->at = arena_array_of(f->mem, size_t, f->n_columns);
	ok = find_key(a) && rowset_match(f, a->part->columns, a->part->n_columns, a->source, a->at, a->err);
	rowset_begin(&a->rows, f);
	for (uint32_t run = 0; ok && run < f->n_runs; run++)
		ok = put_run(a, run);
	if (ok)
		f->rows = rowset_end(&a->rows);
	rowset_drop(&a->rows);
	return ok;
}

static bool fixture_fetch(void *conn, struct fetch *f, bool *lost_out, struct err *err)
{
	const struct fixture *fx = conn;
	const struct fixture_part *part = fx->parts->next;

	while (part && strcmp(part->name, f->part) != 0)
		part = part->next;
	if (part == NULL)
		return err_set(err, ERR_SOURCE, fx->source, "part %s: the fixture has no such part", f->part);
	if (!act(part, f->cap, fx->source, err)) {
		*lost_out = err->cls == ERR_REFUSED;
		return false;
	}
	return answer(&(struct answering){ .part = part, .f = f, .source = fx->source, .err = err }, f);
}

static bool fixture_check(const struct adapter_conf *conf, struct err *err)
{
	return conf->connect[0] != '\0' ||
	       err_set(err, ERR_CONFIG, conf->name, "the connection is the name of a fixture file; it is empty");
}

const struct adapter_driver fixture_driver = {
	.name = "fixture",
	.check = fixture_check,
	.connect = fixture_connect,
	.fetch = fixture_fetch,
	.disconnect = fixture_disconnect,
};
