#include "cache/keyring.h"

#include <stdio.h>

#include "tests/cmocka_all.h"

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
#define HEX_B "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void the_first_seals_and_all_are_found(void **state)
{
	struct err err;
	struct keyring *ring = keyring_parse(STR("# made in May\n\n 7\t" HEX_A " \r\n4294967295 " HEX_B), "keys", &err);
	const unsigned char *first;
	uint32_t number = 0;

	(void)state;
	assert_non_null(ring);
	first = keyring_first(ring, &number);
	assert_int_equal(number, 7);
	assert_ptr_equal(first, keyring_find(ring, 7));
	assert_int_equal(first[1], 0x11);
	assert_int_equal(first[31], 0xff);
	assert_int_equal(keyring_find(ring, UINT32_MAX)[31], 0xef);
	assert_null(keyring_find(ring, 0));
	assert_null(keyring_find(ring, 8));
	keyring_free(&ring);
	assert_null(ring);
	keyring_free(&ring);
}

static void a_single_key_has_the_number_zero(void **state)
{
	static const unsigned char key[KEYRING_KEY_BYTES] = { 1, 2, 3 };
	struct keyring *ring = keyring_of(key);
	uint32_t number = 1;

	(void)state;
	assert_memory_equal(keyring_first(ring, &number), key, sizeof(key));
	assert_int_equal(number, 0);
	assert_non_null(keyring_find(ring, 0));
	keyring_free(&ring);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "holds no key" },
		{ "\n# nothing\n", "holds no key" },
		{ HEX_A, "line 1: expected a number" },
		{ "1 " HEX_A "\n0 " HEX_B, "line 2: expected a number" },
		{ "4294967296 " HEX_A, "line 1: expected a number" },
		{ "99999999999999999999999999 " HEX_A, "line 1: expected a number" },
		{ "-1 " HEX_A, "line 1: expected a number" },
		{ "1", "line 1: expected a number" },
		{ "1 " HEX_A "\n\n1 " HEX_B, "line 3: this number stands in a line above" },
		{ "1 0011", "line 1: expected 64 hexadecimal digits" },
		{ "1 " HEX_A "00", "line 1: expected 64 hexadecimal digits" },
		{ "1 g0112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF", "line 1: expected 64" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err = { 0 };

		assert_null(keyring_parse(str_of(cases[i].text), "cache-key-secret", &err));
		assert_int_equal(err.cls, ERR_CONFIG);
		assert_string_equal(err.where, "cache-key-secret");
		assert_ptr_equal(strstr(err.text, cases[i].told), err.text);
		assert_null(strstr(err.text, "0011"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_seals_and_all_are_found),
		cmocka_unit_test(a_single_key_has_the_number_zero),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
