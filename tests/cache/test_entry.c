#include "cache/entry.h"

#include <stdlib.h>

#include "tests/cache/samples.h"
#include "tests/cmocka_all.h"

static int begin(void **state)
{
	*state = arena_new();
	return 0;
}

static int end(void **state)
{
	struct arena *mem = *state;

	arena_wipe_free(&mem);
	return 0;
}

static struct str encoded(unsigned who, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct cache_key key = sample_key(who);

	buf_puts(&out, "before");
	entry_encode(&(struct cache_fill){ .key = &key,
					   .rows = sample_rows(who, mem),
					   .stored_ms = -5,
					   .ticket = { .began = 1764208000000001, .era = 0xFEDCBA9876543210 } },
		     &out);
	return arena_str(mem, (struct str){ out.data + 6, out.len - 6 });
}

static bool decode(struct str bytes, struct arena *mem, struct cache_hit *hit)
{
	/* in a block of its own length, so that the sanitizer sees every byte read behind it */
	char *exact = malloc(bytes.n ? bytes.n : 1);
	bool good;

	assert_non_null(exact);
	memcpy(exact, bytes.p, bytes.n);
	good = entry_decode((struct str){ exact, bytes.n }, mem, hit);
	free(exact);
	return good;
}

static void what_was_encoded_comes_back(void **state)
{
	struct cache_hit hit = { 0 };
	struct cache_ticket ticket;

	assert_true(decode(encoded(7, *state), *state, &hit));
	sample_check(hit.rows, 7);
	assert_int_equal(hit.stored_ms, -5);
	assert_int_equal(hit.began, 1764208000000001);
	assert_true(entry_ticket(encoded(7, *state), &ticket));
	assert_int_equal(ticket.began, 1764208000000001);
	assert_true(ticket.era == 0xFEDCBA9876543210);
}

static void no_rows_are_an_answer_too(void **state)
{
	SCOPED(buf_free) struct buf out = { 0 };
	const struct rows none = { .n_cols = 4 };
	struct cache_key key = sample_key(1);
	struct cache_hit hit = { 0 };

	entry_encode(&(struct cache_fill){ .key = &key, .rows = &none, .stored_ms = 99 }, &out);
	assert_true(decode(buf_str(&out), *state, &hit));
	assert_int_equal(hit.rows->n_rows, 0);
	assert_int_equal(hit.rows->n_cols, 4);
}

static void every_shorter_and_longer_text_is_refused(void **state)
{
	struct str bytes = encoded(7, *state);
	struct cache_hit hit = { .stored_ms = 42 };
	char *longer;

	for (size_t n = 0; n < bytes.n; n++)
		assert_false(decode((struct str){ bytes.p, n }, *state, &hit));
	longer = arena_alloc(*state, bytes.n + 1);
	memcpy(longer, bytes.p, bytes.n);
	assert_false(decode((struct str){ longer, bytes.n + 1 }, *state, &hit));
	assert_null(hit.rows);
	assert_int_equal(hit.stored_ms, 42);
}

static void another_format_is_refused(void **state)
{
	struct str bytes = encoded(7, *state);
	struct cache_hit hit = { 0 };

	for (size_t i = 0; i < ENTRY_STAMP_END; i++) {
		char *changed = arena_alloc(*state, bytes.n);

		memcpy(changed, bytes.p, bytes.n);
		changed[i] ^= 0x40;
		assert_false(decode((struct str){ changed, bytes.n }, *state, &hit));
	}
}

static void lengths_that_lie_stay_inside_the_text(void **state)
{
	static const unsigned char lies[] = { 0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF };
	struct str bytes = encoded(7, *state);
	char *changed = arena_alloc(*state, bytes.n);
	size_t refused = 0;

	for (size_t i = ENTRY_STAMP_END; i < bytes.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(lies); k++) {
			struct cache_hit hit = { 0 };

			memcpy(changed, bytes.p, bytes.n);
			changed[i] = (char)lies[k];
			if (!decode((struct str){ changed, bytes.n }, *state, &hit))
				refused++;
		}
	assert_true(refused > 20);
}

/* Behind the ticket: stored, span, rows, columns, cells. */
static bool takes(const char *numbers, size_t n, struct arena *mem)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct cache_hit hit = { 0 };

	buf_puts(&out, "FE3\n00000000000000010000000000000001");
	buf_put(&out, numbers, n);
	return decode(buf_str(&out), mem, &hit);
}
#define TAKES(numbers) takes(numbers, sizeof(numbers) - 1, *state)

static void numbers_have_one_form_and_bounds(void **state)
{
	assert_true(TAKES("\2\0\1\2\2a\0"));
	assert_true(TAKES("\2\0\0\0"));
	assert_true(TAKES("\2\0\0\xFF\xFF\xFF\xFF\x0F"));
	assert_false(TAKES("\2\0\0\x80\x80\x80\x80\x10")); /* columns beyond 32 bits */
	assert_false(TAKES("\2\0\1\0")); /* rows without columns */
	assert_false(TAKES("\2\0\2\2\0\0\0")); /* a cell is missing */
	assert_false(TAKES("\2\0\1\1\4ab")); /* half of a cell */
	assert_false(TAKES("\x82\0\0\0\0")); /* longer than needed */
	assert_false(TAKES("\2\0\1\1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\2")); /* beyond 64 bits */
	assert_false(TAKES("\2\0\xFF\xFF\xFF\xFF\x0F\xFF\xFF\xFF\xFF\x0F\0"));
	/* the end of all time, and one more */
	assert_true(TAKES("\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\0\0\0"));
	assert_false(TAKES("\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\1\0\0"));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(what_was_encoded_comes_back),
		T(no_rows_are_an_answer_too),
		T(every_shorter_and_longer_text_is_refused),
		T(another_format_is_refused),
		T(lengths_that_lie_stay_inside_the_text),
		T(numbers_have_one_form_and_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
