#include "tests/adapters/scripted.h"

#include <pthread.h>

static int each(void **state)
{
	(void)state;
	script_reset();
	return 0;
}

static void a_fetch_comes_back_with_rows_once(void **state)
{
	(void)state;
	struct adapter *ad = script_open(1, 1);
	struct fetch *f = support_run(ad, ASK(PARAMS(STR("C1"))));

	assert_int_equal(f->err.cls, ERR_NONE);
	support_cell(f->rows, 0, 0, "C1");
	assert_false(support_is_done(f));
	assert_true(f->queued_us > 0 && f->begun_us >= f->queued_us && f->ended_us >= f->begun_us);
	assert_int_equal(adapter_close(&ad, 30000), 0);
	assert_null(ad);
	support_cell(f->rows, 0, 0, "C1");
	support_free(&f);
	assert_int_equal(script.disconnects, 1);
}

static void one_worker_connects_at_once_and_others_when_they_are_needed(void **state)
{
	(void)state;
	struct adapter *ad = script_open(4, 8);
	struct fetch *f[3];

	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_NONE);
	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_NONE);
	assert_int_equal(script_figure(&script.connects), 1);
	script.hold_fetches = true;
	for (int i = 0; i < 3; i++)
		support_start(ad, f[i] = support_fetch(ASK(.n_runs = 1)));
	script_until(&script.fetching, 3);
	assert_int_equal(script_figure(&script.connects), 3);
	assert_int_equal(adapter_state(ad).busy, 3);
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < 3; i++) {
		support_wait(f[i]);
		support_free(&f[i]);
	}
	assert_int_equal(adapter_close(&ad, 30000), 0);
	assert_int_equal(script.disconnects, 3);
}

/* Wait until so many workers sleep, then say how long fetches usually take. */
static void settle(struct adapter *ad, uint32_t asleep, uint64_t usual_us)
{
	bool settled = false;

	while (!settled) {
		pthread_mutex_lock(&ad->lock);
		settled = ad->asleep == asleep;
		ad->usual_us = usual_us;
		pthread_mutex_unlock(&ad->lock);
	}
}

/* An adapter whose two workers are connected and asleep. */
static struct adapter *open_pair(uint64_t usual_us)
{
	struct adapter *ad = script_open(2, 8);
	struct fetch *f[2];

	script.hold_fetches = true;
	for (int i = 0; i < 2; i++)
		support_start(ad, f[i] = support_fetch(ASK(.part = "part", .columns = "a")));
	script_until(&script.fetching, 2);
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < 2; i++) {
		support_wait(f[i]);
		support_free(&f[i]);
	}
	settle(ad, 2, usual_us);
	return ad;
}

/* Two fetches at once, held by the source. */
static void start_held(struct adapter *ad, struct fetch *f[2])
{
	pthread_mutex_lock(&script.lock);
	script.hold_fetches = true;
	pthread_mutex_unlock(&script.lock);
	for (int i = 0; i < 2; i++)
		support_start(ad, f[i] = support_fetch(ASK(.part = "part", .columns = "a")));
}

static void end_held(struct adapter *ad, struct fetch *f[2])
{
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < 2; i++) {
		support_wait(f[i]);
		assert_int_equal(f[i]->err.cls, ERR_NONE);
		support_free(&f[i]);
	}
	adapter_close(&ad, UINT32_MAX);
}

static void what_nobody_waits_for_takes_a_free_worker_and_not_more_than_its_share(void **state)
{
	(void)state;
	struct adapter *ad = open_pair(1000);
	struct fetch *behind = support_fetch(ASK(.part = "part", .columns = "a")),
		     *more = support_fetch(ASK(.part = "part", .columns = "a")), *live;
	struct err err = { 0 };

	script_hold(&script.hold_fetches);
	assert_true(adapter_queue_behind(ad, behind, &err));
	assert_false(adapter_queue_behind(ad, more, &err)); /* a quarter of two is one at least */
	assert_int_equal(err.cls, ERR_BUSY);
	assert_int_equal(adapter_state(ad).faults[ERR_BUSY], 0);
	adapter_call(ad);
	script_until(&script.fetching, 1);
	adapter_promote(ad); /* somebody waits for it now: its share is free again, and the other worker, too */
	assert_true(adapter_queue_behind(ad, more, &err));
	adapter_call(ad);
	script_until(&script.fetching, 2);
	adapter_promote(ad);
	live = support_fetch(ASK(.part = "part", .columns = "a"));
	assert_false(adapter_queue_behind(ad, live, &err)); /* no worker is free */
	support_start(ad, live);
	script_let_go(&script.hold_fetches);
	support_wait(behind);
	support_wait(more);
	support_wait(live);
	assert_int_equal(live->err.cls, ERR_NONE);
	support_free(&behind);
	support_free(&more);
	support_free(&live);
	adapter_close(&ad, UINT32_MAX);
}

