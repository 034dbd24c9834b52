/* What is kept and what is not, after something has changed: the same in memory and in Redis, then what only Redis can
 * lose. */
#include <stdio.h>

#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, LONG_MS = 3600000 };

#define FLOORS "fed2:c:{t}:f"
#define TOMBS "fed2:x:{t}:t"

static struct world in_memory(void)
{
	return world_of(&(struct cache_conf){ .kind = CACHE_IN_MEMORY, .max_bytes = 1 << 20 });
}

static struct world in_redis(void)
{
	return world_up(server.address, PATIENT_MS);
}

static struct world (*const kinds[])(void) = { in_memory, in_redis };

/* Names of other keys than the samples' own. */
enum { PHONE = 100, OTHER = 101, COOKIE = 102, FURTHER = 103, FARTHEST = 104, TOO_FAR = 105, SHARED = 1000 };

/* Keep the sample under these names, with what it gives. True: it was kept. */
static bool put(struct world *w, unsigned who, struct cache_ticket ticket, const unsigned *names, size_t n,
		size_t n_given)
{
	const struct cache_state before = cache_state(w->cache);
	struct cache_key key = sample_key(who);
	struct cache_name all[8];

	assert_in_range(n, n_given, ARRAY_LEN(all));
	for (size_t i = 0; i < n; i++)
		all[i] = sample_name(names[i]);
	cache_put(w->cache, &(struct cache_fill){ .key = &key,
						  .wholes = sample_wholes(),
						  .rows = sample_rows(who, w->mem),
						  .stored_ms = 1000 + who,
						  .ttl_ms = LONG_MS,
						  .ticket = ticket,
						  .names = all,
						  .n_names = n - n_given,
						  .given = all + n - n_given,
						  .n_given = n_given });
	world_run_until_puts(w, before.puts + before.put_failures + 1);
	return cache_state(w->cache).puts > before.puts;
}

#define PUT(w, who, ticket, n_given, ...)                            \
	put((w), (who), (ticket), (const unsigned[]){ __VA_ARGS__ }, \
	    ARRAY_LEN(((const unsigned[]){ __VA_ARGS__ })), (n_given))

static struct cache_name whole(enum cache_whole what, const char *name)
{
	struct cache_name out;

	cache_whole_make(&out, what, str_of(name));
	return out;
}

/* The asked value, a customer in the rows, the customer it was asked for: each is a name like the others. */
static void what_was_asked_before_a_name_was_voided_is_not_kept(void **state)
{
	static const unsigned names[] = { PHONE, 1, OTHER };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();

		for (size_t i = 0; i < ARRAY_LEN(names); i++) {
			struct cache_ticket ticket = world_ticket(&w, 1);

			assert_int_equal(world_invalidate(&w, sample_name(names[i]), false), 0);
			assert_false(PUT(&w, 1, ticket, 0, PHONE, 1, OTHER));
			assert_null(world_look_up(&w, 1).rows);
			assert_true(PUT(&w, 2, ticket, 0, 2)); /* whom it does not concern */
			assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, PHONE, 1, OTHER));
			sample_check(world_look_up(&w, 1).rows, 1);
			assert_int_equal(world_invalidate(&w, sample_name(1), false), 1);
		}
		world_free(&w);
	}
}

static void what_was_asked_before_a_whole_was_voided_is_not_kept(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		const struct cache_name wholes[] = { whole(CACHE_ALL, ""), whole(CACHE_SOURCE, "crm"),
						     whole(CACHE_PART, "profile") };
		struct world w = kinds[k]();

		for (size_t i = 0; i < ARRAY_LEN(wholes); i++) {
			struct cache_ticket ticket = world_ticket(&w, 1);

			assert_true(PUT(&w, 2, world_ticket(&w, 2), 0, 2));
			sample_check(world_look_up(&w, 2).rows, 2);
			assert_int_equal(world_invalidate(&w, wholes[i], true), 0);
			assert_false(PUT(&w, 1, ticket, 0, 1));
			assert_null(world_look_up(&w, 2).rows);
			assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
			sample_check(world_look_up(&w, 1).rows, 1);
		}
		world_free(&w);
	}
}

static void voiding_another_source_or_part_changes_nothing(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();
		struct cache_ticket ticket = world_ticket(&w, 1);

		assert_true(PUT(&w, 2, world_ticket(&w, 2), 0, 2));
		world_invalidate(&w, whole(CACHE_SOURCE, "profile"), true);
		world_invalidate(&w, whole(CACHE_PART, "crm"), true);
		assert_true(PUT(&w, 1, ticket, 0, 1));
		sample_check(world_look_up(&w, 1).rows, 1);
		sample_check(world_look_up(&w, 2).rows, 2);
		world_free(&w);
	}
}

