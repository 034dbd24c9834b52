#include <pthread.h>

#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

static struct arena *mem;
static struct diags *ds;
static const struct catalog *cat;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	ds = diags_new(mem);
	cat = loading_with_base(mem, (struct str){ 0 }, ds);
	return cat ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	catalog_unref(&cat);
	arena_wipe_free(&mem);
	return 0;
}

static uint64_t bit_of(const char *name)
{
	for (size_t i = 0; i < cat->n_classes; i++)
		if (strcmp(cat->classes[i].name, name) == 0)
			return UINT64_C(1) << i;
	fail_msg("no class %s", name);
	return 0;
}

static void rights_are_what_policies_name_for_role_and_purpose(void **state)
{
	struct rights r = catalog_rights(cat, STR("agent"), STR("service"));

	(void)state;
	assert_true(r.known);
	assert_int_equal(r.show, bit_of("open") | bit_of("person-name"));
	assert_int_equal(r.mask, bit_of("contact"));
}

static void a_class_shown_by_one_policy_and_masked_by_another_is_shown(void **state)
{
	struct rights r = catalog_rights(cat, STR("supervisor"), STR("service"));

	(void)state;
	assert_int_equal(r.show, bit_of("open") | bit_of("person-name") | bit_of("contact"));
	assert_int_equal(r.mask, 0);
}

static void who_is_named_nowhere_sees_nothing(void **state)
{
	struct rights stranger = catalog_rights(cat, STR("stranger"), STR("service"));
	struct rights elsewhere = catalog_rights(cat, STR("agent"), STR("marketing"));

	(void)state;
	assert_false(stranger.known || elsewhere.known);
	assert_int_equal(stranger.show | stranger.mask | elsewhere.show | elsewhere.mask, 0);
}

static void names_are_found_exactly_or_not_at_all(void **state)
{
	(void)state;
	assert_string_equal(catalog_view(cat, STR("pop"))->name, "pop");
	assert_null(catalog_view(cat, STR("po")));
	assert_null(catalog_view(cat, STR("")));
	assert_null(catalog_key(cat, STR("Phone")));
	assert_true(view_by(catalog_view(cat, STR("pop")), catalog_key(cat, STR("order"))));
	assert_false(view_by(catalog_view(cat, STR("candidate")), catalog_key(cat, STR("order"))));
}

static void labels_fall_back_to_the_first(void **state)
{
	const struct labels none = { 0 };

	(void)state;
	assert_string_equal(labels_in(cat->sources[0].labels, STR("ko")), "콜센터");
	assert_string_equal(labels_in(cat->sources[0].labels, STR("de")), "콜센터");
	assert_null(labels_in(none, STR("ko")));
}

static void *own_for_a_while(void *arg)
{
	const struct catalog *mine = arg;

	for (int i = 0; i < 2000; i++) {
		const struct catalog *more = catalog_ref(mine);

		catalog_unref(&more);
	}
	catalog_unref(&mine);
	return NULL;
}

static void the_last_of_many_owners_frees_it(void **state)
{
	const struct catalog *mine = cat;
	pthread_t threads[4];
	union {
		const struct catalog *in;
		void *out;
	} arg;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		arg.in = catalog_ref(mine);
		assert_int_equal(pthread_create(&threads[i], NULL, own_for_a_while, arg.out), 0);
	}
	assert_string_equal(cat->views[0].name, "candidate"); /* still ours */
	catalog_unref(&cat); /* a sanitizer sees a use after free or a leak */
	assert_null(cat);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(rights_are_what_policies_name_for_role_and_purpose),
		TEST(a_class_shown_by_one_policy_and_masked_by_another_is_shown),
		TEST(who_is_named_nowhere_sees_nothing),
		TEST(names_are_found_exactly_or_not_at_all),
		TEST(labels_fall_back_to_the_first),
		TEST(the_last_of_many_owners_frees_it),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
