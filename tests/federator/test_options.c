#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "federator/options.h"

struct fixture {
	struct arena *mem;
	struct options opt;
	struct err err;
	char file[64];
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->mem = arena_new();
	strcpy(f->file, "/tmp/fed-options-XXXXXX");
	close(mkstemp(f->file));
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	unlink(f->file);
	arena_wipe_free(&f->mem);
	free(f);
	return 0;
}

static void write_file(struct fixture *f, const char *text)
{
	FILE *out = fopen(f->file, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

#define READ_FLAGS(f, file, ...)                                                                             \
	options_read(&(f)->opt, file, (int)ARRAY_LEN(((const char *[]){ __VA_ARGS__ })),                     \
		     (char *const *)(uintptr_t)(const char *[]){ __VA_ARGS__ }, (f)->mem, &(f)->err)

static void defaults_are_those_of_the_table(void **state)
{
	struct fixture *f = *state;

	assert_true(options_read(&f->opt, NULL, 0, NULL, f->mem, &f->err));
	assert_string_equal(f->opt.listen, "127.0.0.1:8080");
	assert_int_equal(f->opt.cache_timeout_ms, 20);
	assert_string_equal(f->opt.origin[0], "default");
}

static void flags_win_over_the_file_and_the_file_over_defaults(void **state)
{
	struct fixture *f = *state;
	struct buf out = { 0 };

	write_file(f, "# comment\n\n role = desk # 7 \nqueue=9\n");
	assert_true(READ_FLAGS(f, f->file, "--queue", "11", "--purpose=audit"));
	assert_string_equal(f->opt.role, "desk # 7");
	assert_int_equal(f->opt.queue, 11);
	assert_string_equal(f->opt.purpose, "audit");
	options_print(&f->opt, true, &out);
	assert_non_null(strstr(out.data, "queue = 11   # --queue\n"));
	assert_non_null(strstr(out.data, ":3\n")); /* role: file and line */
	assert_non_null(strstr(out.data, "drain = 5000   # default\n"));
	buf_free(&out);
}

static void numbers_take_units(void **state)
{
	struct fixture *f = *state;

	assert_true(READ_FLAGS(f, NULL, "--drain", "2s", "--cache-bytes", "4M", "--id-ttl=2h",
			       "--cache-timeout=7ms"));
	assert_int_equal(f->opt.drain_ms, 2000);
	assert_int_equal(f->opt.cache_bytes, 4 * 1024 * 1024);
	assert_int_equal(f->opt.id_ttl_s, 7200);
	assert_int_equal(f->opt.cache_timeout_ms, 7);
}

static void an_unknown_name_gets_a_suggestion(void **state)
{
	struct fixture *f = *state;

	f->opt.queue = 77;
	assert_false(READ_FLAGS(f, NULL, "--quue", "3"));
	assert_int_equal(f->err.cls, ERR_CONFIG);
	assert_non_null(strstr(f->err.text, "'queue'"));
	assert_int_equal(f->opt.queue, 77); /* untouched */
}

static void a_bad_line_is_told_with_its_place(void **state)
{
	struct fixture *f = *state;

	write_file(f, "role = x\nnonsense\n");
	assert_false(options_read(&f->opt, f->file, 0, NULL, f->mem, &f->err));
	assert_non_null(strstr(f->err.where, ":2"));
}

static void a_file_may_be_for_some_options_only(void **state)
{
	static const char *const allowed[] = { "queue", "purpose" };
	struct fixture *f = *state;
	const struct option_file file = {
		.path = f->file, .shown = "mine", .allowed = allowed, .n_allowed = ARRAY_LEN(allowed)
	};
	struct options over;

	assert_true(READ_FLAGS(f, NULL, "--queue", "11", "--role=boss"));
	write_file(f, "purpose = audit\n");
	assert_true(options_over(&f->opt, &file, f->mem, &over, &f->err));
	assert_string_equal(over.purpose, "audit");
	assert_string_equal(options_origin(&over, "purpose"), "mine:1");
	assert_int_equal(over.queue, 11);
	assert_string_equal(options_origin(&over, "role"), "--role");
	assert_string_equal(f->opt.purpose, "service");
	write_file(f, "queue = 3\nrole = x\n");
	assert_false(options_over(&f->opt, &file, f->mem, &over, &f->err));
	assert_string_equal(f->err.where, "mine:2");
	assert_int_equal(f->err.cls, ERR_CONFIG);
}

static void a_number_out_of_range_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_false(READ_FLAGS(f, NULL, "--loops", "65"));
	assert_non_null(strstr(f->err.text, "from 1 to 64"));
	assert_null(strstr(f->err.text, "unit"));
	assert_false(READ_FLAGS(f, NULL, "--loops", "-1"));
	assert_false(READ_FLAGS(f, NULL, "--id-ttl", "1w"));
	assert_non_null(strstr(f->err.text, "with a unit: s, m, h, d, not '1w'"));
	assert_false(READ_FLAGS(f, NULL, "--drain", "99999999999999999999s"));
	assert_false(READ_FLAGS(f, NULL, "--loops"));
}

static void a_missing_file_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_false(options_read(&f->opt, "/nonexistent/federator.conf", 0, NULL, f->mem, &f->err));
	assert_int_equal(f->err.cls, ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(defaults_are_those_of_the_table, begin, end),
		cmocka_unit_test_setup_teardown(a_file_may_be_for_some_options_only, begin, end),
		cmocka_unit_test_setup_teardown(flags_win_over_the_file_and_the_file_over_defaults, begin,
						end),
		cmocka_unit_test_setup_teardown(numbers_take_units, begin, end),
		cmocka_unit_test_setup_teardown(an_unknown_name_gets_a_suggestion, begin, end),
		cmocka_unit_test_setup_teardown(a_bad_line_is_told_with_its_place, begin, end),
		cmocka_unit_test_setup_teardown(a_number_out_of_range_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_missing_file_is_an_error, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
