/* test_limits_news.c - what was counted, as bytes and back, and how others count it. */
#include "tests/cmocka_all.h"

#include "federator/limits/news.h"
#include "tests/federator/limits_bed.h"

static void wake(void *owner)
{
	++*(uint32_t *)owner;
}

/* What `from` counted since; `to` learns it. How many were new there. */
static uint32_t tell(struct limits *from, struct limits *to, uint64_t now_us)
{
	SCOPED(buf_free) struct buf news = { 0 };
	uint32_t n;

	limits_news_take(from, &news);
	assert_true(limits_learn(to, buf_str(&news), now_us, &n));
	return n;
}

static void bytes_come_back(void **state)
{
	SCOPED(buf_free) struct buf bytes = { 0 };
	struct limits_news one = { .who = kim, .subject = UINT64_C(0xfedcba9876543210) }, got;
	struct limits_news two = { .who = { .client = STR("pbx") }, .subject = 1, .found = true };
	struct str rest;

	(void)state;
	one.who.agent_proven = true;
	limits_news_write(&one, &bytes);
	limits_news_write(&two, &bytes);
	rest = buf_str(&bytes);
	assert_true(limits_news_read(&rest, &got));
	assert_true(str_eq(got.who.agent, STR("kim")) && str_eq(got.who.client, STR("console")));
	assert_true(got.who.agent_proven && !got.found && got.subject == UINT64_C(0xfedcba9876543210));
	assert_true(limits_news_read(&rest, &got));
	assert_true(got.who.agent.n == 0 && str_eq(got.who.client, STR("pbx")));
	assert_true(!got.who.agent_proven && got.found && got.subject == 1);
	assert_false(limits_news_read(&rest, &got));
	for (size_t n = 0; n < bytes.len; n++) {
		size_t whole = 0;

		rest = (struct str){ bytes.data, n };
		while (limits_news_read(&rest, &got))
			whole++;
		assert_int_equal(whole, n >= 1 + 4 + 8 + 8);
	}
}

static void a_customer_of_another_node_counts_once(void **state)
{
	struct limits *a = limits_of(0, 3, 0, 0), *b = limits_of(0, 3, 0, 0);
	uint32_t woken = 0, none = 0;

	(void)state;
	limits_share(a, wake, &woken);
	limits_share(b, wake, &none);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(ask(a, &kim, far_number(i), S).fresh);
	assert_false(ask(a, &kim, far_number(2), S).fresh);
	limits_found(a, &kim, 100, S);
	assert_int_equal(woken, 1);
	assert_int_equal(tell(a, b, S), 2 * 3); /* for the agent, and for the client */
	assert_int_equal(ask(b, &kim, far_number(3), S).verdict, LIMITS_CUSTOMERS);
	assert_int_equal(ask(b, &kim, far_number(1), S).verdict, LIMITS_PASS);
	assert_int_equal(limits_subject(b, &kim, 100, S).verdict, LIMITS_PASS);
	assert_int_equal(ask(b, &lee, far_number(3), S).verdict, LIMITS_PASS);
	assert_int_equal(none, 1); /* only of what was asked there */
	assert_int_equal(tell(b, a, S), 2);
	assert_int_equal(tell(b, a, S), 0);
	assert_int_equal(tell(a, b, S), 0);
	assert_true(ask(a, &lee, far_number(4), S).fresh);
	assert_int_equal(woken, 2);
	limits_free(&a);
	limits_free(&b);
}

static void nobody_learns_beyond_a_limit(void **state)
{
	struct limits *a = limits_of(0, 0, 0, 0), *b = limits_of(0, 3, 0, 5);
	uint32_t woken = 0;

	(void)state;
	limits_share(a, wake, &woken);
	for (uint32_t i = 0; i < 100; i++)
		assert_true(ask(a, &kim, far_number(i), S).fresh);
	assert_int_equal(tell(a, b, S), 3 + 5);
	limits_free(&a);
	limits_free(&b);
}

/* News of nobody who takes them are bounded. */
static void what_is_noted_is_bounded(void **state)
{
	struct limits *l = limits_of(0, 0, 0, 0);
	SCOPED(buf_free) struct buf news = { 0 };
	uint32_t woken = 0;

	(void)state;
	limits_share(l, wake, &woken);
	for (uint32_t i = 0; i < 20000; i++)
		limits_found(l, &kim, i, S);
	limits_news_take(l, &news);
	assert_in_range(news.len, 1, (64 << 10) + 256);
	assert_int_equal(woken, 1);
	news.len = 0;
	limits_share(l, NULL, NULL);
	limits_found(l, &lee, 1, S);
	limits_news_take(l, &news);
	assert_int_equal(news.len, 0);
	limits_free(&l);
}

static void what_others_asked_is_not_noticed_here(void **state)
{
	struct limits *a = limits_of(0, 0, 0, 0), *b = limits_of(0, 0, 0, 0);
	uint32_t woken = 0, noticed = 0;

	(void)state;
	limits_share(a, wake, &woken);
	for (uint32_t i = 0; i < 200; i++)
		assert_true(ask(a, &kim, far_number(i), S).fresh);
	assert_int_equal(tell(a, b, S), 400);
	for (uint32_t i = 200; i < 260; i++) { /* of those that are asked here most are nobody's */
		noticed += ask(b, &kim, far_number(i), S).notice == NOTICE_MISSES;
		noticed += limits_nobody(b, &kim, S) == NOTICE_MISSES;
	}
	assert_in_range(noticed, 1, 2);
	limits_free(&a);
	limits_free(&b);
}

static void another_installation_hashes_otherwise(void **state)
{
	const struct limits_quota quotas[ACTOR_KINDS] = { 0 };
	struct limits *a = limits_of(0, 0, 0, 0), *b = limits_of(0, 0, 0, 0), *other = limits_new(quotas, STR("salt"));
	uint64_t hash = limits_hash(a, STR("member"), STR("7"));

	(void)state;
	assert_true(hash == limits_hash(b, STR("member"), STR("7")));
	assert_true(hash != limits_hash(other, STR("member"), STR("7")));
	assert_true(hash != limits_hash(a, STR("member"), STR("8")) && hash != limits_hash(a, STR("order"), STR("7")));
	limits_free(&a);
	limits_free(&b);
	limits_free(&other);
}

static void bytes_of_somebody_else_are_refused(void **state)
{
	struct limits *l = limits_of(0, 3, 0, 0);
	SCOPED(buf_free) struct buf bytes = { 0 };
	uint32_t n;

	(void)state;
	limits_news_write(&(struct limits_news){ .who = kim, .subject = 1 }, &bytes);
	buf_puts(&bytes, "nonsense");
	assert_false(limits_learn(l, buf_str(&bytes), S, &n));
	assert_int_equal(n, 2); /* what is in front counts */
	limits_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_back),
		cmocka_unit_test(a_customer_of_another_node_counts_once),
		cmocka_unit_test(nobody_learns_beyond_a_limit),
		cmocka_unit_test(what_is_noted_is_bounded),
		cmocka_unit_test(what_others_asked_is_not_noticed_here),
		cmocka_unit_test(another_installation_hashes_otherwise),
		cmocka_unit_test(bytes_of_somebody_else_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
