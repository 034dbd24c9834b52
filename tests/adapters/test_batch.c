#include "tests/adapters/support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "adapters/pool.h"

/* A source with one connection that answers a row for each parameter, or fails. What waits, waits behind a fetch that
 * is held. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool held, hold_joint; /* calls wait: all, or those with more than one parameter */
	int calls; /* fetches of the driver */
	int disconnects;
	uint32_t most; /* parameters of one */
	enum err_class fails_joint; /* with more than one parameter */
	bool foreign; /* a joint answer has a row that nobody asked for */
} source = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

static bool source_check(const struct adapter_conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	return true;
}

static bool source_connect(const struct adapter_conf *conf, void **conn_out, struct err *err)
{
	(void)conf;
	(void)err;
	*conn_out = malloc(1);
	return true;
}

static void source_disconnect(void **conn)
{
	free(*conn);
	*conn = NULL;
	pthread_mutex_lock(&source.lock);
	source.disconnects++;
	pthread_cond_broadcast(&source.changed);
	pthread_mutex_unlock(&source.lock);
}

static void source_wait(uint32_t n_params)
{
	pthread_mutex_lock(&source.lock);
	source.calls++;
	if (n_params > source.most)
		source.most = n_params;
	pthread_cond_broadcast(&source.changed);
	while (source.held || (source.hold_joint && n_params > 1))
		pthread_cond_wait(&source.changed, &source.lock);
	pthread_mutex_unlock(&source.lock);
}

static bool source_fetch(void *conn, struct fetch *f, bool *lost_out, struct err *err)
{
	uint32_t n = f->n_params + (source.foreign && f->n_params > 1);
	struct str *cells = arena_array_of(f->mem, struct str, n);
	struct rows *rows = arena_new_of(f->mem, struct rows);

	(void)conn;
	(void)lost_out;
	source_wait(f->n_params);
	if (f->n_params > 1 && source.fails_joint != ERR_NONE)
		return err_set(err, source.fails_joint, "source", "joint");
	for (uint32_t i = 0; i < n; i++)
		cells[i] = i < f->n_params ? arena_str(f->mem, f->params[i]) : STR("foreign");
	*rows = (struct rows){ .n_rows = n, .n_cols = 1, .cells = cells };
	f->rows = rows;
	return true;
}

static const struct adapter_driver driver = {
	.name = "source",
	.check = source_check,
	.connect = source_connect,
	.fetch = source_fetch,
	.disconnect = source_disconnect,
};

static bool join(struct fetch *joint, const struct fetch *first, struct err *err)
{
	struct str *params;
	uint32_t n = 0;

	(void)err;
	for (const struct fetch *f = first; f; f = f->next)
		n += f->n_params;
	params = arena_array_of(joint->mem, struct str, n);
	joint->params = params;
	joint->n_params = n;
	for (const struct fetch *f = first; f; f = f->next)
		for (uint32_t i = 0; i < f->n_params; i++)
			*params++ = f->params[i];
	return true;
}

static bool split(const struct fetch *joint, struct fetch *parts, uint32_t n)
{
	uint32_t known = 0;

	for (uint32_t p = 0; p < n; p++) {
		struct str *cells = arena_array_of(parts[p].mem, struct str, parts[p].n_params);
		struct rows *rows = arena_new_of(parts[p].mem, struct rows);

		*rows = (struct rows){ .n_cols = 1, .cells = cells };
		for (uint32_t r = 0; r < joint->rows->n_rows; r++)
			for (uint32_t i = 0; i < parts[p].n_params; i++)
				if (str_eq(rows_cell(joint->rows, r, 0), parts[p].params[i]))
					cells[rows->n_rows++] = arena_str(parts[p].mem, parts[p].params[i]);
		parts[p].rows = rows;
		known += rows->n_rows;
	}
	return known == joint->rows->n_rows;
}

