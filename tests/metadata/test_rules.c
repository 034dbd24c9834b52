/* Rules of check from both sides: what must be found, and what looks like it and is fine. Where a finding stands is the
 * business of test_broken.c. */
#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

/* The first finding of a mapping beside base.xml, or "". */
static const char *first_of(struct arena *mem, const char *body)
{
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = loading_with_base(mem, loading_mapping(mem, body), ds);
	size_t n;
	const struct diag *all = diags_all(ds, &n);

	assert_true((cat == NULL) == (diags_count(ds, DIAG_ERROR) > 0));
	catalog_unref(&cat);
	return n ? all[0].code : "";
}

static void expect(const char *code, const char *body)
{
	struct arena *mem SCOPED(arena_wipe_free) = arena_new();
	const char *found = first_of(mem, body);

	if (strcmp(found, code) != 0)
		fail_msg("expected `%s`, found `%s`: %s", code, found, body);
}

/* ---- single values ---- */

/* What one customer has of `k`, and a part asked by it with a single value. */
#define CHAIN(rows, values, by, identity)                                                                              \
	"<key name=\"k\" role=\"item\" type=\"text\" " values "/>"                                                     \
	"<part name=\"giver\" source=\"warehouse\" rows=\"0.." rows "\" deadline=\"50ms\" ttl=\"1s\" stale=\"0s\">"    \
	"<query by=\"member\">SELECT m, k FROM t WHERE m IN (:member...)</query>"                                      \
	"<column name=\"m\" type=\"text\" proves=\"member\" as=\"plain\"/>"                                            \
	"<column name=\"k\" type=\"text\" gives=\"k\"/></part>"                                                        \
	"<part name=\"taker\" source=\"warehouse\" rows=\"0..1\" deadline=\"50ms\" ttl=\"1s\" stale=\"0s\">" by       \
	"<column name=\"k\" type=\"text\" proves=\"k\"/>"                                                              \
	"<column name=\"m\" type=\"text\" " identity " proves=\"member\" as=\"plain\"/>"                               \
	"<column name=\"x\" type=\"text\"/></part>"                                                                    \
	"<field path=\"x\" class=\"open\"><from part=\"taker\" column=\"x\"/></field>"                                 \
	"<view name=\"v\" by=\"member\" budget=\"1s\"><use path=\"x\"/></view>"
#define BY_BOTH "<query by=\"member k\">SELECT k, m, x FROM u WHERE k IN (:k...) AND m = :member</query>"
#define BY_K "<query by=\"k\">SELECT k, m, x FROM u WHERE k IN (:k...)</query>"

static void a_single_value_by_a_key_with_many_values_is_found(void **state)
{
	(void)state;
	expect("M0504", CHAIN("20", "values=\"5\"", BY_K, ""));
	expect("M0504", CHAIN("2", "values=\"2\"", BY_BOTH, ""));
	expect("M0504", CHAIN("1", "values=\"5\"",
			      "<query by=\"member? k?\">SELECT k, m, x FROM u WHERE k = :k OR m = :member</query>"
			      "<query by=\"k\">SELECT k, m, x FROM u WHERE k = :k</query>", "")
			"<view name=\"w\" by=\"member\" budget=\"1s\"><use path=\"x\"/><use part=\"giver\"/></view>");
}

static void a_single_value_by_keys_with_one_value_is_fine(void **state)
{
	(void)state;
	expect("", CHAIN("1", "values=\"5\"", BY_K, ""));
	expect("", CHAIN("20", "", BY_K, "")); /* one value in play */
	expect("", CHAIN("20", "values=\"5\"", BY_K, "gives=\"member\"")); /* each row says whose it is */
	expect("", CHAIN("1", "values=\"5\"", BY_BOTH, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_single_value_by_a_key_with_many_values_is_found),
		cmocka_unit_test(a_single_value_by_keys_with_one_value_is_fine),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