static void long_fetches_run_side_by_side(void **state)
{
	(void)state;
	struct adapter *ad = open_pair(1000);
	struct fetch *f[2];

	start_held(ad, f);
	script_until(&script.fetching, 2);
	end_held(ad, f);
}

static void a_short_fetch_waits_for_the_worker_at_work_until_it_turns_out_slow(void **state)
{
	(void)state;
	struct adapter *ad = open_pair(10);
	struct fetch *f[2];

	start_held(ad, f);
	script_until(&script.fetching, 1);
	assert_int_equal(adapter_state(ad).queued, 1);
	while (script_figure(&script.fetching) < 2) /* not before the first one counts as slow */
		adapter_nudge(ad);
	assert_false(adapter_nudge(ad));
	end_held(ad, f);
}

static void queued_fetches_wake_nobody_before_the_call(void **state)
{
	(void)state;
	struct adapter *ad = open_pair(1000);
	struct fetch *f[2];
	struct err err = { 0 };

	for (int i = 0; i < 2; i++)
		assert_true(adapter_queue(ad, f[i] = support_fetch(ASK(.part = "part", .columns = "a")), &err));
	assert_int_equal(adapter_state(ad).queued, 2);
	assert_int_equal(adapter_state(ad).busy, 0);
	adapter_call(ad);
	end_held(ad, f);
}

static uint64_t n_in(struct histogram h)
{
	return histogram_count(&h);
}

static void a_source_that_is_down_refuses_at_once_with_its_reason(void **state)
{
	(void)state;
	const enum err_class reasons[] = { ERR_REFUSED, ERR_AUTH };

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		script_reset();
		script.connect_fails = reasons[i];
		script.hold_connects = true;
		struct adapter *ad = script_open(3, 8);
		struct fetch *waits = support_fetch(ASK(.n_runs = 1)),
			     *late = support_fetch(ASK(.n_runs = 1));
		struct err err = { 0 };

		script_until(&script.connects, 1);
		support_start(ad, waits); /* the first try is under way: it may wait for that */
		script_let_go(&script.hold_connects);
		support_wait(waits);
		assert_int_equal(waits->err.cls, reasons[i]);
		assert_false(adapter_submit(ad, late, &err));
		assert_int_equal(err.cls, reasons[i]);
		assert_string_equal(err.text, "the script says so");
		assert_int_equal(adapter_state(ad).last_error, reasons[i]);
		assert_int_equal(adapter_state(ad).faults[reasons[i]], 2); /* the one that waited, the one not taken */
		assert_int_equal(adapter_state(ad).failures, 1);
		assert_true(adapter_state(ad).connect_failures >= 1);
		assert_int_equal(n_in(adapter_state(ad).took), 0); /* none was begun */
		assert_int_equal(adapter_close(&ad, 30000), 0);
		support_free(&waits);
		support_free(&late);
	}
}

static void a_source_that_comes_up_later_heals(void **state)
{
	(void)state;
	script.connect_fails = ERR_REFUSED;
	struct adapter *ad = script_open(4, 8);

	script_until(&script.connects, 3); /* it tries by itself, with rests between */
	assert_string_equal(adapter_state(ad).down.text, "the script says so");
	assert_int_equal(script_figure(&script.most_connecting), 1);
	script_fail_connects(ERR_NONE);
	support_until(support_is_up, ad);
	assert_int_equal(adapter_state(ad).last_error, ERR_NONE);
	assert_int_equal(adapter_state(ad).down.cls, ERR_NONE);
	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
	assert_string_equal(script_notices, "du"); /* once each, however often it tried */
}

