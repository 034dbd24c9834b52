#include "cache/name.h"

#include "tests/cmocka_all.h"

static const unsigned char one[DIGEST_BYTES] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x55 };

static struct cache_key key_of(struct str tenant, struct str salt, const struct str *asked, size_t n)
{
	const struct cache_asked all = { .tenant = tenant,
					 .salt = salt,
					 .definition = one,
					 .values = asked,
					 .n_values = n };
	struct cache_key key;

	cache_key_make(&key, &all);
	return key;
}

static void a_key_names_tenant_definition_and_a_hash(void **state)
{
	const struct str asked[] = { STR("phone"), STR("+821012345678") };
	struct cache_key key = key_of(STR("mall"), STR("s"), asked, 2);

	(void)state;
	assert_memory_equal(key.text, "fed2:c:{mall:", 13);
	assert_memory_equal(key.text + 13 + 16, "}:", 2);
	assert_int_equal(strlen(key.text), 13 + 16 + 2 + 11);
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
	other[5]++;
	cache_key_make(&b, &(struct cache_asked){ .tenant = STR("t"), .salt = STR("s"), .definition = other });
	assert_string_not_equal(a.text, b.text);
}

/* Whatever is asked for one customer lies in one sheaf, at a place of its own. */
static void a_tag_says_in_which_sheaf_a_copy_lies(void **state)
{
	const struct str order[] = { STR("order"), STR("1") }, other[] = { STR("order"), STR("2") };
	struct cache_name tag = { "abcdefghijklmnop" };
	struct cache_asked all = { .tenant = STR("t"), .salt = STR("s"), .definition = one, .tag = &tag };
	struct cache_key keys[3];

	(void)state;
	cache_key_make(&keys[0], &all);
	assert_memory_equal(keys[0].text, "fed2:c:{t:abcdefghijklmnop}:ASNFZ4mr", 36);
	assert_memory_equal(&(uint64_t){ name_key_place(&keys[0]) }, one, 8);
	all.n_values = 2;
	all.values = order;
	cache_key_make(&keys[1], &all);
	all.values = other;
	cache_key_make(&keys[2], &all);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		assert_true(str_eq(name_key_sheaf(&keys[i]), STR("fed2:c:{t:abcdefghijklmnop}")));
		assert_true(str_eq(name_key_tag(&keys[i]), STR("abcdefghijklmnop")));
		assert_int_not_equal(name_key_place(&keys[i]), 0);
		assert_int_not_equal(name_key_place(&keys[i]), name_key_place(&keys[(i + 1) % 3]));
	}
}

static void a_name_is_of_tenant_salt_key_and_value(void **state)
{
	static const struct {
		struct str tenant, salt, key, value;
	} all[] = {
		{ STR("t"), STR("s"), STR("phone"), STR("12") },  { STR("u"), STR("s"), STR("phone"), STR("12") },
		{ STR("t"), STR("r"), STR("phone"), STR("12") },  { STR("t"), STR("s"), STR("phone1"), STR("2") },
		{ STR("t"), STR("s"), STR("phone"), STR("123") },
	};
	struct cache_name names[ARRAY_LEN(all)], again;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		cache_name_make(&names[i], all[i].tenant, all[i].salt, all[i].key, all[i].value);
		cache_name_make(&again, all[i].tenant, all[i].salt, all[i].key, all[i].value);
		assert_string_equal(names[i].text, again.text);
		assert_int_equal(strlen(names[i].text), 16);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(names[i].text, names[k].text);
	}
}

static void odd_tenants_and_long_salts_fit(void **state)
{
	char longest[200];
	struct cache_key key, other;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	key = key_of((struct str){ longest, 64 }, (struct str){ longest, 200 }, NULL, 0);
	assert_int_equal(strlen(key.text), 8 + 64 + 1 + 16 + 2 + 11);
	key = key_of((struct str){ longest, 65 }, (struct str){ longest, 199 }, NULL, 0);
	other = key_of((struct str){ longest, 66 }, (struct str){ longest, 199 }, NULL, 0);
	assert_memory_equal(key.text, "fed2:c:{~", 9);
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
		cmocka_unit_test(a_tag_says_in_which_sheaf_a_copy_lies),
		cmocka_unit_test(a_name_is_of_tenant_salt_key_and_value),
		cmocka_unit_test(odd_tenants_and_long_salts_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
