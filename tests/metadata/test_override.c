/* Several directories, one mapping set: what a later one may replace, and what is said when it may not. */
#include "tests/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metadata/test.h"
#include "metadata/weblogs.h"
#include "tests/metadata/loading.h"

#define A_LOG(class, path) \
	"<weblog name='w' store='s' writer='secret:w' class='" class "'><file path='" path "'/></weblog>"
#define COMMON \
	"<source name='s' connect='secret:s' dialect='sqlite' zone='UTC' pool='1'/>" \
	"<key name='id' role='identity' type='integer'/>" \
	"<class name='open'/><class name='tel' mask='phone'/>" \
	"<codes name='tier'><code is='V' from='1'/></codes>" \
	"<part name='p' source='s' rows='0..1' deadline='50ms' ttl='1s' stale='0s'>" \
	"<query by='id'>SELECT id, a FROM t WHERE id IN (:id...)</query>" \
	"<column name='id' type='integer' gives='id' proves='id'/><column name='a' type='text'/></part>" \
	"<part name='q' source='s' rows='0..9' deadline='50ms' ttl='1s' stale='0s'>" \
	"<query by='id'>SELECT id, a, at FROM u WHERE id IN (:id...)</query>" \
	"<column name='id' type='integer' proves='id'/><column name='a' type='text'/>" \
	"<column name='at' type='timestamp'/></part>" \
	"<field path='f' class='tel'><from part='p' column='a'/></field>" \
	"<field path='g' class='open' codes='tier'><from part='p' column='a'/></field>" \
	"<list path='l' parts='q' class='open' limit='3'><field path='a'/><field path='at'/></list>" \
	"<timeline path='t' limit='9'><of list='l' at='at'/></timeline>" \
	"<view name='v' by='id' budget='300ms'><use path='f'/><use path='g'/><use path='t'/></view>" \
	"<policy role='agent' purpose='service'><show class='open'/></policy>" \
	"<policy role='agent' purpose='service'><show class='tel'/></policy>"

struct fixture {
	struct arena *mem;
	struct diags *ds;
	const char *root;
	const struct catalog *cat;
};

static struct fixture f;

static int begin(void **state)
{
	char dir[] = "/tmp/fed-override-XXXXXX";

	(void)state;
	f = (struct fixture){ .mem = arena_new() };
	f.ds = diags_new(f.mem);
	assert_non_null(mkdtemp(dir));
	f.root = arena_cstr(f.mem, str_of(dir));
	return 0;
}

static void drop(const char *dir)
{
	(void)unlink(arena_printf(f.mem, "%s/%s/z.xml", f.root, dir).p);
	(void)rmdir(arena_printf(f.mem, "%s/%s", f.root, dir).p);
}

static int end(void **state)
{
	static const char *const dirs[] = { "common", "tenant", "more", "b/common", "b" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(dirs); i++)
		drop(dirs[i]);
	assert_int_equal(rmdir(f.root), 0);
	catalog_unref(&f.cat);
	arena_wipe_free(&f.mem);
	return 0;
}

/* One file in a directory; the name is that of the others, so only the directory's order counts. */
static void put(const char *dir, const char *body)
{
	const char *path = arena_printf(f.mem, "%s/%s", f.root, dir).p;
	FILE *out;

	assert_int_equal(mkdir(path, 0700), 0);
	out = fopen(arena_printf(f.mem, "%s/z.xml", path).p, "we");
	assert_non_null(out);
	fputs(loading_mapping(f.mem, body).p, out);
	assert_int_equal(fclose(out), 0);
}

static const struct catalog *load(const char *first, const char *second)
{
	catalog_unref(&f.cat);
	f.ds = diags_new(f.mem);
	f.cat = catalog_load(arena_printf(f.mem, "%s/%s:%s/%s", f.root, first, f.root, second).p, f.ds);
	return f.cat;
}

static const struct catalog *must_load(void)
{
	if (!load("common", "tenant")) {
		loading_show(f.ds);
		fail_msg("the directories do not load");
	}
	return f.cat;
}

