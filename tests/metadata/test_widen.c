#include "metadata/widen.h"

#include "tests/cmocka_all.h"
#include "tests/metadata/loading.h"

/* One line each, so that a finding's line tells what it stands at. */
#define COMMON \
	"<source name='s' connect='secret:s' dialect='sqlite' zone='UTC' pool='1'/>" \
	"<key name='id' role='identity' type='integer'/>" \
	"<part name='p' source='s' rows='0..1' deadline='50ms' ttl='1s' stale='0s'>" \
	"<query by='id'>SELECT id, a FROM t WHERE id IN (:id...)</query>" \
	"<column name='id' type='integer' gives='id' proves='id'/><column name='a' type='text'/></part>" \
	"<part name='q' source='s' rows='0..9' deadline='50ms' ttl='1s' stale='0s'>" \
	"<query by='id'>SELECT id, a FROM u WHERE id IN (:id...)</query>" \
	"<column name='id' type='integer' proves='id'/><column name='a' type='text'/></part>" \
	"<view name='v' by='id' budget='300ms'><use path='f'/><use path='l'/></view>\n"
#define CLASSES "<class name='open'/><class name='tel' mask='phone'/><class name='id' mask='rrn'/>\n"
#define FIELDS_OF(field, item) \
	"<field path='f' class='" field "'><from part='p' column='a'/></field>" \
	"<list path='l' parts='q' class='open' limit='3'><field path='a' class='" item "'/></list>\n"
#define FIELDS FIELDS_OF("tel", "open")
#define WEBLOG(class) \
	"<weblog name='w' store='s' writer='secret:w' class='" class "'><file path='/l'/></weblog>\n"
#define POLICY(role, purpose, sees) "<policy role='" role "' purpose='" purpose "'>" sees "</policy>\n"
#define SHOW(classes) "<show class='" classes "'/>"
#define MASK(classes) "<mask class='" classes "'/>"
#define UNMASK(classes, minutes) "<unmask class='" classes "' minutes='" minutes "'/>"
#define AGENT(sees) POLICY("agent", "service", sees)
#define SEES "the role `agent` with the purpose `service` sees "

/* `told`: code, line and text of each finding, in order. */
struct change {
	const char *about;
	const char *was;
	const char *is;
	const char *told;
};

