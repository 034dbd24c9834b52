/* test_plan.c - the ways to the identity and the order of a view's parts, on small mappings. */
#include <stdio.h>

#include "metadata/load.h"
#include "metadata/plan.h"
#include "tests/cmocka_all.h"

#define HEAD                                                                                                   \
	"<mapping xmlns=\"urn:federator:mapping:1\">"                                                          \
	"<source name=\"s\" connect=\"secret:s\" dialect=\"sqlite\" zone=\"UTC\" pool=\"1\"/>"                 \
	"<key name=\"member\" role=\"identity\" type=\"integer\"/>"                                            \
	"<key name=\"phone\" role=\"shared\" type=\"digits\"/>"                                                \
	"<key name=\"order\" role=\"unique\" type=\"text\" values=\"20\"/>"                                    \
	"<key name=\"invoice\" role=\"unique\" type=\"text\" values=\"40\"/>"                                  \
	"<key name=\"visitor\" role=\"shared\" type=\"text\" values=\"10\"/>"                                  \
	"<class name=\"open\"/>"
#define PART(name, rows, more)                                                                                 \
	"<part name=\"" name "\" source=\"s\" rows=\"0.." rows                                                 \
	"\" deadline=\"100ms\" ttl=\"1s\" stale=\"0s\" " more ">"
#define QUERY(by) "<query by=\"" by "\">SELECT 1 FROM t WHERE k IN (:" by "...)</query>"
#define CRM                                                                                                    \
	PART("crm", "5", "")                                                                                   \
	QUERY("member") QUERY("phone") "<column name=\"m\" type=\"text\" gives=\"member\" proves=\"member\"/>"  \
				       "<column name=\"p\" type=\"text\" gives=\"phone\" proves=\"phone\"/>"   \
				       "<column name=\"n\" type=\"text\"/></part>"
#define OWNER                                                                                                  \
	PART("owner", "1", "find-only=\"true\"")                                                               \
	QUERY("order") "<column name=\"o\" type=\"text\" proves=\"order\"/>"                                   \
		       "<column name=\"m\" type=\"text\" gives=\"member\"/></part>"
#define TRACE                                                                                                  \
	PART("trace", "1", "find-only=\"true\"")                                                               \
	QUERY("invoice") "<column name=\"i\" type=\"text\" proves=\"invoice\"/>"                               \
			 "<column name=\"o\" type=\"text\" gives=\"order\"/></part>"
#define ORDERS                                                                                                 \
	PART("orders", "20", "")                                                                               \
	QUERY("member") "<column name=\"m\" type=\"text\" proves=\"member\"/>"                                 \
			"<column name=\"o\" type=\"text\" gives=\"order\"/></part>"
#define SHIPS                                                                                                  \
	PART("ships", "20", "")                                                                                \
	QUERY("order") "<column name=\"o\" type=\"text\" proves=\"order\"/>"                                   \
		       "<column name=\"i\" type=\"text\" gives=\"invoice\"/></part>"
#define TAIL                                                                                                   \
	"<field path=\"name\" class=\"open\"><from part=\"crm\" column=\"n\"/></field>"                        \
	"<list path=\"orders\" parts=\"orders\" class=\"open\" limit=\"5\">"                                   \
	"<field path=\"no\"><from part=\"orders\" column=\"o\"/></field>"                                      \
	"<list path=\"ships\" parts=\"ships\" class=\"open\" limit=\"5\">"                                     \
	"<field path=\"no\"><from part=\"ships\" column=\"i\"/></field></list></list>"                         \
	"<view name=\"pop\" by=\"member phone order invoice\" budget=\"900ms\"><use path=\"name\"/>"           \
	"<use path=\"orders\"/></view>"                                                                        \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"

static const struct catalog *load(const char *text, struct arena *mem)
{
	struct mapping_file file = { .name = "m.xml", .text = { text, strlen(text) } };
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = catalog_load_texts(&file, 1, ds);

	if (!cat) {
		struct buf out = { 0 };

		diags_print_human(ds, &out);
		fprintf(stderr, "%.*s\n", (int)out.len, out.data);
		buf_free(&out);
	}
	assert_non_null(cat);
	return cat;
}

static const struct plan *way(const struct catalog *cat, const char *key)
{
	return &cat->resolve[catalog_key(cat, str_of(key))->index];
}

static void assert_step(const struct plan *plan, size_t i, const char *part, size_t n_after)
{
	assert_true(i < plan->n_steps);
	assert_string_equal(plan->steps[i].part->name, part);
	assert_int_equal(plan->steps[i].n_after, n_after);
}

