#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, HASTY_MS = 30, SHORT_MS = 500, SLOW_MS = 8000, LONG_MS = 3600000 };

static struct ask later[8192]; /* one a millisecond */
static size_t n_later;

static long long server_number(const char *command, const char *key)
{
	redisReply *reply = redis_server_command(&server, "%s %s", command, key);
	long long n = reply->integer;

	freeReplyObject(reply);
	return n;
}

static bool is_gone(struct world *w, void *who)
{
	struct cache_key key = sample_sheaf_key(*(unsigned *)who);

	(void)w;
	return server_number("EXISTS", key.text) == 0;
}

static void what_is_put_is_found(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_sheaf_key(1);
	struct cache_hit hit;
	struct cache_state s;

	(void)state;
	assert_null(world_look_up(&w, 1).rows);
	world_put(&w, 1, LONG_MS);
	hit = world_look_up(&w, 1);
	sample_check(hit.rows, 1);
	assert_int_equal(hit.stored_ms, 1001);
	assert_in_range(server_number("PTTL", key.text), 1, LONG_MS);
	s = cache_state(w.cache);
	assert_string_equal(s.kind, "redis");
	assert_int_equal(s.hits, 1);
	assert_int_equal(s.misses, 1);
	assert_int_equal(s.puts, 1);
	assert_int_equal(s.put_failures, 0);
	assert_int_equal(s.timeouts, 0);
	assert_int_equal(s.unasked, 0);
	assert_int_equal(s.bad_values, 0);
	world_free(&w);
}

static void a_copy_ends_with_its_time(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	unsigned who = 1;

	(void)state;
	world_put(&w, who, 20);
	world_run_until_puts(&w, 1);
	world_run_until(&w, is_gone, &who);
	assert_null(world_look_up(&w, who).rows);
	world_free(&w);
}

static void a_dropped_copy_is_gone(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_sheaf_key(1);
	unsigned who = 1;

	(void)state;
	world_put(&w, 1, LONG_MS);
	cache_drop(w.cache, &key);
	assert_null(world_look_up(&w, 1).rows);
	assert_true(is_gone(&w, &who));
	world_free(&w);
}

static void check_bad_value(struct world *w)
{
	unsigned who = 1;

	assert_null(world_look_up(w, who).rows);
	assert_int_equal(cache_state(w->cache).bad_values, 1);
	world_run_until(w, is_gone, &who);
	assert_true(cache_state(w->cache).up);
	world_free(w);
}

static void a_foreign_value_is_a_miss_and_removed(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_sheaf_key(1);

	(void)state;
	redis_server_do(&server, "SET %s %s", key.text, "something else");
	check_bad_value(&w);
}

static void the_copy_of_another_customer_is_a_miss_and_removed(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_sheaf_key(1), other = sample_sheaf_key(2);

	(void)state;
	world_put(&w, 2, LONG_MS);
	world_run_until_puts(&w, 1);
	redis_server_do(&server, "COPY %s %s", other.text, key.text);
	check_bad_value(&w);
}

static void a_torn_copy_is_a_miss_and_removed(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_sheaf_key(1);

	(void)state;
	world_put(&w, 1, LONG_MS);
	world_run_until_puts(&w, 1);
	redis_server_do(&server, "SETRANGE %s 90 %s", key.text, "x");
	check_bad_value(&w);
}

static void an_error_reply_is_only_a_miss(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_sheaf_key(1);

	(void)state;
	redis_server_do(&server, "LPUSH %s x", key.text); /* GET answers WRONGTYPE */
	assert_null(world_look_up(&w, 1).rows);
	assert_true(cache_state(w.cache).up);
	world_put(&w, 2, LONG_MS);
	sample_check(world_look_up(&w, 2).rows, 2);
	world_free(&w);
}