static void an_older_answer_does_not_take_the_place_of_a_younger(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();
		struct cache_ticket older = world_ticket(&w, 1), younger = world_ticket(&w, 1);

		assert_true(older.began < younger.began);
		assert_true(PUT(&w, 1, younger, 0, 1));
		assert_false(PUT(&w, 1, older, 0, 1));
		assert_true(world_look_up(&w, 1).began == younger.began);
		world_free(&w);
	}
}

static void without_a_ticket_nothing_is_kept(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();

		assert_false(PUT(&w, 1, (struct cache_ticket){ 0 }, 0, 1));
		world_free(&w);
	}
}

/* Asked by phone, with the customer in the rows; by the customer, whose rows give a cookie; and by that cookie, whose
 * rows say nothing of the customer. */
static void all_that_is_about_a_customer_goes_at_once(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();

		assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, PHONE, 9, OTHER));
		assert_true(PUT(&w, 2, world_ticket(&w, 2), 1, 9, COOKIE));
		assert_true(PUT(&w, 3, world_ticket(&w, 3), 0, COOKIE));
		assert_true(PUT(&w, 4, world_ticket(&w, 4), 0, OTHER));
		assert_int_equal(world_invalidate(&w, sample_name(9), false), 3);
		for (unsigned who = 1; who <= 3; who++)
			assert_null(world_look_up(&w, who).rows);
		sample_check(world_look_up(&w, 4).rows, 4);
		world_free(&w);
	}
}

/* And what is under way by a value that was given. */
static void what_was_asked_by_a_given_value_is_not_kept(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();
		struct cache_ticket ticket = world_ticket(&w, 3);

		assert_true(PUT(&w, 2, world_ticket(&w, 2), 1, 9, COOKIE));
		assert_int_equal(world_invalidate(&w, sample_name(9), false), 1);
		assert_false(PUT(&w, 3, ticket, 0, COOKIE));
		world_free(&w);
	}
}

/* In a ring, too, it comes to an end. */
static void given_values_are_followed_three_deep(void **state)
{
	static const unsigned chain[] = { 9, COOKIE, FURTHER, FARTHEST, TOO_FAR, 9 };

	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();

		for (unsigned i = 0; i + 1 < ARRAY_LEN(chain); i++)
			assert_true(PUT(&w, i, world_ticket(&w, i), 1, chain[i], chain[i + 1]));
		assert_int_equal(world_invalidate(&w, sample_name(9), false), 4);
		sample_check(world_look_up(&w, 4).rows, 4);
		world_free(&w);
	}
}

static void beginning_gives_only_a_copy_younger_than_what_was_seen(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();
		struct ask a = { .ask = { .lease_ms = LONG_MS } };

		assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
		world_begin(&w, &a, 1);
		world_until_answered(&w, &a);
		sample_check(a.hit.rows, 1);
		a.ask.seen = a.hit.began;
		world_begin(&w, &a, 1);
		world_until_answered(&w, &a);
		assert_null(a.hit.rows);
		assert_true(a.ask.ticket.era != 0 && a.ask.ticket.began > a.ask.seen);
		world_free(&w);
	}
}

static void more_names_than_may_be_are_not_kept(void **state)
{
	(void)state;
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		struct world w = kinds[k]();
		struct cache_name names[CACHE_NAMES_MOST + 1];
		struct cache_key key = sample_key(1);
		struct cache_fill fill = { .key = &key,
					   .wholes = sample_wholes(),
					   .rows = sample_rows(1, w.mem),
					   .ttl_ms = LONG_MS,
					   .ticket = world_ticket(&w, 1),
					   .names = names,
					   .n_names = ARRAY_LEN(names) };

		for (unsigned i = 0; i < ARRAY_LEN(names); i++)
			names[i] = sample_name(i);
		cache_put(w.cache, &fill);
		assert_int_equal(cache_state(w.cache).put_failures, 1);
		fill.n_names--;
		cache_put(w.cache, &fill);
		world_run_until_puts(&w, 2);
		assert_int_equal(cache_state(w.cache).puts, 1);
		assert_int_equal(world_invalidate(&w, names[CACHE_NAMES_MOST - 1], false), 1);
		world_free(&w);
	}
}

static void a_pin_holds_until_its_copy_changes(void **state)
{
	struct world w = in_memory();
	struct cache_pin pin, none = { 0 };

	(void)state;
	assert_false(cache_pin_holds(w.cache, &none));
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
	pin = world_look_up(&w, 1).pin;
	assert_true(cache_pin_holds(w.cache, &pin));
	world_invalidate(&w, sample_name(1), false);
	assert_false(cache_pin_holds(w.cache, &pin));
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
	pin = world_look_up(&w, 1).pin;
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
	assert_false(cache_pin_holds(w.cache, &pin));
	pin = world_look_up(&w, 1).pin;
	world_invalidate(&w, whole(CACHE_PART, "profile"), true);
	assert_false(cache_pin_holds(w.cache, &pin));
	world_free(&w);
}

