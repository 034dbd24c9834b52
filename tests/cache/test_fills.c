/* Copies on their way into Redis, and what becomes of them and of their leases when something else happens meanwhile. */
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, LONG_MS = 3600000 };

static struct world w;

static int begin(void **state)
{
	redis_server_set_up(state);
	w = world_new(&(struct redis_conf){ .address = server.address, .timeout_ms = PATIENT_MS });
	world_run_until_up(&w, true);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leases_of_fills_that_are_lost_are_given_back, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
