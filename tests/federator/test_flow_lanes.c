/* test_flow_lanes.c - two loops that ask the same: one fetch serves both, whoever leaves first. The sources are the
 * linker's wrap of adapter_queue() and answer when the test lets them. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/handoff.h"
#include "tests/cmocka_all.h"
#include "tests/federator/bed.h"

enum { LANES = 2, CROWD = 2000, CUSTOMERS = 3, FETCHES_MOST = CROWD + 8 };

static const char mapping[] =
	"<mapping xmlns=\"urn:federator:mapping:1\">"
	"<source name=\"s0\" connect=\"secret:s0\" dialect=\"sqlite\" zone=\"UTC\" pool=\"2\"/>"
	"<key name=\"member\" role=\"identity\" type=\"integer\"/><class name=\"open\"/>"
	"<part name=\"crm\" source=\"s0\" rows=\"0..1\" deadline=\"5m\" ttl=\"1m\" stale=\"0s\">"
	"<query by=\"member\">SELECT member, name FROM t WHERE member = :member</query>"
	"<column name=\"member\" type=\"text\" proves=\"member\"/><column name=\"name\" type=\"text\"/></part>"
	"<part name=\"more\" source=\"s0\" rows=\"0..1\" deadline=\"5m\" ttl=\"1m\" stale=\"0s\">"
	"<query by=\"member\">SELECT member, title FROM t WHERE member = :member</query>"
	"<column name=\"member\" type=\"text\" proves=\"member\"/><column name=\"title\" type=\"text\"/></part>"
	"<field path=\"name\" class=\"open\"><from part=\"crm\" column=\"name\"/></field>"
	"<field path=\"title\" class=\"open\"><from part=\"more\" column=\"title\"/></field>"
	"<view name=\"pop\" by=\"member\" budget=\"9m\"><use path=\"name\"/></view>"
	"<view name=\"more\" by=\"member\" budget=\"9m\"><use path=\"title\"/></view>"
	"<view name=\"two\" by=\"member\" budget=\"9m\"><use path=\"name\"/><use path=\"title\"/></view>"
	"<policy role=\"agent\" purpose=\"service\"><show class=\"open\"/></policy></mapping>";

struct question {
	struct loop_post post;
	struct lane *lane;
	char member[8];
	struct ask ask;
	struct reply reply;
	bool answered; /* under the lock */
};

static struct {
	struct bed *bed;
	struct loop *loop; /* of the second lane */
	struct lane second;
	struct lane *lanes[LANES];
	pthread_t threads[LANES];
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t news;
	struct fetch *waiting[FETCHES_MOST];
	size_t n_waiting, n_asked, n_answered;
	struct question *younger; /* tells that it is answered by ... */
	atomic_bool younger_landed; /* relaxed, as `go`: in no order that ThreadSanitizer would see */
	atomic_bool go;
	void (*refusing)(void); /* what happens before the next fetch is refused as busy; NULL: it is taken */
	bool past_cache; /* of all questions, from now on */
	void (*landing)(void); /* of the test's thread: what happens before the next fetch is posted; NULL: nothing */
	bool woke; /* of the test's thread: a loop, since then */
} story = { .lock = PTHREAD_MUTEX_INITIALIZER, .news = PTHREAD_COND_INITIALIZER };

bool __wrap_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err);
bool __wrap_adapter_queue(struct adapter *ad, struct fetch *f, struct err *err)
{
	void (*refusing)(void) = story.refusing;

	(void)ad;
	story.refusing = NULL;
	if (refusing) {
		refusing();
		return err_set(err, ERR_BUSY, "s0", "no time for the queue");
	}
	pthread_mutex_lock(&story.lock);
	story.waiting[story.n_waiting++] = f;
	story.n_asked++;
	pthread_cond_broadcast(&story.news);
	pthread_mutex_unlock(&story.lock);
	return true;
}

static _Thread_local bool is_worker; /* the test's thread, where fetches land */

