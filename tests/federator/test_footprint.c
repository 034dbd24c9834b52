#include "tests/cmocka_all.h"

#include <sys/mman.h>

#include "federator/footprint.h"

enum { MUCH = 64 * 1024 * 1024 };

static void what_is_used_counts_and_what_is_given_back_does_not(void **state)
{
	uint64_t before = footprint_bytes();
	struct footprint fp = { 0 };
	char *much = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(much, MAP_FAILED);
	assert_true(before > 0);
	memset(much, 1, MUCH);
	assert_true(footprint_over(&fp, before + MUCH / 2, 1000000));
	assert_int_equal(munmap(much, MUCH), 0);
	assert_true(footprint_over(&fp, before + MUCH / 2, 1050000)); /* not looked at again yet */
	assert_false(footprint_over(&fp, before + MUCH, 1100000));
}

static void without_a_limit_there_is_never_too_much(void **state)
{
	struct footprint fp = { .looked_us = 1, .over = true };

	(void)state;
	assert_false(footprint_over(&fp, 0, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_used_counts_and_what_is_given_back_does_not),
		cmocka_unit_test(without_a_limit_there_is_never_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
