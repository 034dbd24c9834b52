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
	put(f, "x", 1, 0600);
	assert_int_equal(chmod(f->dir, 0777), 0);
	assert_false(take(f));
	assert_non_null(strstr(f->err.text, "chmod go-w"));
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

/* Two mapping directories and their secrets, made in the fixture's. */
struct tenants {
	struct fixture *f;
	struct options opt;
	const char *common, *own; /* their files of the name crm */
};

static const char *dir_made(struct fixture *f, const char *name)
{
	const char *dir = arena_printf(f->mem, "%s/%s", f->dir, name).p;

	assert_int_equal(mkdir(dir, 0700), 0);
	return dir;
}

static struct tenants tenants_made(struct fixture *f)
{
	struct tenants t = { .f = f };
	const char *common = dir_made(f, "common"), *tenant = dir_made(f, "tenant");

	t.common = arena_printf(f->mem, "%s/crm", dir_made(f, "common/secrets")).p;
	t.own = arena_printf(f->mem, "%s/crm", dir_made(f, "tenant/secrets")).p;
	t.opt = (struct options){ .secrets = "", .map = arena_printf(f->mem, "%s:%s", common, tenant).p };
	return t;
}

static void write_to(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static bool find(struct tenants *t, const char *name)
{
	return secret_find(&t->opt, name, t->f->mem, &t->f->got, &t->f->err);
}

static int end_tenants(void **state)
{
	static const char *const names[] = { "common/secrets/crm", "tenant/secrets/crm" };
	static const char *const dirs[] = { "common/secrets", "tenant/secrets", "common", "tenant" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlink(arena_printf(f->mem, "%s/%s", f->dir, names[i]).p);
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		rmdir(arena_printf(f->mem, "%s/%s", f->dir, dirs[i]).p);
	return end(state);
}

static void a_tenant_s_own_secret_comes_first(void **state)
{
	struct tenants t = tenants_made(*state);

	write_to(t.common, "shared", 0600);
	assert_true(find(&t, "crm"));
	assert_true(str_eq(t.f->got, STR("shared")));
	write_to(t.own, "own", 0600);
	assert_true(find(&t, "crm"));
	assert_true(str_eq(t.f->got, STR("own")));
	t.opt.secrets = arena_printf(t.f->mem, "%s/common/secrets", t.f->dir).p; /* the option names one place */
	assert_true(find(&t, "crm"));
	assert_true(str_eq(t.f->got, STR("shared")));
}

static void a_tenant_s_secret_that_is_no_good_is_not_passed_over(void **state)
{
	struct tenants t = tenants_made(*state);

	write_to(t.common, "shared", 0600);
	write_to(t.own, "own", 0644);
	assert_false(find(&t, "crm"));
	assert_non_null(strstr(t.f->err.text, "chmod 600"));
	write_to(t.own, "", 0600);
	assert_false(find(&t, "crm"));
	unlink(t.own);
	assert_int_equal(symlink("/nonexistent", t.own), 0);
	assert_false(find(&t, "crm"));
}

static void a_secret_that_is_nowhere_names_all_places(void **state)
{
	struct tenants t = tenants_made(*state);
	const char *places = arena_printf(t.f->mem, "no file crm in %s/tenant/secrets, %s/common/secrets", t.f->dir,
					  t.f->dir).p;

	assert_false(find(&t, "crm"));
	assert_int_equal(t.f->err.cls, ERR_CONFIG);
	assert_string_equal(t.f->err.text, places);
	assert_string_equal(t.f->err.where, "secret:crm");
	assert_false(find(&t, "../crm"));
	assert_non_null(strstr(t.f->err.text, "only letters"));
	t.opt.map = "";
	assert_false(find(&t, "crm"));
	assert_non_null(strstr(t.f->err.text, "--secrets"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end_tenants)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_trailing_newline_is_not_part_of_it, begin, end),
		cmocka_unit_test_setup_teardown(a_file_that_others_can_read_is_refused_with_advice, begin,
						end),
		cmocka_unit_test_setup_teardown(a_missing_empty_binary_or_huge_file_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(a_name_cannot_leave_the_directory, begin, end),
		T(a_tenant_s_own_secret_comes_first),
		T(a_tenant_s_secret_that_is_no_good_is_not_passed_over),
		T(a_secret_that_is_nowhere_names_all_places),
	};

	unsetenv("CREDENTIALS_DIRECTORY");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
