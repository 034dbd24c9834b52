/* test_actors.c - who counts as whom: names that clients make up, persons, more of them than there are places for. */
#include "tests/cmocka_all.h"

#include "tests/federator/limits_bed.h"

/* How many different customers the actors ask by until they may not. */
static uint32_t customers_of(struct limits *l, const struct limits_who *who, uint32_t from)
{
	uint32_t n = 0;

	while (ask(l, who, far_number(from + n), S).verdict == LIMITS_PASS)
		n++;
	return n;
}

/* The `i`th of many names that a client makes up. */
static struct limits_who made_up(struct str client, uint32_t i, char name[16])
{
	snprintf(name, 16, "agent%u", i);
	return (struct limits_who){ .agent = str_of(name), .client = client };
}

static void a_name_is_its_clients_and_a_proven_person_one_everywhere(void **state)
{
	struct limits *l = limits_of(0, 5, 0, 0);
	const struct limits_who said = { .agent = STR("kim"), .client = STR("crm") };
	const struct limits_who proven = { STR("kim"), STR("console"), true };
	const struct limits_who elsewhere = { STR("kim"), STR("crm"), true };

	(void)state;
	assert_int_equal(customers_of(l, &said, 0), 5);
	assert_int_equal(customers_of(l, &kim, 0), 5);
	assert_int_equal(customers_of(l, &proven, 0), 5);
	assert_int_equal(customers_of(l, &elsewhere, 10), 0);
	assert_int_equal(ask(l, &elsewhere, far_number(4), S).verdict, LIMITS_PASS);
	limits_free(&l);
}

static void names_that_a_client_makes_up_push_nobody_out(void **state)
{
	struct limits *l = limits_of(60, 3, 0, 0);
	const struct limits_who park = { .agent = STR("park"), .client = STR("crm") };
	uint32_t n[LIMITS_SORTS], passed = 0, crowded = 0;
	char name[16];

	(void)state;
	assert_int_equal(passing(l, &kim, 60, S), 60);
	assert_int_equal(customers_of(l, &park, 0), 3);
	for (uint32_t i = 0; i < 100000; i++) {
		const struct limits_who who = made_up(STR("crm"), i, name);
		struct limits_told told = limits_request(l, &who, S);

		passed += told.verdict == LIMITS_PASS;
		crowded += told.crowded;
		if (i % 1000 == 0)
			assert_int_equal(limits_request(l, &kim, S).verdict, LIMITS_REQUESTS);
	}
	limits_count(l, n);
	assert_int_equal(passed, 100000);
	assert_int_equal(crowded, 100000 - LIMITS_NAMES_OF_CLIENT + 1);
	assert_int_equal(n[LIMITS_CLIENT], 2);
	assert_int_equal(n[LIMITS_NAME], 1 + LIMITS_NAMES_OF_CLIENT);
	assert_int_equal(customers_of(l, &park, 10), 0); /* nor the client's own */
	assert_false(limits_request(l, &lee, S).crowded);
	limits_free(&l);
}

static void a_client_pays_for_names_beyond_its_share(void **state)
{
	struct limits *l = limits_of(0, 5, 0, LIMITS_NAMES_OF_CLIENT + 100);
	uint32_t n = 0;
	char name[16];

	(void)state;
	for (uint32_t i = 0; i < 2 * LIMITS_NAMES_OF_CLIENT; i++) {
		const struct limits_who who = made_up(STR("crm"), i, name);

		n += ask(l, &who, far_number(i), S).verdict == LIMITS_PASS;
	}
	assert_int_equal(n, LIMITS_NAMES_OF_CLIENT + 100);
	assert_int_equal(customers_of(l, &kim, 0), 5);
	limits_free(&l);
}

/* All that many clients make up is bounded, too; who is known already stays, and who is not counts as the client. */
static void all_names_are_bounded(void **state)
{
	struct limits *l = limits_of(0, 3, 0, 0);
	uint32_t n[LIMITS_SORTS];
	char client[16], name[16];

	(void)state;
	assert_int_equal(customers_of(l, &kim, 0), 3);
	for (uint32_t c = 0; c < 17; c++) {
		snprintf(client, sizeof(client), "client%u", c);
		for (uint32_t i = 0; i < LIMITS_NAMES_OF_CLIENT; i++) {
			const struct limits_who who = made_up(str_of(client), i, name);

			limits_found(l, &who, 1, S);
		}
	}
	limits_count(l, n);
	assert_int_equal(n[LIMITS_NAME], 16 * LIMITS_NAMES_OF_CLIENT);
	assert_int_equal(customers_of(l, &kim, 10), 0);
	assert_true(limits_request(l, &lee, S).crowded);
	assert_false(limits_request(l, &(struct limits_who){ STR("lee"), STR("console"), true }, S).crowded);
	limits_free(&l);
}

static void clients_beyond_all_places_are_one(void **state)
{
	struct limits *l = limits_of(0, 0, 0, 5);
	uint32_t n[LIMITS_SORTS], before = 0;
	struct limits_who one = { 0 }, other = { .client = STR("other") };
	char name[16];

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "client%u", i);
		one.client = str_of(name);
		limits_found(l, &one, 1, S);
		limits_count(l, n);
		if (n[LIMITS_CLIENT] <= before)
			break;
		before = n[LIMITS_CLIENT];
	}
	assert_in_range(before, 10000, 19999);
	assert_int_equal(customers_of(l, &one, 0), 5);
	assert_int_equal(customers_of(l, &other, 10), 0);
	limits_count(l, n);
	assert_int_equal(n[LIMITS_CLIENT], before);
	limits_free(&l);
}

static void who_is_silent_for_an_hour_is_forgotten(void **state)
{
	struct limits *l = limits_of(0, 3, 0, 0);
	uint32_t n[LIMITS_SORTS];
	char name[16];

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		const struct limits_who who = made_up(STR("crm"), i, name);

		limits_found(l, &who, 1, S);
	}
	limits_found(l, &kim, 1, 1000 * S);
	for (uint32_t i = 0; i < 3; i++) /* some at a time */
		limits_found(l, &kim, 1, 3601 * S);
	limits_count(l, n);
	assert_int_equal(n[LIMITS_NAME], 1);
	assert_int_equal(n[LIMITS_CLIENT], 1);
	limits_free(&l);
}

static void a_clock_that_was_read_a_little_earlier_forgets_nobody(void **state)
{
	struct limits *l = limits_of(60, 3, 0, 0);

	(void)state;
	assert_int_equal(passing(l, &kim, 60, S), 60);
	assert_int_equal(customers_of(l, &kim, 0), 3);
	assert_int_equal(passing(l, &kim, 1, S - 1), 0);
	assert_int_equal(ask(l, &kim, far_number(4), S - 1).verdict, LIMITS_CUSTOMERS);
	assert_int_equal(passing(l, &lee, 1, S - 1), 1);
	assert_int_equal(passing(l, &kim, 1, S), 0);
	limits_free(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_its_clients_and_a_proven_person_one_everywhere),
		cmocka_unit_test(names_that_a_client_makes_up_push_nobody_out),
		cmocka_unit_test(a_client_pays_for_names_beyond_its_share),
		cmocka_unit_test(all_names_are_bounded),
		cmocka_unit_test(clients_beyond_all_places_are_one),
		cmocka_unit_test(who_is_silent_for_an_hour_is_forgotten),
		cmocka_unit_test(a_clock_that_was_read_a_little_earlier_forgets_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
