#include "tests/cmocka_all.h"

#include "base/text.h"
#include "federator/http/question.h"

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

static struct question question(void)
{
	return (struct question){ .mem = mem, .scope = SCOPE_VIEW };
}

static void assert_refused(const struct question *q, int status, const char *part_of_detail)
{
	assert_int_equal(q->fault.status, status);
	if (!strstr(q->fault.detail, part_of_detail))
		fail_msg("'%s' is not in: %s", part_of_detail, q->fault.detail);
}

static void a_json_body_is_read(void **state)
{
	struct question q = question();

	(void)state;
	assert_true(question_json(
		&q,
		STR("{\"by\":{\"phone\":\"010-1\",\"member\":42},\"view\":\"pop\",\"fields\":[\"name\","
		    "\"tier\"],\"parts\":\"crm\",\"budget\":250,\"lang\":\"ko\",\"provenance\":\"full\"}")));
	assert_int_equal(q.ask.n_by, 2);
	assert_true(str_eq(q.ask.by[0].name, STR("phone")) && str_eq(q.ask.by[0].value, STR("010-1")));
	assert_true(str_eq(q.ask.by[1].value, STR("42")));
	assert_true(str_eq(q.ask.fields, STR("name,tier")));
	assert_int_equal(q.ask.budget_ms, 250);
	assert_true(q.ask.provenance);
}

static void a_long_list_takes_no_more_memory_than_it_is_long(void **state)
{
	enum { NAMES = 20000 };
	struct question q = question();
	struct buf body = { 0 };
	size_t before = arena_used(mem);

	(void)state;
	buf_puts(&body, "{\"by\":{\"member\":1},\"parts\":[],\"fields\":[\"a\"");
	for (int i = 1; i < NAMES; i++)
		buf_puts(&body, ",\"a\"");
	buf_puts(&body, "]}");
	assert_true(question_json(&q, buf_str(&body)));
	assert_int_equal(q.ask.fields.n, 2 * NAMES - 1);
	assert_true(q.ask.parts.p && q.ask.parts.n == 0);
	assert_true(arena_used(mem) - before < 100 * (size_t)NAMES);
	buf_free(&body);
}

static void a_json_fault_has_its_place_and_no_piece_of_the_body(void **state)
{
	struct question q = question();

	(void)state;
	assert_false(question_json(&q, STR("{\"by\":\n {\"phone\": 010-1234}}")));
	assert_refused(&q, 400, "line 2");
	assert_null(strstr(q.fault.detail, "1234"));
	assert_false(question_json(&q, STR("[]")));
	assert_false(question_json(&q, STR("")));
	assert_false(question_json(&q, STR("{\"by\":{\"a\":\"1\",\"a\":\"2\"}}")));
}

static void a_body_of_texts_alone_is_read_by_the_same_rules(void **state)
{
	static const struct {
		const char *body, *told;
	} refused[] = {
		{ "{\"by\":{\"phone\":\"1\\u0000\"}}", "\\u0000 is not allowed" },
		{ "{\"by\":{\"phone\":\"\\ud800\"}}", "invalid Unicode" },
		{ "{\"by\":{\"phone\":\"\x01\"}}", "control character" },
		{ "{\"by\":{\"phone\":\"\xff\"}}", "unable to decode" },
		{ "{\"by\":{\"phone\":\"1\"},\"view\":\"a\",\"view\":\"b\"}", "duplicate" },
		{ "\xef\xbb\xbf{\"by\":{\"phone\":\"1\"}}", "expected" },
		{ "{\"by\":{\"phone\":\"1\"}}{", "end of file" },
		{ "{\"by\":{\"phone\":\"\"}}", "no value" },
		{ "{\"by\":{\"\":\"1\"}}", "no name" },
		{ "{\"by\":\"1\"}", "`by` takes an object" },
		{ "{\"by\":{\"phone\":\"1\"},\"veiw\":\"pop\"}", "`veiw` is not a parameter" },
		{ "{\"by\":{\"phone\":\"1\"},\"budget\":\"soon\"}", "`budget` takes" },
	};
	struct question q = question();

	(void)state;
	assert_true(question_json(&q, STR(" {\"view\":\"p\\u006fp\",\"by\":{\"\\ud55c\":\"\\\"1\\\"\"}} ")));
	assert_true(str_eq(q.ask.view, STR("pop")));
	assert_true(str_eq(q.ask.by[0].name, STR("한")));
	assert_true(str_eq(q.ask.by[0].value, STR("\"1\"")));
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		q = question();
		assert_false(question_json(&q, str_of(refused[i].body)));
		assert_refused(&q, 400, refused[i].told);
	}
}

