#include "base/counter.h"

#include <pthread.h>

#include "base/histogram.h"
#include "tests/cmocka_all.h"

enum { THREADS = 24, STEPS = 20000 }; /* more threads than shards */

static void a_new_set_stands_at_zero_and_counts_each_by_itself(void **state)
{
	struct counters *c = counters_new(11);

	(void)state;
	for (size_t i = 0; i < 11; i++)
		assert_int_equal(counters_sum(c, i), 0);
	counters_add(c, 0, 1);
	counters_add(c, 10, 5);
	counters_add(c, 10, 2);
	assert_int_equal(counters_sum(c, 0), 1);
	assert_int_equal(counters_sum(c, 9), 0);
	assert_int_equal(counters_sum(c, 10), 7);
	counters_free(&c);
	assert_null(c);
	counters_free(&c);
}

static void *count_up_and_down(void *arg)
{
	struct counters *c = arg;

	for (int i = 0; i < STEPS; i++) {
		counters_add(c, 0, 3);
		counters_add(c, 1, i % 2 ? -1 : 1);
	}
	counters_add(c, 1, 1);
	return NULL;
}

static void no_step_of_any_thread_is_lost(void **state)
{
	struct counters *c = counters_new(2);
	pthread_t threads[THREADS];
	uint64_t before = 0;

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_up_and_down, c), 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t now = counters_sum(c, 0);

		assert_true(now >= before); /* what only grows is never seen to shrink */
		before = now;
	}
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(counters_sum(c, 0), 3 * THREADS * STEPS);
	assert_int_equal(counters_sum(c, 1), THREADS);
	counters_free(&c);
}

static void a_bound_belongs_to_its_step(void **state)
{
	struct histogram h = { 0 };

	(void)state;
	histogram_note(&h, 0);
	for (size_t i = 0; i < HISTOGRAM_BOUNDS; i++) {
		assert_true(i == 0 || histogram_bounds_us[i] > histogram_bounds_us[i - 1]);
		histogram_note(&h, histogram_bounds_us[i]);
		histogram_note(&h, histogram_bounds_us[i] + 1);
	}
	assert_int_equal(h.in_step[0], 2);
	for (size_t i = 1; i < HISTOGRAM_BOUNDS; i++)
		assert_int_equal(h.in_step[i], 2);
	assert_int_equal(h.in_step[HISTOGRAM_BOUNDS], 1);
	assert_int_equal(histogram_count(&h), 2 * HISTOGRAM_BOUNDS + 1);
}

static void counters_hold_the_same_histogram(void **state)
{
	const uint64_t took_us[] = { 7, 100, 101, 4000, 4001, 999999, 20000000 };
	struct counters *c = counters_new(3 + HISTOGRAM_COUNTERS);
	struct histogram plain = { 0 }, counted;

	(void)state;
	counters_add(c, 2, 4);
	for (size_t i = 0; i < ARRAY_LEN(took_us); i++) {
		histogram_note(&plain, took_us[i]);
		histogram_count_in(c, 3, took_us[i]);
	}
	counted = histogram_of_counters(c, 3);
	assert_memory_equal(&plain, &counted, sizeof(plain));
	assert_int_equal(counted.sum_us, 7 + 100 + 101 + 4000 + 4001 + 999999 + 20000000);
	assert_int_equal(counters_sum(c, 2), 4);
	counters_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_set_stands_at_zero_and_counts_each_by_itself),
		cmocka_unit_test(no_step_of_any_thread_is_lost),
		cmocka_unit_test(a_bound_belongs_to_its_step),
		cmocka_unit_test(counters_hold_the_same_histogram),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
