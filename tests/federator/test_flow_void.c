/* test_flow_void.c - what copies go with: the customer in their rows, the customer they were asked for, the values they
 * were asked by, and values that others gave. */
#include <stdlib.h>

#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"

#define PART(name, source, by, columns)                                                                       \
	"<part name=\"" name "\" source=\"" source "\" rows=\"0..1\" deadline=\"400ms\" ttl=\"9m\" stale=\"0s\">" \
	"<query by=\"" by "\">SELECT * FROM t WHERE " by " IN (:" by "...)</query>" columns "</part>"
/* Its copies never answer, they only stand in. */
#define SPARE(name, source, by, columns)                                                                      \
	"<part name=\"" name "\" source=\"" source "\" rows=\"0..1\" deadline=\"50ms\" ttl=\"0s\" stale=\"9m\">" \
	"<query by=\"" by "\">SELECT * FROM t WHERE " by " IN (:" by "...)</query>" columns "</part>"
#define COL(name, more) "<column name=\"" name "\" type=\"text\" " more "/>"
#define FROM(path, part) \
	"<field path=\"" path "\" class=\"open\"><from part=\"" part "\" column=\"" path "\"/></field>"
#define SOURCE(name) \
	"<source name=\"" name "\" connect=\"secret:" name "\" dialect=\"sqlite\" zone=\"UTC\" pool=\"2\"/>"

static const char mapping[] =
	"<mapping xmlns=\"urn:federator:mapping:1\">" SOURCE("s0") SOURCE("s1") SOURCE("s2")
	"<key name=\"member\" role=\"identity\" type=\"integer\"/>"
	"<key name=\"phone\" role=\"unique\" type=\"integer\"/><key name=\"cookie\" role=\"unique\" type=\"text\"/>"
	"<key name=\"basket\" role=\"unique\" type=\"text\"/>"
	"<class name=\"open\"/>"
	PART("book", "s0", "phone", COL("phone", "proves=\"phone\"") COL("member", "gives=\"member\""))
	PART("crm", "s1", "member", COL("member", "gives=\"member\" proves=\"member\"") COL("name", "")
	     COL("cookie", "gives=\"cookie\""))
	SPARE("note", "s2", "member", COL("member", "proves=\"member\"") COL("note", ""))
	PART("web", "s2", "cookie", COL("cookie", "proves=\"cookie\"") COL("page", ""))
	"<part name=\"tell\" source=\"s1\" rows=\"0..1\" deadline=\"400ms\" ttl=\"0s\" stale=\"0s\">"
	"<query by=\"member\">SELECT * FROM t WHERE member IN (:member...)</query>"
	COL("member", "proves=\"member\"") COL("basket", "gives=\"basket\"") "</part>"
	PART("cart", "s2", "basket", COL("basket", "proves=\"basket\"") COL("item", ""))
	FROM("item", "cart") FROM("name", "crm") FROM("page", "web") FROM("note", "note")
	"<view name=\"pop\" by=\"member phone\" budget=\"2s\"><use path=\"name\"/><use path=\"page\"/></view>"
	"<view name=\"notes\" by=\"member\" budget=\"2s\"><use path=\"note\"/></view>"
	"<view name=\"carts\" by=\"member\" budget=\"2s\"><use path=\"item\"/></view>"
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";

static int start(void **state)
{
	struct bed *bed = bed_new(mapping);

	bed_source(bed, "s0", "part book\nkey phone\ncolumns phone member\n11\t1\n22\t2\n\n");
	bed_source(bed, "s1", "part crm\nkey member\ncolumns member name cookie\n1\tAnn\tca\n2\tBob\tcb\n\n"
			"part tell\nkey member\ncolumns member basket\n1\tours\n2\tours\n\n");
	bed_source(bed, "s2", "part web\nkey cookie\ncolumns cookie page\nca\ttea\ncb\tbread\n\n"
			"part cart\nkey basket\ncolumns basket item\nours\ttea\n\n"
			"part note\nkey member\ncolumns member note\n1\tcalls back\n2\tcalls never\n\n");
	*state = bed;
	return 0;
}

