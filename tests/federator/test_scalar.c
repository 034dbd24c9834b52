/* test_scalar.c - which value of several parts wins, and what becomes of the others: one line for each rule. */
#include "federator/view/merge.h"
#include "metadata/load.h"
#include "tests/cmocka_all.h"

#define PART(name)                                                                                             \
	"<part name=\"" name "\" source=\"s\" rows=\"0..1\" deadline=\"9ms\" ttl=\"0s\" stale=\"0s\">"         \
	"<query by=\"member\">SELECT 1 FROM t WHERE m = :member</query>"                                       \
	"<column name=\"m\" type=\"text\" gives=\"member\" proves=\"member\"/>"                                \
	"<column name=\"v\" type=\"integer\"/><column name=\"at\" type=\"timestamp\" as-of=\"true\"/></part>"
#define FIELD(name, more)                                                                                      \
	"<field path=\"" name "\" class=\"open\" " more "><from part=\"a\" column=\"v\"/>"                     \
	"<from part=\"b\" column=\"v\"/><from part=\"c\" column=\"v\"/></field>"
static const char mapping[] =
	"<mapping xmlns=\"urn:federator:mapping:1\">"
	"<source name=\"s\" connect=\"secret:s\" dialect=\"sqlite\" zone=\"UTC\" pool=\"1\"/>"
	"<key name=\"member\" role=\"identity\" type=\"integer\"/><class name=\"open\"/>"
	"<codes name=\"tier\"><code is=\"VIP\" from=\"3 9\"/><code is=\"GOLD\" from=\"10\"/>"
	"<code is=\"BASE\" from=\"2\"/></codes>"
	PART("a") PART("b") PART("c")
	FIELD("order", "") FIELD("newest", "pick=\"newest\"") FIELD("max", "pick=\"max\"")
	FIELD("min", "pick=\"min\"") FIELD("sum", "pick=\"sum\"") FIELD("empty", "empty=\"0\"")
	FIELD("best", "pick=\"max\" codes=\"tier\"") FIELD("worst", "pick=\"min\" codes=\"tier\"")
	"<view name=\"pop\" by=\"member\" budget=\"90ms\"><use path=\"order\"/><use path=\"newest\"/>"
	"<use path=\"max\"/><use path=\"min\"/><use path=\"sum\"/><use path=\"empty\"/><use path=\"best\"/>"
	"<use path=\"worst\"/></view>"
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";

#define DAY(n) "2026-11-0" #n
#define AT(v, n) { "1", v, DAY(n) }
#define UNDATED(v) { "1", v, NULL }
#define NOTHING { "1", NULL, NULL }
#define NO_ROW { "", NULL, NULL }
#define MISSING { NULL, NULL, NULL }

