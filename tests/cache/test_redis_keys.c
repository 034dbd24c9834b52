#include "cache/name.h"
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

/* Values in a real Redis, and the keys they are sealed with. */
enum { PATIENT_MS = 30000, LONG_MS = 3600000 };

#define KEY_1 "1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define KEY_2 "2 ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"

static struct world world_with_keys(struct str keys)
{
	struct world w = world_new(
		&(struct redis_conf){ .address = server.address, .timeout_ms = PATIENT_MS, .keys = keys });

	world_run_until_up(&w, true);
	return w;
}

static void a_value_shows_nothing_of_a_customer(void **state)
{
	struct world w = world_with_keys((struct str){ 0 });
	struct cache_key key = sample_key(1);
	redisReply *reply;

	(void)state;
	world_put(&w, 1, LONG_MS);
	world_run_until_puts(&w, 1);
	reply = redis_server_command(&server, "GET %b", key.text, name_key_sheaf(&key).n);
	assert_int_equal(reply->type, REDIS_REPLY_STRING);
	assert_null(memmem(reply->str, reply->len, "customer", 8));
	freeReplyObject(reply);
	world_free(&w);
}

/* Add the new key below, move it up, remove the old one. */
static void a_key_is_changed_without_a_miss_until_the_old_one_goes(void **state)
{
	struct world before = world_with_keys(STR(KEY_1)), added = world_with_keys(STR(KEY_1 KEY_2)),
		     moved = world_with_keys(STR(KEY_2 KEY_1)), after = world_with_keys(STR(KEY_2));

	(void)state;
	world_put(&before, 1, LONG_MS);
	world_run_until_puts(&before, 1);
	world_put(&moved, 2, LONG_MS);
	world_run_until_puts(&moved, 1);
	sample_check(world_look_up(&added, 1).rows, 1);
	sample_check(world_look_up(&added, 2).rows, 2);
	sample_check(world_look_up(&moved, 1).rows, 1);
	sample_check(world_look_up(&after, 2).rows, 2);
	assert_null(world_look_up(&after, 1).rows);
	assert_int_equal(cache_state(after.cache).bad_values, 1);
	world_free(&before);
	world_free(&added);
	world_free(&moved);
	world_free(&after);
}

static void keys_that_cannot_be_read_are_refused(void **state)
{
	const struct cache_conf conf = { .kind = CACHE_IN_REDIS,
					 .redis = { .address = "unix:/none", .keys = STR("1 00") } };
	struct err err = { 0 };

	(void)state;
	assert_null(cache_home_new(&conf, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	assert_string_equal(err.where, "cache-key-secret");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_shows_nothing_of_a_customer),
		cmocka_unit_test(a_key_is_changed_without_a_miss_until_the_old_one_goes),
		cmocka_unit_test(keys_that_cannot_be_read_are_refused),
	};

	return cmocka_run_group_tests(tests, redis_server_set_up, redis_server_tear_down);
}