static void a_json_member_of_the_wrong_kind_is_refused(void **state)
{
	static const char *const bodies[] = { "{\"by\":[]}",           "{\"by\":{\"a\":1.5}}",
					      "{\"by\":{\"a\":null}}", "{\"view\":{}}",
					      "{\"by\":{\"a\":\"\"}}", "{\"budget\":\"soon\"}",
					      "{\"budget\":0}",        "{\"provenance\":\"yes\"}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct question q = question();

		assert_false(question_json(&q, str_of(bodies[i])));
		assert_int_equal(q.fault.status, 400);
	}
}

static void an_unknown_member_gets_a_suggestion(void **state)
{
	struct question q = question();

	(void)state;
	assert_false(question_json(&q, STR("{\"feilds\":\"name\"}")));
	assert_refused(&q, 400, "`feilds`");
	assert_string_equal(q.fault.suggestion, "did you mean `fields`?");
	assert_false(question_json(&q, STR("{\"bye\":{}}")));
	assert_string_equal(q.fault.suggestion, "did you mean `by`?");
	assert_false(question_json(&q, STR("{\"since\":\"2026-01-01T00:00:00Z\"}"))); /* not in this scope */
}

static void what_is_told_of_a_question_is_text(void **state)
{
	struct question q = question();
	char name[300];

	(void)state;
	name[0] = 'a'; /* so that no limit falls between two characters */
	for (size_t i = 1; i + 3 <= sizeof(name); i += 3)
		memcpy(name + i, "\xea\xb9\x80", 3);
	assert_false(question_member(&q, (struct str){ name, 298 }, STR("1")));
	assert_true(text_is_utf8(str_of(q.fault.detail)));
	q = question();
	assert_false(question_xml(&q, STR("<ask xmlns=\"a\xfe\xff\n:1\"/>")));
	assert_true(text_is_utf8(str_of(q.fault.detail)));
	assert_null(strchr(q.fault.detail, '\n'));
}

static void at_most_five_keys_are_taken(void **state)
{
	struct question q = question();

	(void)state;
	assert_false(question_json(
		&q,
		STR("{\"by\":{\"a\":\"1\",\"b\":\"1\",\"c\":\"1\",\"d\":\"1\",\"e\":\"1\",\"f\":\"1\"}}")));
	assert_refused(&q, 400, "at most 5");
}

static void an_xml_body_is_read(void **state)
{
	struct question q = question();

	(void)state;
	assert_true(question_xml(
		&q, STR("<?xml version=\"1.0\"?><!-- c --><ask xmlns=\"urn:federator:ask:1\">\n"
			"<by key=\"phone\">010&#45;1</by>\n<view>pop</view><budget>1s</budget></ask>")));
	assert_true(str_eq(q.ask.by[0].name, STR("phone")) && str_eq(q.ask.by[0].value, STR("010-1")));
	assert_true(str_eq(q.ask.view, STR("pop")));
	assert_int_equal(q.ask.budget_ms, 1000);
}

static void dangerous_or_foreign_xml_is_refused(void **state)
{
	static const char *const bodies[] = {
		"<!DOCTYPE ask [<!ENTITY e 'x'>]><ask xmlns='urn:federator:ask:1'><view>&e;</view></ask>",
		"<!DOCTYPE ask SYSTEM 'file:///etc/passwd'><ask xmlns='urn:federator:ask:1'/>",
		"<ask xmlns='urn:federator:ask:1'><view>&e;</view></ask>",
		"<ask><view>pop</view></ask>",
		"<ask xmlns='urn:federator:ask:1'>text</ask>",
		"<ask xmlns='urn:federator:ask:1'><by>x</by></ask>",
		"<ask xmlns='urn:federator:ask:1'><view><b/></view></ask>",
		"<ask xmlns='urn:federator:ask:1'><vew>pop</vew></ask>",
		"<ask xmlns='urn:federator:ask:1'><view>pop</ask>",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct question q = question();

		assert_false(question_xml(&q, str_of(bodies[i])));
		assert_int_equal(q.fault.status, 400);
	}
}

