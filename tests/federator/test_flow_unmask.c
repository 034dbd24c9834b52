/* test_flow_unmask.c - what a grant names is shown, in every place of an answer, and nothing else; never when the
 * policies do not allow it any more. */
#include "cache/shelf.h"
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#define NAME "김한별"
#define PHONE "01011112222"
#define SECRET "900101-1234567"

#define MAPPING_OF(policy)                                                                                     \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS FLOW_PARTS FLOW_FIELDS            \
	"<view name=\"candidate\" by=\"phone\" budget=\"2s\"><use path=\"name\"/><use path=\"rrn\"/></view>"   \
	"<view name=\"pop\" by=\"member phone\" budget=\"9s\"><use view=\"candidate\"/><use path=\"contact.phone\"/>" \
	"<use path=\"tier\"/></view>"                                                                          \
	"<view name=\"flat\" by=\"phone\" budget=\"2s\" shape=\"flat\">"                                       \
	"<use path=\"rrn\" as=\"Rrn\" default=\"none\"/></view>"                                               \
	"<policy role=\"agent\" purpose=\"service sales\"><show class=\"open\"/><mask class=\"name phone\"/></policy>" \
	policy "</mapping>"
#define MAY_SEE_FOR(classes, minutes)                                                                       \
	"<policy role=\"agent\" purpose=\"service\"><unmask class=\"" classes "\" minutes=\"" minutes "\"/></policy>"
#define MAY_SEE(classes) MAY_SEE_FOR(classes, "9")

static int start(void **state)
{
	struct bed *bed = bed_new(MAPPING_OF(MAY_SEE("phone secret")));

	bed_source(bed, "s0", CRM);
	bed_source(bed, "s1", WAREHOUSE);
	*state = bed;
	return 0;
}

static struct ask unmasked(const char *view, const char *classes)
{
	struct ask ask = bed_by("phone", PHONE, view);

	ask.unmask = str_of(classes);
	ask.unmask_given_ms = clock_wall_ms();
	ask.provenance = true;
	return ask;
}

static void says(struct bed *bed, struct ask ask, bool name, bool phone, bool secret)
{
	const struct reply *reply = bed_reply(bed, &ask);

	assert_int_equal(reply->status, 200);
	assert_int_equal(strstr(reply->body, NAME) != NULL, name);
	assert_int_equal(strstr(reply->body, PHONE) != NULL, phone);
	assert_int_equal(strstr(reply->body, SECRET) != NULL, secret);
}

static void only_what_is_named_is_shown(void **state)
{
	struct bed *bed = *state;

	for (enum format format = FORMAT_JSON; format <= FORMAT_XML; format++) {
		struct ask plain = unmasked("pop", ""), phone = unmasked("pop", "phone"),
			   secret = unmasked("pop", "secret"), both = unmasked("pop", "secret phone");

		plain.format = phone.format = secret.format = both.format = format;
		says(bed, plain, false, false, false);
		says(bed, phone, false, true, false);
		says(bed, secret, false, false, true);
		says(bed, both, false, true, true);
	}
	assert_at(bed_ok(bed, unmasked("flat", "secret")), "customer.Rrn", SECRET);
	assert_at(bed_ok(bed, unmasked("flat", "phone")), "customer.Rrn", "none");
}

static void what_was_withheld_is_not_told_as_withheld(void **state)
{
	struct bed *bed = *state;

	assert_at(bed_ok(bed, unmasked("pop", "phone")), "withheld.0", "rrn");
	assert_null(bed_find(bed_ok(bed, unmasked("pop", "phone secret")), "withheld.0"));
}

static void candidates_show_it_too(void **state)
{
	struct bed *bed = *state;

	bed_source(bed, "s0", CRM_HEAD CRM_ROWS "4\t" PHONE "\t\\N\tA\t9\t\\N\t\\N\n\n");
	assert_at(bed_ok(bed, unmasked("pop", "secret")), "match.outcome", "many");
	says(bed, unmasked("pop", "secret"), false, false, true);
	says(bed, unmasked("pop", "phone"), false, false, false);
}

static void refused(struct bed *bed, struct ask ask)
{
	assert_at(bed_refused(bed, ask, 403), "type", "urn:federator:problem:unmask-refused");
}

static void a_class_that_may_not_be_unmasked_is_refused(void **state)
{
	struct bed *bed = *state;
	struct ask sales = unmasked("pop", "phone");

	refused(bed, unmasked("pop", "name"));
	refused(bed, unmasked("pop", "phone name"));
	refused(bed, unmasked("pop", "nowhere"));
	sales.purpose = STR("sales");
	refused(bed, sales);
}

static void a_reload_takes_it_back(void **state)
{
	struct bed *bed = *state;

	says(bed, unmasked("pop", "phone"), false, true, false);
	assert_true(bed_reload(bed, MAPPING_OF(MAY_SEE("secret"))));
	refused(bed, unmasked("pop", "phone"));
	says(bed, unmasked("pop", "secret"), false, false, true);
	assert_true(bed_reload(bed, MAPPING_OF("")));
	refused(bed, unmasked("pop", "secret"));
}

static void minutes_are_those_of_the_policies_of_now(void **state)
{
	struct bed *bed = *state;
	struct ask ask = unmasked("pop", "phone secret");

	ask.unmask_given_ms -= 5 * 60000;
	says(bed, ask, false, true, true);
	assert_true(bed_reload(bed, MAPPING_OF(MAY_SEE_FOR("phone", "3") MAY_SEE("secret"))));
	refused(bed, ask);
	ask.unmask = STR("secret");
	says(bed, ask, false, false, true);
	assert_true(bed_reload(bed, MAPPING_OF(MAY_SEE_FOR("phone", "3") MAY_SEE("phone secret"))));
	ask.unmask = STR("secret phone");
	says(bed, ask, false, true, true);
}

/* With copies that answers could be kept of. */
static void it_is_not_kept_whole(void **state)
{
	struct bed *bed = *state;
	struct ask ask = unmasked("pop", "phone"), plain = unmasked("pop", "");

	ask.fields = plain.fields = STR("name,contact.phone");
	ask.parts = plain.parts = STR("crm");
	for (int i = 0; i < 4; i++) {
		assert_false(bed_reply(bed, &ask)->rendered);
		says(bed, ask, false, true, false);
	}
	bed_reply(bed, &plain);
	assert_true(bed_reply(bed, &plain)->rendered); /* so it could be */
	says(bed, plain, false, false, false);
	says(bed, ask, false, true, false);
}

int main(void)
{
#define STORY(f) cmocka_unit_test_setup_teardown(f, start, bed_stop)
	const struct CMUnitTest tests[] = {
		STORY(only_what_is_named_is_shown),
		STORY(what_was_withheld_is_not_told_as_withheld),
		STORY(candidates_show_it_too),
		STORY(a_class_that_may_not_be_unmasked_is_refused),
		STORY(a_reload_takes_it_back),
		STORY(minutes_are_those_of_the_policies_of_now),
		STORY(it_is_not_kept_whole),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
