#include "base/tzif.h"
#include "base/buf.h"
#include "tests/cmocka_all.h"

static void put_be(struct buf *b, int64_t value, unsigned bytes)
{
	for (unsigned i = bytes; i-- > 0;)
		buf_putc(b, (char)((uint64_t)value >> (8 * i)));
}

/* The counts in the order of the file: is_ut, is_std, leap seconds, transitions, types, bytes of names. */
static void put_header(struct buf *b, char version, const uint32_t counts[6])
{
	buf_puts(b, "TZif");
	buf_putc(b, version);
	for (int i = 0; i < 15; i++)
		buf_putc(b, '\0');
	for (int i = 0; i < 6; i++)
		put_be(b, counts[i], 4);
}

static void put_type(struct buf *b, int32_t offset_s)
{
	put_be(b, offset_s, 4);
	buf_put(b, "\0", 2);
}

enum { SECOND_HEADER = 44 + 6 + 4, SECOND_TIMES = SECOND_HEADER + 44, SECOND_INDEXES = SECOND_TIMES + 16,
       SECOND_TYPES = SECOND_INDEXES + 2 };

/* A small good file: 1 h until 1000, 2 h until 5000000000, then what the footer says. */
static void put_file(struct buf *b, const char *footer)
{
	put_header(b, '2', (const uint32_t[]){ 0, 0, 0, 0, 1, 4 });
	put_type(b, 0);
	buf_put(b, "LMT", 4);
	put_header(b, '2', (const uint32_t[]){ 2, 2, 0, 2, 3, 4 });
	put_be(b, 1000, 8);
	put_be(b, INT64_C(5000000000), 8);
	buf_put(b, "\1\2", 2);
	put_type(b, 3600);
	put_type(b, 7200);
	put_type(b, -10800);
	buf_put(b, "\0\0\0\0", 4); /* names; as a fourth type they would be a good one */
	buf_put(b, "\0\0\0\0", 4);
	buf_puts(b, footer);
}

static bool parses(struct str bytes)
{
	struct arena *mem = arena_new();
	struct err err = { 0 };
	struct tzif tz;
	bool ok = tzif_parse(mem, bytes, "Test/Zone", &tz, &err);

	if (!ok) {
		assert_int_equal(err.cls, ERR_CONFIG);
		assert_string_equal(err.where, "Test/Zone");
	}
	arena_wipe_free(&mem);
	return ok;
}

static void offsets_follow_the_transitions(void **state)
{
	SCOPED(buf_free) struct buf b = { 0 };
	struct arena *mem = arena_new();
	struct err err;
	struct tzif tz;

	(void)state;
	put_file(&b, "\n\n");
	assert_true(tzif_parse(mem, buf_str(&b), "Test/Zone", &tz, &err));
	assert_int_equal(tzif_offset_at(&tz, INT64_MIN / 2), 3600);
	assert_int_equal(tzif_offset_at(&tz, 999), 3600);
	assert_int_equal(tzif_offset_at(&tz, 1000), 7200);
	assert_int_equal(tzif_offset_at(&tz, INT64_C(4999999999)), 7200);
	assert_int_equal(tzif_offset_at(&tz, INT64_C(5000000000)), -10800);
	assert_int_equal(tzif_offset_at(&tz, INT64_C(250000000000)), -10800);
	arena_wipe_free(&mem);
}

static void the_rule_holds_after_the_last_transition(void **state)
{
	SCOPED(buf_free) struct buf b = { 0 };
	struct arena *mem = arena_new();
	struct err err;
	struct tzif tz;

	(void)state;
	put_file(&b, "\nKST-9\n");
	assert_true(tzif_parse(mem, buf_str(&b), "Test/Zone", &tz, &err));
	assert_int_equal(tzif_offset_at(&tz, INT64_C(4999999999)), 7200);
	assert_int_equal(tzif_offset_at(&tz, INT64_C(5000000000)), 9 * 3600);
	arena_wipe_free(&mem);
}

static void assert_steady(const struct tzif *tz, int64_t from_s, int64_t to_s, int32_t offset_s)
{
	int32_t found_s = INT32_MIN;

	assert_true(tzif_steady(tz, from_s, to_s, &found_s));
	assert_int_equal(found_s, offset_s);
}

