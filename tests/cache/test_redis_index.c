/* What scripts find in Redis, whatever the order in which copies came and whatever was spoilt meanwhile. */
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, LONG_MS = 3600000, NAMES_MOST = 4 };

static struct world in_redis(void)
{
	return world_up(server.address, PATIENT_MS);
}

/* A copy in the sheaf of the name `who`. Lists of names end with 0. */
struct copy {
	unsigned who;
	unsigned asked[NAMES_MOST], about[NAMES_MOST]; /* it goes with these; about: customers in its rows */
	unsigned given[NAMES_MOST], leads[NAMES_MOST];
	bool of_customer;
	uint64_t ttl_ms; /* 0: LONG_MS */
};

static size_t add_names(struct cache_name *to, const unsigned *names)
{
	size_t n = 0;

	for (; n < NAMES_MOST && names[n]; n++)
		to[n] = sample_name(names[n]);
	return n;
}

static void keep(struct world *w, const struct copy *copy)
{
	const struct cache_state before = cache_state(w->cache);
	struct cache_name names[2 * NAMES_MOST], given[2 * NAMES_MOST];
	struct cache_key key = sample_key(copy->who);
	size_t n_asked = add_names(names, copy->asked), n_about = add_names(names + n_asked, copy->about);
	size_t n_given = add_names(given, copy->given), n_leads = add_names(given + n_given, copy->leads);

	cache_put(w->cache, &(struct cache_fill){ .key = &key,
						 .wholes = sample_wholes(),
						 .rows = sample_rows(copy->who, w->mem),
						 .ttl_ms = copy->ttl_ms ? copy->ttl_ms : LONG_MS,
						 .ticket = world_ticket(w, copy->who),
						 .names = names,
						 .n_names = n_asked + n_about,
						 .n_asked = n_asked,
						 .given = given,
						 .n_given = n_given + n_leads,
						 .n_leads = n_leads,
						 .of_customer = copy->of_customer });
	world_run_until_puts(w, before.puts + before.put_failures + 1);
	assert_int_equal(cache_state(w->cache).puts, before.puts + 1);
}

static void keep_all(struct world *w, const struct copy *copies, size_t n)
{
	for (size_t i = 0; i < n; i++)
		keep(w, &copies[i]);
}

/* 4 is given at once by 1, and by a longer way: what it gives is near enough by the short one. */
static void the_shortest_way_to_a_name_counts(void **state)
{
	static const unsigned orders[][NAMES_MOST] = { { 2, 4 }, { 4, 2 } };
	struct world w = in_redis();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		const struct copy copies[] = {
			{ .who = 1, .given = { orders[i][0], orders[i][1] } },
			{ .who = 2, .given = { 3 } },
			{ .who = 3, .given = { 4 } },
			{ .who = 4, .given = { 5 } },
			{ .who = 5 },
		};

		keep_all(&w, copies, ARRAY_LEN(copies));
		assert_int_equal(world_invalidate(&w, sample_name(1), false), 5);
		assert_null(world_look_up(&w, 5).rows);
	}
	world_free(&w);
}

/* The value 1 leads to the customer 2, who shares the value 4 with the customer 5. What was asked by 1 gives
 * 4, too: so that leads to 5, although 4 was come upon before by way of 2, which does not. */
static void a_value_leads_on_whichever_way_comes_first(void **state)
{
	static const struct copy copies[] = {
		{ .who = 1, .asked = { 1 }, .about = { 2 }, .leads = { 2 } },
		{ .who = 2, .asked = { 2 }, .given = { 4 }, .of_customer = true },
		{ .who = 3, .asked = { 1, 6 }, .given = { 4 } },
		{ .who = 4, .asked = { 4 }, .about = { 5 }, .leads = { 5 } },
		{ .who = 5, .asked = { 5 }, .of_customer = true },
	};
	struct world w = in_redis();

	(void)state;
	keep_all(&w, copies, ARRAY_LEN(copies));
	assert_int_equal(world_invalidate(&w, sample_name(1), false), 5);
	assert_null(world_look_up(&w, 5).rows);
	world_free(&w);
}

/* What only shares a value with 1 stays: 7 is no customer of whom 1 tells. */
static void customers_who_only_share_a_value_stay(void **state)
{
	static const struct copy copies[] = {
		{ .who = 1, .asked = { 1 }, .given = { 4 }, .of_customer = true },
		{ .who = 4, .asked = { 4 }, .about = { 1, 7 }, .leads = { 1, 7 } },
		{ .who = 7, .asked = { 7 }, .given = { 4 }, .of_customer = true },
	};
	struct world w = in_redis();

	(void)state;
	keep_all(&w, copies, ARRAY_LEN(copies));
	assert_int_equal(world_invalidate(&w, sample_name(1), false), 2);
	sample_check(world_look_up(&w, 7).rows, 7);
	world_free(&w);
}

/* What would end by itself later would be told once more then. */
static void nothing_stays_of_what_tells_of_a_change(void **state)
{
	struct world w = in_redis();
	redisReply *left;

	(void)state;
	keep(&w, &(struct copy){ .who = 1, .given = { 4 } });
	assert_int_equal(world_invalidate(&w, sample_name(1), false), 1);
	left = redis_server_command(&server, "KEYS fed2:c:*");
	assert_int_equal(left->elements, 1);
	assert_string_equal(left->element[0]->str, "fed2:c:{t}:f");
	freeReplyObject(left);
	world_free(&w);
}

static long long ask_number(const char *command)
{
	redisReply *reply = redis_server_command(&server, command);
	long long number = reply->integer;

	freeReplyObject(reply);
	return number;
}

