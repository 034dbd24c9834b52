/* Copies on their way into Redis: what becomes of them and of their leases when something else happens meanwhile. */
#include <stdlib.h>

#include "cache/redis_state.h"
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, LONG_MS = 3600000 };

static struct world w;

static int begin(void **state)
{
	redis_server_set_up(state);
	w = world_up(server.address, PATIENT_MS);
	return 0;
}

static int end(void **state)
{
	world_free(&w);
	return redis_server_tear_down(state);
}

static bool is_leased(unsigned who)
{
	redisReply *reply = redis_server_command(&server, "EXISTS %s:l", sample_key(who).text);
	bool leased = reply->integer == 1;

	freeReplyObject(reply);
	return leased;
}

/* A ticket with a lease. */
static struct cache_ticket lease(unsigned who)
{
	struct ask a = { .ask = { .how = CACHE_SHARED, .lease_ms = LONG_MS, .wait_ms = LONG_MS } };

	world_begin(&w, &a, who);
	world_until_answered(&w, &a);
	assert_true(is_leased(who));
	return a.ask.ticket;
}

/* Another part of that customer. */
static void put_part(unsigned who, unsigned char part, struct cache_ticket ticket)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	const unsigned char definition[DIGEST_BYTES] = { 9, part };
	struct cache_name name = sample_name(who);
	struct cache_key key;

	cache_key_make(&key, &(struct cache_asked){ .tenant = STR("t"),
						     .salt = STR("salt"),
						     .definition = definition,
						     .tag = &name });
	cache_put(w.cache, &(struct cache_fill){ .key = &key,
						 .wholes = sample_wholes(),
						 .rows = sample_rows(who, mem),
						 .stored_ms = 1,
						 .ttl_ms = LONG_MS,
						 .ticket = ticket,
						 .names = &name,
						 .n_names = 1 });
}

/* Some are sent together, and one is still gathered. */
static void leases_of_fills_that_are_lost_are_given_back(void **state)
{
	enum { MANY = 100 };
	struct cache_ticket tickets[MANY];

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		tickets[i] = lease(i);
	for (unsigned i = 0; i < MANY; i++)
		sample_put(w.cache, i, tickets[i], LONG_MS);
	redis_server_do(&server, "CLIENT KILL TYPE normal SKIPME yes");
	world_run_until_up(&w, false);
	world_run_until_up(&w, true);
	world_look_up(&w, MANY); /* behind them */
	for (unsigned i = 0; i < MANY; i++)
		assert_false(is_leased(i));
}

/* Every begin is a tick: so many have been answered since. */
static long long last_tick(void)
{
	redisReply *reply = redis_server_command(&server, "ZSCORE fed2:x:{t}:t @last");
	long long tick = strtoll(reply->str, NULL, 10);

	freeReplyObject(reply);
	return tick;
}

static bool has_asked(struct world *of, void *since)
{
	(void)of;
	return last_tick() > *(long long *)since;
}

/* Each look of the one that waits meets a sheaf that it has not seen. */
static void who_waits_for_a_slow_part_does_not_tire_of_the_others(void **state)
{
	enum { PARTS = 6 };
	struct world other = world_up(server.address, PATIENT_MS);
	struct ask a = { .ask = { .how = CACHE_SHARED, .lease_ms = LONG_MS, .wait_ms = LONG_MS } };
	struct cache_ticket slow = lease(1);

	(void)state;
	world_begin(&other, &a, 1);
	for (unsigned char i = 0; i < PARTS; i++) {
		long long since;

		put_part(1, i, world_ticket(&w, 1));
		world_run_until_puts(&w, i + 1);
		for (int k = 0; k < 2; k++) {
			since = last_tick();
			world_run_until(&other, has_asked, &since);
		}
		assert_int_equal(a.answers, 0);
	}
	sample_put(w.cache, 1, slow, LONG_MS);
	world_run_until_puts(&w, PARTS + 1);
	world_until_answered(&other, &a);
	sample_check(a.hit.rows, 1);
	world_free(&other);
}

