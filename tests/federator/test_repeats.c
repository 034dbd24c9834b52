/* test_repeats.c - which requests are the same, and what is kept for them. The clock of the lane stands still. */
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"
#include "tests/federator/flow_mapping.h"

#include "federator/http/repeats.h"

#define MAPPING                                                                                            \
	"<mapping xmlns=\"urn:federator:mapping:1\">" FLOW_SOURCES FLOW_KEYS                               \
	"<part name=\"crm\" source=\"s0\" rows=\"0..3\" deadline=\"400ms\" ttl=\"30s\" stale=\"10m\">"  \
	"<query by=\"member\">" IN("member") "</query><query by=\"phone\">" IN("phone") "</query>"         \
	COL("member", "gives=\"member\" proves=\"member\"") COL("phone", "proves=\"phone\" as=\"digits\"") \
	COL("name", "") "</part>"                                                                            \
	"<field path=\"name\" class=\"name\">" FROM("crm", "name") "</field>"                              \
	"<view name=\"candidate\" by=\"phone\" budget=\"900ms\"><use path=\"name\"/></view>"               \
	"<view name=\"pop\" by=\"member phone\" budget=\"2s\"><use path=\"name\"/></view>"                 \
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open name phone\"/></policy></mapping>"

static const int64_t noon_ms = INT64_C(1800000000000);
static const struct route route = { "GET", "/v1/customers", NULL, ROUTE_WORK, 0 };

/* A table, and a kept answer for its exchanges. */
struct table {
	struct bed *bed;
	struct repeats r;
	struct arena *mem;
	struct header fields[2];
};

static int start(void **state)
{
	struct table *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->bed = bed_new(MAPPING);
	t->mem = arena_new();
	bed_source(t->bed, "s0", CRM);
	bed_lane(t->bed)->still_ms = noon_ms;
	for (int i = 0; i < 2; i++)
		bed_ok(t->bed, bed_by("phone", "01011112222", "pop"));
	repeats_begin(&t->r, bed_lane(t->bed));
	*state = t;
	return 0;
}

static int stop(void **state)
{
	struct table *t = *state;

	repeats_end(&t->r);
	arena_wipe_free(&t->mem);
	bed_free(&t->bed);
	free(t);
	return 0;
}

static struct exchange get(struct table *t, const char *id)
{
	struct exchange x = { .lane = bed_lane(t->bed),
			      .mem = t->mem,
			      .method = "GET",
			      .route = &route,
			      .is_view = true,
			      .request_id = "made",
			      .headers = { .of = t->fields, .n = 2 } };

	t->fields[0] = (struct header){ STR("Host"), STR("x") };
	t->fields[1] = (struct header){ STR("X-Request-Id"), str_of(id) };
	return x;
}

static void take(void *owner, struct reply *reply)
{
	struct exchange *x = owner;

	x->reply = *reply;
}

/* It is answered, with what was kept whole. */
static void answer(struct exchange *x)
{
	struct ask ask = bed_by("phone", "01011112222", "pop");

	ask.repeats = x->again;
	flow_start(x->lane, &ask, take, x);
	assert_true(x->reply.rendered); /* at once */
	assert_int_equal(x->reply.repeat != NULL, x->again);
}

/* Asked like that now: is it answered by what is kept? Else it is worked on. */
static const struct repeated *ask(struct table *t, struct exchange x, uint64_t at_us)
{
	struct repeats_key key = repeats_key(&x, STR("/v1/customers?phone=1"));
	const struct repeated *found;

	x.begun_us = at_us;
	found = repeats_find(&t->r, &key, at_us, &x.again);
	if (found)
		return found;
	answer(&x);
	if (repeats_keep(&t->r, &key, &x))
		assert_null(x.reply.repeat);
	reply_free(&x.reply);
	return NULL;
}

