/* test_guarded.c - a file is believed only where nobody else can put another one in its place. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federator/guarded.h"

enum { STRANGER = 65534 };

/* top/dir/file and top/other/link, which leads to it. */
struct fixture {
	struct arena *mem;
	struct err err;
	char top[32], dir[64], other[64], file[96], link[96];
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	FILE *file;

	assert_non_null(f);
	f->mem = arena_new();
	strcpy(f->top, "/tmp/fed-guard-XXXXXX");
	assert_non_null(mkdtemp(f->top));
	snprintf(f->dir, sizeof(f->dir), "%s/dir", f->top);
	snprintf(f->other, sizeof(f->other), "%s/other", f->top);
	snprintf(f->file, sizeof(f->file), "%s/file", f->dir);
	snprintf(f->link, sizeof(f->link), "%s/link", f->other);
	assert_int_equal(mkdir(f->dir, 0700), 0);
	assert_int_equal(mkdir(f->other, 0700), 0);
	file = fopen(f->file, "w");
	assert_non_null(file);
	fputs("x", file);
	fclose(file);
	assert_int_equal(chmod(f->file, 0600), 0);
	assert_int_equal(symlink(f->file, f->link), 0);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	unlink(f->link);
	unlink(f->file);
	rmdir(f->other);
	rmdir(f->dir);
	rmdir(f->top);
	arena_wipe_free(&f->mem);
	free(f);
	return 0;
}

static bool takes(struct fixture *f, const char *path, enum guard guard)
{
	struct str got;

	f->err = (struct err){ 0 };
	if (guarded_read(path, guard, 10, "there", f->mem, &got, &f->err))
		return true;
	assert_int_equal(f->err.cls, ERR_CONFIG);
	assert_string_equal(f->err.where, "there");
	return false;
}

/* For both guards of files that the service reads; it says which directory it is about. */
static void refused(struct fixture *f, const char *path, const char *dir)
{
	for (enum guard guard = GUARD_WRITING; guard <= GUARD_READING; guard++) {
		assert_false(takes(f, path, guard));
		assert_non_null(strstr(f->err.text, path));
		assert_non_null(strstr(f->err.text, dir));
	}
	assert_true(takes(f, path, GUARD_ELSEWHERE));
}

static void taken(struct fixture *f, const char *path)
{
	assert_true(takes(f, path, GUARD_WRITING));
	assert_true(takes(f, path, GUARD_READING));
}

static void directory_that_all_may_write_is_refused(void **state)
{
	struct fixture *f = *state;

	taken(f, f->file);
	assert_int_equal(chmod(f->dir, 0707), 0);
	refused(f, f->file, "chmod go-w");
	assert_int_equal(chmod(f->dir, 0700), 0);
	assert_int_equal(chmod(f->top, 0702), 0);
	refused(f, f->file, f->top);
	assert_int_equal(chmod(f->top, 01777), 0);
	taken(f, f->file);
	assert_int_equal(chmod(f->dir, 01777), 0);
	taken(f, f->file);
}

static void so_are_those_of_links(void **state)
{
	struct fixture *f = *state;

	taken(f, f->link);
	assert_int_equal(chmod(f->other, 0777), 0);
	refused(f, f->link, f->other);
	taken(f, f->file);
	assert_int_equal(chmod(f->other, 0700), 0);
	assert_int_equal(chmod(f->dir, 0777), 0);
	refused(f, f->link, f->dir);
}

static void group_of_the_service_may_write(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(chmod(f->dir, 0770), 0);
	assert_int_equal(chown(f->dir, (uid_t)-1, getegid()), 0);
	taken(f, f->file);
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(f->dir, (uid_t)-1, STRANGER), 0);
	refused(f, f->file, "chmod go-w");
	assert_true(takes(f, f->file, GUARD_TENDING));
	assert_int_equal(chmod(f->dir, 0750), 0);
	taken(f, f->file);
}

static void directory_of_another_user_is_refused(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(f->dir, STRANGER, (gid_t)-1), 0);
	refused(f, f->file, "of another user");
	assert_true(takes(f, f->file, GUARD_TENDING));
	assert_int_equal(chown(f->dir, 0, (gid_t)-1), 0);
	assert_int_equal(chown(f->top, STRANGER, (gid_t)-1), 0);
	taken(f, f->file);
	assert_int_equal(chmod(f->top, 01777), 0); /* its owner may do what the sticky bit forbids */
	refused(f, f->file, f->top);
}

static void what_is_not_there_yet_has_a_place(void **state)
{
	struct fixture *f = *state;
	struct err err;

	assert_int_equal(unlink(f->file), 0);
	assert_true(guarded_place(f->file, GUARD_READING, "there", &err));
	assert_int_equal(chmod(f->dir, 0777), 0);
	assert_false(guarded_place(f->file, GUARD_READING, "there", &err));
	assert_false(guarded_place("/nowhere/at/all", GUARD_READING, "there", &err));
	assert_int_equal(chdir(f->dir), 0);
	assert_false(guarded_place("file", GUARD_READING, "there", &err));
	assert_int_equal(chmod(f->dir, 0700), 0);
	assert_true(guarded_place("file", GUARD_READING, "there", &err));
	assert_int_equal(chdir("/"), 0);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		STORY(directory_that_all_may_write_is_refused),
		STORY(so_are_those_of_links),
		STORY(group_of_the_service_may_write),
		STORY(directory_of_another_user_is_refused),
		STORY(what_is_not_there_yet_has_a_place),
	};

	return cmocka_run_group_tests_name("guarded", tests, NULL, NULL);
}
