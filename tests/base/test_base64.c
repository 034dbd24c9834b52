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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_written_as_the_standard_says),
		cmocka_unit_test(text_for_a_url_is_that_of_libsodium),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
