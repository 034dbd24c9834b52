#include "tests/federator/trees.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/text.h"

const struct str trees_nasty[] = {
	STR(""),
	STR(" "),
	STR(" leading and trailing "),
	STR("\ttab\nline\rreturn\r\nboth"),
	STR("NUL\0inside"),
	STR("\0"),
	STR("\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x1a\x1b[31m\x1f\x7f"),
	STR("\xc2\x80\xc2\x85\xc2\x9f C1"),
	STR("quotes \" ' ` \\ \\\" \\u0041 /"),
	STR("<tag attr=\"1\">&amp;&#0;&nosuch;</tag>"),
	STR("]]>"),
	STR("<![CDATA[x]]>"),
	STR("<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;<!-- -->"),
	STR("</script><script>alert(1)</script>"),
	STR("{\"a\":[1,null]}"),
	STR("%s%n%d ${jndi:x} '; DROP TABLE customer; --"),
	STR("\xef\xbb\xbf BOM"),
	STR("\xef\xbf\xbd genuine replacement"),
	STR("\xef\xbf\xbe U+FFFE \xef\xbf\xbf U+FFFF"),
	STR("\xf0\x9f\xbf\xbe U+1FFFE \xf4\x8f\xbf\xbf U+10FFFF"),
	STR("\xef\xb7\x90 U+FDD0"),
	STR("\xed\xa0\x80 high surrogate"),
	STR("\xed\xbf\xbf low surrogate"),
	STR("\xed\xa0\xbd\xed\xb8\x80 CESU-8 pair"),
	STR("\xc0\x80 overlong NUL"),
	STR("\xc1\xbf\xe0\x80\xaf\xf0\x80\x80\xaf overlong slash"),
	STR("\xf4\x90\x80\x80 above U+10FFFF"),
	STR("\xf8\x88\x80\x80\x80\xfc\x84\x80\x80\x80\x80 five and six bytes"),
	STR("\xfe\xff\xff\xfe"),
	STR("\x80\xbf lone continuation"),
	STR("cut \xe2\x82"),
	STR("cut \xf0\x9f\x98"),
	STR("\xc3"),
	STR("\xe2\x82\"quote behind a cut character"),
	STR("\xb1\xe8\xbf\xeb\xb9\xfc CP949"),
	STR("한별 김용범 \xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"),
	STR("\xd7\xa9\xd7\x9c\xe2\x80\x8f\xe2\x80\xae RTL \xe2\x81\xa6\xe2\x81\xa9"),
	STR("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 \xf0\x9f\x87\xb0\xf0\x9f\x87\xb7 \xf0\x9f\x98\x80"),
	STR("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81 combining"),
	STR("\xe2\x80\xa8 line \xe2\x80\xa9 paragraph"),
	STR("\xe2\x80\x8b\xe2\x81\xa0\xc2\xad invisible"),
	STR("~ / ~0 ~1 pointer"),
	STR("true"),
	STR("null"),
	STR("1e999"),
	STR("-0"),
};
const size_t trees_n_nasty = ARRAY_LEN(trees_nasty);

static struct str any_text(struct arena *mem, unsigned *seed)
{
	struct str s = {NULL, (size_t)(rand_r(seed) % 40)};
	char *p;

	if (rand_r(seed) % 2)
		return trees_nasty[(size_t)rand_r(seed) % trees_n_nasty];
	s.p = p = arena_alloc(mem, s.n + 1);
	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(rand_r(seed) >> 7);
	return s;
}

/* Unlike any other of its siblings; without NUL, which jansson takes in values only. */
static struct str any_name(struct arena *mem, unsigned *seed, int n)
{
	struct str s = any_text(mem, seed);

	return arena_printf(mem, "%d%.*s", n, STR_ARG(s));
}

static void grow(struct arena *mem, struct node *parent, unsigned *seed, int depth)
{
	int children = rand_r(seed) % 5;

	for (int i = 0; i < children; i++) {
		struct str name = parent->map ? any_name(mem, seed, i) : arena_printf(mem, "m%d", i);

		switch (rand_r(seed) % (depth > 0 ? 9 : 6)) {
		case 0:
			tree_null(mem, parent, name);
			break;
		case 1:
			tree_bool(mem, parent, name, rand_r(seed) % 2);
			break;
		case 2:
			tree_number(mem, parent, name, ((int64_t)rand_r(seed) << 32) - rand_r(seed));
			break;
		case 6:
			grow(mem, tree_object(mem, parent, name), seed, depth - 1);
			break;
		case 7:
			grow(mem, tree_array(mem, parent, name, STR("item")), seed, depth - 1);
			break;
		case 8:
			grow(mem, tree_map(mem, parent, name, STR("part")), seed, depth - 1);
			break;
		default:
			tree_text(mem, parent, name, any_text(mem, seed));
		}
	}
}

struct node *trees_random(struct arena *mem, unsigned seed)
{
	struct node *root = tree_object(mem, NULL, STR("view"));

	grow(mem, root, &seed, 4);
	return root;
}

struct str trees_clean(struct arena *mem, struct str text, bool xml)
{
	char *out = arena_alloc(mem, 3 * text.n + 1);
	size_t n = 0, used;
	uint32_t cp;

	for (size_t i = 0; i < text.n; i += used) {
		used = text_next((struct str){text.p + i, text.n - i}, &cp);
		if (xml &&
		    ((cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') || cp == 0xFFFE || cp == 0xFFFF))
			cp = 0xFFFD;
		n += text_encode(cp, out + n);
	}
	return (struct str){out, n};
}

static const struct source callcenter = {.name = "callcenter"};
static const struct column crm_columns[] = {{.name = "name"}, {.name = "grade_cd"}};
static const struct column value_columns[] = {{.name = "tier"}};
static const struct part crm = {.name = "crm", .source = &callcenter, .columns = crm_columns, .n_columns = 2};
static const struct source warehouse = {.name = "warehouse"};
static const struct part worth = {
	.name = "value", .source = &warehouse, .columns = value_columns, .n_columns = 1};
static const struct from tier_from[] = {
	{.part = &crm, .column = 1, .at = {.name = "customer.xml", .line = 14}},
	{.part = &worth, .column = 0, .at = {.name = "customer.xml", .line = 15}},
};
static const struct lost tier_lost[] = {
	{.from = &tier_from[1], .value = {"<GOLD>", 6}, .as_of = {"2026-11-21T23:00:00+09:00", 25}},
	{.from = &tier_from[1]},
};
static const struct origin tier_origin = {
	.from = &tier_from[0],
	.rule = "newest",
	.as_of = {"2026-11-22T09:12:00+09:00", 25},
	.provisional = true,
	.lost = tier_lost,
	.n_lost = ARRAY_LEN(tier_lost),
};
static const struct origin page_origin = {.from = &tier_from[1], .rule = "order"};

struct node *trees_with_provenance(struct arena *mem)
{
	struct node *root = tree_object(mem, NULL, STR("view"));
	struct node *customer = tree_object(mem, root, STR("customer"));
	struct node *pages, *provenance;

	tree_text(mem, customer, STR("tier"), STR("VIP"))->origin = &tier_origin;
	pages = tree_array(mem, customer, STR("last_pages"), STR("item"));
	tree_text(mem, pages, STR(""), STR("/a"));
	tree_text(mem, pages, STR(""), STR("/b"))->origin = &page_origin;
	provenance = tree_object(mem, root, STR("provenance"));
	provenance->kind = NODE_PROVENANCE;
	provenance->of = customer;
	return root;
}