static void a_full_queue_is_busy(void **state)
{
	(void)state;
	struct adapter *ad = script_open(1, 2);
	struct fetch *f[4];
	struct err err = { 0 };

	script.hold_fetches = true;
	for (int i = 0; i < 4; i++)
		f[i] = support_fetch(ASK(.n_runs = 1));
	support_start(ad, f[0]);
	script_until(&script.fetching, 1);
	support_start(ad, f[1]);
	support_start(ad, f[2]);
	assert_int_equal(adapter_state(ad).queued, 2);
	assert_false(adapter_submit(ad, f[3], &err));
	assert_int_equal(err.cls, ERR_BUSY);
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < 3; i++)
		support_wait(f[i]);
	for (int i = 0; i < 4; i++)
		support_free(&f[i]);
	assert_int_equal(adapter_state(ad).fetches, 3);
	assert_int_equal(adapter_state(ad).failures, 0);
	assert_int_equal(adapter_state(ad).faults[ERR_BUSY], 1);
	assert_int_equal(n_in(adapter_state(ad).took), 3);
	assert_int_equal(n_in(adapter_state(ad).waited), 3);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_fetch_is_not_begun_after_its_give_up(void **state)
{
	(void)state;
	struct adapter *ad = script_open(1, 8);

	assert_int_equal(support_run_class(ad, ASK(.give_up = { 1 })), ERR_LATE);
	assert_int_equal(script_figure(&script.fetches), 0);
	assert_int_equal(adapter_state(ad).failures, 1);
	assert_int_equal(adapter_state(ad).faults[ERR_LATE], 1);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_lost_connection_is_replaced_once_and_unseen(void **state)
{
	(void)state;
	struct adapter *ad = script_open(1, 8);

	script.lose = 1;
	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_NONE);
	assert_int_equal(script_figure(&script.connects), 2);
	assert_int_equal(script_figure(&script.disconnects), 1);
	assert_int_equal(adapter_state(ad).faults[ERR_REFUSED], 0);
	script.lose = 2;
	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_REFUSED);
	assert_int_equal(adapter_state(ad).faults[ERR_REFUSED], 1);
	assert_int_equal(adapter_state(ad).connects, script_figure(&script.connects));
	assert_int_equal(adapter_state(ad).connect_failures, 0);
	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_lost_connection_of_a_source_that_is_gone_fails_the_waiting(void **state)
{
	(void)state;
	struct adapter *ad = script_open(1, 8);
	struct fetch *f[3];

	script.hold_fetches = true;
	for (int i = 0; i < 3; i++)
		support_start(ad, f[i] = support_fetch(ASK(.n_runs = 1)));
	script_until(&script.fetching, 1);
	script_fail_connects(ERR_REFUSED);
	script.lose = 1;
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < 3; i++) {
		support_wait(f[i]);
		assert_int_equal(f[i]->err.cls, ERR_REFUSED);
		support_free(&f[i]);
	}
	assert_int_equal(script_figure(&script.fetches), 1);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void closing_fails_the_queued_and_waits_for_the_running(void **state)
{
	(void)state;
	struct adapter *ad = script_open(1, 8);
	struct fetch *running = support_fetch(ASK(.n_runs = 1)), *queued = support_fetch(ASK(.n_runs = 1));

	script.hold_fetches = true;
	support_start(ad, running);
	script_until(&script.fetching, 1);
	support_start(ad, queued);
	assert_int_equal(adapter_close(&ad, 0), 1); /* nothing can have ended */
	support_wait(queued);
	assert_int_equal(queued->err.cls, ERR_REFUSED);
	support_wait(running);
	support_free(&queued);
	support_free(&running);
	script_let_go(&script.hold_fetches);
	script_until(&script.disconnects, 1);
}

static void a_worker_left_behind_touches_nothing_freed(void **state)
{
	(void)state;
	struct adapter *ad = script_open(2, 8);
	struct fetch *f[2];

	script.hold_fetches = true;
	for (int i = 0; i < 2; i++)
		support_start(ad, f[i] = support_fetch(ASK(PARAMS(STR("asked")))));
	script_until(&script.fetching, 2);
	assert_int_equal(adapter_close(&ad, 1), 2);
	for (int i = 0; i < 2; i++) {
		support_wait(f[i]);
		assert_int_equal(f[i]->err.cls, ERR_LATE);
		assert_null(f[i]->rows);
		assert_false(support_is_done(f[i]));
		support_free(&f[i]);
	}
	script_let_go(&script.hold_fetches); /* they write rows and read parameters of fetches freed above */
	script_until(&script.disconnects, 2);
}

