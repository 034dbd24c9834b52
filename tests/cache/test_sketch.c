#include "cache/sketch.h"
#include "tests/cmocka_all.h"

/* SplitMix64: the sketch expects hashes. */
static uint64_t hash_of(uint64_t key)
{
	uint64_t z = (key + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static void add(struct sketch *s, uint64_t key, unsigned times)
{
	while (times--)
		sketch_add(s, hash_of(key));
}

static void it_never_tells_less_than_was_seen(void **state)
{
	struct sketch s;

	(void)state;
	sketch_begin(&s, 1024);
	for (unsigned key = 0; key < 1024; key++)
		add(&s, key, key % 9);
	for (unsigned key = 0; key < 1024; key++)
		assert_true(sketch_count(&s, hash_of(key)) >= key % 9);
	sketch_end(&s);
}

static void most_keys_are_told_exactly(void **state)
{
	struct sketch s;
	unsigned exact = 0;

	(void)state;
	sketch_begin(&s, 1024);
	for (unsigned key = 0; key < 1024; key++)
		add(&s, key, key % 9);
	for (unsigned key = 0; key < 1024; key++)
		exact += sketch_count(&s, hash_of(key)) == key % 9;
	assert_true(exact > 900);
	sketch_end(&s);
}

static void it_counts_to_fifteen(void **state)
{
	struct sketch s;

	(void)state;
	sketch_begin(&s, 64);
	add(&s, 1, 100);
	assert_int_equal(sketch_count(&s, hash_of(1)), 15);
	sketch_end(&s);
}

static void what_was_hot_once_is_forgotten(void **state)
{
	struct sketch s;

	(void)state;
	sketch_begin(&s, 64);
	add(&s, 1, 15);
	for (unsigned i = 0; i < 640 - 15; i++)
		add(&s, 1000, 1);
	assert_int_equal(sketch_count(&s, hash_of(1)), 7);
	for (unsigned i = 0; i < 320; i++)
		add(&s, 1000, 1);
	assert_int_equal(sketch_count(&s, hash_of(1)), 3);
	assert_int_equal(sketch_bytes(&s), 64 * 8);
	sketch_end(&s);
}

static void its_size_is_rounded_down(void **state)
{
	struct sketch s;

	(void)state;
	sketch_begin(&s, 0);
	add(&s, 1, 1);
	assert_int_equal(sketch_bytes(&s), 64);
	sketch_end(&s);
	sketch_begin(&s, 1023);
	assert_int_equal(sketch_bytes(&s), 512 * 8);
	sketch_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_never_tells_less_than_was_seen),
		cmocka_unit_test(most_keys_are_told_exactly),
		cmocka_unit_test(it_counts_to_fifteen),
		cmocka_unit_test(what_was_hot_once_is_forgotten),
		cmocka_unit_test(its_size_is_rounded_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
