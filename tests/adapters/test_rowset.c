#include "tests/adapters/support.h"

#include "adapters/rowset.h"

static struct fetch *asked(uint32_t max_rows, size_t max_bytes)
{
	return support_fetch(
		ASK(.part = "crm", .columns = "id name", .max_rows = max_rows, .max_bytes = max_bytes));
}

static void cells_keep_null_empty_and_text_apart(void **state)
{
	(void)state;
	struct fetch *f = asked(0, 0);
	SCOPED(rowset_drop) struct rowset rs;
	struct err err = { 0 };

	rowset_begin(&rs, f);
	assert_true(rowset_take_row(&rs));
	assert_true(rowset_put(&rs, (struct str){ NULL, 0 }, "s", &err));
	assert_true(rowset_put(&rs, STR(""), "s", &err));
	assert_true(rowset_take_row(&rs));
	assert_true(rowset_put(&rs, STR("x"), "s", &err));
	assert_true(rowset_put(&rs, STR("\xea\xb9\x80"), "s", &err));
	const struct rows *rows = rowset_end(&rs);
	assert_int_equal(rows->n_rows, 2);
	assert_int_equal(rows->flags, 0);
	support_cell(rows, 0, 0, NULL);
	support_cell(rows, 0, 1, "");
	support_cell(rows, 1, 1, "\xea\xb9\x80");
	support_free(&f);
}

static void more_rows_than_allowed_are_marked(void **state)
{
	(void)state;
	struct fetch *f = asked(2, 0);
	SCOPED(rowset_drop) struct rowset rs;

	rowset_begin(&rs, f);
	assert_true(rowset_take_row(&rs));
	assert_true(rowset_take_row(&rs));
	assert_int_equal(rs.flags, 0);
	assert_false(rowset_take_row(&rs));
	assert_int_equal(rs.flags, ROWS_TRUNCATED);
	support_free(&f);
}

static void a_text_that_cannot_be_read_is_told_from_null(void **state)
{
	const struct str unreadable[] = { STR("a\xff"), STR("a\0b"), STR("\0\0") };
	struct fetch *f = asked(0, 0);
	SCOPED(rowset_drop) struct rowset rs;
	struct err err = { 0 };
	const struct rows *rows;
	struct str cell;

	(void)state;
	rowset_begin(&rs, f);
	for (size_t i = 0; i < ARRAY_LEN(unreadable); i++) {
		assert_true(rowset_take_row(&rs));
		assert_true(rowset_put(&rs, STR("1"), "s", &err));
		assert_true(rowset_put(&rs, unreadable[i], "s", &err));
	}
	rows = rowset_end(&rs);
	assert_int_equal(rows->flags, ROWS_BAD_TEXT);
	assert_int_equal(rows->bad_cells, ARRAY_LEN(unreadable));
	for (uint32_t r = 0; r < rows->n_rows; r++) {
		cell = rows_cell(rows, r, 1);
		assert_ptr_equal(cell.p, rows_unread);
	}
	support_free(&f);
}

/* Put a row of two texts; NULL: SQL NULL. */
static void put(struct rowset *rs, const char *id, const char *name)
{
	struct err err = { 0 };

	assert_true(rowset_take_row(rs));
	assert_true(rowset_put(rs, str_of(id), "s", &err));
	assert_true(rowset_put(rs, str_of(name), "s", &err));
}

static void rows_of_an_earlier_run_are_not_put_again(void **state)
{
	static const char *const wanted[][2] = { { "1", "a" }, { "1", "a" }, { "2", NULL }, { "2", "" },
						 { "1", "a" }, { "12", "" } };
	struct fetch *f = asked(ARRAY_LEN(wanted), 0);
	SCOPED(rowset_drop) struct rowset rs;
	const struct rows *rows;

	(void)state;
	f->n_runs = 3;
	rowset_begin(&rs, f);
	rowset_next_run(&rs);
	put(&rs, "1", "a");
	put(&rs, "1", "a"); /* twice in one run: two rows */
	put(&rs, "2", NULL);
	rowset_next_run(&rs);
	put(&rs, "2", ""); /* another row than with NULL */
	put(&rs, "1", "a");
	put(&rs, "2", NULL);
	put(&rs, "1", "a");
	put(&rs, "1", "a"); /* three in one run: one more than the first run had */
	rowset_next_run(&rs);
	put(&rs, "1", "a");
	put(&rs, "12", "");
	put(&rs, "1", "a");
	rows = rowset_end(&rs);
	assert_int_equal(rows->n_rows, ARRAY_LEN(wanted));
	assert_int_equal(rows->flags, 0);
	for (uint32_t r = 0; r < rows->n_rows; r++)
		for (uint32_t c = 0; c < 2; c++)
			support_cell(rows, r, c, wanted[r][c]);
	support_free(&f);
}

