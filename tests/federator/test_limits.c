#include "tests/cmocka_all.h"

#include "federator/limits/keys_seen.h"
#include "tests/federator/limits_bed.h"

static void requests_come_back_with_time(void **state)
{
	struct limits *l = limits_of(60, 0, 0, 0);
	struct limits_told told;

	(void)state;
	assert_int_equal(passing(l, &kim, 100, S), 60);
	told = limits_request(l, &kim, S);
	assert_int_equal(told.verdict, LIMITS_REQUESTS);
	assert_int_equal(told.state.left, 0);
	assert_int_equal(told.state.reset_s, 1);
	assert_int_equal(told.state.window_s, 60);
	assert_int_equal(passing(l, &kim, 100, S + 10 * S), 10);
	assert_int_equal(passing(l, &lee, 100, S + 10 * S), 60);
	assert_int_equal(passing(l, &kim, 100, S + 1000 * S), 60);
	limits_free(&l);
}

static void a_client_pays_for_all_its_agents(void **state)
{
	struct limits *l = limits_of(60, 0, 90, 0);
	struct limits_told told;

	(void)state;
	assert_int_equal(passing(l, &kim, 50, S), 50);
	assert_int_equal(passing(l, &lee, 60, S), 40);
	told = limits_request(l, &lee, S);
	assert_int_equal(told.verdict, LIMITS_REQUESTS);
	assert_int_equal(told.state.kind, ACTOR_CLIENT);
	limits_free(&l);
}

static void the_nearest_limit_is_told(void **state)
{
	struct limits *l = limits_of(60, 0, 20, 0);
	struct limits_told told = limits_request(l, &kim, S);

	(void)state;
	assert_int_equal(told.state.kind, ACTOR_CLIENT);
	assert_int_equal(told.state.quota, 20);
	assert_int_equal(told.state.left, 19);
	limits_free(&l);
}

static void nobody_and_no_quota_are_not_limited(void **state)
{
	struct limits *l = limits_of(5, 5, 0, 0), *none = limits_of(0, 0, 0, 0);
	const struct limits_who nobody = { 0 };

	(void)state;
	assert_int_equal(passing(l, &nobody, 1000, S), 1000);
	assert_int_equal(passing(none, &kim, 1000, S), 1000);
	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(ask(none, &kim, far_number(i), S).verdict, LIMITS_PASS);
	assert_false(ask(l, &nobody, 1, S).fresh);
	limits_free(&l);
	limits_free(&none);
}

static void a_customer_asked_again_costs_nothing(void **state)
{
	struct limits *l = limits_of(0, 10, 0, 0);
	struct limits_told told;

	(void)state;
	for (uint32_t again = 0; again < 3; again++)
		for (uint32_t i = 0; i < 10; i++) {
			told = ask(l, &kim, far_number(i), S);
			assert_int_equal(told.verdict, LIMITS_PASS);
			assert_int_equal(told.fresh, again == 0);
		}
	told = ask(l, &kim, far_number(10), S + 60 * S);
	assert_int_equal(told.verdict, LIMITS_CUSTOMERS);
	assert_int_equal(told.state.quota, 10);
	assert_int_equal(told.state.reset_s, 3540);
	assert_int_equal(ask(l, &kim, far_number(3), S + 60 * S).verdict, LIMITS_PASS);
	assert_int_equal(ask(l, &lee, far_number(10), S).verdict, LIMITS_PASS);
	assert_int_equal(ask(l, &kim, far_number(10), S + 3600 * S).verdict, LIMITS_PASS);
	limits_free(&l);
}

static void a_sealed_id_counts_unless_a_key_led_to_it(void **state)
{
	struct limits *l = limits_of(0, 3, 0, 0);

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(ask(l, &kim, far_number(i), S).verdict, LIMITS_PASS);
		limits_found(l, &kim, 100 + i, S);
		limits_found(l, &kim, 100 + i, S);
		assert_false(limits_subject(l, &kim, 100 + i, S).fresh);
	}
	assert_true(limits_subject(l, &kim, 102, S).fresh);
	assert_int_equal(limits_subject(l, &kim, 103, S).verdict, LIMITS_CUSTOMERS);
	assert_int_equal(ask(l, &kim, far_number(2), S).verdict, LIMITS_CUSTOMERS);
	for (uint64_t known = 100; known < 103; known++)
		assert_int_equal(limits_subject(l, &kim, known, S).verdict, LIMITS_PASS);
	assert_int_equal(limits_subject(l, &lee, 103, S).verdict, LIMITS_PASS);
	assert_true(limits_subject(l, &kim, 100, S + 3600 * S).fresh);
	limits_free(&l);
}

