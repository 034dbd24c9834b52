#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

static struct arena *mem;
static struct diags *ds;
static struct buf out;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	ds = diags_new(mem);
	out = (struct buf){ 0 };
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_free(&out);
	arena_wipe_free(&mem);
	return 0;
}

static struct span at(const char *file, uint32_t line, uint32_t column, uint32_t length)
{
	return (struct span){ .file = file, .line = line, .column = column, .length = length };
}

static void the_human_form_shows_the_line_with_carets(void **state)
{
	(void)state;
	diags_file(ds, "maps/a.xml",
		   STR("<a>\n  <from part=\"crm\" column=\"VIP_GRD\"/> <!-- 고객 -->\r\n</a>\n"));
	diag_add(ds, "M0142", at("maps/a.xml", 2, 29, 7), "a column with a similar name exists: `VIP_GRADE`",
		 "column `%s` does not exist in part `crm`", "VIP_GRD");
	diags_print_human(ds, &out);
	assert_string_equal(out.data,
			    "error[M0142]: column `VIP_GRD` does not exist in part `crm`\n"
			    " --> maps/a.xml:2:29\n"
			    "  |\n"
			    "2 |   <from part=\"crm\" column=\"VIP_GRD\"/> <!-- 고객 -->\n"
			    "  |                             ^^^^^^^\n"
			    "  = help: a column with a similar name exists: `VIP_GRADE`\n"
			    "\n");
}

static void a_hangul_syllable_is_two_carets_wide_and_a_tab_stays_a_tab(void **state)
{
	(void)state;
	diags_file(ds, "a.xml", STR("\t고객 <x 등급/>"));
	diag_add(ds, "M0103", at("a.xml", 1, 12, 6), NULL, "x");
	diags_print_human(ds, &out);
	assert_non_null(strstr(out.data, "1 | \t고객 <x 등급/>\n  | \t        ^^^^\n"));
}

static void a_long_line_is_cut_around_its_finding(void **state)
{
	char line[5000];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line + 3000, "HERE", 4);
	diags_file(ds, "a.xml", (struct str){ line, sizeof(line) });
	diag_add(ds, "M0103", at("a.xml", 1, 3001, 4), NULL, "x");
	diags_print_human(ds, &out);
	assert_true(out.len < 700);
	assert_non_null(strstr(out.data, "HERE"));
	assert_non_null(strstr(out.data, " ^^^^\n"));
}

static void control_characters_never_reach_the_terminal(void **state)
{
	(void)state;
	diags_file(ds, "a.xml", STR("a\x1b[31mb\xff"));
	diag_add(ds, "M0103", at("a.xml", 1, 1, 1), NULL, "x");
	diags_print_human(ds, &out);
	assert_null(strchr(out.data, 0x1b));
	assert_non_null(strstr(out.data, "a?[31mb?"));
}

static void the_gcc_form_is_one_line_each_sorted_by_place(void **state)
{
	(void)state;
	diag_add(ds, "M0220", at("b.xml", 1, 2, 1), "h", "third");
	diag_add(ds, "M0142", at("a.xml", 10, 2, 1), "h", "second");
	diag_add(ds, "M0142", at("a.xml", 9, 2, 1), "h", "first");
	diags_print_gcc(ds, &out);
	assert_string_equal(out.data, "a.xml:9:2: error: first [M0142]\n"
				      "a.xml:10:2: error: second [M0142]\n"
				      "b.xml:1:2: warning: third [M0220]\n");
}

static void the_json_form_escapes_its_texts(void **state)
{
	(void)state;
	diag_add(ds, "M0142", at("a.xml", 1, 2, 3), NULL, "say \"고객\"\n\\");
	diags_print_json(ds, &out);
	assert_string_equal(
		out.data,
		"[{\"level\":\"error\",\"code\":\"M0142\",\"file\":\"a.xml\",\"line\":1,\"column\":2,"
		"\"length\":3,\"text\":\"say \\\"고객\\\"\\u000a\\\\\",\"help\":null}]\n");
}

static void findings_beyond_two_hundred_are_counted(void **state)
{
	size_t n;

	(void)state;
	for (uint32_t i = 1; i <= 250; i++)
		diag_add(ds, i <= 240 ? "M0142" : "M0220", at("a.xml", i, 1, 1), NULL, "x");
	assert_int_equal(diags_count(ds, DIAG_ERROR), 240);
	assert_int_equal(diags_count(ds, DIAG_WARNING), 10);
	(void)diags_all(ds, &n);
	assert_int_equal(n, 200);
	diags_print_human(ds, &out);
	assert_non_null(strstr(out.data, "and 50 more, not shown\n"));
}

static void a_finding_outlives_what_it_was_told_with(void **state)
{
	struct arena *other = arena_new();
	const char *file = arena_printf(other, "gone.xml").p;
	size_t n;

	(void)state;
	diags_file(ds, file, arena_printf(other, "<gone/>"));
	diag_add(ds, "M0101", at(file, 1, 2, 4), arena_printf(other, "help").p, "text");
	arena_wipe_free(&other);
	diags_print_human(ds, &out);
	assert_non_null(strstr(out.data, "1 | <gone/>\n"));
	assert_string_equal(diags_all(ds, &n)[0].help, "help");
}

static void assert_within(const struct diags *list, size_t at, uint32_t line, uint32_t column)
{
	struct span first = { .file = "a.xml", .line = 2, .column = 2 };
	struct span span = diag_within(list, first, STR("a&b\n<cd"), at, 1);

	assert_int_equal(span.line, line);
	assert_int_equal(span.column, column);
}

static void places_in_a_text_are_those_of_the_file(void **state)
{
	SCOPED(arena_wipe_free) struct arena *own = arena_new();
	struct diags *known = diags_new(own), *unknown = diags_new(own);

	(void)state;
	diags_file(known, "a.xml", STR("<q>\r\n a&amp;b<!-- a -->\r\n<![CDATA[<c]]>d</q>"));
	assert_within(known, 0, 2, 2);
	assert_within(known, 1, 2, 3);
	assert_within(known, 2, 2, 8);
	assert_within(known, 4, 3, 10);
	assert_within(known, 6, 3, 15);
	assert_within(known, 100, 3, 16);
	assert_within(unknown, 2, 2, 4);
	assert_within(unknown, 4, 3, 1);
}

/* By the count a loader knows whether a file, or the plan of a view, brought an error of its own. */
static void a_mistake_that_is_told_already_is_an_error_all_the_same(void **state)
{
	const struct mapping_file file = { "a.xml", STR("<mapping") };

	(void)state;
	for (size_t i = 1; i <= 2; i++) {
		assert_null(catalog_load_texts(&file, 1, ds));
		assert_int_equal(diags_count(ds, DIAG_ERROR), i);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(the_human_form_shows_the_line_with_carets),
		TEST(a_hangul_syllable_is_two_carets_wide_and_a_tab_stays_a_tab),
		TEST(a_long_line_is_cut_around_its_finding),
		TEST(control_characters_never_reach_the_terminal),
		TEST(the_gcc_form_is_one_line_each_sorted_by_place),
		TEST(the_json_form_escapes_its_texts),
		TEST(findings_beyond_two_hundred_are_counted),
		TEST(a_finding_outlives_what_it_was_told_with),
		TEST(a_mistake_that_is_told_already_is_an_error_all_the_same),
		cmocka_unit_test(places_in_a_text_are_those_of_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