static void what_lies_between_two_transitions_is_steady(void **state)
{
	static const char *const footers[] = { "\n\n", "\nKST-9\n", "\nEST5EDT,M3.2.0,M11.1.0\n" };
	const int64_t first_s = 1000, last_s = INT64_C(5000000000);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(footers); i++) {
		SCOPED(buf_free) struct buf b = { 0 };
		SCOPED(arena_wipe_free) struct arena *mem = arena_new();
		int32_t none;
		struct err err;
		struct tzif tz;

		put_file(&b, footers[i]);
		assert_true(tzif_parse(mem, buf_str(&b), "Test/Zone", &tz, &err));
		assert_steady(&tz, INT64_MIN / 2, first_s - 1, 3600);
		assert_false(tzif_steady(&tz, first_s - 1, first_s, &none));
		assert_steady(&tz, first_s, first_s, 7200);
		assert_steady(&tz, first_s, last_s - 1, 7200);
		assert_false(tzif_steady(&tz, first_s - 1, last_s, &none));
		assert_false(tzif_steady(&tz, last_s - 1, last_s, &none));
		if (tz.has_rule && tz.rule.has_dst)
			assert_false(tzif_steady(&tz, last_s, last_s + 1, &none));
		else
			assert_steady(&tz, last_s, INT64_MAX / 2, tz.has_rule ? 9 * 3600 : -10800);
	}
}

static void every_cut_off_file_is_refused(void **state)
{
	SCOPED(buf_free) struct buf b = { 0 };

	(void)state;
	put_file(&b, "\nKST-9\n");
	assert_true(parses(buf_str(&b)));
	for (size_t n = 0; n < b.len; n++) {
		char *copy = test_malloc(n + 1); /* to its size, so that a sanitizer sees a read behind it */

		memcpy(copy, b.data, n);
		assert_false(parses((struct str){ copy, n }));
		test_free(copy);
	}
}

static void a_file_with_one_byte_changed(size_t at, char c, bool good)
{
	SCOPED(buf_free) struct buf b = { 0 };

	put_file(&b, "\nKST-9\n");
	b.data[at] = c;
	assert_int_equal(parses(buf_str(&b)), good);
}

static void lies_in_the_file_are_found(void **state)
{
	(void)state;
	a_file_with_one_byte_changed(0, 'T', true);
	a_file_with_one_byte_changed(0, 't', false); /* magic */
	a_file_with_one_byte_changed(SECOND_HEADER, 't', false);
	a_file_with_one_byte_changed(4, '\0', false); /* version 1 */
	a_file_with_one_byte_changed(20, '\x7F', false); /* two thousand million flags */
	a_file_with_one_byte_changed(SECOND_HEADER + 31, '\1', false); /* leap seconds */
	a_file_with_one_byte_changed(SECOND_HEADER + 32, '\xFF', false); /* too many transitions */
	a_file_with_one_byte_changed(SECOND_HEADER + 36, '\xFF', false); /* too many types */
	a_file_with_one_byte_changed(SECOND_TIMES, '\x7F', false); /* not in order */
	a_file_with_one_byte_changed(SECOND_INDEXES, '\2', true);
	a_file_with_one_byte_changed(SECOND_INDEXES, '\3', false); /* no such type */
	a_file_with_one_byte_changed(SECOND_INDEXES + 1, '\xFF', false);
	a_file_with_one_byte_changed(SECOND_TYPES, '\x7F', false); /* an offset of years */
}

static void wrong_footers_are_refused(void **state)
{
	static const char *const bad[] = { "", "\n", "KST-9\n", "\nKST-9", "\nKST\n", "\nKST-9\n\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		SCOPED(buf_free) struct buf b = { 0 };

		put_file(&b, bad[i]);
		assert_false(parses(buf_str(&b)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offsets_follow_the_transitions),
		cmocka_unit_test(the_rule_holds_after_the_last_transition),
		cmocka_unit_test(what_lies_between_two_transitions_is_steady),
		cmocka_unit_test(every_cut_off_file_is_refused),
		cmocka_unit_test(lies_in_the_file_are_found),
		cmocka_unit_test(wrong_footers_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