static const struct change wider[] = {
	{ "withheld to masked", CLASSES FIELDS AGENT(SHOW("open")),
	  CLASSES FIELDS AGENT(SHOW("open") MASK("tel")),
	  "M0704 4 " SEES "the class `tel` masked as phone; before, it was withheld\n" },
	{ "withheld to shown", CLASSES FIELDS AGENT(SHOW("open")), CLASSES FIELDS AGENT(SHOW("open id")),
	  "M0704 4 " SEES "the class `id` shown; before, it was withheld\n" },
	{ "masked to shown", CLASSES FIELDS AGENT(MASK("tel")), CLASSES FIELDS AGENT(SHOW("tel")),
	  "M0704 4 " SEES "the class `tel` shown; before, it was masked as phone\n" },
	{ "by a second policy, told there",
	  CLASSES FIELDS AGENT(MASK("tel")), CLASSES FIELDS AGENT(MASK("tel")) AGENT(SHOW("tel")),
	  "M0704 5 " SEES "the class `tel` shown; before, it was masked as phone\n" },
	{ "a class that was not declared", CLASSES FIELDS AGENT(SHOW("open")),
	  CLASSES FIELDS "<class name='new'/>" AGENT(SHOW("open new")),
	  "M0704 4 " SEES "the class `new` shown; before, there was no such class\n" },
	{ "classes in another order", CLASSES FIELDS AGENT(SHOW("open")),
	  "<class name='id' mask='rrn'/><class name='tel' mask='phone'/><class name='open'/>\n" FIELDS AGENT(
		  SHOW("open tel")),
	  "M0704 4 " SEES "the class `tel` shown; before, it was withheld\n" },
	{ "each role and purpose by itself, once",
	  CLASSES FIELDS POLICY("a b", "x y", MASK("tel")) POLICY("a", "x", SHOW("tel")),
	  CLASSES FIELDS POLICY("a b", "x y", SHOW("tel")) POLICY("a", "x", SHOW("tel")),
	  "M0704 4 the role `a` with the purpose `y` sees the class `tel` shown; before, it was masked as phone\n"
	  "M0704 4 the role `b` with the purpose `x` sees the class `tel` shown; before, it was masked as phone\n"
	  "M0704 4 the role `b` with the purpose `y` sees the class `tel` shown; before, it was masked as phone\n" },
	{ "a weaker mask", "<class name='open'/><class name='tel' mask='all'/>\n" FIELDS AGENT(MASK("tel")),
	  "<class name='open'/><class name='tel' mask='phone'/>\n" FIELDS AGENT(MASK("tel")),
	  "M0705 2 " SEES "the class `tel` masked as phone; before, it was masked as all\n" },
	{ "a mask that leaves other characters",
	  "<class name='open'/><class name='tel' mask='name'/>\n" FIELDS AGENT(MASK("tel")),
	  "<class name='open'/><class name='tel' mask='phone'/>\n" FIELDS AGENT(MASK("tel")),
	  "M0705 2 " SEES "the class `tel` masked as phone; before, it was masked as name\n" },
	{ "a field in a class that is shown", CLASSES FIELDS AGENT(SHOW("open")),
	  CLASSES FIELDS_OF("open", "open") AGENT(SHOW("open")),
	  "M0706 3 " SEES "`f` shown, in the class `open`; before, in `tel`, it was withheld\n" },
	{ "a field of a list in a class that is masked", CLASSES FIELDS_OF("tel", "id") AGENT(MASK("tel")),
	  CLASSES FIELDS_OF("tel", "tel") AGENT(MASK("tel")),
	  "M0706 3 " SEES "`l.a` masked as phone, in the class `tel`; before, in `id`, it was withheld\n" },
	{ "a log in a class that is shown", CLASSES FIELDS AGENT(SHOW("open")) WEBLOG("tel"),
	  CLASSES FIELDS AGENT(SHOW("open")) WEBLOG("open"),
	  "M0706 5 " SEES "`weblog w` shown, in the class `open`; before, in `tel`, it was withheld\n" },
	{ "a role not known before", CLASSES FIELDS AGENT(SHOW("open")),
	  CLASSES FIELDS AGENT(SHOW("open")) POLICY("boss", "service", SHOW("open id") MASK("tel")),
	  "M0707 5 the role `boss` with the purpose `service` was refused before; now it sees: shown `open` `id`, "
	  "masked `tel`\n" },
	{ "a class that may be unmasked", CLASSES FIELDS AGENT(SHOW("open") MASK("tel")),
	  CLASSES FIELDS AGENT(SHOW("open") MASK("tel") UNMASK("tel id", "5")),
	  "M0709 4 the role `agent` with the purpose `service` may unmask the class `id` for 5 min; before, 0\n"
	  "M0709 4 the role `agent` with the purpose `service` may unmask the class `tel` for 5 min; before, 0\n" },
	{ "for a longer time, by another policy, told there", CLASSES FIELDS AGENT(MASK("tel") UNMASK("tel", "5")),
	  CLASSES FIELDS AGENT(MASK("tel") UNMASK("tel", "5")) AGENT(UNMASK("tel", "9")),
	  "M0709 5 the role `agent` with the purpose `service` may unmask the class `tel` for 9 min; before, 5\n" },
	{ "a role that may only unmask", CLASSES FIELDS AGENT(SHOW("open")),
	  CLASSES FIELDS AGENT(SHOW("open")) POLICY("boss", "x", UNMASK("tel", "5")),
	  "M0707 5 the role `boss` with the purpose `x` was refused before; now it sees: nothing\n"
	  "M0709 5 the role `boss` with the purpose `x` may unmask the class `tel` for 5 min; before, 0\n" },
	{ "a purpose not known before", CLASSES FIELDS AGENT(SHOW("open")),
	  CLASSES FIELDS POLICY("agent", "sales service", SHOW("open")),
	  "M0707 4 the role `agent` with the purpose `sales` was refused before; now it sees: shown `open`\n" },
};