/* What a full client refuses is not taken from its agent. */
static void a_refusal_counts_for_nobody(void **state)
{
	struct limits *l = limits_of(0, 10, 0, 5);
	const struct limits_who proven = { STR("kim"), STR("console"), true };
	const struct limits_who elsewhere = { STR("kim"), STR("crm"), true };

	(void)state;
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(ask(l, &proven, far_number(i), S).verdict, i < 5 ? LIMITS_PASS : LIMITS_CUSTOMERS);
	for (uint32_t i = 0; i < 4; i++) /* by another client */
		assert_int_equal(ask(l, &elsewhere, far_number(20 + i % 2), S).verdict, LIMITS_PASS);
	limits_free(&l);
}

static void who_counts_through_a_range_is_noticed_once(void **state)
{
	struct limits *l = limits_of(0, 0, 0, 0);
	uint32_t notices = 0;

	(void)state;
	for (uint32_t i = 0; i < 200; i++) {
		struct limits_told told = ask(l, &kim, 1012340000 + i, S);

		notices += told.notice == NOTICE_SEQUENCE;
		assert_true(told.notice == NOTICE_SEQUENCE || told.notice == NOTICE_NONE);
	}
	assert_in_range(notices, 1, 2); /* the agent, and the client */
	assert_int_equal(ask(l, &lee, far_number(1), S).notice, NOTICE_NONE);
	limits_free(&l);
}

static void a_range_in_another_order_is_noticed_too(void **state)
{
	struct limits *l = limits_of(0, 0, 0, 0);
	bool noticed = false;

	(void)state;
	for (uint32_t i = 0; i < 101 && !noticed; i++)
		noticed = ask(l, &kim, 1012340000 + (i * 37) % 101, S).notice == NOTICE_SEQUENCE;
	assert_true(noticed);
	limits_free(&l);
}

static void calls_of_a_day_are_not_noticed(void **state)
{
	struct limits *l = limits_of(0, 0, 0, 0);

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		assert_int_equal(ask(l, &kim, far_number(i), S).notice, NOTICE_NONE);
		if (i % 2) /* every other caller is new */
			assert_int_equal(limits_nobody(l, &kim, S), NOTICE_NONE);
	}
	limits_free(&l);
}

static void who_mostly_misses_is_noticed(void **state)
{
	struct limits *l = limits_of(0, 0, 0, 0);
	uint32_t notices = 0;

	(void)state;
	for (uint32_t i = 0; i < 39; i++) {
		assert_int_equal(ask(l, &kim, far_number(i), S).notice, NOTICE_NONE);
		assert_int_equal(limits_nobody(l, &kim, S), NOTICE_NONE);
	}
	for (uint32_t i = 39; i < 60; i++) {
		notices += ask(l, &kim, far_number(i), S).notice == NOTICE_MISSES;
		notices += limits_nobody(l, &kim, S) == NOTICE_MISSES;
	}
	assert_in_range(notices, 1, 2);
	limits_free(&l);
}

static void a_set_of_keys_holds_what_was_put_in(void **state)
{
	struct keys_seen seen = { 0 };

	(void)state;
	for (uint64_t i = 1; i <= 5000; i++) {
		assert_false(keys_seen_has(&seen, i * i));
		assert_true(keys_seen_add(&seen, i * i, STR("x")));
	}
	for (uint64_t i = 1; i <= 5000; i++)
		assert_true(keys_seen_has(&seen, i * i));
	assert_int_equal(seen.n, 5000);
	keys_seen_end(&seen);
	assert_false(keys_seen_has(&seen, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_come_back_with_time),
		cmocka_unit_test(a_client_pays_for_all_its_agents),
		cmocka_unit_test(the_nearest_limit_is_told),
		cmocka_unit_test(nobody_and_no_quota_are_not_limited),
		cmocka_unit_test(a_customer_asked_again_costs_nothing),
		cmocka_unit_test(a_sealed_id_counts_unless_a_key_led_to_it),
		cmocka_unit_test(a_refusal_counts_for_nobody),
		cmocka_unit_test(who_counts_through_a_range_is_noticed_once),
		cmocka_unit_test(a_range_in_another_order_is_noticed_too),
		cmocka_unit_test(calls_of_a_day_are_not_noticed),
		cmocka_unit_test(who_mostly_misses_is_noticed),
		cmocka_unit_test(a_set_of_keys_holds_what_was_put_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
