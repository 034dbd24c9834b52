#include "base/base64.h"

#include <sodium.h>

#include "tests/cmocka_all.h"

/* The examples of RFC 4648, section 10, and what tells its two alphabets apart. */
static void bytes_are_written_as_the_standard_says(void **state)
{
	static const struct {
		struct str bytes;
		const char *text;
	} cases[] = {
		{ STR(""), "" },	       { STR("f"), "Zg==" },	    { STR("fo"), "Zm8=" },
		{ STR("foo"), "Zm9v" },	       { STR("foob"), "Zm9vYg==" }, { STR("fooba"), "Zm9vYmE=" },
		{ STR("foobar"), "Zm9vYmFy" }, { STR("\0\xff\x10"), "AP8Q" }, { STR("\xfb\xff"), "+/8=" },
	};
	struct arena *mem = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str text = base64_write(cases[i].bytes, mem);

		assert_true(str_eq(text, str_of(cases[i].text)));
		assert_int_equal(base64_length(cases[i].bytes.n), text.n);
	}
	arena_wipe_free(&mem);
}

static void text_for_a_url_is_that_of_libsodium(void **state)
{
	unsigned char bytes[64];
	char got[100], want[100];

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		for (unsigned first = 0; first < 256; first++) {
			for (size_t i = 0; i < n; i++)
				bytes[i] = (unsigned char)(first + 37 * i);
			memset(got, 'x', sizeof(got));
			sodium_bin2base64(want, sizeof(want), bytes, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
			assert_int_equal(base64_url((struct str){ (const char *)bytes, n }, got), strlen(want));
			assert_string_equal(got, want);
		}
	}
}

static void text_for_a_url_is_read_back(void **state)
{
	unsigned char bytes[64], got[64];
	char text[100];
	size_t n_got;

	(void)state;
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		for (size_t i = 0; i < n; i++)
			bytes[i] = (unsigned char)(251 * n + 37 * i);
		base64_url((struct str){ (const char *)bytes, n }, text);
		assert_true(base64_url_read(str_of(text), got, n, &n_got));
		assert_int_equal(n_got, n);
		assert_memory_equal(got, bytes, n);
		assert_true(n == 0 || !base64_url_read(str_of(text), got, n - 1, &n_got));
	}
}

/* Each would be a second text of the same bytes, or none of any. */
static void no_other_text_is_read(void **state)
{
	static const struct str texts[] = {
		STR("Zg=="), STR("Zh"), STR("Zm9"), STR("Z"), STR("Zg\n"), STR(" Zg"), STR("Zg "), STR("+/8"),
		STR("Zm9v\0"), STR("-_\xc3"), STR("Zm\xff""v"),
	};
	unsigned char got[8];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(base64_url_read(texts[i], got, sizeof(got), &n));
	assert_false(base64_url_read((struct str){ 0 }, got, sizeof(got), &n));
	assert_true(base64_url_read(STR("-_8"), got, sizeof(got), &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_written_as_the_standard_says),
		cmocka_unit_test(text_for_a_url_is_that_of_libsodium),
		cmocka_unit_test(text_for_a_url_is_read_back),
		cmocka_unit_test(no_other_text_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
