#include "federator/view/tree.h"

#include "tests/cmocka_all.h"

static int begin(void **state)
{
	*state = arena_new();
	return 0;
}

static int end(void **state)
{
	arena_wipe_free((struct arena **)state);
	return 0;
}

static void members_keep_the_order_in_which_they_came(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("view"));
	struct node *z = tree_text(mem, root, STR("z"), STR("1"));
	struct node *a = tree_null(mem, root, STR("a"));

	assert_ptr_equal(root->first, z);
	assert_ptr_equal(z->next, a);
	assert_ptr_equal(root->last, a);
	assert_null(a->next);
}

static void a_member_is_found_by_its_whole_name(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("view"));
	struct node *tier = tree_text(mem, root, STR("tier"), STR("VIP"));

	assert_ptr_equal(tree_member(root, STR("tier")), tier);
	assert_null(tree_member(root, STR("tie")));
	assert_null(tree_member(root, STR("tiers")));
}

static void numbers_and_booleans_are_literals(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("view"));

	assert_true(str_eq(tree_number(mem, root, STR("n"), INT64_MIN)->value, STR("-9223372036854775808")));
	assert_true(str_eq(tree_number(mem, root, STR("m"), INT64_MAX)->value, STR("9223372036854775807")));
	assert_true(str_eq(tree_number(mem, root, STR("z"), 0)->value, STR("0")));
	assert_true(str_eq(tree_number(mem, root, STR("k"), -10)->value, STR("-10")));
	assert_true(str_eq(tree_bool(mem, root, STR("t"), true)->value, STR("true")));
	assert_true(str_eq(tree_bool(mem, root, STR("f"), false)->value, STR("false")));
	for (struct node *n = root->first; n; n = n->next)
		assert_int_equal(n->kind, NODE_LITERAL);
}

static void arrays_and_maps_name_their_children(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("view"));
	struct node *array = tree_array(mem, root, STR("contacts"), STR("contact"));
	struct node *map = tree_map(mem, root, STR("parts"), STR("part"));

	assert_int_equal(array->kind, NODE_ARRAY);
	assert_true(str_eq(array->item, STR("contact")));
	assert_int_equal(map->kind, NODE_OBJECT);
	assert_true(map->map);
	assert_true(str_eq(map->item, STR("part")));
}

static void objects_on_the_way_to_a_place_are_made_once(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("customer"));
	const struct str city[] = {STR("address"), STR("home"), STR("city")};
	const struct str zip[] = {STR("address"), STR("home"), STR("zip")};
	struct node *home = tree_place(mem, root, city, ARRAY_LEN(city));

	assert_ptr_equal(tree_place(mem, root, zip, ARRAY_LEN(zip)), home);
	assert_ptr_equal(tree_member(tree_member(root, STR("address")), STR("home")), home);
	assert_null(home->first);
	assert_null(root->first->next);
}

static void a_path_of_one_or_no_segment_stays_where_it_is(void **state)
{
	struct arena *mem = *state;
	struct node *root = tree_object(mem, NULL, STR("customer"));
	const struct str tier[] = {STR("tier")};

	assert_ptr_equal(tree_place(mem, root, tier, 1), root);
	assert_ptr_equal(tree_place(mem, root, tier, 0), root);
	assert_null(root->first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(members_keep_the_order_in_which_they_came, begin, end),
		cmocka_unit_test_setup_teardown(a_member_is_found_by_its_whole_name, begin, end),
		cmocka_unit_test_setup_teardown(numbers_and_booleans_are_literals, begin, end),
		cmocka_unit_test_setup_teardown(arrays_and_maps_name_their_children, begin, end),
		cmocka_unit_test_setup_teardown(objects_on_the_way_to_a_place_are_made_once, begin, end),
		cmocka_unit_test_setup_teardown(a_path_of_one_or_no_segment_stays_where_it_is, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
