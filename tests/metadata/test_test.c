/* Tests that stand in a mapping: what the catalog holds of them. Mistakes in them are files of broken/. */
#include "metadata/test.h"

#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

#define FULL \
	"<test name='a shared number' view='pop' role='supervisor' lang='ko' now='2026-11-22T10:00:00.5+09:00'>" \
	"<label xml:lang='en'>Two at one number</label>" \
	"<ask key='phone' value=' 010-1234-5678'/><ask key='email' value='a@b.kr'/>" \
	"<given part='products'> nm, prd_cd\n\"a &lt;&quot;&quot;\", P1 </given>" \
	"<given part='calls' missing='schema_mismatch'/>" \
	"<given part='crm' missing='deadline' copied='2026-11-22T00:59:00Z'/>" \
	"<expect absent='/customer /parts/calls/rows'>\n{\"complete\": false}\n</expect></test>"

static struct arena *mem;
static struct diags *ds;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	ds = diags_new(mem);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static const struct catalog *load(const char *body)
{
	const struct catalog *cat = loading_with_base(mem, loading_mapping(mem, body), ds);

	if (!cat)
		loading_show(ds);
	assert_non_null(cat);
	return cat;
}

/* A static empty one when the test does not say what the part answers. */
static const struct given *given_of(const struct catalog *cat, const char *part)
{
	static const struct given none;
	const struct given *given = NULL;

	for (size_t i = 0; i < cat->n_parts; i++)
		if (strcmp(cat->parts[i].name, part) == 0)
			given = test_given(&cat->tests[0], &cat->parts[i]);
	return given ? given : &none;
}

static void a_test_is_in_the_catalog(void **state)
{
	const struct catalog *cat = load(FULL);
	const struct test *t = &cat->tests[0];

	(void)state;
	assert_int_equal(cat->n_tests, 1);
	assert_string_equal(t->name, "a shared number");
	assert_ptr_equal(t->view, catalog_view(cat, STR("pop")));
	assert_string_equal(t->role, "supervisor");
	assert_string_equal(t->purpose, "service");
	assert_string_equal(t->lang, "ko");
	assert_true(t->now_ms == INT64_C(1795309200500));
	assert_int_equal(t->n_asks, 2);
	assert_ptr_equal(t->asks[0].key, catalog_key(cat, STR("phone")));
	assert_true(str_eq(t->asks[0].value, STR(" 010-1234-5678")));
	assert_int_equal(t->n_absent, 2);
	assert_true(str_eq(t->absent[1].pointer, STR("/parts/calls/rows")));
	assert_true(str_eq(t->expect, STR("{\"complete\": false}")));
	assert_int_equal(t->expect_at.line, 3);
	assert_int_equal(t->expect_at.column, 1);
	assert_string_equal(labels_in(t->labels, STR("en")), "Two at one number");
	catalog_unref(&cat);
}

static void what_parts_answer_is_found_by_the_part(void **state)
{
	const struct catalog *cat = load(FULL);

	(void)state;
	assert_int_equal(given_of(cat, "products")->missing, ERR_NONE);
	assert_true(str_eq(given_of(cat, "products")->rows, STR("nm, prd_cd\n\"a <\"\"\", P1")));
	assert_int_equal(given_of(cat, "calls")->missing, ERR_SCHEMA);
	assert_int_equal(given_of(cat, "calls")->rows.n, 0);
	assert_int_equal(given_of(cat, "crm")->missing, ERR_LATE);
	assert_true(given_of(cat, "crm")->copied_ms == INT64_C(1795309140000));
	assert_null(given_of(cat, "orders")->part);
	catalog_unref(&cat);
}

static void every_reason_of_answers_can_be_given(void **state)
{
	static const enum err_class classes[] = { ERR_LATE,   ERR_BUSY,	  ERR_REFUSED,	 ERR_AUTH,
						  ERR_SOURCE, ERR_SCHEMA, ERR_TOO_LARGE, ERR_SUBJECT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		const struct catalog *cat =
			load(arena_printf(mem,
					  "<test name='t' view='pop'><ask key='phone' value='1'/>"
					  "<given part='calls' missing='%s'/><expect>{\"a\":1}</expect></test>",
					  err_reason(classes[i]))
				     .p);

		assert_int_equal(given_of(cat, "calls")->missing, classes[i]);
		catalog_unref(&cat);
	}
}

static void a_test_is_part_of_the_revision_and_of_no_part(void **state)
{
	const struct catalog *without = load(""), *with = load(FULL);

	(void)state;
	assert_string_not_equal(without->revision, with->revision);
	assert_int_equal(without->n_tests, 0);
	for (size_t i = 0; i < without->n_parts; i++)
		assert_memory_equal(without->parts[i].definition, with->parts[i].definition, DIGEST_BYTES);
	catalog_unref(&without);
	catalog_unref(&with);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_is_in_the_catalog),
		cmocka_unit_test(what_parts_answer_is_found_by_the_part),
		cmocka_unit_test(every_reason_of_answers_can_be_given),
		cmocka_unit_test(a_test_is_part_of_the_revision_and_of_no_part),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, begin, end) : 1;
}