static void done(struct cache_change *change, const struct err *err)
{
	(void)change;
	assert_int_equal(err->cls, ERR_NONE);
}

/* How many copies went. */
static uint64_t void_name(struct bed *bed, const char *key, const char *value)
{
	struct cache_change change = { .tenant = STR("t"), .done = done };

	cache_name_make(&change.name, STR("t"), service_salt(bed_lane(bed)->service), str_of(key), str_of(value));
	cache_invalidate(bed_lane(bed)->cache, &change);
	return change.removed;
}

static void void_whole(struct bed *bed, enum cache_whole whole, const char *name)
{
	struct cache_change change = { .tenant = STR("t"), .whole = true, .done = done };

	cache_whole_make(&change.name, whole, str_of(name));
	cache_invalidate(bed_lane(bed)->cache, &change);
}

static void assert_states(struct bed *bed, const char *phone, const char *crm, const char *web)
{
	json_t *json = bed_ok(bed, bed_by("phone", phone, "pop"));

	assert_at(json, "parts.crm.state", crm);
	assert_at(json, "parts.web.state", web);
}

static void warm_up(struct bed *bed)
{
	assert_states(bed, "11", "live", "live");
	assert_states(bed, "22", "live", "live");
	assert_states(bed, "11", "fresh", "fresh");
	assert_int_equal(cache_state(bed_lane(bed)->cache).entries, 6);
}

/* Asked by phone, by the identity, and by a cookie whose rows do not say whose they are. */
static void all_copies_go_with_their_customer(void **state)
{
	struct bed *bed = *state;

	warm_up(bed);
	assert_int_equal(void_name(bed, "member", "1"), 3);
	assert_int_equal(cache_state(bed_lane(bed)->cache).entries, 3);
	assert_states(bed, "22", "fresh", "fresh");
	assert_states(bed, "11", "live", "live");
	assert_int_equal(void_name(bed, "member", "3"), 0);
}

static void copies_go_with_a_value_they_were_asked_by(void **state)
{
	struct bed *bed = *state;

	warm_up(bed);
	assert_int_equal(void_name(bed, "cookie", "ca"), 1);
	assert_states(bed, "11", "fresh", "live");
	assert_states(bed, "11", "fresh", "fresh");
	assert_int_equal(void_name(bed, "phone", "11"), 3); /* it led to the customer */
	assert_states(bed, "11", "live", "live");
	assert_states(bed, "22", "fresh", "fresh");
}

static void assert_cart(struct bed *bed, const char *member, const char *state)
{
	assert_at(bed_ok(bed, bed_by("member", member, "carts")), "parts.cart.state", state);
}

/* Of a basket that two customers share, and that nothing kept gives. */
static void copies_go_with_each_customer_whose_view_they_serve(void **state)
{
	struct bed *bed = *state;

	assert_cart(bed, "1", "live");
	assert_cart(bed, "2", "live");
	assert_cart(bed, "2", "fresh");
	assert_int_equal(void_name(bed, "member", "2"), 2); /* and the one that confirms it */
	assert_cart(bed, "2", "live");
	assert_cart(bed, "1", "fresh");
	assert_int_equal(void_name(bed, "basket", "ours"), 2);
	assert_cart(bed, "1", "live");
}

static void copies_go_with_their_source_or_part(void **state)
{
	struct bed *bed = *state;

	warm_up(bed);
	void_whole(bed, CACHE_SOURCE, "s1");
	assert_states(bed, "11", "live", "fresh");
	void_whole(bed, CACHE_PART, "web");
	assert_states(bed, "11", "fresh", "live");
	void_whole(bed, CACHE_ALL, "");
	assert_states(bed, "11", "live", "live");
	assert_states(bed, "22", "live", "live");
}

/* A customer changes as the page is asked for, while `changes`. */
static bool changes;
static const char *holds; /* fetches of this part are held back */
static struct bed *changing;
static struct {
	struct adapter *ad;
	struct fetch *f;
} held;

bool __real_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err);
bool __wrap_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err);
bool __wrap_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err)
{
	if (holds && strcmp(f->part, holds) == 0) {
		assert_null(held.f);
		held.ad = ad;
		held.f = f;
		return true;
	}
	if (changes && strcmp(f->part, "web") == 0)
		void_name(changing, "member", "1");
	return __real_adapter_queue(ad, f, err);
}

