/* limits.h - how much one actor may ask: requests, and different customers. Who goes through numbers one by one, or
 * asks for many whom nobody knows, is told of. An actor is a program or the person it speaks for; both are counted
 * (docs/decisions/0040-who-asks.md). In memory, for this process, which may tell others of customers, and learn from
 * them. Safe from any thread. */
#ifndef FEDERATOR_LIMITS_LIMITS_H
#define FEDERATOR_LIMITS_LIMITS_H

#include "base/buf.h"

struct limits; /* opaque */

enum actor_kind { ACTOR_AGENT, ACTOR_CLIENT, ACTOR_KINDS };

/* What is kept of whom; agents are persons whom a token proves, wherever they ask, or names that a client says. */
enum limits_sort { LIMITS_CLIENT, LIMITS_PERSON, LIMITS_NAME, LIMITS_SORTS };

enum { LIMITS_NAMES_OF_CLIENT = 4096 }; /* heard of within an hour; those beyond count as the client alone */

/* Of one kind of actors; 0: as many as they like. */
struct limits_quota {
	uint32_t requests;  /* a minute; so many at once after a minute of rest */
	uint32_t customers; /* different keys and sealed ids that are asked by, an hour */
};

/* Names of 64 bytes at most. Without any nobody is counted, nor is an agent that is only a client's word without it. */
struct limits_who {
	struct str agent, client;
	bool agent_proven;
};

enum limits_verdict {
	LIMITS_PASS,
	LIMITS_REQUESTS,  /* too many requests */
	LIMITS_CUSTOMERS, /* too many customers */
};

/* How near the actor is to its nearest limit. */
struct limits_state {
	enum actor_kind kind;
	bool of_customers;
	uint32_t quota, window_s; /* quota 0: it has none */
	uint32_t left; /* behind this request */
	uint32_t reset_s; /* until there is more; at least 1 when nothing is left */
};

/* What is noticed of an actor, once in its hour. */
enum limits_notice {
	NOTICE_NONE,
	NOTICE_MISSES,   /* most keys it asks by are nobody's */
	NOTICE_SEQUENCE, /* the keys it asks by lie side by side */
};

struct limits_told {
	enum limits_verdict verdict;
	struct limits_state state; /* of requests always, of customers when there are too many */
	enum limits_notice notice;
	bool crowded; /* the agent has no place, and its client was counted alone */
	bool fresh; /* of customers: the key is a new one in the hour of one of the two */
};

/* `quotas` by kind of actor; `salt` of 64 bytes at most is that of the installation. The caller owns the result: end it
 * with limits_free(). */
struct limits *limits_new(const struct limits_quota quotas[ACTOR_KINDS], struct str salt) NONNULL(1)
	__attribute__((returns_nonnull));
/* End it. Accepts NULL inside; sets *l to NULL. */
void limits_free(struct limits **l) NONNULL(1);

/* How many are kept, by enum limits_sort. */
void limits_count(struct limits *l, uint32_t n_out[LIMITS_SORTS]) NONNULL(1, 2);

/* A request comes; `now_us` of clock_mono_us(). */
struct limits_told limits_request(struct limits *l, const struct limits_who *who, uint64_t now_us) MUST_CHECK
	NONNULL(1, 2);
/* It asks by a key, in canonical form. Asked again within the hour a key costs nothing. */
struct limits_told limits_customer(struct limits *l, const struct limits_who *who, struct str key, struct str value,
				   uint64_t now_us) MUST_CHECK NONNULL(1, 2);
/* The customer of a sealed id counts like one who is asked for by the identity, unless limits_found() told of it. */
struct limits_told limits_subject(struct limits *l, const struct limits_who *who, uint64_t subject, uint64_t now_us)
	MUST_CHECK NONNULL(1, 2);
/* A key led to that one: to ask by the sealed id costs nothing in this hour. */
void limits_found(struct limits *l, const struct limits_who *who, uint64_t subject, uint64_t now_us) NONNULL(1, 2);
/* A subject: a value of the identity. Good where the salt is the same. */
uint64_t limits_hash(const struct limits *l, struct str key, struct str value) NONNULL(1);
/* Nobody was found by a key that was fresh. */
enum limits_notice limits_nobody(struct limits *l, const struct limits_who *who, uint64_t now_us) MUST_CHECK
	NONNULL(1, 2);

/* Gets to know that limits_news_take() has something. On any thread, and locked: it must not use `l`. */
typedef void limits_wake(void *owner);
/* Note from now on what is counted, for others. NULL: no more; afterwards nobody is woken. */
void limits_share(struct limits *l, limits_wake *wake, void *owner) NONNULL(1);
/* Append what was noted since, at most some 64 KiB, behind which nothing is noted. */
void limits_news_take(struct limits *l, struct buf *out) NONNULL(1, 2);
/* Count what others noted, but nobody beyond a limit; how many customers of agents or clients are new here. False: the
 * bytes are none of theirs from some place on. */
bool limits_learn(struct limits *l, struct str news, uint64_t now_us, uint32_t *n_out) MUST_CHECK NONNULL(1, 4);

#endif
