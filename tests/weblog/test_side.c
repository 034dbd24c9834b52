/* Work that is done beside. */
#include <poll.h>

#include "tests/cmocka_all.h"
#include "weblog/side.h"

struct counted {
	unsigned long n, done;
};

static void work(void *owner)
{
	struct counted *c = owner;

	for (unsigned long i = 0; i < c->n; i++)
		c->done++;
}

static struct weblog_side *side_of(struct counted *c)
{
	struct err err;
	struct weblog_side *side = weblog_side_new(work, c, &err);

	assert_non_null(side);
	return side;
}

static void each_piece_is_over_once(void **state)
{
	struct counted c = { 0 };
	struct weblog_side *side = side_of(&c);
	unsigned long expected = 0;

	(void)state;
	assert_false(weblog_side_over(side));
	for (unsigned long i = 1; i <= 1000; i++) {
		c.n = i;
		expected += i;
		weblog_side_begin(side);
		if (i % 2) {
			weblog_side_wait(side);
		} else {
			struct pollfd fd = { .fd = weblog_side_fd(side), .events = POLLIN };

			assert_int_equal(poll(&fd, 1, 60000), 1);
			assert_true(weblog_side_over(side));
		}
		assert_false(weblog_side_over(side));
		assert_int_equal(c.done, expected);
	}
	weblog_side_free(&side);
	assert_null(side);
}

static void the_end_waits_for_what_is_under_way(void **state)
{
	struct counted c = { .n = 100000000 };
	struct weblog_side *side = side_of(&c);

	(void)state;
	weblog_side_begin(side);
	weblog_side_free(&side);
	assert_int_equal(c.done, c.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_piece_is_over_once),
		cmocka_unit_test(the_end_waits_for_what_is_under_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