static const int shapes[2];
static const struct fetch_batch batches[2] = {
	{ .shape = &shapes[0], .n_values = 1, .join = join, .split = split },
	{ .shape = &shapes[1], .n_values = 1, .join = join, .split = split },
};

enum { ASKED = 40 };

struct bench {
	struct adapter *ad;
	struct fetch *held; /* the worker is in it */
	struct fetch *f[ASKED];
	int n;
};

static void until(const int *figure, int value)
{
	pthread_mutex_lock(&source.lock);
	while (*figure < value)
		pthread_cond_wait(&source.changed, &source.lock);
	pthread_mutex_unlock(&source.lock);
}

static void bench_begin(struct bench *b)
{
	const struct adapter_conf conf = { .name = "source", .connect = "", .zone = "UTC", .pool = 1, .queue = 64,
					   .cap_ms = 1000 };
	struct err err = { 0 };

	source.held = true;
	source.calls = 0;
	source.disconnects = 0;
	source.most = 0;
	source.fails_joint = ERR_NONE;
	source.foreign = false;
	*b = (struct bench){ .ad = pool_open(&conf, &driver, &err) };
	assert_non_null(b->ad);
	support_start(b->ad, b->held = support_fetch(ASK(.columns = "a", PARAMS(STR("held")))));
	until(&source.calls, 1);
}

static void bench_ask(struct bench *b, const char *value, const struct fetch_batch *batch)
{
	struct fetch *f = support_fetch(ASK(.columns = "a", PARAMS(str_of(value))));

	f->batch = batch;
	support_start(b->ad, f);
	b->f[b->n++] = f;
}

static void bench_let_go(struct bench *b)
{
	pthread_mutex_lock(&source.lock);
	source.held = false;
	pthread_cond_broadcast(&source.changed);
	pthread_mutex_unlock(&source.lock);
	support_wait(b->held);
	support_free(&b->held);
	for (int i = 0; i < b->n; i++)
		support_wait(b->f[i]);
}

/* Fetch i has the one row that it asked for. */
static void assert_row(const struct bench *b, int i, const char *value)
{
	assert_int_equal(b->f[i]->err.cls, ERR_NONE);
	assert_int_equal(b->f[i]->rows->n_rows, 1);
	support_cell(b->f[i]->rows, 0, 0, value);
}

static void bench_end(struct bench *b)
{
	for (int i = 0; i < b->n; i++)
		support_free(&b->f[i]);
	adapter_close(&b->ad, UINT32_MAX);
}

static void what_waits_is_asked_together_and_each_gets_its_own(void **state)
{
	(void)state;
	static const char *const values[] = { "a", "b", "c", "d" };
	struct bench b;

	bench_begin(&b);
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		bench_ask(&b, values[i], &batches[0]);
	bench_let_go(&b);
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		assert_row(&b, (int)i, values[i]);
	assert_int_equal(source.calls, 2);
	assert_int_equal(source.most, 4);
	assert_int_equal(adapter_state(b.ad).fetches, 5);
	assert_int_equal(adapter_state(b.ad).joined, 4);
	bench_end(&b);
}

static void only_equal_shapes_are_joined_and_none_is_lost(void **state)
{
	(void)state;
	struct bench b;

	bench_begin(&b);
	bench_ask(&b, "a", &batches[0]);
	bench_ask(&b, "b", &batches[1]);
	bench_ask(&b, "c", NULL);
	bench_ask(&b, "d", &batches[0]);
	bench_ask(&b, "e", &batches[1]); /* the last of the queue is taken out */
	bench_let_go(&b);
	for (int i = 0; i < 5; i++)
		assert_row(&b, i, (const char[]){ (char)('a' + i), '\0' });
	assert_int_equal(source.calls, 1 + 3);
	bench_ask(&b, "f", NULL);
	support_wait(b.f[5]);
	assert_row(&b, 5, "f");
	bench_end(&b);
}

