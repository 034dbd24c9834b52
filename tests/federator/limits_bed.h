/* limits_bed.h - two agents of one client, and what they ask, for the tests of limits. */
#ifndef TESTS_FEDERATOR_LIMITS_BED_H
#define TESTS_FEDERATOR_LIMITS_BED_H

#include <stdio.h>

#include "federator/limits/limits.h"

#define S UINT64_C(1000000)

static const struct limits_who kim = { { "kim", 3 }, { "console", 7 }, false };
static const struct limits_who lee = { { "lee", 3 }, { "console", 7 }, false };

/* Quotas of an agent and of a client; 0: none. */
static inline struct limits *limits_of(uint32_t requests, uint32_t customers, uint32_t client_requests,
				       uint32_t client_customers)
{
	const struct limits_quota quotas[ACTOR_KINDS] = { [ACTOR_AGENT] = { requests, customers },
							  [ACTOR_CLIENT] = { client_requests, client_customers } };

	return limits_new(quotas, STR("a salt of the tests"));
}

/* How many of `n` requests at one moment pass. */
static inline uint32_t passing(struct limits *l, const struct limits_who *who, uint32_t n, uint64_t now_us)
{
	uint32_t passed = 0;

	for (uint32_t i = 0; i < n; i++)
		passed += limits_request(l, who, now_us).verdict == LIMITS_PASS;
	return passed;
}

/* By a telephone number. */
static inline struct limits_told ask(struct limits *l, const struct limits_who *who, uint64_t number, uint64_t now_us)
{
	char text[24];

	snprintf(text, sizeof(text), "0%llu", (unsigned long long)number);
	return limits_customer(l, who, STR("phone"), str_of(text), now_us);
}

/* Numbers far from each other, each once. */
static inline uint64_t far_number(uint32_t i)
{
	return 10000000000 + (i * UINT64_C(2654435761)) % 9999999967;
}

#endif