void __real_loop_post_quiet(struct loop *loop, struct loop_post *p);
void __wrap_loop_post_quiet(struct loop *loop, struct loop_post *p);
void __wrap_loop_post_quiet(struct loop *loop, struct loop_post *p)
{
	void (*landing)(void) = is_worker ? story.landing : NULL;

	if (landing) {
		story.landing = NULL;
		landing();
		story.woke = false;
	}
	__real_loop_post_quiet(loop, p);
}

void __real_loop_wake(struct loop *loop);
void __wrap_loop_wake(struct loop *loop);
void __wrap_loop_wake(struct loop *loop)
{
	if (is_worker)
		story.woke = true;
	__real_loop_wake(loop);
}

/* Answer the fetch that was asked last, as a worker would, from this thread; waits for one. */
static void answer_one(void)
{
	struct rows *rows;
	struct str *cells;
	struct fetch *f;

	pthread_mutex_lock(&story.lock);
	while (story.n_waiting == 0)
		pthread_cond_wait(&story.news, &story.lock);
	f = story.waiting[--story.n_waiting];
	pthread_mutex_unlock(&story.lock);
	rows = arena_new_of(f->mem, struct rows);
	cells = arena_array_of(f->mem, struct str, 2);
	cells[0] = f->params[0];
	cells[1] = arena_printf(f->mem, "of %.*s", STR_ARG(f->params[0]));
	*rows = (struct rows){ .n_rows = 1, .n_cols = 2, .cells = cells };
	f->rows = rows;
	f->begun_us = f->ended_us = clock_mono_us();
	f->done(f);
}

static void on_reply(void *owner, struct reply *reply)
{
	struct question *q = owner;

	if (q == story.younger)
		atomic_store_explicit(&story.younger_landed, true, memory_order_relaxed);
	pthread_mutex_lock(&story.lock);
	q->reply = *reply;
	q->answered = true;
	story.n_answered++;
	pthread_cond_broadcast(&story.news);
	pthread_mutex_unlock(&story.lock);
}

static void start_question(struct loop_post *p)
{
	struct question *q = CONTAINER_OF(p, struct question, post);

	flow_start(q->lane, &q->ask, on_reply, q);
}

static void ask_view(struct question *q, size_t lane, unsigned member, const char *view, uint32_t budget_ms)
{
	*q = (struct question){ .post = { .run = start_question }, .lane = story.lanes[lane] };
	snprintf(q->member, sizeof(q->member), "%u", member);
	q->ask = bed_by("member", q->member, view);
	q->ask.budget_ms = budget_ms;
	q->ask.no_cache = story.past_cache;
	loop_post(q->lane->loop, &q->post);
}

static void ask(struct question *q, size_t lane, unsigned member, uint32_t budget_ms)
{
	ask_view(q, lane, member, "pop", budget_ms);
}

struct barrier {
	struct loop_post post;
	atomic_bool passed;
};

static void pass(struct loop_post *p)
{
	struct barrier *b = CONTAINER_OF(p, struct barrier, post);

	pthread_mutex_lock(&story.lock);
	b->passed = true;
	pthread_cond_broadcast(&story.news);
	pthread_mutex_unlock(&story.lock);
}

/* What was posted to the lane so far has been run. */
static void let_run(size_t lane)
{
	struct barrier b = { .post = { .run = pass } };

	loop_post(story.lanes[lane]->loop, &b.post);
	pthread_mutex_lock(&story.lock);
	while (!b.passed)
		pthread_cond_wait(&story.news, &story.lock);
	pthread_mutex_unlock(&story.lock);
}

static const struct reply *reply_of(struct question *q)
{
	pthread_mutex_lock(&story.lock);
	while (!q->answered)
		pthread_cond_wait(&story.news, &story.lock);
	pthread_mutex_unlock(&story.lock);
	return &q->reply;
}

/* Answered with its own customer's name. */
static void assert_own(struct question *q)
{
	const struct reply *reply = reply_of(q);
	char wanted[32];

	assert_int_equal(reply->status, 200);
	snprintf(wanted, sizeof(wanted), "\"name\":\"of %s\"", q->member);
	if (!memmem(reply->body, reply->len, wanted, strlen(wanted)))
		fail_msg("no %s in %.*s", wanted, (int)reply->len, reply->body);
	free(q->reply.body);
}

