#include "base/map.h"
#include "tests/cmocka_all.h"

static void what_was_set_is_found(void **state)
{
	struct arena *mem = arena_new();
	struct map *m = map_new(mem);
	int one, two;

	(void)state;
	assert_null(map_get(m, STR("a")));
	assert_null(map_set(m, STR("a"), &one));
	assert_null(map_set(m, STR(""), &two));
	assert_ptr_equal(map_get(m, STR("a")), &one);
	assert_ptr_equal(map_get(m, STR("")), &two);
	assert_null(map_get(m, STR("b")));
	assert_int_equal(map_count(m), 2);
	arena_wipe_free(&mem);
}

static void setting_again_replaces(void **state)
{
	struct arena *mem = arena_new();
	struct map *m = map_new(mem);
	int one, two;

	(void)state;
	map_set(m, STR("a"), &one);
	assert_ptr_equal(map_set(m, STR("a"), &two), &one);
	assert_ptr_equal(map_get(m, STR("a")), &two);
	assert_int_equal(map_count(m), 1);
	arena_wipe_free(&mem);
}

static void keys_are_bytes(void **state)
{
	struct arena *mem = arena_new();
	struct map *m = map_new(mem);
	int one, two;

	(void)state;
	map_set(m, (struct str){ "a\0b", 3 }, &one);
	map_set(m, (struct str){ "a\0c", 3 }, &two);
	assert_ptr_equal(map_get(m, (struct str){ "a\0b", 3 }), &one);
	assert_ptr_equal(map_get(m, (struct str){ "a\0c", 3 }), &two);
	assert_null(map_get(m, STR("a")));
	arena_wipe_free(&mem);
}

static void no_value_is_another_key_than_empty(void **state)
{
	struct arena *mem = arena_new();
	struct map *m = map_new(mem);
	int one, two;

	(void)state;
	map_set(m, STR(""), &one);
	assert_null(map_get(m, (struct str){ NULL, 0 }));
	map_set(m, (struct str){ NULL, 0 }, &two);
	assert_ptr_equal(map_get(m, STR("")), &one);
	assert_ptr_equal(map_get(m, (struct str){ NULL, 0 }), &two);
	arena_wipe_free(&mem);
}

static void it_grows_without_losing_anything(void **state)
{
	enum { COUNT = 5000 };
	struct arena *mem = arena_new();
	struct map *m = map_new(mem);
	int values[COUNT];

	(void)state;
	for (int i = 0; i < COUNT; i++)
		assert_null(map_set(m, arena_printf(mem, "key %d", i), &values[i]));
	assert_int_equal(map_count(m), COUNT);
	for (int i = 0; i < COUNT; i++)
		assert_ptr_equal(map_get(m, arena_printf(mem, "key %d", i)), &values[i]);
	assert_null(map_get(m, STR("key 5000")));
	arena_wipe_free(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_set_is_found),
		cmocka_unit_test(setting_again_replaces),
		cmocka_unit_test(keys_are_bytes),
		cmocka_unit_test(no_value_is_another_key_than_empty),
		cmocka_unit_test(it_grows_without_losing_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
