/* Many look-ups in one turn of the loop, and a connection that is full of commands. */
#include <stdio.h>
#include <stdlib.h>

#include "cache/redis_pipe.h"
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, HASTY_MS = 30, LONG_MS = 3600000 };

/* How often the server carried it out. */
static long long commands_done(const char *name)
{
	redisReply *reply = redis_server_command(&server, "INFO commandstats");
	char label[64];
	const char *at;
	long long n;

	snprintf(label, sizeof(label), "cmdstat_%s:calls=", name);
	at = strstr(reply->str, label);
	n = at ? strtoll(at + strlen(label), NULL, 10) : 0;
	freeReplyObject(reply);
	return n;
}

struct many {
	struct ask asks[6000];
	size_t n;
};

static bool all_answered(struct world *w, void *arg)
{
	struct many *m = arg;

	(void)w;
	for (size_t i = 0; i < m->n; i++)
		if (m->asks[i].answers == 0)
			return false;
	return true;
}

static unsigned who_of(size_t i)
{
	return (unsigned)(i * 7919 % 300);
}

/* Returns how many were hits; each must be the right customer's. */
static size_t ask_many(struct world *w, struct many *m, size_t n)
{
	size_t hits = 0;

	m->n = n;
	for (size_t i = 0; i < n; i++)
		world_ask(w, &m->asks[i], who_of(i));
	world_run_until(w, all_answered, m);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(m->asks[i].answers, 1);
		if (!m->asks[i].hit.rows)
			continue;
		hits++;
		sample_check(m->asks[i].hit.rows, who_of(i));
	}
	return hits;
}

static void put_many(struct world *w)
{
	for (unsigned who = 0; who < 300; who++)
		world_put(w, who, LONG_MS);
	world_run_until_puts(w, 300);
}

static void many_look_ups_in_one_turn_get_their_own_answers(void **state)
{
	static struct many m;
	struct world w = world_up(server.address, PATIENT_MS);

	(void)state;
	put_many(&w);
	assert_int_equal(ask_many(&w, &m, 3000), 3000);
	world_free(&w);
}

/* Each forgets by a command of its own. */
static void more_than_the_pipeline_holds_are_misses_at_once(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_key(5);
	struct ask one = { 0 };

	(void)state;
	put_many(&w);
	for (int i = 0; i < REDIS_PENDING_MOST; i++)
		cache_drop(w.cache, &key);
	world_ask(&w, &one, 6);
	assert_int_equal(one.answers, 1);
	assert_null(one.hit.rows);
	world_until_hit(&w, 6);
	assert_int_equal(cache_state(w.cache).timeouts, 0);
	world_free(&w);
}

/* And what comes behind them leaves them their place. */
static void look_ups_have_their_place_in_a_full_pipeline(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_key(5);
	struct ask two[2] = { 0 };

	(void)state;
	put_many(&w);
	world_ask(&w, &two[0], 6);
	for (int i = 0; i < REDIS_PENDING_MOST; i++)
		cache_drop(w.cache, &key);
	world_ask(&w, &two[1], 7);
	world_until_answered(&w, &two[0]);
	sample_check(two[0].hit.rows, 6);
	assert_int_equal(two[1].answers, 1);
	assert_null(two[1].hit.rows);
	world_free(&w);
}

/* More than one command may ask for, of which some are not there. */
static void one_command_asks_for_many(void **state)
{
	enum { ASKED = 100 };
	static struct ask asks[ASKED];
	struct world w = world_up(server.address, PATIENT_MS);
	long long before;

	(void)state;
	put_many(&w);
	before = commands_done("mget");
	for (unsigned i = 0; i < ASKED; i++)
		world_ask(&w, &asks[i], 250 + i);
	for (unsigned i = 0; i < ASKED; i++) {
		world_until_answered(&w, &asks[i]);
		if (i < 50)
			sample_check(asks[i].hit.rows, 250 + i);
		else
			assert_null(asks[i].hit.rows);
	}
	assert_int_equal(commands_done("mget") - before, 4);
	world_free(&w);
}

static void all_that_waits_for_a_frozen_server_is_answered_once(void **state)
{
	static struct many m;
	struct world w = world_up(server.address, HASTY_MS);

	(void)state;
	put_many(&w);
	redis_server_freeze(&server);
	assert_int_equal(ask_many(&w, &m, 500), 0);
	world_put(&w, 1, LONG_MS);
	assert_int_equal(cache_state(w.cache).put_failures, 1);
	redis_server_thaw(&server);
	world_run_until_up(&w, true);
	ask_many(&w, &m, 500);
	world_free(&w);
}

#define T(test) cmocka_unit_test_setup_teardown(test, redis_server_set_up, redis_server_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(many_look_ups_in_one_turn_get_their_own_answers),
		T(more_than_the_pipeline_holds_are_misses_at_once),
		T(look_ups_have_their_place_in_a_full_pipeline),
		T(one_command_asks_for_many),
		T(all_that_waits_for_a_frozen_server_is_answered_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