static void assert_late(struct question *q)
{
	assert_int_equal(reply_of(q)->status, 504);
	free(q->reply.body);
}

static size_t n_asked(void)
{
	size_t n;

	pthread_mutex_lock(&story.lock);
	n = story.n_asked;
	pthread_mutex_unlock(&story.lock);
	return n;
}

static void *run_lane(void *arg)
{
	const struct lane *lane = arg;

	loop_run(lane->loop);
	return NULL;
}

static int start(void **state)
{
	struct err err = { 0 };

	(void)state;
	story.n_asked = story.n_waiting = story.n_answered = 0;
	story.past_cache = false;
	story.younger = NULL;
	handoff_unordered(&story.go, sizeof(story.go));
	handoff_unordered(&story.younger_landed, sizeof(story.younger_landed));
	story.go = story.younger_landed = false;
	story.bed = bed_new(mapping);
	story.loop = loop_new(&err);
	story.lanes[0] = bed_lane(story.bed);
	if (!story.loop)
		return -1;
	lane_open(&story.second, story.lanes[0]->service, story.loop);
	story.lanes[1] = &story.second;
	for (size_t i = 0; i < LANES; i++)
		if (pthread_create(&story.threads[i], NULL, run_lane, story.lanes[i]))
			return -1;
	return 0;
}

static int stop(void **state)
{
	bool idle = service_wait_idle(story.second.service, deadline_after_ms(60000));

	(void)state;
	for (size_t i = 0; i < LANES; i++) {
		loop_stop(story.lanes[i]->loop);
		pthread_join(story.threads[i], NULL);
	}
	lane_close(&story.second);
	loop_free(&story.loop);
	bed_free(&story.bed);
	return idle ? 0 : -1;
}

static void one_fetch_serves_both_loops(void **state)
{
	struct question one, two;

	(void)state;
	ask(&one, 0, 1, 0);
	let_run(0);
	ask(&two, 1, 1, 0);
	let_run(1);
	assert_int_equal(n_asked(), 1);
	answer_one();
	assert_own(&one);
	assert_own(&two);
}

static void loop_that_waits_may_leave(void **state)
{
	struct question one, two;

	(void)state;
	ask(&one, 0, 1, 0);
	let_run(0);
	ask(&two, 1, 1, 1);
	assert_late(&two);
	answer_one();
	assert_own(&one);
	assert_int_equal(n_asked(), 1);
}

static void loop_that_asked_may_leave(void **state)
{
	struct question one, two;

	(void)state;
	ask(&one, 0, 1, 20);
	let_run(0);
	ask(&two, 1, 1, 0);
	assert_late(&one);
	answer_one();
	assert_own(&two);
	assert_int_equal(n_asked(), 1);
}

static struct question latecomer; /* it asks for the part that lands, "more", only */

static void somebody_joins_here(void)
{
	ask_view(&latecomer, 0, 1, "more", 0);
	let_run(0);
}

static void somebody_joins_elsewhere(void)
{
	ask_view(&latecomer, 1, 1, "more", 0);
	let_run(1);
}

/* A fetch wakes no loop while its request waits for another one, but it does when somebody came to wait for it who
 * could not see that it lands. */
static void who_joins_a_landing_fetch_is_told(void (*join)(void))
{
	struct question one;

	is_worker = true;
	ask_view(&one, 0, 1, "two", 0);
	let_run(0);
	assert_string_equal(story.waiting[story.n_waiting - 1]->part, "more");
	story.landing = join;
	answer_one();
	assert_true(story.woke);
	is_worker = false;
	answer_one();
	assert_own(&one);
	assert_int_equal(reply_of(&latecomer)->status, 200);
	free(latecomer.reply.body);
	assert_int_equal(n_asked(), 2);
}

static void who_joins_a_landing_fetch_on_its_loop_is_told(void **state)
{
	(void)state;
	who_joins_a_landing_fetch_is_told(somebody_joins_here);
}

