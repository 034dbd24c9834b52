#include "base/loop.h"
#include "tests/cmocka_all.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

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

/* ---- posted work ---- */

struct job {
	struct loop_post post;
	int number;
};

static int done[64];
static size_t n_done;

static void note(int number)
{
	assert_true(n_done < ARRAY_LEN(done));
	done[n_done++] = number;
}

static void note_job(struct loop_post *p)
{
	note(CONTAINER_OF(p, struct job, post)->number);
}

static void posted_work_keeps_its_order(void **state)
{
	struct job jobs[20];

	(void)state;
	n_done = 0;
	for (int i = 0; i < 20; i++) {
		jobs[i] = (struct job){ .post = { .run = note_job }, .number = i };
		loop_post(loop, &jobs[i].post);
	}
	loop_stop(loop);
	loop_run(loop);
	assert_int_equal(n_done, 20);
	for (int i = 0; i < 20; i++)
		assert_int_equal(done[i], i);
}

static void repost_until_three(struct loop_post *p)
{
	struct job *job = CONTAINER_OF(p, struct job, post);

	note(job->number);
	if (++job->number < 3)
		loop_post(loop, p);
	else
		loop_stop(loop);
}

static void work_may_be_posted_again_while_it_runs(void **state)
{
	struct job job = { .post = { .run = repost_until_three } };

	(void)state;
	n_done = 0;
	loop_post(loop, &job.post);
	loop_run(loop);
	assert_int_equal(n_done, 3);
	assert_int_equal(done[2], 2);
}

enum { POSTERS = 4, POSTS = 5000 };

struct counted {
	struct loop_post post;
	int poster;
	int number;
};

static int next_number[POSTERS];
static int n_counted;

static void count_and_free(struct loop_post *p)
{
	struct counted *c = CONTAINER_OF(p, struct counted, post);

	assert_int_equal(c->number, next_number[c->poster]++);
	free(c);
	if (++n_counted == POSTERS * POSTS)
		loop_stop(loop);
}

static void *post_many(void *arg)
{
	const int *poster = arg;

	for (int i = 0; i < POSTS; i++) {
		struct counted *c = calloc(1, sizeof(*c));

		if (!c)
			abort();
		*c = (struct counted){ .post = { .run = count_and_free }, .poster = *poster, .number = i };
		loop_post(loop, &c->post);
	}
	return NULL;
}

static void no_work_of_any_thread_is_lost(void **state)
{
	pthread_t threads[POSTERS];
	int posters[POSTERS];

	(void)state;
	n_counted = 0;
	for (int i = 0; i < POSTERS; i++) {
		next_number[i] = 0;
		posters[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
	}
	loop_run(loop);
	for (int i = 0; i < POSTERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(next_number[i], POSTS);
	}
}

/* ---- stopping ---- */

static void *stop_loop(void *arg)
{
	(void)arg;
	loop_stop(loop);
	return NULL;
}

static void another_thread_can_stop_it(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, stop_loop, NULL), 0);
	loop_run(loop);
	pthread_join(thread, NULL);
}

static void on_signal(int number)
{
	(void)number;
	loop_stop(loop);
}

static void raise_signal(struct loop_timer *t)
{
	(void)t;
	raise(SIGUSR1);
}

static void a_signal_handler_can_stop_it(void **state)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct loop_timer timer = { .fire = raise_signal };

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	loop_timer_set(loop, &timer, deadline_after_ms(1));
	loop_run(loop);
	assert_int_equal(timer.slot, 0);
}

static void it_can_run_again_after_a_stop(void **state)
{
	struct job job = { .post = { .run = note_job }, .number = 1 };

	(void)state;
	n_done = 0;
	loop_stop(loop);
	loop_run(loop);
	loop_post(loop, &job.post);
	loop_stop(loop);
	loop_run(loop);
	assert_int_equal(n_done, 1);
}

/* ---- timers ---- */

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

static void note_99(struct loop_timer *t)
{
	(void)t;
	note(99);
}

static void posted_work_goes_before_timers(void **state)
{
	struct loop_timer timer = { .fire = note_99 };
	struct job job = { .post = { .run = note_job }, .number = 1 };

	(void)state;
	n_done = 0;
	loop_timer_set(loop, &timer, (struct deadline){ 1 });
	loop_post(loop, &job.post);
	loop_stop(loop);
	loop_run(loop);
	assert_int_equal(n_done, 2);
	assert_int_equal(done[0], 1);
	assert_int_equal(done[1], 99);
}

/* ---- turn hooks ---- */

struct hook {
	struct loop_turn turn;
	int number;
	int left;
};

static bool note_turn(struct loop_turn *t)
{
	struct hook *h = CONTAINER_OF(t, struct hook, turn);

	note(h->number);
	if (--h->left == 0)
		loop_stop(loop);
	return h->left > 0;
}

