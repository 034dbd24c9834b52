#include "base/nonce.h"

#include <pthread.h>
#include <sodium.h>

#include "tests/cmocka_all.h"

enum { DRAWS = 200, BYTES = 24 };

typedef unsigned char drawn[DRAWS][BYTES];

static void *draw_all(void *arg)
{
	unsigned char (*out)[BYTES] = arg;

	for (size_t i = 0; i < DRAWS; i++)
		nonce_draw(out[i], BYTES);
	return NULL;
}

/* More than one pool holds, in two threads; 24 random bytes are never the same. */
static void no_two_draws_are_the_same(void **state)
{
	static drawn all[2];
	pthread_t other;

	(void)state;
	assert_int_equal(pthread_create(&other, NULL, draw_all, all[1]), 0);
	draw_all(all[0]);
	assert_int_equal(pthread_join(other, NULL), 0);
	for (size_t i = 0; i < 2 * DRAWS; i++)
		for (size_t k = 0; k < i; k++)
			assert_memory_not_equal(all[i / DRAWS][i % DRAWS], all[k / DRAWS][k % DRAWS], BYTES);
}

static void as_many_bytes_as_asked_for_are_drawn(void **state)
{
	unsigned char out[NONCE_BYTES_MOST + 1] = { 0 };
	bool seen[NONCE_BYTES_MOST] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 64; i++) { /* a byte is zero each time once in 2^512 */
		nonce_draw(out, NONCE_BYTES_MOST);
		for (size_t k = 0; k < NONCE_BYTES_MOST; k++)
			seen[k] = seen[k] || out[k];
		assert_int_equal(out[NONCE_BYTES_MOST], 0);
	}
	for (size_t k = 0; k < NONCE_BYTES_MOST; k++)
		assert_true(seen[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_draws_are_the_same),
		cmocka_unit_test(as_many_bytes_as_asked_for_are_drawn),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
