/* Books come and go by Redis: who learns offers, the others follow, and what cannot be read is a miss. */
#include <stdio.h>

#include "cache/home.h"
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, LONG_MS = 3600000, LEARN_FROM = 200, SENTENCES = 24, CUSTOMERS_MOST = 2000 };

static struct world in_redis(uint32_t learn_from)
{
	struct world w = world_new(&(struct redis_conf){
		.address = server.address, .timeout_ms = PATIENT_MS, .learn_from = learn_from });

	world_run_until_up(&w, true);
	return w;
}

static void keep(struct world *w, unsigned who)
{
	static const bool common[] = { true, true };
	const struct cache_state before = cache_state(w->cache);
	struct cache_key key = sample_key(who);
	struct cache_name name = sample_name(who);
	struct str cells[2 * SENTENCES] = { 0 };
	const struct rows rows = { .n_rows = SENTENCES, .n_cols = 2, .cells = cells };

	for (unsigned i = 0; i < SENTENCES; i++) {
		cells[2 * i] = arena_printf(w->mem, "sentence %u that each of them has", i);
		cells[2 * i + 1] = arena_printf(w->mem, "%u", who * i);
	}
	cache_put(w->cache, &(struct cache_fill){ .key = &key,
						 .wholes = sample_wholes(),
						 .rows = &rows,
						 .ttl_ms = LONG_MS,
						 .ticket = world_ticket(w, who),
						 .names = &name,
						 .n_names = 1,
						 .of_customer = true,
						 .common = common });
	world_run_until_puts(w, before.puts + before.put_failures + 1);
	assert_int_equal(cache_state(w->cache).puts, before.puts + 1);
}

static void check(struct cache_hit hit)
{
	assert_non_null(hit.rows);
	assert_int_equal(hit.rows->n_rows, SENTENCES);
	assert_true(str_eq(rows_cell(hit.rows, 7, 0), STR("sentence 7 that each of them has")));
}

/* New customers until a book is packed with; returns the last one. */
static unsigned keep_until_used(struct world *w, unsigned who)
{
	while (!cache_words_state(w->home).used && who < CUSTOMERS_MOST)
		keep(w, ++who);
	assert_true(cache_words_state(w->home).used);
	keep(w, ++who);
	return who;
}

static void until_hit(struct world *w, unsigned who)
{
	struct cache_hit hit;

	while (!(hit = world_look_up(w, who)).rows)
		;
	check(hit);
}

static long long integer(redisReply *reply)
{
	long long n = reply->integer;

	freeReplyObject(reply);
	return n;
}

static long long bytes_of(unsigned who)
{
	return integer(redis_server_command(&server, "STRLEN %s", sample_sheaf_key(who).text));
}

static bool is_there(const char *key)
{
	return integer(redis_server_command(&server, "EXISTS %s", key)) == 1;
}

static void book_key(const struct world *w, char out[24])
{
	redisReply *reply = redis_server_command(&server, "GET %s", w->home->words_key);

	snprintf(out, 24, "fed2:d:%s", reply->str);
	freeReplyObject(reply);
	assert_true(is_there(out));
}

static void what_one_learns_serves_all(void **state)
{
	struct world one = in_redis(LEARN_FROM), other = in_redis(0);
	unsigned last = keep_until_used(&one, 0);

	(void)state;
	assert_true(last > LEARN_FROM);
	assert_int_equal(cache_words_state(one.home).learnt, 1);
	assert_true(10 * bytes_of(last) < 9 * bytes_of(LEARN_FROM - 1));
	check(world_look_up(&one, 1));
	check(world_look_up(&one, last));

	until_hit(&other, last);
	assert_int_equal(cache_state(other.cache).bad_values, 0);
	assert_int_equal(cache_words_state(other.home).adopted, 1);
	assert_true(keep_until_used(&other, last) <= last + 2);
	check(world_look_up(&one, last + 1));
	world_free(&one);
	world_free(&other);
}

/* Two that have learnt at once: the first one counts, for both. */
static void two_that_learn_at_once_agree(void **state)
{
	struct world a = in_redis(LEARN_FROM), b = in_redis(LEARN_FROM);
	unsigned who = 0;

	(void)state;
	while (cache_words_state(a.home).learnt + cache_words_state(b.home).learnt < 2 && who < CUSTOMERS_MOST) {
		keep(&a, ++who);
		keep(&b, ++who);
		redis_server_do(&server, "UNLINK %s", a.home->words_key); /* as if neither had been told of the other */
	}
	who = keep_until_used(&b, keep_until_used(&a, who));
	until_hit(&a, who);
	until_hit(&b, who - 1);
	world_free(&a);
	world_free(&b);
}

static void what_needs_a_book_that_is_gone_is_a_miss(void **state)
{
	struct world one = in_redis(LEARN_FROM), other = in_redis(0);
	unsigned last = keep_until_used(&one, 0);
	struct cache_key sheaf = sample_sheaf_key(last);
	char key[24];

	(void)state;
	book_key(&one, key);
	redis_server_do(&server, "SET %s garbage", key);
	while (is_there(sheaf.text))
		assert_null(world_look_up(&other, last).rows);
	assert_int_equal(cache_words_state(other.home).lacked, 1);
	check(world_look_up(&one, last - 1));
	keep(&other, last);
	check(world_look_up(&other, last));
	world_free(&one);
	world_free(&other);
}

static void a_purge_of_everything_ends_it(void **state)
{
	struct world w = in_redis(LEARN_FROM);
	struct cache_name all;
	char key[24];

	(void)state;
	keep_until_used(&w, 0);
	book_key(&w, key);
	assert_true(world_invalidate(&w, sample_name(1), false) == 1);
	assert_true(is_there(key));
	cache_whole_make(&all, CACHE_ALL, (struct str){ 0 });
	assert_int_equal(world_invalidate(&w, all, true), 0);
	assert_false(is_there(key));
	assert_false(is_there(w.home->words_key));
	world_free(&w);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, redis_server_set_up, redis_server_tear_down)
	const struct CMUnitTest tests[] = {
		T(what_one_learns_serves_all),
		T(two_that_learn_at_once_agree),
		T(what_needs_a_book_that_is_gone_is_a_miss),
		T(a_purge_of_everything_ends_it),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