static void an_xml_fault_has_its_place(void **state)
{
	struct question q = question();

	(void)state;
	assert_false(question_xml(&q, STR("<ask xmlns='urn:federator:ask:1'>\n<view>pop</ask>")));
	assert_refused(&q, 400, "line 2");
}

static void a_query_string_holds_keys_and_parameters(void **state)
{
	static const char *const keys[] = { "phone", "email" };
	struct question q = question();

	(void)state;
	assert_true(question_query(&q, STR("phone=%2B82+10&view=pop&budget=2s"), keys, 2));
	assert_true(str_eq(q.ask.by[0].value, STR("+82 10")));
	assert_int_equal(q.ask.budget_ms, 2000);
}

static void a_wrong_query_string_is_refused(void **state)
{
	static const char *const keys[] = { "phone", "email" };
	struct question q = question();

	(void)state;
	assert_false(question_query(&q, STR("phon=1"), keys, 2));
	assert_string_equal(q.fault.suggestion, "did you mean `phone`?");
	q = question();
	assert_false(question_query(&q, STR("phone=1&phone=2"), keys, 2));
	assert_refused(&q, 400, "more than once");
	q = question();
	assert_false(question_query(&q, STR("view=a&view=b"), keys, 2));
	q = question();
	assert_false(question_query(&q, STR("phone=%ff"), keys, 2));
}

static void a_flat_question_takes_any_value_of_a_key(void **state)
{
	static const char *const keys[] = { "phone" };
	static const char *const queries[] = { "phone=", "phone=%ff", "phone=%0d%0a", "phone" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		struct question q = { .mem = mem, .scope = SCOPE_ROUTING, .any_value = true };

		assert_true(question_query(&q, str_of(queries[i]), keys, 1));
		assert_int_equal(q.ask.n_by, 1);
		assert_int_equal(q.ask.by[0].value.n, 0);
	}
}

static void a_flat_question_takes_a_bare_plus_before_a_number(void **state)
{
	static const char *const keys[] = { "phone" };
	struct question q = { .mem = mem, .scope = SCOPE_ROUTING, .any_value = true };

	(void)state;
	assert_true(question_query(&q, STR("phone=+1+415"), keys, 1));
	assert_true(str_eq(q.ask.by[0].value, STR("+1 415")));
	q = question();
	assert_true(question_query(&q, STR("phone=+1"), keys, 1));
	assert_true(str_eq(q.ask.by[0].value, STR(" 1")));
}

static void a_flat_question_has_its_own_parameters(void **state)
{
	struct question q = { .mem = mem, .scope = SCOPE_ROUTING, .any_value = true };

	(void)state;
	assert_true(question_query(&q, STR("view=routing&budget=40ms&format=form"), NULL, 0));
	assert_int_equal(q.ask.format, FORMAT_FORM);
	assert_false(question_query(&q, STR("fields=name"), NULL, 0));
	assert_refused(&q, 400, "`fields`");
	q = (struct question){ .mem = mem, .scope = SCOPE_ROUTING, .any_value = true };
	assert_false(question_query(&q, STR("format=yaml"), NULL, 0));
	assert_refused(&q, 400, "json, xml, form or text");
	q = (struct question){ .mem = mem, .scope = SCOPE_ROUTING, .any_value = true };
	assert_false(question_query(&q, STR("view=%ff"), NULL, 0));
	q = (struct question){ .mem = mem, .scope = SCOPE_LINE, .any_value = true };
	assert_false(question_query(&q, STR("view=routing"), NULL, 0));
}

static void the_time_line_has_its_own_parameters(void **state)
{
	struct question q = question();

	(void)state;
	q.scope |= SCOPE_TIMELINE;
	assert_true(
		question_query(&q, STR("since=2026-11-22T09:00:00%2B09:00&kind=pages&limit=50"), NULL, 0));
	assert_int_equal(q.ask.limit, 50);
	assert_true(str_eq(q.ask.since, STR("2026-11-22T09:00:00+09:00"))); /* the flow reads it */
}

