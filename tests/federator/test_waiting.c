#include "tests/cmocka_all.h"

#include "federator/waiting.h"

static void look(struct gauge *g, uint64_t at_us, uint32_t queued, uint64_t fetches)
{
	const struct adapter_state s = { .limit = 4, .busy = 4, .queued = queued, .fetches = fetches };

	gauge_look(g, &s, at_us);
}

/* In milliseconds: the least time left with which a fetch is let in. */
static uint64_t least_ms(const struct gauge *g)
{
	uint64_t ms = 0;

	while (gauge_wait(g, ms * 1000, g->looked_us) > WAIT_SHORT)
		ms++;
	return ms;
}

static void nothing_is_known_before_the_first_fetch(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	look(&g, 1000, 100, 0);
	assert_int_equal(gauge_wait(&g, 0, 1000), WAIT_NOT);
}

static void the_workers_share_the_queue(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	gauge_took(&g, 19999);
	look(&g, 1000, 0, 1);
	assert_int_equal(least_ms(&g), 60); /* 10 for who is at work, 20 for itself: a half */
	look(&g, 4000, 8, 1);
	assert_int_equal(least_ms(&g), 160); /* 8 times 5: a quarter */
}

static void who_finds_a_free_worker_does_not_wait(void **state)
{
	const struct adapter_state s = { .limit = 4, .busy = 1, .queued = 2 };
	struct gauge g = { 0 };

	(void)state;
	gauge_took(&g, 150000);
	gauge_look(&g, &s, 1000);
	assert_int_equal(gauge_wait(&g, 0, 1000), WAIT_NOT);
	g.queued++;
	assert_int_equal(gauge_wait(&g, 100000, 1000), WAIT_LONG);
}

static void fetches_that_are_asked_together_end_sooner(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	gauge_took(&g, 1999);
	look(&g, 100000, 100, 1000);
	look(&g, 150000, 100, 1500);
	assert_int_equal(least_ms(&g), 41); /* 100 times 0.1: a quarter */
	look(&g, 200000, 0, 1600); /* it did not wait all the time: that it ended few says nothing */
	look(&g, 250000, 100, 1600);
	assert_int_equal(least_ms(&g), 200);
}

static void a_source_that_stands_still_is_not_taken_for_a_slow_one(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	gauge_took(&g, 999);
	look(&g, 100000, 40, 1000);
	look(&g, 150000, 40, 1000);
	look(&g, 200000, 40, 1000);
	assert_int_equal(least_ms(&g), 40);
	assert_int_equal(gauge_wait(&g, 20000, 100000), WAIT_LONG);
	assert_int_equal(gauge_wait(&g, 20000, 200000), WAIT_STUCK);
	look(&g, 210000, 40, 1001);
	assert_int_equal(gauge_wait(&g, 20000, 210000), WAIT_LONG);
}

static void the_usual_time_follows_slowly(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	gauge_took(&g, 7999);
	gauge_took(&g, 15999);
	assert_int_equal(g.took_us, 9000);
	for (int i = 0; i < 100; i++)
		gauge_took(&g, 799);
	assert_in_range(g.took_us, 700, 900);
}

static void a_fetch_that_hung_is_no_measure(void **state)
{
	struct gauge g = { 0 };

	(void)state;
	gauge_took(&g, 999);
	for (int i = 0; i < 4; i++)
		gauge_took(&g, 5000000);
	assert_in_range(g.took_us, 1000, 5000);
	for (int i = 0; i < 40; i++)
		gauge_took(&g, 5000000);
	assert_in_range(g.took_us, 4000000, 5100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_known_before_the_first_fetch),
		cmocka_unit_test(the_workers_share_the_queue),
		cmocka_unit_test(who_finds_a_free_worker_does_not_wait),
		cmocka_unit_test(fetches_that_are_asked_together_end_sooner),
		cmocka_unit_test(a_source_that_stands_still_is_not_taken_for_a_slow_one),
		cmocka_unit_test(the_usual_time_follows_slowly),
		cmocka_unit_test(a_fetch_that_hung_is_no_measure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
