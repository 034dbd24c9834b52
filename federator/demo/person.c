#include "federator/demo/person.h"

#include <stdio.h>
#include <time.h>

enum { PHONE_NUMBERS = 10000000, RELATIVES = 20 };

struct random person_random(const struct person *p, enum subject subject)
{
	return random_of(p->seed, p->number, (uint64_t)subject);
}

/* Every 20th customer has the mobile number of the one before: a parent who registered a child. The factor
 * has no divisor in common with the count, so no other numbers meet. */
static void set_mobile(struct person *p)
{
	uint64_t owner = p->number % RELATIVES == 3 ? p->number - 1 : p->number;
	unsigned line = (unsigned)((1234567 + (owner - 1) * 7654321) % PHONE_NUMBERS);

	snprintf(p->mobile, sizeof(p->mobile), "010-0%03u-%04u", line / 10000 % 1000, line % 10000);
}

static char pick_grade(struct random *r)
{
	unsigned n = random_below(r, 200);

	return n < 10 ? '1' : n < 40 ? '2' : n < 120 ? '3' : n < 199 ? '9' : 'X';
}

struct person person_make(uint64_t seed, uint32_t number)
{
	struct person p = {.seed = seed, .number = number, .guide = number == 1};
	struct random r = person_random(&p, SUBJECT_PERSON);

	snprintf(p.cust_no, sizeof(p.cust_no), "M%08u", number % 100000000);
	set_mobile(&p);
	p.grade = p.guide ? '1' : pick_grade(&r);
	p.orders = p.guide ? 6 : random_below(&r, 4) * random_below(&r, p.grade < '3' ? 5 : 3);
	if (p.orders > ORDERS_MAX)
		p.orders = ORDERS_MAX;
	p.visitors = p.guide ? 2 : random_below(&r, 100) * (VISITORS_MAX + 1) / 140;
	p.on_site = p.guide || (p.visitors > 0 && random_chance(&r, 2));
	return p;
}

struct short_text person_order_no(const struct person *p, unsigned seq)
{
	struct short_text t;

	snprintf(t.text, sizeof(t.text), "S%08u%02u", p->number, p->orders - seq);
	return t;
}

/* Orders lie 3 to 80 days apart, the newest up to 30 days back. */
int64_t person_order_wall(const struct person *p, unsigned seq)
{
	struct random r = person_random(p, SUBJECT_ORDERS);
	int64_t wall = DEMO_NOW - 3600 * (p->guide ? 90 : 1 + (int64_t)random_below(&r, 720));

	for (unsigned i = 0; i < seq; i++)
		wall -= DAY_S * 3 + (int64_t)random_below(&r, 77 * 86400);
	return wall;
}

struct short_text person_visitor(const struct person *p, unsigned n)
{
	struct random r = random_of(p->seed, p->number, SUBJECT_VISITOR + (uint64_t)n);
	struct short_text t;

	snprintf(t.text, sizeof(t.text), "v%08x%08x", p->number * VISITORS_MAX + n,
		 (unsigned)(random_next(&r) >> 32));
	return t;
}

struct short_text wall_time(int64_t wall)
{
	struct short_text t = {""};
	time_t seconds = (time_t)wall;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(t.text, sizeof(t.text), "%Y-%m-%d %H:%M:%S", &tm);
	return t;
}

struct short_text wall_day(int64_t wall)
{
	struct short_text t = wall_time(wall);

	t.text[10] = '\0';
	return t;
}

struct short_text product_code(unsigned product)
{
	struct short_text t;

	snprintf(t.text, sizeof(t.text), "P%05u", product + 1);
	return t;
}
