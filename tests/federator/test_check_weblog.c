/* What check finds in a weblog with the parsers of logs at hand. */
#include "federator/cli/check_weblog.h"

#include "metadata/load.h"
#include "tests/cmocka_all.h"

#define MAPPING                                                                                                        \
	"<mapping xmlns='urn:federator:mapping:1'>"                                                                    \
	"<source name='s' connect='secret:s' dialect='sqlite' zone='UTC' pool='1'/><class name='web'/>"                \
	"<key name='id' role='identity' type='integer'/>"                                                              \
	"<part name='p' source='s' rows='0..1' deadline='50ms' ttl='1s' stale='0s'>"                                   \
	"<query by='id'>SELECT id, a FROM t WHERE id IN (:id...)</query>"                                              \
	"<column name='id' type='integer' gives='id' proves='id'/><column name='a' type='text'/></part>"               \
	"<field path='f' class='web'><from part='p' column='a'/></field>"                                              \
	"<view name='v' by='id' budget='300ms'><use path='f'/></view>"                                                 \
	"<policy role='agent' purpose='service'><show class='web'/></policy>\n"                                        \
	"<weblog name='shop' store='s' writer='secret:w' class='web' %s>\n<file path='/l'/>%s</weblog></mapping>"

static struct arena *mem;

static int begin(void **state)
{
	(void)state;
	mem = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_wipe_free(&mem);
	return 0;
}

static const struct diag *found(const char *format, const char *body, size_t *n_out)
{
	struct diags *ds = diags_new(mem);
	struct str text = arena_printf(mem, MAPPING, format, body);
	const struct mapping_file file = { "m.xml", text };
	SCOPED(catalog_unref) const struct catalog *cat = catalog_load_texts(&file, 1, ds);
	struct err err;

	assert_non_null(cat);
	assert_int_equal(diags_count(ds, DIAG_ERROR) + diags_count(ds, DIAG_WARNING), 0);
	assert_true(check_weblogs(cat, NULL, mem, ds, &err));
	return diags_all(ds, n_out);
}

static void expect_nothing(const char *format, const char *body)
{
	size_t n;
	const struct diag *all = found(format, body, &n);

	if (n)
		fail_msg("%s: %s", format, all[0].text);
}

/* One finding of that code in that line, whose text or help says that. */
static void expect(const char *format, const char *body, const char *code, unsigned line, const char *said)
{
	size_t n;
	const struct diag *all = found(format, body, &n);

	assert_int_equal(n, 1);
	assert_string_equal(all[0].code, code);
	assert_int_equal(all[0].at.line, line);
	if (!strstr(all[0].text, said) && !strstr(all[0].help, said))
		fail_msg("`%s`, `%s`", all[0].text, all[0].help);
}

static void a_format_that_is_known_or_understood_is_fine(void **state)
{
	(void)state;
	expect_nothing("", "<visitor from='cookie:c'/>");
	expect_nothing("format='combined'", "");
	expect_nothing("format='[$time_local] &quot;$request&quot; $status'", "");
}

static void a_format_that_is_neither_is_told(void **state)
{
	(void)state;
	expect("format='combned'", "", "M1015", 2, "did you mean `combined`?");
	expect("format='something'", "", "M1015", 2, "docs/weblog.md");
	expect("format='$remote_addr $request'", "", "M1015", 2, "it has no time");
	expect("format='%t &quot;%r&quot; %{Referer'", "", "M1015", 2, "at byte");
}

static void a_value_that_no_line_has_is_told(void **state)
{
	(void)state;
	expect("format='combined'", "<visitor from='cookie:vid'/>", "M1016", 2, "no cookies");
	expect("format='combined'", "<visitor from='field:vid'/>", "M1016", 2, "no field `vid`");
	expect("format='$msec $request $cookie_mb'", "<visitor from='cookie:vid'/>", "M1016", 2, "$http_cookie");
	expect("format='combined'", "\n<page kind='x' path='/x' terms='cookie:t'/>", "M1016", 4, "cookie:t");
	expect("format='combined'", "\n<evidence name='e' gives='id' from='field:mb' confidence='1'/>", "M1016", 4,
	       "mb");
}

static void a_value_that_lines_may_have_is_fine(void **state)
{
	(void)state;
	expect_nothing("format='combined'", "<visitor from='field:user'/><visitor from='parameter:v'/>");
	expect_nothing("format='$msec $request $cookie_vid'", "<visitor from='cookie:vid'/>");
	expect_nothing("format='%t %r %{vid}C'", "<visitor from='cookie:vid'/>");
	expect_nothing("format='combined_cookie'", "<visitor from='cookie:vid'/>");
	expect_nothing("format='%t &quot;%r&quot; %{mb}C'", "<visitor from='field:mb'/>");
	expect_nothing("format='w3c'", "<visitor from='cookie:vid'/><visitor from='field:x-a'/>");
	expect_nothing("format='nginx_json'", "<visitor from='cookie:vid'/>");
}

#define EVIDENCE(more) "<evidence name='e' gives='id' " more "/>"

static void evidence_that_anybody_can_send_is_told(void **state)
{
	static const char *const told[] = {
		EVIDENCE("from='cookie:mb' confidence='100'"),
		EVIDENCE("from='parameter:mb' path='/*' status='200..299' confidence='80'"),
		EVIDENCE("from='cookie:mb' path='/login/done' confidence='90'"),
		EVIDENCE("path='/me/{id}' confidence='90'"),
		EVIDENCE("from='field:cookie_mb' confidence='90'"),
		EVIDENCE("from='field:http_x_mb' confidence='90'"),
	};
	static const char *const fine[] = {
		EVIDENCE("from='cookie:mb' confidence='79'"),
		EVIDENCE("from='cookie:mb' path='/login/done' status='302..302' confidence='100'"),
		EVIDENCE("from='parameter:mb' path='/order/done' status='200..299' confidence='90'"),
		EVIDENCE("from='field:sent_http_x_mb' path='/*' confidence='100'"),
		EVIDENCE("from='field:user' confidence='100'"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(told); i++)
		expect("", told[i], "M1017", 3, "anybody can send");
	for (size_t i = 0; i < ARRAY_LEN(fine); i++)
		expect_nothing("", fine[i]);
}

static void a_folder_of_formats_that_cannot_be_read_is_an_error(void **state)
{
	struct diags *ds = diags_new(mem);
	struct str text = arena_printf(mem, MAPPING, "", "");
	const struct mapping_file file = { "m.xml", text };
	SCOPED(catalog_unref) const struct catalog *cat = catalog_load_texts(&file, 1, ds);
	struct err err = { 0 };

	(void)state;
	assert_non_null(cat);
	assert_false(check_weblogs(cat, "/dev/null", mem, ds, &err));
	assert_int_equal(err.cls, ERR_CONFIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_format_that_is_known_or_understood_is_fine),
		cmocka_unit_test(a_format_that_is_neither_is_told),
		cmocka_unit_test(a_value_that_no_line_has_is_told),
		cmocka_unit_test(a_value_that_lines_may_have_is_fine),
		cmocka_unit_test(evidence_that_anybody_can_send_is_told),
		cmocka_unit_test(a_folder_of_formats_that_cannot_be_read_is_an_error),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, begin, end) : 1;
}