static void asked_three_times_it_is_kept(void **state)
{
	struct table *t = *state;
	const struct repeated *found;

	assert_null(ask(t, get(t, "a"), 1000000));
	assert_int_equal(t->r.bytes, 0);
	assert_null(ask(t, get(t, "a"), 1900000));
	assert_true(t->r.bytes > 0);
	found = ask(t, get(t, "a"), 2800000);
	assert_non_null(found);
	assert_int_equal(found->status, 200);
	assert_string_equal(MHD_get_response_header(found->response, "X-Request-Id"), "made");
	assert_string_equal(MHD_get_response_header(found->response, "Age"), "0");
	assert_non_null(memmem(found->before.p, found->before.n, "\"/v1/customers\"", 15));
	assert_int_equal(found->after.p[found->after.n - 1], '\n');
	assert_ptr_equal(ask(t, get(t, "a"), 2900000), found);
}

static void asked_seldom_it_is_not(void **state)
{
	struct table *t = *state;

	for (uint64_t s = 1; s < 5; s++)
		assert_null(ask(t, get(t, "a"), 1000000 * s));
	assert_int_equal(t->r.bytes, 0);
}

static void another_client_is_not_answered_by_it(void **state)
{
	struct table *t = *state;
	struct exchange mine = get(t, "a"), other = get(t, "a");

	mine.certificate = STR("crm");
	other.certificate = STR("pbx");
	assert_null(ask(t, mine, 1000000));
	assert_null(ask(t, mine, 1900000));
	assert_non_null(ask(t, mine, 2000000));
	assert_null(ask(t, other, 2000000));
	assert_null(ask(t, get(t, "a"), 2000000));
}

static void another_request_is_not_answered_by_it(void **state)
{
	struct table *t = *state;
	struct exchange others[5];

	for (int i = 0; i < 2; i++)
		assert_null(ask(t, get(t, "a"), 1000000));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		others[i] = get(t, "a");
	others[0].method = "HEAD";
	others[1].headers.n = 1;
	others[2].body = STR("b");
	others[3].headers.n = 1; /* the same bytes, of another meaning */
	others[3].body = (struct str){ "X-Request-Id\0a", sizeof("X-Request-Id\0a") };
	for (size_t i = 0; i < 4; i++)
		assert_null(ask(t, others[i], 1000000));
	assert_null(ask(t, get(t, "b"), 1000000));
	assert_non_null(ask(t, get(t, "a"), 1000000));
}

static void the_second_after_it_is_made_anew_at_once(void **state)
{
	struct table *t = *state;
	const struct repeated *found;

	for (int i = 0; i < 2; i++)
		assert_null(ask(t, get(t, "a"), 1000000));
	bed_lane(t->bed)->still_ms = noon_ms + 1000;
	assert_null(ask(t, get(t, "a"), 1900000));
	found = ask(t, get(t, "a"), 1900000);
	assert_non_null(found);
	assert_string_equal(MHD_get_response_header(found->response, "Age"), "1");
}

static void what_is_large_is_nobody_s(void **state)
{
	static char large[3000];
	struct table *t = *state;
	struct exchange x = get(t, "a");

	x.body = (struct str){ large, sizeof(large) };
	for (int i = 0; i < 3; i++)
		assert_null(ask(t, x, 1000000));
	assert_int_equal(t->r.bytes, 0);
}

static void what_is_kept_is_bounded(void **state)
{
	static char large[1900];
	struct table *t = *state;
	char id[30];

	for (unsigned i = 0; i < 6000; i++) {
		snprintf(id, sizeof(id), "%u", i);
		for (int n = 0; n < 2; n++) {
			struct exchange x = get(t, id);

			x.body = (struct str){ large, sizeof(large) };
			assert_null(ask(t, x, 1000000 + i));
		}
	}
	assert_in_range(t->r.bytes, 2000000, 2 << 20);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(asked_three_times_it_is_kept),
		STORY(asked_seldom_it_is_not),
		STORY(another_client_is_not_answered_by_it),
		STORY(another_request_is_not_answered_by_it),
		STORY(the_second_after_it_is_made_anew_at_once),
		STORY(what_is_large_is_nobody_s),
		STORY(what_is_kept_is_bounded),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