static void a_joint_question_has_a_limit(void **state)
{
	(void)state;
	char values[ASKED][8];
	struct bench b;

	bench_begin(&b);
	for (int i = 0; i < ASKED; i++) {
		snprintf(values[i], sizeof(values[i]), "v%d", i);
		bench_ask(&b, values[i], &batches[0]);
	}
	bench_let_go(&b);
	for (int i = 0; i < ASKED; i++)
		assert_row(&b, i, values[i]);
	assert_int_equal(source.most, 32);
	assert_int_equal(source.calls, 1 + 2);
	bench_end(&b);
}

static void rows_of_nobody_make_each_be_asked_alone(void **state)
{
	(void)state;
	struct bench b;

	bench_begin(&b);
	source.foreign = true;
	bench_ask(&b, "a", &batches[0]);
	bench_ask(&b, "b", &batches[0]);
	bench_ask(&b, "c", NULL);
	bench_let_go(&b);
	for (int i = 0; i < 3; i++)
		assert_row(&b, i, (const char[]){ (char)('a' + i), '\0' });
	assert_int_equal(source.calls, 1 + 1 + 3);
	assert_int_equal(adapter_state(b.ad).joined, 0);
	bench_end(&b);
}

static void a_joint_question_that_fails_is_asked_alone(void **state)
{
	(void)state;
	struct bench b;

	bench_begin(&b);
	source.fails_joint = ERR_SOURCE;
	bench_ask(&b, "a", &batches[0]);
	bench_ask(&b, "b", &batches[0]);
	bench_let_go(&b);
	assert_row(&b, 0, "a");
	assert_row(&b, 1, "b");
	assert_int_equal(source.calls, 1 + 1 + 2);
	bench_end(&b);
}

static void a_source_that_fails_fails_for_all(void **state)
{
	(void)state;
	struct bench b;

	bench_begin(&b);
	source.fails_joint = ERR_LATE;
	bench_ask(&b, "a", &batches[0]);
	bench_ask(&b, "b", &batches[0]);
	bench_let_go(&b);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(b.f[i]->err.cls, ERR_LATE);
		assert_null(b.f[i]->rows);
	}
	assert_int_equal(source.calls, 2);
	assert_int_equal(adapter_state(b.ad).failures, 2);
	bench_end(&b);
}

static void a_joint_question_that_hangs_is_taken_back(void **state)
{
	(void)state;
	struct bench b;

	bench_begin(&b);
	bench_ask(&b, "a", &batches[0]);
	bench_ask(&b, "b", &batches[0]);
	pthread_mutex_lock(&source.lock);
	source.hold_joint = true;
	source.held = false;
	pthread_cond_broadcast(&source.changed);
	pthread_mutex_unlock(&source.lock);
	until(&source.calls, 2);
	assert_int_equal(adapter_close(&b.ad, 0), 1);
	for (int i = 0; i < b.n; i++) {
		support_wait(b.f[i]);
		assert_int_equal(b.f[i]->err.cls, ERR_LATE);
		assert_null(b.f[i]->rows);
		support_free(&b.f[i]);
	}
	support_wait(b.held);
	support_free(&b.held);
	pthread_mutex_lock(&source.lock);
	source.hold_joint = false;
	pthread_cond_broadcast(&source.changed);
	pthread_mutex_unlock(&source.lock);
	until(&source.disconnects, 1); /* the worker goes on to its end */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits_is_asked_together_and_each_gets_its_own),
		cmocka_unit_test(only_equal_shapes_are_joined_and_none_is_lost),
		cmocka_unit_test(a_joint_question_has_a_limit),
		cmocka_unit_test(rows_of_nobody_make_each_be_asked_alone),
		cmocka_unit_test(a_joint_question_that_fails_is_asked_alone),
		cmocka_unit_test(a_source_that_fails_fails_for_all),
		cmocka_unit_test(a_joint_question_that_hangs_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
