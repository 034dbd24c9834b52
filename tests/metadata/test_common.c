/* test_common.c - which columns of base.xml may be learnt from: none that names a customer or is ever masked. */
#include "metadata/common.h"

#include "metadata/load.h"
#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

static bool is_common(const struct catalog *cat, const bool *const *common, const char *part, const char *column)
{
	for (size_t p = 0; p < cat->n_parts; p++)
		for (uint32_t c = 0; strcmp(cat->parts[p].name, part) == 0 && c < cat->parts[p].n_columns; c++)
			if (strcmp(cat->parts[p].columns[c].name, column) == 0)
				return common[cat->parts[p].index][c];
	fail_msg("there is no %s.%s", part, column);
	return false;
}

static void what_names_somebody_or_is_masked_is_left_out(void **state)
{
	static const struct {
		const char *part, *column;
		bool common;
	} cases[] = {
		{ "crm", "cust_no", false }, /* the identity */
		{ "crm", "nm", false }, /* of a masked class */
		{ "crm", "tel", false },
		{ "crm", "mail", false }, /* proves a key, and is shown nowhere */
		{ "crm", "grade", true },
		{ "orders", "ord_no", false },
		{ "products", "prd_cd", true }, /* of an item */
		{ "products", "nm", true }, /* looked up for an item of a list of an open class */
		{ "calls", "topic", false }, /* in a list of a masked class */
	};
	struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = loading_with_base(mem, (struct str){ 0 }, ds);
	const bool *const *common;

	(void)state;
	assert_non_null(cat);
	common = columns_common(cat, mem);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (is_common(cat, common, cases[i].part, cases[i].column) != cases[i].common)
			fail_msg("%s.%s", cases[i].part, cases[i].column);
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_names_somebody_or_is_masked_is_left_out) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
