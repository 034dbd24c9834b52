#include "base/arena.h"
#include "tests/cmocka_all.h"

static void memory_is_zeroed_and_aligned(void **state)
{
	struct arena *mem = arena_new();

	(void)state;
	for (size_t bytes = 1; bytes < 3000; bytes += 7) {
		unsigned char *p = arena_alloc(mem, bytes);

		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < bytes; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xAB, bytes);
	}
	arena_wipe_free(&mem);
	assert_null(mem);
	arena_wipe_free(&mem);
}

static void memory_of_an_ended_arena_comes_back_zeroed(void **state)
{
	static const size_t sizes[] = { 3000, 4000, 8000, 16000, 32000, 100000 };

	(void)state;
	for (int round = 0; round < 200; round++) { /* more arenas than blocks are kept */
		struct arena *mem[3];

		for (size_t a = 0; a < ARRAY_LEN(mem); a++) {
			mem[a] = arena_new();
			for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
				unsigned char *p = arena_alloc(mem[a], sizes[i]);

				for (size_t k = 0; k < sizes[i]; k += 97)
					assert_int_equal(p[k], 0);
				memset(p, 0xAB, sizes[i]);
			}
		}
		for (size_t a = 0; a < ARRAY_LEN(mem); a++)
			arena_wipe_free(&mem[a]);
	}
}

static void allocations_do_not_overlap(void **state)
{
	enum { COUNT = 4000 };
	static const size_t sizes[] = { 0, 1, 16, 100, 5000, 70000 };
	struct arena *mem = arena_new();
	unsigned char *p[COUNT];
	size_t used = 0;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		size_t bytes = sizes[i % 7 == 0 ? i % ARRAY_LEN(sizes) : i % 4];

		p[i] = arena_alloc(mem, bytes);
		memset(p[i], (int)(i % 251), bytes);
		used += bytes;
	}
	assert_int_equal(arena_used(mem), used);
	for (size_t i = 0; i < COUNT; i++) {
		size_t bytes = sizes[i % 7 == 0 ? i % ARRAY_LEN(sizes) : i % 4];

		for (size_t k = 0; k < bytes; k++)
			assert_int_equal(p[i][k], i % 251);
		assert_true(i == 0 || p[i] != p[i - 1]);
	}
	arena_wipe_free(&mem);
}

static void small_allocations_after_a_large_one_use_the_old_block(void **state)
{
	struct arena *mem = arena_new();
	char *before = arena_alloc(mem, 16);
	char *after;

	(void)state;
	memset(arena_alloc(mem, 1000000), 'x', 1000000);
	after = arena_alloc(mem, 16);
	assert_ptr_equal(after, before + 16);
	arena_wipe_free(&mem);
}

static void texts_are_copied_with_a_nul(void **state)
{
	struct arena *mem = arena_new();
	char source[] = "abc";
	struct str copy = arena_str(mem, (struct str){ source, 2 });

	(void)state;
	source[0] = 'X';
	assert_string_equal(copy.p, "ab");
	assert_int_equal(copy.n, 2);
	assert_null(arena_str(mem, (struct str){ NULL, 0 }).p);
	assert_string_equal(arena_str(mem, STR("")).p, "");
	assert_string_equal(arena_cstr(mem, (struct str){ NULL, 0 }), "");
	assert_string_equal(arena_cstr(mem, STR("x")), "x");
	arena_wipe_free(&mem);
}

static void formatted_text_has_any_length(void **state)
{
	struct arena *mem = arena_new();
	struct str s = arena_printf(mem, "%d-%s", 42, "x");

	(void)state;
	assert_string_equal(s.p, "42-x");
	assert_int_equal(s.n, 4);
	s = arena_printf(mem, "%*d", 20000, 7);
	assert_int_equal(s.n, 20000);
	assert_string_equal(s.p + 19998, " 7");
	arena_wipe_free(&mem);
}

static void all_memory_is_counted_and_comes_back(void **state)
{
	struct arena_totals before = arena_totals(), now;
	struct arena *mem = arena_new();

	(void)state;
	arena_alloc(mem, 1000000);
	assert_true(arena_totals().used_bytes >= before.used_bytes + 1000000);
	arena_wipe_free(&mem);
	now = arena_totals();
	assert_int_equal(now.used_bytes, before.used_bytes);
	assert_in_range(now.kept_bytes, 4096, 64 * (4096 + 8192 + 16384 + 32768)); /* for the next one */
}

static void what_is_large_uses_kept_blocks_as_well(void **state)
{
	uint64_t kept;
	struct arena *mem = arena_new();

	(void)state;
	arena_alloc(mem, 5000);
	arena_wipe_free(&mem);
	kept = arena_totals().kept_bytes;
	mem = arena_new();
	arena_alloc(mem, 7000);
	assert_int_equal(arena_totals().kept_bytes, kept - 4096 - 8192);
	arena_wipe_free(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_and_aligned),
		cmocka_unit_test(what_is_large_uses_kept_blocks_as_well),
		cmocka_unit_test(memory_of_an_ended_arena_comes_back_zeroed),
		cmocka_unit_test(allocations_do_not_overlap),
		cmocka_unit_test(small_allocations_after_a_large_one_use_the_old_block),
		cmocka_unit_test(texts_are_copied_with_a_nul),
		cmocka_unit_test(formatted_text_has_any_length),
		cmocka_unit_test(all_memory_is_counted_and_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
