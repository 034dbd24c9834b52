#include "tests/cmocka_all.h"

#include "adapters/breaker.h"

enum { S = 1000000, BEGIN = 100 * S };

static const struct err late = { ERR_LATE, "source", "late" }, refused = { ERR_REFUSED, "source", "refused" },
			auth = { ERR_AUTH, "source", "auth" };

/* A breaker in a state, whose rest is over. */
static struct breaker in_state(enum breaker_state state)
{
	struct breaker b;

	breaker_begin(&b, 7);
	breaker_event(&b, BREAKER_CONNECTED, NULL, BEGIN);
	if (state == BREAKER_CLOSED)
		return b;
	for (int i = 0; i < BREAKER_IN_A_ROW; i++)
		breaker_event(&b, BREAKER_FAILED, &late, BEGIN);
	b.retry_us = BEGIN;
	if (state == BREAKER_PROBING)
		breaker_event(&b, BREAKER_PROBE, NULL, BEGIN);
	assert_int_equal(b.state, state);
	return b;
}

static void every_state_answers_every_event(void **state)
{
	(void)state;
	static const struct {
		enum breaker_state in;
		enum breaker_event event;
		enum breaker_state then;
		bool rests, doubt, unconnected;
		enum err_class fault;
	} cells[] = {
		{ BREAKER_CLOSED, BREAKER_ANSWERED, BREAKER_CLOSED, false, false, false, ERR_NONE },
		{ BREAKER_CLOSED, BREAKER_FAILED, BREAKER_CLOSED, false, false, false, ERR_REFUSED },
		{ BREAKER_CLOSED, BREAKER_LOST, BREAKER_CLOSED, false, true, false, ERR_NONE },
		{ BREAKER_CLOSED, BREAKER_CONNECTED, BREAKER_CLOSED, false, false, false, ERR_NONE },
		{ BREAKER_CLOSED, BREAKER_UNCONNECTED, BREAKER_CLOSED, true, true, true, ERR_REFUSED },
		{ BREAKER_CLOSED, BREAKER_DESERTED, BREAKER_OPEN, true, true, false, ERR_REFUSED },
		{ BREAKER_CLOSED, BREAKER_PROBE, BREAKER_CLOSED, false, false, false, ERR_NONE },
		{ BREAKER_OPEN, BREAKER_ANSWERED, BREAKER_OPEN, false, true, false, ERR_LATE },
		{ BREAKER_OPEN, BREAKER_FAILED, BREAKER_OPEN, false, true, false, ERR_LATE },
		{ BREAKER_OPEN, BREAKER_LOST, BREAKER_OPEN, false, true, false, ERR_LATE },
		{ BREAKER_OPEN, BREAKER_CONNECTED, BREAKER_CLOSED, false, false, false, ERR_LATE },
		{ BREAKER_OPEN, BREAKER_UNCONNECTED, BREAKER_OPEN, true, true, true, ERR_REFUSED },
		{ BREAKER_OPEN, BREAKER_DESERTED, BREAKER_OPEN, false, true, false, ERR_LATE },
		{ BREAKER_OPEN, BREAKER_PROBE, BREAKER_PROBING, false, true, false, ERR_LATE },
		{ BREAKER_PROBING, BREAKER_ANSWERED, BREAKER_PROBING, false, true, false, ERR_LATE },
		{ BREAKER_PROBING, BREAKER_FAILED, BREAKER_PROBING, false, true, false, ERR_LATE },
		{ BREAKER_PROBING, BREAKER_LOST, BREAKER_PROBING, false, true, false, ERR_LATE },
		{ BREAKER_PROBING, BREAKER_CONNECTED, BREAKER_CLOSED, false, false, false, ERR_LATE },
		{ BREAKER_PROBING, BREAKER_UNCONNECTED, BREAKER_OPEN, true, true, true, ERR_REFUSED },
		{ BREAKER_PROBING, BREAKER_DESERTED, BREAKER_PROBING, false, true, false, ERR_LATE },
		{ BREAKER_PROBING, BREAKER_PROBE, BREAKER_PROBING, false, true, false, ERR_LATE },
	};
	bool seen[BREAKER_STATES][BREAKER_EVENTS] = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		struct breaker b = in_state(cells[i].in);
		bool tells = cells[i].event == BREAKER_FAILED || cells[i].event == BREAKER_UNCONNECTED ||
			     cells[i].event == BREAKER_DESERTED;

		seen[cells[i].in][cells[i].event] = true;
		breaker_event(&b, cells[i].event, tells ? &refused : NULL, BEGIN);
		if (b.state != cells[i].then || (b.retry_us > BEGIN) != cells[i].rests ||
		    b.doubt != cells[i].doubt || b.unconnected != cells[i].unconnected ||
		    b.fault.cls != cells[i].fault)
			fail_msg("cell %zu: %s, rests %d, doubt %d, unconnected %d, fault %s", i, breaker_word(b.state),
				 b.retry_us > BEGIN, b.doubt, b.unconnected, err_reason(b.fault.cls));
		assert_int_equal(breaker_refuses(&b), b.state != BREAKER_CLOSED);
		assert_int_equal(breaker_troubled(&b), b.state != BREAKER_CLOSED || b.unconnected);
		assert_int_equal(breaker_may_connect(&b, BEGIN), b.state != BREAKER_PROBING && !cells[i].rests);
	}
	for (size_t s = 0; s < BREAKER_STATES; s++)
		for (size_t e = 0; e < BREAKER_EVENTS; e++)
			assert_true(seen[s][e]);
}

