#include "tests/cache/samples.h"

#include "tests/cmocka_all.h"

struct cache_key sample_key(unsigned who)
{
	static const unsigned char definition[DIGEST_BYTES] = { 1, 2, 3 };
	const struct str asked[] = { STR("member"), { (const char *)&who, sizeof(who) } };
	struct cache_key key;

	cache_key_make(&key, STR("t"), definition, STR("salt"), asked, 2);
	return key;
}

const struct rows *sample_rows(unsigned who, struct arena *mem)
{
	struct str *cells = arena_array_of(mem, struct str, 6);
	struct rows *rows = arena_new_of(mem, struct rows);

	for (unsigned r = 0; r < 2; r++) {
		cells[3 * r] = arena_printf(mem, "row %u of customer %u", r, who);
		cells[3 * r + 2] = STR("");
	}
	*rows = (struct rows){ .n_rows = 2, .n_cols = 3, .cells = cells };
	return rows;
}

void sample_check(const struct rows *rows, unsigned who)
{
	struct arena *mem = arena_new();
	const struct rows *want = sample_rows(who, mem);

	assert_non_null(rows);
	assert_int_equal(rows->n_rows, want->n_rows);
	assert_int_equal(rows->n_cols, want->n_cols);
	assert_int_equal(rows->flags, 0);
	for (uint32_t i = 0; i < want->n_rows * want->n_cols; i++)
		if (!str_eq(rows->cells[i], want->cells[i]))
			fail_msg("customer %u was given \"%.*s\"", who, STR_ARG(rows->cells[i]));
	arena_wipe_free(&mem);
}
