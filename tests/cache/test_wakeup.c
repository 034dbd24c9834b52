#include <pthread.h>
#include <stdio.h>

#include "cache/wakeup.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { ASKS = 4 };

struct scene {
	struct wakeups *wakeups;
	struct loop *loop;
	struct bell *bell;
	struct cache_ask asks[ASKS];
	unsigned rung[ASKS], left; /* the loop stops after so many */
};

static void ring(void *arg, struct cache_ask *ask)
{
	struct scene *s = arg;

	assert_null(ask->wakeup);
	s->rung[ask - s->asks]++;
	if (--s->left == 0)
		loop_stop(s->loop);
}

static struct scene *begin_scene(void)
{
	static struct scene s;
	struct err err;

	s = (struct scene){ .wakeups = wakeups_new(), .loop = loop_new(&err) };
	assert_non_null(s.loop);
	s.bell = bell_new(s.wakeups, s.loop, ring, &s);
	return &s;
}

static void end_scene(struct scene *s)
{
	for (size_t i = 0; i < ASKS; i++)
		wakeup_end(s->bell, &s->asks[i]);
	loop_free(&s->loop);
	wakeups_free(&s->wakeups);
}

static void wait_for(struct scene *s, size_t i, unsigned who)
{
	s->asks[i].key = sample_key(who);
	wakeup_begin(s->bell, &s->asks[i]);
	assert_ptr_equal(wakeup_owner(s->asks[i].wakeup), s);
}

static void run_for(struct scene *s, unsigned rings)
{
	s->left = rings;
	loop_run(s->loop);
}

static void all_that_wait_for_a_key_are_woken_once(void **state)
{
	struct scene *s = begin_scene();
	struct cache_key key = sample_key(1);

	(void)state;
	wait_for(s, 0, 1);
	wait_for(s, 1, 2);
	wait_for(s, 2, 1);
	wakeups_wake(s->wakeups, str_of(key.text));
	wakeups_wake(s->wakeups, str_of(key.text));
	run_for(s, 2);
	assert_int_equal(s->rung[0], 1);
	assert_int_equal(s->rung[1], 0);
	assert_int_equal(s->rung[2], 1);
	end_scene(s);
}

static void a_lease_wakes_who_waits_for_its_key(void **state)
{
	struct scene *s = begin_scene();
	struct cache_key key = sample_key(1);
	char lease[200];

	(void)state;
	snprintf(lease, sizeof(lease), "%s:l", key.text);
	wait_for(s, 0, 1);
	wakeups_wake(s->wakeups, STR(":l"));
	wakeups_wake(s->wakeups, STR(""));
	wakeups_wake(s->wakeups, str_of(lease));
	run_for(s, 1);
	assert_int_equal(s->rung[0], 1);
	end_scene(s);
}

/* Also when it was woken, and the bell has not rung yet. */
static void who_has_left_is_not_woken(void **state)
{
	struct scene *s = begin_scene();
	struct cache_key key = sample_key(1);

	(void)state;
	wait_for(s, 0, 1);
	wait_for(s, 1, 1);
	wait_for(s, 2, 1);
	wakeup_end(s->bell, &s->asks[1]);
	assert_null(s->asks[1].wakeup);
	wakeups_wake(s->wakeups, str_of(key.text));
	wakeup_end(s->bell, &s->asks[2]);
	run_for(s, 1);
	assert_int_equal(s->rung[0], 1);
	assert_int_equal(s->rung[1] + s->rung[2], 0);
	end_scene(s);
}

static void *wake_all(void *arg)
{
	struct scene *s = arg;

	for (unsigned i = 0; i < 1000; i++)
		for (unsigned who = 0; who < ASKS; who++) {
			struct cache_key key = sample_key(who);

			wakeups_wake(s->wakeups, str_of(key.text));
		}
	loop_stop(s->loop);
	return NULL;
}

/* On the loop of those that wait, at the end of each of its turns: all wait again, and some leave. */
struct waiter {
	struct loop_turn turn;
	struct scene *s;
	unsigned turns;
};

static bool wait_again(struct loop_turn *t)
{
	struct waiter *w = CONTAINER_OF(t, struct waiter, turn);
	struct scene *s = w->s;

	for (unsigned i = 0; i < ASKS; i++) {
		if (!s->asks[i].wakeup)
			wait_for(s, i, i);
		if ((w->turns + i) % 3 == 0)
			wakeup_end(s->bell, &s->asks[i]);
	}
	w->turns++;
	return true;
}

static void others_may_wake_at_any_time(void **state)
{
	struct scene *s = begin_scene();
	struct waiter w = { .turn = { .turn = wait_again }, .s = s };
	pthread_t thread;

	(void)state;
	s->left = UINT32_MAX;
	loop_add_turn(s->loop, &w.turn);
	assert_int_equal(pthread_create(&thread, NULL, wake_all, s), 0);
	loop_run(s->loop);
	pthread_join(thread, NULL);
	assert_true(w.turns > 0);
	end_scene(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_wait_for_a_key_are_woken_once),
		cmocka_unit_test(a_lease_wakes_who_waits_for_its_key),
		cmocka_unit_test(who_has_left_is_not_woken),
		cmocka_unit_test(others_may_wake_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