static void failures_in_a_row_open_it_and_an_answer_between_does_not(void **state)
{
	(void)state;
	struct breaker b = in_state(BREAKER_CLOSED);

	for (int i = 0; i < BREAKER_WINDOW_LEAST / 2; i++) {
		breaker_event(&b, BREAKER_FAILED, &late, BEGIN);
		breaker_event(&b, BREAKER_ANSWERED, NULL, BEGIN);
	}
	assert_int_equal(b.state, BREAKER_CLOSED); /* half, and not more */
	for (int i = 1; i < BREAKER_IN_A_ROW; i++)
		breaker_event(&b, BREAKER_FAILED, &late, BEGIN + 20 * S);
	assert_int_equal(b.state, BREAKER_CLOSED);
	breaker_event(&b, BREAKER_FAILED, &late, BEGIN + 20 * S);
	assert_int_equal(b.state, BREAKER_OPEN);
}

/* Two failures and an answer, n times, a step apart. */
static enum breaker_state two_of_three(uint64_t n, uint64_t step_us)
{
	struct breaker b = in_state(BREAKER_CLOSED);

	for (uint64_t i = 0; i < n; i++) {
		breaker_event(&b, BREAKER_FAILED, &late, BEGIN + i * step_us);
		breaker_event(&b, BREAKER_FAILED, &late, BEGIN + i * step_us);
		breaker_event(&b, BREAKER_ANSWERED, NULL, BEGIN + i * step_us);
	}
	return b.state;
}

static void more_bad_than_good_in_the_window_opens_it_if_they_are_enough(void **state)
{
	(void)state;
	assert_int_equal(two_of_three(6, S / 10), BREAKER_CLOSED);
	assert_int_equal(two_of_three(7, S / 10), BREAKER_OPEN);
	assert_int_equal(two_of_three(7, S), BREAKER_OPEN);
	assert_int_equal(two_of_three(100, 2 * S), BREAKER_CLOSED); /* never so many within ten seconds */
}

static void errors_of_the_query_are_answers(void **state)
{
	(void)state;
	static const enum err_class answers[] = { ERR_NONE, ERR_SOURCE, ERR_SCHEMA, ERR_TOO_LARGE, ERR_MAPPING,
						  ERR_SUBJECT },
				    failures[] = { ERR_LATE, ERR_REFUSED, ERR_AUTH },
				    neither[] = { ERR_BUSY, ERR_CALLER, ERR_CONFIG, ERR_SYSTEM };
	enum breaker_event event;

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		assert_true(breaker_judge(answers[i], &event));
		assert_int_equal(event, BREAKER_ANSWERED);
	}
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		assert_true(breaker_judge(failures[i], &event));
		assert_int_equal(event, BREAKER_FAILED);
	}
	for (size_t i = 0; i < ARRAY_LEN(neither); i++)
		assert_false(breaker_judge(neither[i], &event));
}

