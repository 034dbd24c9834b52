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
	const char *path;
};

/* Sleep until then; "never" has no end. */
static void wait_until(struct deadline due)
{
	struct timespec at = clock_timespec(due.at_us);

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
	const struct fixture_part *connecting;

	fx->source = arena_cstr(mem, str_of(conf->name));
	fx->path = arena_cstr(mem, str_of(conf->connect));
	connecting = fixture_file_read(mem, fx->path, fx->source, err);
	if (connecting == NULL || !act(connecting, (struct deadline){ 0 }, fx->source, err))
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
	size_t *keys; /* where the keys stand */
	const char *source;
	struct err *err;
};

static bool is_asked(const struct answering *a, const struct fixture_row *row, const struct str *params)
{
	for (size_t k = 0; k < a->part->n_keys; k++)
		for (uint32_t i = 0; i < a->f->n_params; i++)
			if (row->cells[a->keys[k]].p != NULL && str_eq(row->cells[a->keys[k]], params[i]))
				return true;
	return a->part->n_keys == 0;
}

static bool find_keys(struct answering *a)
{
	const struct fixture_part *part = a->part;

	a->keys = arena_array_of(a->f->mem, size_t, part->n_keys);
	for (size_t k = 0; k < part->n_keys; k++) {
		size_t at = 0;

		while (at < part->n_columns && strcasecmp(part->columns[at], part->keys[k]) != 0)
			at++;
		if (at == part->n_columns)
			return err_set(a->err, ERR_CONFIG, a->source,
				       "part %s: key %s is not one of its columns", part->name,
				       part->keys[k]);
		a->keys[k] = at;
	}
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
	static const struct str none;
	const struct str *params = a->f->n_params ? a->f->params + (size_t)run * a->f->n_params : &none;

	rowset_next_run(&a->rows);
	for (const struct fixture_row *row = a->part->rows; row; row = row->next) {
		if (!is_asked(a, row, params))
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
	ok = find_keys(a) && rowset_match(f, a->part->columns, a->part->n_columns, a->source, a->at, a->err);
	rowset_begin(&a->rows, f);
	for (uint32_t run = 0; ok && run < f->n_runs; run++)
		ok = put_run(a, run);
	if (ok)
		f->rows = rowset_end(&a->rows);
	rowset_drop(&a->rows);
	return ok;
}

/* Columns have names; what a text file knows of types, access and plans is nothing. */
static bool describe(const struct fixture_part *part, struct fetch *f)
{
	struct description *to = arena_new_of(f->mem, struct description);
	size_t n = part ? part->n_columns : 0;
	struct described_column *columns = arena_array_of(f->mem, struct described_column, n + 1);

	*to = (struct description){ .product = "fixture", .columns = columns, .n_columns = n };
	for (size_t i = 0; i < n; i++)
		columns[i] = (struct described_column){ .name = part->columns[i], .type_name = "text" };
	f->description = to;
	return true;
}

static bool fixture_fetch(void *conn, struct fetch *f, bool *lost_out, struct err *err)
{
	const struct fixture *fx = conn;
	const struct fixture_part *part = fixture_file_read(f->mem, fx->path, fx->source, err);

	if (part != NULL && part->fail != ERR_NONE) {
		err_set(err, part->fail, fx->source, "the fixture says so");
		part = NULL;
	}
	if (part == NULL)
		return !(*lost_out = true);
	if (f->describe && f->sql.n == 0)
		return describe(NULL, f);
	part = part->next;
	while (part && strcmp(part->name, f->part) != 0)
		part = part->next;
	if (part == NULL)
		return err_set(err, ERR_SOURCE, fx->source, "part %s: the fixture has no such part", f->part);
	if (!act(part, f->cap, fx->source, err)) {
		*lost_out = err->cls == ERR_REFUSED;
		return false;
	}
	if (f->describe)
		return describe(part, f);
	return answer(&(struct answering){ .part = part, .f = f, .source = fx->source, .err = err }, f);
}

static bool fixture_check(const struct adapter_conf *conf, struct err *err)
{
	return conf->connect[0] != '\0' ||
	       err_set(err, ERR_CONFIG, conf->name,
		       "the connection is the name of a fixture file; it is empty");
}

const struct adapter_driver fixture_driver = {
	.name = "fixture",
	.check = fixture_check,
	.connect = fixture_connect,
	.fetch = fixture_fetch,
	.disconnect = fixture_disconnect,
};
