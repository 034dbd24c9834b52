#include "base/loop.h"
#include "tests/cmocka_all.h"

static struct loop *loop;

static int make_loop(void **state)
{
	struct err err;

	(void)state;
	loop = loop_new(&err);
	return loop ? 0 : -1;
}

static int drop_loop(void **state)
{
	(void)state;
	loop_free(&loop);
	return loop ? -1 : 0;
}

struct alarm {
	struct loop_timer timer;
	bool fired;
};

static uint64_t last_due_us;
static size_t n_fired;
static int n_rounds;

static void check_order(struct loop_timer *t)
{
	struct alarm *a = CONTAINER_OF(t, struct alarm, timer);

	assert_false(a->fired);
	assert_int_equal(t->slot, 0);
	assert_true(t->due.at_us >= last_due_us);
	assert_true(t->due.at_us <= clock_mono_us());
	last_due_us = t->due.at_us;
	a->fired = true;
	n_fired++;
}

static uint64_t random_from(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

static void timers_fire_in_the_order_of_their_deadlines(void **state)
{
	enum { COUNT = 2000 };
	static struct alarm alarms[COUNT];
	uint64_t seed = 1;
	size_t cancelled = 0;

	(void)state;
	last_due_us = 0;
	n_fired = 0;
	for (size_t i = 0; i < COUNT; i++) {
		alarms[i] = (struct alarm){ .timer = { .fire = check_order } };
		loop_timer_set(loop, &alarms[i].timer, (struct deadline){ 1 + random_from(&seed) % 500 });
	}
	for (size_t i = 0; i < COUNT; i += 3) /* moved, some up and some down */
		loop_timer_set(loop, &alarms[i].timer, (struct deadline){ 1 + random_from(&seed) % 500 });
	for (size_t i = 0; i < COUNT; i += 7, cancelled++)
		loop_timer_cancel(loop, &alarms[i].timer);
	loop_stop(loop);
	loop_run(loop);
	assert_int_equal(n_fired, COUNT - cancelled);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(alarms[i].fired, i % 7 != 0);
}

static void check_and_stop(struct loop_timer *t)
{
	check_order(t);
	loop_stop(loop);
}

static void a_timer_is_never_early(void **state)
{
	struct alarm alarm = { .timer = { .fire = check_and_stop } };

	(void)state;
	for (uint32_t us = 300; us < 4000; us += 700) {
		last_due_us = 0;
		alarm.fired = false;
		loop_timer_set(loop, &alarm.timer, (struct deadline){ clock_mono_us() + us });
		loop_run(loop);
		assert_true(alarm.fired);
	}
}

static bool count_turn(struct loop_turn *t)
{
	(void)t;
	n_rounds++;
	return false;
}

static void waiting_for_a_timer_does_not_spin(void **state)
{
	struct alarm alarm = { .timer = { .fire = check_and_stop } };
	struct loop_turn turn = { .turn = count_turn };

	(void)state;
	n_rounds = 0;
	last_due_us = 0;
	loop_add_turn(loop, &turn);
	loop_timer_set(loop, &alarm.timer, (struct deadline){ clock_mono_us() + 2900 });
	loop_run(loop);
	assert_in_range(n_rounds, 2, 4); /* the first turn, the sleep, and the stop */
}

static void cancelling_what_is_not_set_is_harmless(void **state)
{
	struct alarm alarm = { .timer = { .fire = check_order } };

	(void)state;
	loop_timer_cancel(loop, &alarm.timer);
	loop_timer_set(loop, &alarm.timer, (struct deadline){ 1 });
	loop_timer_set(loop, &alarm.timer, (struct deadline){ 0 }); /* never */
	assert_int_equal(alarm.timer.slot, 0);
	loop_timer_cancel(loop, &alarm.timer);
	loop_stop(loop);
	loop_run(loop);
	assert_false(alarm.fired);
}

static void set_to_the_past_again(struct loop_timer *t)
{
	loop_timer_set(loop, t, (struct deadline){ 1 });
	n_rounds++;
}

static bool stop_at_once(struct loop_turn *t)
{
	(void)t;
	loop_stop(loop);
	return false;
}

static void a_timer_set_to_the_past_does_not_starve_the_loop(void **state)
{
	struct loop_timer timer = { .fire = set_to_the_past_again };
	struct loop_turn turn = { .turn = stop_at_once };

	(void)state;
	n_rounds = 0;
	loop_timer_set(loop, &timer, (struct deadline){ 1 });
	loop_add_turn(loop, &turn);
	loop_run(loop);
	assert_int_equal(n_rounds, 2); /* once in each of two turns */
	loop_timer_cancel(loop, &timer);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, make_loop, drop_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(timers_fire_in_the_order_of_their_deadlines),
		LOOP_TEST(a_timer_is_never_early),
		LOOP_TEST(waiting_for_a_timer_does_not_spin),
		LOOP_TEST(cancelling_what_is_not_set_is_harmless),
		LOOP_TEST(a_timer_set_to_the_past_does_not_starve_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