static void rests_double_with_some_jitter_up_to_the_longest(void **state)
{
	(void)state;
	struct breaker b = in_state(BREAKER_CLOSED);
	uint64_t now_us = BEGIN, plain_us = BREAKER_REST_FIRST_MS * UINT64_C(1000);
	bool jitter = false;

	for (int i = 0; i < 12; i++) {
		breaker_event(&b, i ? BREAKER_UNCONNECTED : BREAKER_DESERTED, &refused, now_us);
		assert_int_equal(b.state, BREAKER_OPEN);
		assert_in_range(b.retry_us - now_us, plain_us, plain_us + plain_us / 4);
		jitter = jitter || b.retry_us - now_us != plain_us;
		assert_false(breaker_may_connect(&b, b.retry_us - 1));
		assert_true(breaker_may_connect(&b, b.retry_us));
		now_us = b.retry_us;
		breaker_event(&b, BREAKER_PROBE, NULL, now_us);
		assert_false(breaker_may_connect(&b, now_us + 60 * S)); /* one probe, however long it takes */
		plain_us = 2 * plain_us < BREAKER_REST_MOST_MS * 1000 ? 2 * plain_us : BREAKER_REST_MOST_MS * 1000;
	}
	assert_true(jitter);
	assert_int_equal(b.probes, 12);
}

static void connects_that_fail_together_are_one_fault(void **state)
{
	(void)state;
	struct breaker b = in_state(BREAKER_CLOSED);

	for (uint64_t i = 0; i < 8; i++)
		breaker_event(&b, BREAKER_UNCONNECTED, &auth, BEGIN + i);
	assert_int_equal(b.rest_ms, BREAKER_REST_FIRST_MS);
	breaker_event(&b, BREAKER_FAILED, &refused, BEGIN); /* an old connection, lost */
	assert_int_equal(b.fault.cls, ERR_AUTH); /* the reason why there is no new one */
}

static void only_answers_make_the_rests_short_again(void **state)
{
	(void)state;
	struct breaker b = in_state(BREAKER_CLOSED);
	uint64_t now_us = BEGIN;

	for (int round = 0; round < 3; round++) { /* it takes connections, and answers nothing */
		for (int i = 0; i < BREAKER_IN_A_ROW; i++)
			breaker_event(&b, BREAKER_FAILED, &late, now_us);
		assert_int_equal(b.rest_ms, BREAKER_REST_FIRST_MS << round);
		now_us = b.retry_us;
		breaker_event(&b, BREAKER_PROBE, NULL, now_us);
		breaker_event(&b, BREAKER_CONNECTED, NULL, now_us);
		assert_int_equal(b.state, BREAKER_CLOSED);
	}
	breaker_event(&b, BREAKER_ANSWERED, NULL, now_us);
	assert_int_equal(b.rest_ms, 0);
	breaker_event(&b, BREAKER_UNCONNECTED, &auth, now_us);
	breaker_event(&b, BREAKER_ANSWERED, NULL, now_us); /* on an old connection */
	assert_int_equal(b.rest_ms, BREAKER_REST_FIRST_MS);
}

static void what_was_before_the_outage_is_forgotten(void **state)
{
	(void)state;
	struct breaker b = in_state(BREAKER_PROBING);

	for (size_t i = 0; i < BREAKER_WINDOW_S; i++)
		b.window[i].failed = 50;
	breaker_event(&b, BREAKER_CONNECTED, NULL, BEGIN);
	breaker_event(&b, BREAKER_FAILED, &late, BEGIN);
	assert_int_equal(b.state, BREAKER_CLOSED);
	assert_int_equal(b.in_a_row, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state_answers_every_event),
		cmocka_unit_test(failures_in_a_row_open_it_and_an_answer_between_does_not),
		cmocka_unit_test(more_bad_than_good_in_the_window_opens_it_if_they_are_enough),
		cmocka_unit_test(errors_of_the_query_are_answers),
		cmocka_unit_test(rests_double_with_some_jitter_up_to_the_longest),
		cmocka_unit_test(connects_that_fail_together_are_one_fault),
		cmocka_unit_test(only_answers_make_the_rests_short_again),
		cmocka_unit_test(what_was_before_the_outage_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
