/* test_trouble.c - an adapter whose source fails, hangs, or changes its password. */
#include "tests/adapters/scripted.h"

static int each(void **state)
{
	(void)state;
	script_reset();
	return 0;
}

static bool is_closed(void *adapter)
{
	return adapter_state(adapter).breaker == BREAKER_CLOSED;
}

static bool is_troubled(void *adapter)
{
	return adapter_state(adapter).down.cls != ERR_NONE;
}

static bool has_no_connection(void *adapter)
{
	return adapter_state(adapter).connected == 0;
}

/* An adapter that has so many connections, all at work: what is begun waits for script_let_go(). */
static struct adapter *open_at_work(uint32_t pool, uint32_t queue, struct fetch **f, const struct ask *ask)
{
	struct adapter *ad = script_open(pool, queue);

	script_hold(&script.hold_fetches);
	for (uint32_t i = 0; i < pool; i++)
		support_start(ad, f[i] = support_fetch(ask));
	script_until(&script.fetching, (int)pool);
	return ad;
}

static enum err_class end(struct fetch **f)
{
	enum err_class cls;

	support_wait(*f);
	cls = (*f)->err.cls;
	support_free(f);
	return cls;
}

static enum err_class refused_with(struct adapter *ad)
{
	struct fetch *f = support_fetch(ASK(.n_runs = 1));
	struct err err = { 0 };

	assert_false(adapter_submit(ad, f, &err));
	support_free(&f);
	return err.cls;
}

/* All workers connected, and idle. */
static struct adapter *open_at_rest(uint32_t pool)
{
	struct fetch *f[8];
	struct adapter *ad = open_at_work(pool, 8, f, ASK(.n_runs = 1));

	script_let_go(&script.hold_fetches);
	for (uint32_t i = 0; i < pool; i++)
		assert_int_equal(end(&f[i]), ERR_NONE);
	return ad;
}

static void fail_until_it_opens(struct adapter *ad, enum err_class cls)
{
	script_fail_fetches(cls);
	for (int i = 0; i < BREAKER_IN_A_ROW; i++)
		assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), cls);
	script_fail_fetches(ERR_NONE);
}

static void late_answers_open_the_breaker_and_one_connect_closes_it(void **state)
{
	(void)state;
	struct adapter *ad = open_at_rest(4);

	script_hold(&script.hold_connects); /* of the probe */
	fail_until_it_opens(ad, ERR_LATE);
	assert_int_equal(refused_with(ad), ERR_LATE);
	support_until(has_no_connection, ad); /* each may be the half of one */
	script_until(&script.connects, 5);
	assert_int_equal(adapter_state(ad).breaker, BREAKER_PROBING);
	assert_int_equal(adapter_state(ad).probes, 1);
	assert_int_equal(refused_with(ad), ERR_LATE);
	assert_int_equal(script_figure(&script.connects), 5);
	script_let_go(&script.hold_connects);
	support_until(is_closed, ad);
	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
	assert_string_equal(script_notices, "du");
}