static void large_copies_pass_in_pieces(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct cache_key key = sample_sheaf_key(1);
	const size_t n = 6 << 20;
	char *text = arena_alloc(w.mem, n);
	const struct str cell = { text, n };
	const struct rows rows = { .n_rows = 1, .n_cols = 1, .cells = &cell };
	struct cache_fill fill = { .key = &key,
				   .wholes = sample_wholes(),
				   .rows = &rows,
				   .stored_ms = 5,
				   .ttl_ms = LONG_MS };
	struct cache_hit hit;
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < n; i++) /* nothing that can be packed */
		text[i] = (char)(unsigned char)((seed = seed * 1664525 + 1013904223) >> 24);
	fill.ticket = world_ticket(&w, 1);
	for (int i = 0; i < 8; i++) /* 48 MiB at once: more than may wait */
		cache_put(w.cache, &fill);
	assert_in_range(cache_state(w.cache).put_failures, 1, 7);
	world_run_until_puts(&w, 8);
	hit = world_look_up(&w, 1);
	assert_non_null(hit.rows);
	assert_true(str_eq(rows_cell(hit.rows, 0, 0), cell));
	world_free(&w);
}

struct chain {
	struct ask ask;
	struct world *w;
	unsigned left;
};

static void ask_next(struct cache_ask *ask, struct cache_hit hit)
{
	struct chain *chain = CONTAINER_OF(ask, struct chain, ask.ask);

	sample_check(hit.rows, 1);
	if (--chain->left == 0)
		chain->ask.answers = 1;
	else
		cache_get(chain->w->cache, ask);
}

static bool chain_done(struct world *w, void *arg)
{
	(void)w;
	return ((struct chain *)arg)->left == 0;
}

static void an_answer_may_ask_again(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct chain chain = { .w = &w, .left = 20 };

	(void)state;
	world_put(&w, 1, LONG_MS);
	chain.ask.ask = (struct cache_ask){ .key = sample_key(1),
					    .wholes = *sample_wholes(),
					    .mem = w.mem,
					    .found = ask_next };
	cache_get(w.cache, &chain.ask.ask);
	world_run_until(&w, chain_done, &chain);
	world_free(&w);
}

static void outstanding_look_ups_end_as_misses_with_the_cache(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);
	struct ask asks[3];

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(asks); i++) {
		world_ask(&w, &asks[i], i);
		assert_int_equal(asks[i].answers, 0);
	}
	world_free(&w);
	for (unsigned i = 0; i < ARRAY_LEN(asks); i++) {
		assert_int_equal(asks[i].answers, 1);
		assert_null(asks[i].hit.rows);
	}
}

static unsigned short free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static void redis_is_reached_over_tcp(void **state)
{
	struct redis_conf conf = { .timeout_ms = PATIENT_MS };
	unsigned short port = free_port();
	char address[32];
	struct world w;

	(void)state;
	redis_server_do(&server, "CONFIG SET bind 127.0.0.1");
	redis_server_do(&server, "CONFIG SET port %d", port);
	snprintf(address, sizeof(address), "127.0.0.1:%u", port);
	conf.address = address;
	w = world_new(&conf);
	world_run_until_up(&w, true);
	world_put(&w, 1, LONG_MS);
	sample_check(world_look_up(&w, 1).rows, 1);
	world_free(&w);
}

static void an_address_that_cannot_be_read_is_refused(void **state)
{
	static const char *const wrong[] = { "redis.example:6379", "127.0.0.1", "127.0.0.1:", ":6379", "",
					     "unix:relative",	   "unix:",	"127.0.0.1:x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		const struct cache_conf conf = { .kind = CACHE_IN_REDIS,
						 .redis = { .address = wrong[i], .timeout_ms = 20 } };
		struct err err = { 0 };

		assert_null(cache_home_new(&conf, &err));
		assert_int_equal(err.cls, ERR_CONFIG);
	}
}

/* ---- faults ---- */

/* Nobody is late yet whose answer has not come. */
static bool is_a_miss_at_once(struct world *w, void *first)
{
	struct ask *a = &later[n_later++];

	world_ask(w, a, 2);
	return ((struct ask *)first)->answers || a->answers || n_later == ARRAY_LEN(later);
}

