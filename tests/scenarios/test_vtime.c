#include "tests/cmocka_all.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/loop.h"
#include "tests/scenarios/vtime.h"

static int begin(void **state)
{
	(void)state;
	vtime_begin(INT64_C(1763888400000));
	return 0;
}

static int end(void **state)
{
	(void)state;
	vtime_end();
	return 0;
}

/* What threads write down, in the order in which they came to it. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	uint64_t begun_us;
	struct buf diary;
} scene = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static uint64_t since_us(void)
{
	return clock_mono_us() - scene.begun_us;
}

static void note(const char *who)
{
	buf_printf(&scene.diary, "%s@%u ", who, (unsigned)(since_us() / 1000));
}

static void assert_diary(const char *wanted)
{
	assert_string_equal(scene.diary.len ? scene.diary.data : "", wanted);
	buf_free(&scene.diary);
}

static struct timespec at_us(uint64_t us)
{
	return (struct timespec){(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
}

static bool wait_ms(unsigned ms)
{
	struct timespec due = at_us(clock_mono_us() + ms * 1000u);
	bool late;

	pthread_mutex_lock(&scene.lock);
	late = pthread_cond_timedwait(&scene.changed, &scene.lock, &due) == ETIMEDOUT;
	pthread_mutex_unlock(&scene.lock);
	return late;
}

static void no_time_passes_but_in_waits(void **state)
{
	uint64_t us = clock_mono_us();
	int64_t ms = clock_wall_ms();

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_true(clock_mono_us() == us);
	assert_true(ms == INT64_C(1763888400000));
	assert_true(wait_ms(3600 * 1000));
	assert_true(clock_mono_us() == us + UINT64_C(3600000000));
	assert_true(clock_wall_ms() == ms + 3600000);
	assert_int_equal(vtime_jumps(), 1);
}

static void the_wall_clock_can_jump_alone(void **state)
{
	uint64_t us = clock_mono_us();
	int64_t ms = clock_wall_ms();

	(void)state;
	vtime_jump_wall(-86400000);
	assert_true(clock_wall_ms() == ms - 86400000);
	assert_true(clock_mono_us() == us);
}

static void *sleeper(void *arg)
{
	const char *name = arg;

	wait_ms((unsigned)(name[1] - '0') * 100);
	note(name);
	return NULL;
}

static void waits_end_in_the_order_of_their_times(void **state)
{
	static char names[][3] = {"a3", "b1", "c2", "d1"};
	pthread_t threads[ARRAY_LEN(names)];

	(void)state;
	scene.begun_us = clock_mono_us();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sleeper, names[i]), 0);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_diary("b1@100 d1@100 c2@200 a3@300 ");
}

static void *gate_keeper(void *arg)
{
	pthread_mutex_lock(&scene.lock);
	while (!scene.open)
		pthread_cond_wait(&scene.changed, &scene.lock);
	note(arg);
	pthread_mutex_unlock(&scene.lock);
	return NULL;
}

static void who_waits_first_is_woken_first_a_hundred_times(void **state)
{
	static char names[][2] = {"a", "b", "c", "d", "e"};
	pthread_t threads[ARRAY_LEN(names)];

	(void)state;
	for (int round = 0; round < 100; round++) {
		scene.open = false;
		scene.begun_us = clock_mono_us();
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			assert_int_equal(pthread_create(&threads[i], NULL, gate_keeper, names[i]), 0);
		assert_true(wait_ms(7));
		pthread_mutex_lock(&scene.lock);
		scene.open = true;
		pthread_cond_broadcast(&scene.changed);
		pthread_mutex_unlock(&scene.lock);
		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_diary("a@7 b@7 c@7 d@7 e@7 ");
	}
}

struct stage {
	struct loop *loop;
	struct loop_timer timer;
	struct loop_fd watch;
	struct loop_post post;
	pthread_t thread;
};

static void on_timer(struct loop_timer *t)
{
	struct stage *s = CONTAINER_OF(t, struct stage, timer);

	note("timer");
	loop_stop(s->loop);
}

static void on_event(struct loop_fd *w, uint32_t events)
{
	uint64_t count;

	(void)events;
	assert_int_equal(read(w->fd, &count, sizeof(count)), sizeof(count));
	note("event");
}

static void on_post(struct loop_post *p)
{
	(void)p;
	note("post");
}

static void *run_loop(void *arg)
{
	struct stage *s = arg;

	loop_timer_set(s->loop, &s->timer, deadline_after_ms(500));
	loop_run(s->loop);
	return NULL;
}

static void a_loop_lives_on_the_same_clock(void **state)
{
	struct stage s = {.timer.fire = on_timer, .post.run = on_post};
	uint64_t one = 1;
	struct err err;

	(void)state;
	scene.begun_us = clock_mono_us();
	s.loop = loop_new(&err);
	s.watch = (struct loop_fd){.fd = eventfd(0, EFD_NONBLOCK), .ready = on_event};
	assert_true(loop_watch(s.loop, &s.watch, 1, &err));
	assert_int_equal(pthread_create(&s.thread, NULL, run_loop, &s), 0);
	wait_ms(100);
	assert_int_equal(write(s.watch.fd, &one, sizeof(one)), sizeof(one));
	wait_ms(100);
	loop_post(s.loop, &s.post);
	pthread_join(s.thread, NULL);
	assert_diary("event@100 post@200 timer@500 ");
	loop_unwatch(s.loop, &s.watch);
	close(s.watch.fd);
	loop_free(&s.loop);
}

static void *end_at_once(void *arg)
{
	return arg;
}

static void threads_can_be_left_to_themselves(void **state)
{
	pthread_t thread;
	int mark = 0;
	void *result = NULL;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, end_at_once, &mark), 0);
	assert_int_equal(pthread_detach(thread), 0);
	assert_int_equal(pthread_create(&thread, NULL, end_at_once, &mark), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_ptr_equal(result, &mark);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(no_time_passes_but_in_waits, begin, end),
		cmocka_unit_test_setup_teardown(the_wall_clock_can_jump_alone, begin, end),
		cmocka_unit_test_setup_teardown(waits_end_in_the_order_of_their_times, begin, end),
		cmocka_unit_test_setup_teardown(who_waits_first_is_woken_first_a_hundred_times, begin, end),
		cmocka_unit_test_setup_teardown(a_loop_lives_on_the_same_clock, begin, end),
		cmocka_unit_test_setup_teardown(threads_can_be_left_to_themselves, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
