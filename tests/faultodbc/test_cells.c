#include "tests/cmocka_all.h"
#include "tests/faultodbc/cells.h"

static const char *cell(const char *column, const char *key, uint32_t customer)
{
	static char text[128];
	struct cell_place at = { .source = "crm", /* 99 + 114 + 109: digit 2 */
				 .table = "orders",
				 .column = column,
				 .key_column = "phone",
				 .key = str_of(key),
				 .customer = customer,
				 .row = 3 };
	SCOPED(buf_free) struct buf out = { 0 };

	cells_write(&at, &out);
	assert_true(out.len < sizeof(text));
	memcpy(text, out.data, out.len + 1);
	return text;
}

static void every_cell_says_whose_it_is(void **state)
{
	(void)state;
	const char *key = "010-0000-4711";

	assert_string_equal(cell("phone", key, 4711), key);
	assert_string_equal(cell("member", key, 4711), "4711");
	assert_string_equal(cell("no", key, 4711), "A00004711R3");
	assert_string_equal(cell("pieces_n", key, 4711), "4711203");
	assert_string_equal(cell("paid_amount", key, 4711), "4711.203");
	assert_string_equal(cell("placed_at", key, 4711), "2020-01-01 01:18:31.203");
	assert_string_equal(cell("title", key, 4711), "crm.orders.title:00004711:3");
}

static void a_key_of_any_kind_leads_to_its_customer(void **state)
{
	(void)state;
	assert_int_equal(cells_customer(STR("4711")), 4711);
	assert_int_equal(cells_customer(STR("010-0000-4711")), 4711);
	assert_int_equal(cells_customer(STR("A00004711R25")), 4711);
	assert_int_equal(cells_customer(STR("")), 0);
	assert_int_equal(cells_first_row(STR("A00004711R25")), 250);
	assert_int_equal(cells_first_row(STR("4711")), 0);
}

static void another_customers_key_is_of_the_same_kind(void **state)
{
	(void)state;
	static const char *const pairs[][2] = { { "4711", "4712" },
						{ "01000004711", "01000004712" },
						{ "A00004711R25", "A00004712R25" } };

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		SCOPED(buf_free) struct buf out = { 0 };

		cells_key_for(str_of(pairs[i][0]), 4712, &out);
		assert_string_equal(out.data, pairs[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cell_says_whose_it_is),
		cmocka_unit_test(a_key_of_any_kind_leads_to_its_customer),
		cmocka_unit_test(another_customers_key_is_of_the_same_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