static void a_limit_says_what_its_question_takes(void **state)
{
	struct question q = question();

	(void)state;
	q.scope |= SCOPE_TIMELINE;
	assert_true(question_query(&q, STR("limit=10000"), NULL, 0));
	q = (struct question){ .mem = mem, .scope = SCOPE_TIMELINE };
	assert_false(question_query(&q, STR("limit=0"), NULL, 0));
	assert_refused(&q, 400, "from 1 to 10000");
	q = (struct question){ .mem = mem, .scope = SCOPE_WEB };
	assert_true(question_query(&q, STR("limit=1000"), NULL, 0));
	for (size_t i = 0; i < 2; i++) {
		q = (struct question){ .mem = mem, .scope = SCOPE_WEB };
		assert_false(question_query(&q, i ? STR("limit=1001") : STR("limit=0"), NULL, 0));
		assert_refused(&q, 400, "from 1 to 1000");
		assert_null(strstr(q.fault.detail, "10000"));
	}
}

static void a_purge_names_what_is_void(void **state)
{
	struct question q = question();

	(void)state;
	q.scope = SCOPE_PURGE;
	assert_true(question_json(&q, STR("{\"by\":{\"member\":8},\"source\":\"web\",\"all\":true}")));
	assert_true(str_eq(q.purge.source, STR("web")) && q.purge.all && !q.purge.part.p && !q.purge.customer.p);
	q = question();
	q.scope = SCOPE_PURGE;
	assert_true(question_query(&q, STR("customer=c.1&part=crm"), NULL, 0));
	assert_true(str_eq(q.purge.customer, STR("c.1")) && str_eq(q.purge.part, STR("crm")) && !q.purge.all);
	assert_false(question_query(&q, STR("all=false"), NULL, 0));
	assert_refused(&q, 400, "`all` takes true");
	assert_false(question_query(&q, STR("source="), NULL, 0));
	assert_refused(&q, 400, "`source` takes the name of a source");
	assert_false(question_query(&q, STR("view=pop"), NULL, 0));
	assert_refused(&q, 400, "`view`");
	q = question();
	assert_false(question_query(&q, STR("source=web"), NULL, 0));
	assert_refused(&q, 400, "`source`");
}

static void header_fields_fill_what_the_question_left_open(void **state)
{
	struct question q = question();
	struct header fields[4];
	struct headers h = { .of = fields, .n = 4 };

	(void)state;
	h.of[0] = (struct header){ STR("Prefer"), STR("wait=2, handling=strict, respond-async") };
	h.of[1] = (struct header){ STR("Cache-Control"), STR("no-cache") };
	h.of[2] = (struct header){ STR("X-Purpose"), STR("marketing") };
	h.of[3] = (struct header){ STR("Accept-Language"), STR("ko") };
	assert_true(question_member(&q, STR("budget"), STR("300ms")));
	assert_true(question_headers(&q, &h));
	assert_true(q.ask.strict && q.ask.no_cache);
	assert_int_equal(q.ask.budget_ms, 300);
	assert_true(str_eq(q.ask.purpose, STR("marketing")) && str_eq(q.ask.lang, STR("ko")));
	h.of[2].value = STR("a b");
	assert_false(question_headers(&q, &h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_json_body_is_read),
		cmocka_unit_test(a_long_list_takes_no_more_memory_than_it_is_long),
		cmocka_unit_test(a_json_fault_has_its_place_and_no_piece_of_the_body),
		cmocka_unit_test(a_body_of_texts_alone_is_read_by_the_same_rules),
		cmocka_unit_test(a_json_member_of_the_wrong_kind_is_refused),
		cmocka_unit_test(an_unknown_member_gets_a_suggestion),
		cmocka_unit_test(what_is_told_of_a_question_is_text),
		cmocka_unit_test(at_most_five_keys_are_taken),
		cmocka_unit_test(an_xml_body_is_read),
		cmocka_unit_test(dangerous_or_foreign_xml_is_refused),
		cmocka_unit_test(an_xml_fault_has_its_place),
		cmocka_unit_test(a_query_string_holds_keys_and_parameters),
		cmocka_unit_test(a_wrong_query_string_is_refused),
		cmocka_unit_test(a_flat_question_takes_any_value_of_a_key),
		cmocka_unit_test(a_flat_question_takes_a_bare_plus_before_a_number),
		cmocka_unit_test(a_flat_question_has_its_own_parameters),
		cmocka_unit_test(a_limit_says_what_its_question_takes),
		cmocka_unit_test(the_time_line_has_its_own_parameters),
		cmocka_unit_test(a_purge_names_what_is_void),
		cmocka_unit_test(header_fields_fill_what_the_question_left_open),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
