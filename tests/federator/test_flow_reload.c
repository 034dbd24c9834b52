/* test_flow_reload.c - a thousand new mapping sets under requests: none fails, none mixes two sets. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

enum { RELOADS = 1000 };

/* The code of the grade and the name of the field tell which set made a value. */
#define SET(mark)                                                                                              \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS FLOW_PARTS                        \
	"<codes name=\"mark\"><code is=\"" mark "\" from=\"9\"/></codes>"                                      \
	"<field path=\"mark\" class=\"open\" codes=\"mark\">" FROM("crm", "grade") "</field>"                  \
	"<field path=\"of_" mark "\" class=\"open\">" FROM("crm", "member") "</field>"                         \
	"<view name=\"pop\" by=\"phone\" budget=\"30s\"><use path=\"mark\"/><use path=\"of_" mark "\"/></view>" \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"

static const char *const sets[2] = { SET("first"), SET("second") };

struct reloading {
	struct bed *bed;
	int failed;
	atomic_bool ended;
};

static void *reload(void *arg)
{
	struct reloading *r = arg;

	for (int i = 1; i <= RELOADS; i++)
		r->failed += !bed_reload(r->bed, sets[i % 2]);
	atomic_store(&r->ended, true);
	return NULL;
}

/* Which set answered; everything in the answer must agree about it. */
static int set_of(json_t *json, char revisions[2][17])
{
	static const char *const marks[2] = { "first", "second" }, *const names[2] = { "of_first", "of_second" };
	const char *revision = json_string_value(bed_at(json, "revision"));
	int set = strcmp(revision, revisions[1]) == 0;

	assert_string_equal(revision, revisions[set]);
	assert_at(json, "match.outcome", "one");
	assert_at(json, "customer.mark", marks[set]);
	assert_non_null(json_object_get(bed_at(json, "customer"), names[set]));
	assert_null(json_object_get(bed_at(json, "customer"), names[!set]));
	return set;
}

static void requests_under_reloads_never_fail_nor_mix_sets(void **state)
{
	struct reloading r = { .bed = bed_new(sets[0]) };
	char revisions[2][17];
	int answers[2] = { 0 };
	pthread_t thread;

	(void)state;
	bed_source(r.bed, "s0", CRM);
	for (int i = 1; i >= 0; i--) {
		bed_ok(r.bed, bed_by("phone", "01011112222", "pop"));
		assert_true(bed_reload(r.bed, sets[i]));
		strcpy(revisions[i], json_string_value(
					     bed_at(bed_ok(r.bed, bed_by("phone", "01011112222", "pop")), "revision")));
	}
	assert_int_equal(pthread_create(&thread, NULL, reload, &r), 0);
	while (!atomic_load(&r.ended))
		answers[set_of(bed_ok(r.bed, bed_by("phone", "01011112222", "pop")), revisions)]++;
	pthread_join(thread, NULL);
	assert_int_equal(r.failed, 0);
	assert_true(answers[0] > 0 && answers[1] > 0);
	bed_free(&r.bed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_under_reloads_never_fail_nor_mix_sets),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
