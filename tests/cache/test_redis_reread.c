/* What the look-ups of one request find without asking Redis again. */
#include "cache/name.h"
#include "tests/cache/cache_world.h"
#include "tests/cache/redis_server.h"
#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

enum { PATIENT_MS = 30000, LONG_MS = 3600000, GOOD_US = 20000 };

static struct world w;
static struct cache_reread reread;

static int begin(void **state)
{
	if (redis_server_set_up(state) != 0)
		return -1;
	w = world_up(server.address, PATIENT_MS);
	reread = (struct cache_reread){ 0 };
	world_put(&w, 1, LONG_MS);
	world_run_until_puts(&w, 1);
	return 0;
}

static int end(void **state)
{
	world_free(&w);
	return redis_server_tear_down(state);
}

static void found(struct cache_ask *ask, struct cache_hit hit)
{
	struct ask *a = CONTAINER_OF(ask, struct ask, ask);

	a->hit = hit;
	a->answers++;
}

/* Begin a look-up of a request; true: it is answered already. */
static bool is_at_hand(struct ask *a, struct cache_key key)
{
	*a = (struct ask){ .ask = { .key = key,
				      .wholes = *sample_wholes(),
				      .mem = w.mem,
				      .reread = &reread,
				      .found = found } };
	cache_get(w.cache, &a->ask);
	return a->answers > 0;
}

static struct ask first_of_the_request(void)
{
	struct ask a;

	assert_false(is_at_hand(&a, sample_key(1)));
	world_until_answered(&w, &a);
	sample_check(a.hit.rows, 1);
	redis_server_do(&server, "UNLINK %s", sample_sheaf_key(1).text);
	return a;
}

static void a_request_reads_a_sheaf_once(void **state)
{
	struct ask first = first_of_the_request(), a;

	(void)state;
	assert_true(is_at_hand(&a, sample_key(1)));
	sample_check(a.hit.rows, 1);
	assert_int_equal(a.hit.began, first.hit.began);
	assert_int_equal(a.hit.stored_ms, first.hit.stored_ms);
	assert_int_equal(a.ask.version, first.ask.version);
	assert_null(world_look_up(&w, 1).rows); /* another request */
}

static void what_was_read_is_good_for_a_moment(void **state)
{
	struct ask a;

	(void)state;
	first_of_the_request();
	reread.sent_us -= GOOD_US;
	assert_false(is_at_hand(&a, sample_key(1)));
	world_until_answered(&w, &a);
	assert_null(a.hit.rows);
}

static void redis_says_what_is_not_in_it(void **state)
{
	struct cache_key part = sample_key(1);
	char *last = strrchr(part.text, '\0') - 1;
	struct ask a, other;

	(void)state;
	first_of_the_request();
	*last = *last == 'A' ? 'B' : 'A';
	assert_true(str_eq(name_key_sheaf(&part), str_of(sample_sheaf_key(1).text)));
	assert_false(is_at_hand(&a, part));
	assert_false(is_at_hand(&other, sample_key(2)));
	world_until_answered(&w, &a);
	assert_null(a.hit.rows);
	assert_true(a.ask.version == 0);
	world_until_answered(&w, &other);
	assert_null(other.hit.rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_reads_a_sheaf_once, begin, end),
		cmocka_unit_test_setup_teardown(what_was_read_is_good_for_a_moment, begin, end),
		cmocka_unit_test_setup_teardown(redis_says_what_is_not_in_it, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