/* Its rows are shown, and not kept. */
static void what_was_asked_before_a_change_is_not_kept(void **state)
{
	struct bed *bed = *state;

	changing = bed;
	changes = true;
	assert_states(bed, "11", "live", "live");
	changes = false;
	assert_int_equal(cache_state(bed_lane(bed)->cache).entries, 0);
	assert_states(bed, "11", "live", "live");
	assert_states(bed, "11", "fresh", "fresh");
}

struct question {
	struct loop *loop;
	bool answered;
	int status;
	json_t *json; /* of on_kept_reply() */
};

static void on_reply(void *owner, struct reply *reply)
{
	struct question *q = owner;

	q->answered = true;
	q->status = reply->status;
	free(reply->body);
	loop_stop(q->loop);
}

static void on_kept_reply(void *owner, struct reply *reply)
{
	struct question *q = owner;

	q->json = json_loadb(reply->body, reply->len, 0, NULL);
	on_reply(owner, reply);
}

static void begin_question(struct bed *bed, struct question *q)
{
	struct ask ask = bed_by("member", "1", "pop");

	*q = (struct question){ .loop = bed_lane(bed)->loop };
	ask.parts = STR("crm");
	flow_start(bed_lane(bed), &ask, on_reply, q);
}

static void let_go(void)
{
	struct fetch *f = held.f;

	assert_non_null(f);
	held.f = NULL;
	if (__real_adapter_queue(held.ad, f, &f->err))
		adapter_call(held.ad);
	else
		f->done(f); /* it is too late by now */
}

/* Who asks behind a change gets nothing that was asked before it; who asked before may have it. */
static void rows_from_before_a_change_are_for_no_later_question(void **state)
{
	struct bed *bed = *state;
	struct question before, behind;

	holds = "crm";
	begin_question(bed, &before);
	void_name(bed, "member", "1");
	begin_question(bed, &behind); /* waits for the fetch that is under way */
	let_go();
	loop_run(before.loop);
	assert_true(before.answered);
	assert_false(behind.answered);
	assert_int_equal(cache_state(bed_lane(bed)->cache).entries, 0);
	let_go(); /* it has asked anew */
	loop_run(before.loop);
	assert_true(behind.answered);
	assert_int_equal(behind.status, 200);
	assert_int_equal(cache_state(bed_lane(bed)->cache).entries, 1);
	holds = NULL;
}

/* A question found a copy, and its source does not answer in time. */
static json_t *ask_in_vain(struct bed *bed, bool meanwhile)
{
	struct question q;
	struct ask ask = bed_by("member", "1", "notes");

	bed_ok(bed, bed_by("member", "1", "notes"));
	q = (struct question){ .loop = bed_lane(bed)->loop };
	holds = "note";
	flow_start(bed_lane(bed), &ask, on_kept_reply, &q);
	if (meanwhile)
		void_name(bed, "member", "1");
	loop_run(q.loop);
	let_go();
	holds = NULL;
	assert_true(q.answered);
	return q.json;
}

/* A copy that was found before a change does not stand in behind it. */
static void a_copy_stands_in_unless_it_was_voided(void **state)
{
	struct bed *bed = *state;
	json_t *json = ask_in_vain(bed, false);

	assert_at(json, "parts.note.state", "stale");
	assert_at(json, "customer.note", "calls back");
	json_decref(json);
	json = ask_in_vain(bed, true);
	assert_at(json, "parts.note.state", "missing");
	json_decref(json);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, start, bed_stop)
	const struct CMUnitTest tests[] = {
		T(all_copies_go_with_their_customer),
		T(copies_go_with_a_value_they_were_asked_by),
		T(copies_go_with_each_customer_whose_view_they_serve),
		T(copies_go_with_their_source_or_part),
		T(what_was_asked_before_a_change_is_not_kept),
		T(rows_from_before_a_change_are_for_no_later_question),
		T(a_copy_stands_in_unless_it_was_voided),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
