/* test_metrics.c - what happened to requests on fixture sources, as /metrics tells it. */
#include <stdlib.h>

#include "federator/admin/metrics.h"
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

static struct buf scraped;

static const char *scrape(struct bed *bed)
{
	buf_free(&scraped);
	metrics_put(bed_lane(bed)->service, &scraped);
	return scraped.data;
}

/* The value of a series of whole numbers; -1: there is none. */
static long value(struct bed *bed, const char *series)
{
	const char *text = scrape(bed);
	size_t n = strlen(series);

	for (; *text; text = strchr(text, '\n') + 1)
		if (strncmp(text, series, n) == 0 && text[n] == ' ')
			return strtol(text + n, NULL, 10);
	return -1;
}

#define assert_value(bed, series, wanted) assert_int_equal(value(bed, series), wanted)

static void an_answer_counts_once_with_its_parts_and_time(void **state)
{
	struct bed *bed = *state;

	assert_value(bed, "federator_answers_total{view=\"pop\",status=\"200\",complete=\"true\"}", 0);
	bed_ok(bed, bed_by("phone", "01011112222", "pop"));
	assert_value(bed, "federator_answers_total{view=\"pop\",status=\"200\",complete=\"true\"}", 1);
	assert_value(bed, "federator_answers_total{view=\"pop\",status=\"200\",complete=\"false\"}", 0);
	assert_value(bed, "federator_answer_seconds_count{view=\"pop\"}", 1);
	assert_value(bed, "federator_answer_seconds_bucket{view=\"pop\",le=\"+Inf\"}", 1);
	assert_value(bed, "federator_answer_seconds_count{view=\"full\"}", 0);
	/* crm was asked on the way to the customer, and its rows served the view: that is one part */
	assert_value(bed, "federator_parts_total{source=\"s0\",state=\"live\"}", 1);
	assert_value(bed, "federator_source_fetches_total{source=\"s0\"}", 1);
	assert_value(bed, "federator_parts_total{source=\"s2\",state=\"live\"}", 2); /* link, pages */
	assert_value(bed, "federator_source_fetch_seconds_count{source=\"s2\"}", 2);
	assert_value(bed, "federator_source_wait_seconds_count{source=\"s2\"}", 2);
	assert_value(bed, "federator_source_up{source=\"s2\"}", 1);
	bed_ok(bed, bed_by("phone", "01011112222", "pop"));
	assert_value(bed, "federator_parts_total{source=\"s0\",state=\"fresh\"}", 1);
	assert_value(bed, "federator_cache_hits_total", 2); /* value is kept to be stale one day, and never fresh */
	assert_true(value(bed, "federator_cache_entries") > 0);
}

static void a_refused_question_counts_by_its_status(void **state)
{
	struct bed *bed = *state;
	struct ask strict = bed_by("phone", "01099999999", "pop");

	strict.strict = true;
	bed_refused(bed, strict, 404);
	bed_refused(bed, bed_by("phone", "nobody", "pop"), 422);
	assert_value(bed, "federator_answers_total{view=\"pop\",status=\"404\",complete=\"false\"}", 1);
	assert_value(bed, "federator_answers_total{view=\"pop\",status=\"422\",complete=\"false\"}", 1);
	bed_refused(bed, bed_by("phone", "01011112222", "nosuch"), 400); /* the name of the caller makes no series */
	assert_null(strstr(scrape(bed), "nosuch"));
}

static void every_fault_of_a_source_counts_under_its_reason(void **state)
{
	static const char *const faults[][2] = {
		{ "refused", "refused" }, { "error", "error" }, { "auth", "auth" },
		{ "late", "deadline" },	  { "busy", "busy" },
	};
	struct bed *bed = *state;

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		char text[512], fault[128], part[128];
		const char *reason = faults[i][1];

		snprintf(text, sizeof(text), WAREHOUSE_FIND WAREHOUSE_VALUE "part orders\nfail %s\n\n", faults[i][0]);
		snprintf(fault, sizeof(fault), "federator_source_faults_total{source=\"s1\",reason=\"%s\"}", reason);
		snprintf(part, sizeof(part), "federator_parts_missing_total{source=\"s1\",reason=\"%s\"}", reason);
		bed_source(bed, "s1", text);
		assert_value(bed, fault, 0);
		assert_value(bed, part, 0);
		bed_ok(bed, bed_by("member", "1", "pop"));
		assert_value(bed, fault, 1);
		assert_value(bed, part, 1);
		/* items and products were not asked, for want of orders */
		assert_value(bed, "federator_parts_missing_total{source=\"s1\",reason=\"key_unknown\"}",
			     2 * (i + 1));
	}
	assert_value(bed, "federator_answers_total{view=\"pop\",status=\"200\",complete=\"false\"}", ARRAY_LEN(faults));
	/* refused: a connection was lost */
	assert_true(value(bed, "federator_source_connects_total{source=\"s1\"}") >= 2);
	assert_value(bed, "federator_wrong_subject_total{source=\"s1\"}", 0);
}

