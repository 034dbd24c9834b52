/* What is written with entities means what it says, in every kind of attribute and in text. */
#include "metadata/normalize.h"
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
	cat = NULL;
	return 0;
}

static int end(void **state)
{
	(void)state;
	catalog_unref(&cat);
	arena_wipe_free(&mem);
	return 0;
}

static void load_with(const char *body)
{
	cat = loading_with_base(mem, loading_mapping(mem, body), ds);
}

static void an_ampersand_is_one_however_it_is_written(void **state)
{
	(void)state;
	load_with("<codes name=\"c\"><code is=\"R&amp;D\" from=\"r&#38;d s&#x26;d a&lt;b&gt;c&quot;&apos;\">"
		  "<label xml:lang=\"en\">R &amp; D</label></code></codes>"
		  "<field path=\"f\" class=\"open\" empty=\"a&amp;b\"><from part=\"crm\" column=\"nm\"/></field>"
		  "<view name=\"w\" by=\"phone\" budget=\"1s\" shape=\"flat\">"
		  "<use path=\"f\" as=\"F\" default=\"손님 &amp; co &amp;amp; &#65;\"/></view>");
	if (!cat)
		loading_show(ds);
	assert_non_null(cat);
	assert_string_equal(cat->codes[1].of[0].is, "R&D");
	assert_string_equal(cat->codes[1].of[0].from[0], "r&d");
	assert_string_equal(cat->codes[1].of[0].from[1], "s&d");
	assert_string_equal(cat->codes[1].of[0].from[2], "a<b>c\"'");
	assert_string_equal(cat->codes[1].of[0].labels.of[0].text, "R & D");
	assert_string_equal(cat->fields[cat->n_fields - 1].empty, "a&b");
	assert_string_equal(catalog_view(cat, STR("w"))->uses[0].default_, "손님 & co &amp; A");
}

static void a_block_pattern_with_an_ampersand_blocks(void **state)
{
	const struct key *key;
	struct str out;

	(void)state;
	load_with("<key name=\"shop\" role=\"item\" type=\"text\" block=\"^x&amp;y$\"/>");
	assert_non_null(cat);
	key = catalog_key(cat, STR("shop"));
	assert_int_equal(normalize_key(key, STR("x&y"), mem, &out), KEY_BLOCKED);
	assert_int_equal(normalize_key(key, STR("x&#38;y"), mem, &out), KEY_OK);
}

static void what_is_wrong_is_shown_where_it_stands_behind_an_entity(void **state)
{
	const struct diag *d;

	(void)state;
	load_with("\n<codes name=\"c\"><code is=\"R&amp;D\" from=\"&amp;\"/></codes>"
		  "<class name=\"x\" mask=\"a&amp;l\"/>");
	d = loading_find(ds, "M0105");
	assert_non_null(d);
	assert_int_equal(d->at.line, 2);
	assert_int_equal(d->at.column, 80);
	assert_int_equal(d->at.length, 7);
}

static void sql_is_read_with_its_entities_resolved(void **state)
{
	const struct part *part;

	(void)state;
	load_with("<part name=\"p\" source=\"warehouse\" rows=\"0..1\" deadline=\"1s\" ttl=\"0s\" stale=\"0s\">"
		  "<query by=\"member\">SELECT m FROM t WHERE a &amp; 1 &lt; 2 AND m IN (:member...)</query>"
		  "<column name=\"m\" type=\"text\" proves=\"member\"/></part>");
	assert_non_null(cat);
	part = &cat->parts[cat->n_parts - 1];
	assert_string_equal(part->name, "p");
	assert_true(str_eq(part->queries[0].sql, STR("SELECT m FROM t WHERE a & 1 < 2 AND m IN (:member...)")));
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		T(an_ampersand_is_one_however_it_is_written),
		T(a_block_pattern_with_an_ampersand_blocks),
		T(what_is_wrong_is_shown_where_it_stands_behind_an_entity),
		T(sql_is_read_with_its_entities_resolved),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