static void directories_are_one_set_in_their_order(void **state)
{
	const struct catalog *cat;
	char revision[sizeof(cat->revision)];

	(void)state;
	put("tenant", "<field path='more' class='open'><from part='p' column='a'/></field>");
	put("common", COMMON);
	cat = must_load();
	assert_int_equal(cat->n_fields, 3);
	assert_true(str_eq(cat->fields[2].path, STR("more")));
	assert_int_equal(cat->n_files, 2);
	assert_string_equal(cat->files[0].name, "common:z.xml");
	assert_string_equal(cat->files[1].name, "tenant:z.xml");
	assert_string_equal(cat->fields[2].at.file, arena_printf(f.mem, "%s/tenant/z.xml", f.root).p);
	assert_string_equal(cat->fields[1].from[0].at.name, "common:z.xml"); /* what provenance says */
	assert_string_equal(cat->fields[2].from[0].at.name, "tenant:z.xml");
	strcpy(revision, cat->revision);
	drop("tenant");
	put("tenant", "<class name='other'/>");
	assert_string_not_equal(must_load()->revision, revision);
}

static void a_later_directory_replaces_each_kind_wholly(void **state)
{
	const struct catalog *cat;

	(void)state;
	put("common", COMMON);
	put("tenant",
	    "<source name='s' connect='secret:mine' dialect='sqlite' zone='Asia/Seoul' pool='3' override='true'/>"
	    "<key name='id' role='identity' type='digits' override='true'/>"
	    "<codes name='tier' override='true'><code is='A' from='1'/><code is='B'/></codes>"
	    "<class name='tel' mask='all' override='1'/>"
	    "<part name='p' source='s' rows='0..1' deadline='70ms' ttl='1s' stale='0s' override='true'>"
	    "<query by='id'>SELECT no, a FROM mine WHERE no IN (:id...)</query>"
	    "<column name='no' type='text' gives='id' proves='id'/><column name='a' type='text'/></part>"
	    "<field path='f' class='open' override='true'><from part='p' column='a'/></field>"
	    "<list path='l' parts='q' class='tel' limit='2' override='true'><field path='at'/></list>"
	    "<timeline path='t' limit='5' override='true'><of list='l' at='at'/></timeline>"
	    "<view name='v' by='id' budget='200ms' override='true'><use path='f'/><use path='t'/></view>");
	cat = must_load();
	assert_int_equal(cat->n_sources, 1);
	assert_string_equal(cat->sources[0].secret, "mine");
	assert_int_equal(cat->n_keys, 1);
	assert_int_equal(cat->identity->type, KEY_DIGITS);
	assert_int_equal(cat->n_codes, 1);
	assert_int_equal(cat->codes[0].n, 2);
	assert_int_equal(cat->n_classes, 2);
	assert_int_equal(cat->classes[1].mask, MASK_ALL);
	assert_int_equal(cat->n_parts, 2);
	assert_int_equal(cat->parts[0].deadline_ms, 70);
	assert_int_equal(cat->n_fields, 2);
	assert_string_equal(cat->fields[0].cls->name, "open");
	assert_int_equal(cat->n_lists, 1);
	assert_int_equal(cat->lists[0].n_fields, 1);
	assert_int_equal(cat->timelines[0].limit, 5);
	assert_int_equal(cat->n_views, 1);
	assert_int_equal(cat->views[0].budget_ms, 200);
	assert_int_equal(cat->views[0].n_uses, 2);
}

static void a_later_directory_replaces_a_log(void **state)
{
	(void)state;
	put("common", COMMON A_LOG("open", "/a"));
	put("tenant", A_LOG("tel' override='true", "/b"));
	must_load();
	assert_int_equal(f.cat->n_weblogs, 1);
	assert_string_equal(f.cat->weblogs[0].cls->name, "tel");
	assert_true(str_eq(f.cat->weblogs[0].files[0], STR("/b")));
}

static void a_policy_replaces_all_of_its_roles_and_purposes_and_adds_up_without_override(void **state)
{
	(void)state;
	put("common", COMMON);
	put("tenant", "<policy role='agent' purpose='service'><show class='open'/></policy>");
	assert_int_equal(catalog_rights(must_load(), STR("agent"), STR("service")).show, 3);
	drop("tenant");
	put("tenant", "<policy role='agent' purpose='service'><mask class='tel'/></policy>"
		      "<policy role='agent' purpose=' service ' override='true'><show class='open'/></policy>");
	assert_int_equal(must_load()->n_policies, 2);
	assert_int_equal(catalog_rights(f.cat, STR("agent"), STR("service")).show, 1);
	assert_int_equal(catalog_rights(f.cat, STR("agent"), STR("service")).mask, 2);
}

static const char *a_test(const char *lang, const char *more)
{
	return arena_printf(f.mem,
			    "<test name='t' view='v' lang='%s'%s><ask key='id' value='1'/>"
			    "<expect>{\"complete\": true}</expect></test>",
			    lang, more)
		.p;
}

