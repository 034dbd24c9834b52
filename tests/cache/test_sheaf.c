#include "cache/sheaf.h"
#include "tests/cmocka_all.h"

#include <stdlib.h>

#include "base/memory.h"

static const unsigned char names[] = "key-1-------key-2-------customer----";
static const unsigned char places[] = { 0, 1, 2 };

static struct sheaf_copy copy_of(uint64_t place, int64_t ends_ms, size_t n_given)
{
	return (struct sheaf_copy){ .place = place,
				    .began = 1000 + place,
				    .stored_ms = 500,
				    .ends_ms = ends_ms,
				    .rows = STR("rows"),
				    .names = names,
				    .n_keys = 2,
				    .given = places,
				    .n_given = n_given };
}

static void encode(const struct sheaf *s, struct buf *out)
{
	out->len = 0;
	sheaf_encode(s, out);
}

static void what_was_written_is_read(void **state)
{
	SCOPED(buf_free) struct buf bytes = { 0 };
	struct sheaf *s = memory_new(sizeof(*s)), *read = memory_new(sizeof(*read));
	struct sheaf_copy copy;

	(void)state;
	s->era = 7;
	s->version = 9;
	s->of_customer = true;
	for (unsigned i = 0; i < 4; i++)
		s->copies[s->n++] = copy_of(i, 1000 + i, i % 4);
	encode(s, &bytes);
	assert_int_equal(sheaf_version(buf_str(&bytes)), 9);
	assert_int_equal(sheaf_era(buf_str(&bytes)), 7);
	assert_int_equal(sheaf_clear(buf_str(&bytes)), SHEAF_HEAD + 3 * NAME_BYTES);
	assert_int_equal(bytes.data[20], 3); /* what was is no copy */
	assert_true(sheaf_decode(buf_str(&bytes), read));
	assert_int_equal(read->n, 4);
	assert_true(read->of_customer);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(read->copies[i].began, 1000 + i);
		assert_int_equal(read->copies[i].stored_ms, 500);
		assert_int_equal(read->copies[i].ends_ms, 1000 + i);
		assert_int_equal(read->copies[i].n_given, i);
		assert_int_equal(sheaf_find(buf_str(&bytes), i, &copy), i > 0);
	}
	assert_int_equal(copy.began, 1003);
	assert_memory_equal(copy.names + (size_t)copy.given[2] * NAME_BYTES, "customer----", NAME_BYTES);
	assert_int_equal(copy.n_keys, 2);
	assert_false(sheaf_find(buf_str(&bytes), 77, &copy));
	for (size_t n = 0; n < bytes.len; n++)
		assert_false(sheaf_decode((struct str){ bytes.data, n }, read));
	free(s);
	free(read);
}

static void what_ends_first_is_left_out(void **state)
{
	SCOPED(buf_free) struct buf large = { 0 };
	struct sheaf *s = memory_new(sizeof(*s));

	(void)state;
	for (unsigned i = 0; i < SHEAF_COPIES_MOST + 3; i++)
		s->copies[s->n++] = copy_of(1 + i, 1000 + (i * 7) % (SHEAF_COPIES_MOST + 3), 0);
	sheaf_bound(s);
	assert_int_equal(s->n, SHEAF_COPIES_MOST);
	for (size_t i = 0; i < s->n; i++)
		assert_true(s->copies[i].ends_ms >= 1003);
	memset(buf_reserve(&large, SHEAF_BYTES_MOST), 'x', SHEAF_BYTES_MOST);
	s->copies[5].rows = (struct str){ large.data, SHEAF_BYTES_MOST };
	s->copies[5].ends_ms = INT64_MAX;
	sheaf_bound(s);
	assert_int_equal(s->n, 1);
	assert_int_equal(s->copies[0].rows.n, SHEAF_BYTES_MOST);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read),
		cmocka_unit_test(what_ends_first_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
