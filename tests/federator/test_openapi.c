/* Routes and their descriptions are of each other. tests/live/test_openapi.py holds answers against the document. */
#include "tests/cmocka_all.h"

#include <string.h>

#include "federator/admin/admin.h"
#include "federator/http/handlers.h"
#include "federator/http/operation.h"

static const struct routes *const listeners[] = { &public_routes, &admin_routes };

static void every_route_is_described(void **state)
{
	(void)state;
	for (size_t l = 0; l < ARRAY_LEN(listeners); l++)
		for (size_t i = 0; i < listeners[l]->n; i++)
			if (!operation_of(listeners[l]->of[i].method, listeners[l]->of[i].pattern))
				fail_msg("operations.c lacks %s %s", listeners[l]->of[i].method,
					 listeners[l]->of[i].pattern);
}

static bool is_route(const struct operation *op)
{
	for (size_t l = 0; l < ARRAY_LEN(listeners); l++)
		for (size_t i = 0; i < listeners[l]->n; i++)
			if (strcmp(listeners[l]->of[i].method, op->method) == 0 &&
			    strcmp(listeners[l]->of[i].pattern, op->pattern) == 0)
				return true;
	return false;
}

static void every_description_is_of_a_route(void **state)
{
	size_t n;
	const struct operation *all = operations(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (!is_route(&all[i]))
			fail_msg("no listener has %s %s", all[i].method, all[i].pattern);
		assert_ptr_equal(operation_of(all[i].method, all[i].pattern), &all[i]); /* none stands twice */
		assert_non_null(operation_reply(&all[i])->about);
		assert_int_equal(strchr(all[i].pattern, '{') != NULL, all[i].args != NULL);
	}
}

static void nothing_else_is_described(void **state)
{
	(void)state;
	assert_null(operation_of("GET", "/v1/nothing"));
	assert_null(operation_of("PUT", "/livez"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_is_described),
		cmocka_unit_test(every_description_is_of_a_route),
		cmocka_unit_test(nothing_else_is_described),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
