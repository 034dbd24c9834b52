/* person.h - what all three databases agree on about one invented customer, worked out from seed and number
 * alone. No state; safe from any thread. */
#ifndef FEDERATOR_DEMO_PERSON_H
#define FEDERATOR_DEMO_PERSON_H

#include "federator/demo/random.h"

/* The company's clock stands still at 2026-11-22 10:00:00 on the wall in Seoul, so that answers are the same
 * on every day. Wall times are seconds since 1970 as if Seoul were UTC. */
#define DEMO_NOW       ((int64_t)1795341600)
#define SEOUL_OFFSET_S ((int64_t)9 * 3600)
#define DAY_S          ((int64_t)86400)

/* Subjects of random_of(). */
enum subject {
	SUBJECT_PERSON,
	SUBJECT_ADDRESS,
	SUBJECT_CONTACTS,
	SUBJECT_CAMPAIGNS,
	SUBJECT_ORDERS,
	SUBJECT_VALUE,
	SUBJECT_WEB,
	SUBJECT_CONSENT,
	SUBJECT_PRODUCTS,
	SUBJECT_STRANGER,
	SUBJECT_VISITOR, /* and one more per cookie: the last */
};

enum { ORDERS_MAX = 12, VISITORS_MAX = 3, PRODUCTS = 480 };

struct person {
	uint64_t seed;
	uint32_t number; /* 1 .. customers */
	bool guide; /* the first customer: has some of everything, so that the documentation can point at it
		     */
	unsigned orders;   /* 0 .. ORDERS_MAX */
	unsigned visitors; /* cookies, 0 .. VISITORS_MAX */
	bool on_site;      /* looking at the site now */
	char grade;        /* '1' VIP .. '9', 'X' unknown to the mapping */
	char cust_no[10];  /* M######## */
	char mobile[14];   /* 010-0###-####: a range nobody has; shared with a relative by some */
};

/* A text that can be handed on within one expression. */
struct short_text {
	char text[32];
};

/* Everything about customer `number`. */
struct person person_make(uint64_t seed, uint32_t number);
/* The order's number and time; seq counts from 0, the newest first. */
struct short_text person_order_no(const struct person *p, unsigned seq) NONNULL(1);
/* See above. */
int64_t person_order_wall(const struct person *p, unsigned seq) NONNULL(1);
/* A cookie of this person. */
struct short_text person_visitor(const struct person *p, unsigned n) NONNULL(1);
/* The person's random numbers for one subject. */
struct random person_random(const struct person *p, enum subject subject) NONNULL(1);
/* "2026-11-22 10:00:00" and "2026-11-22" of a wall time. */
struct short_text wall_time(int64_t wall);
/* See above. */
struct short_text wall_day(int64_t wall);
/* P00001 .. */
struct short_text product_code(unsigned product);

#endif