static void a_source_that_takes_no_connection_shows_in_its_breaker_and_workers(void **state)
{
	struct bed *bed = *state;

	assert_value(bed, "federator_source_fetch_limit{source=\"s1\"}", 2);
	assert_value(bed, "federator_source_workers{source=\"s1\",state=\"hung\"}", 0);
	bed_source(bed, "s1", "fail refused\n");
	for (int i = 0; i < 3; i++)
		bed_ok(bed, bed_by("member", "1", "pop"));
	assert_value(bed, "federator_source_breaker_state{source=\"s1\",state=\"closed\"}", 0);
	assert_value(bed, "federator_source_breaker_state{source=\"s2\",state=\"closed\"}", 1);
	assert_value(bed, "federator_source_up{source=\"s1\"}", 0);
	assert_true(value(bed, "federator_source_connect_failures_total{source=\"s1\"}") >= 1);
}

static void a_row_of_another_customer_is_an_alarm(void **state)
{
	struct bed *bed = *state;

	bed_source(bed, "s1", WAREHOUSE_FIND WAREHOUSE_VALUE
		   "part orders\ncolumns member no at\n2\tB1\t2026-11-01 09:00:00\n\n");
	assert_at(bed_ok(bed, bed_by("member", "1", "pop")), "parts.orders.reason", "wrong_subject");
	assert_value(bed, "federator_wrong_subject_total{source=\"s1\"}", 1);
	assert_value(bed, "federator_parts_missing_total{source=\"s1\",reason=\"wrong_subject\"}", 1);
	assert_value(bed, "federator_wrong_subject_total{source=\"s0\"}", 0);
}

static void stale_and_truncated_parts_count(void **state)
{
	struct bed *bed = *state;
	json_t *json;

	bed_ok(bed, bed_by("member", "1", "pop"));
	bed_source(bed, "s1", WAREHOUSE_FIND "part value\nfail error\n\n" WAREHOUSE_ORDERS);
	assert_at(bed_ok(bed, bed_by("member", "1", "pop")), "parts.value.state", "stale");
	assert_value(bed, "federator_parts_total{source=\"s1\",state=\"stale\"}", 1);
	assert_value(bed, "federator_source_faults_total{source=\"s1\",reason=\"error\"}", 1);
	assert_value(bed, "federator_parts_truncated_total{source=\"s1\"}", 0);
	bed_source(bed, "s1", WAREHOUSE_FIND WAREHOUSE_VALUE
		   "part orders\nkey member\ncolumns member no at\n1\tA1\t2026-11-01 09:00:00\n\n"
		   "part items\nkey no\ncolumns no product qty\nA1\tP0\t1\nA1\tP1\t1\nA1\tP2\t1\nA1\tP3\t1\nA1\tP4\t1\n"
		   "A1\tP5\t1\nA1\tP6\t1\nA1\tP7\t1\nA1\tP8\t1\nA1\tP9\t1\n\n"
		   "part products\nkey product\ncolumns product title\n\n");
	json = bed_ok(bed, bed_by("member", "1", "pop"));
	assert_true(json_is_true(bed_at(json, "parts.items.truncated")));
	assert_value(bed, "federator_parts_truncated_total{source=\"s1\"}", 1);
}

#define HALF(more)                                                                                             \
	"<mapping xmlns=\"urn:federator:mapping:1\">"                                                          \
	"<source name=\"s0\" connect=\"secret:s0\" dialect=\"sqlite\" zone=\"UTC\" pool=\"2\"/>" more FLOW_KEYS \
	"<part name=\"crm\" source=\"s0\" rows=\"0..3\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"           \
	"<query by=\"member\">" IN("member") "</query>" COL("member", "gives=\"member\" proves=\"member\"")    \
	COL("name", "") "</part><field path=\"name\" class=\"open\">" FROM("crm", "name") "</field>"           \
	"<view name=\"pop\" by=\"member\" budget=\"30s\"><use path=\"name\"/></view>"                          \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>"

