#include "tests/cmocka_all.h"

#include <glob.h>
#include <stdio.h>

#include "federator/demo/files.h"
#include "metadata/load.h"

enum { FILES_MAX = 32 };

/* The findings are on stderr when there are any: an example gives not even a warning. */
static void assert_clean(struct diags *ds, const struct catalog *cat)
{
	SCOPED(buf_free) struct buf text = {0};

	diags_print_human(ds, &text);
	if (text.len > 0)
		fputs(text.data, stderr);
	assert_non_null(cat);
	assert_int_equal(diags_count(ds, DIAG_ERROR), 0);
	assert_int_equal(diags_count(ds, DIAG_WARNING), 0);
}

static void every_example_mapping_is_clean(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	glob_t found;

	(void)state;
	assert_int_equal(glob(EXAMPLES_DIR "/*/mapping", 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 3);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct diags *ds = diags_new(mem);
		const struct catalog *cat = catalog_load(found.gl_pathv[i], ds);

		assert_clean(ds, cat);
		assert_non_null(catalog_view(cat, STR("pop")));
		catalog_unref(&cat);
	}
	globfree(&found);
}

static const char *const mall = EXAMPLES_DIR "/mall/mapping";

/* The mall's files with those of another directory in place of the ones of the same name. */
static size_t read_mall(const char *instead, struct arena *mem, struct mapping_file *files)
{
	const char *const *names;
	struct err err;
	size_t n;

	assert_true(files_names(mall, ".xml", mem, &names, &n, &err));
	assert_true(n <= FILES_MAX);
	for (size_t i = 0; i < n; i++) {
		SCOPED(buf_free) struct buf text = {0}, other = {0};

		assert_true(files_read(arena_printf(mem, "%s/%s", mall, names[i]).p, &text, &err));
		if (!files_read(arena_printf(mem, "%s/%s", instead, names[i]).p, &other, &err))
			buf_put_str(&other, buf_str(&text));
		files[i] = (struct mapping_file){names[i], arena_str(mem, buf_str(&other))};
	}
	return n;
}

static void assert_same_questions(const struct part *a, const struct part *b)
{
	assert_int_equal(a->n_queries, b->n_queries);
	for (size_t i = 0; i < a->n_queries; i++)
		assert_true(str_eq(a->queries[i].sql, b->queries[i].sql));
}

static void the_mall_on_servers_differs_only_in_its_sources(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct mapping_file files[FILES_MAX];
	size_t n = read_mall(EXAMPLES_DIR "/mall/servers", mem, files);
	struct diags *ds = diags_new(mem);
	const struct catalog *servers = catalog_load_texts(files, n, ds), *sqlite;

	(void)state;
	assert_clean(ds, servers);
	sqlite = catalog_load(mall, ds);
	assert_clean(ds, sqlite);
	assert_int_equal(servers->n_sources, sqlite->n_sources);
	for (size_t i = 0; i < servers->n_sources; i++)
		assert_string_equal(servers->sources[i].name, sqlite->sources[i].name);
	assert_string_equal(servers->sources[0].dialect, "postgresql");
	assert_string_equal(sqlite->sources[0].dialect, "sqlite");
	for (size_t i = 0; i < servers->n_parts; i++)
		assert_same_questions(&servers->parts[i], &sqlite->parts[i]);
	catalog_unref(&servers);
	catalog_unref(&sqlite);
}

static uint64_t shown(const struct catalog *cat, const char *role, const char *purpose)
{
	struct rights rights = catalog_rights(cat, str_of(role), str_of(purpose));

	assert_true(rights.known);
	assert_int_equal(rights.show & rights.mask, 0);
	return rights.show;
}

static void roles_of_the_mall_see_what_they_need(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = catalog_load(mall, ds);
	uint64_t agent, supervisor, webteam, distributor;

	(void)state;
	assert_clean(ds, cat);
	agent = shown(cat, "agent", "service");
	supervisor = shown(cat, "supervisor", "service");
	webteam = shown(cat, "webteam", "analysis");
	distributor = shown(cat, "distributor", "service");
	assert_true((agent & ~supervisor) == 0 && agent != supervisor);
	assert_true((webteam & ~agent) == 0 && (distributor & ~webteam) == 0);
	assert_false(catalog_rights(cat, STR("webteam"), STR("service")).known);
	catalog_unref(&cat);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_example_mapping_is_clean),
		cmocka_unit_test(the_mall_on_servers_differs_only_in_its_sources),
		cmocka_unit_test(roles_of_the_mall_see_what_they_need),
	};
	struct err err;

	if (!digest_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