static void a_connect_that_hangs_is_left_behind(void **state)
{
	(void)state;
	script.hold_connects = true;
	struct adapter *ad = script_open(1, 8);

	script_until(&script.connects, 1);
	assert_int_equal(adapter_close(&ad, 1), 1);
	script_let_go(&script.hold_connects);
	script_until(&script.disconnects, 1);
}

static void wrong_configurations_are_named(void **state)
{
	(void)state;
	struct adapter_conf good = {
		.name = "crm", .driver = "fixture", .connect = "x", .zone = "UTC", .pool = 1, .queue = 1
	};
	struct adapter_conf conf = good;
	struct err err = { 0 };

	conf.driver = "oracle";
	assert_null(adapter_open(&conf, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	assert_string_equal(err.where, "crm");
	assert_string_equal(err.text, "there is no driver \"oracle\"; the drivers are: odbc fixture");
	conf = good;
	conf.pool = 65;
	assert_null(adapter_open(&conf, &err));
	assert_string_equal(err.text, "a pool of 65 is not between 1 and 64");
	conf = good;
	conf.queue = 0;
	assert_null(adapter_open(&conf, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	conf = good;
	conf.connect = "bad";
	assert_null(pool_open(&conf, &script_driver, &err));
	assert_string_equal(err.text, "bad");
}

enum { STORM_THREADS = 4, STORM_FETCHES = 400 };

/* Each fetch comes back once, with its own parameter or an error. */
static void *storm(void *arg)
{
	struct adapter *ad = arg;

	for (int i = 0; i < STORM_FETCHES; i++) {
		struct fetch *f = support_fetch(ASK(PARAMS(STR("C1"))));
		struct err err = { 0 };

		if (adapter_submit(ad, f, &err)) {
			support_wait(f);
			assert_false(support_is_done(f));
			assert_true(f->err.cls == ERR_REFUSED || str_eq(rows_cell(f->rows, 0, 0), STR("C1")));
		}
		support_free(&f);
	}
	return NULL;
}

static void many_threads_and_lost_connections_lose_no_fetch(void **state)
{
	(void)state;
	struct adapter *ad = script_open(3, 4);
	pthread_t threads[STORM_THREADS];

	script.lose_each = 5;
	for (size_t i = 0; i < STORM_THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, storm, ad), 0);
	for (size_t i = 0; i < STORM_THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(adapter_state(ad).queued, 0);
	assert_int_equal(adapter_close(&ad, 30000), 0);
	assert_int_equal(script.connecting + script.fetching, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_fetch_comes_back_with_rows_once, each),
		cmocka_unit_test_setup(one_worker_connects_at_once_and_others_when_they_are_needed, each),
		cmocka_unit_test_setup(what_nobody_waits_for_takes_a_free_worker_and_not_more_than_its_share, each),
		cmocka_unit_test_setup(long_fetches_run_side_by_side, each),
		cmocka_unit_test_setup(a_short_fetch_waits_for_the_worker_at_work_until_it_turns_out_slow, each),
		cmocka_unit_test_setup(queued_fetches_wake_nobody_before_the_call, each),
		cmocka_unit_test_setup(a_source_that_is_down_refuses_at_once_with_its_reason, each),
		cmocka_unit_test_setup(a_source_that_comes_up_later_heals, each),
		cmocka_unit_test_setup(a_full_queue_is_busy, each),
		cmocka_unit_test_setup(a_fetch_is_not_begun_after_its_give_up, each),
		cmocka_unit_test_setup(a_lost_connection_is_replaced_once_and_unseen, each),
		cmocka_unit_test_setup(a_lost_connection_of_a_source_that_is_gone_fails_the_waiting, each),
		cmocka_unit_test_setup(closing_fails_the_queued_and_waits_for_the_running, each),
		cmocka_unit_test_setup(a_worker_left_behind_touches_nothing_freed, each),
		cmocka_unit_test_setup(a_connect_that_hangs_is_left_behind, each),
		cmocka_unit_test_setup(wrong_configurations_are_named, each),
		cmocka_unit_test_setup(many_threads_and_lost_connections_lose_no_fetch, each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