static void a_test_counts_unless_a_later_directory_replaces_it(void **state)
{
	(void)state;
	put("common", arena_printf(f.mem, COMMON "%s", a_test("ko", "")).p);
	put("tenant", "<class name='more'/>");
	put("more", a_test("en", " override='true'"));
	assert_int_equal(must_load()->n_tests, 1);
	assert_string_equal(f.cat->tests[0].lang, "ko");
	assert_non_null(load("common", "more"));
	assert_int_equal(f.cat->n_tests, 1);
	assert_string_equal(f.cat->tests[0].lang, "en");
}

static void the_last_of_three_directories_counts(void **state)
{
	(void)state;
	put("common", COMMON);
	put("tenant", "<class name='tel' mask='all' override='true'/>");
	put("more", "<class name='tel' mask='name' override='true'/>");
	f.cat = catalog_load(arena_printf(f.mem, "%s/common:%s/tenant/:%s/more", f.root, f.root, f.root).p, f.ds);
	assert_non_null(f.cat);
	assert_int_equal(f.cat->n_classes, 2);
	assert_int_equal(f.cat->classes[1].mask, MASK_NAME);
}

/* What must be found, and a word of its advice. */
static void refused(const char *tenant, const char *code, const char *help)
{
	const struct diag *d;

	put("tenant", tenant);
	assert_null(load("common", "tenant"));
	d = loading_find(f.ds, code);
	if (!d || !d->help || !strstr(d->help, help)) {
		loading_show(f.ds);
		fail_msg("%s is not found in: %s", code, tenant);
	}
	assert_non_null(strstr(d->at.file, "/tenant/z.xml"));
	drop("tenant");
}

static void a_name_that_an_earlier_directory_has_needs_override(void **state)
{
	(void)state;
	put("common", COMMON);
	refused("<class name='tel' mask='all'/>", "M0120", "override=\"true\"");
	refused("<list path='f' parts='q' class='open' limit='3'><field path='a'/></list>", "M0120", "first");
	refused("<view name='v' by='id' budget='1ms'><use path='f'/></view>", "M0120", "override=\"true\"");
	drop("common");
	put("common", COMMON A_LOG("open", "/a"));
	refused(A_LOG("tel", "/b"), "M0120", "override=\"true\"");
}

static void override_needs_something_of_its_kind_to_replace(void **state)
{
	(void)state;
	put("common", COMMON);
	refused("<class name='tle' mask='all' override='true'/>", "M0123", "earlier directory");
	refused("<field path='l' class='open' override='true'><from part='p' column='a'/></field>", "M0123",
		"earlier directory");
	refused("<policy role='agent boss' purpose='service' override='true'><show class='open'/></policy>",
		"M0123", "earlier directory");
	refused("<class name='tel' override='true'/><class name='tel' override='true'/>", "M0120", "first");
	assert_null(loading_find(f.ds, "M0123"));
	assert_null(load("common", "nowhere"));
	assert_non_null(loading_find(f.ds, "M0001"));
}

static void directories_of_one_name_are_refused(void **state)
{
	(void)state;
	put("common", COMMON);
	assert_int_equal(mkdir(arena_printf(f.mem, "%s/b", f.root).p, 0700), 0);
	put("b/common", "<class name='more'/>");
	assert_null(load("common", "b/common"));
	assert_non_null(loading_find(f.ds, "M0001"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(directories_are_one_set_in_their_order, begin, end),
		cmocka_unit_test_setup_teardown(a_later_directory_replaces_each_kind_wholly, begin, end),
		cmocka_unit_test_setup_teardown(a_later_directory_replaces_a_log, begin, end),
		cmocka_unit_test_setup_teardown(
			a_policy_replaces_all_of_its_roles_and_purposes_and_adds_up_without_override, begin, end),
		cmocka_unit_test_setup_teardown(a_test_counts_unless_a_later_directory_replaces_it, begin, end),
		cmocka_unit_test_setup_teardown(the_last_of_three_directories_counts, begin, end),
		cmocka_unit_test_setup_teardown(a_name_that_an_earlier_directory_has_needs_override, begin, end),
		cmocka_unit_test_setup_teardown(override_needs_something_of_its_kind_to_replace, begin, end),
		cmocka_unit_test_setup_teardown(directories_of_one_name_are_refused, begin, end),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