static void a_new_row_beyond_the_most_is_marked_in_any_run(void **state)
{
	struct fetch *f = asked(1, 6);
	SCOPED(rowset_drop) struct rowset rs;
	const struct rows *rows;

	(void)state;
	f->n_runs = 3;
	rowset_begin(&rs, f);
	for (uint32_t i = 0; i < 2; i++) {
		rowset_next_run(&rs);
		put(&rs, "1", "ab"); /* what is not kept counts no bytes either */
	}
	rowset_next_run(&rs);
	put(&rs, "2", "ab");
	assert_false(rowset_take_row(&rs));
	rows = rowset_end(&rs);
	assert_int_equal(rows->n_rows, 1);
	assert_int_equal(rows->flags, ROWS_TRUNCATED);
	support_cell(rows, 0, 0, "1");
	support_free(&f);
}

static void more_bytes_than_allowed_fail(void **state)
{
	(void)state;
	struct fetch *f = asked(0, 4);
	SCOPED(rowset_drop) struct rowset rs;
	struct err err = { 0 };

	rowset_begin(&rs, f);
	assert_true(rowset_take_row(&rs));
	assert_true(rowset_put(&rs, STR("abc"), "s", &err));
	assert_true(rowset_fits(&rs, 1, "s", &err));
	assert_false(rowset_put(&rs, STR("de"), "s", &err));
	assert_int_equal(err.cls, ERR_TOO_LARGE);
	assert_string_equal(err.text, "part crm: the rows have more than 4 bytes");
	support_free(&f);
}

static void bad_text_is_told_from_null_and_counted(void **state)
{
	(void)state;
	struct fetch *f = asked(0, 0);
	SCOPED(rowset_drop) struct rowset rs;
	struct err err = { 0 };

	rowset_begin(&rs, f);
	assert_true(rowset_take_row(&rs));
	assert_true(rowset_put(&rs, STR("\xb1\xe8"), "s", &err));
	assert_true(rowset_put(&rs, STR("good"), "s", &err));
	const struct rows *rows = rowset_end(&rs);
	assert_true(rows_is_unread(rows_cell(rows, 0, 0)));
	support_cell(rows, 0, 1, "good");
	assert_int_equal(rows->flags, ROWS_BAD_TEXT);
	assert_int_equal(rows->bad_cells, 1);
	support_free(&f);
}

static void bytes_become_base64_and_count_as_such(void **state)
{
	(void)state;
	static const bool bytes[] = { true, false };
	struct fetch *f = asked(0, 12);
	SCOPED(rowset_drop) struct rowset rs;
	struct err err = { 0 };

	f->bytes = bytes;
	rowset_begin(&rs, f);
	assert_true(rowset_take_row(&rs));
	assert_true(rowset_put(&rs, STR("\xb1\xe8\0\xff"), "s", &err));
	assert_true(rowset_put(&rs, STR("abcd"), "s", &err));
	assert_true(rowset_take_row(&rs));
	assert_true(rowset_put(&rs, (struct str){ NULL, 0 }, "s", &err));
	assert_true(rowset_put(&rs, STR(""), "s", &err));
	assert_true(rowset_take_row(&rs));
	assert_false(rowset_put(&rs, STR("a"), "s", &err));
	assert_int_equal(err.cls, ERR_TOO_LARGE);
	const struct rows *rows = rowset_end(&rs);
	support_cell(rows, 0, 0, "segA/w==");
	support_cell(rows, 0, 1, "abcd");
	support_cell(rows, 1, 0, NULL);
	assert_int_equal(rows->flags, 0);
	support_free(&f);
}

static void columns_are_matched_by_name(void **state)
{
	(void)state;
	static const char *const names[] = { "NAME", "extra", "Id" }, *const twice[] = { "id", "name", "ID" };
	struct fetch *f = asked(0, 0);
	struct err err = { 0 };
	size_t at[2];

	assert_true(rowset_match(f, names, 3, "s", at, &err));
	assert_int_equal(at[0], 2);
	assert_int_equal(at[1], 0);
	assert_false(rowset_match(f, names, 2, "s", at, &err));
	assert_int_equal(err.cls, ERR_SCHEMA);
	assert_string_equal(err.text, "part crm: the answer has no column \"id\"");
	assert_false(rowset_match(f, twice, 3, "s", at, &err));
	assert_string_equal(err.text, "part crm: the answer has two columns \"id\"; rename one with AS");
	support_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_keep_null_empty_and_text_apart),
		cmocka_unit_test(more_rows_than_allowed_are_marked),
		cmocka_unit_test(a_text_that_cannot_be_read_is_told_from_null),
		cmocka_unit_test(rows_of_an_earlier_run_are_not_put_again),
		cmocka_unit_test(a_new_row_beyond_the_most_is_marked_in_any_run),
		cmocka_unit_test(more_bytes_than_allowed_fail),
		cmocka_unit_test(bad_text_is_told_from_null_and_counted),
		cmocka_unit_test(bytes_become_base64_and_count_as_such),
		cmocka_unit_test(columns_are_matched_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
