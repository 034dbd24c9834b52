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

/* Make the length and the checksum right again, as someone would who means harm. */
static void seal(struct str bytes)
{
	char *entry = (char *)(uintptr_t)bytes.p;
	unsigned char sum[DIGEST_BYTES];
	struct digest d;

	for (unsigned i = 0; i < 4; i++)
		entry[36 + i] = (char)(unsigned char)(bytes.n >> (8 * i));
	digest_begin(&d, (struct str){ 0 });
	digest_add(&d, entry, 40);
	digest_add(&d, entry + 56, bytes.n - 56);
	digest_end(&d, sum);
	memcpy(entry + 40, sum, 16);
}

static bool decode(struct str bytes, unsigned who, struct arena *mem, struct cache_hit *hit)
{
	struct cache_key key = sample_key(who);
	/* in a block of its own length, so that the sanitizer sees every byte read behind it */
	char *exact = malloc(bytes.n ? bytes.n : 1);
	bool good;

	assert_non_null(exact);
	memcpy(exact, bytes.p, bytes.n);
	good = entry_decode((struct str){ exact, bytes.n }, &key, mem, hit);
	free(exact);
	return good;
}

static void what_was_encoded_comes_back(void **state)
{
	struct cache_hit hit = { 0 };
	struct cache_ticket ticket;

	assert_true(decode(encoded(7, *state), 7, *state, &hit));
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
	assert_true(decode(buf_str(&out), 1, *state, &hit));
	assert_int_equal(hit.rows->n_rows, 0);
	assert_int_equal(hit.rows->n_cols, 4);
}

static void a_copy_of_another_key_is_refused(void **state)
{
	struct cache_hit hit = { .stored_ms = 42 };

	assert_false(decode(encoded(7, *state), 8, *state, &hit));
	assert_null(hit.rows);
	assert_int_equal(hit.stored_ms, 42);
}

static void every_shorter_and_longer_text_is_refused(void **state)
{
	struct str bytes = encoded(7, *state);
	struct cache_hit hit = { 0 };
	char *longer;

	for (size_t n = 0; n < bytes.n; n++)
		assert_false(decode((struct str){ bytes.p, n }, 7, *state, &hit));
	longer = arena_alloc(*state, bytes.n + 1);
	memcpy(longer, bytes.p, bytes.n);
	assert_false(decode((struct str){ longer, bytes.n + 1 }, 7, *state, &hit));
}

static void every_changed_byte_is_noticed(void **state)
{
	struct str bytes = encoded(7, *state);
	char *changed = arena_alloc(*state, bytes.n);
	struct cache_hit hit = { 0 };

	for (size_t i = 0; i < bytes.n; i++) {
		memcpy(changed, bytes.p, bytes.n);
		changed[i] = (char)(changed[i] ^ 0x10);
		assert_false(decode((struct str){ changed, bytes.n }, 7, *state, &hit));
	}
}

/* Lengths that lie are refused by their bounds, not only by the checksum. */
static void sealed_lies_stay_inside_the_text(void **state)
{
	static const unsigned char lies[] = { 0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF };
	struct str bytes = encoded(7, *state);
	char *changed = arena_alloc(*state, bytes.n);
	size_t refused = 0;

	for (size_t i = 56; i < bytes.n; i++)
		for (size_t k = 0; k < ARRAY_LEN(lies); k++) {
			struct cache_hit hit = { 0 };

			memcpy(changed, bytes.p, bytes.n);
			changed[i] = (char)lies[k];
			seal((struct str){ changed, bytes.n });
			if (decode((struct str){ changed, bytes.n }, 7, *state, &hit))
				assert_int_equal(hit.rows->n_rows * hit.rows->n_cols, 6);
			else
				refused++;
		}
	assert_true(refused > 200);
}

static void rows_without_columns_are_refused(void **state)
{
	struct str bytes = encoded(7, *state);
	char *changed = arena_alloc(*state, bytes.n);
	struct cache_hit hit = { 0 };
	unsigned char key_n;

	memcpy(changed, bytes.p, bytes.n);
	key_n = (unsigned char)changed[72];
	memset(changed + 64, 0xFF, 4);
	memset(changed + 68, 0, 4);
	bytes = (struct str){ changed, 76u + key_n }; /* ends behind the key */
	seal(bytes);
	assert_false(decode(bytes, 7, *state, &hit));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(what_was_encoded_comes_back),
		T(no_rows_are_an_answer_too),
		T(a_copy_of_another_key_is_refused),
		T(every_shorter_and_longer_text_is_refused),
		T(every_changed_byte_is_noticed),
		T(sealed_lies_stay_inside_the_text),
		T(rows_without_columns_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