static void counts_go_on_over_a_reload_and_end_with_their_source(void **state)
{
	static const char fetches[] = "federator_source_fetches_total{source=\"s0\"}",
			  live[] = "federator_parts_total{source=\"s0\",state=\"live\"}",
			  pop[] = "federator_answers_total{view=\"pop\",status=\"200\",complete=\"true\"}";
	struct bed *bed = *state;
	long parts, asked;

	bed_ok(bed, bed_by("member", "1", "pop"));
	parts = value(bed, live);
	asked = value(bed, fetches);
	assert_true(parts >= 1 && asked >= 1);
	assert_true(value(bed, "federator_parts_total{source=\"s2\",state=\"live\"}") >= 1);
	assert_true(bed_reload(bed, HALF("")));
	assert_null(strstr(scrape(bed), "source=\"s2\""));
	assert_null(strstr(scrape(bed), "view=\"full\""));
	assert_value(bed, live, parts);
	assert_value(bed, pop, 1);
	bed_ok(bed, bed_by("member", "1", "pop"));
	assert_value(bed, live, parts + 1);
	assert_value(bed, pop, 2);
	assert_true(bed_reload(bed, FLOW_MAPPING));
	assert_value(bed, live, parts + 1);
	assert_value(bed, "federator_parts_total{source=\"s2\",state=\"live\"}", 0); /* a new one of that name */
	assert_false(bed_reload(bed, "<mapping/>"));
	assert_value(bed, "federator_reloads_total{outcome=\"loaded\"}", 2);
	assert_value(bed, "federator_reloads_total{outcome=\"refused\"}", 1);
}

static void every_worker_counts_in_one_state(void **state)
{
	/* one idle, one in a query, two connecting, one spare, three hung: those are busy and not connected */
	struct seen_source source = {
		.ad = { .pool = 8, .connected = 2, .busy = 6, .connecting = 2, .spare = 1, .hung = 3 },
	};
	const struct scrape seen = { .sources = &source };
	static const int wanted[] = { 1, 1, 2, 1, 3 };
	const struct metric *workers;
	size_t n;

	(void)state;
	workers = metrics_table(&n);
	while (strcmp(workers->name, "federator_source_workers") != 0)
		workers++;
	assert_int_equal(workers->words->n, ARRAY_LEN(wanted));
	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		assert_int_equal((int)workers->value(&seen, 0, i), wanted[i]);
}

static void label_values_are_escaped(void **state)
{
	SCOPED(buf_free) struct buf out = { 0 };

	(void)state;
	label_put(&out, "view", "a\"b\\c\nd");
	assert_string_equal(out.data, "view=\"a\\\"b\\\\c\\nd\"");
}

static void statuses_and_reasons_that_are_not_known_count_as_others(void **state)
{
	(void)state;
	assert_int_equal(meter_statuses[meter_status(200)], 200);
	assert_int_equal(meter_statuses[meter_status(504)], 504);
	assert_int_equal(meter_statuses[meter_status(418)], 0);
	for (size_t i = 0; i < METER_REASONS; i++)
		assert_int_equal(meter_reason(meter_reasons[i]), i);
	assert_string_equal(meter_reasons[meter_reason("unheard of")], "other");
	for (enum err_class cls = ERR_NONE + 1; cls <= ERR_SYSTEM; cls++)
		assert_true(cls == ERR_SUBJECT || meter_reason(err_reason(cls)) < METER_FAULTS); /* all are shown */
}

static void every_metric_is_on_the_page(void **state)
{
	SCOPED(buf_free) struct buf page = { 0 };
	const struct metric *table;
	size_t n;

	(void)state;
	metrics_page(&page);
	table = metrics_table(&n);
	assert_true(n > 40);
	for (size_t i = 0; i < n; i++)
		assert_non_null(strstr(page.data, table[i].name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BED_STORY(an_answer_counts_once_with_its_parts_and_time),
		BED_STORY(a_refused_question_counts_by_its_status),
		BED_STORY(every_fault_of_a_source_counts_under_its_reason),
		BED_STORY(a_source_that_takes_no_connection_shows_in_its_breaker_and_workers),
		BED_STORY(a_row_of_another_customer_is_an_alarm),
		BED_STORY(stale_and_truncated_parts_count),
		BED_STORY(counts_go_on_over_a_reload_and_end_with_their_source),
		cmocka_unit_test(every_worker_counts_in_one_state),
		cmocka_unit_test(label_values_are_escaped),
		cmocka_unit_test(statuses_and_reasons_that_are_not_known_count_as_others),
		cmocka_unit_test(every_metric_is_on_the_page),
	};
	int failed;

	if (!bed_begin())
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_free(&scraped);
	return failed;
}
