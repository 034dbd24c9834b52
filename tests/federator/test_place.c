#include "tests/cmocka_all.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federator/demo/files.h"
#include "federator/demo/place.h"

/* A scratch directory with an example mapping of two files. */
struct scratch {
	struct arena *mem;
	struct err err;
	char root[32];
	const char *example, *dir, *mapping;
};

static const struct generate_conf small = {20, 1};

static const char *in(struct scratch *s, const char *dir, const char *name)
{
	return arena_printf(s->mem, "%s/%s", dir, name).p;
}

static void write_text(struct scratch *s, const char *path, const char *text)
{
	assert_true(files_write(path, str_of(text), 0644, &s->err));
}

static const char *text_of(struct scratch *s, const char *path)
{
	SCOPED(buf_free) struct buf text = {0};

	assert_true(files_read(path, &text, &s->err));
	return arena_cstr(s->mem, buf_str(&text));
}

static int set_up(void **state)
{
	struct arena *mem = arena_new();
	struct scratch *s = arena_new_of(mem, struct scratch);

	s->mem = mem;
	strcpy(s->root, "/tmp/test_place_XXXXXX");
	assert_non_null(mkdtemp(s->root));
	s->example = in(s, s->root, "example");
	s->dir = in(s, s->root, "a/b/demo");
	assert_true(files_make_directory(s->example, &s->err));
	write_text(s, in(s, s->example, "keys.xml"), "<keys/>");
	write_text(s, in(s, s->example, "sources.xml"), "<sources/>");
	*state = s;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int tear_down(void **state)
{
	struct scratch *s = *state;
	struct arena *mem = s->mem;

	nftw(s->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	arena_wipe_free(&mem);
	return 0;
}

static bool make(struct scratch *s, const struct generate_conf *conf)
{
	return place_make(s->dir, s->example, conf, s->mem, &s->mapping, &s->err);
}

static void a_new_directory_gets_all_that_a_service_needs(void **state)
{
	static const char *const names[] = {"callcenter", "web", "warehouse"};
	struct scratch *s = *state;
	struct stat st;

	assert_true(make(s, &small));
	assert_string_equal(s->mapping, in(s, s->dir, "mapping"));
	assert_string_equal(text_of(s, in(s, s->mapping, "keys.xml")), "<keys/>");
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *secret = in(s, in(s, s->mapping, "secrets"), names[i]);
		const char *database = arena_printf(s->mem, "%s/%s.db", s->dir, names[i]).p;

		assert_int_equal(stat(secret, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_non_null(strstr(text_of(s, secret), database));
		assert_non_null(strstr(text_of(s, secret), "mode=ro"));
		assert_int_equal(stat(database, &st), 0);
		assert_true(st.st_size > 4096);
	}
}

static void a_directory_of_somebody_else_is_left_alone(void **state)
{
	struct scratch *s = *state;

	assert_true(files_make_directory(s->dir, &s->err));
	write_text(s, in(s, s->dir, "letter"), "dear");
	assert_false(make(s, &small));
	assert_int_equal(s->err.cls, ERR_CONFIG);
	assert_int_not_equal(access(in(s, s->dir, "mapping"), F_OK), 0);
	assert_string_equal(text_of(s, in(s, s->dir, "letter")), "dear");
}

static void an_edited_mapping_and_the_rows_stay(void **state)
{
	struct scratch *s = *state;
	struct stat before, after;

	assert_true(make(s, &small));
	write_text(s, in(s, s->mapping, "keys.xml"), "<edited/>");
	assert_int_equal(stat(in(s, s->dir, "web.db"), &before), 0);
	assert_true(make(s, &small));
	assert_int_equal(stat(in(s, s->dir, "web.db"), &after), 0);
	assert_true(before.st_ino == after.st_ino);
	assert_string_equal(text_of(s, in(s, s->mapping, "keys.xml")), "<edited/>");
}

static void a_changed_example_is_copied_again(void **state)
{
	struct scratch *s = *state;

	assert_true(make(s, &small));
	write_text(s, in(s, s->example, "keys.xml"), "<newer/>");
	assert_int_equal(unlink(in(s, s->example, "sources.xml")), 0);
	assert_true(make(s, &small));
	assert_int_not_equal(access(in(s, s->mapping, "sources.xml"), F_OK), 0);
	assert_string_equal(text_of(s, in(s, s->mapping, "keys.xml")), "<newer/>");
}

static void another_company_replaces_the_rows(void **state)
{
	const struct generate_conf larger = {60, 1};
	struct scratch *s = *state;
	struct stat before, after;

	assert_true(make(s, &small));
	assert_int_equal(stat(in(s, s->dir, "web.db"), &before), 0);
	assert_true(make(s, &larger));
	assert_int_equal(stat(in(s, s->dir, "web.db"), &after), 0);
	assert_true(after.st_size > before.st_size);
}

static void a_name_the_driver_would_misread_is_refused(void **state)
{
	struct scratch *s = *state;

	s->dir = in(s, s->root, "why?not");
	assert_false(make(s, &small));
	assert_int_equal(s->err.cls, ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_new_directory_gets_all_that_a_service_needs, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_directory_of_somebody_else_is_left_alone, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(an_edited_mapping_and_the_rows_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_changed_example_is_copied_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_company_replaces_the_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_the_driver_would_misread_is_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
