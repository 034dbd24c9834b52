/* The sessions that are watched, as they are and as they were told of, and the question on its way to the loop of
 * streams. */
#include "tests/cmocka_all.h"

#include <stdlib.h>

#include "base/memory.h"
#include "federator/http/onsite.h"
#include "federator/web/visits.h"

static struct audience audience = { .caller.purpose = "web" };

static struct visits *visits_new(void)
{
	struct visits *visits = memory_new(sizeof(*visits));

	visits_begin(visits);
	return visits;
}

static void visits_free(struct visits *visits)
{
	visits_end(visits);
	assert_int_equal(visits->n, 0);
	assert_null(visits->wanted);
	free(visits);
}

static struct web_session session_of(const char *name, const char *customer)
{
	return (struct web_session){ .session = str_of(name),
				     .visitor = STR("v"),
				     .last_us = 1,
				     .last_path = STR("/"),
				     .customer = str_of(customer) };
}

static struct web_face *face_of(const char *tier)
{
	struct web_face *face = memory_new(sizeof(*face) + sizeof(face->of[0]));

	face->n = 1;
	face->of[0].name = STR("Tier");
	face->of[0].value = str_of(tier);
	return face;
}

static void a_new_visitor_is_asked_about(void **state)
{
	struct visits *visits = visits_new();
	struct web_session s = session_of("s1", NULL);
	struct looks *looks;

	(void)state;
	visits_take(visits, &s, &audience, true);
	looks = visits_wanted(visits);
	assert_non_null(looks);
	assert_null(visits_wanted(visits));
	assert_false(looks->known);
	looks_take(looks, face_of("VIP"));
	assert_true(looks->known);
	assert_ptr_equal(visit_looks(visits->all, &audience), looks);
	assert_true(web_face_says(looks->now, STR("Tier"), STR("VIP")));
	visits_free(visits);
}

static void what_is_the_same_is_no_change(void **state)
{
	struct visits *visits = visits_new();
	struct web_session s = session_of("s1", "7");
	struct looks *looks;

	(void)state;
	visits_take(visits, &s, &audience, true);
	looks = visits_wanted(visits);
	looks_take(looks, face_of("VIP"));
	visit_told(visits->all);
	assert_ptr_equal(visits->all->now, visits->all->told);
	visits_take(visits, &s, &audience, true);
	looks_take(looks, face_of("VIP"));
	assert_ptr_equal(visits->all->now, visits->all->told);
	assert_ptr_equal(looks->now, looks->told);
	s.last_us = 2;
	visits_take(visits, &s, &audience, true);
	looks_take(looks, NULL);
	assert_ptr_not_equal(visits->all->now, visits->all->told);
	assert_ptr_not_equal(looks->now, looks->told);
	assert_int_equal(visits->n, 1);
	visits_free(visits);
}

static void who_turns_out_another_one_is_unknown_until_asked(void **state)
{
	struct visits *visits = visits_new();
	struct web_session s = session_of("s1", "7");
	struct asking_face asking = { 0 };
	struct looks *looks;

	(void)state;
	visits_take(visits, &s, &audience, true);
	looks = visits_wanted(visits);
	looks_take(looks, face_of("VIP"));
	looks->asked_us = clock_mono_us();
	visit_told(visits->all);
	s.last_us = 2;
	visits_take(visits, &s, &audience, true);
	assert_null(visits_wanted(visits)); /* so soon */
	asking.looks = looks; /* a question about the former one is under way */
	looks->asking = &asking;
	s.customer = STR("8");
	visits_take(visits, &s, &audience, true);
	assert_null(asking.looks);
	assert_false(looks->known);
	assert_ptr_equal(visits_wanted(visits), looks);
	visits_want_again(visits, looks);
	visits_free(visits);
}

static void an_audience_that_goes_takes_its_questions_along(void **state)
{
	struct audience other = { .caller.purpose = "more" };
	struct visits *visits = visits_new();
	struct asking_face asking = { 0 };
	struct web_session s[] = { session_of("s1", NULL), session_of("s2", NULL), session_of("s3", NULL) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		visits_take(visits, &s[i], &audience, true);
	visits_audience(visits, &other, true);
	asking.looks = visit_looks(visits->all, &other);
	asking.looks->asking = &asking;
	visits_forget_audience(visits, &other);
	assert_null(asking.looks);
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		assert_ptr_equal(visits_wanted(visits)->audience, &audience);
	assert_null(visits_wanted(visits));
	visits_free(visits);
}

static void a_question_is_read_as_it_was_written(void **state)
{
	struct web_ask ask = {
		.what = WEB_LIVE, .log = STR("shop"), .purpose = STR("web"), .minutes = 7, .n_pairs = 1
	};
	struct web_ask back;
	struct buf bytes = { 0 };

	(void)state;
	ask.pairs[0].name = STR("Tier");
	ask.pairs[0].value = STR("");
	onsite_write(&ask, &bytes);
	assert_true(onsite_read(buf_str(&bytes), &back));
	assert_true(str_eq(back.log, ask.log) && !back.purpose.p && !back.path.p);
	assert_int_equal(back.minutes, 7);
	assert_int_equal(back.n_pairs, 1);
	assert_true(str_eq(back.pairs[0].name, STR("Tier")) && str_eq(back.pairs[0].value, STR("")));
	for (size_t n = 0; n < bytes.len; n++) { /* whole texts only; the pair is the last */
		bool good = onsite_read((struct str){ bytes.data, n }, &back);

		assert_int_equal(good, n == bytes.len - 6);
	}
	buf_free(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_visitor_is_asked_about),
		cmocka_unit_test(what_is_the_same_is_no_change),
		cmocka_unit_test(who_turns_out_another_one_is_unknown_until_asked),
		cmocka_unit_test(an_audience_that_goes_takes_its_questions_along),
		cmocka_unit_test(a_question_is_read_as_it_was_written),
	};
	struct err err;

	return digest_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
