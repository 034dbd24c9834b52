#include "tests/adapters/support.h"

static const struct str cells[] = { STR("C1"), STR("a\tb"), STR("C2"), { NULL, 0 }, STR("C3"), STR("") };
static const struct rows three = { .n_rows = 3, .n_cols = 2, .cells = cells };

/* `owner` is the error class to fail with, or NULL. */
static bool answer(void *owner, const struct fetch *f, const struct rows **rows_out, struct err *err)
{
	const enum err_class *cls = owner;

	if (cls)
		return err_set(err, *cls, f->part, "says the test");
	*rows_out = &three;
	return true;
}

static struct adapter *open_stand_in(enum err_class *cls)
{
	return support_open((struct adapter_conf){ .answer = answer, .answer_owner = cls });
}

static void rows_are_there_when_submit_returns(void **state)
{
	struct adapter *ad = open_stand_in(NULL);
	struct fetch *f = support_fetch(ASK(.columns = "id name"));

	(void)state;
	support_start(ad, f);
	assert_true(support_is_done(f));
	assert_int_equal(f->err.cls, ERR_NONE);
	assert_int_equal(f->rows->n_rows, 3);
	assert_int_equal(f->rows->flags, 0);
	support_cell(f->rows, 0, 1, "a\tb");
	support_cell(f->rows, 1, 1, NULL);
	support_cell(f->rows, 2, 1, "");
	support_wait(f);
	support_free(&f);
	assert_int_equal(adapter_close(&ad, 0), 0);
}

static void the_guards_of_every_driver_hold(void **state)
{
	struct adapter *ad = open_stand_in(NULL);
	struct fetch *f = support_run(ad, ASK(.columns = "id name", .max_rows = 2));
	struct err err = { 0 };

	(void)state;
	assert_int_equal(f->rows->n_rows, 2);
	assert_int_equal(f->rows->flags, ROWS_TRUNCATED);
	support_free(&f);
	f = support_fetch(ASK(.columns = "id name", .max_bytes = 6));
	assert_false(adapter_submit(ad, f, &err));
	assert_int_equal(err.cls, ERR_TOO_LARGE);
	support_free(&f);
	assert_int_equal(adapter_close(&ad, 0), 0);
}

static void binary_data_is_base64_already(void **state)
{
	struct adapter *ad = open_stand_in(NULL);
	struct fetch *f = support_run(ad, ASK(.columns = "id name", .all_bytes = true));

	(void)state;
	support_cell(f->rows, 0, 0, "C1");
	support_free(&f);
	assert_int_equal(adapter_close(&ad, 0), 0);
}

static void a_failure_is_one_of_submit(void **state)
{
	enum err_class cls = ERR_LATE;
	struct adapter *ad = open_stand_in(&cls);
	struct fetch *f = support_fetch(ASK(.columns = "id name"));
	struct err err = { 0 };

	(void)state;
	assert_false(adapter_submit(ad, f, &err));
	assert_int_equal(err.cls, ERR_LATE);
	assert_false(support_is_done(f));
	assert_null(f->rows);
	support_free(&f);
	assert_int_equal(adapter_close(&ad, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_there_when_submit_returns),
		cmocka_unit_test(the_guards_of_every_driver_hold),
		cmocka_unit_test(binary_data_is_base64_already),
		cmocka_unit_test(a_failure_is_one_of_submit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
