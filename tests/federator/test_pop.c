/* test_pop.c - a question as bytes and back. */
#include "federator/http/pop.h"
#include "tests/cmocka_all.h"

static struct pop by_keys(void)
{
	struct pop pop = { .agent = "kim.1",
			   .ask = { .n_by = 2, .tenant = STR("t"), .role = STR("agent"), .purpose = STR("p"),
				    .contact = STR("call-7"), .view = STR("pop"), .budget_ms = 300, .no_cache = true,
				    .has_max_stale = true, .max_stale_s = 9 } };

	pop_id_make(pop.id);
	pop.ask.by[0].name = STR("phone");
	pop.ask.by[0].value = STR("010-1234-5678");
	pop.ask.by[1].name = STR("order");
	pop.ask.by[1].value = STR("A1");
	return pop;
}

static void questions_come_back_one_after_the_other(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf bytes = { 0 };
	struct pop one = by_keys(), two = { .ask = { .id = STR("c.sealed"), .provenance = true } }, got;
	struct str rest;

	(void)state;
	pop_write(&one, &bytes);
	pop_write(&two, &bytes);
	rest = buf_str(&bytes);
	assert_true(pop_read(&rest, mem, &got));
	assert_string_equal(got.id, one.id);
	assert_string_equal(got.agent, "kim.1");
	assert_int_equal(got.ask.n_by, 2);
	assert_true(str_eq(got.ask.by[1].value, STR("A1")));
	assert_true(str_eq(got.ask.view, STR("pop")));
	assert_true(str_eq(got.ask.contact, STR("call-7")));
	assert_true(!got.ask.tenant.p && !got.ask.role.p && !got.ask.purpose.p); /* the sender's are none of ours */
	assert_int_equal(got.ask.budget_ms, 300);
	assert_true(got.ask.has_max_stale && !got.ask.has_max_age);
	assert_int_equal(got.ask.max_stale_s, 9);
	assert_true(got.ask.no_cache && !got.ask.provenance && !got.ask.id.p);
	assert_true(pop_read(&rest, mem, &got));
	assert_true(str_eq(got.ask.id, STR("c.sealed")));
	assert_true(got.ask.provenance && !got.ask.no_cache && got.ask.n_by == 0 && !got.ask.contact.n);
	assert_int_equal(rest.n, 0);
	assert_false(pop_read(&rest, mem, &got));
}

static void further_keys_replace_those_there_are(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf bytes = { 0 };
	struct pop one = by_keys(), got = by_keys();
	struct str rest;

	(void)state;
	one.ask.n_by = 1;
	one.ask.by[0].value = STR("010-9999-0000");
	pop_write_keys(&one.ask, &bytes);
	rest = buf_str(&bytes);
	assert_true(pop_read_keys(&rest, mem, &got.ask));
	assert_int_equal(rest.n, 0);
	assert_int_equal(got.ask.n_by, 1);
	assert_true(str_eq(got.ask.by[0].value, STR("010-9999-0000")));
	assert_true(str_eq(got.ask.view, STR("pop")));
	for (size_t n = 0; n < bytes.len; n++) {
		rest = (struct str){ bytes.data, n };
		assert_false(pop_read_keys(&rest, mem, &got.ask));
		assert_int_equal(rest.n, n);
	}
}

static void what_is_cut_off_is_none(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	SCOPED(buf_free) struct buf bytes = { 0 };
	struct pop one = by_keys(), got = { 0 };

	(void)state;
	pop_write(&one, &bytes);
	for (size_t n = 0; n < bytes.len; n++) {
		struct str rest = { bytes.data, n };

		assert_false(pop_read(&rest, mem, &got));
		assert_int_equal(rest.n, n);
	}
	assert_int_equal(got.ask.n_by, 0);
}

static void ids_differ(void **state)
{
	struct pop one = by_keys(), two = by_keys();

	(void)state;
	assert_int_equal(strlen(one.id), POP_ID_BYTES - 1);
	assert_string_not_equal(one.id, two.id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_come_back_one_after_the_other),
		cmocka_unit_test(further_keys_replace_those_there_are),
		cmocka_unit_test(what_is_cut_off_is_none),
		cmocka_unit_test(ids_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