static const struct {
	const char *rule, *field;
	const char *cells[3][3];
	const char *value; /* NULL: the field is absent; "": null */
	const char *part; /* of the winner */
	const char *lost; /* the others, in document order */
	bool provisional;
} rows[] = {
	{ "the first that has a value", "order", { AT("5", 1), AT("7", 2), NO_ROW }, "5", "a", "7", false },
	{ "NULL never beats a value", "order", { NOTHING, AT("7", 2), AT("3", 3) }, "7", "b", "3", false },
	{ "preferred part missing", "order", { MISSING, AT("7", 2), NO_ROW }, "7", "b", "", true },
	{ "other part missing", "order", { AT("5", 1), MISSING, MISSING }, "5", "a", "", false },
	{ "bad cell is passed over", "order", { AT("x", 1), AT("7", 2), NO_ROW }, "7", "b", "", false },
	{ "latest as-of", "newest", { AT("5", 1), AT("7", 3), AT("6", 2) }, "7", "b", "56", false },
	{ "no as-of comes last", "newest", { UNDATED("5"), AT("7", 1), NO_ROW }, "7", "b", "5", false },
	{ "as-of tie: document order", "newest", { NO_ROW, AT("7", 2), AT("6", 2) }, "7", "b", "6", false },
	{ "newer NULL does not win", "newest", { AT("5", 1), { "1", NULL, DAY(9) }, NO_ROW }, "5", "a", "", false },
	{ "perhaps a newer one", "newest", { AT("5", 1), NO_ROW, MISSING }, "5", "a", "", true },
	{ "greatest by value, not by text", "max", { AT("9", 1), AT("10", 1), AT("8", 1) }, "10", "b", "98", false },
	{ "greatest: tie", "max", { NO_ROW, AT("7", 1), AT("7", 2) }, "7", "b", "7", false },
	{ "perhaps a greater one", "max", { AT("5", 1), MISSING, NO_ROW }, "5", "a", "", true },
	{ "least", "min", { AT("9", 1), AT("10", 1), AT("-8", 1) }, "-8", "c", "910", false },
	{ "least leaves NULL out", "min", { NOTHING, AT("3", 1), AT("4", 1) }, "3", "b", "4", false },
	{ "sum leaves NULL out", "sum", { AT("1", 1), NOTHING, AT("4", 1) }, "5", "a", "", false },
	{ "sum of a missing term is unknown", "sum", { AT("1", 1), MISSING, AT("4", 1) }, NULL, NULL, NULL, false },
	{ "sum of a bad term is unknown", "sum", { AT("1", 1), AT("x", 1), NO_ROW }, NULL, NULL, NULL, false },
	{ "sum beyond 64 bits", "sum",
	  { AT("18446744073709551615", 1), AT("1", 1), AT("18446744073709551615", 1) }, "36893488147419103231", "a", "",
	  false },
	{ "sum whose first terms go beyond 64 bits", "sum",
	  { AT("18446744073709551615", 1), AT("5", 1), AT("-9", 1) }, "18446744073709551611", "a", "", false },
	{ "best code by rank, not by value", "best", { AT("10", 1), AT("3", 1), AT("2", 1) }, "VIP", "b", "GOLDBASE",
	  false },
	{ "two values of one code: tie", "best", { AT("9", 1), AT("3", 1), NO_ROW }, "VIP", "a", "VIP", false },
	{ "code in a padded cell", "best", { AT("3   ", 1), AT("2", 1), NO_ROW }, "VIP", "a", "BASE", false },
	{ "no code is worse than the worst", "best", { AT("77", 1), AT("2", 1), NO_ROW }, "BASE", "b", "77", false },
	{ "perhaps a better code", "best", { MISSING, AT("3", 1), NO_ROW }, "VIP", "b", "", true },
	{ "last code by rank", "worst", { AT("3", 1), AT("2", 1), AT("10", 1) }, "BASE", "b", "VIPGOLD", false },
	{ "no code is no worst code", "worst", { AT("1", 1), AT("3", 1), AT("77", 1) }, "VIP", "b", "177", false },
	{ "no code at all: document order", "worst", { NO_ROW, AT("78", 1), AT("77", 1) }, "78", "b", "77", false },
	{ "no part has a row", "empty", { NO_ROW, NO_ROW, NO_ROW }, "0", NULL, NULL, false },
	{ "a row without a value is null", "empty", { NO_ROW, NOTHING, NO_ROW }, "", NULL, NULL, false },
	{ "no row, and nothing said for it", "order", { NO_ROW, NO_ROW, NO_ROW }, "", NULL, NULL, false },
	{ "unknown is not empty", "empty", { NO_ROW, MISSING, NO_ROW }, NULL, NULL, NULL, false },
	{ "nor is what cannot be read", "empty", { NO_ROW, AT("x", 1), NO_ROW }, NULL, NULL, NULL, false },
	{ "zero is a value", "empty", { AT("0", 1), AT("7", 1), NO_ROW }, "0", "a", "7", false },
};

static const struct catalog *cat;

