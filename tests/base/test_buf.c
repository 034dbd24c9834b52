#include "base/buf.h"
#include "tests/cmocka_all.h"

#include <stdlib.h>

static void an_empty_buffer_is_the_empty_text(void **state)
{
	struct buf b = { 0 };
	size_t len = 99;
	char *taken;

	(void)state;
	assert_non_null(buf_str(&b).p);
	assert_int_equal(buf_str(&b).n, 0);
	taken = buf_take(&b, &len);
	assert_string_equal(taken, "");
	assert_int_equal(len, 0);
	free(taken);
	buf_free(&b);
}

static void everything_put_is_there_in_order(void **state)
{
	SCOPED(buf_free) struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "ab");
	buf_putc(&b, 'c');
	buf_put(&b, "d\0e", 3);
	buf_put_str(&b, (struct str){ NULL, 0 });
	buf_put_str(&b, STR("f"));
	buf_printf(&b, "%03d", 7);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.data, "abcd\0ef007", 11);
}

static void it_grows_and_stays_terminated(void **state)
{
	SCOPED(buf_free) struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		buf_putc(&b, (char)('a' + i % 26));
		assert_int_equal(b.data[b.len], '\0');
	}
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(b.data[i], 'a' + i % 26);
	buf_printf(&b, "%*d", 50000, 1);
	assert_int_equal(b.len, 60000);
	assert_int_equal(b.data[59999], '1');
}

static void reserved_room_is_filled_by_the_caller(void **state)
{
	SCOPED(buf_free) struct buf b = { 0 };

	(void)state;
	buf_puts(&b, "x");
	memset(buf_reserve(&b, 1000), 'y', 1000);
	assert_int_equal(b.len, 1);
	b.len += 1000;
	buf_putc(&b, 'z');
	assert_int_equal(b.len, 1002);
	assert_string_equal(b.data + 1000, "yz");
}

static void lent_bytes_are_left_when_they_do_not_do(void **state)
{
	char bytes[8];
	struct buf b = buf_over(bytes, sizeof(bytes));

	(void)state;
	buf_puts(&b, "1234567");
	assert_ptr_equal(b.data, bytes);
	assert_string_equal(bytes, "1234567");
	buf_putc(&b, '8');
	assert_ptr_not_equal(b.data, bytes);
	assert_string_equal(b.data, "12345678");
	assert_memory_equal(bytes, "\0\0\0\0\0\0\0", sizeof(bytes));
	buf_free(&b);
	b = buf_over(bytes, sizeof(bytes));
	buf_puts(&b, "short");
	buf_free(&b);
	assert_memory_equal(bytes, "\0\0\0\0\0\0\0", sizeof(bytes));
}

static void taking_empties_the_buffer(void **state)
{
	struct buf b = { 0 };
	char *taken;
	size_t len;

	(void)state;
	memcpy(buf_reserve(&b, 4), "four", 4);
	b.len += 4;
	taken = buf_take(&b, &len);
	assert_string_equal(taken, "four");
	assert_int_equal(len, 4);
	assert_null(b.data);
	buf_puts(&b, "new");
	assert_string_equal(taken, "four");
	free(taken);
	buf_free(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_the_empty_text),
		cmocka_unit_test(everything_put_is_there_in_order),
		cmocka_unit_test(it_grows_and_stays_terminated),
		cmocka_unit_test(reserved_room_is_filled_by_the_caller),
		cmocka_unit_test(lent_bytes_are_left_when_they_do_not_do),
		cmocka_unit_test(taking_empties_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
