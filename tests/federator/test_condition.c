#include "tests/cmocka_all.h"

#include "federator/http/condition.h"

static bool met(const char *value)
{
	struct header fields[] = { { STR("Host"), STR("x") }, { STR("if-none-match"), str_of(value) } };
	struct headers h = { .of = fields, .n = ARRAY_LEN(fields) };

	return condition_met(&h, "W/\"abc\"");
}

static void the_tag_is_met_weakly_and_in_lists(void **state)
{
	static const char *const same[] = {
		"W/\"abc\"", "\"abc\"", "*", "\"x\", W/\"abc\"", "\"a,b\",\"abc\"", " ,, \"abc\" ,", "\"\"\t,\"abc\"",
		"\"abc\" what",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (!met(same[i]))
			fail_msg("%s is not met", same[i]);
}

static void another_tag_is_not_met(void **state)
{
	static const char *const others[] = {
		"", "W/", "W/\"ab\"", "\"abcd\"", "abc", "\"abc", "\"x\" ; \"abc\"", "w/\"abc\"", "\"W/\"abc\"\"", "**",
		"\"x\", *", "\"x,\"abc\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (met(others[i]))
			fail_msg("%s is met", others[i]);
}

static void several_fields_are_one_list(void **state)
{
	struct header fields[] = { { STR("If-None-Match"), STR("\"x\"") },
				   { STR("If-None-Match"), STR("\"abc\"") } };
	struct headers h = { .of = fields };

	(void)state;
	assert_false(condition_met(&h, "W/\"abc\""));
	h.n = 1;
	assert_false(condition_met(&h, "W/\"abc\""));
	h.n = 2;
	assert_true(condition_met(&h, "W/\"abc\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tag_is_met_weakly_and_in_lists),
		cmocka_unit_test(another_tag_is_not_met),
		cmocka_unit_test(several_fields_are_one_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
