#include "base/digest.h"
#include "base/jsontext.h"
#include "tests/cmocka_all.h"

static struct arena *mem;

static int begin(void **state)
{
	struct err err;

	(void)state;
	mem = arena_new();
	return digest_init(&err) ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static const struct jsontext *read_good(const char *text)
{
	struct jsontext_fault fault;
	const struct jsontext *root = jsontext_read(str_of(text), true, mem, &fault);

	if (!root)
		fail_msg("%s: %zu: %s", text, fault.at, fault.what);
	return root;
}

static void every_kind_of_value_is_read(void **state)
{
	static const struct {
		const char *text;
		enum jsontext_kind kind;
	} good[] = {
		{ "null", JSONTEXT_NULL },     { " true\n", JSONTEXT_TRUE }, { "false", JSONTEXT_FALSE },
		{ "\"\"", JSONTEXT_STRING },   { "[]", JSONTEXT_ARRAY },     { "{ }", JSONTEXT_OBJECT },
		{ "-0.5e+10", JSONTEXT_NUMBER }, { "0", JSONTEXT_NUMBER },   { "[[1],{}]", JSONTEXT_ARRAY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_int_equal(read_good(good[i].text)->kind, good[i].kind);
}

static void members_and_items_are_found_with_their_places(void **state)
{
	static const char text[] = "{\"a\": [1, \"x\"], \"b\": {\"c\": null}}";
	const struct jsontext *root = read_good(text);
	const struct jsontext *a = jsontext_member(root, STR("a")), *x;

	(void)state;
	assert_int_equal(root->n_items, 2);
	assert_int_equal(root->n, strlen(text));
	assert_non_null(a);
	assert_int_equal(a->at, 6);
	assert_int_equal(a->n, 8);
	x = jsontext_item(a, 1);
	assert_non_null(x);
	assert_true(str_eq(x->text, STR("x")));
	assert_int_equal(x->at, 10);
	assert_int_equal(x->n, 3);
	assert_null(jsontext_item(a, 2));
	assert_null(jsontext_item(root, 0));
	assert_null(jsontext_member(a, STR("a")));
	assert_null(jsontext_member(root, STR("c")));
}

static void strings_are_decoded_and_numbers_kept_as_written(void **state)
{
	const struct jsontext *root =
		read_good("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\", \"\\uD55c\\ud83d\\ude00\", \"한\","
			  "18446744073709551615.10]");

	(void)state;
	assert_true(str_eq(jsontext_item(root, 0)->text, STR("\"\\/\b\f\n\r\t")));
	assert_true(str_eq(jsontext_item(root, 1)->text, STR("한😀")));
	assert_true(str_eq(jsontext_item(root, 2)->text, STR("한")));
	assert_true(str_eq(jsontext_item(root, 3)->text, STR("18446744073709551615.10")));
}

static void faults_say_where_they_are(void **state)
{
	static const struct {
		struct str text;
		size_t at;
		const char *what;
	} bad[] = {
		{ STR(""), 0, "expected a value" },
		{ STR("[1,]"), 3, "expected a value" },
		{ STR("[1 2]"), 3, "expected , or ]" },
		{ STR("{\"a\":1,}"), 7, "name of a member" },
		{ STR("{\"a\" 1}"), 5, "colon" },
		{ STR("{\"a\":1 \"b\":2}"), 7, "expected , or }" },
		{ STR("{\"a\":1,\"a\":2}"), 7, "already" },
		{ STR("{'a':1}"), 1, "double quotes" },
		{ STR("nul"), 0, "expected a value" },
		{ STR("01"), 0, "leading zeros" },
		{ STR("1."), 0, "point" },
		{ STR("1e"), 0, "exponent" },
		{ STR("-"), 0, "expected a value" },
		{ STR("\"x"), 0, "does not end" },
		{ STR("\"x\\"), 0, "does not end" },
		{ STR("\"a\nb\""), 2, "control character" },
		{ STR("\"\\x\""), 1, "backslash" },
		{ STR("\"\\u12\""), 1, "hexadecimal" },
		{ STR("\"\\ud83d\""), 1, "surrogates" },
		{ STR("\"\\ude00\""), 1, "surrogates" },
		{ STR("1 2"), 2, "nothing more" },
		{ STR("\"\xFF\""), 0, "UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct jsontext_fault fault = { 0 };

		assert_null(jsontext_read(bad[i].text, true, mem, &fault));
		if (fault.at != bad[i].at || !strstr(fault.what, bad[i].what))
			fail_msg("%s: %zu: %s", bad[i].text.p, fault.at, fault.what);
	}
}

/* `n` times `text`. */
static struct str repeat(const char *text, size_t n)
{
	struct str all = STR("");

	while (n--)
		all = arena_printf(mem, "%.*s%s", STR_ARG(all), text);
	return all;
}

static void depth_is_limited(void **state)
{
	struct jsontext_fault fault;

	(void)state;
	assert_non_null(jsontext_read(arena_printf(mem, "%.*s%.*s", STR_ARG(repeat("[", JSONTEXT_DEPTH_MAX)),
						   STR_ARG(repeat("]", JSONTEXT_DEPTH_MAX))),
				      true, mem, &fault));
	assert_null(jsontext_read(repeat("[", JSONTEXT_DEPTH_MAX + 1), true, mem, &fault));
	assert_int_equal(fault.at, JSONTEXT_DEPTH_MAX);
}

static void a_name_used_twice_among_many_is_found(void **state)
{
	struct str members = STR("\"m\":0");
	struct jsontext_fault fault;

	(void)state;
	for (int i = 0; i < 40; i++)
		members = arena_printf(mem, "%.*s,\"m%d\":0", STR_ARG(members), i);
	assert_non_null(jsontext_read(arena_printf(mem, "{%.*s}", STR_ARG(members)), true, mem, &fault));
	assert_null(jsontext_read(arena_printf(mem, "{%.*s,\"m3\":1}", STR_ARG(members)), true, mem, &fault));
	assert_int_equal(fault.at, members.n + 2);
	assert_null(jsontext_read(STR("{\"a\":1,\"a\":2}"), true, mem, &fault));
	assert_non_null(jsontext_read(STR("{\"a\":1,\"a\":2}"), false, mem, &fault));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_is_read),
		cmocka_unit_test(members_and_items_are_found_with_their_places),
		cmocka_unit_test(strings_are_decoded_and_numbers_kept_as_written),
		cmocka_unit_test(faults_say_where_they_are),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(a_name_used_twice_among_many_is_found),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