static void who_comes_while_a_server_is_silent_does_not_wait(void **state)
{
	struct world w = world_up(server.address, SLOW_MS);
	struct ask first;

	(void)state;
	n_later = 0;
	redis_server_freeze(&server);
	world_ask(&w, &first, 1);
	world_run_until(&w, is_a_miss_at_once, &first);
	assert_int_equal(first.answers, 0);
	assert_int_equal(later[n_later - 1].answers, 1);
	assert_int_equal(cache_state(w.cache).unasked, 1);
	assert_true(cache_state(w.cache).up);
	redis_server_thaw(&server);
	world_until_answered(&w, &first);
	world_put(&w, 3, LONG_MS);
	world_until_hit(&w, 3);
	world_free(&w);
}

static void a_frozen_server_is_a_miss_and_recovers(void **state)
{
	struct world w = world_up(server.address, HASTY_MS);

	(void)state;
	world_put(&w, 1, LONG_MS);
	world_put(&w, 2, LONG_MS);
	world_run_until_puts(&w, 2);
	world_until_hit(&w, 1);
	redis_server_freeze(&server);
	assert_null(world_look_up(&w, 1).rows);
	assert_int_equal(cache_state(w.cache).up, false);
	assert_true(cache_state(w.cache).timeouts >= 1);
	/* now nobody waits for it */
	for (unsigned i = 0; i < 100; i++) {
		struct ask a;

		world_ask(&w, &a, 1);
		assert_int_equal(a.answers, 1);
	}
	redis_server_thaw(&server);
	world_run_until_up(&w, true);
	world_until_hit(&w, 2);
	world_until_hit(&w, 1);
	world_free(&w);
}

/* Redis has no say in how long a turn of our own takes. */
static void a_slow_turn_of_our_own_is_not_the_silence_of_redis(void **state)
{
	enum { PAST_MS = SHORT_MS + 1 };
	struct world w = world_up(server.address, SHORT_MS);
	struct ask get, begun = { .ask = { .how = CACHE_PAST } };
	struct deadline past;

	(void)state;
	world_ask(&w, &get, 1);
	world_begin(&w, &begun, 2);
	past = deadline_after_ms(PAST_MS);
	while (deadline_left_us(past) > 0)
		;
	world_until_answered(&w, &get);
	world_until_answered(&w, &begun);
	assert_true(begun.ask.ticket.era != 0);
	assert_int_equal(cache_state(w.cache).timeouts, 0);
	assert_true(cache_state(w.cache).up);
	world_free(&w);
}

static void a_pause_is_a_miss_and_recovers(void **state)
{
	struct world w = world_up(server.address, HASTY_MS);

	(void)state;
	world_put(&w, 1, LONG_MS);
	world_put(&w, 2, LONG_MS);
	world_run_until_puts(&w, 2);
	redis_server_do(&server, "CLIENT PAUSE 300 ALL");
	assert_null(world_look_up(&w, 1).rows);
	world_until_hit(&w, 2);
	world_until_hit(&w, 1);
	world_free(&w);
}

static void a_killed_server_is_met_again(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);

	(void)state;
	world_put(&w, 1, LONG_MS);
	sample_check(world_look_up(&w, 1).rows, 1);
	redis_server_kill(&server);
	world_run_until_up(&w, false);
	assert_null(world_look_up(&w, 1).rows);
	redis_server_restart(&server);
	world_run_until_up(&w, true);
	assert_null(world_look_up(&w, 1).rows);
	world_put(&w, 1, LONG_MS);
	sample_check(world_look_up(&w, 1).rows, 1);
	world_free(&w);
}

static void a_server_that_comes_later_is_found(void **state)
{
	struct world w;

	(void)state;
	redis_server_kill(&server);
	w = world_new(&(struct redis_conf){ .address = server.address, .timeout_ms = PATIENT_MS });
	assert_null(world_look_up(&w, 1).rows);
	redis_server_restart(&server);
	world_run_until_up(&w, true);
	world_free(&w);
}