static void who_joins_a_landing_fetch_from_elsewhere_is_told(void **state)
{
	(void)state;
	who_joins_a_landing_fetch_is_told(somebody_joins_elsewhere);
}

static void somebody_with_time_joins(void)
{
	ask(&latecomer, 1, 1, 0);
	let_run(1);
}

/* Whoever asked first may have had too little time left for the queue of the source. */
static void who_joined_a_refused_fetch_asks_for_itself(void **state)
{
	struct question one;

	(void)state;
	story.refusing = somebody_with_time_joins;
	ask(&one, 0, 1, 0);
	assert_int_equal(reply_of(&one)->status, 503);
	free(one.reply.body);
	let_run(1);
	assert_int_equal(n_asked(), 1);
	answer_one();
	assert_own(&latecomer);
}

static void wait_for_go(struct loop_post *p)
{
	(void)p;
	while (!atomic_load_explicit(&story.go, memory_order_relaxed))
		continue;
}

static void wait_for_younger(struct loop_post *p)
{
	(void)p;
	while (!atomic_load_explicit(&story.younger_landed, memory_order_relaxed))
		continue;
}

/* Two fetches of the same on two loops, as of questions past the cache: the younger one lands after the older one, and
 * before the rows of that are stored. For ThreadSanitizer. */
static void fetches_of_the_same_land_on_both_loops(void **state)
{
	struct loop_post ready = { .run = wait_for_go }, between = { .run = wait_for_younger };
	struct question of[LANES];
	struct fetch *younger;

	(void)state;
	story.past_cache = true;
	story.younger = &of[1];
	for (size_t i = 0; i < LANES; i++) {
		ask(&of[i], i, 1, 0);
		let_run(i);
	}
	assert_int_equal(n_asked(), LANES);
	younger = story.waiting[1]; /* who was asked first lands first */
	story.waiting[1] = story.waiting[0];
	story.waiting[0] = younger;
	loop_post(story.lanes[0]->loop, &ready);
	answer_one();
	loop_post(story.lanes[0]->loop, &between);
	atomic_store_explicit(&story.go, true, memory_order_relaxed);
	answer_one();
	for (size_t i = 0; i < LANES; i++)
		assert_own(&of[i]);
	let_run(0); /* the posts are ours */
}

/* Some leave at any moment, fetches land at any moment; nobody gets another's customer. */
static void crowd_on_both_loops(void **state)
{
	struct question *crowd = calloc(CROWD, sizeof(*crowd));
	size_t late = 0, answered = 0;

	(void)state;
	assert_non_null(crowd);
	for (unsigned i = 0; i < CROWD; i++)
		ask(&crowd[i], i % LANES, 1 + i / 7 % CUSTOMERS, i % 5 == 0 ? 1 + i % 3 : 0);
	while (answered < CROWD) {
		bool waits;

		pthread_mutex_lock(&story.lock);
		while (story.n_answered < CROWD && story.n_waiting == 0)
			pthread_cond_wait(&story.news, &story.lock);
		answered = story.n_answered;
		waits = story.n_waiting > 0;
		pthread_mutex_unlock(&story.lock);
		if (waits)
			answer_one();
	}
	for (size_t i = 0; i < CROWD; i++) {
		late += crowd[i].reply.status == 504;
		if (crowd[i].reply.status == 504)
			assert_late(&crowd[i]);
		else
			assert_own(&crowd[i]);
	}
	assert_true(late <= CROWD / 5);
	assert_int_equal(n_asked(), CUSTOMERS); /* behind the fetch there is the copy */
	free(crowd);
}

#define STORY(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(one_fetch_serves_both_loops),
		STORY(loop_that_waits_may_leave),
		STORY(loop_that_asked_may_leave),
		STORY(who_joins_a_landing_fetch_on_its_loop_is_told),
		STORY(who_joins_a_landing_fetch_from_elsewhere_is_told),
		STORY(who_joined_a_refused_fetch_asks_for_itself),
		STORY(fetches_of_the_same_land_on_both_loops),
		STORY(crowd_on_both_loops),
	};

	return bed_begin() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
