/* Batches that are held: few, and only as long as few sessions wait in memory. */
#include "tests/cmocka_all.h"
#include "weblog/held.h"

static void few_are_held(void **state)
{
	struct weblog_held held = { 0 };

	(void)state;
	while (held.batches < 100 && weblog_held_more(&held, 0))
		held.batches++;
	assert_in_range(held.batches, 1, 7);
	assert_false(weblog_held_more(&held, 0));
	held = (struct weblog_held){ 0 };
	assert_true(weblog_held_more(&held, 0));
}

static void sessions_in_memory_are_few(void **state)
{
	struct weblog_held held = { 0 };

	(void)state;
	assert_true(weblog_held_more(&held, 6143));
	assert_false(weblog_held_more(&held, 6144));
}

static void not_for_long(void **state)
{
	struct weblog_held held = { .batches = 1, .until = deadline_after_ms(60000) };

	(void)state;
	assert_true(weblog_held_more(&held, 0));
	held.until = deadline_after_ms(0);
	assert_false(weblog_held_more(&held, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_held),
		cmocka_unit_test(sessions_in_memory_are_few),
		cmocka_unit_test(not_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
