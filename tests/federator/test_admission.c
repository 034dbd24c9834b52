#include "tests/cmocka_all.h"

#include "base/log.h"
#include "federator/http/admission.h"

static const struct admission_now quiet = { .most = 8 };

static uint32_t enter_many(struct admission *a, struct str tenant, uint32_t n)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; i < n; i++)
		taken += admission_enter(a, tenant, &quiet) == SHED_NOT;
	return taken;
}

static void one_tenant_may_have_everything(void **state)
{
	struct admission a = { 0 };

	(void)state;
	assert_int_equal(enter_many(&a, STR("one"), 20), 8);
	assert_int_equal(admission_enter(&a, STR("one"), &quiet), SHED_FULL);
	admission_leave(&a, STR("one"));
	assert_int_equal(admission_enter(&a, STR("one"), &quiet), SHED_NOT);
}

static void a_flood_leaves_others_their_share(void **state)
{
	struct admission a = { 0 };

	(void)state;
	assert_int_equal(enter_many(&a, STR("quiet"), 1), 1);
	assert_int_equal(enter_many(&a, STR("flood"), 20), 5);
	assert_int_equal(admission_enter(&a, STR("flood"), &quiet), SHED_SHARE);
	assert_int_equal(enter_many(&a, STR("quiet"), 20), 2);
	assert_int_equal(admission_enter(&a, STR("quiet"), &quiet), SHED_FULL);
	for (int i = 0; i < 3; i++) { /* what the flood gives back goes to the quiet one, up to its half */
		admission_leave(&a, STR("flood"));
		assert_int_equal(admission_enter(&a, STR("flood"), &quiet), i ? SHED_NOT : SHED_SHARE);
		if (i)
			admission_leave(&a, STR("flood"));
		else
			assert_int_equal(admission_enter(&a, STR("quiet"), &quiet), SHED_NOT);
	}
}

static void a_tenant_has_no_more_than_it_may_ever_have(void **state)
{
	const struct admission_now now = { .most = 8, .most_of_tenant = 3 };
	struct admission a = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(admission_enter(&a, STR("one"), &now), SHED_NOT);
	assert_int_equal(admission_enter(&a, STR("one"), &now), SHED_SHARE);
	assert_int_equal(admission_enter(&a, STR("two"), &now), SHED_NOT);
	admission_leave(&a, STR("one"));
	assert_int_equal(admission_enter(&a, STR("one"), &now), SHED_NOT);
}

static void who_went_away_has_no_share(void **state)
{
	struct admission a = { 0 };

	(void)state;
	assert_int_equal(enter_many(&a, STR("gone"), 4), 4);
	for (int i = 0; i < 4; i++)
		admission_leave(&a, STR("gone"));
	assert_int_equal(a.in_flight, 0);
	assert_int_equal(a.n_active, 0);
	assert_int_equal(enter_many(&a, STR("one"), 20), 8);
}

static void more_tenants_than_places_are_turned_away(void **state)
{
	const struct admission_now wide = { .most = 1000 };
	struct admission a = { 0 };
	char name[80];

	(void)state;
	memset(name, 'x', sizeof(name));
	for (int i = 0; i < ADMISSION_TENANTS; i++) {
		name[0] = (char)('!' + i);
		assert_int_equal(admission_enter(&a, (struct str){ name, sizeof(name) }, &wide), SHED_NOT);
	}
	assert_int_equal(admission_enter(&a, STR(""), &wide), SHED_FULL);
	name[0] = '!';
	name[70] = 'y'; /* beyond what is kept of a name */
	admission_leave(&a, (struct str){ name, sizeof(name) });
	assert_int_equal(admission_enter(&a, STR(""), &wide), SHED_NOT);
}

static void a_late_loop_and_short_memory_turn_all_away(void **state)
{
	const struct admission_now late = { .most = 8, .lag_us = 200000 }, lean = { .most = 8, .memory_short = true };
	struct admission a = { 0 };

	(void)state;
	assert_int_equal(admission_enter(&a, STR("one"), &late), SHED_LAG);
	assert_int_equal(admission_enter(&a, STR("one"), &lean), SHED_MEMORY);
	assert_int_equal(a.in_flight, 0);
}

static void the_log_says_it_once_in_a_second(void **state)
{
	struct admission a = { 0 };

	(void)state;
	log_set_level(LOG_ERROR);
	admission_tell(&a, SHED_FULL, 5000000);
	assert_int_equal(a.told, 1);
	admission_tell(&a, SHED_LAG, 5999999);
	assert_int_equal(a.told, 1);
	admission_tell(&a, SHED_FULL, 6000000);
	assert_int_equal(a.told, 3);
	assert_int_equal(a.shed[SHED_FULL], 2);
	for (enum shed s = SHED_FULL; s < SHED_REASONS; s++)
		assert_true(*admission_text(s) != '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_tenant_may_have_everything),
		cmocka_unit_test(a_flood_leaves_others_their_share),
		cmocka_unit_test(a_tenant_has_no_more_than_it_may_ever_have),
		cmocka_unit_test(who_went_away_has_no_share),
		cmocka_unit_test(more_tenants_than_places_are_turned_away),
		cmocka_unit_test(a_late_loop_and_short_memory_turn_all_away),
		cmocka_unit_test(the_log_says_it_once_in_a_second),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