static void errors_of_queries_never_open_it(void **state)
{
	(void)state;
	static const enum err_class classes[] = { ERR_SOURCE, ERR_SCHEMA, ERR_TOO_LARGE };
	struct adapter *ad = script_open(2, 8);

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		script_fail_fetches(classes[i]);
		for (int n = 0; n < 2 * BREAKER_WINDOW_LEAST; n++)
			assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), classes[i]);
	}
	assert_int_equal(adapter_state(ad).breaker, BREAKER_CLOSED);
	assert_int_equal(script_figure(&script.connects), 1);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void what_waits_when_it_opens_fails_with_the_reason(void **state)
{
	(void)state;
	struct fetch *f[2 * BREAKER_IN_A_ROW];
	struct adapter *ad = open_at_work(BREAKER_IN_A_ROW, 8, f, ASK(.n_runs = 1));

	for (int i = BREAKER_IN_A_ROW; i < 2 * BREAKER_IN_A_ROW; i++)
		support_start(ad, f[i] = support_fetch(ASK(.n_runs = 1)));
	script_fail_fetches(ERR_LATE);
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < 2 * BREAKER_IN_A_ROW; i++)
		assert_int_equal(end(&f[i]), ERR_LATE);
	assert_in_range(script_figure(&script.fetches), BREAKER_IN_A_ROW, 2 * BREAKER_IN_A_ROW - 1);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_changed_password_costs_one_login_of_all_workers(void **state)
{
	(void)state;
	struct fetch *f[4];
	struct adapter *ad = open_at_work(4, 8, f, ASK(.n_runs = 1));
	int before = script_figure(&script.connects);

	script_fail_connects(ERR_AUTH);
	script.lose = 4;
	script_hold(&script.hold_connects);
	script_let_go(&script.hold_fetches);
	script_until(&script.connects, before + 1);
	script_until(&script.disconnects, 4); /* all have lost theirs */
	script_let_go(&script.hold_connects);
	for (int i = 0; i < 4; i++)
		assert_int_equal(end(&f[i]), ERR_AUTH);
	assert_int_equal(refused_with(ad), ERR_AUTH);
	assert_int_equal(script_figure(&script.most_connecting), 1);
	script_fail_connects(ERR_NONE);
	support_until(is_closed, ad);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void connections_that_stand_serve_on_while_no_more_are_given(void **state)
{
	(void)state;
	struct adapter *ad = script_open(3, 8);
	struct fetch *f[3];

	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_NONE);
	script_fail_connects(ERR_AUTH);
	script_hold(&script.hold_fetches);
	for (int i = 0; i < 3; i++)
		support_start(ad, f[i] = support_fetch(ASK(.n_runs = 1)));
	script_until(&script.connects, 2);
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < 3; i++)
		assert_int_equal(end(&f[i]), ERR_NONE);
	support_until(is_troubled, ad);
	assert_int_equal(adapter_state(ad).breaker, BREAKER_CLOSED);
	assert_int_equal(adapter_state(ad).down.cls, ERR_AUTH);
	script.lose = 1;
	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_AUTH); /* not that it was lost */
	assert_int_equal(refused_with(ad), ERR_AUTH);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

/* Its cap is over, so a worker that is still at it hangs. */
#define PAST_ITS_CAP .cap = { 1 }