static bool knows_nothing(struct world *of, void *arg)
{
	const struct redis *r = (struct redis *)of->cache;

	(void)arg;
	for (size_t i = 0; i < ARRAY_LEN(r->bases); i++)
		if (r->bases[i].sheaf[0] || r->bases[i].opened.data)
			return false;
	return true;
}

static void what_was_written_is_soon_forgotten(void **state)
{
	(void)state;
	world_put(&w, 1, LONG_MS);
	world_put(&w, 2, LONG_MS);
	world_run_until_puts(&w, 2);
	assert_false(knows_nothing(&w, NULL));
	world_run_until(&w, knows_nothing, NULL);
}

static void a_change_wipes_what_was_written(void **state)
{
	(void)state;
	world_put(&w, 1, LONG_MS);
	world_run_until_puts(&w, 1);
	assert_int_equal(world_invalidate(&w, sample_name(1), false), 1);
	assert_true(knows_nothing(&w, NULL));
}

static bool has_turned(struct world *of, void *times)
{
	(void)of;
	return (*(unsigned *)times)-- == 0;
}

/* More than a fill is tried for; the moment in which each waits for others has passed before the next one comes. */
static void fills_of_one_sheaf_wait_for_the_one_on_its_way(void **state)
{
	enum { PARTS = 20 };
	struct cache_ticket tickets[PARTS];

	(void)state;
	for (unsigned char i = 0; i < PARTS; i++)
		tickets[i] = world_ticket(&w, 1);
	redis_server_freeze(&server);
	for (unsigned char i = 0; i < PARTS; i++) {
		unsigned times = 3;

		put_part(1, i, tickets[i]);
		world_run_until(&w, has_turned, &times);
	}
	redis_server_thaw(&server);
	world_run_until_puts(&w, PARTS);
	assert_int_equal(cache_state(w.cache).puts, PARTS);
}

static bool is_not_leased(struct world *of, void *who)
{
	(void)of;
	return !is_leased(*(unsigned *)who);
}

static void leases_of_fills_that_wait_are_given_back_at_the_end(void **state)
{
	unsigned who = 1, times = 3;
	struct cache_ticket leased = lease(who), other = world_ticket(&w, who);

	(void)state;
	redis_server_freeze(&server);
	put_part(who, 1, other);
	world_run_until(&w, has_turned, &times);
	sample_put(w.cache, who, leased, LONG_MS);
	world_free(&w);
	redis_server_thaw(&server);
	w = world_new(&(struct redis_conf){ .address = server.address, .timeout_ms = PATIENT_MS });
	world_run_until(&w, is_not_leased, &who);
}

/* The look-up would have taken the last place; the fill that goes before it does. */
static void a_look_up_and_the_fill_before_it_need_two_places(void **state)
{
	const struct redis *r = (struct redis *)w.cache;
	struct cache_ticket ticket = world_ticket(&w, 1);
	struct cache_key other = sample_key(2);
	struct ask a;

	(void)state;
	redis_server_freeze(&server);
	while (r->line.pipe.n_pending < REDIS_PENDING_MOST - 1)
		cache_release(w.cache, &other, ticket);
	sample_put(w.cache, 1, ticket, LONG_MS);
	world_ask(&w, &a, 1);
	redis_server_thaw(&server);
	world_until_answered(&w, &a);
	world_run_until_puts(&w, 1);
	assert_int_equal(cache_state(w.cache).puts, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leases_of_fills_that_are_lost_are_given_back, begin, end),
		cmocka_unit_test_setup_teardown(what_was_written_is_soon_forgotten, begin, end),
		cmocka_unit_test_setup_teardown(a_change_wipes_what_was_written, begin, end),
		cmocka_unit_test_setup_teardown(fills_of_one_sheaf_wait_for_the_one_on_its_way, begin, end),
		cmocka_unit_test_setup_teardown(leases_of_fills_that_wait_are_given_back_at_the_end, begin, end),
		cmocka_unit_test_setup_teardown(a_look_up_and_the_fill_before_it_need_two_places, begin, end),
		cmocka_unit_test_setup_teardown(who_waits_for_a_slow_part_does_not_tire_of_the_others, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