static const struct change not_wider[] = {
	{ "the same", CLASSES FIELDS AGENT(SHOW("open") MASK("tel")),
	  CLASSES FIELDS AGENT(SHOW("open") MASK("tel")), "" },
	{ "less", CLASSES FIELDS AGENT(SHOW("open tel") MASK("id")), CLASSES FIELDS AGENT(MASK("tel")), "" },
	{ "a role taken away", CLASSES FIELDS AGENT(SHOW("open")) POLICY("boss", "x", SHOW("id")),
	  CLASSES FIELDS AGENT(SHOW("open")), "" },
	{ "policies written otherwise", CLASSES FIELDS POLICY("a b", "x", SHOW("open tel")),
	  CLASSES FIELDS POLICY("b", "x", SHOW("tel") SHOW("open")) POLICY("a", "x", SHOW("tel"))
		  POLICY("a", "x", SHOW("open") MASK("tel")), "" },
	{ "a mask that leaves nothing",
	  "<class name='open'/><class name='tel' mask='phone'/>\n" FIELDS AGENT(MASK("tel")),
	  "<class name='open'/><class name='tel' mask='all'/>\n" FIELDS AGENT(MASK("tel")), "" },
	{ "another mask of a class that is shown",
	  "<class name='open'/><class name='tel' mask='all'/>\n" FIELDS AGENT(SHOW("tel")),
	  "<class name='open'/><class name='tel' mask='phone'/>\n" FIELDS AGENT(SHOW("tel")), "" },
	{ "a field in a class that is withheld", CLASSES FIELDS_OF("open", "open") AGENT(SHOW("open")),
	  CLASSES FIELDS_OF("tel", "id") AGENT(SHOW("open")), "" },
	{ "a log in a class that is withheld", CLASSES FIELDS AGENT(SHOW("open")) WEBLOG("open"),
	  CLASSES FIELDS AGENT(SHOW("open")) WEBLOG("tel"), "" },
	{ "a shorter time to unmask", CLASSES FIELDS AGENT(MASK("tel") UNMASK("tel", "5")),
	  CLASSES FIELDS AGENT(MASK("tel") UNMASK("tel", "4")), "" },
	{ "unmasked what was shown", CLASSES FIELDS AGENT(SHOW("tel")),
	  CLASSES FIELDS AGENT(MASK("tel") UNMASK("tel", "5")), "" },
	{ "a field in another class that is shown as well", CLASSES FIELDS AGENT(SHOW("open tel")),
	  CLASSES FIELDS_OF("open", "tel") AGENT(SHOW("open tel")), "" },
};

static const struct catalog *load(struct arena *mem, const char *text, struct diags *ds)
{
	const struct mapping_file file = { "m.xml",
					   loading_mapping(mem, arena_printf(mem, COMMON "%s", text).p) };
	const struct catalog *cat = catalog_load_texts(&file, 1, ds);

	if (!cat)
		loading_show(ds);
	assert_non_null(cat);
	return cat;
}

/* The findings of widenings only: the load has some of its own. */
static void print_widenings(struct diags *ds, struct buf *out)
{
	size_t n;
	const struct diag *all = diags_all(ds, &n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].code, "M0704") < 0 || strcmp(all[i].code, "M0710") >= 0)
			continue;
		assert_int_equal(all[i].level, DIAG_WARNING);
		assert_string_equal(all[i].at.file, "m.xml");
		buf_printf(out, "%s %u %s\n", all[i].code, all[i].at.line, all[i].text);
	}
}

static void try_change(const struct change *c)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	SCOPED(catalog_unref) const struct catalog *was = load(mem, c->was, diags_new(mem));
	SCOPED(catalog_unref) const struct catalog *is = load(mem, c->is, ds);
	SCOPED(buf_free) struct buf told = { 0 };
	size_t n = widen_check(was, is, ds), lines = 0;

	print_widenings(ds, &told);
	for (size_t i = 0; i < told.len; i++)
		lines += told.data[i] == '\n';
	if (strcmp(told.len ? told.data : "", c->told) != 0)
		fail_msg("%s:\n%s", c->about, told.len ? told.data : "(nothing)");
	assert_int_equal(n, lines);
}

static void what_shows_more_is_told_at_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wider); i++)
		try_change(&wider[i]);
}

static void what_shows_no_more_is_not_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(not_wider); i++)
		try_change(&not_wider[i]);
}

static void a_set_against_itself_is_no_wider(void **state)
{
	SCOPED(arena_wipe_free) struct arena *mem = arena_new();
	struct diags *ds = diags_new(mem);
	SCOPED(catalog_unref) const struct catalog *cat = loading_with_base(mem, (struct str){ 0 }, ds);

	(void)state;
	assert_non_null(cat);
	assert_int_equal(widen_check(cat, cat, ds), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_shows_more_is_told_at_its_place),
		cmocka_unit_test(what_shows_no_more_is_not_told),
		cmocka_unit_test(a_set_against_itself_is_no_wider),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