static void hooks_run_in_order_and_do_not_sleep_while_there_is_more(void **state)
{
	struct hook first = { .turn = { .turn = note_turn }, .number = 1, .left = 3 };
	struct hook second = { .turn = { .turn = note_turn }, .number = 2, .left = 100 };

	(void)state;
	n_done = 0;
	loop_add_turn(loop, &first.turn);
	loop_add_turn(loop, &second.turn);
	loop_run(loop); /* nothing else would wake it */
	assert_true(n_done >= 6);
	for (size_t i = 0; i < n_done; i++)
		assert_int_equal(done[i], 1 + i % 2);
}

/* ---- descriptors ---- */

struct watch {
	struct loop_fd w;
	struct watch *other;
	uint32_t events;
	int n_ready;
};

static void watch_new(struct watch *watch, void (*ready)(struct loop_fd *, uint32_t), uint32_t events)
{
	struct err err;

	*watch = (struct watch){ .w = { .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .ready = ready } };
	assert_true(watch->w.fd >= 0);
	assert_true(loop_watch(loop, &watch->w, events, &err));
}

static void watch_drop(struct watch *watch)
{
	loop_unwatch(loop, &watch->w);
	close(watch->w.fd);
}

static void note_events_and_stop(struct loop_fd *w, uint32_t events)
{
	struct watch *watch = CONTAINER_OF(w, struct watch, w);

	watch->events = events;
	watch->n_ready++;
	loop_stop(loop);
}

static void a_ready_descriptor_calls_its_owner(void **state)
{
	struct watch watch;

	(void)state;
	watch_new(&watch, note_events_and_stop, EPOLLIN);
	assert_int_equal(eventfd_write(watch.w.fd, 1), 0);
	loop_run(loop);
	assert_int_equal(watch.n_ready, 1);
	assert_int_equal(watch.events, EPOLLIN);
	watch_drop(&watch);
}

static void the_events_of_a_watch_can_be_changed(void **state)
{
	struct watch watch;

	(void)state;
	watch_new(&watch, note_events_and_stop, EPOLLIN); /* nothing to read: not ready */
	loop_rewatch(loop, &watch.w, EPOLLOUT);
	loop_run(loop);
	assert_int_equal(watch.events, EPOLLOUT);
	watch_drop(&watch);
}

static void what_cannot_be_watched_is_an_error(void **state)
{
	struct loop_fd w = { .fd = -1 };
	struct err err = { 0 };

	(void)state;
	assert_false(loop_watch(loop, &w, EPOLLIN, &err));
	assert_int_equal(err.cls, ERR_SYSTEM);
	assert_non_null(strstr(err.text, "-1"));
}

static int n_survivors;

/* Whichever of the two comes first ends the other: its memory is gone when its event's turn comes. */
static void free_the_other(struct loop_fd *w, uint32_t events)
{
	struct watch *watch = CONTAINER_OF(w, struct watch, w);

	(void)events;
	n_survivors++;
	watch_drop(watch->other);
	free(watch->other);
	watch_drop(watch);
	free(watch);
	loop_stop(loop);
}

static void an_unwatched_descriptor_has_no_more_events_in_the_batch(void **state)
{
	struct watch *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	n_survivors = 0;
	watch_new(a, free_the_other, EPOLLIN);
	watch_new(b, free_the_other, EPOLLIN);
	a->other = b;
	b->other = a;
	assert_int_equal(eventfd_write(a->w.fd, 1), 0);
	assert_int_equal(eventfd_write(b->w.fd, 1), 0);
	loop_run(loop);
	assert_int_equal(n_survivors, 1);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, make_loop, drop_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(posted_work_keeps_its_order),
		LOOP_TEST(work_may_be_posted_again_while_it_runs),
		LOOP_TEST(no_work_of_any_thread_is_lost),
		LOOP_TEST(another_thread_can_stop_it),
		LOOP_TEST(a_signal_handler_can_stop_it),
		LOOP_TEST(it_can_run_again_after_a_stop),
		LOOP_TEST(timers_fire_in_the_order_of_their_deadlines),
		LOOP_TEST(a_timer_is_never_early),
		LOOP_TEST(waiting_for_a_timer_does_not_spin),
		LOOP_TEST(cancelling_what_is_not_set_is_harmless),
		LOOP_TEST(a_timer_set_to_the_past_does_not_starve_the_loop),
		LOOP_TEST(posted_work_goes_before_timers),
		LOOP_TEST(hooks_run_in_order_and_do_not_sleep_while_there_is_more),
		LOOP_TEST(a_ready_descriptor_calls_its_owner),
		LOOP_TEST(the_events_of_a_watch_can_be_changed),
		LOOP_TEST(what_cannot_be_watched_is_an_error),
		LOOP_TEST(an_unwatched_descriptor_has_no_more_events_in_the_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
