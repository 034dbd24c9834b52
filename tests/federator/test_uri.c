#include "tests/cmocka_all.h"

#include "federator/http/route.h"
#include "federator/http/uri.h"

static struct arena *mem;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static bool decodes(const char *raw, enum uri_in in, const char *expected)
{
	struct str out;

	if (!uri_decode(str_of(raw), in, mem, &out))
		return expected == NULL;
	return expected && str_eq(out, str_of(expected));
}

static void escapes_are_decoded_once(void **state)
{
	(void)state;
	assert_true(decodes("a%20b%2541", URI_PATH, "a b%41"));
	assert_true(decodes("%ED%95%9C", URI_QUERY, "\xED\x95\x9C"));
	assert_true(decodes("010+1%2B2", URI_QUERY, "010 1+2"));
	assert_true(decodes("a+b", URI_PATH, "a+b"));
}

static void what_could_mislead_is_refused(void **state)
{
	static const char *const bad[] = {
		"%00", "%0a", "%7F", "%", "%4", "%4g", "%c3", "%ed%a0%80", "%c0%af"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_true(decodes(bad[i], URI_QUERY, NULL));
	assert_true(decodes("a%2fb", URI_PATH, NULL));
	assert_true(decodes("a%2Fb", URI_QUERY, "a/b"));
}

static void a_target_is_split_at_the_first_question_mark(void **state)
{
	struct str path, query;

	(void)state;
	assert_true(uri_split(STR("/a?b=?c"), &path, &query));
	assert_true(str_eq(path, STR("/a")));
	assert_true(str_eq(query, STR("b=?c")));
	assert_true(uri_split(STR("/a"), &path, &query));
	assert_null(query.p);
	assert_false(uri_split(STR("http://x/a"), &path, &query));
	assert_false(uri_split(STR("*"), &path, &query));
}

static void pairs_come_one_by_one(void **state)
{
	struct str rest = STR("&a=1&&b&c=x=y&"), name, value;

	(void)state;
	assert_true(uri_next_pair(&rest, &name, &value));
	assert_true(str_eq(name, STR("a")) && str_eq(value, STR("1")));
	assert_true(uri_next_pair(&rest, &name, &value));
	assert_true(str_eq(name, STR("b")) && value.n == 0);
	assert_true(uri_next_pair(&rest, &name, &value));
	assert_true(str_eq(name, STR("c")) && str_eq(value, STR("x=y")));
	assert_false(uri_next_pair(&rest, &name, &value));
}

/* ---- routes ---- */

static void handler(struct exchange *x)
{
	(void)x;
}

static const struct route table[] = {
	{ "GET", "/v1/things", handler, ROUTE_WORK, 0 },
	{ "POST", "/v1/things", handler, ROUTE_WORK, 0 },
	{ "GET", "/v1/things/{id}", handler, ROUTE_WORK, 0 },
	{ "GET", "/v1/things/{id}/parts/{part}", handler, ROUTE_WORK, 0 },
};
static const struct routes routes = { table, ARRAY_LEN(table) };

static enum route_found find(const char *method, const char *path, const struct route **route,
			     struct str args[ROUTE_ARGS_MAX])
{
	return route_find(&routes, method, str_of(path), mem, route, args);
}

static void a_route_is_found_with_its_arguments(void **state)
{
	const struct route *route = NULL;
	struct str args[ROUTE_ARGS_MAX] = { 0 };

	(void)state;
	assert_int_equal(find("GET", "/v1/things/a%20b/parts/c", &route, args), ROUTE_FOUND);
	assert_ptr_equal(route, &table[3]);
	assert_true(str_eq(args[0], STR("a b")) && str_eq(args[1], STR("c")));
	assert_int_equal(find("HEAD", "/v1/things", &route, args), ROUTE_FOUND);
	assert_ptr_equal(route, &table[0]);
}

static void what_has_no_route_is_told_apart(void **state)
{
	const struct route *route = NULL;
	struct str args[ROUTE_ARGS_MAX];
	char allow[ROUTE_ALLOW_BYTES];

	(void)state;
	assert_int_equal(find("GET", "/v1/nothing", &route, args), ROUTE_NO_PATH);
	assert_int_equal(find("GET", "/v1/things/", &route, args), ROUTE_NO_PATH);
	assert_int_equal(find("GET", "/v1//things", &route, args), ROUTE_NO_PATH);
	assert_int_equal(find("DELETE", "/v1/things", &route, args), ROUTE_NO_METHOD);
	route_allow(&routes, STR("/v1/things"), allow);
	assert_string_equal(allow, "GET, HEAD, POST");
	assert_null(route);
}

static void a_path_that_climbs_is_refused(void **state)
{
	const struct route *route;
	struct str args[ROUTE_ARGS_MAX];

	(void)state;
	assert_int_equal(find("GET", "/v1/things/..", &route, args), ROUTE_BAD_PATH);
	assert_int_equal(find("GET", "/v1/things/%2e%2E", &route, args), ROUTE_BAD_PATH);
	assert_int_equal(find("GET", "/v1/./things", &route, args), ROUTE_BAD_PATH);
	assert_int_equal(find("GET", "/v1/things/%2fetc", &route, args), ROUTE_BAD_PATH);
	assert_int_equal(find("GET", "/v1/things/a%00", &route, args), ROUTE_BAD_PATH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_decoded_once),
		cmocka_unit_test(what_could_mislead_is_refused),
		cmocka_unit_test(a_target_is_split_at_the_first_question_mark),
		cmocka_unit_test(pairs_come_one_by_one),
		cmocka_unit_test(a_route_is_found_with_its_arguments),
		cmocka_unit_test(what_has_no_route_is_told_apart),
		cmocka_unit_test(a_path_that_climbs_is_refused),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
