#include "tests/adapters/support.h"

#include <pthread.h>
#include <stdio.h>

#include "adapters/odbc.h"

static void *enter_and_leave(void *driver)
{
	void *entered = odbc_env_enter(driver);

	odbc_env_leave(entered);
	return entered;
}

static void others_wait_for_the_first_connect_of_their_driver(void **state)
{
	(void)state;
	void *first = odbc_env_enter("one"), *other;
	pthread_t thread;

	assert_non_null(first);
	other = odbc_env_enter("two");
	assert_non_null(other); /* another driver is not held up */
	odbc_env_leave(other);
	assert_int_equal(pthread_create(&thread, NULL, enter_and_leave, (void *)(uintptr_t) "one"), 0);
	odbc_env_leave(first);
	pthread_join(thread, &other);
	assert_null(other);
	assert_null(odbc_env_enter("one"));
}

static void a_first_connect_that_hangs_holds_up_the_others_only_for_a_while(void **state)
{
	(void)state;
	void *first = odbc_env_enter("hung");

	assert_non_null(first);
	assert_null(odbc_env_enter("hung")); /* it returns, though nobody left */
	assert_null(odbc_env_enter("hung"));
	odbc_env_leave(first);
}

static void psqlodbc_has_so_many_places_and_others_have_no_limit(void **state)
{
	(void)state;
	uint32_t n = 0;

	while (n < 1000 && odbc_env_take_place(ODBC_POSTGRESQL))
		n++;
	assert_int_equal(n, 120);
	assert_true(odbc_env_take_place(ODBC_MARIADB));
	odbc_env_give_place(ODBC_MARIADB);
	assert_false(odbc_env_take_place(ODBC_POSTGRESQL));
	odbc_env_give_place(ODBC_POSTGRESQL);
	assert_true(odbc_env_take_place(ODBC_POSTGRESQL));
	for (; n > 0; n--)
		odbc_env_give_place(ODBC_POSTGRESQL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_wait_for_the_first_connect_of_their_driver),
		cmocka_unit_test(a_first_connect_that_hangs_holds_up_the_others_only_for_a_while),
		cmocka_unit_test(psqlodbc_has_so_many_places_and_others_have_no_limit),
	};
	struct err err = { 0 };

	if (!adapters_init(NULL, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
