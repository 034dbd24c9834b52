/* test_executions.c - how often a statement runs for one question, and with which values. */
#include "federator/flow/request.h"
#include "federator/view/tuples.h"
#include "tests/cmocka_all.h"

static const struct key region = { .name = "region", .values = 99 }, number = { .name = "number", .values = 99 };
static const struct by_key by[] = { { &region, false }, { &number, false } };
static struct str regions[] = { { "N", 1 }, { "S", 1 }, { "W", 1 } };
static struct str numbers[] = { { "1", 1 }, { "2", 1 }, { "3", 1 } };

/* (N,1) (N,2) (S,3) (W,1) */
static const struct key *const set_keys[] = { &region, &number };
static const struct str set_values[] = { { "N", 1 }, { "1", 1 }, { "N", 1 }, { "2", 1 },
					 { "S", 1 }, { "3", 1 }, { "W", 1 }, { "1", 1 } };
static const struct tuple_set set = { .keys = set_keys, .n_keys = 2, .values = set_values, .n = 4 };
static const struct tuples together = { .of = &set, .n = 1 };

/* "N:1,2 S:3,3": region and numbers of each execution. */
static const char *executions(enum piece_kind region_kind, enum piece_kind number_kind, const struct tuples *tuples,
			      struct arena *mem)
{
	const struct piece pieces[] = { { .kind = region_kind, .key = &region },
					{ .kind = number_kind, .key = &number } };
	const struct query query = { .by = by, .n_by = 2, .pieces = pieces, .n_pieces = 2 };
	const struct part part = { .name = "claims" };
	const struct key_set keys[] = { { .key = &region, .values = regions, .n = 3 },
					{ .key = &number, .values = numbers, .n = 3 } };
	struct key_values all[] = { { &region, regions, 3 }, { &number, numbers, 3 }, { &sqltext_before, NULL, 0 } };
	const struct asking asking = { .part = &part, .query = &query, .keys = keys, .tuples = tuples };
	struct executions out;
	struct str text = STR("");

	assert_true(executions_make(&asking, all, mem, &out));
	for (size_t r = 0; r < out.n; r++) {
		for (size_t k = 0; k < 2; k++)
			for (size_t v = 0; v < out.of[r][k].n; v++)
				text = arena_printf(mem, "%.*s%s%.*s", STR_ARG(text),
						    v ? "," : k ? ":" : r ? " " : "",
						    STR_ARG(out.of[r][k].values[v]));
		assert_ptr_equal(out.of[r][2].key, &sqltext_before);
	}
	return text.p;
}

static void lists_run_once(void **state)
{
	assert_string_equal(executions(PIECE_LIST, PIECE_LIST, NULL, *state), "N,S,W:1,2,3");
	assert_string_equal(executions(PIECE_LIST, PIECE_LIST, &together, *state), "N,S,W:1,2,3");
}

static void single_values_run_in_every_combination(void **state)
{
	assert_string_equal(executions(PIECE_PARAM, PIECE_PARAM, NULL, *state),
			    "N:1 S:1 W:1 N:2 S:2 W:2 N:3 S:3 W:3");
	assert_string_equal(executions(PIECE_PARAM, PIECE_LIST, NULL, *state), "N:1,2,3 S:1,2,3 W:1,2,3");
}

static void keys_given_together_run_in_their_combinations(void **state)
{
	assert_string_equal(executions(PIECE_PARAM, PIECE_PARAM, &together, *state), "N:1 W:1 N:2 S:3");
}

/* One text for all: the last value of a list fills it up. */
static void list_beside_a_single_value_holds_what_goes_with_it(void **state)
{
	assert_string_equal(executions(PIECE_PARAM, PIECE_LIST, &together, *state), "N:1,2 S:3,3 W:1,1");
	assert_string_equal(executions(PIECE_LIST, PIECE_PARAM, &together, *state), "N,W:1 N,N:2 S,S:3");
}

static void too_many_executions_are_refused(void **state)
{
	struct str many[EXECUTIONS_MAX + 1];
	const struct piece piece = { .kind = PIECE_PARAM, .key = &number };
	const struct query query = { .by = &by[1], .n_by = 1, .pieces = &piece, .n_pieces = 1 };
	const struct part part = { .name = "claims" };
	struct key_set key = { .key = &number, .values = many, .n = EXECUTIONS_MAX };
	struct key_values all[] = { { &number, many, EXECUTIONS_MAX }, { &sqltext_before, NULL, 0 } };
	const struct asking asking = { .part = &part, .query = &query, .keys = &key };
	struct executions out;

	for (int i = 0; i <= EXECUTIONS_MAX; i++)
		many[i] = arena_printf(*state, "%d", i);
	assert_true(executions_make(&asking, all, *state, &out));
	assert_int_equal(out.n, EXECUTIONS_MAX);
	key.n = all[0].n = EXECUTIONS_MAX + 1;
	assert_false(executions_make(&asking, all, *state, &out));
}

static int start(void **state)
{
	*state = arena_new();
	return 0;
}

static int stop(void **state)
{
	struct arena *mem = *state;

	arena_wipe_free(&mem);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists_run_once, start, stop),
		cmocka_unit_test_setup_teardown(single_values_run_in_every_combination, start, stop),
		cmocka_unit_test_setup_teardown(keys_given_together_run_in_their_combinations, start, stop),
		cmocka_unit_test_setup_teardown(list_beside_a_single_value_holds_what_goes_with_it, start, stop),
		cmocka_unit_test_setup_teardown(too_many_executions_are_refused, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
