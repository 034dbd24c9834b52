#include "tests/cmocka_all.h"

#include "adapters/limiter.h"

enum { MS = 1000, MOST = 16 };

/* A source that is busy as far as the limit allows, and how long it takes then. */
struct source {
	struct limiter limiter;
	uint64_t now_us;
	uint64_t plain_us; /* alone */
	uint64_t more_us; /* whatever the load */
	uint32_t bears; /* at once without taking longer */
	uint32_t asked; /* at once, if the limit allows */
	uint32_t late_of; /* one of so many is late; 0: none */
	uint32_t n;
};

static struct source source_of(uint64_t plain_us, uint32_t bears)
{
	struct source s = { .now_us = 1000 * MS, .plain_us = plain_us, .bears = bears, .asked = MOST };

	limiter_begin(&s.limiter, MOST);
	return s;
}

static void run(struct source *s, int fetches)
{
	for (int i = 0; i < fetches; i++) {
		uint32_t at_once = s->limiter.limit < s->asked ? s->limiter.limit : s->asked;
		uint64_t took_us = s->plain_us * (at_once > s->bears ? at_once : s->bears) / s->bears + s->more_us;

		s->now_us += took_us / at_once;
		s->n++;
		limiter_ended(&s->limiter,
			      &(struct limiter_fetch){ .kind = 7, .took_us = took_us, .at_once = at_once,
						       .late = s->late_of && s->n % s->late_of == 0 },
			      s->now_us);
		assert_in_range(s->limiter.limit, 1, MOST);
	}
}

/* Few at once teach it what is usual. */
static struct source taught(uint64_t plain_us, uint32_t bears)
{
	struct source s = source_of(plain_us, bears);

	s.asked = 1;
	run(&s, 50);
	s.asked = MOST;
	assert_int_equal(s.limiter.limit, MOST);
	return s;
}

static void a_source_that_slows_down_under_load_is_asked_less_at_once(void **state)
{
	(void)state;
	struct source s = taught(10 * MS, 3);

	run(&s, 1000);
	for (int i = 0; i < 1000; i++) { /* about twice the time, which is six at once */
		run(&s, 1);
		assert_in_range(s.limiter.limit, 3, 8);
	}
	s.bears = MOST;
	run(&s, 5000);
	assert_int_equal(s.limiter.limit, MOST);
}

static void a_source_that_is_slow_whatever_the_load_is_not_hurt_for_long(void **state)
{
	(void)state;
	struct source s = taught(10 * MS, MOST);

	s.more_us = 300 * MS;
	run(&s, 500);
	assert_int_equal(s.limiter.limit, MOST);
	run(&s, 500);
	assert_int_equal(s.limiter.limit, MOST);
}

static void short_queries_are_never_held_back(void **state)
{
	(void)state;
	struct source s = taught(MS / 10, 1);

	for (int i = 0; i < 20000; i++) {
		run(&s, 1);
		assert_int_equal(s.limiter.limit, MOST);
	}
}

static void late_answers_halve_it_if_they_are_many(void **state)
{
	(void)state;
	struct source s = taught(10 * MS, MOST);

	s.late_of = 5;
	run(&s, 1000);
	assert_int_equal(s.limiter.limit, MOST);
	s.late_of = 2;
	run(&s, 1000);
	assert_in_range(s.limiter.limit, 1, MOST / 2);
	s.late_of = 0;
	run(&s, 5000);
	assert_int_equal(s.limiter.limit, MOST);
}

static void what_is_late_with_few_at_once_is_no_reason(void **state)
{
	(void)state;
	struct source s = taught(10 * MS, MOST);

	s.late_of = 1;
	s.asked = MOST / 4;
	run(&s, 1000);
	assert_int_equal(s.limiter.limit, MOST);
}

static void a_limit_of_one_stays_one(void **state)
{
	(void)state;
	struct limiter l;

	limiter_begin(&l, 2);
	for (uint64_t i = 0; i < 100; i++)
		limiter_ended(&l, &(struct limiter_fetch){ .late = true, .at_once = 2 }, i * 100 * MS);
	assert_int_equal(l.limit, 1);
}

static void kinds_of_fetches_are_compared_with_themselves(void **state)
{
	(void)state;
	static const uint64_t takes_us[] = { MS / 10, 200 * MS, 20 * MS };
	struct limiter l;
	uint64_t now_us = 0;

	limiter_begin(&l, MOST);
	for (uint32_t i = 0; i < 3000; i++) { /* first mostly the short one, then mostly the long ones */
		uint32_t kind = i % 100 < i / 30 ? 1 + i % 2 : 0;

		now_us += 10 * MS;
		limiter_ended(&l, &(struct limiter_fetch){ .kind = kind, .took_us = takes_us[kind], .at_once = MOST },
			      now_us);
		assert_int_equal(l.limit, MOST);
	}
}

static void few_fetches_are_no_reason(void **state)
{
	(void)state;
	struct source s = taught(10 * MS, MOST);

	s.late_of = 1;
	run(&s, LIMITER_WINDOW_LEAST - 1 - (int)(s.limiter.timed + s.limiter.late));
	assert_int_equal(s.limiter.limit, MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_that_slows_down_under_load_is_asked_less_at_once),
		cmocka_unit_test(a_source_that_is_slow_whatever_the_load_is_not_hurt_for_long),
		cmocka_unit_test(short_queries_are_never_held_back),
		cmocka_unit_test(late_answers_halve_it_if_they_are_many),
		cmocka_unit_test(what_is_late_with_few_at_once_is_no_reason),
		cmocka_unit_test(a_limit_of_one_stays_one),
		cmocka_unit_test(kinds_of_fetches_are_compared_with_themselves),
		cmocka_unit_test(few_fetches_are_no_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