static int load(void **state)
{
	struct mapping_file file = { .name = "m.xml", .text = { mapping, sizeof(mapping) - 1 } };
	struct arena *mem = arena_new();

	(void)state;
	cat = catalog_load_texts(&file, 1, diags_new(mem));
	arena_wipe_free(&mem);
	return cat ? 0 : -1;
}

static int unload(void **state)
{
	(void)state;
	catalog_unref(&cat);
	return 0;
}

/* One part's answer: MISSING, NO_ROW or `n` rows of three cells. */
static struct fact fact_of(size_t part, const char *const cells[][3], uint32_t n, struct arena *mem)
{
	struct fact fact = { .part = &cat->parts[part], .state = FACT_LIVE };
	struct str *texts = arena_array_of(mem, struct str, (size_t)n * 3);
	struct rows *answer = arena_new_of(mem, struct rows);

	if (!cells[0][0]) {
		fact.state = FACT_MISSING;
		return fact;
	}
	*answer = (struct rows){ .n_cols = 3, .n_rows = cells[0][0][0] ? n : 0, .cells = texts };
	for (uint32_t r = 0; r < n; r++)
		for (size_t c = 0; c < 3; c++)
			if (cells[r][c])
				texts[r * 3 + c] = str_of(cells[r][c]);
	fact.rows = answer;
	return fact;
}

static const struct field *field_of(const char *path)
{
	size_t f = 0;

	while (f < cat->n_fields && !str_eq(cat->fields[f].path, str_of(path)))
		f++;
	assert_true(f < cat->n_fields);
	return &cat->fields[f];
}

static struct node *merged(struct fact *facts, const char *path, struct arena *mem)
{
	struct merge m = { .cat = cat, .mem = mem, .facts = facts, .visible = UINT64_MAX, .provenance = true };
	struct node *customer = tree_object(mem, NULL, STR(""));

	scalar_merge(&m, field_of(path), customer);
	return tree_member(customer, str_of(path));
}

static void check_origin(const struct origin *origin, size_t i, struct arena *mem)
{
	struct str lost = STR("");

	if (!rows[i].part)
		return;
	assert_non_null(origin);
	assert_string_equal(origin->from->part->name, rows[i].part);
	assert_int_equal(origin->provisional, rows[i].provisional);
	for (size_t l = 0; l < origin->n_lost; l++)
		lost = arena_printf(mem, "%.*s%.*s", STR_ARG(lost), STR_ARG(origin->lost[l].value));
	assert_true(str_eq(lost, str_of(rows[i].lost)));
}

static void every_rule_of_choice_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		SCOPED(arena_wipe_free) struct arena *mem = arena_new();
		struct fact facts[3];
		const struct node *node;

		for (size_t p = 0; p < 3; p++)
			facts[p] = fact_of(p, &rows[i].cells[p], 1, mem);
		node = merged(facts, rows[i].field, mem);
		print_message("%s\n", rows[i].rule);
		if (!rows[i].value) {
			assert_null(node);
			continue;
		}
		assert_non_null(node);
		assert_true(str_eq(node->value, str_of(rows[i].value)) || (node->kind == NODE_NULL && !*rows[i].value));
		check_origin(node->origin, i, mem);
	}
}

static void row_of_several_does_not_depend_on_their_order(void **state)
{
	static const char *const cells[][3] = { AT("5", 1), AT("3", 2), AT("4", 1) };
	static const char *const turned[][3] = { AT("4", 1), AT("5", 1), AT("3", 2) };
	static const char *const none[][3] = { NO_ROW };
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();

	(void)state;
	for (int way = 0; way < 2; way++) {
		struct fact facts[3] = { fact_of(0, way ? turned : cells, 3, mem), fact_of(1, none, 1, mem),
					 fact_of(2, none, 1, mem) };

		assert_true(str_eq(merged(facts, "order", mem)->value, STR("3")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_rule_of_choice_holds),
		cmocka_unit_test(row_of_several_does_not_depend_on_their_order),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
