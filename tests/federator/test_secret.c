#include "tests/cmocka_all.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federator/secret.h"

struct fixture {
	struct arena *mem;
	struct str got;
	struct err err;
	char dir[64], path[128];
};

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->mem = arena_new();
	strcpy(f->dir, "/tmp/fed-secret-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/crm", f->dir);
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	arena_wipe_free(&f->mem);
	free(f);
	return 0;
}

static void put(struct fixture *f, const void *bytes, size_t n, mode_t mode)
{
	int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static bool take(struct fixture *f)
{
	return secret_read(f->dir, "crm", f->mem, &f->got, &f->err);
}

static void one_trailing_newline_is_not_part_of_it(void **state)
{
	struct fixture *f = *state;

	put(f, "a b\n\n", 5, 0600);
	assert_true(take(f));
	assert_true(str_eq(f->got, STR("a b\n")));
	put(f, "x", 1, 0400);
	assert_true(take(f));
	assert_string_equal(f->got.p, "x");
}

static void a_file_that_others_can_read_is_refused_with_advice(void **state)
{
	struct fixture *f = *state;

	put(f, "x", 1, 0640);
	assert_false(take(f));
	assert_int_equal(f->err.cls, ERR_CONFIG);
	assert_non_null(strstr(f->err.text, "chmod 600"));
	put(f, "x", 1, 0604);
	assert_false(take(f));
}

static void a_missing_empty_binary_or_huge_file_is_refused(void **state)
{
	static char huge[SECRET_BYTES_MAX + 1];
	struct fixture *f = *state;

	assert_false(take(f));
	put(f, "\n", 1, 0600);
	assert_false(take(f));
	put(f, "a\0b", 3, 0600);
	assert_false(take(f));
	memset(huge, 'x', sizeof(huge));
	put(f, huge, sizeof(huge), 0600);
	assert_false(take(f));
	put(f, huge, sizeof(huge) - 1, 0600);
	assert_true(take(f));
}

static void a_name_cannot_leave_the_directory(void **state)
{
	struct fixture *f = *state;

	put(f, "x", 1, 0600);
	assert_false(secret_read(f->dir, "../crm", f->mem, &f->got, &f->err));
	assert_false(secret_read(f->dir, "..", f->mem, &f->got, &f->err));
	assert_false(secret_read(f->dir, "", f->mem, &f->got, &f->err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_trailing_newline_is_not_part_of_it, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_others_can_read_is_refused_with_advice, begin,
						end),
		cmocka_unit_test_setup_teardown(a_missing_empty_binary_or_huge_file_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_name_cannot_leave_the_directory, begin, end),
	};

	unsetenv("CREDENTIALS_DIRECTORY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
