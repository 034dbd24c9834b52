#include "cache/pack.h"

#include <stdlib.h>
#include <zstd.h>

#include "tests/cmocka_all.h"

static void what_repeats_itself_is_packed_and_comes_back(void **state)
{
	SCOPED(buf_free) struct buf plain = { 0 }, packed = { 0 }, again = { 0 };
	struct packer *p = packer_new(NULL);

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		buf_printf(&plain, "order %u delivered;", i);
	buf_puts(&packed, "<");
	assert_true(pack(p, buf_str(&plain), INT64_MAX, &packed));
	assert_true(packed.len < plain.len / 3);
	assert_int_equal(packed.data[0], '<');
	assert_true(unpack(p, (struct str){ packed.data + 1, packed.len - 1 }, &again));
	assert_true(str_eq(buf_str(&plain), buf_str(&again)));
	packer_free(&p);
	assert_null(p);
	packer_free(&p);
}

static void what_does_not_pay_is_left(void **state)
{
	SCOPED(buf_free) struct buf packed = { 0 };
	char same[PACK_LEAST] = { 0 };
	char noise[4096];
	struct packer *p = packer_new(NULL);
	uint32_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)(unsigned char)((seed = seed * 1664525 + 1013904223) >> 24);
	assert_false(pack(p, (struct str){ noise, sizeof(noise) }, INT64_MAX, &packed));
	assert_false(pack(p, (struct str){ same, sizeof(same) - 1 }, INT64_MAX, &packed));
	assert_int_equal(packed.len, 0);
	assert_true(pack(p, (struct str){ same, sizeof(same) }, INT64_MAX, &packed));
	packer_free(&p);
}

/* 64 MiB of zeros are a few kilobytes packed: they are not made, and a frame that lies about its length is refused. */
static void what_grows_too_large_is_refused(void **state)
{
	size_t n = 2 * (size_t)PACK_MOST, bound = ZSTD_compressBound(n);
	char *zeros = calloc(n, 1), *frame = malloc(bound);
	SCOPED(buf_free) struct buf out = { 0 };
	struct packer *p = packer_new(NULL);
	size_t packed;

	(void)state;
	assert_non_null(zeros);
	assert_non_null(frame);
	packed = ZSTD_compress(frame, bound, zeros, n, 1);
	assert_false(ZSTD_isError(packed));
	assert_false(unpack(p, (struct str){ frame, packed }, &out));
	assert_false(pack(p, (struct str){ zeros, n }, INT64_MAX, &out));
	packed = ZSTD_compress(frame, bound, zeros, 100000, 1);
	assert_true(unpack(p, (struct str){ frame, packed }, &out));
	out.len = 0;
	assert_false(unpack(p, (struct str){ frame, packed - 1 }, &out));
	frame[5] ^= 1; /* the length in the frame's header */
	assert_false(unpack(p, (struct str){ frame, packed }, &out));
	assert_int_equal(out.len, 0);
	free(zeros);
	free(frame);
	packer_free(&p);
}

static void other_bytes_are_refused(void **state)
{
	SCOPED(buf_free) struct buf out = { 0 };
	struct packer *p = packer_new(NULL);

	(void)state;
	assert_false(unpack(p, (struct str){ 0 }, &out));
	assert_false(unpack(p, STR("(\xb5/\xfd"), &out));
	assert_false(unpack(p, STR("anything else"), &out));
	assert_int_equal(out.len, 0);
	packer_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_repeats_itself_is_packed_and_comes_back),
		cmocka_unit_test(what_does_not_pay_is_left),
		cmocka_unit_test(what_grows_too_large_is_refused),
		cmocka_unit_test(other_bytes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