/* So many names were voided `ago_us` before now. */
static void add_tombs(unsigned n, const char *ago_us)
{
	redis_server_do(&server,
			"EVAL %s 0 %u %s",
			"local tombs = 'fed2:x:{t}:t' "
			"local at = string.format('%.0f', redis.call('ZSCORE', tombs, '@last') - ARGV[2]) "
			"for i = 1, ARGV[1] do redis.call('ZADD', tombs, at, 'x' .. i) end",
			n, ago_us);
}

static void tombs_that_are_too_old_to_matter_go(void **state)
{
	struct world w = in_redis();

	(void)state;
	world_invalidate(&w, sample_name(1), false);
	add_tombs(1000, "601000000");
	for (unsigned who = 2; who <= 17; who++)
		world_invalidate(&w, sample_name(who), false);
	assert_int_equal(ask_number("ZCARD fed2:x:{t}:t"), 2 + 17);
	world_free(&w);
}

static void at_too_many_tombs_everything_goes(void **state)
{
	struct world w = in_redis();

	(void)state;
	keep(&w, &(struct copy){ .who = 1 });
	add_tombs(100001, "601000000");
	world_invalidate(&w, sample_name(2), false);
	sample_check(world_look_up(&w, 1).rows, 1);
	add_tombs(100001, "1000000");
	world_invalidate(&w, sample_name(3), false);
	assert_null(world_look_up(&w, 1).rows);
	assert_int_equal(ask_number("ZCARD fed2:x:{t}:t"), 2);
	world_free(&w);
}

/* What is spoilt: of the bucket of the name, its field, or a chunk of more than four sheaves. */
static void spoil(struct cache_name name, unsigned what)
{
	const char *field = name.text + 3;

	if (what == 0)
		redis_server_do(&server, "SET fed2:x:{t}:b:%b garbage", name.text, (size_t)3);
	else if (what < 3)
		redis_server_do(&server, "HSET fed2:x:{t}:b:%b %b %s", name.text, (size_t)3, field, (size_t)6,
				what == 1 ? "garbage" : "");
	else if (what == 3)
		redis_server_do(&server, "SET fed2:x:{t}:w:%b.0 garbage", name.text, (size_t)9);
	else
		redis_server_do(&server, "HSET fed2:x:{t}:b:%b %b %b", name.text, (size_t)3, field, (size_t)6,
				"z\x0F\xFF\xFF\xFF\x00\xFF", (size_t)7); /* too many to be counted */
}

/* The next copy makes the index whole, without what was in it before. */
static void an_index_that_a_fill_repairs_is_not_trusted(void **state)
{
	struct world w = in_redis();

	(void)state;
	for (unsigned what = 0; what < 5; what++) {
		for (unsigned who = 1; who <= (what < 3 ? 1 : 5); who++)
			keep(&w, &(struct copy){ .who = who, .asked = { 100 } });
		spoil(sample_name(100), what);
		keep(&w, &(struct copy){ .who = 6, .asked = { 100 } });
		sample_check(world_look_up(&w, 1).rows, 1);
		world_invalidate(&w, sample_name(100), false);
		assert_null(world_look_up(&w, 1).rows);
		assert_null(world_look_up(&w, 6).rows);

		keep(&w, &(struct copy){ .who = 1, .asked = { 100 } });
		world_invalidate(&w, sample_name(2), false);
		sample_check(world_look_up(&w, 1).rows, 1);
		world_invalidate(&w, sample_name(100), false);
	}
	world_free(&w);
}

/* A minute has 28 bits in an index: they end in 2480. */
static void a_copy_kept_for_centuries_is_found(void **state)
{
	static const uint64_t years[] = { 480, 5000, 200000 };
	struct world w = in_redis();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(years); i++) {
		keep(&w, &(struct copy){ .who = 1, .asked = { 100 }, .ttl_ms = years[i] * 365 * 86400000 });
		keep(&w, &(struct copy){ .who = 2, .asked = { 100 } });
		assert_int_equal(world_invalidate(&w, sample_name(100), false), 2);
		assert_null(world_look_up(&w, 1).rows);
	}
	world_free(&w);
}

static void overwrite(const char *key)
{
	redis_server_do(&server, "DEL %s", key);
	redis_server_do(&server, "RPUSH %s garbage", key);
}

static void what_is_no_sheaf_and_no_lease_is_replaced(void **state)
{
	struct cache_key keys[] = { sample_sheaf_key(1), sample_key(1) };
	struct world w = in_redis();

	(void)state;
	strcat(keys[1].text, ":l");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct ask a = { .ask = { .how = CACHE_SHARED, .lease_ms = LONG_MS } };

		overwrite(keys[i].text);
		world_begin(&w, &a, 1);
		world_until_answered(&w, &a);
		assert_true(a.ask.ticket.era != 0);
		overwrite(keys[i].text);
		keep(&w, &(struct copy){ .who = 1 });
		sample_check(world_look_up(&w, 1).rows, 1);
		world_invalidate(&w, sample_name(1), false);
	}
	world_free(&w);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, redis_server_set_up, redis_server_tear_down)
	const struct CMUnitTest tests[] = {
		T(the_shortest_way_to_a_name_counts),
		T(a_value_leads_on_whichever_way_comes_first),
		T(customers_who_only_share_a_value_stay),
		T(nothing_stays_of_what_tells_of_a_change),
		T(tombs_that_are_too_old_to_matter_go),
		T(at_too_many_tombs_everything_goes),
		T(an_index_that_a_fill_repairs_is_not_trusted),
		T(a_copy_kept_for_centuries_is_found),
		T(what_is_no_sheaf_and_no_lease_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
