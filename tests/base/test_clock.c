#include <errno.h>

#include "base/clock.h"
#include "tests/cmocka_all.h"

static void the_monotonic_clock_never_goes_back(void **state)
{
	uint64_t last = clock_mono_us();

	(void)state;
	assert_true(last > 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t now = clock_mono_us();

		assert_true(now >= last);
		last = now;
	}
}

static void the_wall_clock_counts_milliseconds_since_1970(void **state)
{
	const int64_t year_ms = INT64_C(31556952000);

	(void)state;
	assert_true(clock_wall_ms() > 50 * year_ms);
	assert_true(clock_wall_ms() < 200 * year_ms);
}

static void a_deadline_is_that_far_away(void **state)
{
	uint64_t before = clock_mono_us();
	struct deadline due = deadline_after_ms(4000000000u);
	uint64_t after = clock_mono_us();

	(void)state;
	assert_true(due.at_us >= before + UINT64_C(4000000000000));
	assert_true(due.at_us <= after + UINT64_C(4000000000000));
	assert_true(deadline_left_us(due) <= UINT64_C(4000000000000));
	assert_true(deadline_left_us(due) > UINT64_C(3990000000000));
}

static void a_passed_deadline_has_nothing_left(void **state)
{
	(void)state;
	assert_int_equal(deadline_left_us((struct deadline){ 1 }), 0);
	assert_int_equal(deadline_left_us((struct deadline){ clock_mono_us() }), 0);
}

static void never_is_never(void **state)
{
	(void)state;
	assert_true(deadline_left_us((struct deadline){ 0 }) == UINT64_MAX);
}

static void the_earlier_deadline_wins_and_never_loses(void **state)
{
	struct deadline never = { 0 }, early = { 5 }, late = { 9 };

	(void)state;
	assert_int_equal(deadline_min(early, late).at_us, 5);
	assert_int_equal(deadline_min(late, early).at_us, 5);
	assert_int_equal(deadline_min(never, late).at_us, 9);
	assert_int_equal(deadline_min(late, never).at_us, 9);
	assert_int_equal(deadline_min(never, never).at_us, 0);
}

static void a_condition_waits_on_the_monotonic_clock(void **state)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct deadline due = deadline_after_ms(10);
	struct timespec at = clock_timespec(due.at_us);
	pthread_cond_t never;
	int rc = 0;

	(void)state;
	clock_cond_init(&never);
	pthread_mutex_lock(&lock);
	while (rc == 0)
		rc = pthread_cond_timedwait(&never, &lock, &at);
	pthread_mutex_unlock(&lock);
	assert_int_equal(rc, ETIMEDOUT);
	assert_int_equal(deadline_left_us(due), 0); /* by the wall clock it would have passed long ago */
	pthread_cond_destroy(&never);
}

static void microseconds_become_seconds_and_nanoseconds(void **state)
{
	struct timespec t = clock_timespec(3000007);

	(void)state;
	assert_int_equal(t.tv_sec, 3);
	assert_int_equal(t.tv_nsec, 7000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_monotonic_clock_never_goes_back),
		cmocka_unit_test(the_wall_clock_counts_milliseconds_since_1970),
		cmocka_unit_test(a_deadline_is_that_far_away),
		cmocka_unit_test(a_passed_deadline_has_nothing_left),
		cmocka_unit_test(never_is_never),
		cmocka_unit_test(the_earlier_deadline_wins_and_never_loses),
		cmocka_unit_test(a_condition_waits_on_the_monotonic_clock),
		cmocka_unit_test(microseconds_become_seconds_and_nanoseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