/* ---- what Redis may lose: each time everything is void, and nothing that was asked before is kept ---- */

static void check_new_era(const char *loss)
{
	struct world w = in_redis();
	struct cache_ticket before;

	assert_true(PUT(&w, 2, world_ticket(&w, 2), 0, 2));
	before = world_ticket(&w, 1);
	redis_server_do(&server, loss);
	assert_false(PUT(&w, 1, before, 0, 1));
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
	sample_check(world_look_up(&w, 1).rows, 1);
	assert_null(world_look_up(&w, 2).rows);
	assert_false(PUT(&w, 2, before, 0, 2));
	assert_int_equal(world_invalidate(&w, sample_name(1), false), 1);
	world_free(&w);
}

static void a_loss_begins_a_new_era(void **state)
{
	static const char *const losses[] = {
		"FLUSHALL",
		"DEL " TOMBS,
		"DEL " FLOORS,
		"SET " TOMBS " garbage",
		"SET " FLOORS " garbage",
		"SETRANGE " FLOORS " 0 xxxxxxxx", /* as a snapshot of another run of the server leaves it */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(losses); i++)
		check_new_era(losses[i]);
}

static void a_ticket_older_than_the_tombs_is_refused(void **state)
{
	struct world w = in_redis();
	struct cache_ticket old = world_ticket(&w, 1), young;

	(void)state;
	redis_server_do(&server, "ZINCRBY " TOMBS " 600000000 @last");
	assert_false(PUT(&w, 1, old, 0, 1));
	young = world_ticket(&w, 1);
	assert_true(young.began > old.began + 600000000);
	assert_true(PUT(&w, 1, young, 0, 1));
	world_free(&w);
}

/* Have Redis evict something. */
static void evict(void)
{
	redisReply *info;
	long long used;

	redis_server_do(&server, "SETEX junk 100 %s", "");
	redis_server_do(&server, "SETRANGE junk 4000000 x");
	redis_server_do(&server, "CONFIG SET maxmemory-policy volatile-ttl");
	info = redis_server_command(&server, "INFO memory");
	used = strtoll(strstr(info->str, "used_memory:") + 12, NULL, 10);
	freeReplyObject(info);
	redis_server_do(&server, "CONFIG SET maxmemory %lld", used - 1000000);
	info = redis_server_command(&server, "EXISTS junk");
	assert_int_equal(info->integer, 0);
	freeReplyObject(info);
	redis_server_do(&server, "CONFIG SET maxmemory 0");
}

/* An index may be among what was evicted. */
static void after_an_eviction_everything_goes(void **state)
{
	struct world w = in_redis();

	(void)state;
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
	evict();
	sample_check(world_look_up(&w, 1).rows, 1);
	assert_int_equal(world_invalidate(&w, sample_name(2), false), 0);
	assert_null(world_look_up(&w, 1).rows);
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
	world_invalidate(&w, sample_name(2), false);
	sample_check(world_look_up(&w, 1).rows, 1);
	world_free(&w);
}

static void after_an_eviction_what_is_in_no_index_stays(void **state)
{
	struct world w = in_redis();

	(void)state;
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
	assert_true(PUT(&w, 2, world_ticket(&w, 2), 0, 2));
	evict();
	assert_int_equal(world_invalidate_bare(&w, sample_name(2)), 1);
	assert_null(world_look_up(&w, 2).rows);
	sample_check(world_look_up(&w, 1).rows, 1);
	world_free(&w);
}

static void a_spoilt_index_voids_everything(void **state)
{
	struct world w = in_redis();
	struct cache_name name = sample_name(PHONE);
	char bucket[4];

	(void)state;
	snprintf(bucket, sizeof(bucket), "%.3s", name.text);
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, PHONE));
	redis_server_do(&server, "SET fed2:x:{t}:b:%s garbage", bucket);
	assert_int_equal(world_invalidate(&w, name, false), 0);
	assert_null(world_look_up(&w, 1).rows);
	redis_server_do(&server, "SET fed2:x:{t}:b:%s garbage", bucket);
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, PHONE));
	assert_int_equal(world_invalidate(&w, name, false), 1);
	world_free(&w);
}

