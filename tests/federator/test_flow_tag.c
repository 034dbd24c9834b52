/* test_flow_tag.c - the entity tag of an answer: the same while nothing has changed for whom it shows something. */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define WEB_MOVED                                                                                              \
	"part link\nkey member visitor\ncolumns member visitor\n1\tv1\n1\tv2\n\n"                              \
	"part pages\nkey visitor\ncolumns visitor url at\nv1\t/moved\t2026-11-02 01:00:00\n\n"

static struct ask pop(void)
{
	return bed_by("phone", "01011112222", "pop");
}

/* The tag of an answer; the caller frees it. */
static char *tag_of(struct bed *bed, struct ask ask)
{
	const struct reply *reply = bed_reply(bed, &ask);

	assert_int_equal(reply->status, 200);
	assert_memory_equal(reply->etag, "W/\"", 3);
	assert_int_equal(strlen(reply->etag), 4 + 22);
	return strdup(reply->etag);
}

static void assert_tag(struct bed *bed, struct ask ask, const char *wanted, bool same)
{
	char *tag = tag_of(bed, ask);

	if (same)
		assert_string_equal(tag, wanted);
	else
		assert_string_not_equal(tag, wanted);
	free(tag);
}

static void asked_again_the_tag_is_the_same(void **state)
{
	static const enum format formats[] = { FORMAT_JSON, FORMAT_XML };
	struct bed *bed = *state;
	struct ask ask = pop();

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		char *body, *tag;

		ask.format = formats[i];
		ask.no_cache = true; /* live first, then partly fresh */
		tag = tag_of(bed, ask);
		body = strdup(bed_reply(bed, &ask)->body);
		ask.no_cache = false;
		assert_string_not_equal(bed_reply(bed, &ask)->body, body); /* the ids alone differ */
		assert_tag(bed, ask, tag, true);
		free(body);
		free(tag);
	}
}

static void flat_answers_have_one_too(void **state)
{
	static const enum format formats[] = { FORMAT_JSON, FORMAT_XML, FORMAT_FORM, FORMAT_TEXT };
	struct ask ask = bed_by("phone", "01011112222", "routing");
	char *json = NULL;

	ask.flat = true;
	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		char *tag;

		ask.format = formats[i];
		tag = tag_of(*state, ask);
		assert_tag(*state, ask, tag, true);
		assert_true(!json || strcmp(tag, json) != 0);
		free(json);
		json = tag;
	}
	free(json);
}

static void candidates_have_one_too(void **state)
{
	struct ask ask = bed_by("phone", "01033334444", "pop");
	char *tag;

	assert_at(bed_ok(*state, ask), "match.outcome", "many");
	tag = tag_of(*state, ask);
	assert_tag(*state, ask, tag, true);
	free(tag);
}

static void a_changed_value_or_part_is_another_tag(void **state)
{
	struct bed *bed = *state;
	char *tag = tag_of(bed, pop());

	bed_source(bed, "s2", WEB_MOVED);
	assert_tag(bed, pop(), tag, false);
	bed_source(bed, "s2", WEB);
	assert_tag(bed, pop(), tag, true);
	bed_source(bed, "s2", "");
	assert_tag(bed, pop(), tag, false);
	free(tag);
}

static void other_questions_have_other_tags(void **state)
{
	char *tag = tag_of(*state, pop());
	struct ask ask = pop();

	ask.fields = STR("tier");
	assert_tag(*state, ask, tag, false);
	ask = pop();
	ask.role = STR("boss");
	assert_tag(*state, ask, tag, false);
	ask = pop();
	ask.provenance = true;
	assert_tag(*state, ask, tag, false);
	free(tag);
}

static void what_is_told_of_a_run_has_none(void **state)
{
	struct ask ask = pop();

	ask.explain = true;
	assert_string_equal(bed_reply(*state, &ask)->etag, "");
	ask = pop();
	ask.view = STR("nothing");
	assert_string_equal(bed_reply(*state, &ask)->etag, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_STORY(asked_again_the_tag_is_the_same), BED_STORY(flat_answers_have_one_too),
		BED_STORY(candidates_have_one_too),	    BED_STORY(a_changed_value_or_part_is_another_tag),
		BED_STORY(other_questions_have_other_tags), BED_STORY(what_is_told_of_a_run_has_none),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