static void a_full_server_still_answers(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);

	(void)state;
	world_put(&w, 1, LONG_MS);
	world_run_until_puts(&w, 1);
	redis_server_do(&server, "CONFIG SET maxmemory 1");
	world_put(&w, 2, LONG_MS);
	world_run_until_puts(&w, 2);
	assert_int_equal(cache_state(w.cache).puts, 1);
	assert_int_equal(cache_state(w.cache).put_failures, 1);
	sample_check(world_look_up(&w, 1).rows, 1);
	assert_null(world_look_up(&w, 2).rows);
	redis_server_do(&server, "CONFIG SET maxmemory 0");
	world_put(&w, 2, LONG_MS);
	sample_check(world_look_up(&w, 2).rows, 2);
	world_free(&w);
}

static void a_read_only_server_still_answers(void **state)
{
	struct world w = world_up(server.address, PATIENT_MS);

	(void)state;
	world_put(&w, 1, LONG_MS);
	world_run_until_puts(&w, 1);
	redis_server_do(&server, "REPLICAOF 127.0.0.1 1");
	world_put(&w, 2, LONG_MS);
	world_run_until_puts(&w, 2);
	assert_int_equal(cache_state(w.cache).put_failures, 1);
	sample_check(world_look_up(&w, 1).rows, 1);
	world_free(&w);
}

static bool was_refused(struct world *w, void *arg)
{
	redisReply *reply = redis_server_command(&server, "ACL LOG");
	bool refused = reply->elements > 0;

	(void)w, (void)arg;
	freeReplyObject(reply);
	return refused;
}

static void a_wrong_password_is_only_a_miss_and_tried_again(void **state)
{
	const struct redis_conf conf = { .address = server.address,
					 .user = "federator",
					 .password = "new",
					 .timeout_ms = PATIENT_MS };
	struct world w;

	(void)state;
	redis_server_do(&server, "ACL SETUSER federator on >old ~fed2:* "
			"+mget +info +script|load +evalsha +time +get +getrange +set +pttl +pexpire +zadd "
			"+zscore +zrange +zremrangebyscore +zcard +hget +hset +hdel +hrandfield +unlink");
	w = world_new(&conf);
	world_run_until(&w, was_refused, NULL);
	assert_null(world_look_up(&w, 1).rows);
	assert_false(cache_state(w.cache).up);
	redis_server_do(&server, "ACL SETUSER federator >new");
	world_run_until_up(&w, true);
	world_put(&w, 1, LONG_MS);
	sample_check(world_look_up(&w, 1).rows, 1);
	world_free(&w);
}

static void no_password_where_one_is_needed_is_only_a_miss(void **state)
{
	struct redis_conf conf = { .address = server.address, .timeout_ms = PATIENT_MS };
	struct world w, with;

	(void)state;
	redis_server_do(&server, "CONFIG SET requirepass secret");
	w = world_new(&conf);
	conf.password = "secret";
	with = world_new(&conf);
	world_run_until_up(&with, true);
	assert_null(world_look_up(&w, 1).rows);
	assert_false(cache_state(w.cache).up);
	world_free(&with);
	world_free(&w);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, redis_server_set_up, redis_server_tear_down)
	const struct CMUnitTest tests[] = {
		T(what_is_put_is_found),
		T(a_copy_ends_with_its_time),
		T(a_dropped_copy_is_gone),
		T(a_foreign_value_is_a_miss_and_removed),
		T(the_copy_of_another_customer_is_a_miss_and_removed),
		T(a_torn_copy_is_a_miss_and_removed),
		T(an_error_reply_is_only_a_miss),
		T(large_copies_pass_in_pieces),
		T(an_answer_may_ask_again),
		T(outstanding_look_ups_end_as_misses_with_the_cache),
		T(redis_is_reached_over_tcp),
		T(who_comes_while_a_server_is_silent_does_not_wait),
		T(a_frozen_server_is_a_miss_and_recovers),
		T(a_slow_turn_of_our_own_is_not_the_silence_of_redis),
		T(a_pause_is_a_miss_and_recovers),
		T(a_killed_server_is_met_again),
		T(a_server_that_comes_later_is_found),
		T(a_full_server_still_answers),
		T(a_read_only_server_still_answers),
		T(a_wrong_password_is_only_a_miss_and_tried_again),
		T(no_password_where_one_is_needed_is_only_a_miss),
		cmocka_unit_test(an_address_that_cannot_be_read_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