static void shared_key_asks_the_part_that_gives_the_identity(void **state)
{
	struct arena *mem = arena_new();
	const struct catalog *cat = load(HEAD CRM OWNER TRACE ORDERS SHIPS TAIL, mem);

	(void)state;
	assert_int_equal(way(cat, "phone")->n_steps, 1);
	assert_step(way(cat, "phone"), 0, "crm", 0);
	assert_string_equal(way(cat, "phone")->steps[0].query->by[0].key->name, "phone");
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

static void far_key_walks_through_find_only_parts(void **state)
{
	struct arena *mem = arena_new();
	const struct catalog *cat = load(HEAD CRM OWNER TRACE ORDERS SHIPS TAIL, mem);

	(void)state;
	assert_int_equal(way(cat, "invoice")->n_steps, 2);
	assert_step(way(cat, "invoice"), 0, "trace", 0);
	assert_step(way(cat, "invoice"), 1, "owner", 1);
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

static void walk_never_runs_away_from_the_identity(void **state)
{
	struct arena *mem = arena_new();
	const struct catalog *cat = load(HEAD CRM OWNER TRACE ORDERS SHIPS TAIL, mem);

	(void)state; /* ships gives an invoice from an order: farther away, so it is not walked */
	assert_int_equal(way(cat, "order")->n_steps, 1);
	assert_step(way(cat, "order"), 0, "owner", 0);
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

#define BYNO                                                                                                   \
	PART("byno", "2", "find-only=\"true\"")                                                                \
	"<query by=\"phone visitor\">SELECT 1 FROM t WHERE a = :phone AND b = :visitor</query>"                \
	"<query by=\"visitor phone\" dialect=\"sqlite\">SELECT 2 FROM t WHERE a = :phone AND b = :visitor</query>" \
	"<column name=\"p\" type=\"text\" proves=\"phone\"/><column name=\"v\" type=\"text\" proves=\"visitor\"/>" \
	"<column name=\"o\" type=\"text\" gives=\"order\"/></part>"

static void keys_that_lead_there_together_are_a_way(void **state)
{
	struct arena *mem = arena_new();
	const struct catalog *cat = load(HEAD CRM OWNER TRACE ORDERS SHIPS TAIL, mem);

	(void)state;
	assert_int_equal(cat->n_ways, 0);
	catalog_unref(&cat);
	cat = load(HEAD OWNER BYNO PART("crm", "1", "") QUERY("member")
		   "<column name=\"m\" type=\"text\" proves=\"member\"/><column name=\"n\" type=\"text\"/></part>"
		   ORDERS SHIPS TRACE TAIL, mem);
	assert_int_equal(cat->n_ways, 1);
	assert_int_equal(cat->ways[0].n_keys, 2);
	assert_int_equal(cat->ways[0].plan.n_steps, 2); /* and then as from the order alone */
	assert_step(&cat->ways[0].plan, 0, "byno", 0);
	assert_step(&cat->ways[0].plan, 1, "owner", 1);
	assert_int_equal(way(cat, "phone")->n_steps, 0);
	assert_int_equal(way(cat, "visitor")->n_steps, 0);
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

static void identity_is_confirmed_by_the_parts_that_give_it(void **state)
{
	struct arena *mem = arena_new();
	const struct catalog *cat = load(HEAD CRM OWNER TRACE ORDERS SHIPS TAIL, mem);

	(void)state;
	assert_int_equal(way(cat, "member")->n_steps, 1);
	assert_step(way(cat, "member"), 0, "crm", 0);
	assert_string_equal(way(cat, "member")->steps[0].query->by[0].key->name, "member");
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

static void view_places_inner_parts_behind_those_that_give_their_keys(void **state)
{
	struct arena *mem = arena_new();
	const struct catalog *cat = load(HEAD CRM OWNER TRACE ORDERS SHIPS TAIL, mem);
	const struct plan *plan = &catalog_view(cat, STR("pop"))->plan;

	(void)state;
	assert_int_equal(plan->n_steps, 3);
	assert_step(plan, 0, "crm", 0);
	assert_step(plan, 1, "orders", 0);
	assert_step(plan, 2, "ships", 1);
	assert_int_equal(plan->steps[2].after[0], 1);
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

static void critical_path_is_the_slowest_chain(void **state)
{
	struct arena *mem = arena_new();
	const struct catalog *cat = load(HEAD CRM OWNER TRACE ORDERS SHIPS TAIL, mem);
	const struct part *const *chain;
	size_t n;

	(void)state;
	assert_int_equal(plan_critical_ms(&catalog_view(cat, STR("pop"))->plan, mem, &chain, &n), 200);
	assert_int_equal(n, 2);
	assert_string_equal(chain[0]->name, "orders");
	assert_string_equal(chain[1]->name, "ships");
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

/* The view wants only `ships`, which needs orders' keys: the directory's only giver is added. */
static void only_giver_of_a_key_is_added(void **state)
{
	static const char text[] =
		HEAD CRM OWNER ORDERS SHIPS
		"<list path=\"ships\" parts=\"ships\" class=\"open\" limit=\"5\">"
		"<field path=\"no\"><from part=\"ships\" column=\"i\"/></field></list>"
		"<field path=\"name\" class=\"open\"><from part=\"crm\" column=\"n\"/></field>"
		"<view name=\"v\" by=\"member phone\" budget=\"900ms\"><use path=\"ships\"/></view>"
		"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";
	struct arena *mem = arena_new();
	const struct catalog *cat = load(text, mem);
	const struct plan *plan = &catalog_view(cat, STR("v"))->plan;

	(void)state;
	assert_int_equal(plan->n_steps, 2);
	assert_step(plan, 0, "orders", 0);
	assert_step(plan, 1, "ships", 1);
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

/* Two parts prove and give the same key: neither can begin, so the part outside the view does. */
static void ring_of_givers_is_begun_from_outside(void **state)
{
#define WEB(name)                                                                                              \
	PART(name, "9", "")                                                                                    \
	QUERY("visitor") "<column name=\"v\" type=\"text\" gives=\"visitor\" proves=\"visitor\"/>"     \
			 "<column name=\"u\" type=\"text\"/></part>"                                       \
			 "<list path=\"" name "\" parts=\"" name "\" class=\"open\" limit=\"5\">"      \
			 "<field path=\"u\"><from part=\"" name "\" column=\"u\"/></field></list>"
	static const char text[] =
		HEAD CRM WEB("pages") WEB("searches")
		PART("link", "9", "") QUERY("member")
		"<column name=\"m\" type=\"text\" proves=\"member\"/>"
		"<column name=\"v\" type=\"text\" gives=\"visitor\"/></part>"
		"<field path=\"name\" class=\"open\"><from part=\"crm\" column=\"n\"/></field>"
		"<view name=\"v\" by=\"member\" budget=\"900ms\"><use path=\"name\"/><use path=\"pages\"/>"
		"<use path=\"searches\"/></view>"
		"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";
	struct arena *mem = arena_new();
	const struct catalog *cat = load(text, mem);
	const struct plan *plan = &catalog_view(cat, STR("v"))->plan;

	(void)state;
	assert_int_equal(plan->n_steps, 4);
	assert_step(plan, 1, "link", 0);
	assert_step(plan, 2, "pages", 1);
	assert_step(plan, 3, "searches", 1);
	catalog_unref(&cat);
	arena_wipe_free(&mem);
}

static bool has_code(const char *text, const char *code)
{
	struct arena *mem = arena_new();
	struct mapping_file file = { .name = "m.xml", .text = { text, strlen(text) } };
	struct diags *ds = diags_new(mem);
	const struct catalog *cat = catalog_load_texts(&file, 1, ds);
	const struct diag *all;
	bool found = false;
	size_t n;

	assert_null(cat);
	all = diags_all(ds, &n);
	for (size_t i = 0; i < n; i++)
		found = found || strcmp(all[i].code, code) == 0;
	arena_wipe_free(&mem);
	return found;
}

static void part_that_nothing_leads_to_is_a_finding(void **state)
{
	(void)state; /* nobody gives `visitor` */
	assert_true(has_code(
		HEAD CRM PART("pages", "9", "") QUERY("visitor")
		"<column name=\"v\" type=\"text\" proves=\"visitor\"/><column name=\"u\" type=\"text\"/></part>"
		"<list path=\"pages\" parts=\"pages\" class=\"open\" limit=\"5\">"
		"<field path=\"u\"><from part=\"pages\" column=\"u\"/></field></list>"
		"<field path=\"name\" class=\"open\"><from part=\"crm\" column=\"n\"/></field>"
		"<view name=\"v\" by=\"member\" budget=\"900ms\"><use path=\"name\"/><use path=\"pages\"/></view>"
		"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>",
		"M0301"));
}

static void several_outside_givers_are_a_finding(void **state)
{
	(void)state;
#define LINK(name)                                                                                             \
	PART(name, "9", "")                                                                                    \
	QUERY("member") "<column name=\"m\" type=\"text\" proves=\"member\"/>"                                 \
			"<column name=\"v\" type=\"text\" gives=\"visitor\"/></part>"
	assert_true(has_code(
		HEAD CRM LINK("link1") LINK("link2") PART("pages", "9", "") QUERY("visitor")
		"<column name=\"v\" type=\"text\" proves=\"visitor\"/><column name=\"u\" type=\"text\"/></part>"
		"<list path=\"pages\" parts=\"pages\" class=\"open\" limit=\"5\">"
		"<field path=\"u\"><from part=\"pages\" column=\"u\"/></field></list>"
		"<field path=\"name\" class=\"open\"><from part=\"crm\" column=\"n\"/></field>"
		"<view name=\"v\" by=\"member\" budget=\"900ms\"><use path=\"name\"/><use path=\"pages\"/></view>"
		"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>",
		"M0302"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_key_asks_the_part_that_gives_the_identity),
		cmocka_unit_test(far_key_walks_through_find_only_parts),
		cmocka_unit_test(walk_never_runs_away_from_the_identity),
		cmocka_unit_test(keys_that_lead_there_together_are_a_way),
		cmocka_unit_test(identity_is_confirmed_by_the_parts_that_give_it),
		cmocka_unit_test(view_places_inner_parts_behind_those_that_give_their_keys),
		cmocka_unit_test(critical_path_is_the_slowest_chain),
		cmocka_unit_test(only_giver_of_a_key_is_added),
		cmocka_unit_test(ring_of_givers_is_begun_from_outside),
		cmocka_unit_test(part_that_nothing_leads_to_is_a_finding),
		cmocka_unit_test(several_outside_givers_are_a_finding),
	};
	struct err err;

	if (!digest_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
