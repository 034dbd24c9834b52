#include "tests/adapters/support.h"

#include <stdio.h>

#include "adapters/fixture.h"

static struct adapter *open_fixture(const char *path)
{
	return support_open((struct adapter_conf){ .driver = "fixture", .connect = path });
}

static const char *const crm = "# call center\n"
			       "part crm\n"
			       "key phone\n"
			       "columns id phone name\n"
			       "C1\t0101\t\xea\xb9\x80\n"
			       "C2\t0102\t\\N\n"
			       "# between rows\n"
			       "C3\t0101\t\n"
			       "\n"
			       "part calls\n"
			       "columns note\n"
			       "a\\tb\\nc\\\\N\n"
			       "part of speech\n"
			       "part none\n";

static void rows_are_chosen_by_the_key(void **state)
{
	(void)state;
	struct adapter *ad = open_fixture(support_file("crm", crm));
	struct fetch *f =
		support_run(ad, ASK(.part = "crm", .columns = "name ID", PARAMS(STR("0101"), STR("0199"))));

	assert_int_equal(f->err.cls, ERR_NONE);
	assert_int_equal(f->rows->n_rows, 2);
	support_cell(f->rows, 0, 0, "\xea\xb9\x80");
	support_cell(f->rows, 0, 1, "C1");
	support_cell(f->rows, 1, 0, "");
	support_cell(f->rows, 1, 1, "C3");
	support_free(&f);
	f = support_run(ad, ASK(.part = "crm", .columns = "id name",
				.params = (struct str[]){ STR("0102"), STR("0101") }, .n_params = 1,
				.n_runs = 2));
	assert_int_equal(f->rows->n_rows, 3);
	support_cell(f->rows, 0, 0, "C2");
	support_cell(f->rows, 0, 1, NULL);
	support_free(&f);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void without_a_key_all_rows_come(void **state)
{
	(void)state;
	struct adapter *ad = open_fixture(support_file("crm", crm));
	struct fetch *f = support_run(ad, ASK(.part = "calls", .columns = "note"));

	assert_int_equal(f->rows->n_rows, 1);
	support_cell(f->rows, 0, 0, "a\tb\nc\\N");
	support_free(&f);
	assert_int_equal(support_run_class(ad, ASK(.part = "calls", .columns = "text")), ERR_SCHEMA);
	assert_int_equal(support_run_class(ad, ASK(.part = "other", .columns = "id")), ERR_SOURCE);
	assert_int_equal(support_run_class(ad, ASK(.part = "none")), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void guards_hold_as_with_odbc(void **state)
{
	(void)state;
	struct adapter *ad = open_fixture(support_file("g", "part p\ncolumns a\none\ntwo\n\xb1\xe8\n"));
	struct fetch *f = support_run(ad, ASK(.part = "p", .columns = "a", .max_rows = 2));

	assert_int_equal(f->rows->n_rows, 2);
	assert_int_equal(f->rows->flags, ROWS_TRUNCATED);
	support_free(&f);
	f = support_run(ad, ASK(.part = "p", .columns = "a"));
	assert_int_equal(f->rows->flags, ROWS_BAD_TEXT);
	support_free(&f);
	assert_int_equal(support_run_class(ad, ASK(.part = "p", .columns = "a", .max_bytes = 5)),
			 ERR_TOO_LARGE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void failures_come_as_written(void **state)
{
	(void)state;
	static const struct {
		const char *file;
		enum err_class cls;
	} cases[] = {
		{ "part p\nfail refused\n", ERR_REFUSED }, { "part p\nfail error\n", ERR_SOURCE },
		{ "part p\nfail auth\n", ERR_AUTH },	   { "part p\nfail late\n", ERR_LATE },
		{ "part p\nfail busy\n", ERR_BUSY },	   { "part p\ndelay 1ms\n", ERR_NONE },
		{ "fail auth\npart p\n", ERR_AUTH },	   { "delay 1ms\nfail refused\n", ERR_REFUSED },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct adapter *ad = open_fixture(support_file("f", cases[i].file));
		struct fetch *f = support_fetch(ASK(.part = "p"));
		struct err err = { 0 };

		if (adapter_submit(ad, f, &err))
			support_wait(f);
		assert_int_equal(err.cls != ERR_NONE ? err.cls : f->err.cls, cases[i].cls);
		support_free(&f);
		assert_int_equal(adapter_close(&ad, 30000), 0);
	}
}

static void silence_ends_at_the_cap(void **state)
{
	(void)state;
	struct adapter *ad = open_fixture(support_file("h", "part h\nhang\npart d\ndelay 3600000ms\n"));

	assert_int_equal(support_run_class(ad, ASK(.part = "h", .cap = deadline_after_ms(20))), ERR_LATE);
	assert_int_equal(support_run_class(ad, ASK(.part = "d", .cap = deadline_after_ms(20))), ERR_LATE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_frozen_fixture_is_left_behind(void **state)
{
	(void)state;
	struct adapter *ad = open_fixture(support_file("z", "part p\nfrozen\n"));
	struct fetch *f = support_fetch(ASK(.part = "p", .cap = deadline_after_ms(1)));

	support_start(ad, f);
	while (adapter_state(ad).queued > 0 || !support_is_up(ad))
		continue;
	assert_int_equal(adapter_close(&ad, 1), 1);
	support_wait(f);
	assert_int_equal(f->err.cls, ERR_LATE);
	support_free(&f);
}

static void a_file_that_comes_later_heals_the_source(void **state)
{
	(void)state;
	struct adapter *ad = open_fixture(support_path("later"));
	struct fetch *f = support_fetch(ASK(.part = "p"));
	struct err err = { 0 };

	if (adapter_submit(ad, f, &err)) {
		support_wait(f);
		err = f->err;
	}
	assert_int_equal(err.cls, ERR_REFUSED);
	support_free(&f);
	support_file("later", "part p\n");
	support_until(support_is_up, ad);
	assert_int_equal(support_run_class(ad, ASK(.part = "p")), ERR_NONE);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void a_wrong_file_is_reported_by_line(void **state)
{
	(void)state;
	static const struct {
		const char *file, *says;
	} cases[] = {
		{ "columns a\n", ":1: expected part, delay, fail, hang or frozen" },
		{ "part p\nrows\n", ":2: expected part, delay, fail, hang, frozen, key or columns" },
		{ "part\n", ":1: part is followed by its name" },
		{ "part p\ndelay 40\n", ":2: a delay is written like 40ms" },
		{ "part p\nfail badly\n", ":2: fail is followed by refused, error, auth, late or busy" },
		{ "part p\ncolumns\n", ":2: columns and key are followed by names of columns" },
		{ "part p\ncolumns a b\n1\n", ":3: the row has fewer cells than there are columns "
					      "(one TAB between two cells)" },
		{ "part p\ncolumns a\n1\t2\n", ":3: the row has more cells than there are columns" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		SCOPED(arena_wipe_free) struct arena *mem = arena_new();
		const char *path = support_file("wrong", cases[i].file);
		struct err err = { 0 };
		char says[256];

		assert_null(fixture_file_read(mem, path, "crm", &err));
		assert_int_equal(err.cls, ERR_CONFIG);
		snprintf(says, sizeof(says), "%s%s", path, cases[i].says);
		assert_string_equal(err.text, says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_chosen_by_the_key),
		cmocka_unit_test(without_a_key_all_rows_come),
		cmocka_unit_test(guards_hold_as_with_odbc),
		cmocka_unit_test(failures_come_as_written),
		cmocka_unit_test(silence_ends_at_the_cap),
		cmocka_unit_test(a_frozen_fixture_is_left_behind),
		cmocka_unit_test(a_file_that_comes_later_heals_the_source),
		cmocka_unit_test(a_wrong_file_is_reported_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, support_group_end);
}