/* Of that customer, asked by a product that its rows give, too. */
static void put_of_customer(struct world *w, unsigned who)
{
	const struct cache_state before = cache_state(w->cache);
	const struct cache_name names[] = { sample_name(SHARED), sample_name(who) };
	struct cache_key key = sample_key(who);

	cache_put(w->cache, &(struct cache_fill){ .key = &key,
						  .wholes = sample_wholes(),
						  .rows = sample_rows(who, w->mem),
						  .stored_ms = 1000 + who,
						  .ttl_ms = LONG_MS,
						  .ticket = world_ticket(w, who),
						  .names = names,
						  .n_names = 2,
						  .n_asked = 1,
						  .given = names,
						  .n_given = 1,
						  .of_customer = true });
	world_run_until_puts(w, before.puts + 1);
}

/* Few sheaves stand in a bucket, more in a chunk, many in several. */
static void customers_that_share_a_value_do_not_go_together(void **state)
{
	static const unsigned counts[] = { 3, 9, 400 };
	struct world w = in_redis();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		for (unsigned who = 1; who <= counts[i]; who++)
			put_of_customer(&w, who);
		assert_int_equal(world_invalidate(&w, sample_name(1), false), 1);
		assert_null(world_look_up(&w, 1).rows);
		for (unsigned who = 2; who <= counts[i]; who++)
			sample_check(world_look_up(&w, who).rows, who);
		assert_int_equal(world_invalidate(&w, sample_name(SHARED), false), counts[i] - 1);
		for (unsigned who = 1; who <= counts[i]; who++)
			assert_null(world_look_up(&w, who).rows);
		assert_int_equal(world_invalidate(&w, sample_name(SHARED), false), 0);
	}
	world_free(&w);
}

static void a_full_server_can_still_void(void **state)
{
	struct world w = in_redis();
	struct cache_ticket before = world_ticket(&w, 1);

	(void)state;
	assert_true(PUT(&w, 1, before, 0, 1));
	redis_server_do(&server, "CONFIG SET maxmemory 1");
	assert_int_equal(world_invalidate(&w, sample_name(1), false), 1);
	redis_server_do(&server, "CONFIG SET maxmemory 0");
	assert_false(PUT(&w, 1, before, 0, 1));
	world_free(&w);
}

static void scripts_that_were_lost_are_loaded_again(void **state)
{
	struct world w = in_redis();
	struct cache_ticket ticket;

	(void)state;
	redis_server_do(&server, "SCRIPT FLUSH");
	ticket = world_ticket(&w, 1);
	assert_true(ticket.era != 0);
	redis_server_do(&server, "SCRIPT FLUSH");
	assert_int_equal(world_invalidate(&w, sample_name(2), false), 0);
	redis_server_do(&server, "SCRIPT FLUSH");
	assert_true(PUT(&w, 1, ticket, 0, 1));
	world_free(&w);
}

static void without_redis_nothing_is_said_to_be_void(void **state)
{
	struct world w = in_redis();

	(void)state;
	assert_true(PUT(&w, 1, world_ticket(&w, 1), 0, 1));
	redis_server_do(&server, "REPLICAOF 127.0.0.1 1");
	assert_int_equal(world_invalidate(&w, sample_name(1), false), -1);
	redis_server_kill(&server);
	world_run_until_up(&w, false);
	assert_int_equal(world_invalidate(&w, sample_name(1), false), -1);
	assert_int_equal(world_invalidate(&w, whole(CACHE_ALL, ""), true), -1);
	world_free(&w);
}

static void a_server_that_does_not_answer_fails_the_change(void **state)
{
	struct world w = world_up(server.address, 30);

	(void)state;
	redis_server_freeze(&server);
	assert_int_equal(world_invalidate(&w, sample_name(1), false), -1);
	redis_server_thaw(&server);
	world_free(&w);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, redis_server_set_up, redis_server_tear_down)
	const struct CMUnitTest tests[] = {
		T(what_was_asked_before_a_name_was_voided_is_not_kept),
		T(what_was_asked_before_a_whole_was_voided_is_not_kept),
		T(voiding_another_source_or_part_changes_nothing),
		T(an_older_answer_does_not_take_the_place_of_a_younger),
		T(without_a_ticket_nothing_is_kept),
		T(all_that_is_about_a_customer_goes_at_once),
		T(what_was_asked_by_a_given_value_is_not_kept),
		T(given_values_are_followed_three_deep),
		T(beginning_gives_only_a_copy_younger_than_what_was_seen),
		T(more_names_than_may_be_are_not_kept),
		T(a_pin_holds_until_its_copy_changes),
		T(a_loss_begins_a_new_era),
		T(a_ticket_older_than_the_tombs_is_refused),
		T(after_an_eviction_everything_goes),
		T(after_an_eviction_what_is_in_no_index_stays),
		T(a_spoilt_index_voids_everything),
		T(customers_that_share_a_value_do_not_go_together),
		T(a_full_server_can_still_void),
		T(scripts_that_were_lost_are_loaded_again),
		T(without_redis_nothing_is_said_to_be_void),
		T(a_server_that_does_not_answer_fails_the_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
