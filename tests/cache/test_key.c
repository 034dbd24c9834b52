#include "cache/cache.h"

#include "tests/cmocka_all.h"

static const unsigned char one[DIGEST_BYTES] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x55 };

static struct cache_key key_of(struct str tenant, struct str salt, const struct str *asked, size_t n)
{
	struct cache_key key;

	cache_key_make(&key, tenant, one, salt, asked, n);
	return key;
}

static void a_key_names_tenant_definition_and_a_hash(void **state)
{
	const struct str asked[] = { STR("phone"), STR("+821012345678") };
	struct cache_key key = key_of(STR("mall"), STR("s"), asked, 2);

	(void)state;
	assert_memory_equal(key.text, "fed1:mall:0123456789abcdef:", 27);
	assert_int_equal(strlen(key.text), 27 + 32);
	assert_null(strstr(key.text, "8210"));
}

static void whatever_differs_makes_another_key(void **state)
{
	const struct str a[] = { STR("phone"), STR("12") }, b[] = { STR("phone1"), STR("2") },
			 null[] = { STR("phone"), { 0 } }, empty[] = { STR("phone"), STR("") };
	const struct cache_key keys[] = {
		key_of(STR("t"), STR("s"), a, 2),     key_of(STR("t"), STR("s"), b, 2),
		key_of(STR("t"), STR("s"), null, 2),  key_of(STR("t"), STR("s"), empty, 2),
		key_of(STR("t"), STR("s2"), a, 2),    key_of(STR("u"), STR("s"), a, 2),
		key_of(STR("t"), STR("s"), a, 1),     key_of(STR("t"), (struct str){ 0 }, a, 2),
		key_of(STR("t:x"), STR("s"), a, 2),   key_of(STR("t x"), STR("s"), a, 2),
		key_of(STR(""), STR("s"), a, 2),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(keys[i].text, keys[k].text);
}

static void the_same_question_makes_the_same_key(void **state)
{
	const struct str asked[] = { STR("phone"), STR("12") };
	struct cache_key a = key_of(STR("t"), STR("s"), asked, 2), b = key_of(STR("t"), STR("s"), asked, 2);

	(void)state;
	assert_string_equal(a.text, b.text);
}

static void another_definition_makes_another_key(void **state)
{
	unsigned char other[DIGEST_BYTES];
	struct cache_key a = key_of(STR("t"), STR("s"), NULL, 0), b;

	(void)state;
	memcpy(other, one, sizeof(other));
	other[7]++;
	cache_key_make(&b, STR("t"), other, STR("s"), NULL, 0);
	assert_string_not_equal(a.text, b.text);
}

static void odd_tenants_and_long_salts_fit(void **state)
{
	char longest[200];
	struct cache_key key, other;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	key = key_of((struct str){ longest, 64 }, (struct str){ longest, 200 }, NULL, 0);
	assert_int_equal(strlen(key.text), 5 + 64 + 1 + 16 + 1 + 32);
	key = key_of((struct str){ longest, 65 }, (struct str){ longest, 199 }, NULL, 0);
	other = key_of((struct str){ longest, 66 }, (struct str){ longest, 199 }, NULL, 0);
	assert_memory_equal(key.text, "fed1:~", 6);
	assert_string_not_equal(key.text, other.text);
	key = key_of(STR("한국:\n"), STR("s"), NULL, 0);
	for (const char *c = key.text; *c; c++)
		assert_in_range(*c, '!', '~');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_names_tenant_definition_and_a_hash),
		cmocka_unit_test(whatever_differs_makes_another_key),
		cmocka_unit_test(the_same_question_makes_the_same_key),
		cmocka_unit_test(another_definition_makes_another_key),
		cmocka_unit_test(odd_tenants_and_long_salts_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
