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

static void note_and_stop(struct loop_post *p)
{
	note_job(p);
	loop_stop(loop);
}

static void post_quietly(struct loop_post *p)
{
	static struct job last = { .post = { .run = note_and_stop }, .number = 2 };

	note_job(p);
	loop_post_quiet(loop, &last.post);
}

static void quiet_work_runs_before_the_loop_sleeps(void **state)
{
	struct job first = { .post = { .run = post_quietly }, .number = 1 };

	(void)state;
	n_done = 0;
	loop_post(loop, &first.post);
	loop_run(loop);
	assert_int_equal(n_done, 2);
	assert_int_equal(done[1], 2);
}

static void *post_and_wake(void *arg)
{
	struct job *jobs = arg;

	loop_post_quiet(loop, &jobs[0].post);
	loop_post_quiet(loop, &jobs[1].post);
	loop_wake(loop);
	return NULL;
}

static void a_wake_runs_what_was_posted_quietly(void **state)
{
	struct job jobs[] = { { .post = { .run = note_job }, .number = 1 },
			      { .post = { .run = note_and_stop }, .number = 2 } };
	pthread_t thread;

	(void)state;
	n_done = 0;
	assert_int_equal(pthread_create(&thread, NULL, post_and_wake, jobs), 0);
	loop_run(loop);
	pthread_join(thread, NULL);
	assert_int_equal(n_done, 2);
	assert_int_equal(done[0], 1);
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

/* ---- turns ---- */

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

static void note_and_go_on(struct loop_post *p)
{
	note_job(p);
	if (n_done < 3)
		loop_post(loop, p);
	else
		loop_stop(loop);
}

static void turns_are_counted_when_somebody_wants_to_know(void **state)
{
	struct job job = { .post = { .run = note_and_go_on } };
	struct counters *c = counters_new(2 + HISTOGRAM_COUNTERS);
	struct histogram h;

	(void)state;
	loop_count_turns(loop, c, 2);
	n_done = 0;
	loop_post(loop, &job.post);
	loop_run(loop);
	h = histogram_of_counters(c, 2);
	assert_int_equal(histogram_count(&h), 4); /* in the last one the stop is seen */
	assert_int_equal(counters_sum(c, 0) + counters_sum(c, 1), 0);
	counters_free(&c);
}

#define LOOP_TEST(f) cmocka_unit_test_setup_teardown(f, make_loop, drop_loop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOOP_TEST(posted_work_keeps_its_order),
		LOOP_TEST(work_may_be_posted_again_while_it_runs),
		LOOP_TEST(quiet_work_runs_before_the_loop_sleeps),
		LOOP_TEST(a_wake_runs_what_was_posted_quietly),
		LOOP_TEST(no_work_of_any_thread_is_lost),
		LOOP_TEST(another_thread_can_stop_it),
		LOOP_TEST(a_signal_handler_can_stop_it),
		LOOP_TEST(it_can_run_again_after_a_stop),
		LOOP_TEST(posted_work_goes_before_timers),
		LOOP_TEST(hooks_run_in_order_and_do_not_sleep_while_there_is_more),
		LOOP_TEST(a_ready_descriptor_calls_its_owner),
		LOOP_TEST(the_events_of_a_watch_can_be_changed),
		LOOP_TEST(turns_are_counted_when_somebody_wants_to_know),
		LOOP_TEST(what_cannot_be_watched_is_an_error),
		LOOP_TEST(an_unwatched_descriptor_has_no_more_events_in_the_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
