#include "tests/adapters/support.h"

#include <stdio.h>

/* What adapters/ makes of the fault driver: rows, and for each fault the right class. */

static const char orders[] = "SELECT member, no, title, pieces_n FROM orders WHERE member IN (?,?)";
static const char columns[] = "member title pieces_n";

static struct adapter *open_fault(const char *control)
{
	char connect[512];

	support_file("faults", control);
	snprintf(connect, sizeof(connect), "Driver={Fault};Source=shop;Control=%s;Rows={orders:3}",
		 support_path("faults"));
	return support_open((struct adapter_conf){ .driver = "odbc", .connect = connect, .pool = 1 });
}

static struct fetch *fetch(struct adapter *ad, uint32_t max_rows)
{
	return support_run(ad, ASK(.sql = orders, .columns = columns, .max_rows = max_rows,
				   PARAMS(STR("4711"), STR("12"))));
}

static void rows_come_back(void **state)
{
	(void)state;
	struct adapter *ad = open_fault("");
	struct fetch *f = fetch(ad, 100);

	assert_int_equal(f->err.cls, ERR_NONE);
	assert_int_equal(f->rows->n_rows, 6);
	support_cell(f->rows, 0, 0, "4711");
	support_cell(f->rows, 5, 1, "shop.orders.title:00000012:2");
	support_cell(f->rows, 5, 2, "12202"); /* s + h + o + p = 442 */
	support_free(&f);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

static void each_fault_has_its_class(void **state)
{
	(void)state;
	static const struct {
		const char *control;
		enum err_class cls;
	} faults[] = {
		{ "shop exec-error\n", ERR_SOURCE },
		{ "shop exec-deadlock\n", ERR_SOURCE },
		{ "shop exec-reset\n", ERR_REFUSED },
		{ "shop fetch-error after=1\n", ERR_SOURCE },
		{ "shop fetch-reset after=1\n", ERR_REFUSED },
		{ "shop column-drop\n", ERR_SCHEMA },
		{ "shop column-rename\n", ERR_SCHEMA },
		{ "shop column-reorder\n", ERR_NONE },
		{ "shop idle-reset\n", ERR_NONE },
		{ "shop long-text bytes=50000\n", ERR_NONE },
		{ "other exec-error\n", ERR_NONE },
	};

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		struct adapter *ad = open_fault(faults[i].control);

		for (int turn = 0; turn < 2; turn++) {
			struct fetch *f = fetch(ad, 100);

			if (f->err.cls != faults[i].cls)
				fail_msg("%s: class %d: %s", faults[i].control, f->err.cls, f->err.text);
			support_free(&f);
		}
		assert_int_equal(adapter_close(&ad, 30000), 0);
	}
}

static void a_huge_result_is_cut_and_says_so(void **state)
{
	(void)state;
	struct adapter *ad = open_fault("shop huge rows=1000\n");
	struct fetch *f = fetch(ad, 100);

	assert_int_equal(f->err.cls, ERR_NONE);
	assert_int_equal(f->rows->n_rows, 100);
	assert_true(f->rows->flags & ROWS_TRUNCATED);
	support_free(&f);
	assert_int_equal(adapter_close(&ad, 30000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_back),
		cmocka_unit_test(each_fault_has_its_class),
		cmocka_unit_test(a_huge_result_is_cut_and_says_so),
	};
	struct err err = { 0 };

	if (!adapters_init(FAULT_ODBC_DIR, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, support_group_end);
}
