/* test_flow_rights.c - every combination of shown, masked and withheld classes: an answer, its provenance and its
 * candidates hold no value that the policy does not show. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

enum right { SHOWN, MASKED, WITHHELD, N_RIGHTS };

static const struct {
	const char *cls, *path, *raw;
	bool has_mask;
} values[] = {
	{ "name", "name", "김한별", true },
	{ "phone", "contact.phone", "01011112222", true },
	{ "secret", "rrn", "900101-1234567", false },
};
enum { N_VALUES = ARRAY_LEN(values), N_POLICIES = N_RIGHTS * N_RIGHTS * N_RIGHTS };

static enum right right_of(int policy, size_t value)
{
	for (size_t i = 0; i < value; i++)
		policy /= N_RIGHTS;
	policy %= N_RIGHTS;
	return policy == MASKED && !values[value].has_mask ? WITHHELD : (enum right)policy;
}

static const char *mapping_of(int policy)
{
	static char text[sizeof(FLOW_SOURCES FLOW_KEYS FLOW_PARTS FLOW_FIELDS) + 4096];
	char show[64] = "open", mask[64] = "";

	for (size_t i = 0; i < N_VALUES; i++) {
		char *list = right_of(policy, i) == SHOWN ? show : mask;

		if (right_of(policy, i) == WITHHELD)
			continue;
		strcat(list, *list ? " " : "");
		strcat(list, values[i].cls);
	}
	snprintf(text, sizeof(text),
		 "<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS FLOW_PARTS FLOW_FIELDS
		 "<view name=\"candidate\" by=\"phone\" budget=\"2s\"><use path=\"name\"/><use path=\"contact.phone\"/>"
		 "<use path=\"rrn\"/></view><view name=\"pop\" by=\"phone\" budget=\"9s\"><use view=\"candidate\"/>"
		 "<use path=\"tier\"/><use path=\"orders\"/><use path=\"pages\"/></view>"
		 "<policy role=\"agent\" purpose=\"service\"><show class=\"%s\"/>%s%s%s</policy></mapping>",
		 show, *mask ? "<mask class=\"" : "", mask, *mask ? "\"/>" : "");
	return text;
}

static bool says(const struct reply *reply, const char *raw)
{
	return memmem(reply->body, reply->len, raw, strlen(raw)) != NULL;
}

static void check(struct bed *bed, int policy, enum format format)
{
	struct ask ask = bed_by("phone", "01011112222", "pop");
	const struct reply *reply;

	ask.provenance = true;
	ask.format = format;
	reply = bed_reply(bed, &ask);
	assert_int_equal(reply->status, 200);
	for (size_t i = 0; i < N_VALUES; i++)
		if (says(reply, values[i].raw) != (right_of(policy, i) == SHOWN))
			fail_msg("policy %d and %s: %.*s", policy, values[i].cls, (int)reply->len, reply->body);
}

static void check_members(json_t *json, int policy, bool one)
{
	for (size_t i = 0; i < N_VALUES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s.%s", one ? "customer" : "candidates.0.customer", values[i].path);
		assert_int_equal(bed_find(json, path) == NULL, right_of(policy, i) == WITHHELD);
	}
}

static void nothing_is_said_that_the_policy_does_not_show(void **state)
{
	struct bed *bed = bed_new(mapping_of(0));

	(void)state;
	bed_source(bed, "s1", WAREHOUSE);
	bed_source(bed, "s2", WEB);
	bed_source(bed, "s0", CRM);
	check(bed, 0, FORMAT_JSON);
	for (int policy = 0; policy < N_POLICIES; policy++) {
		struct ask ask = bed_by("phone", "01011112222", "pop");

		assert_true(bed_reload(bed, mapping_of(policy)));
		ask.no_cache = true;
		bed_source(bed, "s0", CRM);
		check(bed, policy, FORMAT_JSON);
		check(bed, policy, FORMAT_XML);
		check_members(bed_ok(bed, ask), policy, true);
		bed_source(bed, "s0", CRM_HEAD CRM_ROWS "4\t01011112222\t\\N\tA\t9\t\\N\t\\N\n\n");
		assert_at(bed_ok(bed, ask), "match.outcome", "many");
		check_members(bed_ok(bed, ask), policy, false);
		check(bed, policy, FORMAT_JSON);
	}
	bed_free(&bed);
}

#define MASKED_MAPPING                                                                                        \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS                                   \
	"<part name=\"crm\" source=\"s0\" rows=\"0..1\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"           \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "gives=\"member\" proves=\"member\"")     \
	"<column name=\"ok\" type=\"boolean\"/><column name=\"born\" type=\"date\"/>" COL("tier", "")           \
	COL("who", "") "<column name=\"at\" type=\"timestamp\"/></part>"                                       \
	"<field path=\"ok\" class=\"name\">" FROM("crm", "ok") "</field>"                                      \
	"<field path=\"born\" class=\"name\">" FROM("crm", "born") "</field>"                                  \
	"<field path=\"tier\" class=\"name\" codes=\"tier\">" FROM("crm", "tier") "</field>"                   \
	"<field path=\"who\" class=\"name\">" FROM("crm", "who") "</field>"                                    \
	"<list path=\"visits\" class=\"phone\" parts=\"crm\" limit=\"9\"><field path=\"at\"/></list>"          \
	"<timeline path=\"journey\" limit=\"9\"><of list=\"visits\" at=\"at\"/></timeline>"                    \
	"<view name=\"pop\" by=\"member\" budget=\"2s\"><use path=\"ok\"/><use path=\"born\"/><use path=\"tier\"/>" \
	"<use path=\"who\"/><use path=\"visits\"/><use path=\"journey\"/></view>"                              \
	"<view name=\"flat\" by=\"member\" budget=\"2s\" shape=\"flat\">"                                      \
	"<use path=\"ok\" as=\"Ok\" default=\"\"/></view>"                                                     \
	"<policy role=\"agent\" purpose=\"service\"><mask class=\"name phone\"/></policy></mapping>"

static void masks_of_texts_hide_other_types_whole(void **state)
{
	struct bed *bed = bed_new(MASKED_MAPPING);
	json_t *json;

	(void)state;
	bed_source(bed, "s0",
		   "part crm\nkey member\ncolumns member ok born tier at who\n"
		   "1\ttrue\t1990-01-02\t1\t2026-11-02 09:00:00\tKim Han\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_at(json, "customer.ok", "****");
	assert_at(json, "customer.born", "****");
	assert_at(json, "customer.tier", "****");
	assert_at(json, "customer.who", "K** H**");
	assert_at(json, "customer.visits.0.at", "****");
	assert_at(json, "customer.journey.0.at", "****");
	assert_at(bed_ok(bed, bed_by("member", "1", "flat")), "customer.Ok", "****");
	bed_free(&bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said_that_the_policy_does_not_show),
		cmocka_unit_test(masks_of_texts_hide_other_types_whole),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
