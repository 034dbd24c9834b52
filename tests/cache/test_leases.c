/* Two processes (homes) on one Redis, both with a loop of their own that the test turns: who may ask the source? */
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, HASTY_MS = 30, LONG_MS = 3600000 };

static struct world one, two;

static struct world up(void)
{
	return world_up(server.address, PATIENT_MS);
}

static int begin(void **state)
{
	(void)state;
	redis_server_start(&server, NULL);
	one = up();
	two = up();
	return 0;
}

static int end(void **state)
{
	(void)state;
	world_free(&one);
	world_free(&two);
	redis_server_end(&server);
	return 0;
}

static struct ask shared(uint32_t lease_ms, uint32_t wait_ms)
{
	return (struct ask){ .ask = { .how = CACHE_SHARED, .lease_ms = lease_ms, .wait_ms = wait_ms } };
}

static void check_granted(struct world *w, struct ask *a, unsigned who)
{
	world_begin(w, a, who);
	world_until_answered(w, a);
	assert_null(a->hit.rows);
	assert_true(a->ask.ticket.era != 0);
}

/* Every begin is a tick: so many have been answered since. */
static long long last_tick(void)
{
	redisReply *reply = redis_server_command(&server, "ZSCORE fed2:x:{t}:t @last");
	long long tick = strtoll(reply->str, NULL, 10);

	freeReplyObject(reply);
	return tick;
}

static bool has_asked(struct world *w, void *since)
{
	(void)w;
	return last_tick() > *(long long *)since;
}

/* It was told that another process asks, and has asked again since. */
static void begin_waiting(struct world *w, struct ask *a, unsigned who)
{
	long long since = last_tick();

	world_begin(w, a, who);
	for (int i = 0; i < 2; i++) {
		world_run_until(w, has_asked, &since);
		since = last_tick();
	}
	assert_int_equal(a->answers, 0);
}

static bool are_answered(struct world *w, void *arg)
{
	const struct ask *asks = arg;

	(void)w;
	return asks[0].answers && asks[1].answers && asks[2].answers;
}

static void one_asks_and_all_others_have_its_copy(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS), asks[] = { a, a, a };

	(void)state;
	check_granted(&one, &a, 1);
	begin_waiting(&two, &asks[0], 1);
	world_begin(&two, &asks[1], 1);
	world_begin(&two, &asks[2], 1);
	sample_put(one.cache, 1, a.ask.ticket, LONG_MS);
	world_run_until_puts(&one, 1);
	world_run_until(&two, are_answered, asks);
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		sample_check(asks[i].hit.rows, 1);
		assert_true(asks[i].hit.began == a.ask.ticket.began);
	}
}

static void a_process_does_not_wait_for_itself(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS), b = a, other = a;

	(void)state;
	check_granted(&one, &a, 1);
	check_granted(&one, &b, 1);
	check_granted(&two, &other, 2); /* nor for another key */
}

/* It may begin twice for one key; what the second brings to nothing does not end what the first has. */
static void a_lease_ends_with_the_ticket_it_was_given_with(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS), b = a, other = a;
	struct cache_key key = sample_key(30);

	(void)state;
	check_granted(&one, &a, 30);
	check_granted(&one, &b, 30);
	cache_release(one.cache, &key, b.ask.ticket);
	world_look_up(&one, 31); /* behind it */
	begin_waiting(&two, &other, 30);
	cache_release(one.cache, &key, a.ask.ticket);
	world_look_up(&one, 31);
	world_until_answered(&two, &other);
	assert_true(other.ask.ticket.era != 0);
}

/* All of them have to learn that the scripts are gone, and more commands are on their way than may be again. */
static void scripts_that_are_lost_are_loaded_once_for_all(void **state)
{
	enum { MANY = 1500 };
	static struct ask asks[MANY];

	(void)state;
	redis_server_do(&server, "SCRIPT FLUSH");
	for (unsigned i = 0; i < MANY; i++) {
		asks[i] = shared(LONG_MS, LONG_MS);
		world_begin(&one, &asks[i], 1000 + i);
	}
	for (unsigned i = 0; i < MANY; i++) {
		world_until_answered(&one, &asks[i]);
		assert_true(asks[i].ask.ticket.era != 0);
	}
}

static void who_needs_no_copy_waits_for_nobody(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS);

	(void)state;
	check_granted(&one, &a, 1);
	assert_true(world_ticket(&two, 1).era != 0);
}

static void when_no_copy_comes_another_may_ask(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS), b = a;

	(void)state;
	check_granted(&one, &a, 1);
	begin_waiting(&two, &b, 1);
	cache_release(one.cache, &a.ask.key, a.ask.ticket);
	world_look_up(&one, 1); /* behind it */
	world_until_answered(&two, &b);
	assert_null(b.hit.rows);
	assert_true(b.ask.ticket.began > a.ask.ticket.began);
}

