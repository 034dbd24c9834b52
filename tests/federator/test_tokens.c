/* test_tokens.c - tokens that are known for a while. */
#include "tests/cmocka_all.h"

#include <stdio.h>

#include "federator/access/tokens.h"

enum { NOW = 1800000000 };

static struct tokens *tokens;

static int begin(void **state)
{
	struct err err;

	(void)state;
	tokens = tokens_new();
	return digest_init(&err) ? 0 : 1;
}

static int end(void **state)
{
	(void)state;
	tokens_free(&tokens);
	tokens_free(&tokens);
	return 0;
}

static struct caller named(const char *agent)
{
	struct caller caller = { .proof = PROOF_TOKEN, .may = MAY_VIEW };

	caller_name_set(caller.agent, str_of(agent));
	return caller;
}

static bool find(struct str token, uint64_t epoch, int64_t now_s, struct caller *out)
{
	int64_t until;

	return tokens_find(tokens, token, epoch, now_s, out, &until);
}

static void a_token_is_known_until_it_is_over(void **state)
{
	struct caller caller = named("kim"), found;

	(void)state;
	assert_false(find(STR("a.b.c"), 1, NOW, &found));
	tokens_keep(tokens, STR("a.b.c"), 1, NOW + 10, &caller);
	assert_true(find(STR("a.b.c"), 1, NOW + 9, &found));
	assert_string_equal(found.agent, "kim");
	assert_false(find(STR("a.b.c"), 1, NOW + 10, &found));
	assert_false(find(STR("a.b.d"), 1, NOW, &found));
	assert_false(find(STR("a.b."), 1, NOW, &found));
}

static void a_change_of_keys_makes_all_unknown(void **state)
{
	struct caller kim = named("kim"), lee = named("lee"), found;

	(void)state;
	tokens_keep(tokens, STR("a.b.c"), 1, NOW + 10, &kim);
	assert_false(find(STR("a.b.c"), 2, NOW, &found));
	tokens_keep(tokens, STR("a.b.c"), 2, NOW + 10, &lee); /* in the place of the old one */
	assert_true(find(STR("a.b.c"), 2, NOW, &found));
	assert_string_equal(found.agent, "lee");
	assert_false(find(STR("a.b.c"), 1, NOW, &found));
}

/* Each is found as whose it is or not at all, however many there are, and who is asked for stays. */
static void the_table_is_bounded_and_keeps_who_comes_again(void **state)
{
	struct caller often = named("often"), found;
	size_t known = 0;

	(void)state;
	tokens_keep(tokens, STR("often"), 1, NOW + 10, &often);
	for (int i = 0; i < 5 * TOKENS_MOST; i++) {
		char text[16];
		struct caller caller;

		snprintf(text, sizeof(text), "t%d", i);
		caller = named(text);
		tokens_keep(tokens, str_of(text), 1, NOW + 10, &caller);
		assert_true(find(STR("often"), 1, NOW, &found));
	}
	for (int i = 0; i < 5 * TOKENS_MOST; i++) {
		char text[16];

		snprintf(text, sizeof(text), "t%d", i);
		if (!find(str_of(text), 1, NOW, &found))
			continue;
		assert_string_equal(found.agent, text);
		known++;
	}
	assert_in_range(known, TOKENS_MOST / 2, TOKENS_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_token_is_known_until_it_is_over, begin, end),
		cmocka_unit_test_setup_teardown(a_change_of_keys_makes_all_unknown, begin, end),
		cmocka_unit_test_setup_teardown(the_table_is_bounded_and_keeps_who_comes_again, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
