#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metadata/keyparts.h"
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

static void load_base(void)
{
	cat = loading_with_base(mem, (struct str){ 0 }, ds);
	if (!cat || diags_count(ds, DIAG_WARNING))
		loading_show(ds);
	assert_non_null(cat);
	assert_int_equal(diags_count(ds, DIAG_WARNING), 0);
}

/* Load base.xml with a body beside it. */
static void load_with(const char *body)
{
	cat = loading_with_base(mem, loading_mapping(mem, body), ds);
}

static void assert_found(const char *code, uint32_t line, uint32_t column)
{
	const struct diag *d = loading_find(ds, code);

	if (!d || d->at.line != line || d->at.column != column)
		loading_show(ds);
	assert_non_null(d);
	assert_int_equal(d->at.line, line);
	assert_int_equal(d->at.column, column);
	assert_null(cat);
}

#define THING(kind, member, naming)                                                \
	static const struct kind *member##_named(const char *name)                 \
	{                                                                          \
		for (size_t i = 0; i < cat->n_##member; i++)                       \
			if (strcmp(naming(cat->member[i]), name) == 0)             \
				return &cat->member[i];                            \
		fail_msg("no " #kind " %s", name);                                 \
		return &cat->member[0];                                            \
	}
#define NAME(thing) (thing).name
#define PATH(thing) (thing).path.p
THING(part, parts, NAME)
THING(field, fields, PATH)
THING(list, lists, PATH)

/* ---- what a good mapping becomes ---- */

static void sources_and_keys_are_as_written(void **state)
{
	(void)state;
	load_base();
	assert_int_equal(cat->n_sources, 2);
	assert_string_equal(cat->sources[0].secret, "callcenter");
	assert_string_equal(zone_name(cat->sources[0].zone), "Asia/Seoul");
	assert_string_equal(labels_in(cat->sources[0].labels, STR("en")), "Call center");
	assert_string_equal(labels_in(cat->sources[0].labels, STR("fr")), "콜센터");
	assert_string_equal(cat->identity->name, "member");
	assert_int_equal(cat->identity->n_spellings, 2);
	assert_string_equal(cat->identity->spellings[0].mask, "C########");
	assert_int_equal(catalog_key(cat, STR("phone"))->n_spellings, 3);
	assert_non_null(catalog_key(cat, STR("phone"))->block_re);
	assert_int_equal(catalog_key(cat, STR("phone"))->values, 5);
}

static void a_query_for_the_dialect_stands_before_one_for_all(void **state)
{
	const struct part *crm;

	(void)state;
	load_base();
	crm = parts_named("crm");
	assert_int_equal(crm->n_queries, 3);
	assert_string_equal(crm->queries[0].by[0].key->name, "member");
	assert_non_null(strstr(crm->queries[1].sql.p, "INDEXED BY"));
	assert_null(strstr(crm->queries[2].sql.p, "FROM ora"));
}

static void a_part_has_its_times_and_columns(void **state)
{
	unsigned char hash[DIGEST_BYTES];
	const struct part *crm;

	(void)state;
	load_base();
	crm = parts_named("crm");
	assert_int_equal(crm->deadline_ms, 80);
	assert_int_equal(crm->cap_ms, 1080); /* three times would be less than a second more */
	assert_int_equal(parts_named("owner")->cap_ms, 400);
	assert_int_equal(crm->ttl_ms, 30000);
	assert_int_equal(crm->stale_ms, 600000);
	assert_int_equal(crm->negative_ms, 5000); /* it gives the identity */
	assert_true(parts_named("owner")->find_only);
	assert_ptr_equal(crm->columns[0].gives, cat->identity);
	assert_string_equal(crm->columns[3].as[1]->name, "digits");
	assert_true(crm->columns[5].as_of);
	keyparts_definition(crm, hash);
	assert_memory_equal(hash, crm->definition, sizeof(hash));
}

static void a_field_has_its_candidates_in_order(void **state)
{
	const struct field *tier;

	(void)state;
	load_base();
	tier = fields_named("tier");
	assert_int_equal(tier->n_from, 2);
	assert_string_equal(tier->from[0].part->name, "value");
	assert_int_equal(tier->pick, PICK_NEWEST);
	assert_string_equal(tier->empty, "BASE");
	assert_string_equal(tier->codes->of[0].is, "VIP");
	assert_int_equal(tier->codes->of[0].n_from, 3);
	assert_int_equal(fields_named("phone.number")->n_segments, 2);
}

static void a_list_knows_a_cell_for_each_of_its_parts(void **state)
{
	const struct list *contacts, *items;

	(void)state;
	load_base();
	contacts = lists_named("contacts");
	assert_int_equal(contacts->fields[0].per_part[1].kind, CELL_HERE);
	assert_int_equal(contacts->fields[2].per_part[0].kind, CELL_HERE);
	assert_int_equal(contacts->fields[2].per_part[1].kind, CELL_NONE);
	assert_int_equal(contacts->n_distinct, 2);
	assert_true(contacts->order_desc);
	items = &lists_named("orders")->lists[0];
	assert_string_equal(items->join->name, "order");
	assert_int_equal(items->fields[1].per_part[0].kind, CELL_LOOKUP);
	assert_string_equal(items->fields[1].per_part[0].lookup.key->name, "product");
	assert_string_equal(items->fields[1].field.cls->name, "open");
	assert_true(lists_named("order_numbers")->plain_items);
	assert_int_equal(lists_named("order_numbers")->fields[0].field.n_segments, 0);
}

static void a_view_takes_over_uses_and_later_ones_replace_earlier(void **state)
{
	const struct view *full;

	(void)state;
	load_base();
	full = catalog_view(cat, STR("full"));
	/* name, phone.number, orders, tier, contacts, order_numbers, journey */
	assert_int_equal(full->n_uses, 7);
	assert_string_equal(full->uses[1].field->path.p, "phone.number");
	assert_int_equal(full->uses[2].kind, USE_LIST);
	assert_int_equal(full->uses[2].limit, 5); /* at the place of the one it replaces */
	assert_int_equal(full->uses[2].only, UINT64_C(1) | UINT64_C(1) << 32);
	assert_int_equal(full->uses[6].limit, 50);
	assert_string_equal(cat->candidate->name, "candidate");
	assert_true(full->plan.n_steps > 0);
	assert_true(cat->resolve[catalog_key(cat, STR("order"))->index].n_steps > 0);
}

/* ---- files ---- */

static void order_of_files_and_of_declarations_does_not_matter(void **state)
{
	struct str text = loading_file(mem, "base.xml");
	const char *split = strstr(text.p, "  <part name=\"crm\"");
	const char *open = strstr(text.p, "<mapping");
	struct str head = { open, (size_t)(split - open) };
	const struct mapping_file files[] = {
		{ "b.xml", arena_printf(mem, "%.*s</mapping>", STR_ARG(head)) },
		{ "a.xml", arena_printf(mem, "<mapping xmlns=\"urn:federator:mapping:1\">%s", split) },
	};

	(void)state;
	cat = catalog_load_texts(files, 2, ds);
	if (!cat)
		loading_show(ds);
	assert_non_null(cat);
	assert_string_equal(cat->files[0].name, "a.xml");
}

static void the_revision_follows_names_and_bytes_and_not_the_order(void **state)
{
	struct str m = loading_file(mem, "base.xml"), extra = loading_mapping(mem, "<class name=\"x\"/>");
	const struct mapping_file one[] = { { "a.xml", m }, { "b.xml", extra } };
	const struct mapping_file two[] = { { "b.xml", extra }, { "a.xml", m } };
	const struct mapping_file three[] = { { "a.xml", m }, { "c.xml", extra } };
	const struct catalog *a = catalog_load_texts(one, 2, ds), *b = catalog_load_texts(two, 2, ds);
	const struct catalog *c = catalog_load_texts(three, 2, ds);

	(void)state;
	assert_int_equal(strlen(a->revision), 16);
	assert_string_equal(a->revision, b->revision);
	assert_string_not_equal(a->revision, c->revision);
	catalog_unref(&a);
	catalog_unref(&b);
	catalog_unref(&c);
}

static void all_mistakes_of_all_files_are_found_in_one_run(void **state)
{
	const struct mapping_file files[] = {
		{ "base.xml", loading_file(mem, "base.xml") },
		{ "a.xml", STR("<mapping xmlns=\"urn:federator:mapping:1\"><class name=\"x\"></mapping>") },
		{ "b.xml", loading_mapping(mem, "<class nam=\"x\"/>"
						"<key name=\"k\" role=\"shared\" type=\"txt\"/>") },
		{ "c.xml", loading_mapping(mem, "<field path=\"x\"><from part=\"crm\" column=\"gone\"/>"
						"</field><source name=\"s\" connect=\"secret:s\" "
						"dialect=\"sqlite\" zone=\"Mars\" pool=\"1\"/>") },
	};
	static const char *const codes[] = { "M0005", "M0103", "M0105", "M0502", "M0142", "M0201" };

	(void)state;
	cat = catalog_load_texts(files, 4, ds);
	assert_null(cat);
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		assert_non_null(loading_find(ds, codes[i]));
}

static void what_an_unreadable_file_may_declare_is_not_told_as_unknown(void **state)
{
	(void)state;
	cat = loading_with_base(mem, STR("<mapping"), ds);
	assert_null(cat);
	assert_int_equal(diags_count(ds, DIAG_ERROR), 1);
	load_with(
		"<prat name=\"q\"/><field path=\"x\" class=\"open\"><from part=\"q\" column=\"y\"/></field>");
	assert_int_equal(diags_count(ds, DIAG_ERROR), 2);
}

static void positions_are_real_beyond_line_65535_and_in_long_lines(void **state)
{
	struct buf text = { 0 };

	(void)state;
	buf_puts(&text, "<mapping xmlns=\"urn:federator:mapping:1\">");
	for (int i = 0; i < 70000; i++)
		buf_putc(&text, '\n');
	for (int i = 0; i < 80000; i++)
		buf_putc(&text, ' ');
	buf_puts(&text, "<class name=\"a\" msk=\"name\"/><field path=\"x\" class=\"opn\"/></mapping>");
	cat = loading_with_base(mem, buf_str(&text), ds);
	buf_free(&text);
	assert_found("M0103", 70001, 80017);
	assert_found("M0145", 70001, 80052);
}

static void a_byte_order_mark_and_windows_line_ends_are_no_trouble(void **state)
{
	(void)state;
	cat = loading_with_base(mem, STR("\xEF\xBB\xBF<mapping xmlns=\"urn:federator:mapping:1\">\r\n"
					 "<class nme=\"x\"/>\r\n</mapping>\r\n"),
				ds);
	assert_found("M0103", 2, 8);
}

static void single_quotes_and_prefixes_are_xml_too(void **state)
{
	(void)state;
	cat = loading_with_base(mem, STR("<m:mapping xmlns:m='urn:federator:mapping:1'><m:class name = 'x' "
					 "mask= 'al&#108;'/></m:mapping>"),
				ds);
	if (!cat)
		loading_show(ds);
	assert_non_null(cat);
	assert_int_equal(cat->classes[3].mask, MASK_ALL);
}

static void utf16_and_binary_files_are_refused(void **state)
{
	(void)state;
	cat = loading_with_base(mem, STR("\xFF\xFE<\0m\0"), ds);
	assert_found("M0003", 1, 1);
}

static void a_file_above_one_mebibyte_is_refused(void **state)
{
	size_t n = (1u << 20) + 1;
	char *spaces = arena_alloc(mem, n);

	(void)state;
	memset(spaces, ' ', n);
	cat = loading_with_base(mem, (struct str){ spaces, n }, ds);
	assert_found("M0002", 1, 1);
}

static void an_entity_bomb_is_refused_before_it_is_read(void **state)
{
	(void)state;
	cat = loading_with_base(
		mem,
		STR("<?xml version=\"1.0\"?><!-- x --><!DOCTYPE mapping SYSTEM \"http://x/\" ["
		    "<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><mapping/>"),
		ds);
	assert_found("M0004", 1, 32);
	assert_int_equal(diags_count(ds, DIAG_ERROR), 1);
}

static void sixty_four_classes_are_the_most(void **state)
{
	struct buf body = { 0 };

	(void)state;
	for (int i = 0; i < 62; i++)
		buf_printf(&body, "<class name=\"c%d\"/>\n", i);
	load_with(body.data);
	buf_free(&body);
	assert_found("M0206", 62, 2);
}

static void thirty_two_fields_are_the_most(void **state)
{
	struct buf body = { 0 };

	(void)state;
	buf_puts(&body, "<list path=\"l\" class=\"open\" parts=\"orders\" limit=\"1\">");
	for (int i = 0; i < 33; i++)
		buf_printf(&body, "<field path=\"f%d\"><from part=\"orders\" column=\"at\"/></field>", i);
	buf_puts(&body, "</list>");
	load_with(body.data);
	buf_free(&body);
	assert_found("M0514", 1, 43);
}

static void views_that_double_at_each_step_are_no_trouble(void **state)
{
	struct buf body = { 0 };

	(void)state;
	buf_puts(&body, "<view name=\"v0\" by=\"member\" budget=\"1s\"><use path=\"name\"/></view>");
	for (int i = 1; i < 30; i++)
		buf_printf(&body,
			   "<view name=\"v%d\" by=\"member\" budget=\"1s\">"
			   "<use view=\"v%d\"/><use view=\"v%d\"/></view>",
			   i, i - 1, i - 1);
	load_with(body.data);
	buf_free(&body);
	assert_non_null(cat);
	assert_int_equal(catalog_view(cat, STR("v29"))->n_uses, 1);
}

static void sql_in_cdata_is_found_where_it_stands(void **state)
{
	(void)state;
	load_with("\n<part name=\"p\" source=\"warehouse\" rows=\"0..1\" deadline=\"1s\" ttl=\"0s\" "
		  "stale=\"0s\">\n"
		  "  <query by=\"member\">\n"
		  "    <![CDATA[ SELECT m FROM t\n"
		  " WHERE m = :member AND x < :x]]></query>\n"
		  "  <column name=\"m\" type=\"text\" proves=\"member\"/>\n</part>\n");
	assert_found("M0405", 5, 28);
}

/* ---- directories ---- */

static void write_file(const char *dir, const char *name, struct str text)
{
	FILE *f = fopen(arena_printf(mem, "%s/%s", dir, name).p, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	assert_int_equal(fclose(f), 0);
}

static void a_directory_is_the_union_of_its_xml_files(void **state)
{
	char dir[] = "/tmp/federator_load_XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	write_file(dir, "base.xml", loading_file(mem, "base.xml"));
	write_file(dir, "x.xml", loading_mapping(mem, "<class name=\"more\"/>"));
	write_file(dir, "notes.txt", STR("not a mapping"));
	write_file(dir, ".#x.xml", STR("an editor's lock"));
	cat = catalog_load(dir, ds);
	for (int i = 0; i < 4; i++)
		(void)unlink(arena_printf(mem, "%s/%s", dir,
					  (const char *[]){ "base.xml", "x.xml", "notes.txt", ".#x.xml" }[i])
				     .p);
	(void)rmdir(dir);
	assert_non_null(cat);
	assert_int_equal(cat->n_files, 2);
	assert_int_equal(cat->n_classes, 4);
	assert_string_equal(cat->sources[0].at.file, arena_printf(mem, "%s/base.xml", dir).p);
}

static void a_directory_without_mappings_is_a_finding(void **state)
{
	char dir[] = "/tmp/federator_load_XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	cat = catalog_load(dir, ds);
	(void)rmdir(dir);
	assert_found("M0001", 0, 0);
	assert_null(catalog_load(dir, ds));
	assert_int_equal(diags_count(ds, DIAG_ERROR), 2);
}

static void a_directory_above_the_mappings_is_told_where_they_are(void **state)
{
	static const char *const inside[] = { ".git", "a", "other", "mapping" };
	char dir[] = "/tmp/federator_load_XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		const char *sub = arena_printf(mem, "%s/%s", dir, inside[i]).p;

		assert_int_equal(mkdir(sub, 0700), 0);
		write_file(sub, i == 1 ? "notes.txt" : "x.xml", STR("<mapping/>"));
	}
	cat = catalog_load(dir, ds);
	for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
		(void)unlink(arena_printf(mem, "%s/%s/%s", dir, inside[i], i == 1 ? "notes.txt" : "x.xml").p);
		(void)rmdir(arena_printf(mem, "%s/%s", dir, inside[i]).p);
	}
	assert_int_equal(rmdir(dir), 0);
	assert_null(cat);
	assert_string_equal(loading_find(ds, "M0001")->help, arena_printf(mem, "did you mean %s/mapping?", dir).p);
}

static void an_unreadable_file_is_a_finding_and_the_others_are_checked(void **state)
{
	char dir[] = "/tmp/federator_load_XXXXXX";
	struct str sub;

	(void)state;
	assert_non_null(mkdtemp(dir));
	sub = arena_printf(mem, "%s/dir.xml", dir);
	assert_int_equal(mkdir(sub.p, 0700), 0);
	write_file(dir, "a.xml", loading_mapping(mem, "<class nme=\"x\"/>"));
	cat = catalog_load(dir, ds);
	(void)rmdir(sub.p);
	(void)unlink(arena_printf(mem, "%s/a.xml", dir).p);
	(void)rmdir(dir);
	assert_null(cat);
	assert_non_null(loading_find(ds, "M0001"));
	assert_non_null(loading_find(ds, "M0103"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(sources_and_keys_are_as_written),
		TEST(a_query_for_the_dialect_stands_before_one_for_all),
		TEST(a_part_has_its_times_and_columns),
		TEST(a_field_has_its_candidates_in_order),
		TEST(a_list_knows_a_cell_for_each_of_its_parts),
		TEST(a_view_takes_over_uses_and_later_ones_replace_earlier),
		TEST(order_of_files_and_of_declarations_does_not_matter),
		TEST(the_revision_follows_names_and_bytes_and_not_the_order),
		TEST(all_mistakes_of_all_files_are_found_in_one_run),
		TEST(what_an_unreadable_file_may_declare_is_not_told_as_unknown),
		TEST(positions_are_real_beyond_line_65535_and_in_long_lines),
		TEST(a_byte_order_mark_and_windows_line_ends_are_no_trouble),
		TEST(single_quotes_and_prefixes_are_xml_too),
		TEST(utf16_and_binary_files_are_refused),
		TEST(a_file_above_one_mebibyte_is_refused),
		TEST(an_entity_bomb_is_refused_before_it_is_read),
		TEST(sixty_four_classes_are_the_most),
		TEST(thirty_two_fields_are_the_most),
		TEST(views_that_double_at_each_step_are_no_trouble),
		TEST(sql_in_cdata_is_found_where_it_stands),
		TEST(a_directory_is_the_union_of_its_xml_files),
		TEST(a_directory_without_mappings_is_a_finding),
		TEST(a_directory_above_the_mappings_is_told_where_they_are),
		TEST(an_unreadable_file_is_a_finding_and_the_others_are_checked),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