/* The lease is the second one's now: the first one's late end does not take it away. */
static void a_lease_ends_with_its_time(void **state)
{
	struct ask a = shared(50, LONG_MS), b = shared(LONG_MS, LONG_MS);
	redisReply *lease;

	(void)state;
	check_granted(&one, &a, 1);
	check_granted(&two, &b, 1);
	cache_release(one.cache, &a.ask.key, a.ask.ticket);
	world_look_up(&one, 1);
	lease = redis_server_command(&server, "EXISTS %s:l", b.ask.key.text);
	assert_int_equal(lease->integer, 1);
	freeReplyObject(lease);
}

static void who_has_waited_long_enough_goes_ahead(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS), b = shared(LONG_MS, 30);

	(void)state;
	check_granted(&one, &a, 1);
	check_granted(&two, &b, 1);
	sample_put(two.cache, 1, b.ask.ticket, LONG_MS);
	world_run_until_puts(&two, 1);
	assert_int_equal(cache_state(two.cache).puts, 1);
}

static void a_change_lets_the_next_one_ask_at_once(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS), b = a;

	(void)state;
	world_put(&one, 1, LONG_MS);
	world_run_until_puts(&one, 1);
	a.ask.seen = b.ask.seen = world_look_up(&one, 1).began;
	check_granted(&one, &a, 1);
	assert_int_equal(world_invalidate(&one, sample_name(1), false), 1);
	check_granted(&two, &b, 1);
	sample_put(one.cache, 1, a.ask.ticket, LONG_MS);
	world_run_until_puts(&one, 2);
	assert_int_equal(cache_state(one.cache).puts, 1);
}

static void who_waits_goes_without_when_redis_is_lost(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS), b = a;

	(void)state;
	check_granted(&one, &a, 1);
	begin_waiting(&two, &b, 1);
	redis_server_kill(&server);
	world_until_answered(&two, &b);
	assert_null(b.hit.rows);
	assert_true(b.ask.ticket.era == 0);
}

/* Redis takes the begin of a process that has given up waiting for the answer. */
static void a_lease_that_nobody_heard_of_is_given_back(void **state)
{
	struct world hasty = world_up(server.address, HASTY_MS);
	struct ask a = shared(LONG_MS, LONG_MS), b = a;

	(void)state;
	redis_server_freeze(&server);
	world_begin(&hasty, &a, 1);
	world_until_answered(&hasty, &a);
	assert_true(a.ask.ticket.era == 0);
	redis_server_thaw(&server);
	world_run_until_up(&hasty, true);
	check_granted(&two, &b, 1);
	world_free(&hasty);
}

static void a_lease_that_ends_without_a_connection_is_given_back(void **state)
{
	struct world hasty = world_up(server.address, HASTY_MS);
	struct ask a = shared(LONG_MS, LONG_MS), lost = a, b = a;
	struct cache_key key = sample_key(1);

	(void)state;
	check_granted(&hasty, &a, 1);
	redis_server_freeze(&server);
	world_begin(&hasty, &lost, 2);
	world_until_answered(&hasty, &lost);
	cache_release(hasty.cache, &key, a.ask.ticket);
	redis_server_thaw(&server);
	world_run_until_up(&hasty, true);
	check_granted(&two, &b, 1);
	world_free(&hasty);
}

static void who_waits_is_answered_when_the_cache_ends(void **state)
{
	struct ask a = shared(LONG_MS, LONG_MS), b = a;
	struct world third = up();

	(void)state;
	check_granted(&one, &a, 1);
	begin_waiting(&third, &b, 1);
	world_free(&third);
	assert_int_equal(b.answers, 1);
	assert_true(b.ask.ticket.era == 0);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(one_asks_and_all_others_have_its_copy),
		T(a_process_does_not_wait_for_itself),
		T(a_lease_ends_with_the_ticket_it_was_given_with),
		T(scripts_that_are_lost_are_loaded_once_for_all),
		T(who_needs_no_copy_waits_for_nobody),
		T(when_no_copy_comes_another_may_ask),
		T(a_lease_ends_with_its_time),
		T(who_has_waited_long_enough_goes_ahead),
		T(a_change_lets_the_next_one_ask_at_once),
		T(who_waits_goes_without_when_redis_is_lost),
		T(who_waits_is_answered_when_the_cache_ends),
		T(a_lease_that_nobody_heard_of_is_given_back),
		T(a_lease_that_ends_without_a_connection_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
