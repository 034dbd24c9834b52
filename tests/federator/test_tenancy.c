/* test_tenancy.c - tenants as directories, and what they may say of their own. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federator/tenancy.h"

struct fixture {
	struct arena *mem;
	char dir[64];
	struct options opt;
	struct err err;
};

static const char *path(const struct fixture *f, const char *name)
{
	return arena_printf(f->mem, "%s/%s", f->dir, name).p;
}

static void tenant(const struct fixture *f, const char *name, const char *options)
{
	FILE *out;

	assert_int_equal(mkdir(path(f, name), 0700), 0);
	if (!options)
		return;
	out = fopen(path(f, arena_printf(f->mem, "%s/options", name).p), "w");
	assert_non_null(out);
	fputs(options, out);
	fclose(out);
}

static int begin(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->mem = arena_new();
	strcpy(f->dir, "/tmp/fed-tenancy-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_true(options_read(&f->opt, NULL, 0, NULL, f->mem, &f->err));
	f->opt.tenants = f->dir;
	f->opt.queue = 7;
	*state = f;
	return 0;
}

static int end(void **state)
{
	struct fixture *f = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
	arena_wipe_free(&f->mem);
	free(f);
	return 0;
}

static void without_the_option_there_is_one(void **state)
{
	struct fixture *f = *state;
	const struct tenancy *t;

	f->opt.tenants = "";
	f->opt.tenant = "mall";
	f->opt.map = "here";
	t = tenancy_read(&f->opt, f->mem, &f->err);
	assert_non_null(t);
	assert_false(t->many);
	assert_int_equal(t->n, 1);
	assert_string_equal(t->of[0].map, "here");
	assert_int_equal(tenancy_place(t, STR("mall")), 0);
	assert_int_equal(tenancy_place(t, STR("default")), TENANTS_MOST);
}

static void each_directory_is_one_with_options_of_its_own(void **state)
{
	struct fixture *f = *state;
	const struct tenancy *t;

	tenant(f, "mall", "# a comment\nagent-requests = 9\ncache-bytes = 2M\n");
	tenant(f, "bank", NULL);
	tenant(f, ".git", "listen = x\n");
	fclose(fopen(path(f, "README"), "w"));
	f->opt.map = "common";
	t = tenancy_read(&f->opt, f->mem, &f->err);
	assert_non_null(t);
	assert_true(t->many);
	assert_int_equal(t->n, 2);
	assert_int_equal(tenancy_place(t, STR("bank")), 0);
	assert_int_equal(tenancy_place(t, STR("mall")), 1);
	assert_int_equal(tenancy_place(t, STR("mal")), TENANTS_MOST);
	assert_int_equal(tenancy_place(t, STR("")), TENANTS_MOST);
	assert_string_equal(t->of[1].tenant, "mall");
	assert_string_equal(t->of[1].map, arena_printf(f->mem, "common:%s/mall/map", f->dir).p);
	assert_string_equal(t->of[1].secrets, path(f, "mall/secrets"));
	assert_int_equal(t->of[1].agent_requests, 9);
	assert_int_equal(t->of[1].cache_bytes, 2 << 20);
	assert_int_equal(t->of[1].queue, 7);
	assert_int_equal(t->of[0].agent_requests, f->opt.agent_requests);
	assert_int_equal(t->of[0].queue, 7);
	assert_string_equal(options_origin(&t->of[1], "agent-requests"), "mall/options:2");
}

static void what_a_tenant_may_not_say(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = { { "purpose = x\nlisten = 0.0.0.0:1\n", "'listen' is the same for all" },
		    { "keys = /etc/mine\n", "'keys' is the same for all" },
		    { "tenant = bank\n", "'tenant' is the same for all" },
		    { "secrets = /etc/federator/tenants/bank/secrets\n", "'secrets' is the same for all" },
		    { "map = ../bank/map\n", "'map' is the same for all" },
		    { "cache-bites = 1\n", "did you mean 'cache-bytes'" },
		    { "cache-bytes = 1\n", "takes a whole number" },
		    { "cache-bytes\n", "expected: name = value" } };
	struct fixture *f = *state;

	tenant(f, "bank", NULL);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *name = arena_printf(f->mem, "bad%zu", i).p;

		tenant(f, name, bad[i].text);
		assert_null(tenancy_read(&f->opt, f->mem, &f->err));
		assert_non_null(strstr(f->err.text, bad[i].says));
		assert_ptr_equal(strstr(f->err.where, name), f->err.where);
		assert_non_null(strstr(f->err.where, "/options:"));
		unlink(path(f, arena_printf(f->mem, "%s/options", name).p));
	}
}

static void names_and_how_many(void **state)
{
	struct fixture *f = *state;

	assert_null(tenancy_read(&f->opt, f->mem, &f->err));
	assert_non_null(strstr(f->err.text, "holds no directory"));
	for (int i = 0; i < TENANTS_MOST; i++)
		tenant(f, arena_printf(f->mem, "t%d", i).p, NULL);
	assert_non_null(tenancy_read(&f->opt, f->mem, &f->err));
	tenant(f, "more", NULL);
	assert_null(tenancy_read(&f->opt, f->mem, &f->err));
	assert_non_null(strstr(f->err.text, "more than 64"));
	assert_int_equal(rmdir(path(f, "more")), 0);
	assert_int_equal(rmdir(path(f, "t0")), 0);
	tenant(f, "a}b", NULL);
	assert_null(tenancy_read(&f->opt, f->mem, &f->err));
	assert_non_null(strstr(f->err.text, "no name of a tenant"));
	f->opt.tenants = "/nowhere";
	assert_null(tenancy_read(&f->opt, f->mem, &f->err));
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(without_the_option_there_is_one),
		STORY(each_directory_is_one_with_options_of_its_own),
		STORY(what_a_tenant_may_not_say),
		STORY(names_and_how_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
