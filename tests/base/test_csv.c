#include "base/csv.h"
#include "tests/cmocka_all.h"

static struct arena *mem;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static struct csv read_good(const char *text)
{
	struct csv_fault fault;
	struct csv csv;

	if (!csv_read(str_of(text), mem, &csv, &fault))
		fail_msg("%zu: %s", fault.at, fault.what);
	return csv;
}

/* NULL: the cell is NULL. */
static void assert_cell(struct csv csv, size_t at, const char *text)
{
	assert_true(at < csv.n_rows * csv.n_cols);
	assert_true(str_eq(csv.cells[at].text, str_of(text)));
}

static void rows_follow_a_header(void **state)
{
	struct csv csv = read_good("no,name\n1,한별\r\n2,Lee\n");

	(void)state;
	assert_int_equal(csv.n_cols, 2);
	assert_int_equal(csv.n_rows, 2);
	assert_true(str_eq(csv.header[1].text, STR("name")));
	assert_cell(csv, 0, "1");
	assert_cell(csv, 1, "한별");
	assert_cell(csv, 3, "Lee");
	assert_int_equal(read_good("a").n_rows, 0);
	assert_int_equal(read_good("\n a\n\n").n_cols, 1);
}

static void an_empty_cell_is_null_and_an_empty_text_is_quoted(void **state)
{
	struct csv csv = read_good("a,b,c\n,\"\", \n");

	(void)state;
	assert_cell(csv, 0, NULL);
	assert_cell(csv, 1, "");
	assert_cell(csv, 2, NULL);
}

static void quotes_keep_commas_quotes_line_breaks_and_blanks(void **state)
{
	struct csv csv = read_good("a,b\n\"x, y\",\"say \"\"hi\"\"\"\n \" two\nlines \" , \"\"\"\" ");

	(void)state;
	assert_int_equal(csv.n_rows, 2);
	assert_cell(csv, 0, "x, y");
	assert_cell(csv, 1, "say \"hi\"");
	assert_cell(csv, 2, " two\nlines ");
	assert_cell(csv, 3, "\"");
}

static void blanks_around_cells_and_blank_lines_do_not_count(void **state)
{
	struct csv csv = read_good("\n   no , name\n\n\t 1\t,  two words \n   \n   2 , x\r\n");

	(void)state;
	assert_int_equal(csv.n_rows, 2);
	assert_true(str_eq(csv.header[0].text, STR("no")));
	assert_cell(csv, 0, "1");
	assert_cell(csv, 1, "two words");
	assert_cell(csv, 3, "x");
}

static void cells_know_where_they_stand(void **state)
{
	static const char text[] = "a, bc\n \"x\"\"\" ,z";
	struct csv csv = read_good(text);

	(void)state;
	assert_int_equal(csv.header[1].at, 3);
	assert_int_equal(csv.header[1].n, 2);
	assert_int_equal(csv.cells[0].at, 7);
	assert_int_equal(csv.cells[0].n, 5);
	assert_int_equal(csv.cells[1].at, strlen(text) - 1);
}

static void faults_say_where_they_are(void **state)
{
	static const struct {
		const char *text;
		size_t at;
		const char *what;
	} bad[] = {
		{ "", 0, "no header" },
		{ " \n\n ", 0, "no header" },
		{ "a,b\n1\n", 4, "1 cells, the header 2" },
		{ "a,b\n1,2,3", 4, "3 cells, the header 2" },
		{ "a\n\"x", 2, "does not end" },
		{ "a\n\"x\"\"", 2, "does not end" },
		{ "a\n\"x\"y", 5, "closing quote" },
		{ "a\nx\"y\"", 3, "a quote inside" },
		{ "\"", 0, "does not end" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct csv_fault fault = { 0 };
		struct csv csv;

		assert_false(csv_read(str_of(bad[i].text), mem, &csv, &fault));
		assert_int_equal(fault.at, bad[i].at);
		if (!strstr(fault.what, bad[i].what))
			fail_msg("%s: %s", bad[i].text, fault.what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_follow_a_header),
		cmocka_unit_test(an_empty_cell_is_null_and_an_empty_text_is_quoted),
		cmocka_unit_test(quotes_keep_commas_quotes_line_breaks_and_blanks),
		cmocka_unit_test(blanks_around_cells_and_blank_lines_do_not_count),
		cmocka_unit_test(cells_know_where_they_stand),
		cmocka_unit_test(faults_say_where_they_are),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