static void workers_that_hang_open_it_and_do_not_keep_it_open(void **state)
{
	(void)state;
	struct fetch *f[2], *waits = support_fetch(ASK(.n_runs = 1));
	struct adapter *ad = open_at_work(2, 8, f, ASK(PAST_ITS_CAP));

	support_start(ad, waits);
	assert_false(adapter_nudge(ad));
	assert_int_equal(end(&waits), ERR_LATE);
	assert_int_equal(adapter_state(ad).busy, 2);
	assert_int_equal(adapter_state(ad).breaker, BREAKER_OPEN);
	assert_int_equal(refused_with(ad), ERR_LATE);
	assert_string_equal(script_notices, "d");
	script_let_go(&script.hold_fetches); /* a late answer, and a worker that can probe */
	for (int i = 0; i < 2; i++)
		assert_int_equal(end(&f[i]), ERR_NONE);
	support_until(is_closed, ad);
	assert_int_equal(support_run_class(ad, ASK(.n_runs = 1)), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void others_probe_while_workers_hang(void **state)
{
	(void)state;
	struct fetch *f[BREAKER_IN_A_ROW];
	struct adapter *ad = script_open(BREAKER_IN_A_ROW + 1, 8);

	script_hold(&script.hold_fetches);
	for (int i = 0; i < BREAKER_IN_A_ROW; i++)
		support_start(ad, f[i] = support_fetch(ASK(PAST_ITS_CAP)));
	script_until(&script.fetching, BREAKER_IN_A_ROW);
	adapter_nudge(ad);
	assert_false(is_closed(ad));
	support_until(is_closed, ad);
	assert_int_equal(adapter_state(ad).busy, BREAKER_IN_A_ROW);
	assert_int_equal(adapter_state(ad).connected, 1);
	script_fail_fetches(ERR_LATE); /* they were counted when they hung */
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < BREAKER_IN_A_ROW; i++)
		assert_int_equal(end(&f[i]), ERR_LATE);
	assert_int_equal(adapter_state(ad).breaker, BREAKER_CLOSED);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void set_limit(struct adapter *ad, uint32_t limit)
{
	pthread_mutex_lock(&ad->lock);
	ad->limiter.limit = limit;
	pthread_mutex_unlock(&ad->lock);
}

static void no_more_run_at_once_than_the_source_bears(void **state)
{
	(void)state;
	struct fetch *f[4];
	struct adapter *ad = open_at_rest(4);

	set_limit(ad, 2);
	script_hold(&script.hold_fetches);
	for (int i = 0; i < 4; i++)
		support_start(ad, f[i] = support_fetch(ASK(.n_runs = 1)));
	script_until(&script.fetching, 2);
	for (int i = 0; i < 100; i++)
		assert_true(adapter_nudge(ad));
	assert_int_equal(adapter_state(ad).busy, 2);
	assert_int_equal(adapter_state(ad).queued, 2);
	assert_int_equal(adapter_state(ad).limit, 2);
	set_limit(ad, 3);
	while (script_figure(&script.fetching) < 3)
		adapter_nudge(ad);
	script_let_go(&script.hold_fetches);
	for (int i = 0; i < 4; i++)
		assert_int_equal(end(&f[i]), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_worker_that_hangs_is_replaced_by_one_that_connects(void **state)
{
	(void)state;
	struct fetch *hangs, *waits = support_fetch(ASK(.n_runs = 1));
	struct adapter *ad = script_open(2, 8);
	struct err err = { 0 };

	script_hold(&script.hold_fetches);
	support_start(ad, hangs = support_fetch(ASK(PAST_ITS_CAP)));
	script_until(&script.fetching, 1);
	assert_true(adapter_queue(ad, waits, &err)); /* and nobody is called */
	while (script_figure(&script.fetching) < 2)
		adapter_nudge(ad);
	script_let_go(&script.hold_fetches);
	assert_int_equal(end(&waits), ERR_NONE);
	assert_int_equal(end(&hangs), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void what_nobody_waits_for_keeps_nobody_out(void **state)
{
	(void)state;
	struct fetch *running, *dead[2], *alive;
	struct adapter *ad = open_at_work(1, 2, &running, ASK(.n_runs = 1));

	for (int i = 0; i < 2; i++)
		support_start(ad, dead[i] = support_fetch(ASK(.give_up = { 1 })));
	support_start(ad, alive = support_fetch(ASK(.n_runs = 1)));
	for (int i = 0; i < 2; i++)
		assert_int_equal(end(&dead[i]), ERR_LATE);
	assert_int_equal(adapter_state(ad).queued, 1);
	script_let_go(&script.hold_fetches);
	assert_int_equal(end(&running), ERR_NONE);
	assert_int_equal(end(&alive), ERR_NONE);
	assert_int_equal(adapter_state(ad).failures, 2);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_nudge_ends_the_waiting_of_what_is_too_late(void **state)
{
	(void)state;
	struct fetch *running, *dead, *alive;
	struct adapter *ad = open_at_work(1, 8, &running, ASK(.n_runs = 1));

	support_start(ad, alive = support_fetch(ASK(.n_runs = 1)));
	support_start(ad, dead = support_fetch(ASK(.give_up = { 1 })));
	assert_true(adapter_nudge(ad));
	assert_int_equal(end(&dead), ERR_LATE);
	support_start(ad, dead = support_fetch(ASK(.n_runs = 1))); /* the queue's end is in order */
	script_let_go(&script.hold_fetches);
	assert_int_equal(end(&running), ERR_NONE);
	assert_int_equal(end(&alive), ERR_NONE);
	assert_int_equal(end(&dead), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(late_answers_open_the_breaker_and_one_connect_closes_it, each),
		cmocka_unit_test_setup(errors_of_queries_never_open_it, each),
		cmocka_unit_test_setup(what_waits_when_it_opens_fails_with_the_reason, each),
		cmocka_unit_test_setup(a_changed_password_costs_one_login_of_all_workers, each),
		cmocka_unit_test_setup(connections_that_stand_serve_on_while_no_more_are_given, each),
		cmocka_unit_test_setup(workers_that_hang_open_it_and_do_not_keep_it_open, each),
		cmocka_unit_test_setup(others_probe_while_workers_hang, each),
		cmocka_unit_test_setup(no_more_run_at_once_than_the_source_bears, each),
		cmocka_unit_test_setup(a_worker_that_hangs_is_replaced_by_one_that_connects, each),
		cmocka_unit_test_setup(what_nobody_waits_for_keeps_nobody_out, each),
		cmocka_unit_test_setup(a_nudge_ends_the_waiting_of_what_is_too_late, each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
