#include "base/digest.h"
#include "tests/cmocka_all.h"

static void hex_of(struct str key, struct str data, char out[2 * DIGEST_BYTES + 1])
{
	unsigned char bytes[DIGEST_BYTES];
	struct digest d;

	digest_begin(&d, key);
	digest_add(&d, data.p, data.n);
	digest_end(&d, bytes);
	digest_hex(bytes, sizeof(bytes), out);
}

static void it_is_blake2b_256(void **state)
{
	char hex[2 * DIGEST_BYTES + 1];

	(void)state; /* known answers of Python's hashlib.blake2b(digest_size=32) */
	hex_of((struct str){ NULL, 0 }, STR(""), hex);
	assert_string_equal(hex, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
	hex_of((struct str){ NULL, 0 }, STR("abc"), hex);
	assert_string_equal(hex, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	hex_of(STR("0123456789abcdef"), STR("abc"), hex);
	assert_string_equal(hex, "66b4857d42c644c61fca8c0bcea243e0e75088582c7964bbac6b92c02381d9c7");
}

static void pieces_give_the_digest_of_the_whole(void **state)
{
	unsigned char bytes[DIGEST_BYTES];
	char whole[2 * DIGEST_BYTES + 1], pieces[2 * DIGEST_BYTES + 1];
	struct digest d;

	(void)state;
	hex_of(STR("k"), STR("abcdef"), whole);
	digest_begin(&d, STR("k"));
	digest_add(&d, "ab", 2);
	digest_add(&d, NULL, 0);
	digest_add(&d, "cdef", 4);
	digest_end(&d, bytes);
	digest_hex(bytes, sizeof(bytes), pieces);
	assert_string_equal(pieces, whole);
}

static void views_of(struct str a, struct str b, unsigned char out[DIGEST_BYTES])
{
	struct digest d;

	digest_begin(&d, STR("k"));
	digest_add_str(&d, a);
	digest_add_str(&d, b);
	digest_end(&d, out);
}

static void borders_between_views_count(void **state)
{
	unsigned char a[DIGEST_BYTES], b[DIGEST_BYTES];

	(void)state;
	views_of(STR("ab"), STR("c"), a);
	views_of(STR("a"), STR("bc"), b);
	assert_memory_not_equal(a, b, DIGEST_BYTES);
	views_of(STR("ab"), STR(""), b);
	views_of(STR("ab"), (struct str){ NULL, 0 }, a);
	assert_memory_not_equal(a, b, DIGEST_BYTES);
	views_of(STR("ab"), (struct str){ NULL, 0 }, b);
	assert_memory_equal(a, b, DIGEST_BYTES);
}

static void sip_depends_on_bytes_only(void **state)
{
	char copy[] = "name";

	(void)state;
	assert_true(digest_sip(STR("name")) == digest_sip(str_of(copy)));
	assert_true(digest_sip(STR("name")) != digest_sip(STR("nam")));
	assert_true(digest_sip(STR("")) == digest_sip((struct str){ NULL, 0 }));
}

static int init(void **state)
{
	struct err err;

	(void)state;
	return digest_init(&err) ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_blake2b_256),
		cmocka_unit_test(pieces_give_the_digest_of_the_whole),
		cmocka_unit_test(borders_between_views_count),
		cmocka_unit_test(sip_depends_on_bytes_only),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
