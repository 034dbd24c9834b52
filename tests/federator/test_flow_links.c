/* test_flow_links.c - the links of an answer ask the same question again, whatever it was. */
#include <stdio.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"

/* The question by the sealed id of customer 1, whose links are `json`'s. */
static struct ask by_id(json_t *json, char id[1024])
{
	struct ask ask = bed_by("", "", "full");

	snprintf(id, 1024, "%s", json_string_value(bed_at(json, "id")));
	ask.n_by = 0;
	ask.id = str_of(id);
	return ask;
}

/* Asserts `what` of a link: the customer's path, then `rest`, and behind that anything when it ends with "=". */
static void assert_link(json_t *json, const char *what, const char *id, const char *rest)
{
	char path[64];
	const char *link;

	snprintf(path, sizeof(path), "links.%s", what);
	link = json_string_value(bed_at(json, path));
	/* a sealed id is another one in every answer */
	assert_memory_equal(link, "/v1/customers/c.", 16);
	assert_int_equal(strcspn(link + 14, "/?"), strlen(id));
	link += 14 + strlen(id);
	if (rest[strlen(rest) - 1] == '=')
		assert_memory_equal(link, rest, strlen(rest));
	else
		assert_string_equal(link, rest);
}

static void a_plain_question_has_a_plain_link(void **state)
{
	json_t *json = bed_ok(*state, bed_by("member", "1", "pop"));
	char id[1024];

	by_id(json, id);
	assert_link(json, "self", id, "?view=pop&lang=en");
	assert_null(bed_find(json, "links.next"));
}

static void the_link_of_a_view_says_all_that_the_question_said(void **state)
{
	struct ask ask = bed_by("member", "1", "pop");
	json_t *json;
	char id[1024];

	ask.fields = STR("name,orders.no");
	ask.parts = STR("crm,orders");
	ask.provenance = true;
	ask.budget_ms = 1500;
	ask.lang = STR("a&b c/\xed\x95\x9c");
	json = bed_ok(*state, ask);
	by_id(json, id);
	assert_link(json, "self", id,
		    "?view=pop&fields=name,orders.no&parts=crm,orders&provenance=full&budget=1500ms"
		    "&lang=a%26b%20c%2F%ED%95%9C");
}

static void the_links_of_a_time_line_page_on_with_the_same_question(void **state)
{
	char id[1024], next[2048];
	struct ask ask = by_id(bed_ok(*state, bed_by("member", "1", "pop")), id);
	json_t *json;

	ask.timeline = true;
	ask.lang = STR("");
	ask.since = STR("2026-11-01T00:00:00+09:00");
	ask.until = STR("2026-12-01T00:00:00Z");
	ask.kind = STR("orders");
	ask.limit = 1;
	json = bed_ok(*state, ask);
	assert_at(json, "customer.journey.0.no", "A3");
#define SAME                                                                                           \
	"/timeline?view=full&since=2026-11-01T00:00:00%2B09:00&until=2026-12-01T00:00:00Z&kind=orders&limit=1"
	assert_link(json, "self", id, SAME);
	assert_link(json, "next", id, SAME "&cursor=");
	snprintf(next, sizeof(next), "%s", strstr(json_string_value(bed_at(json, "links.next")), "cursor=") + 7);
	ask.cursor = str_of(next);
	json = bed_ok(*state, ask);
	assert_at(json, "customer.journey.0.no", "A2");
	assert_non_null(strstr(json_string_value(bed_at(json, "links.self")), next)); /* this page, not the first one */
	assert_link(json, "next", id, SAME "&cursor=");
}

static void xml_has_the_same_links(void **state)
{
	char id[1024];
	struct ask ask = by_id(bed_ok(*state, bed_by("member", "1", "pop")), id);
	const struct reply *reply;

	ask.timeline = true;
	ask.limit = 1;
	ask.format = FORMAT_XML;
	reply = bed_reply(*state, &ask);
	assert_int_equal(reply->status, 200);
	assert_non_null(strstr(reply->body, "/timeline?view=full&amp;lang=en&amp;limit=1</self>"));
	assert_non_null(strstr(reply->body, "/timeline?view=full&amp;lang=en&amp;limit=1&amp;cursor=c."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_STORY(a_plain_question_has_a_plain_link),
		BED_STORY(the_link_of_a_view_says_all_that_the_question_said),
		BED_STORY(the_links_of_a_time_line_page_on_with_the_same_question),
		BED_STORY(xml_has_the_same_links),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
