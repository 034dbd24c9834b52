#include "tests/cmocka_all.h"

#include <sys/resource.h>

#include "federator/files.h"

static const struct files_need need = { .connections = 4096, .loops = 1, .pooled = 24 };

static void connections_get_what_the_service_leaves(void **state)
{
	uint32_t tight = files_left(&need, 1024);

	(void)state;
	assert_int_equal(files_left(&need, 100000), 4096);
	assert_in_range(tight, 500, 1000);
	assert_int_equal(files_left(&need, 1025), tight + 1);
	assert_int_equal(files_left(&need, 100), 0);
}

static void the_limit_is_raised_as_far_as_it_may_be(void **state)
{
	struct rlimit before, small, after;
	struct files_need few = need;
	uint32_t connections = 0, streams = 0;
	struct err err;

	(void)state;
	few.connections = 300;
	few.streams = 200;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	small = (struct rlimit){ .rlim_cur = 64, .rlim_max = before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &small), 0);
	assert_true(files_prepare(&few, &connections, &streams, &err));
	assert_int_equal(connections, 300);
	assert_int_equal(streams, 200);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
	assert_in_range(after.rlim_cur, 501, before.rlim_max);
	assert_int_equal(after.rlim_max, before.rlim_max);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* The last test: a hard limit that was lowered stays so. */
static void a_hard_limit_means_fewer_connections_or_none(void **state)
{
	struct rlimit hard = { .rlim_cur = 64, .rlim_max = 1024 };
	uint32_t connections = 0, streams = 1;
	struct files_need listeners = need;
	struct err err;

	(void)state;
	listeners.streams = 10;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &hard), 0);
	assert_true(files_prepare(&listeners, &connections, &streams, &err));
	assert_int_equal(connections, files_left(&need, 1024));
	assert_int_equal(streams, 0);
	hard = (struct rlimit){ .rlim_cur = 64, .rlim_max = 100 };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &hard), 0);
	connections = 7;
	assert_false(files_prepare(&need, &connections, &streams, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
	assert_non_null(strstr(err.text, "LimitNOFILE"));
	assert_int_equal(connections, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_get_what_the_service_leaves),
		cmocka_unit_test(the_limit_is_raised_as_far_as_it_may_be),
		cmocka_unit_test(a_hard_limit_means_fewer_connections_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
